#include "dialogue/wording.hpp"

#include <fmt/format.h>

#include "text/text.hpp"

namespace zk::dialogue {
namespace {

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

std::string say_handover(int priority, std::string_view language) {
  const bool en = english(language);
  if (priority >= nlu::priority(nlu::Urgency::kDanger))
    return en ? "This is urgent: a person is being called in for you now. If anyone is in danger, call the "
                "emergency services first."
              : "这件事很要紧，正在优先为您接通人工客服。如有人身危险，请先远离危险并拨打 110、119 或 120。";
  if (priority > 0)
    return en ? "I take this seriously: a person is being called in for you with priority. What you wrote is "
                "passed on."
              : "您反映的情况我们很重视，正在优先为您接通人工客服，您说过的内容会一并转达。";
  return en ? "I am bringing in a person for you. What you wrote is passed on."
            : "正在为您转接人工客服，您说过的内容会一并转达。";
}

std::string say_intent(std::string_view name, std::string_view language) {
  return (english(language) ? "Intent: " : "意图：") + std::string(name);
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

}  // namespace zk::dialogue
