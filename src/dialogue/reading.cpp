#include "dialogue/reading.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

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

// A verb of fetching within six characters before a word for a person.
bool asks_for(std::string_view s, Cues verbs, Cues persons) {
  constexpr std::size_t kNearBytes = 6 * 3;
  for (const auto p : persons)
    for (auto at = s.find(p); at != std::string_view::npos; at = s.find(p, at + 1)) {
      const auto from = at > kNearBytes ? at - kNearBytes : 0;
      if (has_any(s.substr(from, at - from), verbs)) return true;
    }
  return false;
}

constexpr std::array<std::string_view, 13> kPersons = {"人工", "真人", "活人", "客服",   "专员",
                                                       "主管", "经理", "领导", "负责人", "人说话",
                                                       "人聊", "人来", "人接"};
constexpr std::array<std::string_view, 16> kFetch = {"转",   "接",   "叫",   "换",   "找",   "喊",
                                                     "派",   "要个", "要和", "要跟", "想跟", "想和",
                                                     "需要", "联系", "呼叫", "给我"};
// Asked about, not asked for: when they work, what their number is, what they said or charge.
constexpr std::array<std::string_view, 24> kAboutStaff = {
    "几点", "上班", "下班", "时间", "电话是", "号码", "多少", "电话多", "说我",   "说要", "说是", "说的",
    "让我", "告诉", "自称", "冒充", "态度",   "好友", "费",   "资格",   "还有人", "投递", "房东", "卖家"};
constexpr std::array<std::string_view, 14> kSpokenWish = {
    "找个人给我", "给我回个电话", "给我回电话",    "跟人聊",       "和人聊",     "跟人说",     "有没有人在",
    "有活人吗",   "人呢",         "talktoaperson", "talktoahuman", "realperson", "humanagent", "liveagent"};
constexpr std::array<std::string_view, 6> kAgainstMachine = {"你是机器人", "不要机器人", "别用机器人",
                                                             "跟机器人说", "自动回复",   "speaktosomeone"};

constexpr std::array<std::string_view, 8> kSelfHarm = {"不想活", "活不下去", "自杀",       "轻生",
                                                       "想死了", "结束生命", "killmyself", "suicide"};
constexpr std::array<std::string_view, 13> kRegulator = {
    "12315",  "12345",  "消协",   "消费者协会", "市场监管", "电视台",    "记者",
    "曝光你", "起诉你", "告你们", "律师函",     "银保监",   "工信部投诉"};
constexpr std::array<std::string_view, 17> kHazard = {
    "冒烟", "起火", "着火了", "烧起来", "自燃", "爆炸",   "会不会炸", "要炸",      "触电",
    "漏电", "焦味", "糊味",   "鼓包",   "鼓了", "煤气味", "燃气味",   "caughtfire"};
constexpr std::array<std::string_view, 12> kHarm = {"受伤", "流血",       "昏迷",     "晕倒",
                                                    "中毒", "喘不上气",   "呼吸困难", "烫伤",
                                                    "烧伤", "救命啊有人", "smoke",    "injured"};
constexpr std::array<std::string_view, 9> kFraud = {"被骗",     "骗了",     "诈骗",     "盗刷", "被转走",
                                                    "验证码给", "自称你们", "冒充你们", "scam"};
constexpr std::array<std::string_view, 8> kNow = {"刚", "正在", "现在", "马上", "快", "怎么办", "咋办", "!"};

