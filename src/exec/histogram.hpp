// Counts durations in fixed buckets without a lock: request latency, waiting time in a queue, stages of a
// turn. Bounds are those of the answer-time budget: 100 µs … 10 s, roughly ×2.5 a step. Thread-safe;
// observe() is wait-free.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace zk::exec {

inline constexpr std::array<double, 16> kBucketBoundsSeconds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};

struct HistogramSnapshot {
  // counts[i]: observations ≤ kBucketBoundsSeconds[i] and above the bound before; the last counts those above
  // all.
  std::array<std::uint64_t, kBucketBoundsSeconds.size() + 1> counts{};
  double sum_seconds = 0;
  std::uint64_t count() const {
    std::uint64_t n = 0;
    for (const auto c : counts) n += c;
    return n;
  }
};

// An upper bound of that quantile (0 … 1): the bound of the bucket it falls in, the last one for what lies
// above all; 0 where nothing was observed.
inline double quantile_bound(const HistogramSnapshot& s, double quantile) {
  const double wanted = quantile * static_cast<double>(s.count());
  double seen = 0;
  for (std::size_t i = 0; i < kBucketBoundsSeconds.size(); ++i)
    if (seen += static_cast<double>(s.counts[i]); seen > 0 && seen >= wanted) return kBucketBoundsSeconds[i];
  return s.count() == 0 ? 0 : kBucketBoundsSeconds.back();
}

class Histogram {
 public:
  void observe(std::chrono::nanoseconds d) {
    const double seconds = std::chrono::duration<double>(d).count();
    std::size_t i = 0;
    while (i < kBucketBoundsSeconds.size() && seconds > kBucketBoundsSeconds[i]) ++i;
    counts_[i].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(static_cast<std::uint64_t>(d.count() < 0 ? 0 : d.count()), std::memory_order_relaxed);
  }
  HistogramSnapshot snapshot() const {
    HistogramSnapshot out;
    for (std::size_t i = 0; i < counts_.size(); ++i)
      out.counts[i] = counts_[i].load(std::memory_order_relaxed);
    out.sum_seconds = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) * 1e-9;
    return out;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBucketBoundsSeconds.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

}  // namespace zk::exec
