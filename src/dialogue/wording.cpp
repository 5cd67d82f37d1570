#include "dialogue/wording.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "text/text.hpp"

namespace zk::dialogue {
namespace {

struct Named {
  std::string_view feature, zh, en;
};
constexpr std::array<Named, 24> kNames = {{
    {"raw", "与它的问法整体意思相近", "close in meaning to one of its questions"},
    {"best3", "与它的好几条问法都接近", "close to several of its questions"},
    {"best", "与它的一条问法最接近", "closest to one of its questions"},
    {"answer", "与它答案里的一句话接近", "close to a sentence of its answer"},
    {"clause", "其中一句话与它的问法接近", "a clause of the message is close to its questions"},
    {"norm", "比别的问题平时离它近得多", "closer than other questions usually come to it"},
    {"cohort", "在全部知识里格外突出", "stands out among all articles"},
    {"classifier", "知识库自己的分类器认为是它", "the knowledge base's own classifier points to it"},
    {"bm25", "与它的问法用词相同", "shares words with its questions"},
    {"bm25.sound", "与它的问法读音相同", "sounds like its questions"},
    {"bm25.words", "与它的问法有相同的词", "shares dictionary words with its questions"},
    {"article", "用词出现在它的问法或答案里", "its words stand in the article"},
    {"article.sound", "读音出现在它的问法或答案里", "its sounds stand in the article"},
    {"article.words", "词语出现在它的问法或答案里", "its dictionary words stand in the article"},
    {"title", "与它的标准问用词相同", "shares words with its title"},
    {"late.article", "每个字词都能在它那里找到对应", "every word finds its like in the article"},
    {"late.question", "每个字词都能在它的一条问法里找到对应",
     "every word finds its like in one of its questions"},
    {"late.back", "它那条问法的字词都在问题里有对应", "that question's words find their like in the message"},
    {"run", "有一长段文字相同", "shares a long run of characters"},
    {"latin.share", "型号或数字相同", "the same model or figure is named"},
    {"latin.other", "型号或数字属于别的知识", "a model or figure named belongs to another article"},
    {"negation", "肯定否定一致", "both negate, or neither does"},
    {"similar", "相似问的多少", "the number of its similar questions"},
    {"length", "内容的长短", "the length of its text"},
}};

const Named* named(std::string_view feature) {
  auto name = feature;
  if (name.ends_with(".gap")) name.remove_suffix(4);
  for (const auto encoder : {"bge.", "e5."})
    if (name.starts_with(encoder)) name.remove_prefix(std::string_view(encoder).size());
  if (name.ends_with(".cohort") && name != "cohort") name.remove_suffix(7);
  for (const auto& n : kNames)
    if (n.feature == name) return &n;
  return nullptr;
}

bool english(std::string_view language) { return language == "en"; }

}  // namespace

std::string_view wording_language(std::string_view text, std::string_view locale) {
  if (text::has_han(text)) return "zh";
  for (const char c : text)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return "en";
  return locale.starts_with("en") ? "en" : "zh";
}

std::string say_small_talk(nlu::SmallTalk kind, std::string_view language) {
  using nlu::SmallTalk;
  const bool en = english(language);
  switch (kind) {
    case SmallTalk::kGreeting:
      return en ? "Hello! What can I do for you?" : "您好！请问有什么可以帮您？";
    case SmallTalk::kThanks:
      return en ? "You're welcome. Is there anything else?" : "不客气，还有其他问题可以继续问我。";
    case SmallTalk::kBye:
      return en ? "Goodbye, and have a nice day." : "再见，祝您生活愉快。";
    case SmallTalk::kPraise:
      return en ? "Thank you! Just write if anything else comes up." : "谢谢您！有其他问题随时问我。";
    case SmallTalk::kWhoAreYou:
      return en ? "I am this shop's automatic assistant. Ask me anything, or ask for a person at any time."
                : "我是自动客服助手，您可以直接提问，也可以随时要求转人工。";
    case SmallTalk::kEmpty:
      return en ? "Please tell me in a few words what it is about." : "请用几个字告诉我您想问什么。";
    case SmallTalk::kAcknowledge:
    case SmallTalk::kNone:
      break;
  }
  return en ? "All right. Just write if anything else comes up." : "好的，有其他问题随时问我。";
}

std::string say_handover(bool urgent, std::string_view language) {
  const bool en = english(language);
  if (urgent)
    return en ? "This is urgent: a person is being called in for you now. If anyone is in danger, call the "
                "emergency services first."
              : "这件事很要紧，正在优先为您接通人工客服。如有人身危险，请先远离危险并拨打 110、119 或 120。";
  return en ? "I am bringing in a person for you. What you wrote is passed on."
            : "正在为您转接人工客服，您说过的内容会一并转达。";
}

std::string say_none(std::string_view language) {
  return english(language) ? "I have no reliable answer to this. Would you like to talk to a person?"
                           : "这个问题我没有可靠的答案，需要为您转人工客服吗？";
}

std::string say_clarify(std::size_t options, std::string_view language) {
  if (english(language)) return options == 1 ? "Do you mean this?" : "Which of these do you mean?";
  return options == 1 ? "您想问的是这个吗？" : "您想问的是哪一个？";
}

std::string say_also(std::string_view question, std::string_view language) {
  return english(language) ? fmt::format("And about \"{}\": which of these do you mean?", question)
                           : fmt::format("关于“{}”，您想问的是哪一个？", question);
}

std::string say_other_language() { return "This answer is available in Chinese:"; }

std::string say_given_up(std::string_view language) {
  return english(language) ? "All right, we leave it there. Just write if anything else comes up."
                           : "好的，先不办了。有其他问题随时问我。";
}

std::string say_flow_gone(std::string_view language) {
  return english(language) ? "This self-service has just been taken down; nothing you told me is lost."
                           : "这项自助服务刚刚下线了，您已经提供的信息会一并转给同事。";
}

std::string label_none_of_these(std::string_view language) {
  return english(language) ? "None of these" : "以上都不是";
}
std::string label_person(std::string_view language) {
  return english(language) ? "Talk to a person" : "转人工客服";
}

std::string say_reason(const answering::Reason& r, std::string_view language) {
  const auto* n = named(r.feature);
  if (!n) return r.feature;
  const bool en = english(language);
  std::string out(en ? n->en : n->zh);
  if (r.feature.ends_with(".gap")) out += en ? ", compared with the best other" : "（与次优相比）";
  if (std::isfinite(r.first) && std::isfinite(r.second))
    out += en ? fmt::format(" ({:.2f} against {:.2f})", r.first, r.second)
              : fmt::format("（{:.2f} 对 {:.2f}）", r.first, r.second);
  return out;
}

}  // namespace zk::dialogue
