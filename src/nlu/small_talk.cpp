#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/check.hpp"
#include "nlu/letters.hpp"
#include "nlu/understanding.hpp"
#include "text/text.hpp"

namespace zk::nlu {
namespace {

using View = std::string_view;
constexpr std::size_t kMostCharacters = 20;  // longer messages say something

// Words small talk is made of. A message made of nothing else is small talk.
constexpr View kGreeting[] = {
    "你好",           "您好",         "在吗", "在么",  "在不在", "在嘛",     "在不",   "在没",
    "有人在吗",       "嗨",           "哈喽", "哈啰",  "早上好", "早安",     "上午好", "下午好",
    "晚上好",         "中午好",       "晚安", "hi",    "hello",  "hey",      "there",  "good morning",
    "good afternoon", "good evening", "哈罗", "hallo", "小助手", "打扰一下", "打扰了", "打扰下"};
constexpr View kThanks[] = {"谢谢",     "多谢",     "感谢",      "谢了",   "谢啦",    "谢过",      "3q",
                            "thx",      "thanks",   "thank you", "a lot",  "so much", "very much", "ty",
                            "麻烦你了", "麻烦您了", "麻烦了",    "麻烦啦", "辛苦",    "有劳",      "费心了"};
constexpr View kBye[] = {
    "再见",         "再会",     "拜拜",     "回见",       "回头见",     "下次见",         "886",
    "88",           "bye",      "bye bye",  "goodbye",    "see you",    "没事了",         "没事啦",
    "没别的了",     "没别的事", "没有别的", "没其他的",   "没其他事",   "没有其他",       "没问题了",
    "不用了",       "先这样",   "就这样",   "没有了",     "没了",       "没有其他问题了", "没其他问题了",
    "没别的问题了", "先不问了", "不问了",   "that's all", "that is all"};
constexpr View kAcknowledge[] = {
    "好",     "好的",   "好哒",   "好滴",   "好嘞",    "好勒",      "好咧",     "嗯",         "恩",
    "哦",     "噢",     "喔",     "行",     "可以",    "知道",      "知道了",   "明白",       "了解",
    "懂了",   "收到",   "清楚了", "晓得",   "有数了",  "ok",        "okay",     "okk",        "okok",
    "got it", "i see",  "fine",   "sure",   "alright", "all right", "原来如此", "原来是这样", "原来这样",
    "这样",   "这样子", "那样",   "解决了", "搞定了",  "弄好了",    "放心",     "安心",       "哈哈",
    "呵呵",   "嘻嘻",   "嘿嘿",   "没问题", "没事",    "不客气"};
constexpr View kPraise[] = {"棒",       "厉害",    "不错",      "很好",     "太好了",   "聪明",
                            "赞",       "点赞",    "good",      "great",    "nice",     "well done",
                            "perfect",  "awesome", "excellent", "服务真好", "服务很好", "服务不错",
                            "态度真好", "牛",      "给力",      "贴心",     "专业"};
constexpr View kFiller[] = {
    "啊", "呀", "哈",   "啦", "嘛", "吧", "哟", "亲", "亲亲", "客服", "小姐姐", "小哥哥", "小哥", "老师",
    "您", "你", "你们", "我", "那", "就", "了", "的", "太",   "真",   "真的",   "非常",   "很",   "都",
    "是", "先", "下",   "哒", "滴", "嘞", "咯", "喽", "呐",   "又",   "已经",   "you",    "very", "now"};

// Small talk only when nothing else is said.
constexpr View kWhole[] = {"喂",         "早",       "亲",       "请问",     "你好请问", "您好请问",
                           "我想问一下", "想问一下", "咨询一下", "我想咨询", "有个问题"};
constexpr View kWholeBye[] = {"拜", "没有"};
constexpr View kWho[] = {"你是谁",          "你叫什么",      "你叫啥",          "你叫什么名字",
                         "你是机器人吗",    "你是真人吗",    "你是人吗",        "你是ai吗",
                         "是机器人吗",      "你会什么",      "你能做什么",      "你能干什么",
                         "你能干嘛",        "你有什么功能",  "who are you",     "are you a robot",
                         "are you a bot",   "are you human", "what can you do", "what is your name",
                         "what's your name"};

bool one_of(View s, std::span<const View> words) {
  return std::find(words.begin(), words.end(), s) != words.end();
}

struct Word {
  View text;
  SmallTalk talk;  // kNone: filler
};
const std::vector<Word>& words() {
  static const std::vector<Word> all = [] {
    std::vector<Word> out;
    const auto add = [&](std::span<const View> list, SmallTalk talk) {
      for (const View w : list) out.push_back({w, talk});
    };
    add(kGreeting, SmallTalk::kGreeting);
    add(kThanks, SmallTalk::kThanks);
    add(kBye, SmallTalk::kBye);
    add(kAcknowledge, SmallTalk::kAcknowledge);
    add(kPraise, SmallTalk::kPraise);
    add(kFiller, SmallTalk::kNone);
    return out;
  }();
  return all;
}

// What a text made only of those words is, by the first word that is more than an acknowledgement; nothing
// when some of it is none of them. Dynamic programming over byte positions.
std::optional<SmallTalk> covered(View s) {
  std::vector<std::optional<SmallTalk>> at(s.size() + 1);
  at[0] = SmallTalk::kNone;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (!at[i]) continue;
    const auto reach = [&](std::size_t end, SmallTalk talk) {
      const bool keep =
          *at[i] != SmallTalk::kNone && (*at[i] != SmallTalk::kAcknowledge || talk == SmallTalk::kNone);
      const auto sum = keep ? *at[i] : talk;
      if (!at[end] || *at[end] == SmallTalk::kNone || *at[end] == SmallTalk::kAcknowledge) at[end] = sum;
    };
    if (s[i] == ' ') reach(i + 1, SmallTalk::kNone);
    for (const auto& w : words())
      if (s.substr(i).starts_with(w.text)) reach(i + w.text.size(), w.talk);
  }
  return at[s.size()];
}

}  // namespace

std::string_view to_string(SmallTalk talk) {
  constexpr std::array<View, 8> kNames{"none",        "greeting", "thanks",      "bye",
                                       "acknowledge", "praise",   "who_are_you", "empty"};
  const auto i = static_cast<std::size_t>(talk);
  ZK_CHECK(i < kNames.size());
  return kNames[i];
}

SmallTalk small_talk(View text) {
  const auto s = letters(text);
  if (s.empty()) return SmallTalk::kEmpty;
  if (text::to_u32(s).size() > kMostCharacters) return SmallTalk::kNone;
  if (one_of(s, kWhole)) return SmallTalk::kGreeting;
  if (one_of(s, kWholeBye)) return SmallTalk::kBye;
  if (one_of(s, kWho)) return SmallTalk::kWhoAreYou;
  const auto talk = covered(s).value_or(SmallTalk::kNone);
  const bool asks = text.find('?') != View::npos;  // 这样可以？
  return asks && talk == SmallTalk::kAcknowledge ? SmallTalk::kNone : talk;
}

}  // namespace zk::nlu
