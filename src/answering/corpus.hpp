// Files of the evaluation: articles, questions, dialogues (JSONL, also .gz), tab-separated sets. Bounded: a
// line ≤ 1 MiB, a file ≤ 1 GiB unpacked. Errors name file and line. Pure but for reading the file;
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/article.hpp"

namespace zk::answering {

// {"q","type","expect","ids"[,"pick"]}: what a question is worth to the measurement.
struct AskedQuestion {
  std::string text;
  std::string type;              // "paraphrase", "typo", … free text; a key of by_type
  std::string expect;            // answer | clarify | none | human | smalltalk
  std::vector<std::string> ids;  // external ids that are right, or that a clarification must offer
  int pick = 0;                  // 1-based option the customer takes; 0: writes `text`
};

struct Dialogue {
  std::string id, kind;
  std::vector<AskedQuestion> turns;
};

Result<std::vector<std::string>> read_lines(
    const std::string& path);  // gunzips by content, drops a BOM and empty lines

// One line each. Errors: kMalformed (not JSON), kInvalidArgument (a field is missing or of the wrong kind).
Result<Article> parse_article(std::string_view line);
Result<AskedQuestion> parse_question(std::string_view line);
Result<Dialogue> parse_dialogue(std::string_view line);

Result<std::vector<Article>> read_articles(const std::string& path);  // ids unique
Result<std::vector<AskedQuestion>> read_questions(const std::string& path);
Result<std::vector<Dialogue>> read_dialogues(const std::string& path);
// {"id","similar":[…]} lines, added to the articles they name. Errors: kNotFound for an id that is not there.
Status add_similar(const std::string& path, std::vector<Article>& articles);

// Rows of a .tsv with a header naming its columns; the wanted columns in the wanted order.
Result<std::vector<std::vector<std::string>>> read_table(const std::string& path,
                                                         const std::vector<std::string>& columns);

}  // namespace zk::answering
