// A bounded pool of worker threads for synchronous domain work. Owned by the composition root; handed out by
// reference.
//
//   exec::Pool reads({.name = "db_read", .threads = 4, .queue = 1024});
//   if (auto s = reads.post([=] { done(answer(request)); }); !s) done(too_busy(s.error()));
//
// Thread-safe. A full queue says so at once (kUnavailable); nothing ever blocks the caller.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "exec/histogram.hpp"

namespace zk::exec {

struct PoolOptions {
  std::string name;          // label of metrics, and the threads' name (first 15 bytes)
  int threads = 1;           // 1 … 256
  std::size_t queue = 1024;  // tasks waiting before post() is refused, 1 … 1,000,000
};

struct PoolStats {
  std::string name;
  std::size_t depth = 0;  // waiting now
  int threads = 0;
  std::uint64_t executed = 0;  // since start
  std::uint64_t rejected = 0;  // refused because the queue was full or the pool stopped
  std::uint64_t expired = 0;   // dropped because their deadline passed while waiting
  HistogramSnapshot waiting;   // seconds between post and start
};

class Pool {
 public:
  explicit Pool(PoolOptions options);
  ~Pool();  // stop()
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // kUnavailable when the queue is full or the pool is stopping. An exception leaving the task is logged and
  // dropped.
  Status post(std::function<void()> task);
  // As above; when the deadline passes before a thread is free, `late` runs (on a pool thread) instead of
  // `task`.
  Status post(Deadline deadline, std::function<void()> task, std::function<void()> late);

  // Refuses new tasks, finishes those queued, joins. Idempotent. Never called from a task of this pool.
  void stop();
  PoolStats stats() const;

 private:
  struct Task {
    std::function<void()> run;
    std::function<void()> late;
    Deadline deadline;
    Deadline posted;
  };
  Status enqueue(Task task);
  void work();
  void execute(Task& task);

  const PoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Task> queue_;
  bool stopping_ = false;
  std::uint64_t executed_ = 0, rejected_ = 0, expired_ = 0;
  Histogram waiting_;
  std::vector<std::thread> threads_;
};

}  // namespace zk::exec
