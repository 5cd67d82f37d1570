// Conversations, their messages, the people in them. Plain structs; the database is the truth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "domain/block.hpp"
#include "domain/ids.hpp"

namespace zk {

enum class ConversationStatus { kOpen, kSnoozed, kResolved };
// Who answers next. kBot: Zhike; kWaiting: wants a human, none assigned yet; kHuman: an agent has it.
enum class Handler { kBot, kWaiting, kHuman };
enum class SenderKind { kVisitor, kBot, kAgent, kSystem };
enum class MessageKind { kText, kNote, kActivity };  // kNote: agents only; kActivity: "Li Na joined"

struct Contact {
  ContactId id;
  std::string external_id;   // the company's own id, only when identity was verified by HMAC; else ""
  std::string name, email, phone;  // masked forms
  std::string locale;
  std::string attributes;    // JSON object: what the site passed (tier, page, order…)
  std::string personal;      // marks of the masked forms (vault/marks.hpp), "" for none
  bool verified = false;
  Timestamp created_at{}, last_seen_at{};
  Timestamp erased_at{};     // when his personal data was destroyed; never: it was not
};

struct Conversation {
  ConversationId id;
  InboxId inbox_id;
  ContactId contact_id;
  ConversationStatus status = ConversationStatus::kOpen;
  Handler handler = Handler::kBot;
  AgentId assignee_id;       // none unless kHuman
  TeamId team_id;
  int priority = 0;          // 0 normal … 3 urgent (danger, fraud in progress)
  std::string locale;
  std::string preview;       // of the last message that is no note and no activity, ≤ 160 characters
  MessageId last_message_id;
  Timestamp last_message_at{}, created_at{}, waiting_since{}, first_reply_at{}, handed_over_at{}, resolved_at{}, snoozed_until{};
  MessageId visitor_read_id, agent_read_id;  // read marks
  int rating = 0;            // 1–5, 0: none
  std::string rating_comment;
  std::string bot_state;     // JSON of the dialogue (pending options, rounds, slots)
};

struct Message {
  MessageId id;
  ConversationId conversation_id;
  SenderKind sender = SenderKind::kVisitor;
  std::int64_t sender_id = 0;    // contact or agent id; 0 for bot and system
  MessageKind kind = MessageKind::kText;
  Blocks blocks;
  std::string client_id;         // given by the sender; unique in its conversation: a retry is stored once
  std::string pick;              // id of the choice the visitor took, or ""
  std::string article_id;        // external id of the article a bot message answers from, or ""
  std::string decision;          // bot messages: answer | clarify | none | handover | smalltalk
  double probability = 0;        // bot messages
  int feedback = 0;              // +1 👍, −1 👎
  Timestamp created_at{};
};

std::string_view to_string(ConversationStatus v);  // open | snoozed | resolved
std::string_view to_string(Handler v);             // bot | waiting | human
std::string_view to_string(SenderKind v);          // visitor | bot | agent | system
std::string_view to_string(MessageKind v);         // text | note | activity
std::optional<ConversationStatus> conversation_status(std::string_view text);
std::optional<Handler> handler(std::string_view text);
std::optional<SenderKind> sender_kind(std::string_view text);
std::optional<MessageKind> message_kind(std::string_view text);

}  // namespace zk
