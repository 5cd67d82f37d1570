// The figures of an answering system from its predictions, as docs/EVALUATION.md defines them. Pure;
// thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "answering/corpus.hpp"

namespace zk::answering {

struct Prediction {
  std::string decision;  // answer | clarify | none | handover | smalltalk
  std::string article_id;
  double probability = 0;
  std::vector<std::string> options;     // article ids of the buttons
  std::vector<std::string> candidates;  // article ids, best first
  double ms = 0;
};

struct Rate {
  std::size_t hits = 0, of = 0;
  double value() const { return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of); }
  double low() const;  // two-sided 95 % interval (Wilson 1927)
  double high() const;
};

struct Scores {
  std::size_t questions = 0, answered = 0;
  Rate precision, coverage, reach, recall_at_1, recall_at_3, clarify_hit, ambiguous_answered, oos_answered,
      oos_offered, human_recall;
  double ece = 0;  // expected calibration error of `probability` as the chance that the first candidate is
                   // right, ten bins
  double ms_p50 = 0, ms_p99 = 0;
};

Scores score(const std::vector<AskedQuestion>& questions, const std::vector<Prediction>& predictions);
std::map<std::string, Scores> score_by_type(const std::vector<AskedQuestion>& questions,
                                            const std::vector<Prediction>& predictions);

// A turn got what was expected: answered from one of the ids, asked back with one of them among the options,
// …
bool turn_ok(const AskedQuestion& turn, const Prediction& prediction);

double percentile(std::vector<double> values, double share);  // share in [0, 1]; 0 of nothing

}  // namespace zk::answering
