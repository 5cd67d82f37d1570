// Contacts, agents' notes about them, and the report of the home page.
#include <boost/json.hpp>

#include "api/conversations.hpp"
#include "conversation/report.hpp"

namespace zk::api {
namespace {
using namespace conversing;
using conversation::JsonWriter;
using conversation::Service;

const Schema kChange = is::object(
    "ContactChange", {{"name", is::line(200, 0)},
                      {"attributes", is::map(is::any(), 100), Presence::kOptional, "replaces those there"}});
const Schema kNote = is::object("ContactNote", {{"id", is::id(), kRequired},
                                                {"agent_id", is::nullable(is::id()), kRequired},
                                                {"agent_name", is::nullable(is::line(200)), kRequired},
                                                {"text", is::text(1, 5000), kRequired},
                                                {"personal", marks_schema(), kRequired},
                                                {"created_at", is::nullable(is::time()), kRequired}});
const Schema kNoteDraft = is::object("ContactNoteDraft", {{"text", is::text(1, 5000), kRequired}});

Schema figure() { return is::integer(0, 1'000'000'000); }
const Schema kOverview = is::object(
    "Overview",
    {{"open", figure(), kRequired},
     {"waiting", figure(), kRequired},
     {"human", figure(), kRequired},
     {"bot_open", figure(), kRequired},
     {"today",
      is::object("OverviewToday",
                 {{"conversations", figure(), kRequired, "begun since midnight"},
                  {"answered_by_bot", figure(), kRequired, "answers the bot gave"},
                  {"clarified", figure(), kRequired, "questions the bot asked back"},
                  {"handed_over", figure(), kRequired, "of those begun: that needed a person"},
                  {"resolved", figure(), kRequired},
                  {"median_first_response_s", is::nullable(is::number(0, 1'000'000'000)), kRequired,
                   "from the hand-over to the agent's first words"},
                  {"csat", is::nullable(is::number(0, 1)), kRequired, "share of ratings 4 and 5"}}),
      kRequired},
     {"series",
      is::list(is::object("OverviewDay", {{"day", is::line(10), kRequired},
                                          {"conversations", figure(), kRequired},
                                          {"bot_resolved", figure(), kRequired},
                                          {"handed_over", figure(), kRequired}}),
               90),
      kRequired},
     {"by_hour", is::list(figure(), 24, 24), kRequired},
     {"top_articles",
      is::list(is::object("OverviewArticle", {{"id", is::text(1, 64), kRequired},
                                              {"question", is::text(0, 500), kRequired},
                                              {"count", figure(), kRequired}}),
               10),
      kRequired},
     {"unanswered",
      is::list(is::object("OverviewQuestion",
                          {{"q", is::text(1, 20'000), kRequired}, {"count", figure(), kRequired}}),
               10),
      kRequired}});

Reply contact_reply(const conversation::ContactRecord& contact) {
  JsonWriter w;
  write(w, contact);
  return Context::text(w.take());
}

Result<Reply> list(Context& c) {
  ZK_TRY(const auto from, cursor_of(c));
  ZK_TRY(const auto page, c.read([&](storage::Tx& tx) {
    return conversation::contacts(tx, c.query().text("q"), from, limit_of(c));
  }));
  return page_reply<conversation::ContactRecord>(
      page, [](JsonWriter& w, const auto& contact) { write(w, contact); });
}

Result<Reply> get(Context& c) {
  ZK_TRY(const auto found,
         c.read([&](storage::Tx& tx) { return conversation::contact(tx, ContactId{c.id()}); }));
  return contact_reply(found);
}

Result<Reply> change(Context& c, Service& s) {
  std::optional<std::string> name, attributes;
  if (c.body().has("name")) name = std::string(c.body().text("name"));
  if (c.body().has("attributes")) attributes = json::serialize(c.body().value("attributes"));
  ZK_TRY(const auto changed,
         s.contacts().update(ContactId{c.id()}, name, attributes, actor_of(c.caller()), c.deadline()));
  return contact_reply(changed);
}

Result<Reply> notes(Context& c) {
  ZK_TRY(const auto from, cursor_of(c));
  ZK_TRY(const auto page, c.read([&](storage::Tx& tx) {
    return conversation::notes(tx, ContactId{c.id()}, from, limit_of(c));
  }));
  return page_reply<conversation::ContactNote>(page, [](JsonWriter& w, const auto& note) { write(w, note); });
}

Result<Reply> add_note(Context& c, Service& s) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto note,
           s.contacts().add_note(tx, ContactId{c.id()}, c.body().text("text"), actor_of(c.caller())));
    JsonWriter w(256);
    write(w, note);
    return Context::text(w.take());
  });
}

Result<Reply> overview(Context& c) {
  const auto days = static_cast<int>(c.query().integer("days", 7));
  const std::chrono::minutes offset(c.query().integer("utc_offset_minutes", 480));
  ZK_TRY(const auto figures,
         c.read([&](storage::Tx& tx) { return conversation::overview(tx, c.now(), days, offset); }));
  JsonWriter w(4096);
  write(w, figures);
  return Context::text(w.take());
}

}  // namespace

std::vector<Route> contact_routes(Service& s) {
  constexpr auto kRead = Permission::kContactRead, kWrite = Permission::kContactWrite;
  return {
      {.method = Method::kGet,
       .path = "/api/v1/contacts",
       .access = kRead,
       .summary = "List contacts, seen last first",
       .query = page_query({{"q", is::text(0, 200), Presence::kOptional,
                             "a part of the name, external id, e-mail address or number as shown; by full value: POST /contacts/search"}}),
       .reply = is::page(contact_schema()),
       .handler = list},
      {.method = Method::kGet,
       .path = "/api/v1/contacts/{id}",
       .access = kRead,
       .summary = "Get a contact",
       .reply = contact_schema(),
       .handler = get},
      {.method = Method::kPatch,
       .path = "/api/v1/contacts/{id}",
       .access = kWrite,
       .summary = "Change a contact",
       .body = kChange,
       .reply = contact_schema(),
       .handler = [&](Context& c) { return change(c, s); }},
      {.method = Method::kGet,
       .path = "/api/v1/contacts/{id}/notes",
       .access = kRead,
       .summary = "Notes of agents about a contact, newest first",
       .query = page_query(),
       .reply = is::page(kNote),
       .handler = notes},
      {.method = Method::kPost,
       .path = "/api/v1/contacts/{id}/notes",
       .access = kWrite,
       .summary = "Add a note",
       .body = kNoteDraft,
       .status = 201,
       .reply = kNote,
       .handler = [&](Context& c) { return add_note(c, s); }},
  };
}

std::vector<Route> report_routes() {
  return {{.method = Method::kGet,
           .path = "/api/v1/reports/overview",
           .access = Permission::kReportRead,
           .summary = "Figures of the home page",
           .query = {{"days", is::integer(1, 90), Presence::kOptional,
                      "the span of series and rankings, today included; 7"},
                     {"utc_offset_minutes", is::integer(-720, 840), Presence::kOptional,
                      "where midnight is; 480 (UTC+8)"}},
           .reply = kOverview,
           .handler = overview}};
}

}  // namespace zk::api
