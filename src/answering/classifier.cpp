#include "answering/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"

namespace zk::answering {
namespace {

constexpr float kTermShare = 0.5F;  // weight of the n-gram kernel beside one encoder's
constexpr float kRidge = 0.5F;

struct Sparse {
  std::vector<std::uint32_t> index;
  std::vector<float> value;
};

// TF-IDF with 1 + log(tf), smoothed idf, rows of length 1.
class TfIdf {
 public:
  explicit TfIdf(const std::vector<LabelledText>& rows) {
    std::vector<Term> unique;
    std::vector<Term> all;
    for (const auto& r : rows) {
      unique.assign(r.terms.begin(), r.terms.end());
      std::sort(unique.begin(), unique.end());
      unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
      all.insert(all.end(), unique.begin(), unique.end());
    }
    std::sort(all.begin(), all.end());
    const auto n = static_cast<float>(rows.size());
    for (std::size_t i = 0; i < all.size();) {
      std::size_t j = i + 1;
      while (j < all.size() && all[j] == all[i]) ++j;
      terms_.push_back(all[i]);
      idf_.push_back(std::log((1 + n) / (1 + static_cast<float>(j - i))) + 1);
      i = j;
    }
  }
  std::size_t size() const { return terms_.size(); }

  Sparse transform(std::span<const Term> text) const {
    std::vector<Term> sorted(text.begin(), text.end());
    std::sort(sorted.begin(), sorted.end());
    Sparse out;
    float norm = 0;
    for (std::size_t i = 0; i < sorted.size();) {
      std::size_t j = i + 1;
      while (j < sorted.size() && sorted[j] == sorted[i]) ++j;
      const auto at = std::lower_bound(terms_.begin(), terms_.end(), sorted[i]);
      if (at != terms_.end() && *at == sorted[i]) {
        const auto t = static_cast<std::size_t>(at - terms_.begin());
        const float v = (1 + std::log(static_cast<float>(j - i))) * idf_[t];
        out.index.push_back(static_cast<std::uint32_t>(t));
        out.value.push_back(v);
        norm += v * v;
      }
      i = j;
    }
    if (norm > 0)
      for (float& v : out.value) v /= std::sqrt(norm);
    return out;
  }

 private:
  std::vector<Term> terms_;  // ascending
  std::vector<float> idf_;
};

class DualRidge final : public Classifier {
 public:
  DualRidge(const std::vector<LabelledText>& rows, std::span<const std::size_t> dimensions,
            std::size_t articles)
      : dimensions_(dimensions.begin(), dimensions.end()),
        articles_(articles),
        tfidf_(rows),
        postings_(tfidf_.size()) {
    const std::size_t n = rows.size();
    for (std::size_t e = 0; e < dimensions_.size(); ++e) {
      PackedRows m(dimensions_[e]);
      for (std::size_t i = 0; i < n; ++i) m.add({rows[i].vectors[e], dimensions_[e]});
      vectors_.push_back(std::move(m));
    }
    std::vector<Sparse> sparse;
    for (std::size_t i = 0; i < n; ++i) {
      sparse.push_back(tfidf_.transform(rows[i].terms));
      for (std::size_t k = 0; k < sparse[i].index.size(); ++k)
        postings_[sparse[i].index[k]].push_back({static_cast<std::uint32_t>(i), sparse[i].value[k]});
    }
    Matrix kernel(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      kernel_row(sparse[i], rows[i].vectors, {kernel.row(i), i + 1}, i + 1);
      kernel.row(i)[i] += kRidge / rows[i].weight;
    }
    ok_ = factorise(kernel);
    if (!ok_) return;
    dual_ = Matrix(articles, n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t a = 0; a < articles; ++a)
        dual_.row(a)[i] = (rows[i].article == a ? 1.0F : 0.0F) - 1.0F / static_cast<float>(articles);
    targets_ = dual_;
    solve(kernel, dual_);
    inverse_diagonal_ = inverse_diagonal(kernel);
  }
  bool ok() const { return ok_; }

  void score(std::span<const Term> terms, std::span<const float* const> vectors,
             std::span<float> out) const override {
    ZK_CHECK(out.size() == articles_ && vectors.size() == dimensions_.size());
    std::vector<float> k(dual_.columns);
    kernel_row(tfidf_.transform(terms), vectors, k, k.size());
    for (std::size_t a = 0; a < articles_; ++a) out[a] = dot(dual_.row(a), k.data(), k.size());
  }

  // Closed form of leave-one-out for ridge regression: f₋ᵢ = yᵢ − αᵢ / (M⁻¹)ᵢᵢ.
  std::vector<float> left_out(std::size_t row) const override {
    std::vector<float> out(articles_);
    for (std::size_t a = 0; a < articles_; ++a)
      out[a] = targets_.row(a)[row] - dual_.row(a)[row] / inverse_diagonal_[row];
    return out;
  }

 private:
  struct Posting {
    std::uint32_t row;
    float value;
  };
  void kernel_row(const Sparse& sparse, std::span<const float* const> vectors, std::span<float> out,
                  std::size_t rows) const {
    std::fill(out.begin(), out.end(), 0.0F);
    for (std::size_t k = 0; k < sparse.index.size(); ++k)
      for (const auto& p : postings_[sparse.index[k]])
        if (p.row < rows) out[p.row] += kTermShare * sparse.value[k] * p.value;
    for (std::size_t e = 0; e < vectors.size(); ++e) {
      PackedRows q(dimensions_[e]);
      q.add({vectors[e], dimensions_[e]});
      for (std::size_t i = 0; i < rows; ++i) out[i] += dot(vectors_[e], i, q, 0);
    }
  }

