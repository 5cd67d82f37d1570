// Late interaction (Khattab & Zaharia 2020, ColBERT): every token of the question looks for its nearest token
// of an article. Token vectors are kept as 64 signed bytes; wider ones (of an encoder that was not trained
// for this) are first put through a fixed random projection, which keeps cosines to about ± 0.1
// (Johnson–Lindenstrauss). Immutable; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nlu/bge.hpp"

namespace zk::answering {

inline constexpr std::size_t kTokenWidth = nlu::kReadingWidth;

// Tokens of one or several texts, ready to be compared.
struct TokenRows {
  std::vector<std::uint32_t> begin{0};  // first row of each text, and the end
  std::vector<std::int8_t> values;      // rows × kTokenWidth
  std::vector<float> weights;           // of each row; sum to 1 over a text
  std::size_t texts() const { return begin.size() - 1; }
  TokenRows text(std::size_t i) const;       // that one alone
  std::string bytes(std::size_t i) const;    // the same for a file
  static bool fits(std::string_view bytes);  // could be such bytes
  void add(std::string_view bytes);          // one more text; fits(bytes)
};

// Texts [first, last) of `vectors`, without their first rows ([CLS]). Tokens weigh what the model says, or
// the same where it says nothing.
TokenRows token_rows(const nlu::TokenVectors& vectors, std::size_t first, std::size_t last);

struct LateScores {
  float article =
      0;  // each question token against all tokens of the article, weighted mean of the best; −1 … 1
  float question = 0;  // the same inside one of its questions, the best one
  float back = 0;      // that question's tokens against those of the question asked
};
// `questions`: the first texts of the article that count for question and back; `skip`: a text to leave out,
// or −1.
LateScores late_scores(const TokenRows& asked, const TokenRows& article, std::size_t questions,
                       std::ptrdiff_t skip);

}  // namespace zk::answering
