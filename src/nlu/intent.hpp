// Intents a company defines by examples: linear classifiers over sentence vectors and hashed n-grams
// (liblinear, Fan et al. 2008), a probability by temperature (Guo et al. 2017), and how much a question looks
// like any intent at all. Trains in well under a second from some dozens of examples, in seconds to a minute
// from ten thousand (encoding not counted). Immutable once trained; predict() is safe from any thread. Same
// examples, same model.
//
//   ZK_TRY(auto model, IntentModel::train(texts, labels, {bge}));
//   ZK_TRY(auto p, model->predict(questions));        // p[0].intent, p[0].probability, p[0].in_scope
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nlu/encoder.hpp"

namespace zk::nlu {

struct IntentPrediction {
  std::string intent;
  double probability = 0;  // that it is this intent, given that it is one of them: 0 … 1
  double in_scope = 0;  // 0 … 1, the higher the more like the examples; half of unseen examples lie above 0.5
};

class IntentModel {
 public:
  // texts[i] means labels[i]; 2 … 2,000 labels, at most 20,000 texts. encoders: none (n-grams alone), one or
  // several, kept. kInvalidArgument when there are fewer than two labels or the counts differ; kTooLarge
  // beyond the bounds.
  static Result<std::shared_ptr<const IntentModel>> train(std::span<const std::string> texts,
                                                          std::span<const std::string> labels,
                                                          std::vector<std::shared_ptr<Encoder>> encoders);
  ~IntentModel();
  Result<std::vector<IntentPrediction>> predict(std::span<const std::string> texts) const;
  const std::vector<std::string>& labels() const { return labels_; }

 private:
  struct Features;
  struct Linear;
  struct Scope;
  IntentModel();

  std::vector<std::string> labels_;  // ascending
  std::unique_ptr<Features> features_;
  std::unique_ptr<Linear> linear_;
  std::unique_ptr<Scope> scope_;
  double temperature_ = 1;
};

}  // namespace zk::nlu
