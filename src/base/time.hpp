// Time is microseconds since 1970 UTC, everywhere: in memory, in the database, in events. ISO 8601 only at the API edge.
// Clock is injected so that tests decide what time it is. Thread-safety: implementations are safe to call from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zk {

using Micros = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Micros>;  // Timestamp{} (the epoch) stands for "never"
using Deadline = std::chrono::steady_clock::time_point;

inline std::int64_t to_micros(Timestamp t) { return t.time_since_epoch().count(); }
inline Timestamp from_micros(std::int64_t us) { return Timestamp{Micros{us}}; }
inline Deadline after(std::chrono::steady_clock::duration d) { return std::chrono::steady_clock::now() + d; }

std::string to_iso8601(Timestamp t);                    // "2026-11-23T15:04:05.000123Z"
Result<Timestamp> from_iso8601(std::string_view text);  // accepts a date alone (midnight UTC), Z or ±hh:mm; kInvalidArgument

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override { return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now()); }
};

// For tests and simulation: stands still until moved.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : us_(to_micros(start)) {}
  Timestamp now() const override { return from_micros(us_.load()); }
  void advance(Micros by) { us_ += by.count(); }

 private:
  std::atomic<std::int64_t> us_;
};

}  // namespace zk
