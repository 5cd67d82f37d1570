#include "storage/commit_queue.hpp"

#include <chrono>
#include <exception>

#include "base/check.hpp"
#include "base/log.hpp"
#include "storage/transaction.hpp"

namespace zk::storage {
namespace {
constexpr int kAttempts = 4;  // of a group whose transaction the engine asks to run again
thread_local const CommitQueue* writing_for = nullptr;
}  // namespace

CommitQueue::CommitQueue(std::unique_ptr<Connection> connection, Connect reconnect, Publish publish,
                         Limits limits)
    : connection_(std::move(connection)),
      reconnect_(std::move(reconnect)),
      publish_(std::move(publish)),
      limits_(limits),
      writer_([this] { loop(); }) {}

Status CommitQueue::run(Deadline deadline, std::function<Status(Tx&)> f) {
  ZK_CHECK(writing_for != this);  // a write inside a write would wait for itself
  // Shared: the caller may be gone again while the writer thread is still leaving set_value.
  auto answer = std::make_shared<std::promise<Status>>();
  auto answered = answer->get_future();
  ZK_TRY_STATUS(push({deadline, std::move(f), [answer](Status s) { answer->set_value(std::move(s)); }, {}}));
  return answered.get();
}

void CommitQueue::later(Deadline deadline, std::function<Status(Tx&)> f, std::function<void(Status)> done) {
  if (auto queued = push({deadline, std::move(f), done, {}}); !queued) done(std::move(queued));
}

Status CommitQueue::push(Write write) {
  {
    const std::scoped_lock lock(mutex_);
    if (closing_) return fail(ErrorCode::kUnavailable, "the database is closed");
    if (queue_.size() >= limits_.queue) {
      ++rejected_;
      return fail(ErrorCode::kUnavailable, "too many writes are waiting; try again later", {},
                  "write queue full");
    }
    queue_.push_back(std::move(write));
  }
  pending_.notify_one();
  return {};
}

void CommitQueue::close() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  pending_.notify_one();
  std::call_once(joined_, [this] {
    writer_.join();
    connection_.reset();
  });
}

void CommitQueue::add_to(Stats& stats) const {
  stats.commits += commits_;
  stats.writes += writes_;
  stats.rejected += rejected_;
  stats.commit_seconds_sum += static_cast<double>(commit_nanoseconds_) * 1e-9;
  const std::scoped_lock lock(mutex_);
  stats.queue_depth += static_cast<std::int64_t>(queue_.size());
}

std::vector<CommitQueue::Write> CommitQueue::take_group() {
  std::unique_lock lock(mutex_);
  pending_.wait(lock, [&] { return closing_ || !queue_.empty(); });
  std::vector<Write> group;
  while (!queue_.empty() && group.size() < limits_.group) {
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void CommitQueue::loop() {
  writing_for = this;
  while (true) {
    auto group = take_group();
    if (group.empty()) return;  // closing, and nothing is left
    run_group(group);
    for (Write& w : group) w.done(std::move(w.result));
  }
}

void CommitQueue::run_group(std::vector<Write>& group) {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Write> late;
  std::erase_if(group, [&](Write& w) {
    if (w.deadline > now) return false;
    late.push_back(std::move(w));
    return true;
  });
  rejected_ += static_cast<std::int64_t>(late.size());
  for (Write& w : late) {
    w.done(fail(ErrorCode::kDeadlineExceeded, "the write waited too long and was not made; try again later"));
  }
  if (group.empty()) return;
  for (int i = 1; attempt(group, i == kAttempts) == Outcome::kRunAgain; ++i) {
    log::warn("storage", "write transaction run again attempt={}", i + 1);
  }
}

Status CommitQueue::begin() {
  // Nothing has been run yet: a link found lost is made anew without anybody noticing.
  if (connection_->alive()) {
    auto begun = connection_->begin_write();
    if (begun || connection_->alive()) return begun;
  }
  ZK_TRY(connection_, reconnect_());
  log::info("storage", "writer connected again");
  return connection_->begin_write();
}

CommitQueue::Outcome CommitQueue::attempt(std::vector<Write>& group, bool last_attempt) {
  appended_.clear();
  for (Write& w : group) w.result = Status{};
  Status whole = begin();
  for (Write& w : group) {
    if (!whole) break;
    w.result = run_one(w);
    // The engine gave up the whole transaction (disk full, link lost, deadlock), not only this write.
    if (!w.result && (!connection_->in_transaction() || connection_->should_retry())) whole = w.result;
  }
  if (whole) {
    const auto start = std::chrono::steady_clock::now();
    whole = connection_->commit(!appended_.empty());
    commit_nanoseconds_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
  }
  if (!whole) {
    const bool again = connection_->should_retry() && !last_attempt;
    connection_->rollback();
    if (again) return Outcome::kRunAgain;
    log::error("storage", "group of {} writes not committed: {} ({})", group.size(), whole.error().message,
               whole.error().detail);
    for (Write& w : group) {
      if (w.result) w.result = whole;
    }
    return Outcome::kFinished;
  }
  ++commits_;
  for (const Write& w : group) writes_ += w.result ? 1 : 0;
  if (!appended_.empty()) publish_(appended_);
  return Outcome::kFinished;
}

Status CommitQueue::run_one(Write& write) {
  ZK_TRY_STATUS(connection_->control("SAVEPOINT w"));
  const std::size_t events_before = appended_.size();
  Transaction tx(*connection_, &appended_);
  Status result;
  try {
    result = write.f(tx);
  } catch (const std::exception& e) {
    result = fail(ErrorCode::kInternal, "the write failed", {}, e.what());
  }
  if (tx.failure() && result) result = tl::unexpected(*tx.failure());
  if (result) return connection_->control("RELEASE w");
  appended_.resize(events_before);
  if (connection_->in_transaction() && !connection_->should_retry()) {
    ZK_TRY_STATUS(connection_->control("ROLLBACK TO w"));
    ZK_TRY_STATUS(connection_->control("RELEASE w"));
  }
  return result;
}

}  // namespace zk::storage
