// What the tables hold of a conversation and a message, and how both are written as JSON for the console and
// for a visitor (docs/protocol.md, "Objects"). Content stays serialised here: nearly every reader passes it
// on unchanged. Plain values; safe to copy between threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conversation/json_writer.hpp"
#include "domain/conversation.hpp"
#include "storage/storage.hpp"

namespace zk::conversation {

struct ConversationRecord : Conversation {
  std::string contact_name;
  bool contact_verified = false;
  std::string labels = "[]";                      // JSON array of label ids, ascending
  int unread = 0;                                 // visitor messages after agent_read_id
  int bot_attempts = 0;                           // answers and questions of the bot so far
  SenderKind last_sender = SenderKind::kVisitor;  // of the last text message
  MessageId last_visitor_id;                      // the last message of the visitor
  MessageId
      turn_done_id;  // the last visitor message the bot has dealt with; below last_visitor_id: a turn is due

  bool turn_due() const {
    return status == ConversationStatus::kOpen && handler == Handler::kBot && last_visitor_id > turn_done_id;
  }
};

struct StoredMessage {
  MessageId id;
  ConversationId conversation_id;
  SenderKind sender = SenderKind::kVisitor;
  std::int64_t sender_id = 0;
  std::string sender_name;
  MessageKind kind = MessageKind::kText;
  std::string blocks;    // JSON array
  std::string personal;  // marks of personal data in blocks (vault/marks.hpp), "" for none; agents only
  std::string client_id, pick, article_id, article_question, decision;
  double probability = 0;
  int feedback = 0;
  Timestamp created_at{};
};

enum class Audience { kAgents, kVisitor };

// queue_position: 1 is next; nothing when it does not wait.
void write(JsonWriter& out, const ConversationRecord& c, Audience audience,
           std::optional<int> queue_position);
void write(JsonWriter& out, const StoredMessage& m, Audience audience);

// The first 160 characters of what a reader sees of the blocks, on one line.
std::string preview_of(const Blocks& blocks);

// The column lists of a SELECT over `conversation c JOIN contact p` and `message m LEFT JOIN agent a`, in the
// order that the two functions below read. `offset`: where the list begins in the row.
#define ZK_CONVERSATION_COLUMNS                                                                           \
  "c.id, c.inbox_id, c.contact_id, c.status, c.handler, c.assignee_id, c.team_id, c.priority, c.locale, " \
  "c.preview, "                                                                                           \
  "c.last_message_id, c.last_message_at, c.created_at, c.waiting_since, c.first_reply_at, "               \
  "c.handed_over_at, "                                                                                    \
  "c.resolved_at, c.snoozed_until, c.visitor_read_id, c.agent_read_id, c.rating, c.rating_comment, "      \
  "c.labels, "                                                                                            \
  "c.unread_count, c.bot_attempts, c.last_sender, c.last_visitor_id, c.turn_done_id, p.name, p.verified"
#define ZK_CONVERSATION_FROM " FROM conversation c JOIN contact p ON p.id = c.contact_id "
#define ZK_MESSAGE_COLUMNS                                                                                   \
  "m.id, m.conversation_id, m.sender, m.sender_id, CASE m.sender WHEN 'agent' THEN a.name ELSE '' END, "     \
  "m.kind, "                                                                                                 \
  "m.blocks, m.client_id, m.pick, m.article_id, m.article_question, m.decision, m.probability, m.feedback, " \
  "m.created_at, m.personal"
#define ZK_MESSAGE_FROM " FROM message m LEFT JOIN agent a ON m.sender = 'agent' AND a.id = m.sender_id "
inline constexpr int kConversationColumns = 30;
inline constexpr int kMessageColumns = 16;

ConversationRecord read_conversation(const storage::Row& row, int offset = 0);
StoredMessage read_message(const storage::Row& row, int offset = 0);

}  // namespace zk::conversation
