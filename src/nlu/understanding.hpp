// What a message asks for beside its topic: a person, help in danger, nothing at all (small talk); its mood;
// the facts in it. Small pure stages over text::normalise(d) text, each under 50 µs for a message of 200
// characters. Rules, no model: what they miss is caught by the ranking's own doubt. Written from general
// knowledge of the language, not from any company's questions. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace zk::nlu {

// The customer wants a human: 转人工, 别跟我扯了叫个活人来, "let me talk to a person". Not: 人工客服几点上班
// (a question about hours), 人工费多少 (a price).
bool wants_person(std::string_view normalised);

enum class Urgency {
  kNone,
  kDanger,     // smoke, fire, swelling, gas, injury, someone in distress: now, to the speaker or beside him
  kFraud,      // money or an account being taken at this moment
  kSelfHarm,   // talk of ending one's life
  kRegulator,  // complaint to an authority, the press, a court
};
std::string_view to_string(Urgency urgency);  // none | danger | fraud | self_harm | regulator
// Conversation priority 0–3 that goes with it.
int priority(Urgency urgency);
// Questions about a danger (漏电保护器怎么选, 被盗刷了能赔多少) are not urgent; reports of one are.
Urgency urgency(std::string_view normalised);

// Insults and obscenity, to be answered calmly and counted, never sent on by a bot.
bool is_abusive(std::string_view normalised);

enum class SmallTalk { kNone, kGreeting, kThanks, kBye, kAcknowledge, kPraise, kWhoAreYou, kEmpty };
std::string_view to_string(SmallTalk talk);
// The whole message is that and nothing more: 你好 is a greeting, 你好我想退货 is none. kEmpty: no letters
// (？？, 😊).
SmallTalk small_talk(std::string_view normalised);

// Mood from −1 (furious) to +1 (delighted); 0 when nothing shows. Emoji, repetition and punctuation count.
double sentiment(std::string_view text);

struct Entity {
  enum class Kind { kOrderNumber, kAmount, kDate, kQuantity, kPlace, kProduct } kind = Kind::kOrderNumber;
  std::size_t start = 0, end = 0;  // code points of the given text
  std::string value;  // order number; amount in yuan ("199.00"); date "2026-11-22"; quantity; name
};
std::string_view to_string(Entity::Kind kind);  // order_number | amount | date | quantity | place | product
// `products`: the company's own names, normalised, longest first. Relative times (昨天, 上周三, 3天前) are
// resolved against `now` in the zone `utc_offset` minutes east of UTC.
std::vector<Entity> entities(std::string_view text, Timestamp now, int utc_offset,
                             const std::vector<std::string>& products);

// The message cut where a new question begins (…？另外…, …，还有…): at most 3 parts of at least 4 characters;
// one part when it is one question. Parts keep the order of the message.
std::vector<std::string> questions(std::string_view text);

}  // namespace zk::nlu