struct Courtesy {
  std::string_view text;
  SmallTalk kind;
};
// Longest first among those that share a head; what they leave over must be particles.
constexpr std::array<Courtesy, 63> kCourtesies = {{
    {"您好呀", SmallTalk::kGreeting},
    {"你好呀", SmallTalk::kGreeting},
    {"您好", SmallTalk::kGreeting},
    {"你好", SmallTalk::kGreeting},
    {"早上好", SmallTalk::kGreeting},
    {"上午好", SmallTalk::kGreeting},
    {"中午好", SmallTalk::kGreeting},
    {"下午好", SmallTalk::kGreeting},
    {"晚上好", SmallTalk::kGreeting},
    {"早安", SmallTalk::kGreeting},
    {"在吗", SmallTalk::kGreeting},
    {"在不在", SmallTalk::kGreeting},
    {"有人吗", SmallTalk::kGreeting},
    {"哈喽", SmallTalk::kGreeting},
    {"哈罗", SmallTalk::kGreeting},
    {"嗨", SmallTalk::kGreeting},
    {"hello", SmallTalk::kGreeting},
    {"hi", SmallTalk::kGreeting},
    {"hey", SmallTalk::kGreeting},
    {"goodmorning", SmallTalk::kGreeting},
    {"goodafternoon", SmallTalk::kGreeting},
    {"非常感谢", SmallTalk::kThanks},
    {"太感谢", SmallTalk::kThanks},
    {"感谢", SmallTalk::kThanks},
    {"谢谢", SmallTalk::kThanks},
    {"多谢", SmallTalk::kThanks},
    {"谢了", SmallTalk::kThanks},
    {"谢啦", SmallTalk::kThanks},
    {"辛苦", SmallTalk::kThanks},
    {"麻烦你了", SmallTalk::kThanks},
    {"麻烦您了", SmallTalk::kThanks},
    {"thankyou", SmallTalk::kThanks},
    {"thanks", SmallTalk::kThanks},
    {"再见", SmallTalk::kBye},
    {"拜拜", SmallTalk::kBye},
    {"回头见", SmallTalk::kBye},
    {"晚安", SmallTalk::kBye},
    {"goodbye", SmallTalk::kBye},
    {"bye", SmallTalk::kBye},
    {"你真棒", SmallTalk::kPraise},
    {"真不错", SmallTalk::kPraise},
    {"太好了", SmallTalk::kPraise},
    {"好评", SmallTalk::kPraise},
    {"厉害", SmallTalk::kPraise},
    {"放心了", SmallTalk::kPraise},
    {"great", SmallTalk::kPraise},
    {"明白了", SmallTalk::kAcknowledge},
    {"知道了", SmallTalk::kAcknowledge},
    {"了解了", SmallTalk::kAcknowledge},
    {"懂了", SmallTalk::kAcknowledge},
    {"清楚了", SmallTalk::kAcknowledge},
    {"收到", SmallTalk::kAcknowledge},
    {"明白", SmallTalk::kAcknowledge},
    {"了解", SmallTalk::kAcknowledge},
    {"好的", SmallTalk::kAcknowledge},
    {"行吧", SmallTalk::kAcknowledge},
    {"没事了", SmallTalk::kAcknowledge},
    {"没问题了", SmallTalk::kAcknowledge},
    {"嗯", SmallTalk::kAcknowledge},
    {"哦", SmallTalk::kAcknowledge},
    {"噢", SmallTalk::kAcknowledge},
    {"ok", SmallTalk::kAcknowledge},
    {"好", SmallTalk::kAcknowledge},
}};
constexpr std::array<std::string_view, 26> kParticles = {
    "啊", "呀", "啦", "哦",   "哈",   "呢",     "吧",   "的", "了", "你", "您", "们", "我",
    "那", "就", "亲", "大家", "客服", "小姐姐", "那我", "呵", "嘿", "都", "很", "真", "有"};

std::size_t take(std::string_view rest, Cues cues) {
  std::size_t longest = 0;
  for (const auto c : cues)
    if (rest.starts_with(c)) longest = std::max(longest, c.size());
  return longest;
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
  const auto s = bare(normalised);
  if (has_any(s, kSelfHarm) || has_any(s, kRegulator)) return Alarm::kDanger;
  const bool now = has_any(normalised, kNow);
  if (now && (has_any(s, kHazard) || has_any(s, kHarm) || has_any(s, kFraud))) return Alarm::kDanger;
  if (has_any(s, kHazard) && has_any(s, std::array<std::string_view, 3>{"烫", "炸", "味"}))
    return Alarm::kDanger;
  const bool about = has_any(s, kAboutStaff);
  constexpr std::size_t kShort = 6;
  if (length_of(s) <= kShort && has_any(s, std::array<std::string_view, 3>{"人工", "真人", "活人"}) && !about)
    return Alarm::kPerson;
  if (has_any(s, kSpokenWish) || (has_any(s, kAgainstMachine) && !about)) return Alarm::kPerson;
  if (!about && asks_for(s, kFetch, kPersons)) return Alarm::kPerson;
  return Alarm::kNone;
}

SmallTalk small_talk_of(std::string_view normalised) {
  const auto s = bare(normalised);
  if (s.empty() || length_of(s) > 14) return SmallTalk::kNone;
  SmallTalk found = SmallTalk::kNone;
  for (std::string_view rest = s; !rest.empty();) {
    const Courtesy* best = nullptr;
    for (const auto& c : kCourtesies)
      if (rest.starts_with(c.text) && (!best || c.text.size() > best->text.size())) best = &c;
    const auto particle = take(rest, kParticles);
    if (best && best->text.size() >= particle) {
      // Thanks and good-bye say more than the "ok" or "hello" beside them.
      if (found == SmallTalk::kNone || found == SmallTalk::kAcknowledge || best->kind == SmallTalk::kBye)
        found = best->kind;
      rest.remove_prefix(best->text.size());
    } else if (particle > 0) {
      rest.remove_prefix(particle);
    } else {
      return SmallTalk::kNone;
    }
  }
  return found;
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
