// Endpoints of the regression questions.
#include <boost/json.hpp>

#include "api/releases.hpp"
#include "api/rows.hpp"
#include "knowledge/files.hpp"
#include "review/questions.hpp"

namespace zk::api {
namespace {

const Schema kQuestion = is::object(
    "RegressionQuestion",
    {{"id", is::id(), kRequired},
     {"text", is::text(1, 1000), kRequired},
     {"articles", is::list(is::line(64), 50), kRequired, "any of them is right; empty: none answers it"},
     {"source", is::one_of({"editor", "import", "feedback"}), kRequired},
     {"author", is::line(100, 0), kRequired},
     {"created_at", is::nullable(is::time()), kRequired}});
const Schema kDraft =
    is::object("RegressionQuestionDraft",
               {{"text", is::line(1000), kRequired}, {"articles", is::list(is::token(64), 50), kRequired}});
const Schema kImported =
    is::object("RegressionImport",
               {{"rows", is::integer(0, 1'000'000'000), kRequired},
                {"kept", is::integer(0, 1'000'000'000), kRequired},
                {"refused",
                 is::list(is::object("RegressionRefusal", {{"row", is::integer(0, 1'000'000'000), kRequired},
                                                           {"reason", is::text(0, 1000), kRequired}}),
                          200'000),
                 kRequired}});

json::object object(const review::RegressionQuestion& q) {
  return {{"id", q.id},
          {"text", q.text},
          {"articles", json::array(q.articles.begin(), q.articles.end())},
          {"source", q.source},
          {"author", q.author},
          {"created_at", iso(q.created_at)}};
}

Result<Reply> list(Context& c) {
  std::int64_t before = 0;
  if (c.query().has("cursor")) {
    ZK_TRY(const auto at, read_cursor(c.query().text("cursor"), 1));
    before = at[0];
  }
  ZK_TRY(const auto page, c.read([&](storage::Tx& tx) {
    return review::questions(tx, c.query().text("article"), before,
                             static_cast<int>(c.query().integer("limit", 50)));
  }));
  json::array items;
  for (const auto& q : page.questions) items.push_back(object(q));
  const json::value next = page.more ? json::value(cursor({page.questions.back().id})) : json::value(nullptr);
  return Context::json(json::object{{"items", std::move(items)}, {"next_cursor", next}});
}

Result<Reply> add(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY(const auto q, review::add(tx, {.text = std::string(c.body().text("text")),
                                          .articles = c.body().texts("articles"),
                                          .source = "editor",
                                          .author = c.caller().actor(),
                                          .created_at = c.now()}));
    return Context::json(object(q));
  });
}

Result<Reply> remove(Context& c) {
  return c.write([&](storage::Tx& tx) -> Result<Reply> {
    ZK_TRY_STATUS(review::remove(tx, c.id()));
    return Context::nothing();
  });
}

Result<Reply> import_file(Context& c) {
  ZK_TRY(const auto report, review::import_questions(c.db(), c.request().body, c.caller().actor(), c.now()));
  json::array refused;
  for (const auto& r : report.refused) refused.push_back(json::object{{"row", r.row}, {"reason", r.reason}});
  return Context::json(
      json::object{{"rows", report.rows}, {"kept", report.kept}, {"refused", std::move(refused)}});
}

Result<Reply> export_file(Context& c) {
  ZK_TRY(const auto all, c.read(review::all_questions));
  Reply reply{.body = review::export_questions(all)};
  reply.content_type = "text/csv; charset=utf-8";
  reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"regression-questions.csv\"");
  return reply;
}

}  // namespace

std::vector<Route> regression_routes() {
  using P = Permission;
  const std::string path = "/api/v1/regression-questions";
  return {
      {.method = Method::kGet,
       .path = path,
       .access = P::kKnowledgeRead,
       .summary = "Questions every check asks, newest first",
       .query = page_query({{"article", is::token(64)}}),
       .reply = is::page(kQuestion),
       .handler = list},
      {.method = Method::kPost,
       .path = path,
       .access = P::kKnowledgeWrite,
       .summary = "Add a regression question, or change what one expects",
       .body = kDraft,
       .status = 201,
       .reply = kQuestion,
       .handler = add},
      {.method = Method::kDelete,
       .path = path + "/{id}",
       .access = P::kKnowledgeWrite,
       .summary = "Delete a regression question",
       .status = 204,
       .handler = remove},
      {.method = Method::kPost,
       .path = path + "/import",
       .access = P::kKnowledgeWrite,
       .summary = "Add the questions of a CSV file (question, articles)",
       .raw_body = true,
       .max_body_bytes = 16 * 1024 * 1024,
       .reply = kImported,
       .repeat = Repeat::kNatural,
       .handler = import_file},
      {.method = Method::kGet,
       .path = path + "/export",
       .access = P::kKnowledgeRead,
       .summary = "All regression questions as CSV",
       .reply_type = "text/csv",
       .handler = export_file},
  };
}

}  // namespace zk::api
