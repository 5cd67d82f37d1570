// Articles in the database: every save is a new version with its author; nothing is ever really deleted. Each
// function works inside the caller's transaction and appends its ledger event (article.created,
// article.updated, article.deleted, article.restored) there. Texts of articles are the company's own words:
// they are stored as given.
//
//   ZK_TRY(auto saved, save(tx, draft, {.author = "agent:3", .expected_version = 4, .now = clock.now()}));
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/article.hpp"
#include "storage/storage.hpp"

namespace zk::knowledge {

inline constexpr std::size_t kMaxIdBytes = 64, kMaxQuestionBytes = 500, kMaxSimilarBytes = 1000,
                             kMaxCategoryBytes = 100;

// Everything an article must be before it is stored; kInvalidArgument names the field ("/question") and the
// remedy.
Status check(const Article& article);
// Saving the one over the other would change nothing: equal but for version, author and times.
bool same_content(const Article& a, const Article& b);

struct Save {
  std::string author;  // actor: "agent:3", "import"
  std::optional<std::int64_t> expected_version =
      {};  // kPreconditionFailed when the stored version is another
  Timestamp now{};
  bool announce = true;  // append the ledger event; an import announces once a batch
};
enum class Saved { kCreated, kUpdated, kUnchanged };
struct SaveResult {
  Article article;
  Saved what = Saved::kCreated;
};
// Creates (external_id empty: "A<n>" is assigned) or updates by external_id. Saving a deleted article
// restores it.
Result<SaveResult> save(storage::Tx& tx, Article article, const Save& how);

Result<Article> find(storage::Tx& tx, std::string_view external_id);  // kNotFound; deleted ones are not found
Status remove(storage::Tx& tx, std::string_view external_id, const Save& how);
Result<Article> restore(storage::Tx& tx, std::string_view external_id, const Save& how);

struct Filter {
  std::string text;                // substring of question, similar questions or answer; "" all
  std::string category, language;  // "" all
  std::optional<ArticleStatus> status = {};
};
struct Position {
  std::int64_t updated_at = 0, id = 0;  // of the last row of the page before; zeros: from the start
};
struct Page {
  std::vector<Article> articles;
  std::optional<Position> next = {};
};
Result<Page> list(storage::Tx& tx, const Filter& filter, Position after,
                  int limit);  // newest edit first, limit 1–100
Result<std::vector<std::string>> categories(storage::Tx& tx);

// All that are not deleted, in the order of their external ids, similar questions included.
Status each(storage::Tx& tx, const std::function<bool(Article)>& f);

struct Version {
  std::int64_t version = 0;
  std::string author;
  Timestamp at{};
  std::string body;  // JSON of the article as saved
};
Result<std::vector<Version>> versions(storage::Tx& tx,
                                      std::string_view external_id);  // newest first, at most 200

// {"id","category","question","similar","answer":[blocks],"valid_from","valid_until","channels","language",
//  "translation_of","status","version","author","created_at","updated_at"}
std::string to_json(const Article& article);
// A version's body. kDataLoss when it is not what to_json wrote.
Result<Article> from_json(ArticleId id, std::string_view body);

}  // namespace zk::knowledge
