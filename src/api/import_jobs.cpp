#include "api/import_jobs.hpp"

#include <algorithm>
#include <functional>

namespace zk::api {

ImportJobs::ImportJobs(storage::Db& db, const Clock& clock) : db_(db), clock_(clock), pool_({.name = "import", .threads = 1, .queue = 1}) {}

ImportJobs::~ImportJobs() {
  stopping_ = true;
  pool_.stop();
}

Result<std::int64_t> ImportJobs::start(std::string bytes, knowledge::Format format, std::string author, bool dry_run) {
  std::int64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_++;
    states_.push_back({.id = id, .dry_run = dry_run});
    if (states_.size() > kKept) states_.pop_front();
  }
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  auto posted = pool_.post([this, id, shared, format, author = std::move(author), dry_run] { run(id, *shared, format, author, dry_run); });
  if (posted) return id;
  update(id, [](State& s) {
    s.phase = State::Phase::kFailed;
    s.error = "another import is still waiting";
  });
  return fail(ErrorCode::kUnavailable, "another import is still waiting; try again when it is done");
}

Result<ImportJobs::State> ImportJobs::find(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& s : states_)
    if (s.id == id) return s;
  return fail(ErrorCode::kNotFound, "there is no such import, or it is too long ago");
}

void ImportJobs::update(std::int64_t id, const std::function<void(State&)>& f) {
  const std::lock_guard lock(mutex_);
  for (auto& s : states_)
    if (s.id == id) f(s);
}

void ImportJobs::run(std::int64_t id, const std::string& bytes, knowledge::Format format, const std::string& author, bool dry_run) {
  update(id, [](State& s) { s.phase = State::Phase::kRunning; });
  auto report = knowledge::import_articles(db_, clock_, bytes, format,
                                           {.author = author,
                                            .dry_run = dry_run,
                                            .progress =
                                                [&](int done, int rows) {
                                                  update(id, [&](State& s) {
                                                    s.done = done;
                                                    s.rows = rows;
                                                  });
                                                },
                                            .cancel = &stopping_});
  update(id, [&](State& s) {
    s.phase = report ? State::Phase::kDone : State::Phase::kFailed;
    if (!report) s.error = report.error().message;
    else s.rows = s.done = report->rows, s.report = *std::move(report);
  });
}

}  // namespace zk::api
