#include "tests/bench/hand.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace calc::bench {

double sum_of_derivative(int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(i) / static_cast<double>(n);
    const double e = std::exp(-x * x);
    total += std::cos(x) * e - 2 * x * std::sin(x) * e;
  }
  return total;
}

int64_t fibonacci(int64_t n) {
  if (n < 2) return n;
  int64_t total = 0;
  if (__builtin_add_overflow(fibonacci(n - 1), fibonacci(n - 2), &total)) std::abort();
  return total;
}

double value_and_gradient(const double* x, double* gradient, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double e = std::exp(-x[i] * x[i]);
    const double s = std::sin(x[i]);
    total += s * e;
    gradient[i] = std::cos(x[i]) * e - 2 * x[i] * s * e;
  }
  return total;
}

double recurrence(const double* x, double* y, int64_t n) {
  y[0] = x[0];
  for (int64_t i = 1; i < n; ++i) y[i] = y[i - 1] * 0.5 + std::sin(x[i]);
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += y[i];
  return total;
}

void rosenbrock_hessian(const double* x, double* hessian, int64_t n) {
  std::fill(hessian, hessian + n * n, 0.0);
  for (int64_t i = 0; i + 1 < n; ++i) {
    hessian[i * n + i] += 1200 * x[i] * x[i] - 400 * x[i + 1] + 2;
    hessian[i * n + i + 1] = hessian[(i + 1) * n + i] = -400 * x[i];
    hessian[(i + 1) * n + i + 1] += 200;
  }
}

void rosenbrock_hvp(const double* x, const double* v, double* product, int64_t n) {
  std::fill(product, product + n, 0.0);
  for (int64_t i = 0; i + 1 < n; ++i) {
    product[i] += (1200 * x[i] * x[i] - 400 * x[i + 1] + 2) * v[i] - 400 * x[i] * v[i + 1];
    product[i + 1] += 200 * v[i + 1] - 400 * x[i] * v[i];
  }
}

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct SoftmaxStep::State {
  Matrix x, labels, weights, logits, delta;
  Eigen::RowVectorXd bias;
};

SoftmaxStep::SoftmaxStep(const std::vector<double>& table, int64_t rows)
    : state_(std::make_unique<State>()) {
  const Eigen::Map<const Matrix> all(table.data(), rows, 65);
  state_->x = all.leftCols(64) / 16;
  state_->labels = Matrix::Zero(rows, 10);
  for (int64_t i = 0; i < rows; ++i) state_->labels(i, static_cast<int64_t>(all(i, 64))) = 1;
  state_->weights = Matrix::Zero(64, 10);
  state_->bias = Eigen::RowVectorXd::Zero(10);
}

SoftmaxStep::~SoftmaxStep() = default;

double SoftmaxStep::step(double rate) {
  State& s = *state_;
  const auto rows = static_cast<double>(s.x.rows());
  s.logits.noalias() = s.x * s.weights;
  s.logits.rowwise() += s.bias;
  const Eigen::VectorXd top = s.logits.rowwise().maxCoeff();
  s.delta = (s.logits.colwise() - top).array().exp();
  const Eigen::VectorXd sums = s.delta.rowwise().sum();
  const double loss =
      (sums.array().log() + top.array()).sum() - (s.logits.array() * s.labels.array()).sum();
  s.delta.array().colwise() /= sums.array();
  s.delta -= s.labels;
  s.weights.noalias() -= (rate / rows) * (s.x.transpose() * s.delta);
  s.bias -= (rate / rows) * s.delta.colwise().sum();
  return loss / rows;
}

}  // namespace calc::bench
