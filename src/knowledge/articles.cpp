#include "knowledge/articles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "text/text.hpp"

namespace zk::knowledge {
namespace json = boost::json;
using storage::Query;
using storage::Row;
using storage::Tx;

namespace {

#define ZK_ARTICLE                                                                                    \
  "SELECT id, external_id, category, question, answer, valid_from, valid_until, channels, language, " \
  "translation_of, status, version, author, created_at, updated_at, deleted_at FROM article "
constexpr Query kByExternal{"article.by_external", ZK_ARTICLE "WHERE external_id = $1"};
constexpr Query kAll{"article.all", ZK_ARTICLE "WHERE deleted_at = 0 ORDER BY external_id"};
constexpr Query kPage{"article.page", ZK_ARTICLE
                      "WHERE deleted_at = 0 AND ($1 = '' OR category = $1) AND ($2 = '' OR language = $2) "
                      "AND ($3 = '' OR status = $3) "
                      "AND ($4 = 0 OR updated_at < $4 OR (updated_at = $4 AND id < $5)) ORDER BY updated_at "
                      "DESC, id DESC LIMIT $6"};
#undef ZK_ARTICLE
constexpr Query kSimilar{"article.similar",
                         "SELECT text FROM article_similar WHERE article_id = $1 ORDER BY position"};
constexpr Query kAllSimilar{"article.all_similar",
                            "SELECT s.article_id, s.text FROM article_similar s JOIN article a ON a.id = "
                            "s.article_id WHERE a.deleted_at = 0 ORDER BY s.article_id, s.position"};
constexpr Query kInsert{
    "article.insert",
    "INSERT INTO article (external_id, category, question, answer, valid_from, valid_until, channels, "
    "language, translation_of, status, version, author, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $12) RETURNING id"};
constexpr Query kUpdate{
    "article.update",
    "UPDATE article SET category = $2, question = $3, answer = $4, valid_from = $5, valid_until = $6, "
    "channels = $7, language = $8, translation_of = $9, status = $10, "
    "version = version + 1, author = $11, updated_at = $12, deleted_at = 0 WHERE id = $1"};
constexpr Query kAssign{"article.assign_id", "UPDATE article SET external_id = $2 WHERE id = $1"};
constexpr Query kDropSimilar{"article.drop_similar", "DELETE FROM article_similar WHERE article_id = $1"};
constexpr Query kAddSimilar{
    "article.add_similar",
    "INSERT INTO article_similar (article_id, position, text, source) VALUES ($1, $2, $3, $4)"};
constexpr Query kAddVersion{
    "article.add_version",
    "INSERT INTO article_version (article_id, version, author, at, body) VALUES ($1, $2, $3, $4, $5)"};
constexpr Query kVersions{"article.versions",
                          "SELECT v.version, v.author, v.at, v.body FROM article_version v JOIN article a ON "
                          "a.id = v.article_id WHERE a.external_id = $1 ORDER BY v.version DESC LIMIT 200"};
constexpr Query kDelete{
    "article.delete",
    "UPDATE article SET deleted_at = $2, updated_at = $2 WHERE external_id = $1 AND deleted_at = 0"};
constexpr Query kUndelete{
    "article.undelete",
    "UPDATE article SET deleted_at = 0, updated_at = $2 WHERE external_id = $1 AND deleted_at > 0"};
constexpr Query kCategories{"article.categories",
                            "SELECT DISTINCT category FROM article WHERE deleted_at = 0 AND category <> '' "
                            "ORDER BY category LIMIT 1000"};

std::string list_json(const std::vector<std::string>& v) {
  return json::serialize(json::array(v.begin(), v.end()));
}

Result<Article> from_row(const Row& r) {
  Article a;
  a.id = r.id<ArticleId>(0);
  a.external_id = r.text(1);
  a.category = r.text(2);
  a.question = r.text(3);
  auto answer = blocks_from_json(r.text(4));
  if (!answer)
    return fail(ErrorCode::kDataLoss, "a stored article cannot be read", {},
                fmt::format("article {}: {}", a.id.value, answer.error().message));
  a.answer = *std::move(answer);
  a.valid_from = r.time(5);
  a.valid_until = r.time(6);
  json::error_code ec;
  const auto channels = json::parse(r.text(7), ec);
  if (!ec && channels.is_array())
    for (const auto& c : channels.get_array())
      if (c.is_string()) a.channels.emplace_back(c.get_string());
  a.language = r.text(8);
  a.translation_of = r.text(9);
  ZK_TRY(a.status, article_status(r.text(10)));
  a.version = r.integer(11);
  a.author = r.text(12);
  a.created_at = r.time(13);
  a.updated_at = r.time(14);
  return a;
}

struct Stored {
  Article article;
  bool deleted = false;
};
Result<std::optional<Stored>> load(Tx& tx, std::string_view external_id) {
  ZK_TRY(const auto row, tx.maybe(kByExternal, {external_id}));
  if (!row) return std::optional<Stored>{};
  ZK_TRY(Article a, from_row(*row));
  ZK_TRY(const auto rows, tx.all(kSimilar, {a.id}));
  for (const auto& r : rows) a.similar.push_back(r.text(0));
  return std::optional<Stored>{Stored{std::move(a), row->integer(15) != 0}};
}

Status announce(Tx& tx, const char* kind, const Article& a, const Save& how) {
  if (!how.announce) return {};
  const json::object data{{"id", a.external_id},
                          {"version", a.version},
                          {"question", a.question},
                          {"status", to_string(a.status)}};
  ZK_TRY([[maybe_unused]] const auto seq, tx.append({.at = how.now,
                                                     .kind = kind,
                                                     .actor = how.author,
                                                     .audience = "agents",
                                                     .payload = json::serialize(data)}));
  return {};
}

Status write_parts(Tx& tx, const Article& a, const Save& how) {
  ZK_TRY_STATUS(tx.run(kDropSimilar, {a.id}).map([](auto) {}));
  std::int64_t position = 0;
  for (const auto& s : a.similar)
    ZK_TRY_STATUS(tx.run(kAddSimilar, {a.id, position++, s, how.author}).map([](auto) {}));
  return tx.run(kAddVersion, {a.id, a.version, how.author, how.now, to_json(a)}).map([](auto) {});
}

Status insert(Tx& tx, Article& a, const Save& how) {
  const bool assign = a.external_id.empty();
  // The row needs a unique id before its number is known; it is replaced before another row can come.
  const std::string first = assign ? fmt::format("new:{}", to_micros(how.now)) : a.external_id;
  ZK_TRY(const auto row, tx.one(kInsert, {first, a.category, a.question, blocks_to_json(a.answer),
                                          a.valid_from, a.valid_until, list_json(a.channels), a.language,
                                          a.translation_of, to_string(a.status), how.author, how.now}));
  a.id = row.id<ArticleId>(0);
  a.version = 1;
  a.created_at = a.updated_at = how.now;
  if (assign) {
    a.external_id = fmt::format("A{}", a.id.value);
    ZK_TRY_STATUS(tx.run(kAssign, {a.id, a.external_id}).map([](auto) {}));
  }
  return write_parts(tx, a, how);
}

Status length(std::string_view value, std::size_t most, const char* field, const char* name) {
  if (value.size() <= most) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} is longer than {} bytes; shorten it", name, most),
              field);
}

}  // namespace

