#include "api/conversations.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>

namespace zk::api {
namespace {
using namespace conversing;
using conversation::Audience;
using conversation::JsonWriter;
using conversation::Service;

const Schema kSent = is::object(
    "MessageDraft",
    {{"client_id", is::text(1, 100), kRequired, "fresh and random for each message; a retry sends the same"},
     {"kind", is::one_of({"text", "note"}), Presence::kOptional, "text when left out"},
     {"blocks", is::blocks(), kRequired}});
const Schema kChange =
    is::object("ConversationChange",
               {{"status", is::one_of({"open", "snoozed", "resolved"})},
                {"assignee_id", is::nullable(is::id()), Presence::kOptional, "null: back to the queue"},
                {"team_id", is::nullable(is::id()), Presence::kOptional,
                 "to another team's queue, unless the assignee belongs to it"},
                {"priority", is::integer(0, 3)},
                {"labels", is::list(is::id(), 50)},
                {"snoozed_until", is::time()}});
const Schema kReadMark = is::object("ReadMark", {{"message_id", is::id(), kRequired}});
const Schema kTypingMark = is::object("TypingMark", {{"on", is::boolean()}});
const Schema kCounts =
    is::object("ConversationCounts", {{"mine", is::integer(0, conversation::kCountedAtMost), kRequired},
                                      {"unassigned", is::integer(0, conversation::kCountedAtMost), kRequired},
                                      {"waiting", is::integer(0, conversation::kCountedAtMost), kRequired},
                                      {"all", is::integer(0, conversation::kCountedAtMost), kRequired},
                                      {"resolved", is::integer(0, conversation::kCountedAtMost), kRequired},
                                      {"snoozed", is::integer(0, conversation::kCountedAtMost), kRequired}});
const Schema kTrace = is::object("Trace", {{"message_id", is::id(), kRequired},
                                           {"q", is::any()},
                                           {"normalised", is::any()},
                                           {"repaired", is::any()},
                                           {"language", is::any()},
                                           {"decision", is::any()},
                                           {"reason", is::any()},
                                           {"probability", is::any()},
                                           {"threshold", is::any()},
                                           {"stages", is::any()},
                                           {"candidates", is::any()}});

Result<AgentId> assignee_of(const Context& c, std::string_view text) {
  if (text == "none") return AgentId{};
  if (text == "me") return c.caller().agent_id;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 1)
    return fail(ErrorCode::kInvalidArgument, "assignee must be me, none or the id of an agent", "/assignee");
  return AgentId{id};
}

Result<conversation::Filter> filter_of(const Context& c) {
  const auto& q = c.query();
  conversation::Filter f;
  if (q.has("status")) f.status = conversation_status(q.text("status"));
  if (q.has("handler")) f.handler = zk::handler(q.text("handler"));
  if (q.has("assignee")) {
    ZK_TRY(f.assignee, assignee_of(c, q.text("assignee")));
  }
  if (q.has("team")) f.team = TeamId{q.integer("team")};
  if (q.has("inbox")) f.inbox = InboxId{q.integer("inbox")};
  if (q.has("label")) f.label = LabelId{q.integer("label")};
  if (q.has("contact")) f.contact = ContactId{q.integer("contact")};
  return f;
}

bool matches(const conversation::Filter& f, const conversation::ConversationRecord& c) {
  if (f.label) {
    const auto labels = parse_json(c.labels);
    if (!labels || !labels->is_array() ||
        std::none_of(labels->get_array().begin(), labels->get_array().end(),
                     [&](const json::value& v) { return v.is_int64() && v.get_int64() == f.label->value; }))
      return false;
  }
  return (!f.status || *f.status == c.status) && (!f.handler || *f.handler == c.handler) &&
         (!f.assignee || *f.assignee == c.assignee_id) && (!f.team || *f.team == c.team_id) &&
         (!f.inbox || *f.inbox == c.inbox_id) && (!f.contact || *f.contact == c.contact_id);
}

// Conversations with a message that holds q, by the newest such message; a conversation comes once a page.
Result<Reply> search_list(Context& c, Service& s, const conversation::MessageSearch& search,
                          const conversation::Filter& filter) {
  ZK_TRY(const auto from, cursor_of(c));
  ZK_TRY(auto found, search.find(c.query().text("q"), from ? (*from)[0] : 0, limit_of(c), c.deadline()));
  conversation::Page<conversation::ConversationRecord> page;
  std::set<ConversationId> seen;
  for (auto& f : found.items)
    if (matches(filter, f.conversation) && seen.insert(f.conversation.id).second)
      page.items.push_back(std::move(f.conversation));
  if (found.next != 0) page.next = conversation::Cursor{found.next, 0, 0};
  return page_reply<conversation::ConversationRecord>(page, [&](JsonWriter& w, const auto& conversation) {
    write(w, conversation, Audience::kAgents, s.position(conversation.id));
  });
}

Result<Reply> list(Context& c, Service& s, const conversation::MessageSearch& search) {
  ZK_TRY(const auto filter, filter_of(c));
  if (!c.query().text("q").empty()) return search_list(c, s, search, filter);
  ZK_TRY(const auto from, cursor_of(c));
  const auto sort =
      c.query().text("sort") == "waiting" ? conversation::Sort::kWaiting : conversation::Sort::kActivity;
  ZK_TRY(const auto page,
         c.read([&](storage::Tx& tx) { return conversation::list(tx, filter, sort, from, limit_of(c)); }));
  return page_reply<conversation::ConversationRecord>(page, [&](JsonWriter& w, const auto& conversation) {
    write(w, conversation, Audience::kAgents, s.position(conversation.id));
  });
}

Result<Reply> counts(Context& c) {
  ZK_TRY(const auto n,
         c.read([&](storage::Tx& tx) { return conversation::counts(tx, c.caller().agent_id); }));
  JsonWriter w(128);
  w.begin()
      .key("mine")
      .value(n.mine)
      .key("unassigned")
      .value(n.unassigned)
      .key("waiting")
      .value(n.waiting)
      .key("all")
      .value(n.all);
  return Context::text(w.key("resolved").value(n.resolved).key("snoozed").value(n.snoozed).end().take());
}

Result<Reply> get(Context& c, Service& s) {
  ZK_TRY(const auto found,
         c.read([&](storage::Tx& tx) { return conversation::conversation(tx, ConversationId{c.id()}); }));
  return Context::text(conversation_json(s, found, Audience::kAgents));
}

Result<Reply> change(Context& c, Service& s) {
  const auto& b = c.body();
  conversation::Change change;
  if (b.has("assignee_id") || b.has("team_id")) ZK_TRY_STATUS(c.require(Permission::kConversationAssign));
  if (b.has("status")) change.status = conversation_status(b.text("status"));
  if (b.has("assignee_id")) change.assignee = AgentId{b.integer("assignee_id")};
  if (b.has("team_id")) change.team = TeamId{b.integer("team_id")};
  if (b.has("priority")) change.priority = static_cast<int>(b.integer("priority"));
  if (b.has("snoozed_until")) change.snoozed_until = b.time("snoozed_until");
  if (b.has("labels")) {
    change.labels.emplace();
    for (const auto id : b.integers("labels")) change.labels->push_back(LabelId{id});
  }
  ZK_TRY(const auto changed,
         s.conversations().change(ConversationId{c.id()}, change, actor_of(c.caller()), c.deadline()));
  return Context::text(conversation_json(s, changed, Audience::kAgents));
}

// `before` and next_cursor are message ids: the oldest of a page, so that the next page is what came before
// it.
Result<Reply> messages(Context& c) {
  const ConversationId id{c.id()};
  std::int64_t before = c.query().integer("before");
  if (const auto text = c.query().text("cursor"); !text.empty())
    if (std::from_chars(text.data(), text.data() + text.size(), before).ec != std::errc{})
      return fail(ErrorCode::kInvalidArgument, "cursor must be the next_cursor of a page", "/cursor");
  ZK_TRY(const auto page,
         c.read([&](storage::Tx& tx) -> Result<conversation::Page<conversation::StoredMessage>> {
           ZK_TRY([[maybe_unused]] auto known, conversation::conversation(tx, id));
           return conversation::thread(tx, id, Audience::kAgents, MessageId{before}, limit_of(c));
         }));
  JsonWriter w(8192);
  w.begin().key("items").begin_array();
  for (const auto& m : page.items) write(w, m, Audience::kAgents);
  w.end_array().key("next_cursor");
  if (page.next)
    w.value(std::to_string((*page.next)[0]));
  else
    w.null();
  return Context::text(w.end().take());
}

Result<Reply> send(Context& c, Service& s) {
  conversation::AgentPost post;
  post.conversation_id = ConversationId{c.id()};
  post.by = actor_of(c.caller());
  post.client_id = std::string(c.body().text("client_id"));
  post.kind = c.body().text("kind", "text") == "note" ? MessageKind::kNote : MessageKind::kText;
  post.blocks = c.body().blocks("blocks");
  ZK_TRY(const auto posted, s.conversations().post_agent(post, c.deadline()));
  return Context::text(message_json(posted.message, Audience::kAgents));
}

Result<Reply> read_mark(Context& c, Service& s) {
  ZK_TRY_STATUS(s.conversations().read_by_agent(
      ConversationId{c.id()}, MessageId{c.body().integer("message_id")}, actor_of(c.caller()), c.deadline()));
  return Context::nothing();
}

Result<Reply> typing(Context& c, Service& s) {
  s.hub().typing({.conversation_id = ConversationId{c.id()},
                  .who = SenderKind::kAgent,
                  .name = {},
                  .contact = {},
                  .on = c.body().boolean("on", true)});
  return Context::nothing();
}

Result<Reply> trace(Context& c) {
  ZK_TRY(const auto body,
         c.read([&](storage::Tx& tx) { return conversation::trace(tx, MessageId{c.id()}); }));
  auto parsed = parse_json(body);
  if (!parsed || !parsed->is_object())
    return fail(ErrorCode::kDataLoss, "a stored trace is not readable", {},
                "message " + std::to_string(c.id()));
  parsed->get_object()["message_id"] = c.id();
  return Context::json(*parsed);
}

Result<Reply> search_messages(Context& c, Service& s, const conversation::MessageSearch& search) {
  ZK_TRY(const auto from, cursor_of(c));
  ZK_TRY(const auto found,
         search.find(c.query().text("q"), from ? (*from)[0] : 0, limit_of(c), c.deadline()));
  JsonWriter w(8192);
  w.begin().key("items").begin_array();
  for (const auto& f : found.items) {
    w.begin().key("message");
    write(w, f.message, Audience::kAgents);
    w.key("conversation");
    write(w, f.conversation, Audience::kAgents, s.position(f.conversation.id));
    w.key("snippet").value(f.snippet).end();
  }
  w.end_array();
  write_next(w, found.next == 0 ? std::nullopt : std::optional(conversation::Cursor{found.next, 0, 0}));
  return Context::text(w.end().take());
}

std::vector<Field> list_query() {
  return page_query({{"status", is::one_of({"open", "snoozed", "resolved"})},
                     {"handler", is::one_of({"bot", "waiting", "human"})},
                     {"assignee", is::token(20), Presence::kOptional, "me, none or an agent's id"},
                     {"team", is::id()},
                     {"inbox", is::id()},
                     {"label", is::id()},
                     {"contact", is::id()},
                     {"q", is::text(0, 200), Presence::kOptional,
                      "in the messages; then by the newest message that holds it"},
                     {"sort", is::one_of({"activity", "waiting"})}});
}

}  // namespace

