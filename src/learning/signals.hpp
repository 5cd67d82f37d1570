// What went wrong for customers, and what they confirmed: read from conversations of the last 30 days. Texts
// are as stored, personal data masked. Functions work inside the caller's transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "storage/storage.hpp"

namespace zk::learning {

// A question that was not answered, or not to the customer's liking.
struct Signal {
  std::int64_t message_id = 0, conversation_id = 0;  // of the bot's reply
  std::string kind;     // unanswered (said so, or asked back in vain) | disliked (👎) | low_rating (1 or 2)
  std::string text;     // the customer's question
  std::string article;  // answered from, or ""
  std::string reply;    // what an agent then wrote first, or ""
  double handling_s = 0;  // from the hand-over until resolved; 0: nobody had to
  Timestamp at{};
};
inline constexpr int kMostSignals = 5'000;  // the newest
Result<std::vector<Signal>> signals(storage::Tx& tx, Timestamp now);

// A question and the article that was right: taken from the buttons, or confirmed with 👍.
struct Confirmed {
  std::string text, article;
};
Result<std::vector<Confirmed>> confirmed(storage::Tx& tx, Timestamp now);

}  // namespace zk::learning
