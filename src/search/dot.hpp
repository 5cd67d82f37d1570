// Dot product of unit vectors in 16-bit fixed point (1.0 = 32767). Exact in 32 bits: by Cauchy and Schwarz no
// partial sum of two vectors of length ≤ 1 exceeds 2^30. AVX2 where the processor has it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace zk::search {

constexpr std::size_t kLane = 16;  // rows are padded with zeros to a multiple of this
inline std::size_t padded(std::size_t dimension) { return (dimension + kLane - 1) / kLane * kLane; }

std::int32_t dot(const std::int16_t* a, const std::int16_t* b, std::size_t padded_dimension);
inline float to_cosine(std::int32_t product) { return static_cast<float>(product) / (32767.0f * 32767.0f); }

// Scales to length 1 (a zero vector stays zero) and writes padded(v.size()) numbers.
void to_fixed(std::span<const float> v, std::int16_t* out);

}  // namespace zk::search
