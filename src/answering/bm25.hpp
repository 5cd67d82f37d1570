// BM25 over hashed terms as a share: the score of a document divided by the most the question's terms could
// give, so that figures of short and long questions, small and large knowledge bases compare. Robertson &
// Zaragoza 2009, k1 = 1.2, b = 0.5. Immutable after construction; thread-safe.
#pragma once

#include <span>
#include <vector>

#include "answering/terms.hpp"

namespace zk::answering {

class Bm25 {
 public:
  Bm25() = default;
  explicit Bm25(const std::vector<std::span<const Term>>& documents);

  // out[d] = share in [0, ~1] for every document; out.size() == documents(). Terms never seen count as the
  // rarest.
  void share(std::span<const Term> question, std::span<float> out) const;
  float idf(Term term) const;  // 0 when never seen
  float unseen_weight() const { return unseen_; }
  std::size_t documents() const { return documents_; }

 private:
  struct Posting {
    std::uint32_t document;
    float weight;
  };
  std::ptrdiff_t find(Term term) const;  // −1 when absent

  std::size_t documents_ = 0;
  float unseen_ = 0;
  std::vector<Term> terms_;           // ascending
  std::vector<std::uint32_t> begin_;  // postings of terms_[i]: [begin_[i], begin_[i + 1])
  std::vector<float> idf_;
  std::vector<Posting> postings_;
};

}  // namespace zk::answering
