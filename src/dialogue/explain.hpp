// Why one article came before another, in words an editor understands: what moved the ranker's scores, put
// together by what it is about, strongest first. Pure; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "answering/judge.hpp"

namespace zk::dialogue {

struct Explanation {
  std::string_view aspect;  // questions | clause | answer | words | sounds | tokens | names | negation |
                            // classifier | extent | word_for_word
  double share = 0;         // of the difference of the two scores; positive speaks for the first
  std::string zh, en;       // "X017 的问法更接近（相似度 0.71 对 0.52）"
};

// `reasons`: all of Judge::reasons(), not only the strongest. What lies in the message alone is left out.
std::vector<Explanation> explain(std::span<const answering::Reason> reasons, std::string_view first,
                                 std::string_view second);
// The first was chosen because its editor wrote these very words.
Explanation word_for_word(std::string_view article);

}  // namespace zk::dialogue
