// Internal: one HTTP/1.1 connection on one loop. Template over the stream (TCP or TLS); instantiated in
// session_plain/tls.cpp. Requests are taken one at a time: a pipelined one waits in the buffer until its
// turn.
#pragma once

#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "gateway/client_address.hpp"
#include "gateway/core.hpp"
#include "gateway/response_head.hpp"
#include "gateway/socket_connection.hpp"
#include "gateway/target.hpp"

namespace zk::gateway {

namespace http = beast::http;
using ErrorCodeOf = boost::system::error_code;

template <class Stream>
class HttpSession final : public Connection, public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  HttpSession(Core& core, Loop& loop, Stream stream, net::ip::address peer)
      : core_(core),
        loop_(loop),
        stream_(std::move(stream)),
        peer_(std::move(peer)),
        buffer_(core.options.limits.header_bytes + kBodyRead) {}

  void start() {
    self_ = this->shared_from_this();
    loop_.add(*this);
    wait(core_.options.timeouts.header);
    if constexpr (kTls) {
      state_ = State::kHandshake;
      stream_.async_handshake(net::ssl::stream_base::server, [self = self_](const ErrorCodeOf& ec) {
        if (ec) return self->finish();
        self->next();
      });
    } else {
      next();
    }
  }

  void on_deadline() override {
    deadline = SteadyTime::max();
    switch (state_) {
      case State::kHeader:
      case State::kBody:
        state_ = State::kTimedOut;  // the read ends with an error, and 408 goes out
        boost::beast::get_lowest_layer(stream_).cancel();
        wait(core_.options.timeouts.write);
        break;
      case State::kHandling:
        ++generation_;  // a late done is ignored
        keep_alive_ = false;
        send(problem(504, "deadline_exceeded", "the request took too long", request_id_));
        break;
      default:
        abort();
    }
  }
  void on_drain() override {
    keep_alive_ = false;
    if (state_ == State::kIdle) abort();
  }
  void abort() override {
    ErrorCodeOf ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    finish();
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, TcpSocket>;
  static constexpr std::size_t kHeaderRead = 4096, kBodyRead = 64 * 1024;
  static constexpr std::size_t kSmallBody = 64 * 1024;
  enum class State { kHandshake, kIdle, kHeader, kBody, kHandling, kWriting, kLinger, kTimedOut, kClosed };

  void wait(std::chrono::milliseconds most) { deadline = std::chrono::steady_clock::now() + most; }
  static std::chrono::milliseconds transfer_time(std::chrono::milliseconds base, std::uint64_t bytes) {
    return base + std::chrono::seconds(bytes / (64 * 1024));
  }

  // Ready for the next request: what the client sent ahead of time first.
  void next() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.options.limits.header_bytes));
    parser_->body_limit(boost::none);  // set when the path is known
    header_done_ = false;
    head_only_ = false;
    if (buffer_.capacity() > kHeaderRead * 4 && buffer_.size() == 0) buffer_.shrink_to_fit();
    if (buffer_.size() > 0) {
      state_ = State::kHeader;
      wait(core_.options.timeouts.header);
      return parse();
    }
    if (loop_.draining) return abort();
    state_ = State::kIdle;
    wait(core_.options.timeouts.idle);
    read();
  }

  void read() {
    const std::size_t room = state_ == State::kBody ? kBodyRead : kHeaderRead;
    stream_.async_read_some(buffer_.prepare(room),
                            [self = self_](const ErrorCodeOf& ec, std::size_t n) { self->on_read(ec, n); });
  }

  void on_read(const ErrorCodeOf& ec, std::size_t n) {
    if (state_ == State::kTimedOut) return refuse(408, "deadline_exceeded", "the request came too slowly");
    if (ec || state_ == State::kClosed) return finish();
    buffer_.commit(n);
    if (state_ == State::kIdle) {
      state_ = State::kHeader;
      wait(core_.options.timeouts.header);
    }
    parse();
  }

  void parse() {
    while (buffer_.size() > 0) {
      ErrorCodeOf ec;
      buffer_.consume(parser_->put(buffer_.cdata(), ec));
      if (ec == http::error::need_more) break;
      if (ec) return refuse(ec);
      if (!header_done_ && parser_->is_header_done()) {
        header_done_ = true;
        if (!on_header()) return;
        parser_->eager(true);
      }
      if (parser_->is_done()) return dispatch();
      if (std::exchange(expects_continue_, false)) return send_continue();
    }
    read();
  }

  // False when the request was refused.
  bool on_header() {
    const auto& message = parser_->get();
    keep_alive_ = parser_->keep_alive() && !loop_.draining;
    request_ = {};
    take_head(message);
    auto target = parse_target(request_.target);
    if (!target) {
      refuse(target.error().code == ErrorCode::kTooLarge ? 414 : 400, to_string(target.error().code),
             target.error().message);
      return false;
    }
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
    if (message.version() == 11 && request_.header("host").empty()) {
      refuse(400, "malformed", "the Host header is missing");
      return false;
    }
    rule_ = core_.rule(request_.method, request_.path);
    return admit_body(message.count(http::field::expect) > 0);
  }

  template <class Message>
  void take_head(const Message& message) {
    head_only_ = message.method() == http::verb::head;
    request_.method = head_only_ ? "GET" : std::string(message.method_string());
    request_.target = std::string(message.target());
    for (const auto& field : message) {
      auto& [name, value] =
          request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    request_.tls = kTls;
    identify(request_, peer_, core_);
    const auto given = request_.header("x-request-id");
    request_id_ = sane_request_id(given) ? std::string(given) : loop_.new_request_id();
    request_.request_id = request_id_;
  }

  bool admit_body(bool expects_continue) {
    if (parser_->is_done()) return true;
    const std::uint64_t announced = parser_->content_length().value_or(rule_.body_limit);
    if (announced > rule_.body_limit) {
      refuse(413, "too_large", "the body is larger than this address takes");
      return false;
    }
    if (announced > kSmallBody) {
      const std::size_t before = core_.body_bytes.fetch_add(announced);
      charged_ = announced;
      if (before + announced > core_.options.limits.body_bytes_in_flight) {
        refuse(503, "unavailable", "too many uploads at once: try again in a second");
        return false;
      }
    }
    parser_->body_limit(rule_.body_limit);
    state_ = State::kBody;
    expects_continue_ = expects_continue;
    wait(transfer_time(core_.options.timeouts.body, announced));
    return true;
  }

  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    net::async_write(stream_, net::buffer(kContinue), [self = self_](const ErrorCodeOf& ec, std::size_t) {
      if (ec || self->state_ == State::kClosed) return self->finish();
      if (self->state_ == State::kTimedOut)
        return self->refuse(408, "deadline_exceeded", "the request came too slowly");
      self->parse();
    });
  }

  void dispatch() {
    request_.body = std::move(parser_->get().body());
    started_ = std::chrono::steady_clock::now();
    request_.deadline = started_ + core_.options.timeouts.handler;
    deadline = request_.deadline + std::chrono::seconds(1);
    state_ = State::kHandling;
    const std::uint64_t turn = ++generation_;
    if (core_.options.rate.per_second > 0 && !is_loopback(request_.remote_ip) &&
        !core_.limiter.allow(rate_key(request_.remote_ip), started_)) {
      core_.rate_limited.fetch_add(1, std::memory_order_relaxed);
      return send(problem(429, "rate_limited", "too many requests: wait a second", request_id_));
    }
    if (request_.method == "OPTIONS" && rule_.cors) return send(preflight());
    if (websocket::is_upgrade(parser_->get())) return upgrade();
    try {
      core_.app.handle(std::move(request_), [self = self_, turn](Response response) {
        net::dispatch(self->loop_.ioc, [self, turn, response = std::move(response)]() mutable {
          if (turn == self->generation_ && self->state_ == State::kHandling) self->send(std::move(response));
        });
      });
    } catch (const std::exception& e) {
      log::error("gateway", "handler failed request_id={} what={}", request_id_, e.what());
      if (turn == generation_ && state_ == State::kHandling) {
        send(problem(500, "internal", "internal error", request_id_));
      }
    }
  }

  void upgrade() {
    if (loop_.draining) return refuse(503, "unavailable", "the server is stopping");
    if (buffer_.size() > 0) return refuse(400, "malformed", "bytes behind the upgrade request");
    Result<std::unique_ptr<SocketSession>> session = fail(ErrorCode::kInternal, "internal error");
    try {
      session = core_.app.accept(request_);
    } catch (const std::exception& e) {
      log::error("gateway", "handler failed request_id={} what={}", request_id_, e.what());
    }
    if (!session) return send(problem(session.error(), request_id_));
    core_.count(rule_.route, 101, std::chrono::steady_clock::now() - started_);
    state_ = State::kClosed;
    loop_.remove(*this);
    auto socket =
        std::make_shared<SocketConnection<Stream>>(core_, loop_, std::move(stream_), std::move(*session));
    socket->run(parser_->get());
    self_.reset();
  }

  void refuse(const ErrorCodeOf& ec) {
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
      return refuse(431, "too_large", "the request's headers are too large");
    }
    if (ec == http::error::body_limit)
      return refuse(413, "too_large", "the body is larger than this address takes");
    refuse(400, "malformed", "not a valid HTTP request");
  }
  void refuse(int status, std::string_view code, std::string_view detail) {
    if (request_id_.empty()) request_id_ = loop_.new_request_id();
    started_ = std::chrono::steady_clock::now();
    keep_alive_ = false;
    send(problem(status, code, detail, request_id_));
  }

  void send(Response response) {
    core_.count(rule_.route, response.status, std::chrono::steady_clock::now() - started_);
    if (loop_.draining) keep_alive_ = false;
    response_ = std::move(response);
    const HeadContext context{request_id_, loop_.date, keep_alive_, kTls || request_.tls, rule_.cors};
    head_ = write_head(response_, context);
    if (head_.empty()) {
      log::error("gateway", "a response header holds a line break request_id={}", request_id_);
      response_ = problem(500, "internal", "internal error", request_id_);
      head_ = write_head(response_, context);
    }
    state_ = State::kWriting;
    const bool bare = head_only_ || response_.status == 204 || response_.status == 304;
    const std::string_view body = bare ? std::string_view() : response_.content();
    wait(transfer_time(core_.options.timeouts.write, body.size()));
    net::async_write(stream_, std::array<net::const_buffer, 2>{net::buffer(head_), net::buffer(body)},
                     [self = self_](const ErrorCodeOf& ec, std::size_t) { self->on_sent(ec); });
  }

  void on_sent(const ErrorCodeOf& ec) {
    release();
    if (ec || state_ == State::kClosed) return finish();
    if (!keep_alive_) return linger();
    next();
  }

  // Back to the memory an idle connection may keep.
  void release() {
    core_.body_bytes.fetch_sub(std::exchange(charged_, 0));
    response_ = {};
    request_id_.clear();
    rule_ = {};
  }

  // Closing at once with unread bytes would reset the connection and could destroy the answer on its way: say
  // goodbye, then read what the client still sends for a moment.
  void linger() {
    state_ = State::kLinger;
    wait(std::chrono::seconds(2));
    if constexpr (kTls) {
      stream_.async_shutdown([self = self_](const ErrorCodeOf&) { self->abort(); });
    } else {
      ErrorCodeOf ec;
      stream_.shutdown(Tcp::socket::shutdown_send, ec);
      if (ec) return abort();
      buffer_.clear();
      drop_rest();
    }
  }
  void drop_rest() {
    stream_.async_read_some(buffer_.prepare(kHeaderRead), [self = self_](const ErrorCodeOf& ec, std::size_t) {
      if (ec || self->state_ == State::kClosed) return self->abort();
      self->drop_rest();
    });
  }

  void finish() {
    if (state_ == State::kClosed) return;
    release();
    state_ = State::kClosed;
    ErrorCodeOf ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    loop_.remove(*this);
    self_.reset();
  }

  Core& core_;
  Loop& loop_;
  Stream stream_;
  const net::ip::address peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Request request_;
  RouteRule rule_;
  std::string request_id_;  // of the request in hand, which itself is handed over
  Response response_;
  std::string head_;
  std::shared_ptr<HttpSession> self_;  // keeps it alive until finish()
  SteadyTime started_{};
  std::uint64_t generation_ = 0;
  std::size_t charged_ = 0;  // of Core::body_bytes
  State state_ = State::kIdle;
  bool header_done_ = false, head_only_ = false, keep_alive_ = true, expects_continue_ = false;
};

}  // namespace zk::gateway
