// One token bucket per client address, in bounded memory. Thread-safe (16 shards, one lock each).
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace zk::gateway {

class RateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // per_second ≤ 0: no limit. burst: requests that may come at once, ≥ 1. At most max_clients buckets are
  // kept; when a shard is full, buckets that have filled up again are dropped, and failing that an arbitrary
  // one.
  RateLimiter(double per_second, double burst, std::size_t max_clients = 65'536);

  bool allow(std::string_view client, TimePoint now);
  std::size_t clients() const;

 private:
  struct Bucket {
    double tokens;
    TimePoint at;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Bucket> buckets;
  };
  static constexpr std::size_t kShards = 16;
  void make_room(Shard& shard, TimePoint now) const;

  const double per_second_, burst_;
  const std::size_t max_per_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace zk::gateway
