// From what the knowledge base sees to what it makes of it: a ranker orders the candidates, a decision model
// says how likely the first is right, the question is ambiguous, or nothing here answers it. Both are trained
// across companies (tools/train) and read from models/weights/. Without them Judge::lexical() ranks by a
// fixed formula and calls nothing sure. Immutable; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "answering/knowledge_base.hpp"
#include "answering/trees.hpp"

namespace zk::answering {

struct Candidate {
  std::uint32_t article = 0;  // index in the knowledge base
  double probability = 0;  // that this article answers the question; all candidates and `none` sum to ≤ 1
  double score = 0;        // the ranker's
  std::size_t row = 0;     // of Look::features
};

struct Judgement {
  std::vector<Candidate> candidates;  // best first
  double right = 0;                   // the first candidate answers it
  double ambiguous = 0;               // several would: better asked back
  double none = 0;                    // no article answers it
};

// Why an article came first: the features that moved its score most against the runner-up.
struct Reason {
  std::string feature;  // a name of feature_names()
  double share = 0;     // of the difference between the two scores; positive speaks for the first
  float first = 0, second = 0;
};

struct Operating {
  double answer = 1.01;   // answer at or above this probability; above 1: never
  double none = 1.01;     // say "I do not know" at or above this probability of none
  double clarify = 1.01;  // ask back at or above this probability of ambiguity, however sure the first is
};

class Judge {
 public:
  // Reads `answering-<profile>.json`. Errors: kNotFound, kDataLoss (damaged or not this version).
  static Result<std::shared_ptr<const Judge>> open(const std::string& path);
  // score = bm25 + article + 0.5 · (bm25.sound + article.sound); right = 1 − none = score of the first,
  // ambiguous = 0.
  static std::shared_ptr<const Judge> lexical();

  Judgement judge(const KnowledgeBase& kb, const Look& look) const;
  std::vector<Reason> reasons(const KnowledgeBase& kb, const Look& look, const Judgement& judgement,
                              std::size_t most) const;
  // Thresholds for a precision target in [0.5, 0.999], fitted on left-out companies with a one-sided 95 %
  // bound.
  Operating operating(double target) const;
  bool is_lexical() const { return ranker_.nodes() == 0; }

 private:
  struct Point {
    double target, answer;
  };
  enum Kind : std::size_t { kWrong, kAmbiguous, kNone, kKinds };

  Judge() = default;
  std::vector<float> decision_row(const KnowledgeBase& kb, const Look& look,
                                  const std::vector<Candidate>& ranked) const;
  std::vector<float> ranker_row(const std::vector<std::int32_t>& columns, const Look& look,
                                std::size_t candidate) const;

  std::vector<std::string> ranker_features_, decision_features_;
  Trees ranker_;
  Trees sure_;  // sigmoid of the sum: the first is right; may only rise with similarity and margin
  std::vector<Trees> kind_;    // by Kind, softmax of their sums: what it is when the first is not right
  std::vector<Point> points_;  // ascending by target
  double none_ = 1.01, clarify_ = 1.01;
};

}  // namespace zk::answering
