#pragma once
// What calc is measured against: the same computations as a C++ programmer writes them by hand,
// compiled with -O3 -march=native.
#include <cstdint>
#include <memory>
#include <vector>

namespace calc::bench {

/// The derivative of sin(x) exp(-x^2), summed over n points of [0, 1).
double sum_of_derivative(int64_t n);

/// By two calls, as it is defined; overflow is checked.
[[gnu::noinline]] int64_t fibonacci(int64_t n);

/// The value of sum(sin(x) exp(-x^2)), and its gradient.
double value_and_gradient(const double* x, double* gradient, int64_t n);

/// sum(y), y[i] = y[i-1] / 2 + sin(x[i]), y[0] = x[0].
double recurrence(const double* x, double* y, int64_t n);

/// The Hessian of the Rosenbrock function, n x n, and its product with v.
void rosenbrock_hessian(const double* x, double* hessian, int64_t n);
void rosenbrock_hvp(const double* x, const double* v, double* product, int64_t n);

/// One full-batch gradient step of softmax regression, in Eigen.
class SoftmaxStep {
 public:
  SoftmaxStep(const std::vector<double>& table, int64_t rows);
  ~SoftmaxStep();
  /// The loss before the step.
  double step(double rate);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace calc::bench
