// The company's regression questions: what customers ask, and which article is right (or none). They come
// from editors, files, and customers who confirmed an answer. Functions work inside the caller's transaction.
//
//   ZK_TRY(const auto q, add(tx, {.text = "钱什么时候退回来", .articles = {"X017"}, .source = "editor"}));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/storage.hpp"

namespace zk::review {

inline constexpr std::size_t kMostQuestions = 20'000;
inline constexpr std::size_t kMaxQuestionBytes = 1'000;

struct RegressionQuestion {
  std::int64_t id = 0;
  std::string text;
  std::vector<std::string> articles = {};  // external ids, any of which is right; empty: none answers it
  std::string source;                      // editor | import | feedback
  std::string author = {};
  Timestamp created_at{};
};

// A question that is there already (by its normalised text) gets the new expectation. kInvalidArgument names
// the field; kNotFound: an article that does not exist; kTooLarge: kMostQuestions are there.
Result<RegressionQuestion> add(storage::Tx& tx, RegressionQuestion question);
Status remove(storage::Tx& tx, std::int64_t id);  // kNotFound
struct QuestionPage {
  std::vector<RegressionQuestion> questions;
  bool more = false;
};
// Newest first; `before` 0: from the newest; `article`: only those that expect it, "" all.
Result<QuestionPage> questions(storage::Tx& tx, std::string_view article, std::int64_t before, int limit);
Result<std::vector<RegressionQuestion>> all_questions(storage::Tx& tx);
Result<std::int64_t> count_questions(storage::Tx& tx);

struct RefusedRow {
  int row = 0;
  std::string reason;
};
struct QuestionImport {
  int rows = 0, kept = 0;
  std::vector<RefusedRow> refused;
};
// CSV (UTF-8 or GB 18030) with the columns question 问题 and articles 知识编号 (ids separated by |, empty:
// none answers). rows = kept + refused.
Result<QuestionImport> import_questions(storage::Db& db, std::string_view csv, const std::string& author,
                                        Timestamp now);
std::string export_questions(const std::vector<RegressionQuestion>& questions);

// Questions whose answer a customer confirmed (👍), asked on their own and not there yet: their number.
Result<int> take_confirmed(storage::Tx& tx, Timestamp now);

}  // namespace zk::review
