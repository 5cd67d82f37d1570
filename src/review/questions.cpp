#include "review/questions.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "knowledge/articles.hpp"
#include "knowledge/sheet.hpp"
#include "text/text.hpp"

namespace zk::review {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

#define ZK_QUESTION "SELECT id, text, articles, source, author, created_at FROM regression_question "
constexpr Query kPage{
    "regression.page",
    ZK_QUESTION "WHERE ($1 = 0 OR id < $1) AND ($2 = '' OR articles LIKE $2) ORDER BY id DESC LIMIT $3"};
constexpr Query kAll{"regression.all", ZK_QUESTION "ORDER BY id"};
#undef ZK_QUESTION
constexpr Query kCount{"regression.count", "SELECT COUNT(*) FROM regression_question"};
constexpr Query kPut{
    "regression.put",
    "INSERT INTO regression_question (text, text_hash, expect, articles, source, author, created_at) VALUES "
    "($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (text_hash) DO UPDATE SET text = excluded.text, expect = "
    "excluded.expect, articles = excluded.articles, source = excluded.source, author = excluded.author, "
    "created_at = excluded.created_at RETURNING id"};
constexpr Query kDelete{"regression.delete", "DELETE FROM regression_question WHERE id = $1"};
constexpr Query kKnown{"regression.known", "SELECT 1 FROM regression_question WHERE text_hash = $1"};
// The trace says how the question was read: "alone" stands for itself, without what was said before.
constexpr Query kConfirmed{
    "regression.confirmed",
    "SELECT v.text, m.article_id FROM message m JOIN trace t ON t.message_id = m.id JOIN message v ON v.id = "
    "(SELECT MAX(x.id) FROM message x WHERE x.conversation_id = m.conversation_id AND x.id < m.id AND "
    "x.sender = 'visitor') WHERE m.decision = 'answer' AND m.feedback = 1 AND m.article_id <> '' AND v.pick "
    "= "
    "'' AND t.body LIKE '%\"thread\":\"alone\"%' ORDER BY m.id DESC LIMIT 2000"};

std::string hash_of(std::string_view text) {
  const auto normalised = text::normalise(text);
  std::array<unsigned char, 16> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(normalised.data()),
                     normalised.size(), nullptr, 0);
  std::string hex;
  for (const unsigned char c : hash) hex += fmt::format("{:02x}", c);
  return hex;
}

RegressionQuestion question_of(const Row& r) {
  RegressionQuestion q{.id = r.integer(0), .text = r.text(1), .source = r.text(3), .author = r.text(4)};
  json::error_code ec;
  const auto ids = json::parse(r.text(2), ec);
  if (!ec && ids.is_array())
    for (const auto& id : ids.get_array())
      if (id.is_string()) q.articles.emplace_back(id.get_string());
  q.created_at = r.time(5);
  return q;
}

Status check(Tx& tx, const RegressionQuestion& q) {
  if (text::normalise(q.text).empty())
    return fail(ErrorCode::kInvalidArgument, "question is empty; write what a customer would ask", "/text");
  if (q.text.size() > kMaxQuestionBytes)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("question is longer than {} bytes; shorten it", kMaxQuestionBytes), "/text");
  for (const auto& id : q.articles)
    if (const auto found = knowledge::find(tx, id); !found)
      return fail(found.error().code, fmt::format("there is no article {}", id), "/articles");
  return {};
}

}  // namespace

Result<RegressionQuestion> add(Tx& tx, RegressionQuestion q) {
  ZK_TRY_STATUS(check(tx, q));
  ZK_TRY(const auto count, count_questions(tx));
  if (count >= static_cast<std::int64_t>(kMostQuestions))
    return fail(ErrorCode::kTooLarge,
                fmt::format("there are {} regression questions already; delete some first", count));
  const auto ids = json::serialize(json::array(q.articles.begin(), q.articles.end()));
  const auto hash = hash_of(q.text);
  ZK_TRY(const auto row, tx.one(kPut, {q.text, hash, q.articles.empty() ? "none" : "answer", ids, q.source,
                                       q.author, q.created_at}));
  q.id = row.integer(0);
  return q;
}

Status remove(Tx& tx, std::int64_t id) {
  ZK_TRY(const auto rows, tx.run(kDelete, {id}));
  if (rows == 0) return fail(ErrorCode::kNotFound, "there is no such regression question");
  return {};
}

