// What the engine remembers of a conversation, as JSON in conversations.bot_state. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zk::dialogue {

struct Topic {
  std::string question;    // with what it was carried over from, ≤ 400 bytes
  std::string article_id;  // answered from; "" when it was not
};

struct State {
  static constexpr std::size_t kMostTopics = 3, kMostFlowBytes = 4'000;
  std::vector<Topic> topics;          // newest first
  std::string asked;                  // the question that was asked back, "" when none is pending
  std::vector<std::string> options;   // article ids offered with it
  std::vector<std::string> declined;  // offered before and not taken
  int rounds = 0;                     // asked back in a row
  std::vector<std::string> given;     // answers so far, newest last: none is repeated when it did not help
  std::string flow;  // the run of a flow under way, as JSON, ≤ kMostFlowBytes; "" when there is none

  void answered(std::string_view question, std::string_view article_id);
  void clear_pending();
};

State read_state(std::string_view json);  // damaged or foreign: an empty state
std::string write_state(const State& state);

}  // namespace zk::dialogue
