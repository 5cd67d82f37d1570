// What the chat widget of a website calls: public by website token until it has a visitor token, then one
// visitor's own.
#include <boost/json.hpp>

#include "api/conversations.hpp"
#include "gateway/rate_limit.hpp"

namespace zk::api {
namespace {
using namespace conversing;
using conversation::Audience;
using conversation::InboxProfile;
using conversation::JsonWriter;
using conversation::Service;

const Schema kConfig =
    is::object("WidgetConfig", {{"title", is::text(0, 60), kRequired},
                                {"brand_color", is::text(0, 20), kRequired},
                                {"greeting", is::text(0, 500), kRequired},
                                {"locale", is::locale(), kRequired},
                                {"suggested_questions", is::list(is::text(1, 200), 10), kRequired},
                                {"launcher_position", is::one_of({"left", "right"}), kRequired},
                                {"online", is::boolean(), kRequired, "an agent is there now"}});
const Schema kUser = is::object(
    "WidgetUser",
    {{"external_id", is::text(1, 200), kRequired},
     {"hash", is::token(64), kRequired,
      "hex HMAC-SHA256(identity secret of the inbox, external_id), computed by the company's server"},
     {"name", is::text(0, 200)},
     {"email", is::text(0, 200)},
     {"phone", is::text(0, 200)},
     {"attributes", is::map(is::any(), 100)}});
const Schema kSessionDraft = is::object(
    "WidgetSessionDraft",
    {{"website_token", is::token(100), kRequired},
     {"visitor_token", is::nullable(is::text(0, 500)), Presence::kOptional, "from the session before"},
     {"locale", is::locale()},
     {"page_url", is::text(0, 2000)},
     {"user", is::nullable(kUser)}});
const Schema kVisitor = is::object("WidgetContact", {{"id", is::id(), kRequired},
                                                     {"name", is::text(0, 200), kRequired},
                                                     {"verified", is::boolean(), kRequired}});
const Schema kMessageDraft = is::object(
    "WidgetMessageDraft",
    {{"client_id", is::text(1, 100), kRequired, "fresh and random for each message; a retry sends the same"},
     {"blocks", is::blocks()},
     {"text", is::text(1, 20'000), Presence::kOptional, "short for one text block"},
     {"pick", is::nullable(is::text(1, 200)), Presence::kOptional, "id of the choice taken"}});

class Widget {
 public:
  Widget(Service& service, auth::Auth& auth, const WidgetLimits& limits)
      : service_(service),
        auth_(auth),
        messages_(limits.messages_per_second, limits.messages_burst),
        uploads_(limits.uploads_per_second, limits.uploads_burst),
        sessions_(limits.sessions_per_second, limits.sessions_burst) {}

  Result<Reply> config(Context& c) const;
  Result<Reply> open_session(Context& c);
  Result<Reply> conversation(Context& c) const;
  Result<Reply> send(Context& c);
  Result<Reply> upload(Context& c);
  Result<Reply> typing(Context& c);
  Result<Reply> read(Context& c);
  Result<Reply> feedback(Context& c);
  Result<Reply> rate(Context& c);
  Result<Reply> hand_over(Context& c);

 private:
  Status allow(Context& c, gateway::RateLimiter& limiter, const std::string& who) const;
  Result<conversation::Visit> visit_of(const Context& c, const InboxProfile& inbox) const;
  Result<std::optional<conversation::ConversationRecord>> newest(const Context& c, ContactId contact,
                                                                 InboxId inbox) const;
  void write_conversation(JsonWriter& w, const std::optional<conversation::ConversationRecord>& found) const;

  Service& service_;
  auth::Auth& auth_;
  gateway::RateLimiter messages_, uploads_, sessions_;
};

Status Widget::allow(Context& c, gateway::RateLimiter& limiter, const std::string& who) const {
  if (limiter.allow(who, std::chrono::steady_clock::now())) return {};
  c.retry_after_s = 5;
  return fail(ErrorCode::kRateLimited, "too many at once: wait a few seconds");
}

// "https://shop.example" of "https://shop.example/cart?x=1"; "" when it is no web address.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

// The page is where the script stands; a browser that calls from another site than ours says so in Origin.
Status check_site(const Context& c, const InboxProfile& inbox) {
  if (inbox.allowed_origins.empty()) return {};
  const auto header = c.request().header("origin");
  const auto site =
      !header.empty() && !same_origin(c.request()) ? header : origin_of(c.body().text("page_url"));
  const auto host = site.substr(std::min(site.size(), site.find("://") + 3));
  if (!site.empty() && host == c.request().header("host")) return {};
  for (const auto& allowed : inbox.allowed_origins)
    if (origin_of(allowed) == site) return {};
  return fail(ErrorCode::kPermissionDenied,
              "this site is not among the allowed origins of the inbox: add it in the settings");
}

Result<Reply> Widget::config(Context& c) const {
  ZK_TRY(const auto inbox, service_.inboxes().by_token(c.path().text("website_token"), c.deadline()));
  JsonWriter w(512);
  w.begin()
      .key("title")
      .value(inbox->title)
      .key("brand_color")
      .value(inbox->brand_color)
      .key("greeting")
      .value(inbox->greeting);
  w.key("locale").value(inbox->locale).key("suggested_questions").begin_array();
  for (const auto& q : inbox->suggested_questions) w.value(q);
  w.end_array().key("launcher_position").value(inbox->launcher_position);
  return Context::text(w.key("online").value(service_.presence().anyone_can_take()).end().take());
}

Result<conversation::Visit> Widget::visit_of(const Context& c, const InboxProfile& inbox) const {
  conversation::Visit visit;
  visit.locale = std::string(c.body().text("locale"));
  visit.page_url = std::string(c.body().text("page_url"));
  // A token that no longer holds is no reason to turn someone away: he is simply new.
  if (const auto token = c.body().text("visitor_token"); !token.empty())
    if (const auto known = auth_.visitors().verify(token, c.now()); known && known->inbox_id == inbox.id)
      visit.known = known->contact_id;
  if (c.body().is_null("user") || !c.body().has("user")) {
    if (inbox.require_identity)
      return fail(ErrorCode::kPermissionDenied,
                  "sign in at the site first: this inbox is for its customers only", "/user");
    return visit;
  }
  ZK_TRY(const auto user, Fields::read(kUser, c.body().value("user")));
  ZK_TRY(const auto secret, auth_.sealer().open(inbox.sealed_secret));
  if (!auth::identity_hash_matches(secret, user.text("external_id"), user.text("hash")))
    return fail(ErrorCode::kPermissionDenied,
                "hash is not the HMAC of external_id under this inbox's identity secret", "/user/hash");
  visit.external_id = std::string(user.text("external_id"));
  if (user.has("name")) visit.name = std::string(user.text("name"));
  if (user.has("email")) visit.email = std::string(user.text("email"));
  if (user.has("phone")) visit.phone = std::string(user.text("phone"));
  if (user.has("attributes")) visit.attributes = json::serialize(user.value("attributes"));
  return visit;
}

Result<std::optional<conversation::ConversationRecord>> Widget::newest(const Context& c, ContactId contact,
                                                                       InboxId inbox) const {
  return c.read([&](storage::Tx& tx) { return conversation::newest(tx, contact, inbox); });
}

void Widget::write_conversation(JsonWriter& w,
                                const std::optional<conversation::ConversationRecord>& found) const {
  w.key("conversation");
  if (found)
    write(w, *found, Audience::kVisitor, service_.position(found->id));
  else
    w.null();
}

Result<Reply> Widget::open_session(Context& c) {
  ZK_TRY_STATUS(allow(c, sessions_, c.request().remote_ip));
  ZK_TRY(const auto inbox, service_.inboxes().by_token(c.body().text("website_token"), c.deadline()));
  ZK_TRY_STATUS(check_site(c, *inbox));
  ZK_TRY(const auto visit, visit_of(c, *inbox));
  ZK_TRY(const auto contact, service_.contacts().visit(visit, c.deadline()));
  // Read before the state, so that what happens between the two is seen twice rather than never.
  ZK_TRY(const auto seq, c.db().last_seq());
  ZK_TRY(const auto found, newest(c, contact.id, inbox->id));
  JsonWriter w;
  w.begin()
      .key("visitor_token")
      .value(auth_.visitors().issue(contact.id, inbox->id, c.now()))
      .key("contact")
      .begin();
  w.key("id")
      .value(contact.id.value)
      .key("name")
      .value(contact.name)
      .key("verified")
      .value(contact.verified)
      .end();
  write_conversation(w, found);
  return Context::text(w.key("seq").value(seq).end().take());
}

Result<Reply> Widget::conversation(Context& c) const {
  constexpr int kMessages = 100;
  const auto& caller = c.caller();
  ZK_TRY(const auto seq, c.db().last_seq());
  ZK_TRY(const auto found, newest(c, caller.contact_id, caller.inbox_id));
  JsonWriter w(8192);
  w.begin();
  write_conversation(w, found);
  w.key("messages").begin_array();
  if (found) {
    ZK_TRY(const auto thread, c.read([&](storage::Tx& tx) {
      return conversation::thread(tx, found->id, Audience::kVisitor, {}, kMessages);
    }));
    for (const auto& m : thread.items) write(w, m, Audience::kVisitor);
  }
  return Context::text(w.end_array().key("seq").value(seq).end().take());
}

Result<Reply> Widget::send(Context& c) {
  const auto& caller = c.caller();
  ZK_TRY_STATUS(allow(c, messages_, caller.actor()));
  conversation::VisitorPost post;
  post.contact_id = caller.contact_id;
  post.inbox_id = caller.inbox_id;
  post.client_id = std::string(c.body().text("client_id"));
  post.pick = std::string(c.body().text("pick"));
  if (c.body().has("blocks"))
    post.blocks = c.body().blocks("blocks");
  else if (c.body().has("text"))
    post.blocks = text_blocks(std::string(c.body().text("text")));
  ZK_TRY(const auto posted, service_.conversations().post_visitor(post, c.deadline()));
  JsonWriter w;
  w.begin().key("message");
  write(w, posted.message, Audience::kVisitor);
  return Context::text(w.key("conversation_id").value(posted.conversation.id.value).end().take());
}

Result<Reply> Widget::upload(Context& c) {
  const auto& caller = c.caller();
  ZK_TRY_STATUS(allow(c, uploads_, caller.actor()));
  const auto& bytes = c.request().body;
  ZK_TRY(const auto stored, service_.attachments().add(
                                {}, caller.contact_id, c.query().text("name"), bytes, auth::sha256_hex(bytes),
                                conversation::visitor_actor(caller.contact_id), c.deadline()));
  return attachment_reply(stored);
}

Result<Reply> Widget::typing(Context& c) {
  ZK_TRY_STATUS(allow(c, messages_, c.caller().actor()));
  ZK_TRY(const auto found, newest(c, c.caller().contact_id, c.caller().inbox_id));
  if (found)
    service_.hub().typing({.conversation_id = found->id,
                           .who = SenderKind::kVisitor,
                           .name = {},
                           .contact = c.caller().contact_id,
                           .on = c.body().boolean("on", true)});
  return Context::nothing();
}

Result<Reply> Widget::read(Context& c) {
  const MessageId upto{c.body().integer("message_id")};
  ZK_TRY_STATUS(service_.conversations().read_by_visitor(c.caller().contact_id, c.caller().inbox_id, upto,
                                                         c.deadline()));
  return Context::nothing();
}

Result<Reply> Widget::feedback(Context& c) {
  const auto value = static_cast<int>(c.body().integer("value"));
  ZK_TRY(const auto m,
         service_.conversations().feedback(c.caller().contact_id, MessageId{c.body().integer("message_id")},
                                           value, c.deadline()));
  return Context::text(message_json(m, Audience::kVisitor));
}

Result<Reply> Widget::rate(Context& c) {
  ZK_TRY(const auto rated,
         service_.conversations().rate(c.caller().contact_id, c.caller().inbox_id,
                                       static_cast<int>(c.body().integer("rating")),
                                       std::string(c.body().text("comment")), c.deadline()));
  return Context::text(conversation_json(service_, rated, Audience::kVisitor));
}

Result<Reply> Widget::hand_over(Context& c) {
  ZK_TRY_STATUS(allow(c, messages_, c.caller().actor()));
  ZK_TRY(const auto waiting, service_.conversations().ask_for_human(c.caller().contact_id,
                                                                    c.caller().inbox_id, {}, c.deadline()));
  return Context::text(conversation_json(service_, waiting, Audience::kVisitor));
}

}  // namespace

std::vector<Route> widget_routes(Service& service, auth::Auth& auth, const WidgetLimits& limits) {
  const auto widget = std::make_shared<Widget>(service, auth, limits);
  const auto run = [&](Result<Reply> (Widget::*step)(Context&)) {
    return [widget, step](Context& c) { return (*widget.*step)(c); };
  };
  const auto none_or = [](Schema s) { return is::nullable(std::move(s)); };
  const auto seq = is::integer(0, std::int64_t{1} << 53);
  const auto session =
      is::object("WidgetSession", {{"visitor_token", is::text(1, 500), kRequired},
                                   {"contact", kVisitor, kRequired},
                                   {"conversation", none_or(conversation_schema()), kRequired},
                                   {"seq", seq, kRequired, "since_seq of the socket"}});
  const auto state =
      is::object("WidgetConversation",
                 {{"conversation", none_or(conversation_schema()), kRequired, "the newest, resolved or not"},
                  {"messages", is::list(message_schema(), 100), kRequired, "its newest 100, oldest first"},
                  {"seq", seq, kRequired}});
  const auto sent = is::object(
      "WidgetMessage", {{"message", message_schema(), kRequired}, {"conversation_id", is::id(), kRequired}});
  const auto typing = is::object("WidgetTyping", {{"on", is::boolean()}});
  const auto mark = is::object("WidgetReadMark", {{"message_id", is::id(), kRequired}});
  const auto verdict = is::object(
      "WidgetFeedback",
      {{"message_id", is::id(), kRequired}, {"value", is::integer(-1, 1), kRequired, "0 takes it back"}});
  const auto rating =
      is::object("WidgetRating", {{"rating", is::integer(1, 5), kRequired}, {"comment", is::text(0, 2000)}});
  constexpr auto kVisitorOnly = Permission::kVisitor;
  const std::string at = "/api/v1/widget/";
  return {
      {.method = Method::kGet,
       .path = at + "{website_token}/config",
       .access = Permission::kPublic,
       .summary = "How the widget of an inbox looks",
       .path_fields = {{"website_token", is::token(100), kRequired}},
       .reply = kConfig,
       .handler = [widget](Context& c) { return widget->config(c); }},
      {.method = Method::kPost,
       .path = at + "sessions",
       .access = Permission::kPublic,
       .summary = "Open or continue a visitor's session",
       .body = kSessionDraft,
       .reply = session,
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::open_session)},
      {.method = Method::kGet,
       .path = at + "conversation",
       .access = kVisitorOnly,
       .summary = "The visitor's newest conversation",
       .reply = state,
       .handler = [widget](Context& c) { return widget->conversation(c); }},
      {.method = Method::kPost,
       .path = at + "messages",
       .access = kVisitorOnly,
       .summary = "Send a message; the reply follows as an event",
       .body = kMessageDraft,
       .status = 201,
       .reply = sent,
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::send)},
      {.method = Method::kPost,
       .path = at + "attachments",
       .access = kVisitorOnly,
       .summary = "Upload a file for a message, at most 10 MiB",
       .query = {{"name", is::line(200), kRequired, "of the file"}},
       .raw_body = true,
       .max_body_bytes = static_cast<std::int64_t>(conversation::kMaxAttachmentBytes),
       .status = 201,
       .reply = attachment_schema(),
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::upload)},
      {.method = Method::kPost,
       .path = at + "typing",
       .access = kVisitorOnly,
       .summary = "Say that the visitor is typing",
       .body = typing,
       .status = 204,
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::typing)},
      {.method = Method::kPost,
       .path = at + "read",
       .access = kVisitorOnly,
       .summary = "Mark as read up to a message",
       .body = mark,
       .status = 204,
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::read)},
      {.method = Method::kPost,
       .path = at + "feedback",
       .access = kVisitorOnly,
       .summary = "Was the bot's answer any good",
       .body = verdict,
       .reply = message_schema(),
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::feedback)},
      {.method = Method::kPost,
       .path = at + "rating",
       .access = kVisitorOnly,
       .summary = "Rate the conversation",
       .body = rating,
       .reply = conversation_schema(),
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::rate)},
      {.method = Method::kPost,
       .path = at + "handover",
       .access = kVisitorOnly,
       .summary = "Talk to a person",
       .reply = conversation_schema(),
       .repeat = Repeat::kNatural,
       .handler = run(&Widget::hand_over)},
  };
}

}  // namespace zk::api
