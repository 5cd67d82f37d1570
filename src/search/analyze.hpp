// Which terms a text is indexed and asked by. Pure; thread-safe. Texts are normalised first
// (text::normalise); ≤ 1 µs a character.
//
//   analyze("手机wifi连不上")  →  手 手机 机 wifi 连 连不 不 不上 上
#pragma once

#include <string_view>
#include <vector>

#include "search/lexical.hpp"

namespace zk::search {

// Characters and pairs of characters within runs of Han, kana and Hangul; whole words of everything else.
// Repetitions are kept.
std::vector<TermId> analyze(std::string_view text);

// Pairs of syllables as they sound (text::sounds), so that 留量 finds 流量; the syllable itself for a text of
// one.
std::vector<TermId> analyze_sounds(std::string_view text);

// The same terms as a query, each of the given weight.
std::vector<QueryTerm> as_query(const std::vector<TermId>& terms, float weight = 1);

}  // namespace zk::search
