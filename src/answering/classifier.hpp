// The knowledge base's own linear classifier: kernel ridge regression from a text to its article (one class
// an article, targets one-hot minus the mean), kernel = centred cosine of every encoder + half the cosine of
// TF-IDF n-grams (characters 1–3, syllables 2–3). Up to kMostDualRows texts it is solved exactly over texts;
// above, in the primal over the vectors and hashed n-grams. Immutable after fit(); thread-safe.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "answering/dense.hpp"
#include "answering/terms.hpp"

namespace zk::answering {

struct LabelledText {
  std::span<const Term> terms;        // character and sound n-grams
  std::vector<const float*> vectors;  // centred, length 1; one per encoder
  std::size_t article = 0;
  float weight = 1;  // questions 1, answer sentences 0.3
};

class Classifier {
 public:
  static constexpr std::size_t kMostDualRows = 2'500;

  virtual ~Classifier() = default;
  // out[a] for every article, about −0.1 … 1.1; higher is likelier.
  virtual void score(std::span<const Term> terms, std::span<const float* const> vectors,
                     std::span<float> out) const = 0;
  // What the text of row i would score when left out of the training; empty when the solver cannot tell
  // (primal).
  virtual std::vector<float> left_out(std::size_t row) const = 0;

  // Takes seconds for thousands of rows: run it in the background. nullptr when there is nothing to learn
  // from.
  static std::shared_ptr<const Classifier> fit(const std::vector<LabelledText>& rows,
                                               std::span<const std::size_t> dimensions, std::size_t articles);
};

}  // namespace zk::answering