  std::vector<std::size_t> dimensions_;
  std::size_t articles_;
  TfIdf tfidf_;
  std::vector<std::vector<Posting>> postings_;  // by term
  std::vector<PackedRows> vectors_;             // by encoder, one row a text
  Matrix dual_, targets_;                       // one row an article
  std::vector<float> inverse_diagonal_;
  bool ok_ = false;
};

// The same model solved over features instead of texts: n-grams are hashed with signs into kHashed columns
// (Weinberger et al. 2009). Weights of row i as in the dual: minimise Σ wᵢ (yᵢ − f(xᵢ))² + ridge · |B|².
class PrimalRidge final : public Classifier {
 public:
  static constexpr std::size_t kHashed = 1024;

  PrimalRidge(const std::vector<LabelledText>& rows, std::span<const std::size_t> dimensions,
              std::size_t articles)
      : dimensions_(dimensions.begin(), dimensions.end()),
        tfidf_(rows),
        width_(std::accumulate(dimensions.begin(), dimensions.end(), kHashed)),
        weights_(width_) {
    Matrix sums(articles, width_), gram(width_, width_);
    std::vector<float> mean(width_, 0.0F);
    for (std::size_t begin = 0; begin < rows.size(); begin += kBlock)
      add_block(std::span(rows).subspan(begin, std::min(kBlock, rows.size() - begin)), articles, gram, sums,
                mean);
    for (std::size_t a = 0; a < articles; ++a)
      for (std::size_t k = 0; k < width_; ++k) sums.row(a)[k] -= mean[k];
    for (std::size_t k = 0; k < width_; ++k) gram.row(k)[k] += kRidge;
    ok_ = factorise(gram);
    if (!ok_) return;
    solve(gram, sums);
    for (std::size_t a = 0; a < articles; ++a) weights_.add({sums.row(a), width_});
  }
  bool ok() const { return ok_; }

  void score(std::span<const Term> terms, std::span<const float* const> vectors,
             std::span<float> out) const override {
    ZK_CHECK(out.size() == weights_.rows());
    std::vector<float> x(width_);
    features(terms, vectors, x);
    PackedRows packed(width_);
    packed.add(x);
    for (std::size_t a = 0; a < out.size(); ++a) out[a] = dot(weights_, a, packed, 0);
  }
  std::vector<float> left_out(std::size_t) const override { return {}; }

 private:
  // Texts that share one pass over the Gram matrix: their features (kBlock × 4 bytes each) stay in the second
  // level cache.
  static constexpr std::size_t kBlock = 256;

  void add_block(std::span<const LabelledText> rows, std::size_t articles, Matrix& gram, Matrix& sums,
                 std::vector<float>& mean) const {
    Matrix columns(width_,
                   rows.size());  // one feature a row: the Gram matrix is then contiguous dot products
    std::vector<float> x(width_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      features(rows[i].terms, rows[i].vectors, x);
      for (std::size_t k = 0; k < width_; ++k) {
        columns.row(k)[i] = x[k] * std::sqrt(rows[i].weight);
        sums.row(rows[i].article)[k] += rows[i].weight * x[k];
        mean[k] += rows[i].weight * x[k] / static_cast<float>(articles);
      }
    }
    for (std::size_t k = 0; k < width_; ++k)
      for (std::size_t l = 0; l <= k; ++l) gram.row(k)[l] += dot(columns.row(k), columns.row(l), rows.size());
  }
  void features(std::span<const Term> terms, std::span<const float* const> vectors,
                std::vector<float>& x) const {
    std::fill(x.begin(), x.end(), 0.0F);
    const auto sparse = tfidf_.transform(terms);
    for (std::size_t k = 0; k < sparse.index.size(); ++k) {
      const std::uint64_t h = (sparse.index[k] + 1) * 0x9e3779b97f4a7c15ull;
      x[(h >> 20) % kHashed] += ((h >> 63) != 0 ? 1.0F : -1.0F) * std::sqrt(kTermShare) * sparse.value[k];
    }
    std::size_t at = kHashed;
    for (std::size_t e = 0; e < vectors.size(); at += dimensions_[e++])
      std::copy_n(vectors[e], dimensions_[e], x.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::vector<std::size_t> dimensions_;
  TfIdf tfidf_;
  std::size_t width_;
  PackedRows weights_;  // one row an article
  bool ok_ = false;
};

template <class Ridge>
std::shared_ptr<const Classifier> fitted(const std::vector<LabelledText>& rows,
                                         std::span<const std::size_t> dimensions, std::size_t articles) {
  auto ridge = std::make_shared<Ridge>(rows, dimensions, articles);
  return ridge->ok() ? ridge : nullptr;
}

}  // namespace

std::shared_ptr<const Classifier> Classifier::fit(const std::vector<LabelledText>& rows,
                                                  std::span<const std::size_t> dimensions,
                                                  std::size_t articles) {
  if (rows.empty() || articles < 2) return nullptr;
  return rows.size() <= kMostDualRows ? fitted<DualRidge>(rows, dimensions, articles)
                                      : fitted<PrimalRidge>(rows, dimensions, articles);
}

}  // namespace zk::answering