bool same_content(const Article& a, const Article& b) {
  return a.category == b.category && a.question == b.question && a.similar == b.similar &&
         blocks_to_json(a.answer) == blocks_to_json(b.answer) && a.valid_from == b.valid_from &&
         a.valid_until == b.valid_until && a.channels == b.channels && a.language == b.language &&
         a.translation_of == b.translation_of && a.status == b.status;
}

Status check(const Article& a) {
  const auto bad = [](const char* field, const char* what) {
    return fail(ErrorCode::kInvalidArgument, what, field);
  };
  const auto blank = [](std::string_view s) {
    return s.find_first_not_of(" \t\r\n") == std::string_view::npos;
  };
  ZK_TRY_STATUS(length(a.external_id, kMaxIdBytes, "/id", "id"));
  for (const char c : a.external_id)
    if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '?' || c == '#' || c == '%' || c == 0x7F)
      return bad("/id", "id may not hold blanks, slashes, ?, # or %");
  ZK_TRY_STATUS(length(a.category, kMaxCategoryBytes, "/category", "category"));
  if (blank(a.question)) return bad("/question", "question is empty; write the standard question");
  ZK_TRY_STATUS(length(a.question, kMaxQuestionBytes, "/question", "question"));
  for (std::size_t i = 0; i < a.similar.size(); ++i) {
    const auto field = fmt::format("/similar/{}", i);
    if (blank(a.similar[i])) return bad(field.c_str(), "a similar question is empty; remove it");
    ZK_TRY_STATUS(length(a.similar[i], kMaxSimilarBytes, field.c_str(), "a similar question"));
  }
  if (a.answer.empty() || blank(plain_text(a.answer)))
    return bad("/answer", "answer is empty; write what the customer is told");
  if (plain_text(a.answer).size() > kMaxTextBytes)
    return bad("/answer", "answer is longer than 20000 bytes of text");
  if (a.valid_from != Timestamp{} && a.valid_until != Timestamp{} && a.valid_until <= a.valid_from)
    return bad("/valid_until", "valid_until must be after valid_from");
  if (a.language.empty() || a.language.size() > 20)
    return bad("/language", "language must be a code like zh-CN or en");
  if (!a.translation_of.empty() && a.translation_of == a.external_id)
    return bad("/translation_of", "an article cannot be a translation of itself");
  return {};
}

