#include "answering/bm25.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace zk::answering {
namespace {
constexpr float kK1 = 1.2F;
constexpr float kB = 0.5F;
struct Seen {
  Term term;
  std::uint32_t document;
};
}  // namespace

Bm25::Bm25(const std::vector<std::span<const Term>>& documents) : documents_(documents.size()) {
  std::vector<Seen> seen;
  double total = 0;
  for (std::size_t d = 0; d < documents.size(); ++d) {
    total += static_cast<double>(std::max<std::size_t>(1, documents[d].size()));
    for (const Term t : documents[d]) seen.push_back({t, static_cast<std::uint32_t>(d)});
  }
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) {
    return a.term != b.term ? a.term < b.term : a.document < b.document;
  });
  const auto n = static_cast<float>(documents_);
  const float mean_length =
      documents_ == 0 ? 1.0F : static_cast<float>(total / static_cast<double>(documents_));
  unseen_ = std::log(1 + n);
  for (std::size_t i = 0; i < seen.size();) {
    terms_.push_back(seen[i].term);
    begin_.push_back(static_cast<std::uint32_t>(postings_.size()));
    while (i < seen.size() && seen[i].term == terms_.back()) {
      const auto d = seen[i].document;
      float count = 0;
      for (; i < seen.size() && seen[i].term == terms_.back() && seen[i].document == d; ++i) ++count;
      const auto length = static_cast<float>(std::max<std::size_t>(1, documents[d].size()));
      postings_.push_back({d, count * (kK1 + 1) / (count + kK1 * (1 - kB + kB * length / mean_length))});
    }
    const auto df = static_cast<float>(postings_.size() - begin_.back());
    idf_.push_back(std::log(1 + (n - df + 0.5F) / (df + 0.5F)));
  }
  begin_.push_back(static_cast<std::uint32_t>(postings_.size()));
}

std::ptrdiff_t Bm25::find(Term term) const {
  const auto at = std::lower_bound(terms_.begin(), terms_.end(), term);
  return at == terms_.end() || *at != term ? -1 : at - terms_.begin();
}

float Bm25::idf(Term term) const {
  const auto i = find(term);
  return i < 0 ? 0 : idf_[static_cast<std::size_t>(i)];
}

void Bm25::share(std::span<const Term> question, std::span<float> out) const {
  ZK_CHECK(out.size() == documents_);
  std::fill(out.begin(), out.end(), 0.0F);
  std::vector<Term> unique(question.begin(), question.end());
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  float most = 0;
  for (const Term t : unique) {
    const auto found = find(t);
    if (found < 0) {
      most += unseen_;
      continue;
    }
    const auto i = static_cast<std::size_t>(found);
    most += idf_[i];
    for (auto p = begin_[i]; p < begin_[i + 1]; ++p)
      out[postings_[p].document] += idf_[i] * postings_[p].weight;
  }
  if (most > 0)
    for (float& o : out) o /= most;
}

}  // namespace zk::answering
