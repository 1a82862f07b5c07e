#pragma once
// Functions that calc makes itself out of SLEEF's, once for every width: `P` is a pack, one number
// or a vector register of them, with SLEEF's functions for that width. All packs do the same
// operations in the same order, hence give the same bits.
//
// Five of them mend SLEEF: its `log1p`, `sinh`, `cosh`, `asinh`, `acosh` reach infinity long before
// the true value does, and its `tgamma` loses the sign of a result that underflows.
//
// A pack has: T, V, M (mask of a comparison), `all(T)`, `any(M)`, `select(M, V, V)`, `floor(V)`,
// `abs(V)`, `with_sign(V, V)`, and SLEEF's functions.
namespace calc::rt {

template <typename P>
struct Formulas {
  using T = typename P::T;
  using V = typename P::V;
  static constexpr bool wide = sizeof(T) == 8;

  static V log1p(V x) {
    const V y = P::log1p(x);
    const auto huge = x > P::all(wide ? T(1e300) : T(1e30));
    return P::any(huge) ? P::select(huge, P::log(x), y) : y;
  }

  /// exp(a)/2 where exp(a) itself overflows.
  static V half_exp(V a) {
    const V root = P::exp(a * P::all(T(0.5)));
    return root * P::all(T(0.5)) * root;
  }
  static V sinh(V x) {
    const V y = P::sinh(x);
    const V a = P::abs(x);
    const auto huge = a > P::all(wide ? T(709) : T(88));
    return P::any(huge) ? P::select(huge, P::with_sign(half_exp(a), x), y) : y;
  }
  static V cosh(V x) {
    const V y = P::cosh(x);
    const V a = P::abs(x);
    const auto huge = a > P::all(wide ? T(709) : T(88));
    return P::any(huge) ? P::select(huge, half_exp(a), y) : y;
  }

  /// log(2 a).
  static V log_double(V a) { return P::log(a) + P::all(T(0.693147180559945309417232121458176568)); }
  static V asinh(V x) {
    const V y = P::asinh(x);
    const V a = P::abs(x);
    const auto huge = a > P::all(wide ? T(1e150) : T(1e18));
    return P::any(huge) ? P::select(huge, P::with_sign(log_double(a), x), y) : y;
  }
  static V acosh(V x) {
    const V y = P::acosh(x);
    const auto huge = x > P::all(wide ? T(1e150) : T(1e18));
    return P::any(huge) ? P::select(huge, log_double(x), y) : y;
  }

  static V gamma(V x) {
    const V y = P::tgamma(x);
    const V zero = P::all(T(0));
    const auto lost = (x < zero) & (y == zero);
    if (!P::any(lost)) return y;
    const V half = x * P::all(T(0.5));
    const auto negative = lost & (P::floor(x) != P::floor(half) * P::all(T(2)));
    return P::select(negative, P::all(T(-0.0)), y);
  }

  /// 1 / (1 + exp(-x)), through exp of a negative number so that nothing overflows.
  static V sigmoid(V x) {
    const V one = P::all(T(1));
    const V z = P::exp(-P::abs(x));
    return P::select(x >= P::all(T(0)), one, z) / (one + z);
  }
  /// log(1 + exp(x)).
  static V softplus(V x) {
    const V zero = P::all(T(0));
    return P::select(x > zero, x, zero) + P::log1p(P::exp(-P::abs(x)));
  }
};

/// One formula at one width, for doubles and floats.
struct FormulaVersion {
  const char* name;
  const char* f64_symbol;
  void* f64;
  const char* f32_symbol;
  void* f32;
};
inline constexpr int formula_count = 8;

/// To be called on machines that have the instructions only.
const FormulaVersion* formulas_avx2();
const FormulaVersion* formulas_avx512();
/// Applies a vector function to the first n / lanes * lanes elements; returns how many those are.
long map_avx2(void* function, const double* in, double* out, long n);
long map_avx2(void* function, const float* in, float* out, long n);
long map_avx512(void* function, const double* in, double* out, long n);
long map_avx512(void* function, const float* in, float* out, long n);

}  // namespace calc::rt
