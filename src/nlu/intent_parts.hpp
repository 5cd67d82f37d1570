// The parts of IntentModel: how texts become rows, one linear classifier, whether a text means any intent.
// Internal to nlu; immutable after training.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "nlu/intent.hpp"
#include "search/vector_index.hpp"

namespace zk::nlu {

inline constexpr std::size_t kFewIntentTexts = 3000;  // up to here an n-gram seen once still counts

// One text as the classifier sees it: the encoders' vectors, centred and scaled, then the n-grams that are
// known.
struct IntentRow {
  std::vector<float> dense;
  std::vector<std::pair<std::uint32_t, float>> sparse;  // column, value
};

// Character n-grams of 1 to 4 within and across words, words, and pairs of words, by hash, with counts.
using IntentGrams = std::unordered_map<std::uint64_t, float>;
IntentGrams intent_grams(std::string_view text);

// Learnt from all training texts: means of the vectors, known n-grams and their weights.
struct IntentFeatures {
  std::vector<std::vector<float>> means;  // of each encoder
  std::unordered_map<std::uint64_t, std::uint32_t> columns;
  std::vector<float> idf;
  std::size_t dense_width = 0;

  // The rows of the examples, then those of no intent.
  std::vector<IntentRow> learn(const IntentTexts& examples, const IntentTexts& none);
  IntentRow row(const IntentTexts& of, std::size_t i, const IntentGrams& grams) const;
};

// One weight vector a label.
struct IntentLinear {
  std::size_t labels = 0, dense_width = 0;
  std::vector<float> weights;  // feature by feature: labels next to each other
  std::vector<float> bias;

  std::vector<double> decide(const IntentRow& row) const;
  // truth[i], below `label_count`, is the label of rows[i]; a label without a row is never chosen.
  static IntentLinear train(std::span<const IntentRow* const> rows, std::span<const int> truth,
                            std::size_t label_count, const IntentFeatures& features);
};

// What speaks for a text meaning some intent: the best decision, the nearest example; and against it: the
// decision for none, the nearest text of none.
struct IntentSigns {
  static constexpr std::size_t kCount = 4;
  std::array<double, kCount> values{};
};

class IntentScope {
 public:
  static std::shared_ptr<const search::VectorSnapshot> index(std::span<const IntentRow* const> rows);
  static double similarity(const search::VectorSnapshot* among, const IntentRow& row);  // 0 without

  // From texts that were judged unseen. Without any of none every sign weighs the same and half of the
  // examples lie above 0.5; with them a logistic regression weighs the signs.
  static IntentScope fit(std::span<const IntentSigns> examples, std::span<const IntentSigns> none);
  double score(const IntentSigns& signs) const;

 private:
  std::array<double, IntentSigns::kCount> mean_{}, deviation_{}, weights_{};
  double bias_ = 0;
};

}  // namespace zk::nlu
