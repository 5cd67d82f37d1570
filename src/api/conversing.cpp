// Shapes of docs/protocol.md, "Objects", and the steps that the conversation endpoints share.
#include "api/conversations.hpp"

namespace zk::api::conversing {
namespace {
Schema time_or_null() { return is::nullable(is::time()); }
Schema id_or_none() { return is::nullable(is::id()); }
}  // namespace

const Schema& conversation_schema() {
  static const Schema schema = is::object(
      "Conversation", {{"id", is::id(), kRequired},
                       {"inbox_id", is::id(), kRequired},
                       {"contact",
                        is::object("ConversationContact", {{"id", is::id(), kRequired},
                                                           {"name", is::line(200, 0), kRequired},
                                                           {"verified", is::boolean(), kRequired}}),
                        kRequired},
                       {"status", is::one_of({"open", "snoozed", "resolved"}), kRequired},
                       {"handler", is::one_of({"bot", "waiting", "human"}), kRequired},
                       {"assignee_id", id_or_none(), Presence::kOptional, "agents only"},
                       {"team_id", id_or_none(), Presence::kOptional, "agents only"},
                       {"priority", is::integer(0, 3), Presence::kOptional, "agents only"},
                       {"labels", is::list(is::id(), 50), Presence::kOptional, "agents only"},
                       {"unread_count", is::integer(0, 1'000'000'000), Presence::kOptional,
                        "agents only: visitor messages after agent_read_id"},
                       {"bot_attempts", is::integer(0, 1'000'000), Presence::kOptional,
                        "agents only: answers and questions the bot gave"},
                       {"last_sender", is::one_of({"visitor", "bot", "agent", "system"}), Presence::kOptional,
                        "agents only: of the last text"},
                       {"snoozed_until", time_or_null(), Presence::kOptional, "agents only"},
                       {"locale", is::line(35, 0), kRequired},
                       {"preview", is::text(0, 160), kRequired},
                       {"last_message_id", id_or_none(), kRequired},
                       {"last_message_at", time_or_null(), kRequired},
                       {"created_at", time_or_null(), kRequired},
                       {"waiting_since", time_or_null(), kRequired},
                       {"first_reply_at", time_or_null(), kRequired},
                       {"handed_over_at", time_or_null(), kRequired},
                       {"resolved_at", time_or_null(), kRequired},
                       {"visitor_read_id", id_or_none(), kRequired},
                       {"agent_read_id", id_or_none(), kRequired},
                       {"rating", is::nullable(is::integer(1, 5)), kRequired},
                       {"rating_comment", is::nullable(is::text(0, 2000)), kRequired},
                       {"queue_position", is::nullable(is::integer(1, 1'000'000)), kRequired,
                        "1 is next; null when it does not wait"}});
  return schema;
}

const Schema& marks_schema() {
  static const Schema schema = is::list(
      is::object("PersonalDataMark",
                 {{"id", is::id(), kRequired, "for /personal-data/{id}/reveal"},
                  {"kind",
                   is::one_of({"phone", "landline", "id_card", "bank_card", "email", "plate", "passport", "wechat",
                               "birthday", "name", "address"}),
                   kRequired},
                  {"path", is::text(1, 20'000), kRequired, "JSON pointer to the field, from this object"},
                  {"start", is::integer(0, 1'000'000), kRequired, "of the masked form, in code points"},
                  {"end", is::integer(0, 1'000'000), kRequired}}),
      20'000);
  return schema;
}

const Schema& message_schema() {
  static const Schema schema = is::object(
      "Message",
      {{"id", is::id(), kRequired},
       {"conversation_id", is::id(), kRequired},
       {"sender", is::one_of({"visitor", "bot", "agent", "system"}), kRequired},
       {"sender_id", id_or_none(), Presence::kOptional, "agents only"},
       {"sender_name", is::nullable(is::line(200, 0)), kRequired, "of an agent"},
       {"kind", is::one_of({"text", "note", "activity"}), kRequired},
       {"blocks", is::blocks(), kRequired},
       {"personal", marks_schema(), Presence::kOptional, "agents only: what is masked in blocks"},
       {"client_id", is::nullable(is::text(1, 100)), kRequired},
       {"pick", is::nullable(is::text(1, 200)), kRequired},
       {"article_id", is::nullable(is::text(1, 64)), kRequired},
       {"article_question", is::nullable(is::text(1, 500)), kRequired},
       {"decision", is::nullable(is::one_of({"answer", "clarify", "none", "handover", "smalltalk"})),
        kRequired},
       {"probability", is::nullable(is::number(0, 1)), kRequired, "of the bot's answer"},
       {"feedback", is::integer(-1, 1), kRequired},
       {"created_at", time_or_null(), kRequired}});
  return schema;
}

const Schema& contact_schema() {
  static const Schema schema =
      is::object("Contact", {{"id", is::id(), kRequired},
                             {"external_id", is::nullable(is::text(1, 200)), kRequired},
                             {"name", is::text(0, 200), kRequired},
                             {"email", is::nullable(is::text(1, 200)), kRequired},
                             {"phone", is::nullable(is::text(1, 200)), kRequired},
                             {"locale", is::text(0, 35), kRequired},
                             {"attributes", is::map(is::any(), 100), kRequired},
                             {"verified", is::boolean(), kRequired},
                             {"created_at", time_or_null(), kRequired},
                             {"last_seen_at", time_or_null(), kRequired},
                             {"conversation_count", is::integer(0, 1'000'000'000), kRequired},
                             {"personal", marks_schema(), kRequired, "what is masked in the fields"},
                             {"erased_at", time_or_null(), kRequired, "when his personal data was destroyed"}});
  return schema;
}

const Schema& attachment_schema() {
  static const Schema schema =
      is::object("Attachment", {{"id", is::id(), kRequired},
                                {"name", is::line(200), kRequired},
                                {"mime", is::line(100), kRequired},
                                {"size", is::integer(1, conversation::kMaxAttachmentBytes), kRequired},
                                {"url", is::line(200), kRequired}});
  return schema;
}

conversation::Actor actor_of(const auth::Caller& caller) {
  return {caller.actor(), caller.kind == auth::Caller::Kind::kAgent ? caller.agent_id : AgentId{}, {}};
}

std::string conversation_json(const conversation::Service& service, const conversation::ConversationRecord& c,
                              conversation::Audience audience) {
  conversation::JsonWriter w;
  write(w, c, audience, service.position(c.id));
  return w.take();
}

std::string message_json(const conversation::StoredMessage& m, conversation::Audience audience) {
  conversation::JsonWriter w;
  write(w, m, audience);
  return w.take();
}

Reply attachment_reply(const conversation::Attachment& a) {
  conversation::JsonWriter w(256);
  w.begin()
      .key("id")
      .value(a.id.value)
      .key("name")
      .value(a.name)
      .key("mime")
      .value(a.mime)
      .key("size")
      .value(a.size);
  w.key("url").value("/api/v1/attachments/" + std::to_string(a.id.value)).end();
  return Context::text(w.take());
}

Result<std::optional<conversation::Cursor>> cursor_of(const Context& c) {
  const auto text = c.query().text("cursor");
  if (text.empty()) return std::nullopt;
  ZK_TRY(const auto position, read_cursor(text, 3));
  return conversation::Cursor{position[0], position[1], position[2]};
}

int limit_of(const Context& c) { return static_cast<int>(c.query().integer("limit", 50)); }

void write_next(conversation::JsonWriter& w, const std::optional<conversation::Cursor>& next) {
  w.key("next_cursor");
  if (next)
    w.value(cursor({(*next)[0], (*next)[1], (*next)[2]}));
  else
    w.null();
}

}  // namespace zk::api::conversing
