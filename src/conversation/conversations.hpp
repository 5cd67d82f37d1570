// What people and the bot can do with a conversation. Each call is one transaction: when it returns, the
// change and its ledger events are on disk, and whoever must act next (the bot's turn, the queue) has been
// told.
//
//   Conversations conversations(db, clock, intake, inboxes);
//   conversations.connect({.turn_due = …, .queue_changed = …, .position = …});   // once, before the first
//   call ZK_TRY(auto posted, conversations.post_visitor({contact, inbox, "c-1", text_blocks("退款多久到账?"),
//   {}, "zh-CN"}, deadline));
//
// Errors: kNotFound (no such conversation, or not the caller's), kConflict (its state does not allow it),
// kInvalidArgument, kUnavailable (the write queue is full). Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "conversation/inboxes.hpp"
#include "conversation/intake.hpp"
#include "conversation/responder.hpp"
#include "conversation/writer.hpp"

namespace zk::conversation {

struct VisitorPost {
  ContactId contact_id;
  InboxId inbox_id;
  std::string client_id;  // 1–100 bytes; a retry with the same one stores nothing and returns what is stored
  Blocks blocks;          // may be empty when a choice was taken: its label is then what he said
  std::string pick;       // id of the choice taken, or ""
  std::string locale;     // BCP 47
};
struct AgentPost {
  ConversationId conversation_id;
  Actor by;
  std::string client_id;
  MessageKind kind = MessageKind::kText;  // kText or kNote
  Blocks blocks;
};
struct Posted {
  StoredMessage message;
  ConversationRecord conversation;
  bool stored = true;  // false: it was there already
};
// What a PATCH may change; absent: as it is. An id of 0 takes the agent or team away.
struct Change {
  std::optional<ConversationStatus> status;
  std::optional<AgentId> assignee;
  std::optional<TeamId> team;
  std::optional<int> priority;
  std::optional<std::vector<LabelId>> labels;
  std::optional<Timestamp> snoozed_until;
};
class Conversations {
 public:
  struct Connections {
    // False: no room; the conversation then goes to a human. The turn is given when it is known already.
    std::function<bool(ConversationId, std::optional<BotTurn>)> turn_due;
    std::function<void()> queue_changed;     // someone waits, stopped waiting, or an agent has room
    std::function<bool(AgentId)> available;  // whether that agent is there to answer
    QueuePosition position;
    // Before a text of an agent is stored; an error keeps it from being sent. Empty: everything passes.
    std::function<Status(const AgentPost&, Deadline)> screen = {};
  };
  Conversations(storage::Db& db, const Clock& clock, Intake intake, Inboxes& inboxes);
  void connect(Connections connections) { to_ = std::move(connections); }

  Result<Posted> post_visitor(const VisitorPost& post, Deadline deadline);
  // A text of an agent takes a conversation that no human has over.
  Result<Posted> post_agent(const AgentPost& post, Deadline deadline);
  Result<ConversationRecord> change(ConversationId id, const Change& change, const Actor& by,
                                    Deadline deadline);
  // The visitor wants a person; opens a conversation when he has none.
  Result<ConversationRecord> ask_for_human(ContactId contact, InboxId inbox, const std::string& locale,
                                           Deadline deadline);

  // Read marks only move forward; what is older changes nothing.
  Status read_by_agent(ConversationId id, MessageId upto, const Actor& by, Deadline deadline);
  Status read_by_visitor(ContactId contact, InboxId inbox, MessageId upto, Deadline deadline);
  // Of the contact's newest conversation, resolved or not. rating 1–5, comment ≤ 2,000 bytes.
  Result<ConversationRecord> rate(ContactId contact, InboxId inbox, int rating, const std::string& comment,
                                  Deadline deadline);
  // value +1, −1, or 0 to take it back; of a bot's message in a conversation of that contact.
  Result<StoredMessage> feedback(ContactId contact, MessageId message, int value, Deadline deadline);

  // The oldest visitor message the bot owes an answer, if it still does.
  Result<std::optional<BotTurn>> due_turn(ConversationId id, Deadline deadline);
  // Commits the reply with its trace and state. Nothing is said when a human took over meanwhile (false).
  Result<bool> finish_turn(const BotTurn& turn, const BotReply& reply, Deadline deadline);
  // The same without waiting; `done` as in storage::Db::write_later.
  struct TurnEnd {
    bool said = false;  // else a human took over meanwhile, or the turn was of an older state
    bool due = false;   // another message waits for the bot
    bool handed_over = false;
  };
  void finish_turn_later(BotTurn turn, BotReply reply, Deadline deadline,
                         std::function<void(Result<TurnEnd>)> done);
  // The bot cannot answer: a person must.
  enum class Failure { kOverload, kError };
  Status abandon_turn(ConversationId id, Failure why, Deadline deadline);
  // Conversations whose visitor waits for the bot: what a start-up must run.
  Result<std::vector<ConversationId>> turns_due(Deadline deadline);

  // Gives a conversation that waits to an agent, unless it waits no longer or the agent is full (false).
  // Nobody is told through queue_changed: the caller is who acts on it.
  Result<bool> give_waiting(ConversationId id, AgentId agent, Deadline deadline);
  // Back to the queue from an agent who is gone; false when he no longer has it.
  Result<bool> take_back(ConversationId id, AgentId agent, Deadline deadline);

  // Opens those whose snooze has ended; the time of the next one, if any.
  Result<std::optional<Timestamp>> wake(Deadline deadline);

  const Intake& intake() const { return intake_; }
  std::optional<int> position(ConversationId id) const {
    return to_.position ? to_.position(id) : std::nullopt;
  }

 private:
  template <class T>
  Result<T> write(Deadline deadline, const std::function<Result<T>(Writer&)>& f) {
    return db_.write(deadline, [&](storage::Tx& tx) -> Result<T> {
      Writer w(tx, clock_.now(), to_.position);
      return f(w);
    });
  }
  void queue_changed() const {
    if (to_.queue_changed) to_.queue_changed();
  }
  Result<TurnEnd> end_turn(Writer& w, const BotTurn& turn, const BotReply& reply);
  void after_visitor_message(const ConversationRecord& c, bool opened, std::optional<BotTurn> turn,
                             Deadline deadline);

  storage::Db& db_;
  const Clock& clock_;
  const Intake intake_;
  Inboxes& inboxes_;
  Connections to_;
};

}  // namespace zk::conversation
