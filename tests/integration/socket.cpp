#include "tests/integration/socket.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <stdexcept>

namespace zk::integration {
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Tcp = boost::asio::ip::tcp;

struct LiveSocket::Stream {
  boost::asio::io_context ioc;
  websocket::stream<Tcp::socket> ws{ioc};
  beast::flat_buffer in;
  bool ended = false;

  // Runs what was started until it is done; false when time was up, and then the connection is given up.
  bool run(const bool& done, std::chrono::steady_clock::time_point until) {
    ioc.restart();
    while (!done && ioc.run_one_until(until) > 0) continue;
    if (done) return true;
    ended = true;
    boost::system::error_code ignored;
    ws.next_layer().close(ignored);
    ioc.restart();
    ioc.run();
    return false;
  }
};

LiveSocket::LiveSocket(const std::string& url, const std::string& cookie)
    : stream_(std::make_unique<Stream>()) {
  const auto host = url.substr(url.find("://") + 3);
  const auto port = std::stoi(host.substr(host.rfind(':') + 1));
  stream_->ws.next_layer().connect(
      {boost::asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)});
  stream_->ws.read_message_max(16 << 20);
  stream_->ws.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
    request.set(beast::http::field::origin, url);
    if (!cookie.empty()) request.set(beast::http::field::cookie, "zk_session=" + cookie);
  }));
  stream_->ws.handshake(host, "/api/v1/ws");
  stream_->ws.text(true);
}
LiveSocket::~LiveSocket() = default;

void LiveSocket::send(const json::value& frame) { send_text(json::serialize(frame)); }

void LiveSocket::send_text(const std::string& text) {
  boost::system::error_code ignored;  // next() shows that the server has gone
  stream_->ws.write(boost::asio::buffer(text), ignored);
}

std::optional<json::object> LiveSocket::next(std::chrono::milliseconds limit) {
  auto& s = *stream_;
  if (s.ended) return std::nullopt;
  bool done = false;
  boost::system::error_code error;
  s.in.clear();
  s.ws.async_read(s.in, [&](const boost::system::error_code& ec, std::size_t) {
    done = true;
    error = ec;
  });
  if (!s.run(done, std::chrono::steady_clock::now() + limit)) return std::nullopt;
  if (error) {
    s.ended = true;
    return std::nullopt;
  }
  return json::parse(beast::buffers_to_string(s.in.data())).as_object();
}

std::optional<json::object> LiveSocket::until(const std::function<bool(const json::object&)>& fits,
                                              std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    auto frame = left.count() > 0 ? next(left) : std::nullopt;
    if (!frame || fits(*frame)) return frame;
  }
}

int LiveSocket::close_code() {
  while (next()) continue;
  return stream_->ws.reason().code;
}

}  // namespace zk::integration
