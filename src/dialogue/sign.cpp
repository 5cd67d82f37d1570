#include <algorithm>
#include <array>

#include "dialogue/cues.hpp"
#include "dialogue/reading.hpp"

namespace zk::dialogue {
namespace {

using View = std::string_view;

constexpr View kCorrection[] = {
    "不对",   "不不",     "不是不是", "哦不是",   "啊不是",   "不是,",  "啊不",       "哦不",   "噢不",
    "不,",    "不是这个", "不是这样", "错了",     "打错字",   "打错",   "打反了",     "说错",   "讲错",
    "问错",   "看错",     "发错",     "说反了",   "搞错",     "搞反了", "写错了",     "弄错了", "弄反了",
    "口误",   "我说的是", "我问的是", "我指的是", "我要的是", "我是想", "我是说",     "我是问", "我是要",
    "应该是", "更正",     "纠正",     "no,",      "imean",    "imeant", "sorry,imean"};
constexpr View kElsewhere[] = {"对了",     "另外",     "顺便",     "顺带",           "还有个",   "还有一个",
                               "换个问题", "换个话题", "再问一个", "再问下",         "先问一下", "先问下",
                               "先问",     "插一句",   "话说",     "等等",           "等一下",   "等下",
                               "问个别的", "说个别的", "bytheway", "anotherquestion"};
constexpr View kBack[] = {"回到",     "说回",     "回过头来说", "回头说",   "继续说",   "继续问",
                          "再说刚才", "再说回",   "再问刚才",   "刚才说的", "刚刚说的", "刚才那个",
                          "刚刚那个", "刚才的",   "刚才问的",   "刚刚问的", "前面说到", "前面说的",
                          "前面那个", "前面问的", "之前那个",   "之前说的", "接着刚才", "接着说",
                          "接着问",   "还是说",   "backto"};
// What may stand between or before the signs without saying anything.
constexpr View kFiller[] = {"好的", "好",   "嗯",   "哦",   "那",   "啊", "再",   "哎",
                            "诶",   "呃",   "额",   "下",   "一下", "了", "字了", "问一下",
                            "问下", "问问", "请问", "那个", ",",    ".",  "!",    "?",
                            ";",    ":",    "~",    " ",    "。",   "、", "…"};

constexpr View kUnsolved[] = {
    "还是不",      "还不行",    "也不行",    "还是没",     "也没用",   "都没用",     "没用",     "不管用",
    "不顶用",      "没解决",    "没有解决",  "解决不了",   "没好",     "还是连不上", "还是一样", "还是老样子",
    "还是这样",    "还是那样",  "依旧",      "依然",       "照样",     "仍然",       "仍旧",     "都试过",
    "试过了",      "试了不",    "没效果",    "没反应",     "没人管",   "没人理",     "没人处理", "stillnot",
    "stilldoesnt", "stillcant", "didnthelp", "doesntwork", "didntwork"};
constexpr View kStill[] = {"还是", "还没", "还在", "却"};
constexpr View kTried[] = {"过了", "也", "都", "遍了", "次了", "等了"};

constexpr View kPointing[] = {"它",   "这个", "那个",   "这种", "那种", "这样",
                              "那样", "这事", "那东西", "这些", "那些", "这东西"};
constexpr View kQuestionWords[] = {"吗",     "么",     "怎",     "咋",     "哪",   "多少", "多久", "多长",
                                   "几",     "能不能", "可以",   "啥",     "什么", "如何", "谁",   "会不会",
                                   "要不要", "行不",   "是不是", "有没有", "为何", "申请", "how",  "can",
                                   "where",  "what",   "when",   "which",  "?"};
constexpr View kTurnTo[] = {"那么", "那",   "换成", "换作",      "改成",     "要是",   "如果是",
                            "如果", "假如", "还有", "whatabout", "howabout", "andthe", "and"};

constexpr std::size_t kShort = 8;     // characters: hardly a question by itself
constexpr std::size_t kMostSwap = 8;  // characters of what takes another's place

void skip_filler(View& s) {
  while (take_any(s, kFiller)) {
  }
}

void take_leads(View& rest, Sign& sign) {
  constexpr int kMostLeads = 5;
  for (int i = 0; i < kMostLeads; ++i) {
    View after = rest;
    const auto leads = [&](Cues cues, bool Sign::*which) {
      View s = rest;
      bool found = take_any(s, cues);
      if (!found) {
        skip_filler(s);
        found = take_any(s, cues);
      }
      if (!found || s.size() >= after.size()) return;
      sign.*which = true;
      after = s;
    };
    leads(kCorrection, &Sign::correction);
    leads(kElsewhere, &Sign::elsewhere);
    leads(kBack, &Sign::back);
    if (after.size() == rest.size()) return;
    rest = after;
    skip_filler(rest);
  }
}

// "不是地址，是税号", "我不要临时的，要永久的": what it is not, and what it is.
void take_instead(View& rest, Sign& sign) {
  constexpr View kSubject[] = {"我说的", "我问的", "我要的", "我", "说的", "问的"};
  constexpr View kNot[] = {"不是", "不要", "不想", "不用"};
  constexpr View kBut[] = {"而是", "是", "问的是", "我问的是", "我说的是", "说的是", "我是"};
  constexpr View kWant[] = {"要", "我要", "想", "我想"};
  constexpr std::size_t kMostNot = 45;  // bytes
  View s = rest;
  take_any(s, kSubject);
  View negation = s;
  if (!take_any(s, kNot)) return;
  negation = negation.substr(0, negation.size() - s.size());
  const auto comma = s.find(',');
  if (comma == View::npos || comma == 0 || comma > kMostNot) return;
  const auto what = s.substr(0, comma);
  View tail = s.substr(comma + 1);
  if (!take_any(tail, kBut) && (negation == "不是" || !take_any(tail, kWant))) return;
  if (tail.empty() || has_any(what, kQuestionWords)) return;
  sign.correction = true;
  sign.instead_of = what;
  rest = tail;
}

// "那电池呢", "换成信用卡", a bare name: what takes the place of something said before.
std::string swap_of(const Sign& sign) {
  std::string core = bare(sign.rest);
  View s = core;
  while (take_any(s, kTurnTo)) {
  }
  const bool asks = s.ends_with("呢");
  if (asks) s.remove_suffix(3);
  constexpr View kThatOne[] = {"那个", "这个", "那张", "那种", "这种", "那款", "那笔",
                               "那单", "那份", "那台", "那件", "那边", "方面"};
  for (const auto one : kThatOne)
    if (s.ends_with(one)) s.remove_suffix(one.size());
  if (s.ends_with("的")) s.remove_suffix(3);
  for (const auto own : {View("我是"), View("我用的是"), View("我的是"), View("我住的是"), View("我"),
                         View("是"), View("就是")})
    if (take(s, own)) break;
  const auto n = length_of(s);
  if (n == 0 || n > kMostSwap || has_any(s, kQuestionWords)) return {};
  return asks || n <= kMostSwap / 2 || sign.correction ? std::string(s) : std::string{};
}

bool unsolved(View s) {
  return has_any(s, kUnsolved) || (has_any(s, kStill) && has_any(s, kTried) && has(s, "了"));
}

}  // namespace

bool asks_something(View normalised) { return has_any(normalised, kQuestionWords); }

Sign sign_of(View normalised) {
  Sign sign;
  View rest = normalised;
  take_leads(rest, sign);
  take_instead(rest, sign);
  sign.rest = std::string(rest.empty() ? normalised : rest);
  const auto s = bare(normalised);
  sign.unsolved = unsolved(s);
  const auto n = length_of(bare(sign.rest));
  sign.points = has_any(s, kPointing);
  const bool trails =
      s.ends_with("呢") || s.starts_with("那") || s.starts_with("要是") || s.starts_with("如果");
  sign.follows = n <= kShort || (n <= 2 * kShort && (trails || sign.points));
  sign.swap = swap_of(sign);
  return sign;
}

}  // namespace zk::dialogue
