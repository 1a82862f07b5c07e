#include "runtime/arithmetic.h"

#include "runtime/math.h"

namespace calc::rt {
namespace {

/// Python's float_divmod, which keeps quotient and remainder consistent when rounding interferes.
template <typename T>
struct Division {
  T quotient, remainder;
};

template <typename T>
Division<T> divide(T a, T b) {
  T remainder = std::fmod(a, b);
  if (b == 0) return {a / b, remainder};
  T exact = (a - remainder) / b;
  if (remainder == 0) {
    remainder = std::copysign(T(0), b);
  } else if ((b < 0) != (remainder < 0)) {
    remainder += b;
    exact -= 1;
  }
  if (exact == 0) return {std::copysign(T(0), a / b), remainder};
  T quotient = std::floor(exact);
  if (exact - quotient > T(0.5)) quotient += 1;
  return {quotient, remainder};
}

template <typename T>
T power_any(T x, int64_t n) {
  if (n >= -power_chain_limit && n <= power_chain_limit) return power_chain(x, n);
  static const ScalarFunction& power = *find_function("pow");
  const T magnitude = power.call(std::abs(x), static_cast<T>(n));
  return n % 2 != 0 && std::signbit(x) ? -magnitude : magnitude;
}

}  // namespace

std::optional<int64_t> checked_pow(int64_t base, int64_t exponent) {
  if (exponent < 0) return std::nullopt;
  int64_t result = 1;
  for (uint64_t k = static_cast<uint64_t>(exponent);;) {
    if ((k & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return std::nullopt;
    k >>= 1;
    if (k == 0) return result;
    if (__builtin_mul_overflow(base, base, &base)) return std::nullopt;
  }
}

double floor_div(double a, double b) { return divide(a, b).quotient; }
double floor_mod(double a, double b) { return divide(a, b).remainder; }
float floor_div(float a, float b) { return divide(a, b).quotient; }
float floor_mod(float a, float b) { return divide(a, b).remainder; }

double power_int(double x, int64_t n) { return power_any(x, n); }
float power_int(float x, int64_t n) { return power_any(x, n); }

}  // namespace calc::rt
