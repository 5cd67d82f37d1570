#include "conversation/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace zk::conversation {
namespace {
using storage::Query;

constexpr Query kLoad{"conversation.load", "SELECT " ZK_CONVERSATION_COLUMNS
                                           ", c.bot_state" ZK_CONVERSATION_FROM "WHERE c.id = $1"};
constexpr Query kFindOpen{
    "conversation.find_open",
    "SELECT " ZK_CONVERSATION_COLUMNS ", c.bot_state" ZK_CONVERSATION_FROM
    "WHERE c.contact_id = $1 AND c.inbox_id = $2 AND c.status <> 'resolved' ORDER BY c.id DESC LIMIT 1"};
constexpr Query kOpen{
    "conversation.open",
    "INSERT INTO conversation (inbox_id, contact_id, handler, team_id, locale, created_at, waiting_since, "
    "handed_over_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id"};
constexpr Query kContactOf{"conversation.contact", "SELECT name, verified FROM contact WHERE id = $1"};
constexpr Query kAgentName{"agent.name", "SELECT name FROM agent WHERE id = $1"};
constexpr Query kFindSent{
    "message.find_sent",
    "SELECT " ZK_MESSAGE_COLUMNS ZK_MESSAGE_FROM
    "WHERE m.sender = $1 AND m.sender_id = $2 AND m.client_id = $3 AND m.client_id <> ''"};  // as the partial
                                                                                             // index has it
constexpr Query kInsertMessage{
    "message.insert",
    "INSERT INTO message (conversation_id, sender, sender_id, kind, blocks, text, client_id, pick, "
    "article_id, article_question, "
    "decision, probability, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
    "ON CONFLICT DO NOTHING RETURNING id"};
constexpr Query kSavePersonal{"message.save_personal", "UPDATE message SET personal = $2 WHERE id = $1"};
constexpr Query kSaveMessageState{"conversation.save_message_state",
                                  "UPDATE conversation SET preview = $2, last_message_id = $3, "
                                  "last_message_at = $4, unread_count = $5, bot_attempts = $6, "
                                  "last_sender = $7, last_visitor_id = $8, turn_done_id = $9, "
                                  "visitor_read_id = $10, agent_read_id = $11, first_reply_at = $12, "
                                  "bot_state = $13 WHERE id = $1"};
constexpr Query kSave{"conversation.save",
                      "UPDATE conversation SET preview = $2, last_message_id = $3, last_message_at = $4, "
                      "unread_count = $5, bot_attempts = $6, "
                      "last_sender = $7, last_visitor_id = $8, turn_done_id = $9, visitor_read_id = $10, "
                      "agent_read_id = $11, first_reply_at = $12, "
                      "bot_state = $13, status = $14, handler = $15, assignee_id = $16, team_id = $17, "
                      "priority = $18, labels = $19, "
                      "waiting_since = $20, handed_over_at = $21, resolved_at = $22, snoozed_until = $23, "
                      "rating = $24, rating_comment = $25, "
                      "locale = $26 WHERE id = $1"};
constexpr Query kTeamThere{"team.there", "SELECT 1 FROM team WHERE id = $1"};
constexpr Query kLabelThere{"label.there", "SELECT 1 FROM label WHERE id = $1"};
constexpr Query kPutLabel{
    "conversation.put_label",
    "INSERT INTO conversation_label (conversation_id, label_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
constexpr Query kLabels{
    "conversation.labels",
    "SELECT label_id FROM conversation_label WHERE conversation_id = $1 ORDER BY label_id"};

ConversationRecord with_state(const storage::Row& row) {
  auto c = read_conversation(row);
  c.bot_state = row.text(kConversationColumns);
  return c;
}

}  // namespace

Actor agent_actor(AgentId id, std::string name) {
  return {fmt::format("agent:{}", id.value), id, std::move(name)};
}
Actor visitor_actor(ContactId id) { return {fmt::format("visitor:{}", id.value), {}, {}}; }
Actor bot_actor() { return {"bot", {}, {}}; }
Actor system_actor() { return {"system", {}, {}}; }

Result<ConversationRecord> Writer::load(ConversationId id) {
  ZK_TRY(auto row, tx_.maybe(kLoad, {id}));
  if (!row) return fail(ErrorCode::kNotFound, "no such conversation");
  return with_state(*row);
}

Result<Actor> Writer::named(Actor by) {
  if (!by.agent || !by.name.empty()) return by;
  ZK_TRY(auto row, tx_.one(kAgentName, {by.agent}));
  by.name = row.text(0);
  return by;
}

Result<std::optional<ConversationRecord>> Writer::find_open(ContactId contact, InboxId inbox) {
  ZK_TRY(auto row, tx_.maybe(kFindOpen, {contact, inbox}));
  if (!row) return std::nullopt;
  return with_state(*row);
}

Result<ConversationRecord> Writer::open(ContactId contact, InboxId inbox, TeamId team, std::string locale,
                                        Handler handler) {
  ZK_TRY(auto person, tx_.one(kContactOf, {contact}));
  ConversationRecord c;
  c.inbox_id = inbox;
  c.contact_id = contact;
  c.team_id = team;
  c.locale = std::move(locale);
  c.handler = handler;
  c.created_at = now_;
  if (handler == Handler::kWaiting) c.waiting_since = c.handed_over_at = now_;
  c.contact_name = person.text(0);
  c.contact_verified = person.boolean(1);
  ZK_TRY(auto row,
         tx_.one(kOpen, {inbox, contact, to_string(handler), team, c.locale, now_, c.waiting_since}));
  c.id = row.id<ConversationId>(0);
  return c;
}

Result<std::optional<StoredMessage>> Writer::find_sent(SenderKind sender, std::int64_t sender_id,
                                                       std::string_view client_id) {
  ZK_TRY(auto row, tx_.maybe(kFindSent, {to_string(sender), sender_id, client_id}));
  if (!row) return std::nullopt;
  return read_message(*row);
}

Result<std::optional<StoredMessage>> Writer::insert(ConversationRecord& c, const NewMessage& m) {
  StoredMessage s;
  s.conversation_id = c.id;
  s.sender = m.sender;
  s.sender_id = m.sender_id;
  s.sender_name = m.sender_name;
  s.kind = m.kind;
  s.blocks = blocks_to_json(m.blocks);
  s.client_id = m.client_id;
  s.pick = m.pick;
  s.article_id = m.article_id;
  s.article_question = m.article_question;
  s.decision = m.decision;
  s.probability = m.probability;
  s.created_at = now_;
  const auto text = plain_text(m.blocks);
  ZK_TRY(auto row, tx_.maybe(kInsertMessage, {c.id, to_string(s.sender), s.sender_id, to_string(s.kind),
                                              s.blocks, text, s.client_id, s.pick, s.article_id,
                                              s.article_question, s.decision, s.probability, now_}));
  if (!row) return std::nullopt;
  s.id = row->id<MessageId>(0);
  if (m.kind == MessageKind::kNote) return s;
  // Who joined or left does not hide what was said last.
  if (m.kind != MessageKind::kActivity || c.preview.empty()) c.preview = preview_of(m.blocks);
  c.last_message_id = s.id;
  c.last_message_at = now_;
  if (m.kind == MessageKind::kActivity) return s;
  c.last_sender = m.sender;
  if (m.sender == SenderKind::kVisitor) {
    c.last_visitor_id = c.visitor_read_id = s.id;
    ++c.unread;
  } else if (m.sender == SenderKind::kAgent) {
    c.agent_read_id = s.id;
    c.unread = 0;
    if (c.first_reply_at == Timestamp{}) c.first_reply_at = now_;
  }
  return s;
}

Status Writer::keep_originals(const ConversationRecord& c, StoredMessage& m,
                              const std::vector<vault::Original>& originals, const vault::Vault* vault) {
  if (originals.empty() || !vault) return {};
  ZK_TRY(const auto marks, vault->seal(tx_, c.contact_id, c.id, originals, now_));
  m.personal = vault::to_json(marks);
  return tx_.run(kSavePersonal, {m.id, m.personal}).map([](auto) {});
}

Status Writer::save_message_state(const ConversationRecord& c) {
  ZK_TRY(
      [[maybe_unused]] auto n,
      tx_.run(kSaveMessageState, {c.id, c.preview, c.last_message_id, c.last_message_at, c.unread,
                                  c.bot_attempts, to_string(c.last_sender), c.last_visitor_id, c.turn_done_id,
                                  c.visitor_read_id, c.agent_read_id, c.first_reply_at, c.bot_state}));
  return {};
}

Status Writer::save(const ConversationRecord& c) {
  ZK_TRY([[maybe_unused]] auto n, tx_.run(kSave, {c.id,
                                                  c.preview,
                                                  c.last_message_id,
                                                  c.last_message_at,
                                                  c.unread,
                                                  c.bot_attempts,
                                                  to_string(c.last_sender),
                                                  c.last_visitor_id,
                                                  c.turn_done_id,
                                                  c.visitor_read_id,
                                                  c.agent_read_id,
                                                  c.first_reply_at,
                                                  c.bot_state,
                                                  to_string(c.status),
                                                  to_string(c.handler),
                                                  c.assignee_id,
                                                  c.team_id,
                                                  c.priority,
                                                  c.labels,
                                                  c.waiting_since,
                                                  c.handed_over_at,
                                                  c.resolved_at,
                                                  c.snoozed_until,
                                                  c.rating,
                                                  c.rating_comment,
                                                  c.locale}));
  return {};
}

std::string Writer::conversation_json(const ConversationRecord& c) const {
  JsonWriter w;
  write(w, c, Audience::kAgents,
        c.handler == Handler::kWaiting && position_ ? position_(c.id) : std::nullopt);
  return w.take();
}

Status Writer::append(const ConversationRecord& c, const Actor& by, std::string_view kind, bool agents_only,
                      std::string payload) {
  ZK_TRY([[maybe_unused]] auto seq,
         tx_.append({now_, std::string(kind), c.inbox_id.value, c.id.value, c.contact_id.value, by.ref,
                     agents_only ? "agents" : "all", std::move(payload)}));
  return {};
}

Status Writer::announce_message(const ConversationRecord& c, const StoredMessage& m, const Actor& by,
                                std::string_view kind) {
  JsonWriter w(1536);
  w.begin().key("message");
  write(w, m, Audience::kAgents);
  w.key("conversation").raw(conversation_json(c)).end();
  return append(c, by, kind, m.kind == MessageKind::kNote, w.take());
}

Status Writer::announce(const ConversationRecord& c, const Actor& by, std::string_view kind) {
  return append(c, by, kind, false, conversation_json(c));
}

Status Writer::announce_read(const ConversationRecord& c, const Actor& by, std::string_view reader,
                             MessageId upto) {
  JsonWriter w(128);
  w.begin()
      .key("conversation_id")
      .value(c.id.value)
      .key("reader")
      .value(reader)
      .key("message_id")
      .value(upto.value)
      .end();
  return append(c, by, "conversation.read", false, w.take());
}

Status Writer::note_activity(ConversationRecord& c, std::string_view zh, std::string_view en,
                             const Actor& by) {
  NewMessage m;
  m.sender = SenderKind::kSystem;
  m.kind = MessageKind::kActivity;
  m.blocks = text_blocks(std::string(c.locale.starts_with("en") ? en : zh));
  ZK_TRY(auto stored, insert(c, m));
  return announce_message(c, *stored, by);
}

void Writer::hand_over(ConversationRecord& c, int priority) const {
  c.status = ConversationStatus::kOpen;
  c.handler = Handler::kWaiting;
  c.assignee_id = {};
  c.waiting_since = now_;
  c.snoozed_until = {};
  c.priority = std::max(c.priority, priority);
  c.turn_done_id = c.last_visitor_id;
  if (c.handed_over_at == Timestamp{}) c.handed_over_at = now_;
}

Result<bool> Writer::sort_in(ConversationRecord& c, const BotReply& reply) {
  bool changed = reply.priority > c.priority;
  c.priority = std::max(c.priority, reply.priority);
  if (reply.handover && reply.team && reply.team != c.team_id) {
    ZK_TRY(const auto there, tx_.maybe(kTeamThere, {reply.team}));
    if (there) c.team_id = reply.team, changed = true;
  }
  if (!reply.label) return changed;
  ZK_TRY(const auto there, tx_.maybe(kLabelThere, {reply.label}));
  if (!there) return changed;
  ZK_TRY(const auto put, tx_.run(kPutLabel, {c.id, reply.label}));
  if (put == 0) return changed;
  ZK_TRY(const auto rows, tx_.all(kLabels, {c.id}));
  JsonWriter json(64);
  json.begin_array();
  for (const auto& row : rows) json.value(row.integer(0));
  c.labels = json.end_array().take();
  return true;
}

void Writer::give_to(ConversationRecord& c, AgentId agent) const {
  c.handler = Handler::kHuman;
  c.assignee_id = agent;
  c.waiting_since = {};
  c.turn_done_id = c.last_visitor_id;
  if (c.handed_over_at == Timestamp{}) c.handed_over_at = now_;
}

void Writer::resolve(ConversationRecord& c) const {
  c.status = ConversationStatus::kResolved;
  c.resolved_at = now_;
  c.snoozed_until = {};
  c.waiting_since = {};
  c.unread = 0;
  c.agent_read_id = c.last_message_id;
  c.turn_done_id = c.last_visitor_id;
}

}  // namespace zk::conversation
