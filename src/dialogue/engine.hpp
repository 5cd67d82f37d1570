// One turn of a conversation: text (or a button) in, reply out. The engine holds no conversation: its memory
// of one is the JSON in Reply::state, which the caller keeps and hands in again. Same input, same snapshot:
// same reply, on every channel. Thread-safe: turn() may be called from many threads at once.
//
//   dialogue::Engine engine({.target = 0.98});
//   ZK_TRY(auto reply, engine.turn(*answerer, {.text = "退款多久到账？", .state = conversation.bot_state,
//   .now = clock.now()}));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answering/answerer.hpp"
#include "base/result.hpp"
#include "domain/block.hpp"
#include "flow/book.hpp"
#include "flow/run.hpp"
#include "intent/recogniser.hpp"

namespace zk::dialogue {

enum class Decision { kAnswer, kClarify, kNone, kHandover, kSmalltalk };
std::string_view to_string(Decision decision);  // answer | clarify | none | handover | smalltalk

struct TurnInput {
  std::string text;     // as written; personal data already masked
  std::string pick{};   // id of the button taken ("article:X017", "none", "human"), or ""
  std::string state{};  // Reply::state of the turn before, or ""
  Timestamp now{};
  std::string channel{};
  std::string locale{};                         // of the visitor; "" : that of the text
  double target = 0;                            // precision wanted of direct answers; 0: that of the engine
  const flow::Book* flows = nullptr;            // those that are live; null: none
  flow::Calls* calls = nullptr;                 // what their call steps reach
  const intent::Recogniser* intents = nullptr;  // null: none is defined
};

struct Scored {
  std::string article_id;
  double probability = 0;
};

struct StageTime {
  std::string_view name;  // of static storage: "understand", "retrieve", …
  double ms = 0;
};

struct Reply {
  Decision decision = Decision::kNone;
  std::string article_id;          // of an answer
  std::vector<std::string> also;   // further articles answered from, when the message held several questions
  double probability = 0;          // that the first candidate is right
  std::vector<Choice> options;     // of an ask-back, without "none of these" and "a person"
  std::vector<Scored> candidates;  // best first, at most 10
  Blocks blocks;                   // what the customer sees
  std::string flow;                // name of the flow that speaks, or ""
  // What a flow said, word for word: written by the company or looked up, so figures in it are founded.
  std::vector<std::string> sources;
  std::string note;   // at a hand-over out of a flow or by an intent: what is known, for the agent
  int priority = 0;   // 3 when danger was heard, else that of the intent
  TeamId team{};      // that an intent hands over to, or none
  LabelId label{};    // that an intent puts on the conversation, or none
  std::string trace;  // JSON for the console: stages with milliseconds, figures, reasons
  std::string state;  // JSON, ≤ kMostStateBytes
  double ms = 0;
  std::vector<StageTime> stages;  // in their order; a stage that came twice stands twice
};

inline constexpr std::size_t kMostStateBytes = 8'192;
inline constexpr std::size_t kMostOptions = 3;
inline constexpr int kMostRounds = 2;                      // of asking back in a row
inline constexpr std::size_t kMostTextCharacters = 2'000;  // of one message; the rest is not read

struct EngineOptions {
  double target = 0.98;  // precision wanted of direct answers, 0.5 … 0.999
  // A message read within its thread (thread.hpp) is answered at `thread_answer`, and said not to be known
  // when no article has `thread_none`: the customer sees at once what it was taken for. Chosen on the
  // dialogues of data/dialogues.
  double thread_answer = 0.5, thread_none = 0.3;
  double unsigned_answer = 0.7;  // instead of thread_answer when only an open ask-back says that it follows
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options) : options_(options) {}
  // Errors: what the encoders say. A damaged state is dropped, never an error.
  Result<Reply> turn(const answering::Answerer& answerer, const TurnInput& input) const;

 private:
  EngineOptions options_;
};

}  // namespace zk::dialogue
