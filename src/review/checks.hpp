// Checks of the draft, in the background: builds and learns what would answer, asks it and the live knowledge
// base every regression question, compares, and looks for what is wrong with the articles. One check at a
// time; customers are answered meanwhile from the live snapshot, and the check's threads yield to theirs.
// State and verdicts are in the database: a check cut off by a restart goes on where it stopped.
//
//   Checks checks(db, clock, audit, library, engine, {});
//   ZK_TRY(const auto id, checks.start({.actor = "agent:3"}));
//   ZK_TRY(const auto state, checks.find(id));              // progress, then the report
//   ZK_TRY(const auto made, checks.publish(tx, gate));      // refused when the check said no
//
// Thread-safe. Owned by the composition root; destruction stops a running check after its current question.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "auth/audit.hpp"
#include "dialogue/engine.hpp"
#include "knowledge/library.hpp"
#include "knowledge/releases.hpp"
#include "review/measure.hpp"

namespace zk::review {

struct CheckState {
  std::int64_t id = 0;
  std::string content;  // of the draft it checks
  std::int64_t base_release = 0;
  std::string state;  // running | done | cancelled | failed
  std::string step;   // of a running one: build | learn | ask | compare
  std::string author;
  Timestamp started_at{}, ended_at{};
  std::int64_t done = 0, total = 0;  // questions
  std::string report;                // JSON (docs/protocol.md), when done
  std::string error;
};

struct Start {
  std::string actor;
  bool publish = false;  // publish when it passes
  std::string note = {};
};

struct Gate {
  std::string actor, note, override_reason;  // a reason publishes what a check refused
  Timestamp now{};
};

class Checks {
 public:
  struct Options {
    std::size_t least_questions = 1000;  // similar questions held out make up the number to this
    int threads = 2;
  };
  Checks(storage::Db& db, const Clock& clock, const auth::AuditLog& audit, knowledge::Library& library,
         const dialogue::Engine& engine, Options options);
  ~Checks();
  Checks(const Checks&) = delete;
  Checks& operator=(const Checks&) = delete;

  // kConflict: one is running, or the draft is what answers already.
  Result<std::int64_t> start(const Start& how);
  Status cancel(std::int64_t id);  // kNotFound, kConflict: it has ended
  Result<CheckState> find(std::int64_t id) const;
  // The newest check of that draft, or nothing.
  static Result<std::optional<CheckState>> latest(storage::Tx& tx, const std::string& content);
  // Ends the running check after its current question; a start on the same database goes on with it.
  void stop();
  // Blocks until no check runs (tests, shell commands).
  bool wait(Deadline deadline) const;

  // Inside the caller's transaction. Where edits go live at once, or nothing is live yet, no check is asked
  // for. kConflict: nothing to publish; kPreconditionFailed: not checked, or the check said no (the message
  // has the figures) and no reason is given.
  Result<knowledge::Release> publish(storage::Tx& tx, const Gate& gate) const;
  Result<knowledge::Release> roll_back(storage::Tx& tx, std::int64_t to, const Gate& gate) const;

 private:
  struct Job;
  void loop();
  void run(Job& job);
  Status check(Job& job);
  Status prepare(Job& job);
  Status ask_all(Job& job);
  Status ask_range(Job& job);
  Status flush(Job& job);
  Status finish(Job& job);
  void resume();
  void set_step(Job& job, std::string step);
  Status end(Job& job, const std::string& state, const std::string& error);

  storage::Db& db_;
  const Clock& clock_;
  const auth::AuditLog& audit_;
  knowledge::Library& library_;
  const dialogue::Engine& engine_;
  const Options options_;
  mutable std::mutex mutex_;
  mutable std::condition_variable wake_;
  std::shared_ptr<Job> job_;  // under mutex_: waits or runs
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace zk::review
