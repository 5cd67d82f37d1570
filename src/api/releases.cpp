#include "api/releases.hpp"

#include <boost/json.hpp>

#include "api/rows.hpp"
#include "knowledge/articles.hpp"

namespace zk::api {
namespace {

constexpr int kMostChanges = 200;  // articles of the draft shown at once

const Schema kCount = is::integer(0, 1'000'000'000);
const Schema kRelease =
    is::object("Release", {{"number", is::id(), kRequired},
                           {"at", is::nullable(is::time()), kRequired},
                           {"author", is::line(100, 0), kRequired},
                           {"kind", is::one_of({"first", "publish", "at_once", "rollback"}), kRequired},
                           {"note", is::text(0, 500), kRequired},
                           {"back_to", kCount, kRequired, "roll-backs: the release that answers again"},
                           {"articles", kCount, kRequired},
                           {"added", kCount, kRequired},
                           {"changed", kCount, kRequired},
                           {"removed", kCount, kRequired},
                           {"check_id", kCount, kRequired, "0: none"},
                           {"override_reason", is::text(0, 500), kRequired},
                           {"figures", is::any(), kRequired, "{before, after} of its check, or null"}});
const Schema kCheck =
    is::object("ReleaseCheck", {{"id", is::id(), kRequired},
                                {"base_release", kCount, kRequired},
                                {"state", is::one_of({"running", "done", "cancelled", "failed"}), kRequired},
                                {"step", is::line(20, 0), kRequired, "build, learn, ask, compare"},
                                {"author", is::line(100, 0), kRequired},
                                {"started_at", is::nullable(is::time()), kRequired},
                                {"ended_at", is::nullable(is::time()), kRequired},
                                {"done", kCount, kRequired},
                                {"total", kCount, kRequired},
                                {"current", is::boolean(), kRequired, "made of the draft as it is now"},
                                {"report", is::any(), kRequired, "see docs/protocol.md; null until done"},
                                {"error", is::text(0, 1000), kRequired}});
const Schema kArticleSide = is::nullable(is::any());
const Schema kDraft = is::object(
    "ReleaseDraft",
    {{"release", kCount, kRequired, "that answers now; 0: none"},
     {"at_once", is::boolean(), kRequired, "edits answer without waiting"},
     {"changes", kCount, kRequired},
     {"items",
      is::list(is::object("DraftChange", {{"id", is::line(64), kRequired},
                                          {"what", is::one_of({"added", "changed", "removed"}), kRequired},
                                          {"before", kArticleSide, kRequired},
                                          {"after", kArticleSide, kRequired}}),
               kMostChanges),
      kRequired},
     {"check", is::nullable(kCheck), kRequired, "the newest of this draft"}});
const Schema kPublish = is::object(
    "ReleasePublish",
    {{"note", is::text(0, 500)},
     {"override_reason", is::text(0, 500), Presence::kOptional, "publishes what a check refused; audited"}});
const Schema kRollBack = is::object("ReleaseRollBack", {{"note", is::text(0, 500)}});
const Schema kStart =
    is::object("ReleaseCheckStart",
               {{"publish", is::boolean(), Presence::kOptional, "publish when it passes (knowledge.publish)"},
                {"note", is::text(0, 500)}});
const Schema kStarted = is::object("ReleaseCheckStarted", {{"id", is::id(), kRequired}});

json::object object(const knowledge::Release& r) {
  return {{"number", r.number},
          {"at", iso(r.at)},
          {"author", r.author},
          {"kind", r.kind},
          {"note", r.note},
          {"back_to", r.back_to},
          {"articles", r.articles},
          {"added", r.added},
          {"changed", r.changed},
          {"removed", r.removed},
          {"check_id", r.check_id},
          {"override_reason", r.override_reason},
          {"figures", r.figures.empty() ? json::value(nullptr) : parsed(r.figures)}};
}

json::object object(const review::CheckState& s, const std::string& content) {
  return {{"id", s.id},
          {"base_release", s.base_release},
          {"state", s.state},
          {"step", s.step},
          {"author", s.author},
          {"started_at", iso(s.started_at)},
          {"ended_at", iso(s.ended_at)},
          {"done", s.done},
          {"total", s.total},
          {"current", s.content == content},
          {"report", s.report.empty() ? json::value(nullptr) : parsed(s.report)},
          {"error", s.error}};
}

json::value side(const std::optional<Article>& a) {
  return a ? parsed(knowledge::to_json(*a)) : json::value(nullptr);
}

Result<Reply> list_releases(Context& c) {
  const auto limit = static_cast<int>(c.query().integer("limit", 50));
  std::int64_t before = 0;
  if (c.query().has("cursor")) {
    ZK_TRY(const auto at, read_cursor(c.query().text("cursor"), 1));
    before = at[0];
  }
  ZK_TRY(const auto all, c.read([&](storage::Tx& tx) { return knowledge::releases(tx, before, limit + 1); }));
  json::array items;
  json::value next = nullptr;
  for (const auto& r : all) {
    if (static_cast<int>(items.size()) == limit) {
      next = cursor({all[items.size() - 1].number});
      break;
    }
    items.push_back(object(r));
  }
  return Context::json(json::object{{"items", std::move(items)}, {"next_cursor", std::move(next)}});
}

Result<Reply> show_draft(Context& c, const review::Checks& checks) {
  json::object out;
  std::optional<review::CheckState> check;
  std::string content;
  ZK_TRY_STATUS(c.read([&](storage::Tx& tx) -> Status {
    out.clear();
    ZK_TRY(const auto live, knowledge::live_content(tx));
    ZK_TRY(const auto at_once, knowledge::goes_live_at_once(tx));
    ZK_TRY(const auto count, knowledge::count_changes(tx));
    const auto limit = static_cast<int>(c.query().integer("limit", kMostChanges));
    ZK_TRY(const auto changes, knowledge::changes(tx, limit));
    ZK_TRY(content, knowledge::draft_content(tx));
    ZK_TRY(check, review::Checks::latest(tx, content));
    json::array items;
    for (const auto& change : changes)
      items.push_back(json::object{{"id", (change.after ? change.after : change.before)->external_id},
                                   {"what", knowledge::to_string(change.what)},
                                   {"before", side(change.before)},
                                   {"after", side(change.after)}});
    out = {{"release", live.release}, {"at_once", at_once}, {"changes", count}, {"items", std::move(items)}};
    return {};
  }));
  if (check && check->state == "running") {
    ZK_TRY(check, checks.find(check->id));
  }
  out["check"] = check ? json::value(object(*check, content)) : json::value(nullptr);
  return Context::json(out);
}

review::Gate gate(const Context& c) {
  return {.actor = c.caller().actor(),
          .note = std::string(c.body().text("note")),
          .override_reason = {},
          .now = c.now()};
}

Result<Reply> publish(Context& c, const review::Checks& checks) {
  auto how = gate(c);
  how.override_reason = c.body().text("override_reason");
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto made, checks.publish(tx, how));
    return Context::json(object(made));
  });
}

