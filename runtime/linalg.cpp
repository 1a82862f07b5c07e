#include "runtime/linalg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>

#include "runtime/context.h"
#include "runtime/kernels/kernels.h"
#include "runtime/math.h"

namespace calc::rt {
namespace {

const DenseKernels& choose_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) {
    return dense_avx2();
  }
#endif
  return dense_baseline();
}

const DenseKernels& kernels() {
  static const DenseKernels& chosen = choose_kernels();
  return chosen;
}

/// Decompositions run in double precision; Real32 goes there and back.
Array as_real(const Array& a) {
  if (a.elem() != Elem::F64 && a.elem() != Elem::F32) {
    throw std::logic_error("linear algebra on reals only");
  }
  return a.converted(Elem::F64);
}

int64_t square_size(const Array& a) {
  if (a.rank() != 2 || a.dims()[0] != a.dims()[1]) throw std::logic_error("a square matrix");
  return a.dims()[0];
}

Array matrix(int64_t rows, int64_t columns) {
  const std::array<int64_t, 2> dims = {rows, columns};
  return Array::uninitialised(Elem::F64, dims);
}

Array vector(int64_t size) { return Array::uninitialised(Elem::F64, {&size, 1}); }

double* data(Array& array) { return array.writable<double>(); }

int64_t columns_of(const Array& b) { return b.rank() == 1 ? 1 : b.dims()[1]; }

[[noreturn]] void fail_singular() {
  throw Failure{"the matrix is singular", "its columns depend on one another, or nearly so"};
}

bool is_finite(const Array& a) {
  return std::all_of(a.data<double>(), a.data<double>() + a.size(),
                     [](double x) { return std::isfinite(x); });
}

void fill_with_nan(Array& a) {
  std::fill_n(data(a), a.size(), std::numeric_limits<double>::quiet_NaN());
}

Array transposed(const Array& a) {
  const int64_t m = a.dims()[0], n = a.dims()[1];
  const Array source = as_real(a);
  Array result = matrix(n, m);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) data(result)[j * m + i] = source.data<double>()[i * n + j];
  }
  return result.converted(a.elem());
}

/// Flips the signs of columns of u, and rows of vt with them, so that of each
/// column of u the first entry of largest magnitude is positive.
Svd oriented(Svd parts) {
  const Elem elem = parts.u.elem();
  Array u = as_real(parts.u), vt = as_real(parts.vt);
  const int64_t m = u.dims()[0], k = u.dims()[1], n = vt.dims()[1];
  for (int64_t j = 0; j < k; ++j) {
    double largest = 0;
    for (int64_t i = 0; i < m; ++i) {
      const double entry = u.data<double>()[i * k + j];
      if (std::abs(entry) > std::abs(largest)) largest = entry;
    }
    if (!(largest < 0)) continue;
    for (int64_t i = 0; i < m; ++i) data(u)[i * k + j] *= -1;
    for (int64_t i = 0; i < n; ++i) data(vt)[j * n + i] *= -1;
  }
  return {u.converted(elem), parts.s, vt.converted(elem)};
}

// ---- whole numbers
// ------------------------------------------------------------------------------

uint64_t largest_magnitude(const int64_t* data, int64_t n) {
  uint64_t largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    const auto x = static_cast<uint64_t>(data[i]);
    largest = std::max(largest, data[i] < 0 ? 0 - x : x);
  }
  return largest;
}

/// Can no sum of k products overflow?
bool is_safe(uint64_t a, uint64_t b, uint64_t k) {
  uint64_t bound = 0;
  return !__builtin_mul_overflow(a, b, &bound) && !__builtin_mul_overflow(bound, k, &bound) &&
         bound <= static_cast<uint64_t>(INT64_MAX);
}

int64_t checked_multiply_add(int64_t sum, int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || __builtin_add_overflow(sum, product, &sum)) {
    throw product_overflow();
  }
  return sum;
}

template <typename Add>
void int_gemm(const int64_t* a, const int64_t* b, int64_t* c, int64_t m, int64_t n, int64_t k,
              bool trans_a, bool trans_b, Add add) {
  const int64_t a_row = trans_a ? 1 : k, a_column = trans_a ? m : 1;
  const int64_t b_row = trans_b ? 1 : n, b_column = trans_b ? k : 1;
  std::fill(c, c + m * n, 0);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t l = 0; l < k; ++l) {
      const int64_t left = a[i * a_row + l * a_column];
      for (int64_t j = 0; j < n; ++j) {
        c[i * n + j] = add(c[i * n + j], left, b[l * b_row + j * b_column]);
      }
    }
  }
}

}  // namespace

Failure product_overflow() {
  return {"a product of Int tensors overflows", "Reals have room: `1.0 * A`"};
}

void gemm(const double* a, const double* b, double* c, int64_t m, int64_t n, int64_t k,
          bool trans_a, bool trans_b) {
  kernels().gemm_f64(a, b, c, m, n, k, trans_a, trans_b);
}

void gemm(const float* a, const float* b, float* c, int64_t m, int64_t n, int64_t k, bool trans_a,
          bool trans_b) {
  kernels().gemm_f32(a, b, c, m, n, k, trans_a, trans_b);
}

