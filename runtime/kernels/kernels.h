#pragma once
// The boundary between linalg.cpp and the code that includes Eigen: functions on raw row-major
// memory, which throw nothing of ours and allocate no results. Those worth it exist twice, for any
// machine and for AVX2 with FMA (three times the speed), in a table each.
#include <cstdint>

namespace calc::rt {

template <typename T>
using Gemm = void (*)(const T* a, const T* b, T* c, long m, long n, long k, bool trans_a,
                      bool trans_b);

struct DenseKernels {
  Gemm<double> gemm_f64;
  Gemm<float> gemm_f32;
  /// Row rows[i] of a is row i of l u, whose factors share a matrix, column after column. False:
  /// singular.
  bool (*lu)(const double* a, double* factors, int64_t* rows, long n);
  /// x with a x = b, or aᵀ x = b.
  void (*lu_solve)(const double* factors, const int64_t* rows, const double* b, double* x, long n,
                   long columns, bool transposed);
  bool (*inverse)(const double* a, double* out, long n);
  /// The diagonal of U; returns the sign of the row permutation.
  int (*lu_diagonal)(const double* a, double* diagonal, long n);
  /// False: not positive definite.
  bool (*cholesky)(const double* a, double* l, long n);
  void (*triangular_solve)(const double* l, const double* b, double* x, long n, long columns,
                           bool lower, bool transposed);
};

const DenseKernels& dense_baseline();
const DenseKernels& dense_avx2();

/// False: no convergence.
bool symmetric_eigen_kernel(const double* a, double* values, double* vectors, long n);
void qr_kernel(const double* a, double* q, double* r, long m, long n);
/// For m >= n: u [m, n], s [n], vt [n, n]. False: no convergence.
bool svd_kernel(const double* a, double* u, double* s, double* vt, long m, long n);

}  // namespace calc::rt
