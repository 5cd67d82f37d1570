#include "dialogue/reading.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

#include "nlu/understanding.hpp"
#include "text/text.hpp"

namespace zk::dialogue {
namespace {

using Cues = std::span<const std::string_view>;

bool has(std::string_view s, std::string_view cue) { return s.find(cue) != std::string_view::npos; }
bool has_any(std::string_view s, Cues cues) {
  return std::any_of(cues.begin(), cues.end(), [&](auto c) { return has(s, c); });
}
std::size_t length_of(std::string_view s) { return text::to_u32(s).size(); }

// Letters, digits and Han only: punctuation, blanks and emoji carry nothing here.
std::string bare(std::string_view s) {
  std::u32string out;
  for (const char32_t c : text::to_u32(s))
    if ((c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || (c >= 0x3400 && c <= 0x9fff)) out += c;
  return text::to_utf8(out);
}

struct Lead {
  std::string_view text;
  bool Sign::*sign;
};
constexpr std::array<Lead, 46> kLeads = {{
    {"不对不对", &Sign::correction}, {"不对", &Sign::correction},     {"不不", &Sign::correction},
    {"打错字了", &Sign::correction}, {"打错了", &Sign::correction},   {"打反了", &Sign::correction},
    {"说错了", &Sign::correction},   {"说反了", &Sign::correction},   {"搞错了", &Sign::correction},
    {"写错了", &Sign::correction},   {"弄错了", &Sign::correction},   {"不是这个", &Sign::correction},
    {"我说的是", &Sign::correction}, {"我问的是", &Sign::correction}, {"我指的是", &Sign::correction},
    {"我是想", &Sign::correction},   {"我是说", &Sign::correction},   {"我是问", &Sign::correction},
    {"应该是", &Sign::correction},   {"no,", &Sign::correction},      {"imean", &Sign::correction},
    {"对了", &Sign::elsewhere},      {"另外", &Sign::elsewhere},      {"顺便", &Sign::elsewhere},
    {"还有个", &Sign::elsewhere},    {"换个问题", &Sign::elsewhere},  {"再问一个", &Sign::elsewhere},
    {"再问下", &Sign::elsewhere},    {"等等", &Sign::elsewhere},      {"等一下", &Sign::elsewhere},
    {"bytheway", &Sign::elsewhere},  {"回到", &Sign::back},           {"说回", &Sign::back},
    {"继续说", &Sign::back},         {"继续问", &Sign::back},         {"再说刚才", &Sign::back},
    {"再说回", &Sign::back},         {"刚才说的", &Sign::back},       {"刚才那个", &Sign::back},
    {"前面说到", &Sign::back},       {"前面那个", &Sign::back},       {"之前那个", &Sign::back},
    {"接着刚才", &Sign::back},       {"接着说", &Sign::back},         {"还是说", &Sign::back},
    {"backto", &Sign::back},
}};
constexpr std::array<std::string_view, 7> kBeforeLead = {"好的", "好", "嗯", "哦", "那", "啊", "再"};
constexpr std::array<std::string_view, 26> kUnsolved = {
    "还是不行",   "还不行",   "也不行",   "还是没",      "也没用",   "都没用",     "没用",
    "不管用",     "没解决",   "没有解决", "解决不了",    "没好",     "还是连不上", "还是一样",
    "还是老样子", "还是这样", "还是那样", "依旧",        "照样不",   "仍然",       "都试过",
    "试过了",     "没效果",   "stillnot", "stilldoesnt", "didnthelp"};
constexpr std::array<std::string_view, 9> kPointing = {"它",   "这个", "那个", "这种",  "那种",
                                                       "这样", "那样", "这事", "那东西"};

}  // namespace

Alarm alarm_of(std::string_view normalised) {
  switch (nlu::urgency(normalised)) {
    case nlu::Urgency::kSelfHarm:
    case nlu::Urgency::kRegulator:
      return Alarm::kAlways;
    case nlu::Urgency::kDanger:
    case nlu::Urgency::kFraud:
      return Alarm::kHazard;
    case nlu::Urgency::kNone:
      break;
  }
  return nlu::wants_person(normalised) ? Alarm::kPerson : Alarm::kNone;
}

int ordinal_of(std::string_view normalised, int options) {
  if (options <= 0) return 0;
  const auto s = bare(normalised);
  if (length_of(s) > 8) return 0;
  static constexpr std::array<std::array<std::string_view, 6>, 3> kNumbers = {
      {{"一", "1", "first", "a", "前面", "上面"},
       {"二", "2", "second", "b", "中间", "两"},
       {"三", "3", "third", "c", "", ""}}};
  if (has(s, "最后") || has(s, "后面那") || has(s, "后一") || s == "last" || has(s, "下面那")) return options;
  if (has(s, "前面那") || has(s, "前一") || has(s, "上面那")) return 1;
  for (int n = 0; n < std::min(options, 3); ++n)
    for (const auto word : kNumbers[static_cast<std::size_t>(n)]) {
      if (word.empty()) continue;
      const std::string number(word);
      if (s == number || has(s, "第" + number) || s == "选" + number || s == number + "个" ||
          s == "选项" + number || (number.size() > 4 && number[0] < 'z' && has(s, number)))
        return n + 1;
    }
  return 0;
}

bool is_yes(std::string_view normalised) {
  static constexpr std::array<std::string_view, 20> kYes = {
      "是",   "是的", "对", "对的", "对对", "对啊",     "嗯",     "嗯嗯", "没错", "就是",
      "是啊", "是呀", "好", "好的", "可以", "就是这个", "就这个", "yes",  "yeah", "right"};
  const auto s = bare(normalised);
  return std::find(kYes.begin(), kYes.end(), s) != kYes.end();
}

bool is_none_of_these(std::string_view normalised) {
  static constexpr std::array<std::string_view, 14> kNone = {
      "都不是",   "以上都不是", "都不对",   "不是", "不对", "没有",        "没有我要的",
      "没我要的", "都没有",     "不是这些", "no",   "none", "noneofthese", "neither"};
  const auto s = bare(normalised);
  return std::find(kNone.begin(), kNone.end(), s) != kNone.end() ||
         (length_of(s) <= 8 && (has(s, "都不是") || has(s, "都不对")));
}

Sign sign_of(std::string_view normalised) {
  Sign sign;
  std::string_view rest = normalised;
  const auto skip = [&] {
    constexpr std::string_view kMarks = ",.!?;:~ ";
    while (!rest.empty()) {
      if (kMarks.find(rest.front()) != std::string_view::npos)
        rest.remove_prefix(1);
      else if (rest.starts_with("。") || rest.starts_with("、") || rest.starts_with("，"))
        rest.remove_prefix(3);
      else
        break;
    }
  };
  for (int rounds = 0; rounds < 4; ++rounds) {
    const Lead* best = nullptr;
    std::size_t offset = 0;
    for (const auto& l : kLeads) {
      if (rest.starts_with(l.text) && (!best || l.text.size() > best->text.size())) best = &l, offset = 0;
      for (const auto b : kBeforeLead)
        if (!best && rest.starts_with(b) && rest.substr(b.size()).starts_with(l.text))
          best = &l, offset = b.size();
      if (!best && rest.starts_with("好,") && rest.substr(4 - 0).starts_with(l.text)) best = &l, offset = 4;
    }
    if (!best) break;
    sign.*(best->sign) = true;
    rest.remove_prefix(std::min(rest.size(), offset + best->text.size()));
    skip();
  }
  // "不是地址，是税号": what it is not goes, what it is stays.
  if (rest.starts_with("不是") || rest.starts_with("我不是")) {
    const auto comma = rest.find(',');
    const auto tail = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    if (tail.starts_with("是") || tail.starts_with("我") || tail.starts_with("问") ||
        tail.starts_with("而是")) {
      sign.correction = true;
      rest = tail.starts_with("而是") ? tail.substr(6) : tail.starts_with("是") ? tail.substr(3) : tail;
    }
  }
  sign.rest = std::string(rest.empty() ? normalised : rest);
  const auto s = bare(normalised);
  // "…过了，还是…", "…也…了，还是…": something was tried and nothing changed.
  sign.unsolved = has_any(s, kUnsolved) || (has(s, "还是") && (has(s, "过了") || has(s, "也")));
  const auto n = length_of(bare(sign.rest));
  const bool trails =
      s.ends_with("呢") || s.starts_with("那") || s.starts_with("要是") || s.starts_with("如果");
  constexpr std::size_t kShort = 8;
  sign.follows = n <= kShort || (n <= 2 * kShort && trails) || (n <= 2 * kShort && has_any(s, kPointing));
  return sign;
}

}  // namespace zk::dialogue
