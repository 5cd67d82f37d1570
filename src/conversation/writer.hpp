// Reads and changes conversations inside one write transaction: every change goes through here, so that a
// row, its messages, its counters and its ledger events can never part. Load a record, change it, save it;
// events carry the conversation as it is after the change, built from what is in memory (nothing is read
// again).
//
// Not thread-safe: lives as long as the function handed to Db::write.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/record.hpp"
#include "conversation/responder.hpp"
#include "storage/storage.hpp"
#include "vault/vault.hpp"

namespace zk::conversation {

// Where a waiting conversation stands in its queue, if known; called under no lock, from the writer thread.
using QueuePosition = std::function<std::optional<int>(ConversationId)>;

// Who does it. `ref` goes to the ledger: "agent:7", "visitor:12", "key:3", "bot", "system".
struct Actor {
  std::string ref;
  AgentId agent;  // none unless an agent
  std::string name;
};
Actor agent_actor(AgentId id, std::string name);
Actor visitor_actor(ContactId id);
Actor bot_actor();
Actor system_actor();

struct NewMessage {
  SenderKind sender = SenderKind::kVisitor;
  std::int64_t sender_id = 0;
  std::string sender_name;
  MessageKind kind = MessageKind::kText;
  Blocks blocks;
  std::string client_id, pick, article_id, article_question, decision;
  double probability = 0;
};

class Writer {
 public:
  Writer(storage::Tx& tx, Timestamp now, const QueuePosition& position)
      : tx_(tx), now_(now), position_(position) {}

  // kNotFound when there is none.
  Result<ConversationRecord> load(ConversationId id);
  // The actor with his name, read when he is an agent and it is not given.
  Result<Actor> named(Actor by);
  // The contact's newest conversation of the inbox that is not resolved, if any.
  Result<std::optional<ConversationRecord>> find_open(ContactId contact, InboxId inbox);
  // Inserts the row; the caller must add its first message in the same transaction.
  Result<ConversationRecord> open(ContactId contact, InboxId inbox, TeamId team, std::string locale,
                                  Handler handler);
  // The message this sender stored under client_id before, if any.
  Result<std::optional<StoredMessage>> find_sent(SenderKind sender, std::int64_t sender_id,
                                                 std::string_view client_id);

  // Inserts the message and brings the record's counters in line with it; writes neither row nor event of the
  // conversation. Nothing when a message of that sender and client_id exists already.
  Result<std::optional<StoredMessage>> insert(ConversationRecord& c, const NewMessage& m);
  // Seals what was masked in the message and notes where it stands; before the message is announced.
  Status keep_originals(const ConversationRecord& c, StoredMessage& m,
                        const std::vector<vault::Original>& originals, const vault::Vault* vault);
  // What a message changes: preview, counters, read marks, dialogue state. No column of a filter index but
  // the activity time.
  Status save_message_state(const ConversationRecord& c);
  // Everything.
  Status save(const ConversationRecord& c);

  Status announce_message(const ConversationRecord& c, const StoredMessage& m, const Actor& by,
                          std::string_view kind = "message.created");
  Status announce(const ConversationRecord& c, const Actor& by,
                  std::string_view kind = "conversation.updated");
  Status announce_read(const ConversationRecord& c, const Actor& by, std::string_view reader, MessageId upto);

  // An activity line ("Li Na joined") with its event; the record must be saved afterwards.
  Status note_activity(ConversationRecord& c, std::string_view zh, std::string_view en, const Actor& by);

  // Moves between handlers. All keep: assignee is set exactly when a human has it, waiting_since exactly when
  // it waits.
  void hand_over(ConversationRecord& c, int priority) const;  // to the queue
  void give_to(ConversationRecord& c, AgentId agent) const;   // to a person
  void resolve(ConversationRecord& c) const;
  // Team (of a hand-over), label and priority that go with the bot's reply; what is not there any more is
  // left out. False: nothing has changed.
  Result<bool> sort_in(ConversationRecord& c, const BotReply& reply);

  storage::Tx& tx() { return tx_; }
  Timestamp now() const { return now_; }

 private:
  std::string conversation_json(const ConversationRecord& c) const;
  Status append(const ConversationRecord& c, const Actor& by, std::string_view kind, bool agents_only,
                std::string payload);

  storage::Tx& tx_;
  Timestamp now_;
  const QueuePosition& position_;
};

}  // namespace zk::conversation
