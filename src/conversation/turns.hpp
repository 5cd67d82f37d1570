// Runs the bot's turns on a bounded pool: in order within a conversation, side by side across conversations.
// A turn is due as soon as its visitor message is committed; what is due stands in the database, so a stopped
// or killed process forgets nothing: resume() at start-up runs what is owed.
//
//   Turns turns(conversations, responder, {.workers = 2});
//   turns.resume();                       // once, at start-up
//   turns.submit(conversation);           // after each visitor message the bot must answer
//
// Thread-safe. The responder is called on the pool's threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
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
  ~Turns();  // finishes the turns that run; those that wait stay due in the database
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // False: the backlog is full.
  bool submit(ConversationId id);
  // Takes up every turn that is due, whatever the backlog; their number.
  Result<std::size_t> resume();
  // Returns once nothing waits and nothing runs.
  void wait_idle();
  void stop();
  Stats stats() const;

 private:
  enum class Outcome { kSettled, kTryLater };
  void work();
  Outcome run_due(ConversationId id);
  Outcome run_turn(const BotTurn& turn);
  Outcome give_up(const BotTurn& turn);

  Conversations& conversations_;
  Responder& responder_;
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ConversationId> ready_;                // under mutex_
  std::unordered_map<ConversationId, bool> known_;  // under mutex_: waits or runs; true: look again when done
  bool stopping_ = false;                           // under mutex_
  std::atomic<std::int64_t> done_{0}, silent_{0}, failed_{0}, refused_{0};
  std::vector<std::thread> threads_;
};

}  // namespace zk::conversation
