// Intents a company defines by examples: linear classifiers over sentence vectors and hashed n-grams
// (liblinear, Fan et al. 2008), a probability by temperature (Guo et al. 2017), and how likely a question
// means any intent at all. Trains in well under a second from some dozens of examples, in seconds to a minute
// from ten thousand. Immutable once trained; predict() is safe from any thread. Same examples, same model.
//
//   ZK_TRY(auto model, IntentModel::train({texts, vectors}, labels, {questions, their_vectors}));
//   auto p = model->predict({asked, asked_vectors});        // p[0].intent, p[0].probability, p[0].in_scope
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace zk::nlu {

// What one encoder makes of texts, row by row.
struct SentenceRows {
  std::size_t width = 0;  // floats a row
  std::vector<float> values;
};
// Texts with their vectors by none, one or several encoders; the same encoders in the same order everywhere.
struct IntentTexts {
  std::span<const std::string> texts{};
  std::vector<SentenceRows> sentences{};
  // Of texts of no intent, where given: those of one group (the questions of an article) are left out
  // together.
  std::vector<std::uint32_t> groups{};
};

struct IntentChance {
  std::string intent;
  double probability = 0;
};
struct IntentPrediction {
  std::string intent;
  double probability = 0;  // that it is this intent, given that it is one of them: 0 … 1
  // Trained with texts of no intent: the probability that it is one of them at all. Without: 0 … 1, the
  // higher the more like the examples; half of unseen examples lie above 0.5.
  double in_scope = 0;
  std::vector<IntentChance> ranked;  // the most probable first, at most IntentModel::kMostRanked
};

class IntentModel {
 public:
  static constexpr std::size_t kMostRanked = 3;
  static constexpr std::size_t kMostTexts = 20'000, kMostLabels = 2'000;

  // examples.texts[i] means labels[i]; none: texts that mean no intent, such as questions that are answered
  // otherwise. 2 … kMostLabels labels (1 is enough where there are texts of none), at most kMostTexts texts.
  // kInvalidArgument when there are fewer labels or the counts differ; kTooLarge beyond the bounds.
  static Result<std::shared_ptr<const IntentModel>> train(const IntentTexts& examples,
                                                          std::span<const std::string> labels,
                                                          const IntentTexts& none = {});
  ~IntentModel();
  std::vector<IntentPrediction> predict(const IntentTexts& asked) const;
  const std::vector<std::string>& labels() const { return labels_; }

  // What the examples and the texts of none were taken for while they were left out; intent is "" where a
  // text never was (its label has no other example, or there are thousands).
  const std::vector<IntentPrediction>& held_out() const { return held_out_; }
  const std::vector<IntentPrediction>& held_out_none() const { return held_out_none_; }

 private:
  struct Parts;
  IntentModel();
  void judge_unseen(std::size_t examples, const IntentTexts& none);

  std::vector<std::string> labels_;  // ascending
  std::unique_ptr<Parts> parts_;
  std::vector<IntentPrediction> held_out_, held_out_none_;
};

}  // namespace zk::nlu