Result<Reply> roll_back(Context& c, const review::Checks& checks) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto made, checks.roll_back(tx, c.id(), gate(c)));
    return Context::json(object(made));
  });
}

Result<Reply> start_check(Context& c, review::Checks& checks) {
  const bool publish = c.body().boolean("publish");
  if (publish) ZK_TRY_STATUS(c.require(Permission::kKnowledgePublish));
  ZK_TRY(const auto id,
         checks.start(
             {.actor = c.caller().actor(), .publish = publish, .note = std::string(c.body().text("note"))}));
  return Context::json(json::object{{"id", id}});
}

Result<Reply> get_check(Context& c, const review::Checks& checks) {
  ZK_TRY(const auto state, checks.find(c.id()));
  ZK_TRY(const auto content, c.read(knowledge::draft_content));
  return Context::json(object(state, content));
}

Result<Reply> cancel_check(Context& c, review::Checks& checks) {
  ZK_TRY_STATUS(checks.cancel(c.id()));
  return Context::nothing();
}

}  // namespace

std::vector<Route> release_routes(review::Checks& checks) {
  using P = Permission;
  return {
      {.method = Method::kGet,
       .path = "/api/v1/releases",
       .access = P::kKnowledgeRead,
       .summary = "Releases, newest first; the newest answers",
       .query = page_query(),
       .reply = is::page(kRelease),
       .handler = list_releases},
      {.method = Method::kPost,
       .path = "/api/v1/releases",
       .access = P::kKnowledgePublish,
       .summary = "Publish the draft",
       .body = kPublish,
       .status = 201,
       .reply = kRelease,
       .handler = [&checks](Context& c) { return publish(c, checks); }},
      {.method = Method::kGet,
       .path = "/api/v1/releases/draft",
       .access = P::kKnowledgeRead,
       .summary = "What publishing would change",
       .query = {{"limit", is::integer(0, kMostChanges), Presence::kOptional, "articles shown, by id; 200 if absent"}},
       .reply = kDraft,
       .handler = [&checks](Context& c) { return show_draft(c, checks); }},
      {.method = Method::kPost,
       .path = "/api/v1/releases/{id}/rollback",
       .access = P::kKnowledgePublish,
       .summary = "Answer again as in an earlier release",
       .body = kRollBack,
       .status = 201,
       .reply = kRelease,
       .handler = [&checks](Context& c) { return roll_back(c, checks); }},
      {.method = Method::kPost,
       .path = "/api/v1/releases/checks",
       .access = P::kKnowledgeWrite,
       .summary = "Check the draft in the background",
       .body = kStart,
       .status = 202,
       .reply = kStarted,
       .repeat = Repeat::kNatural,
       .handler = [&checks](Context& c) { return start_check(c, checks); }},
      {.method = Method::kGet,
       .path = "/api/v1/releases/checks/{id}",
       .access = P::kKnowledgeRead,
       .summary = "Progress and report of a check",
       .reply = kCheck,
       .handler = [&checks](Context& c) { return get_check(c, checks); }},
      {.method = Method::kDelete,
       .path = "/api/v1/releases/checks/{id}",
       .access = P::kKnowledgeWrite,
       .summary = "Cancel a running check",
       .status = 204,
       .handler = [&checks](Context& c) { return cancel_check(c, checks); }},
  };
}

}  // namespace zk::api