std::vector<Route> conversation_routes(Service& s, const conversation::MessageSearch& search) {
  const auto found = is::object("FoundMessage", {{"message", message_schema(), kRequired},
                                                 {"conversation", conversation_schema(), kRequired},
                                                 {"snippet", is::text(0, 100), kRequired}});
  const std::vector<Field> thread_query{
      {"limit", is::integer(1, 100)},
      {"before", is::id(), Presence::kOptional, "older than this message; next_cursor of the page before"},
      {"cursor", is::text(0, 200)}};
  constexpr auto kRead = Permission::kConversationRead, kWrite = Permission::kConversationWrite;
  return {
      {.method = Method::kGet,
       .path = "/api/v1/conversations",
       .access = kRead,
       .summary = "List conversations, newest activity first",
       .query = list_query(),
       .reply = is::page(conversation_schema()),
       .handler = [&](Context& c) { return list(c, s, search); }},
      {.method = Method::kGet,
       .path = "/api/v1/conversations/counts",
       .access = kRead,
       .summary = "How many conversations each view has, at most 10,000 counted",
       .reply = kCounts,
       .handler = counts},
      {.method = Method::kGet,
       .path = "/api/v1/conversations/{id}",
       .access = kRead,
       .summary = "Get a conversation",
       .reply = conversation_schema(),
       .handler = [&](Context& c) { return get(c, s); }},
      {.method = Method::kPatch,
       .path = "/api/v1/conversations/{id}",
       .access = kWrite,
       .summary = "Assign, label, snooze, resolve or reopen a conversation",
       .body = kChange,
       .reply = conversation_schema(),
       .handler = [&](Context& c) { return change(c, s); }},
      {.method = Method::kGet,
       .path = "/api/v1/conversations/{id}/messages",
       .access = kRead,
       .summary = "Read a thread, oldest first, newest page first",
       .query = thread_query,
       .reply = is::page(message_schema()),
       .handler = messages},
      {.method = Method::kPost,
       .path = "/api/v1/conversations/{id}/messages",
       .access = kWrite,
       .summary = "Send a text or a note; a text takes a conversation over that no agent has",
       .body = kSent,
       .status = 201,
       .reply = message_schema(),
       .repeat = Repeat::kNatural,
       .handler = [&](Context& c) { return send(c, s); }},
      {.method = Method::kPost,
       .path = "/api/v1/conversations/{id}/read",
       .access = kRead,
       .summary = "Mark as read up to a message",
       .body = kReadMark,
       .status = 204,
       .repeat = Repeat::kNatural,
       .handler = [&](Context& c) { return read_mark(c, s); }},
      {.method = Method::kPost,
       .path = "/api/v1/conversations/{id}/typing",
       .access = kWrite,
       .summary = "Say that the agent is typing",
       .body = kTypingMark,
       .status = 204,
       .run = Run::kInline,
       .repeat = Repeat::kNatural,
       .handler = [&](Context& c) { return typing(c, s); }},
      {.method = Method::kGet,
       .path = "/api/v1/messages/search",
       .access = kRead,
       .summary = "Find messages by what they say, newest first",
       .query = page_query({{"q", is::text(1, 200), kRequired}}),
       .reply = is::page(found),
       .handler = [&](Context& c) { return search_messages(c, s, search); }},
      {.method = Method::kGet,
       .path = "/api/v1/messages/{id}/trace",
       .access = kRead,
       .summary = "Why the bot said this",
       .reply = kTrace,
       .handler = trace},
  };
}

}  // namespace zk::api
