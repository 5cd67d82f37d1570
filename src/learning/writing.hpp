// Has the language model word similar questions, in the background: for one article, or for all thin ones.
// One run at a time; each call is reserved from the day's budget in the database before it is made, and
// audited. What it wrote waits as open proposals until an editor ticks or refuses it.
//
//   Writing writing(db, clock, audit, library, engine, &model, {.daily_budget = 200});
//   ZK_TRY_STATUS(writing.start({.actor = "agent:3", .articles = {"X017"}}));
//   const auto run = writing.run();                          // progress
//
// The state of a run is in memory only: what was proposed is in the database. Thread-safe. Owned by the
// composition root; stop() ends a call under way within about a second.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/audit.hpp"
#include "dialogue/engine.hpp"
#include "exec/pool.hpp"
#include "knowledge/library.hpp"
#include "learning/proposals.hpp"
#include "learning/writer.hpp"

namespace zk::learning {

struct WritingRun {
  std::string state;  // "" none yet | running | done | cancelled | failed
  std::string actor, error;
  Timestamp started_at{}, ended_at{};
  std::int64_t done = 0, total = 0;  // articles
  std::int64_t found = 0;            // proposals kept
  std::int64_t failed = 0;           // articles the model gave nothing useful for
};
struct ModelUse {
  std::string model;                               // "" when none is configured
  std::int64_t budget = 0, calls = 0, tokens = 0;  // of today (UTC)
};

class Writing {
 public:
  struct Options {
    std::int64_t daily_budget = 200;     // calls
    std::function<void()> changed = {};  // after each article, on the background thread
  };
  struct Start {
    std::string actor;
    std::vector<std::string> articles = {};  // empty: all thin ones that are published
  };
  // `writer` null: no model; every start is refused.
  Writing(storage::Db& db, const Clock& clock, const auth::AuditLog& audit, const knowledge::Library& library,
          const dialogue::Engine& engine, const Writer* writer, Options options);
  ~Writing();
  void stop();

  // kConflict: no model, one runs already, or no article is thin; kNotFound: an article.
  Status start(const Start& how);
  Status cancel();  // kConflict: none runs
  WritingRun run() const;
  Result<ModelUse> use(storage::Tx& tx, Timestamp now) const;
  bool wait(Deadline deadline) const;  // until none runs

 private:
  void work(const std::string& actor, const std::vector<std::string>& articles);
  Status write(const std::string& actor, const std::string& article);
  Status reserve();
  Status record(const std::string& actor, const std::string& article, const Result<Written>& written,
                const std::vector<Proposed>& kept);
  Result<std::vector<Proposed>> sift(const Article& article, const std::vector<std::string>& texts,
                                     const std::vector<StoredProposal>& stored) const;
  void end(const std::string& state, const std::string& error);

  storage::Db& db_;
  const Clock& clock_;
  const auth::AuditLog& audit_;
  const knowledge::Library& library_;
  const dialogue::Engine& engine_;
  const Writer* const writer_;
  const Options options_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  WritingRun run_;  // under mutex_
  exec::Pool pool_;
};

// Another article that the question lies nearer to than to `own`, or "".
Result<std::string> nearer_article(const dialogue::Engine& engine, const answering::Answerer& answerer,
                                   const std::string& own, const std::string& question, Timestamp now);

}  // namespace zk::learning
