#include "answering/dense.hpp"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
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
float dot_plain(const float* a, const float* b, std::size_t n){ZK_DOT_BODY}
#undef ZK_DOT_BODY

std::int32_t bytes_dot_plain(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
  std::int32_t s = 0;
  for (std::size_t k = 0; k < n; ++k) s += std::int32_t{a[k]} * std::int32_t{b[k]};
  return s;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) std::int32_t sum_of(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}
__attribute__((target("avx2"))) __m256i widened(const std::int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
__attribute__((target("avx2"))) std::int32_t bytes_dot_avx2(const std::int8_t* a, const std::int8_t* b,
                                                            std::size_t n) {
  __m256i s = _mm256_setzero_si256(), t = s;
  std::size_t k = 0;
  for (; k + 32 <= n; k += 32) {
    s = _mm256_add_epi32(s, _mm256_madd_epi16(widened(a + k), widened(b + k)));
    t = _mm256_add_epi32(t, _mm256_madd_epi16(widened(a + k + 16), widened(b + k + 16)));
  }
  return sum_of(_mm256_add_epi32(s, t)) + bytes_dot_plain(a + k, b + k, n - k);
}
// The instruction multiplies unsigned by signed bytes: |a| · (b with a's sign). Bytes are −127 … 127.
__attribute__((target("avx2,avx512vl,avx512vnni"))) std::int32_t bytes_dot_vnni(const std::int8_t* a,
                                                                                const std::int8_t* b,
                                                                                std::size_t n) {
  __m256i s = _mm256_setzero_si256();
  std::size_t k = 0;
  for (; k + 32 <= n; k += 32) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + k));
    const __m256i y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + k));
    s = _mm256_dpbusd_epi32(s, _mm256_abs_epi8(x), _mm256_sign_epi8(y, x));
  }
  return sum_of(s) + bytes_dot_plain(a + k, b + k, n - k);
}
#endif

using Dot = float (*)(const float*, const float*, std::size_t);
const Dot kDot = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? dot_avx2 : dot_plain;

using BytesDot = std::int32_t (*)(const std::int8_t*, const std::int8_t*, std::size_t);
BytesDot best_bytes_dot() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) return bytes_dot_vnni;
  if (__builtin_cpu_supports("avx2")) return bytes_dot_avx2;
#endif
  return bytes_dot_plain;
}
const BytesDot kBytesDot = best_bytes_dot();
constexpr float kMostByte = 127.0F;

}  // namespace

float dot(const float* a, const float* b, std::size_t n) { return kDot(a, b, n); }

std::int32_t dot(const std::int8_t* a, const std::int8_t* b, std::size_t n) { return kBytesDot(a, b, n); }

void PackedRows::add(std::span<const float> v) {
  ZK_CHECK(v.size() == columns);
  float most = 1e-9F;
  for (const float x : v) most = std::max(most, std::abs(x));
  const float scale = most / kMostByte;
  for (const float x : v) values.push_back(static_cast<std::int8_t>(std::lround(x / scale)));
  scales.push_back(scale);
}

void PackedRows::add(std::span<const std::int8_t> bytes, float scale) {
  ZK_CHECK(bytes.size() == columns);
  values.insert(values.end(), bytes.begin(), bytes.end());
  scales.push_back(scale);
}

void PackedRows::unpack(std::size_t i, std::span<float> out) const {
  ZK_CHECK(out.size() == columns);
  const std::int8_t* bytes = row(i);
  for (std::size_t k = 0; k < columns; ++k) out[k] = static_cast<float>(bytes[k]) * scales[i];
}

float dot(const PackedRows& a, std::size_t i, const PackedRows& b, std::size_t j) {
  return static_cast<float>(kBytesDot(a.row(i), b.row(j), a.columns)) * a.scales[i] * b.scales[j];
}

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
