// A flow: a conversation written down as data – slots to fill, questions, conditions, calls, answers – in a
// YAML file (format: README.md). parse() checks everything that can be known before it runs; what it accepts
// runs to an end. Plain values; thread-safe to read.
//
//   ZK_TRY(const auto flow, flow::parse(source));
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zk::flow {

inline constexpr std::size_t kMostBytes = 64 * 1024;  // of a source
inline constexpr std::size_t kMostNesting = 16;       // of brackets in a source
inline constexpr std::size_t kMostSlots = 20, kMostSteps = 100, kMostChoices = 10, kMostWords = 50,
                             kMostTests = 50, kMostTurns = 30;
inline constexpr std::size_t kMostText = 1'000;  // bytes of one text

using Values = std::map<std::string, std::string>;

struct Text {
  std::string zh, en;  // en empty: zh serves both
  const std::string& in(std::string_view language) const { return language == "en" && !en.empty() ? en : zh; }
};

enum class Type { kText, kOrderNumber, kDate, kAmount, kPhone, kChoice };

struct SlotChoice {
  std::string id;
  Text label;
  std::vector<std::string> words;  // normalised; any of them in a message means this choice
};

struct Slot {
  std::string name;
  Type type = Type::kText;
  Text ask, retry;  // retry empty: ask again in the same words
  std::vector<SlotChoice> choices;
  std::optional<double> least, most;  // of an amount
  bool past = false;                  // of a date: not after today
};

struct Condition {
  enum class Op { kKnown, kUnknown, kEqual, kUnequal, kLess, kAtMost, kMore, kAtLeast } op = Op::kKnown;
  std::string name, value;
};

struct Step {
  enum class Kind { kAsk, kSay, kIf, kSet, kCall, kHandover, kGoto, kEnd } kind = Kind::kEnd;
  std::string id;                       // "" when nothing jumps here
  std::string name;                     // slot asked for; action called
  Text text;                            // said; said at the hand-over
  std::vector<Condition> conditions;    // of an if: all of them
  Values values;                        // of set; arguments of call; {name} stands for a value
  std::string save;                     // of a call: its results are known as save.field
  std::size_t then = 0, otherwise = 0;  // index of a step; of a call, `otherwise`: when it failed
  bool hand_over_on_failure = false;    // a call without `failed`
  int line = 0;
};

struct TestTurn {
  std::string customer;  // or a choice taken: "pick:card"
  std::string says;      // must stand in what is said; "" when not checked
  std::string ends;      // "", answer, handover, cancelled
  int line = 0;
};
struct Test {
  std::string name;
  std::map<std::string, Values> calls;  // what each action returns; an action not named fails
  std::vector<TestTurn> turns;
  int line = 0;
};

struct Flow {
  std::string name;     // [a-z0-9_]{1,40}
  std::string article;  // external id of the article whose place it takes
  int line = 0, article_line = 0;
  Text title;
  std::vector<Slot> slots;
  std::vector<Step> steps;
  std::vector<Test> tests;
  std::string fingerprint;  // of the source
  const Slot* slot(std::string_view name) const;
};

// kInvalidArgument: "line 12: …", naming what is wrong and what would be right.
Result<Flow> parse(std::string_view source);

}  // namespace zk::flow
