// Reading the event ledger and the audit table.
#include <boost/json.hpp>

#include "api/admin.hpp"
#include "api/rows.hpp"

namespace zk::api {
namespace {

const Schema kEvent = is::object("Event", {{"seq", is::id(), kRequired},
                                           {"kind", is::line(60), kRequired},
                                           {"at", is::time(), kRequired},
                                           {"inbox_id", is::nullable(is::id()), kRequired},
                                           {"conversation_id", is::nullable(is::id()), kRequired},
                                           {"contact_id", is::nullable(is::id()), kRequired},
                                           {"actor", is::line(60), kRequired},
                                           {"data", is::nullable(is::map(is::any(), 1000)), kRequired,
                                            "null when the caller may not read what it is about"}});
const Schema kAuditRow = is::object("AuditRow", {{"seq", is::id(), kRequired},
                                                 {"at", is::time(), kRequired},
                                                 {"actor", is::line(60), kRequired},
                                                 {"action", is::line(60), kRequired},
                                                 {"target", is::line(100, 0), kRequired},
                                                 {"detail", is::map(is::any(), 100), kRequired}});

constexpr storage::Query kAudit{
    "audit.list",
    "SELECT seq, at, actor, action, target, detail FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2"};

json::value none_or(std::int64_t id) { return id ? json::value(id) : json::value(nullptr); }

// Whoever may read reports may see that something happened; what was said only with the permission to read
// it.
bool may_see(const auth::Caller& caller, const storage::Event& e) {
  if (e.conversation_id != 0 && !caller.may(Permission::kConversationRead)) return false;
  if (e.contact_id != 0 && !caller.may(Permission::kContactRead)) return false;
  return !e.kind.starts_with("agent.") || caller.may(Permission::kConversationRead);
}

Result<Reply> events(Context& c) {
  const auto limit = static_cast<int>(c.query().integer("limit", 50));
  ZK_TRY(const auto rows, c.db().events_after(c.query().integer("after"), limit));
  json::array items;
  for (const auto& e : rows)
    items.push_back(
        json::object{{"seq", e.seq},
                     {"kind", e.kind},
                     {"at", iso(e.at)},
                     {"inbox_id", none_or(e.inbox_id)},
                     {"conversation_id", none_or(e.conversation_id)},
                     {"contact_id", none_or(e.contact_id)},
                     {"actor", e.actor},
                     {"data", may_see(c.caller(), e) ? parsed(e.payload) : json::value(nullptr)}});
  const bool more = static_cast<int>(rows.size()) == limit;
  return Context::json(json::object{
      {"items", std::move(items)},
      {"next_cursor", more ? json::value(std::to_string(rows.back().seq)) : json::value(nullptr)}});
}

Result<Reply> audit(Context& c) {
  ZK_TRY(const auto page, page_by_id(c, kAudit, INT64_MAX, [](const storage::Row& row) -> json::value {
           return json::object{{"seq", row.integer(0)}, {"at", iso(row.time(1))},
                               {"actor", row.text(2)},  {"action", row.text(3)},
                               {"target", row.text(4)}, {"detail", parsed(row.text(5))}};
         }));
  return Context::json(page);
}

}  // namespace

const std::vector<std::string>& event_kinds() {
  static const std::vector<std::string> kinds = {
      "conversation.created", "conversation.updated", "message.created",         "message.updated",
      "conversation.read",    "contact.updated",      "article.created",         "article.updated",
      "article.deleted",      "article.restored",     "agent.updated",           "inbox.updated",
      "team.updated",         "label.updated",        "canned_response.updated", "settings.updated",
      "knowledge.published",  "knowledge.checked",      "forbidden_words.updated"};
  return kinds;
}

std::vector<Route> ledger_routes() {
  const Schema events_page = is::object(
      "", {{"items", is::list(kEvent, 100), kRequired},
           {"next_cursor", is::nullable(is::token(20)), kRequired, "for ?after=; null at the end"}});
  return {{.method = Method::kGet,
           .path = "/api/v1/events",
           .access = Permission::kReportRead,
           .summary = "Read the event ledger, oldest first",
           .query = {{"after", is::integer(0, INT64_MAX), Presence::kOptional, "events with a greater seq"},
                     {"limit", is::integer(1, 100), Presence::kOptional, "50 if absent"}},
           .reply = events_page,
           .handler = events},
          {.method = Method::kGet,
           .path = "/api/v1/audit",
           .access = Permission::kAuditRead,
           .summary = "Read the audit table, newest first",
           .query = page_query(),
           .reply = is::page(kAuditRow),
           .handler = audit}};
}

std::vector<Route> admin_routes(auth::Auth& auth) {
  std::vector<Route> out;
  for (auto&& part : {session_routes(auth), agent_routes(auth), team_routes(), inbox_routes(auth),
                      label_routes(), canned_response_routes(), api_key_routes(auth), webhook_routes(auth),
                      forbidden_word_routes(), settings_routes(), ledger_routes()})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

}  // namespace zk::api
