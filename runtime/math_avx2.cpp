// The formulas in 256-bit registers. This file alone is compiled for AVX2; it is entered
// after a look at the machine, and keeps clear of the standard library, whose shared templates must
// not come to exist in a form that other machines cannot run.
#if defined(__x86_64__)
#include <immintrin.h>

#include "runtime/math_formulas.h"

namespace {
using Reals = double __attribute__((vector_size(32)));
using Floats = float __attribute__((vector_size(32)));
}  // namespace

#define CALC_SLEEF_BASE(sleef)                            \
  extern "C" Reals Sleef_finz_##sleef##d4_u10avx2(Reals); \
  extern "C" Floats Sleef_finz_##sleef##f8_u10avx2(Floats);
#include "runtime/sleef.def"

namespace calc::rt {
namespace {

struct RealOps {
  using T = double;
  using V = Reals;
  using M = decltype(V() < V());
  static V all(T x) { return x - V{}; }
  static V select(M mask, V a, V b) { return mask ? a : b; }
  static bool any(M mask) { return _mm256_movemask_pd(reinterpret_cast<__m256d>(mask)) != 0; }
  static V floor(V x) { return _mm256_floor_pd(x); }
  static V abs(V x) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), x); }
  static V with_sign(V x, V sign) {
    return _mm256_or_pd(abs(x), _mm256_and_pd(_mm256_set1_pd(-0.0), sign));
  }
};
struct FloatOps {
  using T = float;
  using V = Floats;
  using M = decltype(V() < V());
  static V all(T x) { return x - V{}; }
  static V select(M mask, V a, V b) { return mask ? a : b; }
  static bool any(M mask) { return _mm256_movemask_ps(reinterpret_cast<__m256>(mask)) != 0; }
  static V floor(V x) { return _mm256_floor_ps(x); }
  static V abs(V x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
  static V with_sign(V x, V sign) {
    return _mm256_or_ps(abs(x), _mm256_and_ps(_mm256_set1_ps(-0.0f), sign));
  }
};

#define CALC_SLEEF_BASE(sleef) \
  static V sleef(V x) { return Sleef_finz_##sleef##d4_u10avx2(x); }
struct RealPack : RealOps {
#include "runtime/sleef.def"
};
#define CALC_SLEEF_BASE(sleef) \
  static V sleef(V x) { return Sleef_finz_##sleef##f8_u10avx2(x); }
struct FloatPack : FloatOps {
#include "runtime/sleef.def"
};

using Real = Formulas<RealPack>;
using Single = Formulas<FloatPack>;

template <typename V, typename T>
long map_all(void* function, const T* in, T* out, long n) {
  constexpr long lanes = sizeof(V) / sizeof(T);
  const auto call = reinterpret_cast<V (*)(V)>(function);
  long i = 0;
  for (; i + lanes <= n; i += lanes) {
    V x;
    __builtin_memcpy(&x, in + i, sizeof x);
    x = call(x);
    __builtin_memcpy(out + i, &x, sizeof x);
  }
  return i;
}

FormulaVersion version(const char* name, const char* f64_symbol, Reals (*f64)(Reals),
                       const char* f32_symbol, Floats (*f32)(Floats)) {
  return {name, f64_symbol, reinterpret_cast<void*>(f64), f32_symbol, reinterpret_cast<void*>(f32)};
}

}  // namespace

const FormulaVersion* formulas_avx2() {
  static const FormulaVersion table[formula_count] = {
      version("log1p", "calc_log1p_d4", Real::log1p, "calc_log1p_f8", Single::log1p),
      version("sinh", "calc_sinh_d4", Real::sinh, "calc_sinh_f8", Single::sinh),
      version("cosh", "calc_cosh_d4", Real::cosh, "calc_cosh_f8", Single::cosh),
      version("asinh", "calc_asinh_d4", Real::asinh, "calc_asinh_f8", Single::asinh),
      version("acosh", "calc_acosh_d4", Real::acosh, "calc_acosh_f8", Single::acosh),
      version("gamma", "calc_gamma_d4", Real::gamma, "calc_gamma_f8", Single::gamma),
      version("sigmoid", "calc_sigmoid_d4", Real::sigmoid, "calc_sigmoid_f8", Single::sigmoid),
      version("softplus", "calc_softplus_d4", Real::softplus, "calc_softplus_f8", Single::softplus),
  };
  return table;
}

long map_avx2(void* function, const double* in, double* out, long n) {
  return map_all<Reals>(function, in, out, n);
}
long map_avx2(void* function, const float* in, float* out, long n) {
  return map_all<Floats>(function, in, out, n);
}

}  // namespace calc::rt
#endif
