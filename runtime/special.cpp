#include "runtime/special.h"

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <limits>

namespace calc::rt {
namespace {

namespace policies = boost::math::policies;
using Quiet = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>,
    policies::rounding_error<policies::ignore_error>,
    policies::indeterminate_result_error<policies::ignore_error>, policies::promote_double<false>>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

bool is_pole(double x) { return x <= 0 && std::floor(x) == x; }

/// (-1)^(n+1) n! / x^(n+1) leads near a pole.
double at_pole(int n, double x) {
  if (n % 2 == 1) return infinity;
  return x == 0 ? -1 / x : no_number;
}

/// Near 0 from below, where Boost's reflection divides by what has underflowed, and far out, where
/// it would take the sine of nothing but rounding errors: the leading term and the pole it rounds
/// to.
constexpr double tiny = 1e-100;

}  // namespace

double digamma(double x) {
  if (std::isnan(x) || x == infinity) return x;
  if (x == -infinity) return no_number;
  if (is_pole(x)) return at_pole(0, x);
  if (std::abs(x) < tiny) return -1 / x;
  return boost::math::digamma(x, Quiet());
}

double trigamma(double x) {
  if (std::isnan(x)) return x;
  if (x == infinity) return 0;
  if (x == -infinity) return no_number;
  if (is_pole(x)) return infinity;
  if (std::abs(x) < tiny) return 1 / x / x;
  return boost::math::trigamma(x, Quiet());
}

double polygamma(double order, double x) {
  if (std::isnan(x) || std::isnan(order)) return no_number;
  if (order < 0 || order > 100 || std::floor(order) != order) return no_number;
  const int n = static_cast<int>(order);
  if (n == 0) return digamma(x);
  if (n == 1) return trigamma(x);
  if (x == infinity) return n % 2 == 1 ? 0.0 : -0.0;
  if (x == -infinity) return no_number;
  if (is_pole(x)) return at_pole(n, x);
  if (std::abs(x) < tiny) return (n % 2 == 1 || x < 0) ? infinity : -infinity;
  return boost::math::polygamma(n, x, Quiet());
}

}  // namespace calc::rt
