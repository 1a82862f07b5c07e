#include <Eigen/Eigenvalues>

#include "runtime/kernels/kernels.h"

namespace calc::rt {
namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Is the first entry of largest magnitude negative?
bool points_down(const Eigen::MatrixXd& vectors, long column) {
  long at = 0;
  for (long i = 1; i < vectors.rows(); ++i) {
    if (std::abs(vectors(i, column)) > std::abs(vectors(at, column))) at = i;
  }
  return vectors(at, column) < 0;
}

}  // namespace

bool symmetric_eigen_kernel(const double* a, double* values, double* vectors, long n) {
  if (n == 0) return true;
  const Eigen::MatrixXd matrix = Eigen::Map<const RowMatrix>(a, n, n);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) return false;
  const Eigen::MatrixXd& found = solver.eigenvectors();
  for (long j = 0; j < n; ++j) {
    values[j] = solver.eigenvalues()[j];
    const double sign = points_down(found, j) ? -1 : 1;
    for (long i = 0; i < n; ++i) vectors[i * n + j] = sign * found(i, j);
  }
  return true;
}

}  // namespace calc::rt
