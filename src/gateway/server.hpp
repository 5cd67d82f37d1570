// The listener: HTTP/1.1 and WebSocket over TCP or TLS, handed to an Application as plain structs.
//
//   ZK_TRY(auto server, gateway::Server::start(options, application));
//   … wait for SIGTERM …
//   server->drain();   // in-flight requests are answered, sockets closed with 1001; bounded
//
// Each I/O thread has one io_context; a connection never changes thread. start, drain, stats: any thread.
// The Application must outlive the Server, and every pending `done` must have been called or dropped before
// the Server is destroyed (stop the worker pools between drain() and destruction).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "exec/histogram.hpp"
#include "gateway/http.hpp"

namespace zk::gateway {

struct Limits {
  std::size_t header_bytes = 16 * 1024;                  // request line and headers: 431 above
  std::size_t connections = 20'000;                      // 503 above
  std::size_t body_bytes_in_flight = 256 * 1024 * 1024;  // of all bodies above 64 KiB together: 503 above
  std::size_t socket_message_bytes = 64 * 1024;          // a longer frame closes the socket with 1009
  std::size_t socket_frames = 256;  // waiting to be sent on one socket: closed with 1013 above
  std::size_t socket_bytes = 1024 * 1024;
  int socket_messages_per_second = 100;  // received on one socket: closed with 1008 above
};

struct Timeouts {
  using Ms = std::chrono::milliseconds;
  Ms header = Ms(10'000);  // from the first byte of a request to the end of its headers
  Ms body = Ms(30'000);    // to the end of the body, plus a second for each 64 KiB announced
  Ms idle = Ms(60'000);  // between requests; a silent WebSocket is pinged at half of it and closed at its end
  Ms handler = Ms(30'000);  // Request::deadline; the gateway itself answers 504 a second later
  Ms write = Ms(30'000);    // to send a response, plus a second for each 64 KiB
  Ms drain = Ms(10'000);
};

struct Tls {
  std::string certificate_file;  // PEM chain
  std::string key_file;          // PEM; must not be readable by others
};

struct RateLimit {
  double per_second = 0;  // requests of one client address (IPv6: one /64); 0: off. Loopback is never limited
  double burst = 100;
};

// What the application says about a request from its method and path alone, before the body is read.
struct RouteRule {
  std::size_t route = 0;                 // index into Options::routes
  std::size_t body_limit = 1024 * 1024;  // bytes: 413 above
  bool cors = false;  // any origin may call it with a bearer token; OPTIONS is answered here
};
using RouteRules = std::function<RouteRule(std::string_view method, std::string_view path)>;

struct Options {
  std::string host = "127.0.0.1";  // address or name to listen on
  std::uint16_t port = 0;          // 0: any free port, see Server::port()
  int io_threads = 2;              // 1 … 64
  Limits limits;
  Timeouts timeouts;
  RateLimit rate;
  std::optional<Tls> tls;
  std::vector<std::string>
      trusted_proxies;  // addresses whose X-Forwarded-For and X-Forwarded-Proto are believed
  std::vector<std::string> routes = {"all"};
  RouteRules rules;  // default: RouteRule{} for everything
};

struct RouteStats {
  std::string route;
  std::uint64_t by_status_class[5] = {};  // [0] 1xx … [4] 5xx
  exec::HistogramSnapshot latency;        // from the end of the request to the start of the response
};

struct Stats {
  std::int64_t connections = 0, sockets = 0;  // now
  std::uint64_t accepted = 0;
  std::uint64_t refused_connections = 0;  // above Limits::connections
  std::uint64_t rate_limited = 0;
  std::uint64_t timed_out = 0;            // connections closed because a wait was over
  std::uint64_t slow_sockets_closed = 0;  // 1013
  std::uint64_t socket_frames_sent = 0, socket_frames_received = 0;
  std::vector<RouteStats> routes;
};

class Server {
 public:
  // kConflict: the address is in use; kInvalidArgument: host, certificate or key (field names the option).
  static Result<std::unique_ptr<Server>> start(Options options, Application& application);
  virtual ~Server() = default;  // drains without waiting
  virtual std::uint16_t port() const = 0;
  // Stops accepting, lets requests in flight end, closes sockets with 1001; after Timeouts::drain closes what
  // is left. Returns when no connection is left. Idempotent.
  virtual void drain() = 0;
  virtual Stats stats() const = 0;
};

}  // namespace zk::gateway
