// A bounded pool of read connections, opened when first needed. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "storage/connection.hpp"

namespace zk::storage {

class ReadPool {
 public:
  ReadPool(Connect connect, int size) : connect_(std::move(connect)), size_(size) {}
  ~ReadPool() { close(); }

  // Runs f in a snapshot on the calling thread. kDeadlineExceeded when none came free in time; kUnavailable
  // after close or when the server is not reachable.
  Status run(Deadline deadline, const std::function<void(Tx&)>& f);
  // Waits for the reads that are running.
  void close();

 private:
  Result<std::unique_ptr<Connection>> acquire(Deadline deadline);
  void release(std::unique_ptr<Connection> connection);

  Connect connect_;
  const int size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  int lent_ = 0;
  bool closed_ = false;
};

}  // namespace zk::storage
