// A live screen: the WebSocket of docs/protocol.md as a client sees it. Used by one thread.
//
//   LiveSocket screen(url, {.cookie = session});
//   screen.send({{"type", "hello"}, {"since_seq", nullptr}});
//   const auto welcome = screen.next();
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace zk::integration {
namespace json = boost::json;

class LiveSocket {
 public:
  // cookie: of a signed-in agent; empty for a visitor, who says hello with his token. Throws when it is
  // refused.
  explicit LiveSocket(const std::string& url, const std::string& cookie = {});
  ~LiveSocket();

  void send(const json::value& frame);
  void send_text(const std::string& text);
  // The next frame; nothing when the server closed or `limit` passed.
  std::optional<json::object> next(std::chrono::milliseconds limit = std::chrono::seconds(30));
  // Drops frames until one fits; nothing as above.
  std::optional<json::object> until(const std::function<bool(const json::object&)>& fits,
                                    std::chrono::milliseconds limit = std::chrono::seconds(30));
  // Reads to the end; the code the server closed with, 0 when it just went away or never did.
  int close_code();

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace zk::integration
