// The people's side of the queue: brings waiting conversations to agents the moment that is possible, takes
// them back from agents who are gone, wakes snoozed ones, and knows everyone's place in the queue. Runs when
// something happened (a hand-over, an agent coming, a conversation resolved) or when a time is reached; it
// never polls.
//
//   Desk desk(db, clock, conversations, presence, hub);
//   conversations.connect({…, .queue_changed = [&] { desk.poke(); }, .available = …, .position = …});
//   desk.start();
//
// Decisions are assignment.hpp's; a conversation's change is Conversations'. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "conversation/assignment.hpp"
#include "conversation/conversations.hpp"
#include "conversation/hub.hpp"
#include "conversation/presence.hpp"

namespace zk::conversation {

class Desk {
 public:
  struct Stats {  // monotonic, but waiting
    std::int64_t rounds = 0, given = 0, returned = 0, waiting = 0;
  };
  Desk(storage::Db& db, const Clock& clock, Conversations& conversations, Presence& presence, Hub& hub);
  ~Desk();  // stop()
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  void start();
  void stop();
  void poke();  // something may be possible now
  // One round, on the calling thread; what start() runs. Tests call it with their own clock.
  Status round(Deadline deadline);

  // A screen of the agent came or went.
  void connected(AgentId agent);
  void disconnected(AgentId agent);
  std::optional<int> position(ConversationId id) const;
  Stats stats() const;

 private:
  struct Roster {
    std::vector<AvailableAgent> available;
    std::vector<AgentId> gone;  // who still hold conversations
  };
  using Places = std::unordered_map<ConversationId, QueueMove>;
  void loop();
  Result<Roster> roster(Deadline deadline);
  Result<std::vector<WaitingConversation>> waiting(Deadline deadline) const;
  Status take_back(const std::vector<AgentId>& gone, Deadline deadline);
  void publish(const std::vector<WaitingConversation>& waiting, const std::vector<Assignment>& given);

  storage::Db& db_;
  const Clock& clock_;
  Conversations& conversations_;
  Presence& presence_;
  Hub& hub_;
  std::mutex round_mutex_;                             // one round at a time
  std::unordered_map<AgentId, Timestamp> last_given_;  // under round_mutex_
  std::optional<Timestamp> next_wake_;                 // under round_mutex_
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const Places> places_;   // under mutex_
  bool poked_ = false, stopping_ = false;  // under mutex_
  std::atomic<std::int64_t> rounds_{0}, given_{0}, returned_{0}, waiting_{0};
  std::shared_ptr<void> listening_;
  std::thread thread_;
};

}  // namespace zk::conversation
