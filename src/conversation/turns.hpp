// Runs the bot's turns on a bounded pool: in order within a conversation, side by side across conversations.
// A turn is due as soon as its visitor message is committed; what is due stands in the database, so a stopped
// or killed process forgets nothing: resume() at start-up runs what is owed.
//
//   Turns turns(conversations, responder, {.workers = 2});
//   turns.resume();                       // once, at start-up
//   turns.submit(conversation, turn);     // after each visitor message the bot must answer
//
// Thread-safe. The responder is called on the pool's threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "conversation/conversations.hpp"
#include "conversation/responder.hpp"

namespace zk::conversation {

class Turns {
 public:
  struct Options {
    int workers = 2;                             // 1–64
    std::size_t backlog = 2000;                  // conversations that may wait for a worker
    std::chrono::milliseconds time_limit{5000};  // of one turn, storing included
  };
  struct Stats {  // monotonic, but waiting and running
    std::int64_t done = 0, silent = 0, failed = 0, refused = 0, waiting = 0, running = 0;
  };
  Turns(Conversations& conversations, Responder& responder, Options options);
  ~Turns();  // as stop()
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // False: the backlog is full. `turn`, where it is known, need not be read again.
  bool submit(ConversationId id, std::optional<BotTurn> turn = {});
  // Takes up every turn that is due, whatever the backlog; their number.
  Result<std::size_t> resume();
  // Returns once nothing waits and nothing runs.
  void wait_idle();
  // Finishes the turns that run; those that wait stay due in the database. The database is still open.
  void stop();
  Stats stats() const;

 private:
  enum class Outcome { kSettled, kStoring, kTryLater };
  struct Job {
    ConversationId id;
    std::optional<BotTurn> turn;      // else the one that is due
    std::optional<Error> not_stored;  // why the reply to it was not: to be dealt with, not run
  };
  void work();
  Outcome run(Job& job);
  Outcome run_turn(BotTurn turn);
  void stored(ConversationId id, const Result<Conversations::TurnEnd>& end);
  Outcome not_stored(ConversationId id, const Error& why);
  Outcome give_up(ConversationId id);
  void settle(ConversationId id, bool again);

  Conversations& conversations_;
  Responder& responder_;
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // something is ready, or stopping
  std::condition_variable idle_;     // nothing is known, or, when stopping, nothing is being stored
  std::deque<Job> ready_;            // under mutex_
  std::unordered_map<ConversationId, bool> known_;  // under mutex_: waits or runs; true: look again when done
  std::size_t storing_ = 0;                         // under mutex_: replies on their way to the disk
  bool stopping_ = false;                           // under mutex_
  std::atomic<std::int64_t> done_{0}, silent_{0}, failed_{0}, refused_{0};
  std::vector<std::thread> threads_;
};

}  // namespace zk::conversation
