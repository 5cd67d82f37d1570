#include "search/analyze.hpp"

#include "text/text.hpp"

namespace zk::search {
namespace {

enum class Kind { kOther, kIdeographic, kWord };

// Scripts written without blanks are cut into characters. Letters are told from signs by exclusion: what is
// left of ASCII and the symbol blocks is a letter of some script, and a wrong guess costs one odd term.
Kind kind_of(char32_t c) {
  if (c < 0x80)
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? Kind::kWord
                                                                                      : Kind::kOther;
  if (text::is_han(c) || (c >= 0x3041 && c <= 0x30FF && c != 0x30FB) || (c >= 0x3105 && c <= 0x312F) ||
      (c >= 0xAC00 && c <= 0xD7A3))
    return Kind::kIdeographic;
  if (c < 0xC0 || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x2E7F) || (c >= 0x3000 && c <= 0x3040) ||
      (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xFE00 && c <= 0xFE6F) || (c >= 0xFFE0 && c <= 0xFFFF) ||
      c >= 0x1F000)
    return Kind::kOther;
  return Kind::kWord;
}

TermId id_of(std::u32string_view s) {
  return term_id({reinterpret_cast<const char*>(s.data()), s.size() * sizeof(char32_t)});
}

}  // namespace

std::vector<TermId> analyze(std::string_view text) {
  const auto s = text::to_u32(text::normalise(text));
  const std::u32string_view view = s;
  std::vector<TermId> terms;
  for (std::size_t i = 0; i < s.size();) {
    const Kind kind = kind_of(s[i]);
    std::size_t end = i + 1;
    while (end < s.size() && kind_of(s[end]) == kind) ++end;
    if (kind == Kind::kWord) terms.push_back(id_of(view.substr(i, end - i)));
    if (kind == Kind::kIdeographic) {
      for (std::size_t at = i; at < end; ++at) {
        terms.push_back(id_of(view.substr(at, 1)));
        if (at + 1 < end) terms.push_back(id_of(view.substr(at, 2)));
      }
    }
    i = end;
  }
  return terms;
}

std::vector<TermId> analyze_sounds(std::string_view text) {
  const auto syllables = text::sounds(text::normalise(text));
  std::vector<TermId> terms;
  for (std::size_t i = 0; i + 1 < syllables.size(); ++i)
    terms.push_back(term_id("~" + syllables[i] + "_" + syllables[i + 1]));
  if (syllables.size() == 1) terms.push_back(term_id("~" + syllables[0]));
  return terms;
}

std::vector<QueryTerm> as_query(const std::vector<TermId>& terms, float weight) {
  std::vector<QueryTerm> query;
  query.reserve(terms.size());
  for (const auto t : terms) query.push_back({t, weight});
  return query;
}

}  // namespace zk::search
