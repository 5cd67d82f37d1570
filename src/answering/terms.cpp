#include "answering/terms.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "text/text.hpp"

namespace zk::answering {
namespace {

bool is_latin_or_digit(char32_t c) { return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z'); }

bool is_break(char32_t c) {
  constexpr std::u32string_view kBreaks = U"。！？；，、,.!?;\n\r\t ~～…：:";
  return kBreaks.find(c) != std::u32string_view::npos;
}

std::vector<std::u32string> split(std::u32string_view s, bool (*at)(char32_t)) {
  std::vector<std::u32string> parts(1);
  for (const char32_t c : s) {
    if (at(c)) {
      if (!parts.back().empty()) parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.back().empty()) parts.pop_back();
  return parts;
}

}  // namespace

Term term_of(std::string_view bytes) {
  Term h = 0xcbf29ce484222325ull;
  for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return h;
}

std::vector<Term> char_terms(std::string_view normalised, int min_n, int max_n) {
  std::vector<Term> out;
  for (const auto& g : text::char_grams(normalised, min_n, max_n)) out.push_back(term_of(g));
  return out;
}

std::vector<Term> sound_terms(std::string_view normalised, int min_n, int max_n) {
  const auto s = text::sounds(normalised);
  std::vector<Term> out;
  for (int n = min_n; n <= max_n; ++n)
    for (std::size_t i = 0; i + static_cast<std::size_t>(n) <= s.size(); ++i) {
      std::string g;
      for (int k = 0; k < n; ++k) g.append(s[i + static_cast<std::size_t>(k)]).push_back('_');
      out.push_back(term_of(g));
    }
  return out;
}

std::vector<Term> word_terms(std::string_view normalised) {
  std::vector<Term> out;
  for (const auto& w : text::words(normalised)) out.push_back(term_of(w));
  return out;
}

std::vector<std::string> latin_tokens(std::string_view normalised) {
  std::vector<std::string> out;
  bool open = false;
  for (const char32_t c : text::to_u32(normalised)) {
    if (!is_latin_or_digit(c)) {
      open = false;
      continue;
    }
    if (!open) out.emplace_back();
    out.back() += static_cast<char>(c);
    open = true;
  }
  return out;
}

std::string without_fillers(std::string_view normalised) {
  // Words of hesitation and address; none of them carries a topic.
  static constexpr std::array<std::string_view, 30> kFillers = {
      "我想问一下", "我想咨询一下", "我想请问", "请问一下", "想问一下", "麻烦问一下", "问一下", "你好",
      "您好",       "请问",         "那个",     "这个",     "就是说",   "就是",       "然后",   "嗯嗯",
      "嗯",         "呃",           "哎",       "喂",       "啊",       "呀",         "哦",     "噢",
      "诶",         "唉",           "嘛",       "额",       "哈",       "吧"};
  std::string out;
  for (std::size_t i = 0; i < normalised.size();) {
    const auto rest = normalised.substr(i);
    const auto hit =
        std::find_if(kFillers.begin(), kFillers.end(), [&](auto f) { return rest.starts_with(f); });
    if (hit == kFillers.end())
      out += normalised[i++];
    else
      i += hit->size();
  }
  return out;
}

std::vector<std::string> clauses(std::string_view raw, std::size_t max_clauses) {
  constexpr std::size_t kShortest = 4;
  auto parts = split(text::to_u32(raw), is_break);
  std::vector<std::u32string> kept;
  std::u32string pending;  // a part too short to stand alone joins the next one
  for (auto& p : parts) {
    pending += p;
    if (pending.size() >= kShortest) kept.push_back(std::exchange(pending, {}));
  }
  if (!pending.empty() && !kept.empty()) kept.back() += pending;
  if (kept.size() < 2) return {};
  if (kept.size() > max_clauses) {
    std::vector<std::size_t> lengths;
    for (const auto& k : kept) lengths.push_back(k.size());
    std::nth_element(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(max_clauses - 1),
                     lengths.end(), std::greater<>());
    const auto least = lengths[max_clauses - 1];
    std::erase_if(kept, [&](const auto& k) { return k.size() < least; });
    kept.resize(std::min(kept.size(), max_clauses));
  }
  std::vector<std::string> out;
  for (const auto& k : kept) out.push_back(text::to_utf8(k));
  return out;
}

std::vector<std::string> sentences(std::string_view answer) {
  const auto at_end = [](char32_t c) {
    return c == U'。' || c == U'；' || c == U'！' || c == U'？' || c == U'\n';
  };
  std::vector<std::string> out;
  for (const auto& s : split(text::to_u32(answer), +at_end))
    if (s.size() > 3) out.push_back(text::to_utf8(s));
  return out;
}

bool has_negation(std::string_view normalised) {
  static constexpr std::array<std::string_view, 16> kNegations = {
      "不能", "不了", "不会", "不到", "不上", "不是", "没",  "无法",
      "不想", "不让", "未",   "别",   "not ", "n't",  "no ", "never"};
  return std::any_of(kNegations.begin(), kNegations.end(),
                     [&](auto n) { return normalised.find(n) != std::string_view::npos; });
}

int longest_common_run(std::u32string_view a, std::u32string_view b) {
  std::vector<int> row(b.size() + 1, 0);
  int best = 0;
  for (const char32_t c : a) {
    int diagonal = 0;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int above = row[j];
      row[j] = c == b[j - 1] ? diagonal + 1 : 0;
      best = std::max(best, row[j]);
      diagonal = above;
    }
  }
  return best;
}

std::string letters(std::string_view text) {
  std::string out;
  for (const auto& c : text::char_grams(text, 1, 1)) out += c;
  return out;
}

}  // namespace zk::answering