void gemm(const int64_t* a, const int64_t* b, int64_t* c, int64_t m, int64_t n, int64_t k,
          bool trans_a, bool trans_b) {
  const uint64_t a_most = largest_magnitude(a, m * k), b_most = largest_magnitude(b, k * n);
  if (is_safe(a_most, b_most, static_cast<uint64_t>(k))) {
    int_gemm(a, b, c, m, n, k, trans_a, trans_b,
             [](int64_t sum, int64_t x, int64_t y) { return sum + x * y; });
  } else {
    int_gemm(a, b, c, m, n, k, trans_a, trans_b, checked_multiply_add);
  }
}

Lu lu(const Array& a) {
  const int64_t n = square_size(a);
  Lu result{matrix(n, n), Array::uninitialised(Elem::I64, {&n, 1})};
  if (!kernels().lu(as_real(a).data<double>(), data(result.factors),
                    result.rows.writable<int64_t>(), n)) {
    fail_singular();
  }
  return result;
}

Array lu_solve(const Lu& lu, const Array& b, bool transposed) {
  const Array right = as_real(b);
  Array x = Array::uninitialised(Elem::F64, b.dims());
  kernels().lu_solve(lu.factors.data<double>(), lu.rows.data<int64_t>(), right.data<double>(),
                     data(x), square_size(lu.factors), columns_of(b), transposed);
  return x.converted(b.elem());
}

Array solve(const Array& a, const Array& b) { return lu_solve(lu(a), b, false); }

Array inverse(const Array& a) {
  const int64_t n = square_size(a);
  Array out = matrix(n, n);
  if (!kernels().inverse(as_real(a).data<double>(), data(out), n)) fail_singular();
  return out.converted(a.elem());
}

Array determinant(const Array& a) {
  const int64_t n = square_size(a);
  Array diagonal = vector(n);
  double product = kernels().lu_diagonal(as_real(a).data<double>(), data(diagonal), n);
  for (int64_t i = 0; i < n; ++i) product *= diagonal.data<double>()[i];
  return Array::of(product).converted(a.elem());
}

std::pair<Array, Array> log_determinant(const Array& a) {
  static const ScalarFunction& log = *find_function("log");
  const int64_t n = square_size(a);
  Array diagonal = vector(n);
  double sign_of_all = kernels().lu_diagonal(as_real(a).data<double>(), data(diagonal), n);
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double entry = diagonal.data<double>()[i];
    sign_of_all *= sign(entry);
    sum += log.call(std::abs(entry));
  }
  return {Array::of(sign_of_all).converted(a.elem()), Array::of(sum).converted(a.elem())};
}

Array cholesky(const Array& a) {
  const int64_t n = square_size(a);
  Array l = matrix(n, n);
  if (!kernels().cholesky(as_real(a).data<double>(), data(l), n)) {
    throw Failure{"the matrix is not positive definite", ""};
  }
  return l.converted(a.elem());
}

SymmetricEigen symmetric_eigen(const Array& a) {
  const int64_t n = square_size(a);
  const Array source = as_real(a);
  Array values = vector(n), vectors = matrix(n, n);
  if (!is_finite(source)) {
    fill_with_nan(values);
    fill_with_nan(vectors);
  } else if (!symmetric_eigen_kernel(source.data<double>(), data(values), data(vectors), n)) {
    throw Failure{"the iteration for the eigenvalues does not converge", ""};
  }
  return {values.converted(a.elem()), vectors.converted(a.elem())};
}

Qr qr(const Array& a) {
  const int64_t m = a.dims()[0], n = a.dims()[1], k = std::min(m, n);
  Array q = matrix(m, k), r = matrix(k, n);
  qr_kernel(as_real(a).data<double>(), data(q), data(r), m, n);
  return {q.converted(a.elem()), r.converted(a.elem())};
}

Svd svd(const Array& a) {
  const int64_t m = a.dims()[0], n = a.dims()[1], k = std::min(m, n);
  if (m < n) {
    // a = (aᵀ)ᵀ = (u s vt)ᵀ = vtᵀ s uᵀ; the signs are the kernel's, so u has to
    // be oriented again.
    const Svd flipped = svd(transposed(a));
    return oriented({transposed(flipped.vt), flipped.s, transposed(flipped.u)});
  }
  const Array source = as_real(a);
  Array u = matrix(m, k), s = vector(k), vt = matrix(k, n);
  if (!is_finite(source)) {
    for (Array* part : {&u, &s, &vt}) fill_with_nan(*part);
  } else if (!svd_kernel(source.data<double>(), data(u), data(s), data(vt), m, n)) {
    throw Failure{"the iteration for the singular values does not converge", ""};
  }
  return {u.converted(a.elem()), s.converted(a.elem()), vt.converted(a.elem())};
}

Array triangular_solve(const Array& l, const Array& b, bool lower, bool is_transposed) {
  const int64_t n = square_size(l);
  const Array left = as_real(l), right = as_real(b);
  for (int64_t i = 0; i < n; ++i) {
    if (left.data<double>()[i * n + i] == 0) fail_singular();
  }
  Array x = Array::uninitialised(Elem::F64, b.dims());
  kernels().triangular_solve(left.data<double>(), right.data<double>(), data(x), n, columns_of(b),
                             lower, is_transposed);
  return x.converted(l.elem());
}

}  // namespace calc::rt
