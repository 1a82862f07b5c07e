// Thin QR by Householder reflections, and the singular values by one-sided Jacobi rotations of R
// (Hestenes): simple, and small singular values come out as accurately as large ones. See Note
// [One-sided Jacobi].
#include <Eigen/QR>
#include <algorithm>
#include <numeric>
#include <vector>

#include "runtime/kernels/kernels.h"

namespace calc::rt {
namespace {

using Eigen::MatrixXd;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using In = Eigen::Map<const RowMatrix>;
using Out = Eigen::Map<RowMatrix>;

struct ThinQr {
  MatrixXd q, r;
};

ThinQr thin_qr(const MatrixXd& a) {
  const long m = a.rows(), n = a.cols(), k = std::min(m, n);
  const Eigen::HouseholderQR<MatrixXd> decomposition(a);
  ThinQr result{decomposition.householderQ() * MatrixXd::Identity(m, k), MatrixXd::Zero(k, n)};
  for (long i = 0; i < k; ++i) {
    const double sign = decomposition.matrixQR()(i, i) < 0 ? -1 : 1;
    for (long j = i; j < n; ++j) result.r(i, j) = sign * decomposition.matrixQR()(i, j);
    result.q.col(i) *= sign;
  }
  return result;
}

void rotate(MatrixXd& matrix, long p, long q, double cosine, double sine) {
  for (long i = 0; i < matrix.rows(); ++i) {
    const double x = matrix(i, p), y = matrix(i, q);
    matrix(i, p) = cosine * x - sine * y;
    matrix(i, q) = sine * x + cosine * y;
  }
}

/// Makes columns p and q of `work` orthogonal; false when they already are.
bool orthogonalise(MatrixXd& work, MatrixXd& v, long p, long q) {
  const double a = work.col(p).squaredNorm(), b = work.col(q).squaredNorm();
  const double c = work.col(p).dot(work.col(q));
  if (std::abs(c) <= 1e-15 * std::sqrt(a) * std::sqrt(b)) return false;
  const double zeta = (b - a) / (2 * c);
  const double tangent = (zeta < 0 ? -1 : 1) / (std::abs(zeta) + std::hypot(1.0, zeta));
  const double cosine = 1 / std::sqrt(1 + tangent * tangent);
  rotate(work, p, q, cosine, cosine * tangent);
  rotate(v, p, q, cosine, cosine * tangent);
  return true;
}

bool jacobi_sweeps(MatrixXd& work, MatrixXd& v) {
  constexpr int most_sweeps = 60;
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    bool rotated = false;
    for (long p = 0; p + 1 < work.cols(); ++p) {
      for (long q = p + 1; q < work.cols(); ++q) rotated |= orthogonalise(work, v, p, q);
    }
    if (!rotated) return true;
  }
  return false;
}

/// Fills the columns of u from `rank` on with unit vectors orthogonal to all before them.
void complete_basis(MatrixXd& u, long rank) {
  if (rank == u.cols()) return;
  if (rank == 0) {
    u.setIdentity();
    return;
  }
  const Eigen::HouseholderQR<MatrixXd> decomposition(u.leftCols(rank));
  const MatrixXd basis = decomposition.householderQ() * MatrixXd::Identity(u.rows(), u.cols());
  u.rightCols(u.cols() - rank) = basis.rightCols(u.cols() - rank);
}

bool points_down(const MatrixXd& u, long column) {
  long at = 0;
  for (long i = 1; i < u.rows(); ++i) {
    if (std::abs(u(i, column)) > std::abs(u(at, column))) at = i;
  }
  return u(at, column) < 0;
}

}  // namespace

void qr_kernel(const double* a, double* q, double* r, long m, long n) {
  const long k = std::min(m, n);
  if (k == 0) return;
  const ThinQr result = thin_qr(In(a, m, n));
  Out(q, m, k) = result.q;
  Out(r, k, n) = result.r;
}

bool svd_kernel(const double* a, double* u, double* s, double* vt, long m, long n) {
  if (n == 0) return true;
  const double scale = In(a, m, n).cwiseAbs().maxCoeff();
  const ThinQr start = thin_qr(In(a, m, n) / (scale > 0 ? scale : 1));
  MatrixXd work = start.r.transpose(), rotations = MatrixXd::Identity(n, n);
  if (!jacobi_sweeps(work, rotations)) return false;
  // a/scale = q r and rᵀ rotations = work, so the left vectors are q rotations.
  std::vector<double> lengths;
  for (long j = 0; j < n; ++j) lengths.push_back(work.col(j).norm());
  std::vector<long> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](long i, long j) {
    return lengths[static_cast<size_t>(i)] > lengths[static_cast<size_t>(j)];
  });
  MatrixXd left(n, n), right = MatrixXd::Zero(n, n);
  // Shorter columns have lost their direction to underflow.
  constexpr double negligible = 1e-150;
  long rank = 0;
  for (long k = 0; k < n; ++k) {
    const long j = order[static_cast<size_t>(k)];
    const double length = lengths[static_cast<size_t>(j)];
    s[k] = length * scale;
    left.col(k) = rotations.col(j);
    if (length > negligible) right.col(rank++) = work.col(j) / length;
  }
  complete_basis(right, rank);
  const MatrixXd full = start.q * left;
  for (long k = 0; k < n; ++k) {
    const double sign = points_down(full, k) ? -1 : 1;
    for (long i = 0; i < m; ++i) u[i * n + k] = sign * full(i, k);
    for (long i = 0; i < n; ++i) vt[k * n + i] = sign * right(i, k);
  }
  return true;
}

// Note [One-sided Jacobi]
// Rotations from the right make the columns of w = rᵀ orthogonal: w J = V S with V orthonormal, so
// r = J S Vᵀ and a = (q J) S Vᵀ. Each rotation zeroes the inner product of two columns; sweeps over
// all pairs converge quadratically once the columns are nearly orthogonal, usually within ten.
// Starting from rᵀ instead of r makes the sweeps fewer, since a triangular factor's rows are
// graded.

}  // namespace calc::rt
