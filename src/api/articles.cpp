#include "api/articles.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "api/rows.hpp"
#include "knowledge/articles.hpp"
#include "knowledge/releases.hpp"

namespace zk::api {
namespace {

const Schema kArticleId = is::token(64);
const Schema kStatus = is::one_of({"draft", "published", "archived"});
// Two bounds at once: characters here, bytes in knowledge::check.
const std::vector<Field> kDraftFields = {{"category", is::line(100, 0)},
                                         {"question", is::line(500), kRequired, "standard question 标准问"},
                                         {"similar", is::list(is::line(1000), 5000), Presence::kOptional, "similar questions 相似问"},
                                         {"answer", is::blocks(), kRequired},
                                         {"valid_from", is::nullable(is::time())},
                                         {"valid_until", is::nullable(is::time()), Presence::kOptional, "exclusive"},
                                         {"channels", is::list(is::token(20), 20), Presence::kOptional, "empty: all"},
                                         {"language", is::locale()},
                                         {"translation_of", is::line(64, 0), Presence::kOptional, "id of the article this is a language version of"},
                                         {"status", kStatus}};
const Schema kChange = is::object("ArticleChange", kDraftFields);
const Schema kDraft = is::object("ArticleDraft", [] {
  auto fields = kDraftFields;
  fields.insert(fields.begin(), {"id", kArticleId, Presence::kOptional, "assigned when absent"});
  return fields;
}());
const Schema kArticle = is::object("Article", {{"id", is::line(64), kRequired},
                                               {"category", is::line(100, 0), kRequired},
                                               {"question", is::text(1, 500), kRequired},
                                               {"similar", is::list(is::text(1, 1000), 200'000), kRequired},
                                               {"answer", is::blocks(), kRequired},
                                               {"valid_from", is::nullable(is::time()), kRequired},
                                               {"valid_until", is::nullable(is::time()), kRequired},
                                               {"channels", is::list(is::line(100), 1000), kRequired},
                                               {"language", is::line(20), kRequired},
                                               {"translation_of", is::line(64, 0), kRequired},
                                               {"status", kStatus, kRequired},
                                               {"version", is::id(), kRequired},
                                               {"author", is::line(100, 0), kRequired},
                                               {"created_at", is::nullable(is::time()), kRequired},
                                               {"updated_at", is::nullable(is::time()), kRequired}});
const Schema kVersion = is::object("ArticleVersion", {{"version", is::id(), kRequired}, {"author", is::line(100, 0), kRequired}, {"at", is::time(), kRequired}, {"article", kArticle, kRequired}});
const Schema kVersions = is::object("ArticleVersions", {{"items", is::list(kVersion, 200), kRequired}});
const Schema kCategories = is::object("ArticleCategories", {{"items", is::list(is::line(100), 1000), kRequired}});
const Schema kFormat = is::one_of({"csv", "xlsx", "jsonl"});
const Schema kJobStarted = is::object("ImportStarted", {{"job_id", is::id(), kRequired}});
const Schema kRefused = is::object("ImportRefusal", {{"row", is::integer(0, 1'000'000'000), kRequired}, {"field", is::text(0, 200), kRequired}, {"reason", is::text(0, 1000), kRequired}});
const Schema kCount = is::integer(0, 1'000'000'000);
const Schema kJob = is::object("ImportJob", {{"job_id", is::id(), kRequired},
                                             {"state", is::one_of({"waiting", "running", "done", "failed"}), kRequired},
                                             {"dry_run", is::boolean(), kRequired},
                                             {"rows", kCount, kRequired},
                                             {"done", kCount, kRequired},
                                             {"kept", kCount, kRequired},
                                             {"created", kCount, kRequired},
                                             {"updated", kCount, kRequired},
                                             {"unchanged", kCount, kRequired},
                                             {"refused", is::list(kRefused, 200'000), kRequired},
                                             {"error", is::text(0, 1000), kRequired}});
const Schema kTry = is::object("TryQuestion", {{"q", is::text(1, 2000), kRequired}});
const std::vector<Field> kIdPath = {{"id", kArticleId}};

Article draft(const Fields& f, std::string id) {
  Article a;
  a.external_id = std::move(id);
  a.category = f.text("category");
  a.question = f.text("question");
  a.similar = f.texts("similar");
  a.answer = f.blocks("answer");
  a.valid_from = f.time("valid_from");
  a.valid_until = f.time("valid_until");
  a.channels = f.texts("channels");
  a.language = f.text("language", "zh-CN");
  a.translation_of = f.text("translation_of");
  a.status = article_status(f.text("status", "published")).value_or(ArticleStatus::kPublished);
  return a;
}

Reply article_reply(const Article& a) {
  auto reply = Context::text(knowledge::to_json(a));
  reply.headers.emplace_back("ETag", '"' + std::to_string(a.version) + '"');
  return reply;
}

Status after_edit(const Context& c, storage::Tx& tx, std::string_view id) { return knowledge::after_edit(tx, {std::string(id)}, c.caller().actor(), c.now()); }

knowledge::Save how(const Context& c, std::optional<std::int64_t> version = {}) { return {.author = c.caller().actor(), .expected_version = version, .now = c.now()}; }

Result<Reply> list_articles(Context& c) {
  knowledge::Filter filter{.text = std::string(c.query().text("q")), .category = std::string(c.query().text("category")), .language = std::string(c.query().text("language"))};
  if (c.query().has("status")) filter.status = article_status(c.query().text("status")).value_or(ArticleStatus::kPublished);
  knowledge::Position from;
  if (c.query().has("cursor")) {
    ZK_TRY(const auto at, read_cursor(c.query().text("cursor"), 2));
    from = {at[0], at[1]};
  }
  ZK_TRY(const auto page, c.read([&](storage::Tx& tx) { return knowledge::list(tx, filter, from, static_cast<int>(c.query().integer("limit", 50))); }));
  std::string out = R"({"items":[)";
  for (const auto& a : page.articles) (out += out.back() == '[' ? "" : ",") += knowledge::to_json(a);
  out += R"(],"next_cursor":)" + (page.next ? '"' + cursor({page.next->updated_at, page.next->id}) + '"' : std::string("null")) + "}";
  return Context::text(std::move(out));
}

Result<Reply> list_categories(Context& c) {
  ZK_TRY(const auto names, c.read([](storage::Tx& tx) { return knowledge::categories(tx); }));
  return Context::json(json::object{{"items", json::array(names.begin(), names.end())}});
}

Result<Reply> get_article(Context& c) {
  ZK_TRY(const auto a, c.read([&](storage::Tx& tx) { return knowledge::find(tx, c.path().text("id")); }));
  return article_reply(a);
}

Result<Reply> create_article(Context& c) {
  const Article a = draft(c.body(), std::string(c.body().text("id")));
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    if (!a.external_id.empty())
      if (const auto old = knowledge::find(tx, a.external_id); old) return fail(ErrorCode::kConflict, "an article with this id is there already; choose another id or leave it out", "/id");
    ZK_TRY(const auto saved, knowledge::save(tx, a, how(c)));
    ZK_TRY_STATUS(after_edit(c, tx, saved.article.external_id));
    return article_reply(saved.article);
  });
}

Result<Reply> put_article(Context& c) {
  ZK_TRY(const auto version, if_match(c));
  const Article a = draft(c.body(), std::string(c.path().text("id")));
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY_STATUS(knowledge::find(tx, a.external_id).map([](const Article&) {}));
    ZK_TRY(const auto saved, knowledge::save(tx, a, how(c, version)));
    ZK_TRY_STATUS(after_edit(c, tx, a.external_id));
    return article_reply(saved.article);
  });
}

Result<Reply> delete_article(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY_STATUS(knowledge::remove(tx, c.path().text("id"), how(c)));
    ZK_TRY_STATUS(after_edit(c, tx, c.path().text("id")));
    return Context::nothing();
  });
}

Result<Reply> restore_article(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto a, knowledge::restore(tx, c.path().text("id"), how(c)));
    ZK_TRY_STATUS(after_edit(c, tx, a.external_id));
    return article_reply(a);
  });
}

Result<Reply> list_versions(Context& c) {
  ZK_TRY(const auto rows, c.read([&](storage::Tx& tx) { return knowledge::versions(tx, c.path().text("id")); }));
  json::array items;
  for (const auto& v : rows) items.push_back(json::object{{"version", v.version}, {"author", v.author}, {"at", iso(v.at)}, {"article", parsed(v.body)}});
  return Context::json(json::object{{"items", std::move(items)}});
}

Result<Reply> start_import(Context& c, ImportJobs& jobs) {
  ZK_TRY(const auto format, knowledge::format(c.query().text("format")));
  ZK_TRY(const auto id, jobs.start(c.request().body, format, c.caller().actor(), c.query().integer("dry_run", 0) != 0));
  return Context::json(json::object{{"job_id", id}});
}

Result<Reply> get_import(Context& c, const ImportJobs& jobs) {
  ZK_TRY(const auto s, jobs.find(c.path().integer("job_id")));
  constexpr const char* kPhases[] = {"waiting", "running", "done", "failed"};
  json::array refused;
  for (const auto& r : s.report.refused) refused.push_back(json::object{{"row", r.row}, {"field", r.field}, {"reason", r.reason}});
  return Context::json(json::object{{"job_id", s.id},
                                    {"state", kPhases[static_cast<int>(s.phase)]},
                                    {"dry_run", s.dry_run},
                                    {"rows", s.rows},
                                    {"done", s.done},
                                    {"kept", s.report.kept},
                                    {"created", s.report.created},
                                    {"updated", s.report.updated},
                                    {"unchanged", s.report.unchanged},
                                    {"refused", std::move(refused)},
                                    {"error", s.error}});
}

Result<Reply> export_all(Context& c) {
  const auto name = c.query().text("format", "jsonl");
  ZK_TRY(const auto format, knowledge::format(name));
  ZK_TRY(auto bytes, knowledge::export_articles(c.db(), format));
  Reply reply{.body = std::move(bytes)};
  reply.content_type = format == knowledge::Format::kCsv ? "text/csv; charset=utf-8" : format == knowledge::Format::kXlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "application/x-ndjson";
  reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"articles." + std::string(name) + "\"");
  return reply;
}

}  // namespace

