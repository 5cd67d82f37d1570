#include "conversation/record.hpp"

#include "base/check.hpp"

namespace zk::conversation {
namespace {

// A value outside the closed list can only come from a damaged row; the column's CHECK constraint keeps it
// out.
template <class E>
E known(std::optional<E> value) {
  ZK_CHECK(value.has_value());
  return *value;
}

constexpr std::size_t kPreviewCharacters = 160;

}  // namespace

void write(JsonWriter& w, const ConversationRecord& c, Audience audience, std::optional<int> queue_position) {
  const bool agents = audience == Audience::kAgents;
  w.begin().key("id").value(c.id.value).key("inbox_id").value(c.inbox_id.value);
  w.key("contact").begin().key("id").value(c.contact_id.value).key("name").value(c.contact_name);
  w.key("verified").value(c.contact_verified).end();
  w.key("status").value(to_string(c.status)).key("handler").value(to_string(c.handler));
  if (agents) {
    w.key("assignee_id")
        .or_null(c.assignee_id)
        .key("team_id")
        .or_null(c.team_id)
        .key("priority")
        .value(c.priority);
    w.key("labels")
        .raw(c.labels)
        .key("unread_count")
        .value(c.unread)
        .key("bot_attempts")
        .value(c.bot_attempts);
    w.key("last_sender").value(to_string(c.last_sender)).key("snoozed_until").or_null(c.snoozed_until);
  }
  w.key("locale").value(c.locale).key("preview").value(c.preview);
  w.key("last_message_id").or_null(c.last_message_id).key("last_message_at").or_null(c.last_message_at);
  w.key("created_at").or_null(c.created_at).key("waiting_since").or_null(c.waiting_since);
  w.key("first_reply_at").or_null(c.first_reply_at).key("handed_over_at").or_null(c.handed_over_at);
  w.key("resolved_at").or_null(c.resolved_at);
  w.key("visitor_read_id").or_null(c.visitor_read_id).key("agent_read_id").or_null(c.agent_read_id);
  w.key("rating").or_null(c.rating).key("rating_comment").or_null(c.rating_comment);
  w.key("queue_position");
  if (queue_position && c.handler == Handler::kWaiting)
    w.value(*queue_position);
  else
    w.null();
  w.end();
}

void write(JsonWriter& w, const StoredMessage& m, Audience audience) {
  w.begin().key("id").value(m.id.value).key("conversation_id").value(m.conversation_id.value);
  w.key("sender").value(to_string(m.sender));
  if (audience == Audience::kAgents) w.key("sender_id").or_null(m.sender_id);
  w.key("sender_name")
      .or_null(m.sender_name)
      .key("kind")
      .value(to_string(m.kind))
      .key("blocks")
      .raw(m.blocks);
  if (audience == Audience::kAgents) w.key("personal").raw(m.personal.empty() ? "[]" : m.personal);
  w.key("client_id").or_null(m.client_id).key("pick").or_null(m.pick);
  w.key("article_id").or_null(m.article_id).key("article_question").or_null(m.article_question);
  w.key("decision").or_null(m.decision).key("probability");
  if (m.sender == SenderKind::kBot)
    w.value(m.probability);
  else
    w.null();
  w.key("feedback").value(m.feedback).key("created_at").or_null(m.created_at).end();
}

std::string preview_of(const Blocks& blocks) {
  std::string text = plain_text(blocks);
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts_character && ++characters > kPreviewCharacters) {
      text.resize(i);
      break;
    }
    if (text[i] == '\n') text[i] = ' ';
  }
  return text;
}

ConversationRecord read_conversation(const storage::Row& r, int o) {
  ConversationRecord c;
  c.id = r.id<ConversationId>(o);
  c.inbox_id = r.id<InboxId>(o + 1);
  c.contact_id = r.id<ContactId>(o + 2);
  c.status = known(conversation_status(r.text(o + 3)));
  c.handler = known(handler(r.text(o + 4)));
  c.assignee_id = r.id<AgentId>(o + 5);
  c.team_id = r.id<TeamId>(o + 6);
  c.priority = static_cast<int>(r.integer(o + 7));
  c.locale = r.text(o + 8);
  c.preview = r.text(o + 9);
  c.last_message_id = r.id<MessageId>(o + 10);
  c.last_message_at = r.time(o + 11);
  c.created_at = r.time(o + 12);
  c.waiting_since = r.time(o + 13);
  c.first_reply_at = r.time(o + 14);
  c.handed_over_at = r.time(o + 15);
  c.resolved_at = r.time(o + 16);
  c.snoozed_until = r.time(o + 17);
  c.visitor_read_id = r.id<MessageId>(o + 18);
  c.agent_read_id = r.id<MessageId>(o + 19);
  c.rating = static_cast<int>(r.integer(o + 20));
  c.rating_comment = r.text(o + 21);
  c.labels = r.text(o + 22);
  c.unread = static_cast<int>(r.integer(o + 23));
  c.bot_attempts = static_cast<int>(r.integer(o + 24));
  c.last_sender = known(sender_kind(r.text(o + 25)));
  c.last_visitor_id = r.id<MessageId>(o + 26);
  c.turn_done_id = r.id<MessageId>(o + 27);
  c.contact_name = r.text(o + 28);
  c.contact_verified = r.boolean(o + 29);
  return c;
}

StoredMessage read_message(const storage::Row& r, int o) {
  StoredMessage m;
  m.id = r.id<MessageId>(o);
  m.conversation_id = r.id<ConversationId>(o + 1);
  m.sender = known(sender_kind(r.text(o + 2)));
  m.sender_id = r.integer(o + 3);
  m.sender_name = r.text(o + 4);
  m.kind = known(message_kind(r.text(o + 5)));
  m.blocks = r.text(o + 6);
  m.client_id = r.text(o + 7);
  m.pick = r.text(o + 8);
  m.article_id = r.text(o + 9);
  m.article_question = r.text(o + 10);
  m.decision = r.text(o + 11);
  m.probability = r.real(o + 12);
  m.feedback = static_cast<int>(r.integer(o + 13));
  m.created_at = r.time(o + 14);
  m.personal = r.text(o + 15);
  return m;
}

}  // namespace zk::conversation
