// What a message is before it is a question: wish for a person, danger, small talk; and within a
// conversation: the answer to a question asked back, a correction, a return, a follow-up. Pure functions of
// the normalised text; thread-safe. Golden cases: tests/golden/dialogue/reading.tsv.
#pragma once

#include <string>
#include <string_view>

namespace zk::dialogue {

// Straight to a person, however the question would be answered; kHazard only when no article answers for
// sure.
enum class Alarm { kNone, kPerson, kHazard, kAlways };
// From nlu::wants_person and nlu::urgency; kAlways: self-harm, threat of a regulator, the press, a court.
Alarm alarm_of(std::string_view normalised);

// 1-based position of the option meant ("第二个", "2", "后面那个" with `options` offered); 0: none.
int ordinal_of(std::string_view normalised, int options);
bool is_yes(std::string_view normalised);            // a plain yes and nothing else
bool is_none_of_these(std::string_view normalised);  // 都不是, none of these, a plain no

// Signs within a thread. `rest` of the text is what remains to be understood.
struct Sign {
  bool correction = false;  // 不对，我说的是…
  bool unsolved = false;    // 还是不行
  bool elsewhere = false;   // 另外…, 对了…: a new topic
  bool back = false;        // 回到刚才…: an earlier topic
  bool follows = false;     // 那…呢, 它…, or too short to stand alone
  std::string rest;         // without the words that gave the sign
};
Sign sign_of(std::string_view normalised);

}  // namespace zk::dialogue
