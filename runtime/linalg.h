#pragma once
// Products and decompositions of dense row-major matrices.
//
// Above tiny sizes they run in Eigen, compiled twice: for AVX2 with FMA, three times the speed, and
// for any machine; which one is decided when the program runs. Matrices are Real or Real32 and may
// be empty; nan in an input gives nan in the results, never a failure.
#include <cstdint>
#include <utility>

#include "runtime/array.h"
#include "runtime/context.h"

namespace calc::rt {

/// c[m, n] = a[m, k] b[k, n]; `a` is stored as [k, m] with `trans_a`, `b` as [n, k] with `trans_b`.
/// c must not overlap a or b. The Int product throws a Failure on overflow.
void gemm(const double* a, const double* b, double* c, int64_t m, int64_t n, int64_t k,
          bool trans_a, bool trans_b);
void gemm(const float* a, const float* b, float* c, int64_t m, int64_t n, int64_t k, bool trans_a,
          bool trans_b);
void gemm(const int64_t* a, const int64_t* b, int64_t* c, int64_t m, int64_t n, int64_t k,
          bool trans_a, bool trans_b);

/// What it says then, in whatever order the terms were added.
Failure product_overflow();

/// `batch` products of matrices that follow one another.
template <typename T>
void gemm_batched(const T* a, const T* b, T* c, int64_t batch, int64_t m, int64_t n, int64_t k,
                  bool trans_a, bool trans_b) {
  for (int64_t i = 0; i < batch; ++i) {
    gemm(a + i * m * k, b + i * k * n, c + i * m * n, m, n, k, trans_a, trans_b);
  }
}

/// x with a x = b, for b a vector or a matrix; LU with partial pivoting. A Failure when a is
/// singular: a pivot is 0, or its reciprocal condition number below the unit of rounding.
Array solve(const Array& a, const Array& b);

/// The elimination by itself, for many right sides: Reals, whatever the matrix is.
struct Lu {
  /// u above and on the diagonal, l below it, whose diagonal is 1; column after column.
  Array factors;
  /// Which row of the matrix each row of l u is.
  Array rows;
};
Lu lu(const Array& a);
/// x with a x = b, or aᵀ x = b when `transposed`.
Array lu_solve(const Lu& lu, const Array& b, bool transposed);
Array inverse(const Array& a);
Array determinant(const Array& a);
/// The sign of the determinant (0 when it is 0) and the logarithm of its magnitude.
std::pair<Array, Array> log_determinant(const Array& a);

/// Lower l with l lᵀ = a; reads the lower triangle. A Failure when a is not positive definite.
Array cholesky(const Array& a);

struct SymmetricEigen {
  /// Ascending.
  Array values;
  /// Columns of length 1, of each the first entry of largest magnitude positive.
  Array vectors;
};
/// Of a symmetric matrix; reads the lower triangle.
SymmetricEigen symmetric_eigen(const Array& a);

struct Qr {
  Array q, r;
};
/// Thin: q [m, min(m, n)], r [min(m, n), n] with a positive diagonal.
Qr qr(const Array& a);

struct Svd {
  Array u, s, vt;
};
/// Thin; singular values descending, of each column of u the entry of largest magnitude positive.
Svd svd(const Array& a);

/// x with l x = b, or lᵀ x = b when `transposed`; only the named triangle of l is read.
Array triangular_solve(const Array& l, const Array& b, bool lower, bool transposed);

}  // namespace calc::rt
