// What visitors asked in the last 30 days and what another precision target would have made of it: from the
// probabilities kept with each reply of the bot, not by asking again. The knowledge base is taken as it was
// when each was asked.
//
//   ZK_TRY(const auto month, recent_replies(db, clock.now(), deadline));
//   const auto change = at_target(month, *library.current(), 0.95);
//   ZK_TRY(const auto examples, texts_of(tx, change.gained));
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "answering/answerer.hpp"
#include "storage/storage.hpp"

namespace zk::review {

inline constexpr std::size_t kMostReplies = 20'000;  // of the newest
inline constexpr std::size_t kMostExamples = 20;     // each way

enum class Fate { kAnswered, kAskedBack, kNotKnown, kHandedOver };
std::string_view to_string(Fate fate);  // answer | clarify | none | handover

// A reply to something written (a button taken is no question). `held`: the target decided it. It did not
// where a person was asked for, a message held several questions, hung on what was said before, or was
// stopped.
struct PastReply {
  std::int64_t message_id = 0;
  double right = 0, ambiguous = 0, none = 0;
  Fate fate = Fate::kNotKnown;
  bool held = false, alarm = false;  // alarm: handed over unless it can be answered
  bool other_language = false, word_for_word = false;
};
struct PastReplies {
  std::vector<PastReply> replies;  // newest first
  bool more = false;               // there are more than kMostReplies
  Timestamp since{};
};
Result<PastReplies> recent_replies(storage::Db& db, const answering::Answerer& answerer, Timestamp now,
                                   Deadline deadline);

struct Fates {
  std::size_t answered = 0, asked_back = 0, not_known = 0, handed_over = 0;
};
struct Change {
  Fates was, would;
  std::vector<PastReply> gained, lost;  // answered only then, answered only now; newest first
};
Change at_target(const PastReplies& past, const answering::Answerer& answerer, double target);
Fate fate_at(const PastReply& reply, const answering::Answerer& answerer, double target);

struct Example {
  std::int64_t message_id = 0, conversation_id = 0;
  std::string question;                   // as stored: masked
  std::string article, article_question;  // the likeliest one, or ""
  Timestamp at{};
};
Result<Example> example(storage::Tx& tx, std::int64_t message_id);  // kNotFound: erased meanwhile

}  // namespace zk::review
