// How good the answers are: questions whose right article is known, what was believed of each, and from that
// precision, coverage and reach at any threshold. Pure; thread-safe.
//
//   auto seen = see_held_out(answerer, item);                      // or see(answerer, item, now)
//   const auto now = rates(outcomes, answerer, 0.98);              // at a precision target
//   const auto points = curve(outcomes);                           // at fixed thresholds
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "review/measure.hpp"

namespace zk::review {

// What one question came to, without its text.
struct Outcome {
  double right = 0, ambiguous = 0,
         none = 0;              // probabilities: the first article answers it, several do, none does
  bool held_out = false;        // a similar question left out, else a regression question
  bool answerable = false;      // some article is right
  bool first = false;           // the first article is right
  bool offered = false;         // a right one is among the buttons an ask-back would have
  bool other_language = false;  // read by the multilingual encoder, whose thresholds are its own
  bool word_for_word = false;
};

// Nothing where the item is not the article's own (any more).
std::optional<Outcome> see_held_out(const answering::Answerer& answerer, const Item& item);
// A stored question by itself, as the first message of a conversation. Errors: what the encoders say.
Result<Outcome> see(const answering::Answerer& answerer, const Item& item, Timestamp now);

struct Rates : Figures {
  std::size_t reached = 0;  // answered right, or asked back with a right article among the buttons
  double reach() const;     // reached / answerable; 0 when nothing could be answered
  nlu::Interval reach_interval() const { return nlu::wilson(reached, answerable); }
};
enum class From { kAll, kHeldOut, kRegression };
// As the engine decides for a precision target in [0.5, 0.999].
Rates rates(std::span<const Outcome> outcomes, const answering::Answerer& answerer, double target,
            From from = From::kAll);

struct CurvePoint {
  double threshold = 0;  // on the probability, one for both languages; nothing else keeps from answering
  Rates rates;
};
std::vector<CurvePoint> curve(std::span<const Outcome> outcomes, const answering::Operating& at);

struct Measurement {
  std::string of;           // what was measured: content, models, questions
  Timestamp at{};           // when it ended
  std::size_t similar = 0;  // similar questions there are; more than were asked where it is a sample
  std::vector<Outcome> outcomes;
};
// One line of JSON and back; nothing for what is not one.
std::string to_json(const Measurement& measurement);
std::optional<Measurement> measurement_from_json(std::string_view json);

}  // namespace zk::review
