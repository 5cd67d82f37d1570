// What Zhike says around the answers, in Chinese and English. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "nlu/understanding.hpp"

namespace zk::dialogue {

// "en" for English text or locale, else "zh": the languages the wording exists in.
std::string_view wording_language(std::string_view text, std::string_view locale);

std::string say_small_talk(nlu::SmallTalk kind, std::string_view language);
// `priority`: nlu::priority of what was heard.
std::string say_handover(int priority, std::string_view language);
std::string say_none(std::string_view language);
std::string say_clarify(std::size_t options, std::string_view language);
// Behind an answer, about the other question of the same message.
std::string say_also(std::string_view question, std::string_view language);
// Before an answer that exists in Chinese only, to a question in English.
std::string say_other_language();
// For the agent who takes over: which intent was heard.
std::string say_intent(std::string_view name, std::string_view language);
std::string say_given_up(std::string_view language);   // a flow the customer gave up
std::string say_flow_gone(std::string_view language);  // a flow that runs no more, in the middle of it
std::string label_none_of_these(std::string_view language);
std::string label_person(std::string_view language);

}  // namespace zk::dialogue
