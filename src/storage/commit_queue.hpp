// Group commit: a bounded queue of writes, drained by one thread into one transaction, each write in a
// savepoint of its own; all of them are answered after the COMMIT. While one group is being synced to disk
// the next one gathers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/connection.hpp"

namespace zk::storage {

class CommitQueue {
 public:
  using Publish = std::function<void(std::span<const Event>)>;
  struct Limits {
    std::size_t queue;
    std::size_t group;
  };

  // `connection` is used from the writer thread only; `reconnect` makes a new one after the link was lost.
  // `publish` is called there after each COMMIT that appended events, before the writers are answered.
  CommitQueue(std::unique_ptr<Connection> connection, Connect reconnect, Publish publish, Limits limits);
  ~CommitQueue() { close(); }

  // Blocks until f's effects are on disk, or returns why they are not. kUnavailable at once when the queue is
  // full.
  Status run(Deadline deadline, std::function<Status(Tx&)> f);
  // The same without waiting: `done` is called once, on the writer thread, or here when it is refused at
  // once.
  void later(Deadline deadline, std::function<Status(Tx&)> f, std::function<void(Status)> done);
  // Finishes what is queued.
  void close();
  void add_to(Stats& stats) const;

 private:
  struct Write {
    Deadline deadline;
    std::function<Status(Tx&)> f;
    std::function<void(Status)> done;
    Status result;
  };
  enum class Outcome { kFinished, kRunAgain };

  void loop();
  Status push(Write write);
  std::vector<Write> take_group();
  void run_group(std::vector<Write>& group);
  Outcome attempt(std::vector<Write>& group, bool last_attempt);
  Status run_one(Write& write);
  Status begin();

  std::unique_ptr<Connection> connection_;
  Connect reconnect_;
  Publish publish_;
  const Limits limits_;
  std::vector<Event> appended_;

  mutable std::mutex mutex_;
  std::condition_variable pending_;
  std::deque<Write> queue_;
  bool closing_ = false;

  std::atomic<std::int64_t> commits_{0}, writes_{0}, rejected_{0}, commit_nanoseconds_{0};
  std::once_flag joined_;
  std::thread writer_;
};

}  // namespace zk::storage
