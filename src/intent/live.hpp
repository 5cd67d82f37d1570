// The recogniser that runs: trained anew in the background after intents, published flows or the knowledge
// base have changed, and swapped whole; the one before goes on meanwhile. Thread-safe. One background thread
// of its own that yields to customers' turns; destruction stops it after the training under way.
//
//   ZK_TRY(auto live, Live::open(db, library));   // trained once it returns
//   const auto recogniser = live->current();      // null: no intent is trained; hold it for one turn
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/time.hpp"
#include "flow/live.hpp"
#include "intent/recogniser.hpp"
#include "knowledge/library.hpp"

namespace zk::intent {

// empty: no intent has examples enough.
enum class State { kEmpty, kTraining, kReady, kFailed };
std::string_view to_string(State state);  // empty | training | ready | failed

struct Status {
  State state = State::kEmpty;
  double seconds = 0;  // of the last training
  Timestamp at{};      // its end
  std::string error;   // why it failed; what was trained before goes on
};

class Live {
 public:
  static Result<std::unique_ptr<Live>> open(storage::Db& db, const Clock& clock,
                                            const knowledge::Library& library, const flow::LiveBook& flows);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  std::shared_ptr<const Recogniser> current() const;
  Status status() const;
  // Blocks until everything committed before the call is trained (tests). False: the deadline came first.
  bool wait(Deadline deadline) const;

 private:
  Live(storage::Db& db, const Clock& clock, const knowledge::Library& library, const flow::LiveBook& flows)
      : db_(db), clock_(clock), library_(library), flows_(flows) {}
  Result<std::shared_ptr<const Recogniser>> train() const;  // null: nothing to train
  void train_once(std::unique_lock<std::mutex>& lock);
  void loop();

  storage::Db& db_;
  const Clock& clock_;
  const knowledge::Library& library_;
  const flow::LiveBook& flows_;
  mutable std::mutex mutex_;
  mutable std::condition_variable wake_;
  std::shared_ptr<const Recogniser> current_;
  Status status_;
  std::uint64_t wanted_ = 1, trained_ = 0;  // change counters: wanted ≥ trained
  bool stopping_ = false;
  std::shared_ptr<void> listening_;
  std::thread thread_;
};

}  // namespace zk::intent
