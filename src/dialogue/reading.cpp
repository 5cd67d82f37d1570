#include "dialogue/reading.hpp"

#include <algorithm>
#include <array>

#include "dialogue/cues.hpp"
#include "text/text.hpp"

namespace zk::dialogue {
Alarm alarm_of(std::string_view normalised, nlu::Urgency urgency) {
  switch (urgency) {
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

nlu::Urgency urgency_of(const answering::AlarmReading& heard) {
  if (heard.danger >= std::max(heard.complaint, heard.person)) return nlu::Urgency::kDanger;
  return heard.complaint >= heard.person ? nlu::Urgency::kRegulator : nlu::Urgency::kNone;
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

}  // namespace zk::dialogue
