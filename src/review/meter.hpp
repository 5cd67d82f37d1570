// Measures what answers, in the background: after a knowledge base was learnt, its similar questions are
// asked as if they had not been written, and the company's regression questions as they are. Similar
// questions flatter: customers word theirs otherwise. Kept in a file beside the other caches, so a restart
// measures nothing again; a change of the articles, the models or the regression questions does.
//
//   Meter meter(db, clock, library, {.file = data / "cache/quality.json"});
//   const auto view = meter.view();                      // view.measured is null until there is one
//
// Thread-safe. One background thread that yields to customers' turns; stop() ends it after its current
// question.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "exec/periodic.hpp"
#include "knowledge/library.hpp"
#include "review/quality.hpp"

namespace zk::review {

// waiting: the knowledge base is still learning; empty: no question to measure on.
enum class MeterState { kWaiting, kMeasuring, kReady, kEmpty, kFailed };
std::string_view to_string(MeterState state);  // waiting | measuring | ready | empty | failed

struct MeterView {
  MeterState state = MeterState::kWaiting;
  std::size_t done = 0, total = 0;              // questions, while measuring
  std::shared_ptr<const Measurement> measured;  // the last one; of what answers now only when ready
};

class Meter {
 public:
  struct Options {
    std::filesystem::path file{};  // empty: kept in memory only
    std::chrono::milliseconds period{5'000};
    std::size_t most_similar = 2'000, most_regression = 1'000;  // of more, always the same ones are taken
  };
  Meter(storage::Db& db, const Clock& clock, const knowledge::Library& library, Options options);
  ~Meter();
  void stop();

  MeterView view() const;
  // One round on the calling thread, as the job runs it: measures where something has changed.
  void refresh();

 private:
  struct Work;
  Result<Work> gather(const knowledge::LibraryStatus& status) const;
  Status measure(Work& work, std::uint64_t generation);
  void give_up(const Error& error);
  void set(MeterState state, std::size_t done = 0, std::size_t total = 0);
  void keep(Measurement measured);
  void recall();

  storage::Db& db_;
  const Clock& clock_;
  const knowledge::Library& library_;
  const Options options_;
  std::atomic<bool> stopping_{false};
  std::mutex round_;    // one round at a time
  std::string failed_;  // under round_: is not tried again before something changes
  mutable std::mutex mutex_;
  MeterView view_;  // under mutex_
  exec::Periodic job_;
};

}  // namespace zk::review