Result<QuestionPage> questions(Tx& tx, std::string_view article, std::int64_t before, int limit) {
  const auto like = article.empty() ? std::string() : fmt::format("%\"{}\"%", article);
  ZK_TRY(const auto rows, tx.all(kPage, {before, like, limit + 1}));
  QuestionPage page;
  for (const auto& r : rows) {
    if (static_cast<int>(page.questions.size()) == limit) {
      page.more = true;
      break;
    }
    page.questions.push_back(question_of(r));
  }
  return page;
}

Result<std::vector<RegressionQuestion>> all_questions(Tx& tx) {
  ZK_TRY(const auto rows, tx.all(kAll));
  std::vector<RegressionQuestion> out;
  for (const auto& r : rows) out.push_back(question_of(r));
  return out;
}

Result<std::int64_t> count_questions(Tx& tx) {
  ZK_TRY(const auto row, tx.one(kCount));
  return row.integer(0);
}

Result<QuestionImport> import_questions(storage::Db& db, std::string_view csv, const std::string& author,
                                        Timestamp now) {
  constexpr std::size_t kBatch = 200;
  ZK_TRY(const auto sheet, knowledge::read_csv(csv));
  if (sheet.empty()) return fail(ErrorCode::kMalformed, "the file is empty");
  int question = -1, articles = -1;
  for (std::size_t c = 0; c < sheet[0].cells.size(); ++c) {
    const auto name = text::normalise(sheet[0].cells[c]);
    if (name == "question" || name == "问题") question = static_cast<int>(c);
    if (name == "articles" || name == "知识编号") articles = static_cast<int>(c);
  }
  if (question < 0 || articles < 0)
    return fail(ErrorCode::kInvalidArgument,
                "the first row must name the columns question (问题) and articles (知识编号)");
  QuestionImport report;
  const auto cell = [](const knowledge::SheetRow& row, int column) {
    const auto c = static_cast<std::size_t>(column);
    return c < row.cells.size() ? row.cells[c] : std::string();
  };
  for (std::size_t from = 1; from < sheet.size(); from += kBatch) {
    const auto to = std::min(sheet.size(), from + kBatch);
    // A refused row must not undo its batch: what is wrong is found by reading, before anything is written.
    ZK_TRY(const auto batch, db.write(after(std::chrono::seconds(30)), [&](Tx& tx) -> Result<QuestionImport> {
      QuestionImport done;
      for (std::size_t i = from; i < to; ++i) {
        RegressionQuestion q{
            .text = cell(sheet[i], question), .source = "import", .author = author, .created_at = now};
        std::string rest = cell(sheet[i], articles);
        for (std::size_t at = 0; at < rest.size();) {
          const auto end = std::min(rest.find('|', at), rest.size());
          if (auto id = text::normalise(rest.substr(at, end - at)); !id.empty())
            q.articles.push_back(rest.substr(at, end - at));
          at = end + 1;
        }
        ++done.rows;
        const auto added = add(tx, std::move(q));
        if (added)
          ++done.kept;
        else if (added.error().code == ErrorCode::kInvalidArgument ||
                 added.error().code == ErrorCode::kNotFound || added.error().code == ErrorCode::kTooLarge)
          done.refused.push_back({sheet[i].number, added.error().message});
        else
          return tl::unexpected(added.error());
      }
      return done;
    }));
    report.rows += batch.rows;
    report.kept += batch.kept;
    report.refused.insert(report.refused.end(), batch.refused.begin(), batch.refused.end());
  }
  return report;
}

std::string export_questions(const std::vector<RegressionQuestion>& all) {
  std::vector<std::vector<std::string>> rows = {{"question", "articles", "source"}};
  for (const auto& q : all) rows.push_back({q.text, fmt::format("{}", fmt::join(q.articles, "|")), q.source});
  return knowledge::write_csv(rows);
}

Result<int> take_confirmed(Tx& tx, Timestamp now) {
  ZK_TRY(const auto rows, tx.all(kConfirmed));
  int taken = 0;
  for (const auto& r : rows) {
    const auto hash = hash_of(r.text(0));
    ZK_TRY(const auto known, tx.maybe(kKnown, {hash}));
    if (known || r.text(0).empty() || r.text(0).size() > kMaxQuestionBytes) continue;
    ZK_TRY(const auto count, count_questions(tx));
    if (count >= static_cast<std::int64_t>(kMostQuestions)) break;
    if (!knowledge::find(tx, r.text(1))) continue;
    ZK_TRY_STATUS(add(tx, {.text = r.text(0),
                           .articles = {r.text(1)},
                           .source = "feedback",
                           .author = "system",
                           .created_at = now})
                      .map([](const auto&) {}));
    ++taken;
  }
  return taken;
}

}  // namespace zk::review
