// One flow under way in one conversation. The run is plain data that the caller keeps as JSON between turns;
// the flow itself stays outside it. Pure but for the calls. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "flow/flow.hpp"

namespace zk::flow {

inline constexpr int kMostMoves = 300;  // steps of one turn: a loop without a question ends at a person
inline constexpr int kMostTries = 2;    // of asking for one slot again before a person is brought in
inline constexpr int kUtcOffset = 480;  // minutes; relative dates are those of China

// What a call step reaches. Thread-safe.
class Calls {
 public:
  virtual ~Calls() = default;
  // kNotFound: no such action; else what its own work says. Bounded in time.
  virtual Result<Values> call(std::string_view action, const Values& arguments) = 0;
};

struct Run {
  std::string flow, fingerprint;
  std::size_t at = 0;    // step to go on with
  std::string asked;     // slot asked for; "" when none
  int tries = 0;         // of asking for it again
  std::string language;  // of the message that opened it: an order number alone says nothing of it
  Values values;         // of slots, of set and of calls
};
std::string to_json(const Run& run);
Run run_from_json(std::string_view json);  // damaged: an empty run (flow "")

struct Outcome {
  enum class End { kAsks, kAnswered, kHandover } end = End::kAsks;
  std::vector<std::string> said;
  std::vector<SlotChoice> choices;  // of the slot asked for
};

struct Context {
  Timestamp now{};
  std::string_view language = "zh";
  Calls* calls = nullptr;  // null: every call fails
};

// The value of a slot that a message names; nullopt when it names none or one that is not allowed.
std::optional<std::string> value_of(const Slot& slot, std::string_view message, Timestamp now);

// The words that opened the flow may already name slots.
Run start(const Flow& flow, std::string_view message, const Context& context);
// Takes the answer to what was asked, and whatever else the message names; `again`: a value already known may
// be replaced (不对，是…), and the flow is gone through again from its start. False: nothing was named.
bool take(const Flow& flow, Run& run, std::string_view message, bool again, const Context& context);
// `choice`: the id of the button taken. False: the slot asked for has no such choice.
bool pick(const Flow& flow, Run& run, std::string_view choice);
// Goes on until something is asked or it ends. The prompt of the slot asked for is the last of `said`.
Outcome go_on(const Flow& flow, Run& run, const Context& context);
// Asks again for what was asked; ends at a person when that was tried often enough.
Outcome ask_again(const Flow& flow, Run& run);
bool cancels(std::string_view normalised);
// What is known, in words an agent reads: "order: A1024; method: 信用卡".
std::string known(const Flow& flow, const Run& run);

}  // namespace zk::flow
