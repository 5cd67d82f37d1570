// Runs a function again and again on a thread of its own: timers of the domain, cursors over the ledger,
// clean-up. The period is counted from the end of one run to the start of the next, so runs never pile up.
//
//   exec::Periodic snooze({.name = "snooze", .period = 1s}, [&] { wake_snoozed(db, clock); });
//   snooze.poke();   // run as soon as possible, for example because an event arrived
//
// Thread-safe. An exception leaving the function is logged and the job goes on. Destruction stops it and
// joins.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace zk::exec {

struct PeriodicOptions {
  std::string name;                  // the thread's name (first 15 bytes), and in the log
  std::chrono::milliseconds period;  // ≥ 1 ms
};

class Periodic {
 public:
  Periodic(PeriodicOptions options, std::function<void()> run);
  ~Periodic();  // stop()
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  void poke();
  void stop();  // waits for a run in progress; idempotent; never called from the function itself
  std::uint64_t runs() const;

 private:
  void loop();

  const PeriodicOptions options_;
  const std::function<void()> run_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool poked_ = false;
  std::uint64_t runs_ = 0;
  std::thread thread_;
};

}  // namespace zk::exec
