#include "api/flows.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "api/rows.hpp"
#include "flow/store.hpp"
#include "flow/testing.hpp"

namespace zk::api {
namespace {

constexpr auto kMost = static_cast<std::int64_t>(flow::kMostBytes);

const Schema kNumber = is::integer(0, 1'000'000'000);
const Schema kSource = is::text(1, kMost);
const std::vector<Field> kFields = {
    {"id", is::id(), kRequired},
    {"name", is::line(40), kRequired},
    {"title", is::line(1'000, 0), kRequired, "of the newest version; empty while that does not parse"},
    {"article", is::line(1'000, 0), kRequired,
     "whose place it takes: of the published version, else of the newest"},
    {"state", is::one_of({"draft", "published", "changed"}), kRequired,
     "changed: published, and edited since"},
    {"version", kNumber, kRequired, "the newest"},
    {"published", kNumber, kRequired, "the version that runs; 0: none"},
    {"author", is::line(100, 0), kRequired},
    {"created_at", is::nullable(is::time()), kRequired},
    {"updated_at", is::nullable(is::time()), kRequired}};
const Schema kFlow = is::object("Flow", kFields);
const Schema kWhole = is::object("FlowText", [] {
  auto fields = kFields;
  fields.push_back({"source", kSource, kRequired, "YAML of the newest version"});
  return fields;
}());
const Schema kVersion =
    is::object("FlowVersion", {{"version", kNumber, kRequired},
                               {"state", is::one_of({"draft", "published", "former"}), kRequired},
                               {"author", is::line(100, 0), kRequired},
                               {"at", is::nullable(is::time()), kRequired},
                               {"published_at", is::nullable(is::time()), kRequired},
                               {"source", kSource, kRequired}});
const Schema kVersions =
    is::object("FlowVersions",
               {{"items", is::list(kVersion, static_cast<std::int64_t>(flow::kMostVersions)), kRequired}});
const Schema kDraft =
    is::object("FlowDraft", {{"name", is::line(40), kRequired, "a-z, 0-9 and _; as in the text"},
                             {"source", kSource, kRequired, "YAML; need not be right yet"}});
const Schema kSave = is::object("FlowSave", {{"source", kSource, kRequired}});
const Schema kWhich = is::object("FlowPublish", {{"version", is::id(), kRequired}});
const Schema kTry = is::object("FlowTry", {{"source", kSource, kRequired}});
const Schema kFault =
    is::object("FlowFault", {{"line", kNumber, kRequired}, {"message", is::text(0, 4'000), kRequired}});
const Schema kTurn =
    is::object("FlowTurn", {{"line", kNumber, kRequired},
                            {"customer", is::text(0, 1'000), kRequired},
                            {"said", is::text(0, 400'000), kRequired},
                            {"end", is::line(20, 0), kRequired, "answer, handover, cancelled"},
                            {"failure", is::text(0, 400'000), kRequired}});
const Schema kReport = is::object(
    "FlowReport",
    {{"passes", is::boolean(), kRequired},
     {"fault", is::nullable(kFault), kRequired, "why it cannot run at all"},
     {"tests",
      is::list(is::object("FlowTest", {{"name", is::text(0, 1'000), kRequired},
                                       {"line", kNumber, kRequired},
                                       {"passed", is::boolean(), kRequired},
                                       {"turns", is::list(kTurn, static_cast<std::int64_t>(flow::kMostTurns)),
                                        kRequired}}),
               static_cast<std::int64_t>(flow::kMostTests)),
      kRequired}});

json::object object(const flow::Stored& f) {
  const auto parsed = flow::parse(f.source);
  const char* state = f.published == 0 ? "draft" : f.published == f.version ? "published" : "changed";
  return {{"id", f.id},
          {"name", f.name},
          {"title", parsed ? parsed->title.zh : ""},
          {"article", !f.article.empty() ? f.article
                      : parsed           ? parsed->article
                                         : ""},
          {"state", state},
          {"version", f.version},
          {"published", f.published},
          {"author", f.author},
          {"created_at", iso(f.created_at)},
          {"updated_at", iso(f.updated_at)}};
}

Reply whole(const flow::Stored& f) {
  auto o = object(f);
  o["source"] = f.source;
  auto reply = Context::json(o);
  reply.headers.emplace_back("ETag", '"' + std::to_string(f.version) + '"');
  return reply;
}

// "line 12: …" in its two parts.
json::object fault(std::string_view message) {
  constexpr std::string_view kLine = "line ";
  int line = 0;
  if (message.starts_with(kLine)) {
    const auto rest = message.substr(kLine.size());
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), line);
    if (error == std::errc{} && rest.substr(static_cast<std::size_t>(end - rest.data())).starts_with(": "))
      message = rest.substr(static_cast<std::size_t>(end - rest.data()) + 2);
  }
  return {{"line", line}, {"message", message}};
}

flow::How how(const Context& c) { return {c.caller().actor(), c.now()}; }

Status audit(const Context& c, storage::Tx& tx, const char* action, const flow::Stored& f,
             std::int64_t version) {
  return c.audit(tx, action, "flow:" + f.name, {{"version", version}});
}

Result<Reply> list(Context& c) {
  ZK_TRY(const auto all, c.read(flow::flows));
  json::array items;
  for (const auto& f : all) items.push_back(object(f));
  return Context::json(json::object{{"items", std::move(items)}, {"next_cursor", nullptr}});
}

Result<Reply> get(Context& c) {
  ZK_TRY(const auto f, c.read([&](storage::Tx& tx) { return flow::find(tx, c.id()); }));
  return whole(f);
}

Result<Reply> list_versions(Context& c) {
  std::int64_t running = 0;
  ZK_TRY(const auto all, c.read([&](storage::Tx& tx) -> Result<std::vector<flow::Version>> {
    ZK_TRY(const auto f, flow::find(tx, c.id()));
    running = f.published;
    return flow::versions(tx, c.id());
  }));
  json::array items;
  for (const auto& v : all) {
    const char* state = v.number == running             ? "published"
                        : v.published_at == Timestamp{} ? "draft"
                                                        : "former";
    items.push_back(json::object{{"version", v.number},
                                 {"state", state},
                                 {"author", v.author},
                                 {"at", iso(v.at)},
                                 {"published_at", iso(v.published_at)},
                                 {"source", v.source}});
  }
  return Context::json(json::object{{"items", std::move(items)}});
}

Result<Reply> create(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto f, flow::create(tx, std::string(c.body().text("name")),
                                      std::string(c.body().text("source")), how(c)));
    ZK_TRY_STATUS(audit(c, tx, "flow.created", f, f.version));
    return whole(f);
  });
}

Result<Reply> save(Context& c) {
  ZK_TRY(const auto expected, if_match(c));
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto f, flow::save(tx, c.id(), std::string(c.body().text("source")), expected, how(c)));
    if (f.version != expected) ZK_TRY_STATUS(audit(c, tx, "flow.saved", f, f.version));
    return whole(f);
  });
}

Result<Reply> erase(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto f, flow::find(tx, c.id()));
    ZK_TRY_STATUS(flow::remove(tx, c.id(), how(c)));
    ZK_TRY_STATUS(audit(c, tx, "flow.deleted", f, f.version));
    return Context::nothing();
  });
}

Result<Reply> try_it(Context& c) {
  json::array tests;
  bool passes = true;
  const auto flow = flow::parse(c.body().text("source"));
  if (!flow) {
    return Context::json(
        json::object{{"passes", false}, {"fault", fault(flow.error().message)}, {"tests", std::move(tests)}});
  }
  for (const auto& r : flow::run_tests(*flow, c.now())) {
    json::array turns;
    for (const auto& t : r.turns)
      turns.push_back(json::object{{"line", t.line},
                                   {"customer", t.customer},
                                   {"said", t.said},
                                   {"end", t.end},
                                   {"failure", t.failure}});
    passes = passes && r.passed;
    tests.push_back(
        json::object{{"name", r.name}, {"line", r.line}, {"passed", r.passed}, {"turns", std::move(turns)}});
  }
  return Context::json(json::object{{"passes", passes}, {"fault", nullptr}, {"tests", std::move(tests)}});
}

// The version the body names, when it may go live. Outside the transaction: its conversations take a while.
Result<flow::Flow> checked(const Context& c, const flow::Actions& actions) {
  std::string name;
  ZK_TRY(const auto version, c.read([&](storage::Tx& tx) -> Result<flow::Version> {
    ZK_TRY(const auto f, flow::find(tx, c.id()));
    name = f.name;
    return flow::version(tx, c.id(), c.body().integer("version"));
  }));
  return flow::check(version.source, name, &actions, c.now());
}

Result<Reply> publish(Context& c, const flow::Actions& actions) {
  ZK_TRY(const auto flow, checked(c, actions));
  const auto number = c.body().integer("version");
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto f, flow::publish(tx, c.id(), number, flow, how(c)));
    ZK_TRY_STATUS(audit(c, tx, "flow.published", f, number));
    return whole(f);
  });
}

Result<Reply> roll_back(Context& c, const flow::Actions& actions) {
  ZK_TRY(const auto flow, checked(c, actions));
  const auto to = c.body().integer("version");
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto f, flow::roll_back(tx, c.id(), to, flow, how(c)));
    ZK_TRY_STATUS(audit(c, tx, "flow.rolled_back", f, to));
    return whole(f);
  });
}

std::vector<Route> reading(const std::string& path) {
  using P = Permission;
  return {{.method = Method::kGet,
           .path = path,
           .access = P::kKnowledgeRead,
           .summary = "Flows, by name",
           .query = page_query(),
           .reply = is::page(kFlow),
           .handler = list},
          {.method = Method::kGet,
           .path = path + "/{id}",
           .access = P::kKnowledgeRead,
           .summary = "One flow with the text of its newest version",
           .reply = kWhole,
           .handler = get},
          {.method = Method::kGet,
           .path = path + "/{id}/versions",
           .access = P::kKnowledgeRead,
           .summary = "Versions of a flow, newest first",
           .reply = kVersions,
           .handler = list_versions},
          {.method = Method::kPost,
           .path = path + "/test",
           .access = P::kKnowledgeRead,
           .summary = "Run the conversations written in a flow; nothing outside is called",
           .body = kTry,
           .reply = kReport,
           .repeat = Repeat::kNatural,
           .handler = try_it}};
}

}  // namespace

std::vector<Route> flow_routes(const flow::Actions& actions) {
  using P = Permission;
  const std::string path = "/api/v1/flows";
  auto out = reading(path);
  out.push_back({.method = Method::kPost,
                 .path = path,
                 .access = P::kKnowledgeWrite,
                 .summary = "Write a flow; it runs once it is published",
                 .body = kDraft,
                 .status = 201,
                 .reply = kWhole,
                 .handler = create});
  out.push_back({.method = Method::kPut,
                 .path = path + "/{id}",
                 .access = P::kKnowledgeWrite,
                 .summary = "Save a flow as a new version",
                 .headers = {{"If-Match", is::etag(), kRequired, "the version that was edited, like \"7\""}},
                 .body = kSave,
                 .reply = kWhole,
                 .handler = save});
  out.push_back({.method = Method::kDelete,
                 .path = path + "/{id}",
                 .access = P::kKnowledgePublish,
                 .summary = "Delete a flow: its article answers again",
                 .status = 204,
                 .handler = erase});
  out.push_back(
      {.method = Method::kPost,
       .path = path + "/{id}/publish",
       .access = P::kKnowledgePublish,
       .summary = "Let a version run; refused, naming the line, unless it parses and its conversations pass",
       .body = kWhich,
       .reply = kWhole,
       .handler = [&actions](Context& c) { return publish(c, actions); }});
  out.push_back({.method = Method::kPost,
                 .path = path + "/{id}/rollback",
                 .access = P::kKnowledgePublish,
                 .summary = "Make a new version with the text of an earlier one, and let it run",
                 .body = kWhich,
                 .reply = kWhole,
                 .handler = [&actions](Context& c) { return roll_back(c, actions); }});
  return out;
}

}  // namespace zk::api
