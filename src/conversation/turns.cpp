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

bool Turns::submit(ConversationId id) {
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
  ready_.push_back(id);
  changed_.notify_one();
  return true;
}

Result<std::size_t> Turns::resume() {
  ZK_TRY(auto due, conversations_.turns_due(after(std::chrono::seconds(30))));
  const std::lock_guard lock(mutex_);
  for (const auto id : due)
    if (known_.emplace(id, false).second) ready_.push_back(id);
  changed_.notify_all();
  return due.size();
}

void Turns::wait_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return known_.empty() || stopping_; });
}

void Turns::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (auto& t : threads_)
    if (t.joinable()) t.join();
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
    const auto id = ready_.front();
    ready_.pop_front();
    lock.unlock();
    const auto outcome = run_due(id);
    lock.lock();
    if (outcome == Outcome::kTryLater) changed_.wait_for(lock, kPause, [this] { return stopping_; });
    const auto it = known_.find(id);
    if (it->second || outcome == Outcome::kTryLater) {
      it->second = false;
      ready_.push_back(id);
    } else {
      known_.erase(it);
    }
    changed_.notify_all();
  }
}

Turns::Outcome Turns::run_due(ConversationId id) {
  while (true) {
    const auto turn = conversations_.due_turn(id, after(options_.time_limit));
    if (!turn) {
      log::warn("conversation", "turn not read conversation={} code={}", id.value,
                to_string(turn.error().code));
      return turn.error().code == ErrorCode::kNotFound ? Outcome::kSettled : Outcome::kTryLater;
    }
    if (!*turn) return Outcome::kSettled;
    if (run_turn(**turn) == Outcome::kTryLater) return Outcome::kTryLater;
    const std::lock_guard lock(mutex_);
    if (stopping_) return Outcome::kSettled;
  }
}

// A person takes over; the customer is told.
Turns::Outcome Turns::give_up(const BotTurn& turn) {
  const auto s = conversations_.abandon_turn(turn.conversation_id, Conversations::Failure::kError,
                                             after(options_.time_limit));
  return s ? Outcome::kSettled : Outcome::kTryLater;
}

Turns::Outcome Turns::run_turn(const BotTurn& turn) {
  const auto deadline = after(options_.time_limit);
  Result<BotReply> reply = fail(ErrorCode::kInternal, "the responder threw");
  try {
    reply = responder_.reply(turn, deadline);
  } catch (const std::exception& e) {
    reply = fail(ErrorCode::kInternal, "the responder threw", {}, e.what());
  }
  if (!reply) {
    ++failed_;
    log::warn("conversation", "turn failed conversation={} message={} code={} detail={}",
              turn.conversation_id.value, turn.message_id.value, to_string(reply.error().code),
              reply.error().detail);
    return give_up(turn);
  }
  const auto said = conversations_.finish_turn(turn, *reply, after(options_.time_limit));
  if (!said) {
    ++failed_;
    log::warn("conversation", "reply not stored conversation={} code={} detail={}",
              turn.conversation_id.value, to_string(said.error().code), said.error().detail);
    return lasting(said.error().code) ? give_up(turn) : Outcome::kTryLater;
  }
  ++(*said ? done_ : silent_);
  return Outcome::kSettled;
}

}  // namespace zk::conversation
