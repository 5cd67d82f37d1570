// What the gateway hands to the application and takes back: plain structs, no Beast, no Asio.
// The application implements Application; the gateway calls it from its I/O threads and never blocks on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace zk::gateway {

struct Request {
  std::string method;  // "GET", …; a HEAD arrives as GET and the gateway leaves the body out
  std::string target;  // as sent: path and query
  std::string path;    // percent-decoded path, no query; "/" at least; no "..", no NUL
  std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;  // names lower-case
  std::string body;
  std::string remote_ip;
  bool tls = false;
  std::string request_id;  // from X-Request-Id if sane, else made here; echoed
  Deadline deadline;       // the application should give up then

  std::string_view header(std::string_view lower_case_name) const;  // "" when absent
  std::optional<std::string_view> query_value(std::string_view name) const;
  std::string_view cookie(std::string_view name) const;  // "" when absent
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // used instead of body when set: shared, never copied
  std::string_view
      static_body;  // used instead of both when not empty: bytes that live as long as the process

  std::string_view content() const {
    return !static_body.empty() ? static_body
           : shared_body        ? std::string_view(*shared_body)
                                : std::string_view(body);
  }
};

// An RFC 9457 problem document; `detail` is shown to the caller and must hold no personal data.
Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id);
Response problem(const Error& error, std::string_view request_id);

// One WebSocket. Methods may be called from any thread; they post to the connection's I/O thread.
class Socket {
 public:
  virtual ~Socket() = default;
  // Queues a text frame; the text is shared, never copied. When more than the bound (default 256 frames or 1
  // MiB) is pending the peer is too slow and the socket is closed with 1013: memory never grows.
  virtual void send(std::shared_ptr<const std::string> text) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual std::uint64_t id() const = 0;
};

// Callbacks of one WebSocket, made by Application::accept; called on one I/O thread, in order; must not
// block.
class SocketSession {
 public:
  virtual ~SocketSession() = default;
  virtual void on_open(std::shared_ptr<Socket> socket) = 0;
  virtual void on_text(std::string_view text) = 0;  // ≤ 64 KiB
  virtual void on_sent() {}     // all frames given to Socket::send have left; more may follow
  virtual void on_close() = 0;  // exactly once, after which the socket is dead
};

class Application {
 public:
  virtual ~Application() = default;
  // Must call done exactly once, from any thread, possibly before returning. Must not block.
  virtual void handle(Request request, std::function<void(Response)> done) = 0;
  // An upgrade request: a session, or the error to answer with instead.
  virtual Result<std::unique_ptr<SocketSession>> accept(const Request& request) = 0;
};

}  // namespace zk::gateway
