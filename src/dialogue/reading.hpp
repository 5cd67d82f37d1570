// What a message is before it is a question: wish for a person, danger, small talk; and within a
// conversation: the answer to a question asked back, a correction, a return, a follow-up. Pure functions of
// the normalised text; thread-safe. Golden cases: tests/golden/dialogue/{reading,signs}.tsv.
#pragma once

#include <string>
#include <string_view>

#include "answering/alarm.hpp"
#include "nlu/understanding.hpp"

namespace zk::dialogue {

// Straight to a person, however the question would be answered; kHazard only when the alarm
// model agrees or, without one, no article answers for sure; kAlways: self-harm, threat of a regulator, the press, a court.
enum class Alarm { kNone, kPerson, kHazard, kAlways };
Alarm alarm_of(std::string_view normalised, nlu::Urgency urgency);
// The likeliest kind of an alarm that was heard; a wish for a person is not urgent.
nlu::Urgency urgency_of(const answering::AlarmReading& heard);

// 1-based position of the option meant ("第二个", "2", "后面那个" with `options` offered); 0: none.
int ordinal_of(std::string_view normalised, int options);
bool is_yes(std::string_view normalised);            // a plain yes and nothing else
bool is_none_of_these(std::string_view normalised);  // 都不是, none of these, a plain no

// Signs within a thread.
struct Sign {
  bool correction = false;  // 不对，我说的是…
  bool unsolved = false;    // 还是不行
  bool elsewhere = false;   // 另外…, 对了…: a new topic
  bool back = false;        // 回到刚才…: an earlier topic
  bool follows = false;     // 那…呢, 它…, or too short to stand alone
  bool points = false;      // 它, 这个: stands for what was said before
  std::string rest;         // what remains to be understood
  std::string instead_of;   // "不是X，是Y", "不要X，要Y": X
  std::string swap;         // "那X呢", "换成X": X takes the place of something said before; or ""
};
Sign sign_of(std::string_view normalised);

// Asks for something: a question word or a request stands in it.
bool asks_something(std::string_view normalised);

}  // namespace zk::dialogue