std::vector<Route> article_routes(const KnowledgeParts& parts) {
  using P = Permission;
  std::vector<Route> routes;
  routes.push_back({.method = Method::kGet, .path = "/api/v1/articles", .access = P::kKnowledgeRead, .summary = "Articles, newest edit first",
                    .query = page_query({{"q", is::text(0, 200)}, {"category", is::line(100, 0)}, {"status", kStatus}, {"language", is::locale()}}), .reply = is::page(kArticle), .handler = list_articles});
  routes.push_back({.method = Method::kGet, .path = "/api/v1/articles/categories", .access = P::kKnowledgeRead, .summary = "Categories in use", .reply = kCategories, .handler = list_categories});
  routes.push_back({.method = Method::kPost, .path = "/api/v1/articles", .access = P::kKnowledgeWrite, .summary = "Write an article", .body = kDraft, .status = 201, .reply = kArticle, .handler = create_article});
  routes.push_back({.method = Method::kPost, .path = "/api/v1/articles/import", .access = P::kKnowledgePublish, .summary = "Import a file of articles in the background",
                    .query = {{"format", kFormat, kRequired}, {"dry_run", is::integer(0, 1)}}, .raw_body = true, .max_body_bytes = static_cast<std::int64_t>(knowledge::kMaxFileBytes), .status = 202, .reply = kJobStarted, .repeat = Repeat::kNatural,
                    .handler = [&jobs = parts.jobs](Context& c) { return start_import(c, jobs); }});
  routes.push_back({.method = Method::kGet, .path = "/api/v1/articles/import/{job_id}", .access = P::kKnowledgePublish, .summary = "How an import is going", .path_fields = {{"job_id", is::id()}}, .reply = kJob, .handler = [&jobs = parts.jobs](Context& c) { return get_import(c, jobs); }});
  routes.push_back({.method = Method::kGet, .path = "/api/v1/articles/export", .access = P::kKnowledgeRead, .summary = "All articles as a file", .query = {{"format", kFormat}}, .reply_type = "text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, application/x-ndjson", .handler = export_all});
  routes.push_back({.method = Method::kPost, .path = "/api/v1/articles/try", .access = P::kKnowledgeRead, .summary = "What would be answered now", .body = kTry, .reply = is::any(), .repeat = Repeat::kNatural,
                    .handler = [try_it = parts.try_it](Context& c) -> Result<Reply> {
                      ZK_TRY(auto text, try_it(c.body().text("q"), c.now()));
                      return Context::text(std::move(text));
                    }});
  routes.push_back({.method = Method::kGet, .path = "/api/v1/articles/{id}", .access = P::kKnowledgeRead, .summary = "One article", .path_fields = kIdPath, .reply = kArticle, .handler = get_article});
  routes.push_back({.method = Method::kPut, .path = "/api/v1/articles/{id}", .access = P::kKnowledgeWrite, .summary = "Save an article as a new version", .path_fields = kIdPath, .headers = {{"If-Match", is::etag(), kRequired, "the version that was edited, like \"7\""}}, .body = kChange, .reply = kArticle, .handler = put_article});
  routes.push_back({.method = Method::kDelete, .path = "/api/v1/articles/{id}", .access = P::kKnowledgeWrite, .summary = "Delete an article (it can be restored)", .path_fields = kIdPath, .status = 204, .handler = delete_article});
  routes.push_back({.method = Method::kPost, .path = "/api/v1/articles/{id}/restore", .access = P::kKnowledgeWrite, .summary = "Restore a deleted article", .path_fields = kIdPath, .reply = kArticle, .handler = restore_article});
  routes.push_back({.method = Method::kGet, .path = "/api/v1/articles/{id}/versions", .access = P::kKnowledgeRead, .summary = "Versions of an article, newest first", .path_fields = kIdPath, .reply = kVersions, .handler = list_versions});
  routes.push_back({.method = Method::kGet, .path = "/api/v1/knowledge/status", .access = P::kKnowledgeRead, .summary = "What answers now, and how well", .reply = is::any(),
                    .handler = [status = parts.status](Context&) -> Result<Reply> {
                      ZK_TRY(auto text, status());
                      return Context::text(std::move(text));
                    }});
  return routes;
}

}  // namespace zk::api
