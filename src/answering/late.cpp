#include "answering/late.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "answering/dense.hpp"
#include "base/check.hpp"
#include "base/random.hpp"

namespace zk::answering {
namespace {

constexpr float kScale = 127.0F;
constexpr std::size_t kBytesAToken = kTokenWidth + sizeof(float);

// Rows of a random matrix, scaled so that lengths are kept on average; the same in every process.
const std::vector<float>& projection(std::size_t from) {
  static const auto build = [](std::size_t width) {
    Random random(20'240'501);
    std::vector<float> m(kTokenWidth * width);
    for (float& v : m) v = (random.next() & 1) != 0 ? 1.0F : -1.0F;  // Achlioptas 2003
    return m;
  };
  thread_local std::size_t made_for = 0;
  thread_local std::vector<float> made;
  if (made_for != from) {
    made = build(from);
    made_for = from;
  }
  return made;
}

void pack(const float* vector, std::size_t width, std::int8_t* out) {
  std::vector<float> narrow(kTokenWidth);
  if (width == kTokenWidth)
    std::copy_n(vector, width, narrow.begin());
  else
    multiply(projection(width), {vector, width}, narrow);
  const float norm = std::sqrt(dot(narrow.data(), narrow.data(), kTokenWidth)) + 1e-9F;
  for (std::size_t k = 0; k < kTokenWidth; ++k)
    out[k] = static_cast<std::int8_t>(std::lround(narrow[k] / norm * kScale));
}

}  // namespace

TokenRows token_rows(const nlu::TokenVectors& vectors, std::size_t first, std::size_t last) {
  TokenRows out;
  const auto width = static_cast<std::size_t>(vectors.token_dimension);
  for (std::size_t t = first; t < last; ++t) {
    const std::size_t begin = vectors.first_row[t] + 1, end = vectors.first_row[t + 1];
    float total = 1e-9F;
    for (std::size_t r = begin; r < end; ++r) {
      out.values.resize(out.values.size() + kTokenWidth);
      pack(vectors.values.data() + r * width, width, out.values.data() + out.values.size() - kTokenWidth);
      out.weights.push_back(vectors.weights.empty() ? 1.0F : vectors.weights[r]);
      total += out.weights.back();
    }
    for (auto w = out.weights.end() - static_cast<std::ptrdiff_t>(end - begin); w != out.weights.end(); ++w)
      *w /= total;
    out.begin.push_back(static_cast<std::uint32_t>(out.weights.size()));
  }
  return out;
}

TokenRows TokenRows::text(std::size_t i) const {
  TokenRows out;
  out.values.assign(values.begin() + begin[i] * std::ptrdiff_t{kTokenWidth},
                    values.begin() + begin[i + 1] * std::ptrdiff_t{kTokenWidth});
  out.weights.assign(weights.begin() + begin[i], weights.begin() + begin[i + 1]);
  out.begin.push_back(static_cast<std::uint32_t>(out.weights.size()));
  return out;
}

// Values of all tokens, then their weights.
std::string TokenRows::bytes(std::size_t i) const {
  const auto one = text(i);
  std::string out(one.values.size() + one.weights.size() * sizeof(float), '\0');
  std::memcpy(out.data(), one.values.data(), one.values.size());
  std::memcpy(out.data() + one.values.size(), one.weights.data(), one.weights.size() * sizeof(float));
  return out;
}

bool TokenRows::fits(std::string_view bytes) { return bytes.size() % kBytesAToken == 0; }

void TokenRows::add(std::string_view bytes) {
  ZK_CHECK(fits(bytes));
  const std::size_t n = bytes.size() / kBytesAToken;
  values.insert(values.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n * kTokenWidth));
  weights.resize(weights.size() + n);
  std::memcpy(weights.data() + weights.size() - n, bytes.data() + n * kTokenWidth, n * sizeof(float));
  begin.push_back(static_cast<std::uint32_t>(weights.size()));
}

LateScores late_scores(const TokenRows& asked, const TokenRows& article, std::size_t questions,
                       std::ptrdiff_t skip) {
  LateScores out{-1, -1, -1};
  const std::size_t n = asked.begin[1];  // the whole question is the first text
  std::vector<std::int32_t> best_all(n, -1 << 20), best(n), back;
  constexpr float kUnit = kScale * kScale;
  for (std::size_t t = 0; t < article.texts(); ++t) {
    if (static_cast<std::ptrdiff_t>(t) == skip) continue;
    const std::size_t begin = article.begin[t], end = article.begin[t + 1];
    if (begin == end) continue;
    std::fill(best.begin(), best.end(), -1 << 20);
    back.assign(end - begin, -1 << 20);
    for (std::size_t j = begin; j < end; ++j)
      for (std::size_t i = 0; i < n; ++i) {
        const auto s =
            dot(asked.values.data() + i * kTokenWidth, article.values.data() + j * kTokenWidth, kTokenWidth);
        best[i] = std::max(best[i], s);
        back[j - begin] = std::max(back[j - begin], s);
      }
    float here = 0;
    for (std::size_t i = 0; i < n; ++i) {
      best_all[i] = std::max(best_all[i], best[i]);
      here += asked.weights[i] * static_cast<float>(best[i]) / kUnit;
    }
    if (t >= questions || here <= out.question) continue;
    out.question = here;
    out.back = 0;
    for (std::size_t j = begin; j < end; ++j)
      out.back += article.weights[j] * static_cast<float>(back[j - begin]) / kUnit;
  }
  if (n > 0 && best_all[0] > -(1 << 20)) {
    out.article = 0;
    for (std::size_t i = 0; i < n; ++i)
      out.article += asked.weights[i] * static_cast<float>(best_all[i]) / kUnit;
  }
  return out;
}

}  // namespace zk::answering