Result<SaveResult> save(Tx& tx, Article a, const Save& how) {
  ZK_TRY_STATUS(check(a));
  std::optional<Stored> old;
  if (!a.external_id.empty()) {
    ZK_TRY(old, load(tx, a.external_id));
  }
  if (how.expected_version && (!old || old->deleted || old->article.version != *how.expected_version))
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("the article has changed meanwhile: it is now version {}; load it again",
                            old && !old->deleted ? old->article.version : 0),
                "/version");
  a.author = how.author;
  if (!old) {
    ZK_TRY_STATUS(insert(tx, a, how));
    ZK_TRY_STATUS(announce(tx, "article.created", a, how));
    return SaveResult{std::move(a), Saved::kCreated};
  }
  if (!old->deleted && same_content(a, old->article))
    return SaveResult{std::move(old->article), Saved::kUnchanged};
  a.id = old->article.id;
  a.version = old->article.version + 1;
  a.created_at = old->article.created_at;
  a.updated_at = how.now;
  ZK_TRY_STATUS(tx.run(kUpdate, {a.id, a.category, a.question, blocks_to_json(a.answer), a.valid_from,
                                 a.valid_until, list_json(a.channels), a.language, a.translation_of,
                                 to_string(a.status), how.author, how.now})
                    .map([](auto) {}));
  ZK_TRY_STATUS(write_parts(tx, a, how));
  ZK_TRY_STATUS(announce(tx, "article.updated", a, how));
  return SaveResult{std::move(a), Saved::kUpdated};
}

Result<Article> find(Tx& tx, std::string_view external_id) {
  ZK_TRY(auto stored, load(tx, external_id));
  if (!stored || stored->deleted) return fail(ErrorCode::kNotFound, "there is no such article");
  return std::move(stored->article);
}

Status remove(Tx& tx, std::string_view external_id, const Save& how) {
  ZK_TRY(const auto article, find(tx, external_id));
  ZK_TRY_STATUS(tx.run(kDelete, {external_id, how.now}).map([](auto) {}));
  return announce(tx, "article.deleted", article, how);
}

Result<Article> restore(Tx& tx, std::string_view external_id, const Save& how) {
  ZK_TRY(const auto rows, tx.run(kUndelete, {external_id, how.now}));
  ZK_TRY(auto article, find(tx, external_id));
  if (rows > 0) ZK_TRY_STATUS(announce(tx, "article.restored", article, how));
  return article;
}

Result<Page> list(Tx& tx, const Filter& filter, Position after, int limit) {
  Page page;
  const std::string needle = text::normalise(filter.text);
  const auto status = filter.status ? std::string(to_string(*filter.status)) : std::string();
  // A text filter reads on in steps until the page is full; bounded by the number of articles.
  constexpr int kStep = 200;
  const int step = needle.empty() ? limit + 1 : kStep;
  for (;;) {
    ZK_TRY(const auto rows,
           tx.all(kPage, {filter.category, filter.language, status, after.updated_at, after.id, step}));
    for (const auto& row : rows) {
      ZK_TRY(Article a, from_row(row));
      ZK_TRY(const auto similar, tx.all(kSimilar, {a.id}));
      for (const auto& r : similar) a.similar.push_back(r.text(0));
      const Position here{to_micros(a.updated_at), a.id.value};
      const auto holds = [&](const std::string& s) {
        return text::normalise(s).find(needle) != std::string::npos;
      };
      const bool wanted = needle.empty() || holds(a.question) || holds(a.external_id) ||
                          std::any_of(a.similar.begin(), a.similar.end(), holds) ||
                          holds(plain_text(a.answer));
      if (wanted && static_cast<int>(page.articles.size()) == limit) {
        page.next = after;
        return page;
      }
      after = here;
      if (wanted) page.articles.push_back(std::move(a));
    }
    if (static_cast<int>(rows.size()) < step) return page;
  }
}

