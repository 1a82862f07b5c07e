#pragma once
// Arithmetic whose meaning calc fixes itself, where the machine's or C's differs: integers that
// never wrap, floor division as in Python, comparisons that pass nan on. The evaluator uses these;
// compiled code emits instructions of the same meaning.
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace calc::rt {

// ---- integers: none is "overflow", or a division by zero ----------------------------------------

inline std::optional<int64_t> checked_add(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}
inline std::optional<int64_t> checked_sub(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
  return result;
}
inline std::optional<int64_t> checked_mul(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}
inline std::optional<int64_t> checked_neg(int64_t a) { return checked_sub(0, a); }
inline std::optional<int64_t> checked_abs(int64_t a) { return a < 0 ? checked_neg(a) : a; }

/// The quotient rounded towards minus infinity.
inline std::optional<int64_t> floor_div(int64_t a, int64_t b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return checked_neg(a);
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}
/// a - b * floor_div(a, b): has the sign of b.
inline std::optional<int64_t> floor_mod(int64_t a, int64_t b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return 0;
  const int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}
/// None also for a negative exponent, whose power is no Int.
std::optional<int64_t> checked_pow(int64_t base, int64_t exponent);

/// The Int a Real truncates to; none for nan and what lies outside the Ints.
inline std::optional<int64_t> checked_truncate(double x) {
  if (!(x >= -0x1p63 && x < 0x1p63)) return std::nullopt;
  return static_cast<int64_t>(x);
}

// ---- reals --------------------------------------------------------------------------------------

/// Python's `//` and `%`; where Python raises (b = 0), the IEEE quotient and nan.
double floor_div(double a, double b);
double floor_mod(double a, double b);
float floor_div(float a, float b);
float floor_mod(float a, float b);

/// nan passes on, -0 < 0 (IEEE 754-2019 maximum and minimum, LLVM's `llvm.maximum`).
template <typename T>
T maximum(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
template <typename T>
T minimum(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

/// -1, 0 or 1; nan for nan, 0 for -0.
template <typename T>
T sign(T x) {
  if (x > 0) return T(1);
  if (x < 0) return T(-1);
  return x == 0 ? T(0) : x;
}

/// Exponents up to this in magnitude are chains of products.
inline constexpr int64_t power_chain_limit = 64;

/// x^n by squaring, in this order of multiplication, for |n| <= power_chain_limit (compiled code
/// unrolls it when n is constant): `result = 1; base = x; for each bit of |n| from the lowest: if
/// it is set result = result * base; base = base * base;` and then 1 / result when n < 0.
template <typename T>
T power_chain(T x, int64_t n) {
  T result = 1;
  T base = x;
  for (uint64_t k = static_cast<uint64_t>(n < 0 ? -n : n); k != 0; k >>= 1) {
    if (k & 1) result = result * base;
    base = base * base;
  }
  return n < 0 ? T(1) / result : result;
}
/// x^n for any n: the chain, or beyond its limit `pow` (a long chain would lose digits).
double power_int(double x, int64_t n);
float power_int(float x, int64_t n);

}  // namespace calc::rt
