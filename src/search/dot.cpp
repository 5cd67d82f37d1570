#include "search/dot.hpp"

#include <cmath>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace zk::search {
namespace {

std::int32_t dot_portable(const std::int16_t* a, const std::int16_t* b, std::size_t n) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<std::int32_t>(a[i]) * b[i];
  return sum;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) std::int32_t dot_avx2(const std::int16_t* a, const std::int16_t* b,
                                                      std::size_t n) {
  __m256i even = _mm256_setzero_si256(), odd = even;
  const auto products = [&](std::size_t i) __attribute__((target("avx2"))) {
    return _mm256_madd_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i)),
                             _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i)));
  };
  std::size_t i = 0;
  for (; i + 2 * kLane <= n; i += 2 * kLane) {
    even = _mm256_add_epi32(even, products(i));
    odd = _mm256_add_epi32(odd, products(i + kLane));
  }
  if (i < n) even = _mm256_add_epi32(even, products(i));
  even = _mm256_add_epi32(even, odd);
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
  return _mm_cvtsi128_si32(sum);
}
#endif

using Dot = std::int32_t (*)(const std::int16_t*, const std::int16_t*, std::size_t);

Dot best() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return dot_avx2;
#endif
  return dot_portable;
}

const Dot kDot = best();

}  // namespace

std::int32_t dot(const std::int16_t* a, const std::int16_t* b, std::size_t n) { return kDot(a, b, n); }

void to_fixed(std::span<const float> v, std::int16_t* out) {
  double sum = 0;
  for (const float x : v) sum += static_cast<double>(x) * x;
  // A hair below 1, so that rounding cannot make a vector longer than the bound above allows.
  const double scale = sum > 0 && std::isfinite(sum) ? 32766.0 / std::sqrt(sum) : 0;
  std::size_t i = 0;
  for (; i < v.size(); ++i) out[i] = static_cast<std::int16_t>(std::lround(v[i] * scale));
  for (; i < padded(v.size()); ++i) out[i] = 0;
}

}  // namespace zk::search
