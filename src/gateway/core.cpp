#include "gateway/core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "gateway/response_head.hpp"

namespace zk::gateway {
namespace {
// Time-outs are checked this often: a wait ends at most this much late.
constexpr std::chrono::milliseconds kTick{250};
}  // namespace

Core::Core(Options o, Application& a)
    : options(std::move(o)), app(a), limiter(options.rate.per_second, options.rate.burst) {
  request_id_seed = (static_cast<std::uint64_t>(std::random_device{}()) << 32) | std::random_device{}();
  for (std::size_t i = 0; i < options.routes.size(); ++i) routes.push_back(std::make_unique<RouteCounters>());
}

RouteRule Core::rule(std::string_view method, std::string_view path) const {
  RouteRule out = options.rules ? options.rules(method, path) : RouteRule{};
  out.route = std::min(out.route, routes.size() - 1);
  return out;
}

void Core::count(std::size_t route, int status, std::chrono::nanoseconds took) {
  RouteCounters& counters = *routes[route];
  counters.by_status_class[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)].fetch_add(
      1, std::memory_order_relaxed);
  counters.latency.observe(took);
}

bool Core::trusts(const net::ip::address& peer) const {
  if (options.trusted_proxies.empty()) return false;
  const std::string text = peer.to_string();
  return std::find(options.trusted_proxies.begin(), options.trusted_proxies.end(), text) !=
         options.trusted_proxies.end();
}

void Loop::add(Connection& connection) {
  connections.push_back(connection);
  core.connections.fetch_add(1, std::memory_order_relaxed);
}

void Loop::remove(Connection& connection) {
  connections.erase(connections.iterator_to(connection));
  core.connections.fetch_sub(1, std::memory_order_release);
}

void Loop::start_tick() {
  date = imf_date(SystemClock{}.now());
  const auto now = std::chrono::steady_clock::now();
  for (auto it = connections.begin(); it != connections.end();) {
    Connection& connection = *it++;  // on_deadline may remove it
    if (connection.deadline <= now) {
      core.timed_out.fetch_add(1, std::memory_order_relaxed);
      connection.on_deadline();
    }
  }
  tick.expires_after(kTick);
  tick.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) start_tick();
  });
}

std::string Loop::new_request_id() {
  // Unique in this process and unlikely to be met in another: the seed is random, loops differ by their
  // address.
  return fmt::format("{:016x}",
                     core.request_id_seed ^ (reinterpret_cast<std::uintptr_t>(this) << 24) ^ ++next_request);
}

}  // namespace zk::gateway
