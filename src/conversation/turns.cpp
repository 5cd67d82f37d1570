#include "conversation/turns.hpp"

#include <exception>

#include "base/check.hpp"
#include "base/log.hpp"

namespace zk::conversation {
namespace {
// Between two tries when the database takes no writes: long enough not to add to its load.
constexpr std::chrono::milliseconds kPause{200};

// The same reply would be refused again, however often it is tried.
bool lasting(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kMalformed || code == ErrorCode::kTooLarge;
}
}  // namespace

Turns::Turns(Conversations& conversations, Responder& responder, Options options)
    : conversations_(conversations), responder_(responder), options_(options) {
  ZK_CHECK(options_.workers >= 1 && options_.workers <= 64);
  for (int i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
}

Turns::~Turns() { stop(); }

bool Turns::submit(ConversationId id, std::optional<BotTurn> turn) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = known_.find(id); it != known_.end()) {
      it->second = true;
      return true;
    }
    if (stopping_) return true;  // stays due in the database; the next start runs it
    if (ready_.size() >= options_.backlog) {
      ++refused_;
      return false;
    }
    known_.emplace(id, false);
    ready_.push_back({id, std::move(turn), {}});
  }
  changed_.notify_one();
  return true;
}

Result<std::size_t> Turns::resume() {
  ZK_TRY(auto due, conversations_.turns_due(after(std::chrono::seconds(30))));
  const std::lock_guard lock(mutex_);
  for (const auto id : due)
    if (known_.emplace(id, false).second) ready_.push_back({id, {}, {}});
  changed_.notify_all();
  return due.size();
}

void Turns::wait_idle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return known_.empty() || stopping_; });
}

void Turns::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  idle_.notify_all();
  lock.unlock();
  for (auto& t : threads_)
    if (t.joinable()) t.join();
  lock.lock();
  idle_.wait(lock, [this] { return storing_ == 0; });
}

Turns::Stats Turns::stats() const {
  const std::lock_guard lock(mutex_);
  const auto waiting = static_cast<std::int64_t>(ready_.size());
  return {done_, silent_, failed_, refused_, waiting, static_cast<std::int64_t>(known_.size()) - waiting};
}

void Turns::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (stopping_) return;
    auto job = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    const auto outcome = job.not_stored ? not_stored(job.id, *job.not_stored) : run(job);
    lock.lock();
    if (outcome == Outcome::kStoring) continue;  // stored() goes on with it
    if (outcome == Outcome::kTryLater) changed_.wait_for(lock, kPause, [this] { return stopping_; });
    settle(job.id, outcome == Outcome::kTryLater);
  }
}

// Under mutex_. What came meanwhile, or is still owed, gets its turn behind those that wait.
void Turns::settle(ConversationId id, bool again) {
  const auto it = known_.find(id);
  if (it->second || again) {
    it->second = false;
    ready_.push_back({id, {}, {}});
    changed_.notify_one();
  } else {
    known_.erase(it);
  }
  if (known_.empty() || stopping_) idle_.notify_all();
}

Turns::Outcome Turns::run(Job& job) {
  if (!job.turn) {
    auto turn = conversations_.due_turn(job.id, after(options_.time_limit));
    if (!turn) {
      log::warn("conversation", "turn not read conversation={} code={}", job.id.value,
                to_string(turn.error().code));
      return turn.error().code == ErrorCode::kNotFound ? Outcome::kSettled : Outcome::kTryLater;
    }
    if (!*turn) return Outcome::kSettled;
    job.turn = std::move(*turn);
  }
  return run_turn(*std::move(job.turn));
}

// A person takes over; the customer is told.
Turns::Outcome Turns::give_up(ConversationId id) {
  const auto s = conversations_.abandon_turn(id, Conversations::Failure::kError, after(options_.time_limit));
  return s ? Outcome::kSettled : Outcome::kTryLater;
}

// The thread goes on with the next turn while the reply is being committed: replies of several turns then
// reach the disk together.
Turns::Outcome Turns::run_turn(BotTurn turn) {
  const auto deadline = after(options_.time_limit);
  Result<BotReply> reply = fail(ErrorCode::kInternal, "the responder threw");
  try {
    reply = responder_.reply(turn, deadline);
  } catch (const std::exception& e) {
    reply = fail(ErrorCode::kInternal, "the responder threw", {}, e.what());
  }
  const auto id = turn.conversation_id;
  if (!reply) {
    ++failed_;
    log::warn("conversation", "turn failed conversation={} message={} code={} detail={}", id.value,
              turn.message_id.value, to_string(reply.error().code), reply.error().detail);
    return give_up(id);
  }
  {
    const std::lock_guard lock(mutex_);
    ++storing_;
  }
  conversations_.finish_turn_later(
      std::move(turn), *std::move(reply), after(options_.time_limit),
      [this, id](const Result<Conversations::TurnEnd>& end) { stored(id, end); });
  return Outcome::kStoring;
}

// On the database's writer thread: only notes what a pool thread may have to do about it.
void Turns::stored(ConversationId id, const Result<Conversations::TurnEnd>& end) {
  const std::lock_guard lock(mutex_);
  --storing_;
  if (end) {
    ++(end->said ? done_ : silent_);
    settle(id, end->due);
  } else {
    ready_.push_back({id, {}, end.error()});
    changed_.notify_one();
    if (stopping_) idle_.notify_all();
  }
}

Turns::Outcome Turns::not_stored(ConversationId id, const Error& why) {
  ++failed_;
  log::warn("conversation", "reply not stored conversation={} code={} detail={}", id.value,
            to_string(why.code), why.detail);
  return lasting(why.code) ? give_up(id) : Outcome::kTryLater;
}

}  // namespace zk::conversation
