#include "answering/dense.hpp"

#include <cmath>

#include "base/check.hpp"

namespace zk::answering {
namespace {

// Sixteen running sums let the compiler use its widest registers without reordering a single chain of
// additions.
#define ZK_DOT_BODY                                                   \
  float s[16] = {};                                                   \
  std::size_t i = 0;                                                  \
  for (; i + 16 <= n; i += 16)                                        \
    for (std::size_t k = 0; k < 16; ++k) s[k] += a[i + k] * b[i + k]; \
  for (; i < n; ++i) s[0] += a[i] * b[i];                             \
  for (std::size_t w = 8; w > 0; w /= 2)                              \
    for (std::size_t k = 0; k < w; ++k) s[k] += s[k + w];             \
  return s[0];

__attribute__((target("avx2,fma"))) float dot_avx2(const float* a, const float* b, std::size_t n) {
  ZK_DOT_BODY
}
float dot_plain(const float* a, const float* b, std::size_t n) { ZK_DOT_BODY }
#undef ZK_DOT_BODY

using Dot = float (*)(const float*, const float*, std::size_t);
const Dot kDot = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? dot_avx2 : dot_plain;

}  // namespace

float dot(const float* a, const float* b, std::size_t n) { return kDot(a, b, n); }

void multiply(std::span<const float> rows, std::span<const float> q, std::span<float> out) {
  ZK_CHECK(rows.size() == q.size() * out.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kDot(rows.data() + i * q.size(), q.data(), q.size());
}

bool factorise(Matrix& a) {
  ZK_CHECK(a.rows == a.columns);
  for (std::size_t i = 0; i < a.rows; ++i) {
    float* row = a.row(i);
    for (std::size_t j = 0; j < i; ++j) row[j] = (row[j] - kDot(row, a.row(j), j)) / a.row(j)[j];
    const float pivot = row[i] - kDot(row, row, i);
    if (!(pivot > 0)) return false;
    row[i] = std::sqrt(pivot);
  }
  return true;
}

void solve(const Matrix& lower, Matrix& right) {
  const std::size_t n = lower.rows;
  ZK_CHECK(right.columns == n);
  for (std::size_t r = 0; r < right.rows; ++r) {
    float* b = right.row(r);
    for (std::size_t i = 0; i < n; ++i) b[i] = (b[i] - kDot(lower.row(i), b, i)) / lower.row(i)[i];
    for (std::size_t i = n; i-- > 0;) {
      b[i] /= lower.row(i)[i];
      const float* row = lower.row(i);
      for (std::size_t k = 0; k < i; ++k) b[k] -= row[k] * b[i];
    }
  }
}

std::vector<float> inverse_diagonal(const Matrix& lower) {
  const std::size_t n = lower.rows;
  std::vector<float> diagonal(n, 0.0F), column(n);
  for (std::size_t j = 0; j < n; ++j) {  // column j of L⁻¹; (M⁻¹)jj is the sum of squares of column j
    std::fill(column.begin(), column.end(), 0.0F);
    column[j] = 1 / lower.row(j)[j];
    float sum = column[j] * column[j];
    for (std::size_t i = j + 1; i < n; ++i) {
      column[i] = -kDot(lower.row(i) + j, column.data() + j, i - j) / lower.row(i)[i];
      sum += column[i] * column[i];
    }
    diagonal[j] = sum;
  }
  return diagonal;
}

}  // namespace zk::answering
