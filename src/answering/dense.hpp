// The few dense kernels: dot products (AVX2 where the processor has it) and a Cholesky solve. Pure;
// thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace zk::answering {

float dot(const float* a, const float* b, std::size_t n);
// out[i] = rows[i·dimension …] · q
void multiply(std::span<const float> rows, std::span<const float> q, std::span<float> out);

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
