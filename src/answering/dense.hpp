// The few dense kernels: dot products (AVX2 where the processor has it), vectors packed into bytes, and a
// Cholesky solve. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace zk::answering {

float dot(const float* a, const float* b, std::size_t n);
std::int32_t dot(const std::int8_t* a, const std::int8_t* b, std::size_t n);  // n ≤ 131,072
// out[i] = rows[i·dimension …] · q
void multiply(std::span<const float> rows, std::span<const float> q, std::span<float> out);

// Vectors as signed bytes, each with a scale of its own: a quarter of what a scan of floats has to read. A
// dot product of two packed sentence vectors of length 1 is off by at most .002 (tested).
struct PackedRows {
  std::size_t columns = 0;
  std::vector<std::int8_t> values;  // rows × columns
  std::vector<float> scales;        // by row: value = byte · scale

  explicit PackedRows(std::size_t c = 0) : columns(c) {}
  std::size_t rows() const { return scales.size(); }
  const std::int8_t* row(std::size_t i) const { return values.data() + i * columns; }
  void add(std::span<const float> v);  // v.size() == columns
  void add(std::span<const std::int8_t> bytes, float scale);
  void unpack(std::size_t i, std::span<float> out) const;
};
float dot(const PackedRows& a, std::size_t i, const PackedRows& b, std::size_t j);

// Row-major, contiguous.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;
  Matrix() = default;
  Matrix(std::size_t r, std::size_t c) : rows(r), columns(c), values(r * c, 0.0F) {}
  float* row(std::size_t i) { return values.data() + i * columns; }
  const float* row(std::size_t i) const { return values.data() + i * columns; }
};

// Lower Cholesky factor in place (the upper triangle is left as it was). False when `a` is not positive
// definite.
bool factorise(Matrix& a);
// Solves L Lᵀ x = b for each row of `right` (one right-hand side a row, so that every access is contiguous).
void solve(const Matrix& lower, Matrix& right);
// Diagonal of (L Lᵀ)⁻¹.
std::vector<float> inverse_diagonal(const Matrix& lower);

}  // namespace zk::answering
