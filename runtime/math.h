#pragma once
// The elementary and special functions: one table that the evaluator and compiled code share, so
// that both compute the same bits.
//
// Most entries are SLEEF's deterministic functions (`Sleef_finz_…`), whose scalar, 4-wide and
// 8-wide forms agree to the last bit within 1 ulp; what SLEEF lacks is written here on top of them
// (lane by lane the same operations), and the polygamma family comes from Boost.Math, scalar only.
// Every function keeps C99's special values (infinities, nan, signed zeros, poles). Machines
// without FMA use SLEEF's `cinz` set: the same at every width, but other last bits than with FMA.
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/arithmetic.h"

namespace calc::rt {

struct ScalarFunction {
  /// A version for whole vector registers: `lanes` elements in, `lanes` out, passed as LLVM passes
  /// `<lanes x double>` (a ymm or zmm register).
  struct Vector {
    const char* symbol;
    void* address;
    int lanes;
  };

  std::string_view name;
  int arity;
  /// double (*)(double) or double (*)(double, double); likewise for float.
  void* f64;
  void* f32;
  /// Names unique within the program, for linking compiled code against the addresses.
  const char* f64_symbol;
  const char* f32_symbol;
  /// Those this machine can run, narrowest first; empty when there are none.
  std::vector<Vector> f64_vectors;
  std::vector<Vector> f32_vectors;

  double call(double x) const { return reinterpret_cast<double (*)(double)>(f64)(x); }
  double call(double x, double y) const {
    return reinterpret_cast<double (*)(double, double)>(f64)(x, y);
  }
  float call(float x) const { return reinterpret_cast<float (*)(float)>(f32)(x); }
  float call(float x, float y) const {
    return reinterpret_cast<float (*)(float, float)>(f32)(x, y);
  }
};

/// The functions, sorted by name:
///   exp expm1 exp2 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh
///   atanh cbrt erf erfc lgamma gamma digamma trigamma sigmoid softplus     of one argument; atan2
///   hypot pow floordiv mod polygamma                           of two.
/// `lgamma` is log|gamma|; `polygamma(n, x)` is the n-th derivative of digamma, n a whole number.
std::span<const ScalarFunction> all_functions();
/// Null when there is none of that name.
const ScalarFunction* find_function(std::string_view name);

/// Applies a function to `n` elements, with the widest version there is.
void map(const ScalarFunction& function, const double* in, double* out, int64_t n);
void map(const ScalarFunction& function, const float* in, float* out, int64_t n);

}  // namespace calc::rt
