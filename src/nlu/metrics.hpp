// Figures of merit, pure functions. Rates come with their counts so that an interval can be given beside
// each.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace zk::nlu {

struct Interval {
  double low = 0, high = 1;
};

// Wilson score interval of a rate (Wilson 1927); confidence 0.95 by default. {0, 1} when total is 0.
Interval wilson(std::size_t successes, std::size_t total, double z = 1.959963985);

// Share of equal labels; 0 for none. Both of one length.
double accuracy(std::span<const std::string> truth, std::span<const std::string> predicted);
// Mean over the labels that occur in `truth` of the harmonic mean of precision and recall.
double macro_f1(std::span<const std::string> truth, std::span<const std::string> predicted);

// Chance that a positive scores higher than a negative, ties counting half (area under the ROC curve). 0.5
// when one side is empty.
double roc_auc(std::span<const double> positive, std::span<const double> negative);

struct Judged {
  double confidence = 0;
  bool right = false;
};
// Largest share of all that can be answered, most confident first, while the answers' precision is at least
// `target`. Answers of one confidence are taken together. `threshold` is the confidence from which to answer;
// above every confidence when share is 0.
struct Coverage {
  double share = 0, threshold = 0, precision = 0;
  std::size_t answered = 0;
};
Coverage coverage_at_precision(std::span<const Judged> judged, double target);

// Mean over ten bins of equal width of |confidence − share right|, weighted by size (Naeini et al. 2015).
double calibration_error(std::span<const Judged> judged, std::size_t bins = 10);

// Ranks of the first relevant result of each query, from 1; 0: not found.
double recall_at(std::span<const std::size_t> ranks, std::size_t k);
// Mean of 1 / rank, 0 beyond k.
double mrr_at(std::span<const std::size_t> ranks, std::size_t k);

// Value at the share p (0 … 1) of the sorted values, by the nearest rank; 0 for none.
double percentile(std::vector<double> values, double p);

}  // namespace zk::nlu
