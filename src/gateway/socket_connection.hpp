// Internal: one WebSocket on one loop. Template over the stream (TCP or TLS); instantiated in
// session_plain/tls.cpp.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "gateway/core.hpp"
#include "gateway/socket_handle.hpp"

namespace zk::gateway {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

template <class Stream>
class SocketConnection final : public Connection,
                               public SocketPeer,
                               public std::enable_shared_from_this<SocketConnection<Stream>> {
 public:
  SocketConnection(Core& core, Loop& loop, Stream stream, std::unique_ptr<SocketSession> session)
      : core_(core),
        loop_(loop),
        ws_(std::move(stream)),
        session_(std::move(session)),
        handle_(std::make_shared<SocketHandle>(++core.next_socket_id, *this,
                                               core.options.limits.socket_frames,
                                               core.options.limits.socket_bytes)) {}

  template <class Upgrade>
  void run(const Upgrade& upgrade) {
    self_ = this->shared_from_this();
    loop_.add(*this);
    core_.sockets.fetch_add(1, std::memory_order_relaxed);
    ws_.read_message_max(core_.options.limits.socket_message_bytes);
    ws_.auto_fragment(false);
    ws_.text(true);
    ws_.set_option(
        websocket::stream_base::timeout{core_.options.timeouts.header, core_.options.timeouts.idle, true});
    ws_.async_accept(upgrade, [self = self_](const boost::system::error_code& ec) { self->on_accept(ec); });
  }

  void wake() override {
    net::post(loop_.ioc, [self = this->shared_from_this()] { self->flush(); });
  }
  void request_close(std::uint16_t code, std::string reason) override {
    net::post(loop_.ioc, [self = this->shared_from_this(), code, reason = std::move(reason)] {
      self->close(code, reason);
    });
  }
  void on_deadline() override { abort(); }
  void on_drain() override { close(1001, "the server restarts: reconnect"); }
  void abort() override {
    deadline = SteadyTime::max();
    boost::system::error_code ignored;
    beast::get_lowest_layer(ws_).close(
        ignored);  // pending reads and writes end with an error, which ends this
    if (!reading_) finish();
  }

 private:
  void on_accept(const boost::system::error_code& ec) {
    if (ec || closing_) return finish();
    opened_ = true;
    guarded([this] { session_->on_open(handle_); });
    if (loop_.draining) on_drain();
    read();
  }

  void read() {
    reading_ = true;
    ws_.async_read(in_,
                   [self = self_](const boost::system::error_code& ec, std::size_t) { self->on_read(ec); });
  }

  void on_read(const boost::system::error_code& ec) {
    reading_ = false;
    if (ec) return finish();
    core_.socket_frames_received.fetch_add(1, std::memory_order_relaxed);
    if (!closing_) {
      if (!ws_.got_text()) {
        close(1003, "text frames only");
      } else if (too_chatty()) {
        close(1008, "too many messages");
      } else {
        const auto data = in_.cdata();
        guarded([&] { session_->on_text({static_cast<const char*>(data.data()), data.size()}); });
      }
    }
    in_.consume(in_.size());
    if (in_.capacity() > 4096) in_ = {};  // an idle socket keeps little memory
    read();
  }

  bool too_chatty() {
    const auto now = std::chrono::steady_clock::now();
    if (now - window_start_ > std::chrono::seconds(1)) {
      window_start_ = now;
      window_count_ = 0;
    }
    return ++window_count_ > core_.options.limits.socket_messages_per_second;
  }

  void flush() {
    if (writing_ || closing_ || !opened_) return;
    writing_ = handle_->next();
    if (!writing_) {
      if (std::exchange(sent_, false)) guarded([this] { session_->on_sent(); });
      return;
    }
    ws_.async_write(net::buffer(*writing_),
                    [self = self_](const boost::system::error_code& ec, std::size_t) { self->on_write(ec); });
  }

  void on_write(const boost::system::error_code& ec) {
    handle_->sent(*writing_);
    writing_.reset();
    if (ec) return;  // the read fails too and ends the connection
    core_.socket_frames_sent.fetch_add(1, std::memory_order_relaxed);
    sent_ = true;
    flush();
  }

  void close(std::uint16_t code, const std::string& reason) {
    if (closing_ || finished_) return;
    closing_ = true;
    if (handle_->overflowed()) core_.slow_sockets_closed.fetch_add(1, std::memory_order_relaxed);
    // The peer has this long to take what is being written and to answer the close frame.
    deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    if (!opened_) return abort();
    ws_.async_close(websocket::close_reason(static_cast<websocket::close_code>(code), reason),
                    [self = self_](const boost::system::error_code&) { self->abort(); });
  }

  template <class F>
  void guarded(F&& f) {
    try {
      f();
    } catch (const std::exception& e) {
      log::error("gateway", "socket callback failed socket={} what={}", handle_->id(), e.what());
      close(1011, "internal error");
    }
  }

  void finish() {
    if (std::exchange(finished_, true)) return;
    handle_->detach();
    if (opened_) {
      try {
        session_->on_close();
      } catch (const std::exception& e) {
        log::error("gateway", "socket callback failed socket={} what={}", handle_->id(), e.what());
      }
    }
    session_.reset();
    boost::system::error_code ignored;
    beast::get_lowest_layer(ws_).close(ignored);
    core_.sockets.fetch_sub(1, std::memory_order_relaxed);
    loop_.remove(*this);
    self_.reset();
  }

  Core& core_;
  Loop& loop_;
  websocket::stream<Stream, false> ws_;
  beast::flat_buffer in_;
  std::unique_ptr<SocketSession> session_;
  std::shared_ptr<SocketHandle> handle_;
  std::shared_ptr<const std::string> writing_;
  std::shared_ptr<SocketConnection> self_;  // keeps it alive until finish()
  SteadyTime window_start_{};
  int window_count_ = 0;
  bool opened_ = false, closing_ = false, finished_ = false, reading_ = false;
  bool sent_ = false;  // a frame has left since the session was told
};

}  // namespace zk::gateway
