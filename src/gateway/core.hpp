// Internal: what all connections share, and the loop (one io_context, one thread) a connection belongs to.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <thread>

#include "gateway/rate_limit.hpp"
#include "gateway/server.hpp"

namespace zk::gateway {

namespace net = boost::asio;
using Tcp = net::ip::tcp;
using Executor = net::io_context::executor_type;
using TcpSocket = net::basic_stream_socket<Tcp, Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;

// A connection of one loop. Every wait has a deadline; the loop's tick calls on_deadline when it has passed.
class Connection : public boost::intrusive::list_base_hook<> {
 public:
  virtual ~Connection() = default;
  virtual void on_deadline() = 0;
  virtual void on_drain() = 0;  // stop when the work in hand is done
  virtual void abort() = 0;     // close now
  SteadyTime deadline = SteadyTime::max();
};

struct Core;

struct Loop {
  explicit Loop(Core& c) : core(c), tick(ioc) {}
  Core& core;
  net::io_context ioc{1};
  net::steady_timer tick;
  boost::intrusive::list<Connection> connections;  // touched on this loop's thread only, like all below
  std::string date;                                // Date header, renewed by the tick
  bool draining = false;
  std::uint64_t next_request = 0;
  std::thread thread;

  void add(Connection& connection);
  void remove(Connection& connection);
  void start_tick();
  std::string new_request_id();
};

struct RouteCounters {
  std::array<std::atomic<std::uint64_t>, 5> by_status_class{};
  exec::Histogram latency;
};

struct Core {
  Core(Options o, Application& a);
  const Options options;
  Application& app;
  RateLimiter limiter;
  std::optional<net::ssl::context> tls;
  std::uint64_t request_id_seed = 0;

  std::atomic<std::int64_t> connections{0}, sockets{0};
  std::atomic<std::size_t> body_bytes{0};
  std::atomic<std::uint64_t> accepted{0}, refused_connections{0}, rate_limited{0}, timed_out{0},
      slow_sockets_closed{0};
  std::atomic<std::uint64_t> socket_frames_sent{0}, socket_frames_received{0}, next_socket_id{0};
  std::vector<std::unique_ptr<RouteCounters>> routes;

  RouteRule rule(std::string_view method, std::string_view path) const;
  void count(std::size_t route, int status, std::chrono::nanoseconds took);
  bool trusts(const net::ip::address& peer) const;
};

// Made in session_plain.cpp and session_tls.cpp; on the loop's thread.
void start_plain(Core& core, Loop& loop, TcpSocket socket, const net::ip::address& peer);
void start_tls(Core& core, Loop& loop, TcpSocket socket, const net::ip::address& peer);

}  // namespace zk::gateway
