#include "dialogue/cues.hpp"

#include <algorithm>

#include "text/text.hpp"

namespace zk::dialogue {

bool has(std::string_view s, std::string_view cue) { return s.find(cue) != std::string_view::npos; }

bool has_any(std::string_view s, Cues cues) {
  return std::any_of(cues.begin(), cues.end(), [&](auto c) { return has(s, c); });
}

std::size_t length_of(std::string_view s) { return text::to_u32(s).size(); }

std::string bare(std::string_view s) {
  std::u32string out;
  for (const char32_t c : text::to_u32(s))
    if ((c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || text::is_han(c)) out += c;
  return text::to_utf8(out);
}

bool take(std::string_view& s, std::string_view lead) {
  if (lead.empty() || !s.starts_with(lead)) return false;
  s.remove_prefix(lead.size());
  return true;
}

bool take_any(std::string_view& s, Cues leads) {
  std::string_view best;
  for (const auto l : leads)
    if (l.size() > best.size() && s.starts_with(l)) best = l;
  return take(s, best);
}

}  // namespace zk::dialogue