Result<std::vector<std::string>> categories(Tx& tx) {
  ZK_TRY(const auto rows, tx.all(kCategories));
  std::vector<std::string> out;
  for (const auto& r : rows) out.push_back(r.text(0));
  return out;
}

Status each(Tx& tx, const std::function<bool(Article)>& f) {
  std::map<std::int64_t, std::vector<std::string>> similar;
  ZK_TRY_STATUS(tx.each(kAllSimilar, {}, [&](const Row& r) {
    similar[r.integer(0)].push_back(r.text(1));
    return true;
  }));
  Status status;
  ZK_TRY_STATUS(tx.each(kAll, {}, [&](const Row& r) {
    auto a = from_row(r);
    if (!a) {
      status = tl::unexpected(std::move(a).error());
      return false;
    }
    if (const auto it = similar.find(a->id.value); it != similar.end()) a->similar = std::move(it->second);
    return f(*std::move(a));
  }));
  return status;
}

Result<std::vector<Version>> versions(Tx& tx, std::string_view external_id) {
  ZK_TRY(const auto rows, tx.all(kVersions, {external_id}));
  if (rows.empty()) return fail(ErrorCode::kNotFound, "there is no such article");
  std::vector<Version> out;
  for (const auto& r : rows) out.push_back({r.integer(0), r.text(1), r.time(2), r.text(3)});
  return out;
}

std::string to_json(const Article& a) {
  const auto time = [](Timestamp t) {
    return t == Timestamp{} ? json::value(nullptr) : json::value(to_iso8601(t));
  };
  return json::serialize(json::object{
      {"id", a.external_id},
      {"category", a.category},
      {"question", a.question},
      {"similar", json::array(a.similar.begin(), a.similar.end())},
      {"answer", json::parse(blocks_to_json(a.answer))},
      {"valid_from", time(a.valid_from)},
      {"valid_until", time(a.valid_until)},
      {"channels", json::array(a.channels.begin(), a.channels.end())},
      {"language", a.language},
      {"translation_of", a.translation_of},
      {"status", to_string(a.status)},
      {"version", a.version},
      {"author", a.author},
      {"created_at", time(a.created_at)},
      {"updated_at", time(a.updated_at)},
  });
}

Result<Article> from_json(ArticleId id, std::string_view body) {
  const auto lost = [&](std::string_view what) {
    return fail(ErrorCode::kDataLoss, "a stored article cannot be read", {},
                fmt::format("version of article {}: {}", id.value, what));
  };
  json::error_code ec;
  const auto value = json::parse(body, ec);
  if (ec || !value.is_object()) return lost("no JSON object");
  const auto& o = value.get_object();
  const auto text = [&](std::string_view name) {
    const auto* v = o.if_contains(name);
    return v && v->is_string() ? std::string(v->get_string()) : std::string();
  };
  const auto time = [&](std::string_view name) {
    return from_iso8601(text(name)).value_or(Timestamp{});
  };
  const auto texts = [&](std::string_view name) {
    std::vector<std::string> out;
    if (const auto* v = o.if_contains(name); v && v->is_array())
      for (const auto& e : v->get_array())
        if (e.is_string()) out.emplace_back(e.get_string());
    return out;
  };
  Article a;
  a.id = id;
  a.external_id = text("id");
  a.category = text("category");
  a.question = text("question");
  a.similar = texts("similar");
  const auto* answer = o.if_contains("answer");
  auto blocks = blocks_from_json(answer ? json::serialize(*answer) : "");
  if (!blocks) return lost(blocks.error().message);
  a.answer = *std::move(blocks);
  a.valid_from = time("valid_from");
  a.valid_until = time("valid_until");
  a.channels = texts("channels");
  a.language = text("language");
  a.translation_of = text("translation_of");
  ZK_TRY(a.status, article_status(text("status")));
  if (const auto* v = o.if_contains("version"); v && v->is_int64()) a.version = v->get_int64();
  a.author = text("author");
  a.created_at = time("created_at");
  a.updated_at = time("updated_at");
  return a;
}

}  // namespace zk::knowledge
