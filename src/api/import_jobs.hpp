// Imports that run in the background: one at a time, the last few kept for whoever asks how they went. In memory only:
// what an import has written is in the database, and an import cut off by a restart is simply run again.
// Thread-safe. Owned by the composition root; destruction stops a running import after its current batch.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "exec/pool.hpp"
#include "knowledge/import.hpp"

namespace zk::api {

class ImportJobs {
 public:
  ImportJobs(storage::Db& db, const Clock& clock);
  ~ImportJobs();

  // The job's number; kUnavailable when another import is still waiting.
  Result<std::int64_t> start(std::string bytes, knowledge::Format format, std::string author, bool dry_run);

  struct State {
    std::int64_t id = 0;
    enum class Phase { kWaiting, kRunning, kDone, kFailed } phase = Phase::kWaiting;
    bool dry_run = false;
    int rows = 0, done = 0;
    knowledge::ImportReport report{};
    std::string error;
  };
  Result<State> find(std::int64_t id) const;  // kNotFound once 20 newer ones came

 private:
  static constexpr std::size_t kKept = 20;
  void run(std::int64_t id, const std::string& bytes, knowledge::Format format, const std::string& author, bool dry_run);
  void update(std::int64_t id, const std::function<void(State&)>& f);

  storage::Db& db_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<State> states_;
  std::int64_t next_ = 1;
  std::atomic<bool> stopping_{false};
  exec::Pool pool_;
};

}  // namespace zk::api
