// The formulas in 512-bit registers. This file alone is compiled for AVX512; it is entered
// after a look at the machine, and keeps clear of the standard library, whose shared templates must
// not come to exist in a form that other machines cannot run.
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#include "runtime/math_formulas.h"

namespace {
using Reals = double __attribute__((vector_size(64)));
using Floats = float __attribute__((vector_size(64)));
}  // namespace

#define CALC_SLEEF_BASE(sleef)                               \
  extern "C" Reals Sleef_finz_##sleef##d8_u10avx512f(Reals); \
  extern "C" Floats Sleef_finz_##sleef##f16_u10avx512f(Floats);
#include "runtime/sleef.def"

namespace calc::rt {
namespace {

constexpr int round_down = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
__m512i bits(Reals x) { return reinterpret_cast<__m512i>(x); }
__m512i bits(Floats x) { return reinterpret_cast<__m512i>(x); }

struct RealOps {
  using T = double;
  using V = Reals;
  using M = decltype(V() < V());
  static V all(T x) { return x - V{}; }
  static V select(M mask, V a, V b) { return mask ? a : b; }
  static bool any(M mask) {
    const auto lanes = reinterpret_cast<__m512i>(mask);
    return _mm512_test_epi64_mask(lanes, lanes) != 0;
  }
  static V floor(V x) { return _mm512_roundscale_pd(x, round_down); }
  static V abs(V x) { return _mm512_abs_pd(x); }
  static V with_sign(V x, V sign) {
    const __m512i sign_bit = _mm512_set1_epi64(INT64_MIN);
    return reinterpret_cast<V>(
        _mm512_or_si512(bits(abs(x)), _mm512_and_si512(sign_bit, bits(sign))));
  }
};
struct FloatOps {
  using T = float;
  using V = Floats;
  using M = decltype(V() < V());
  static V all(T x) { return x - V{}; }
  static V select(M mask, V a, V b) { return mask ? a : b; }
  static bool any(M mask) {
    const auto lanes = reinterpret_cast<__m512i>(mask);
    return _mm512_test_epi32_mask(lanes, lanes) != 0;
  }
  static V floor(V x) { return _mm512_roundscale_ps(x, round_down); }
  static V abs(V x) { return _mm512_abs_ps(x); }
  static V with_sign(V x, V sign) {
    const __m512i sign_bit = _mm512_set1_epi32(INT32_MIN);
    return reinterpret_cast<V>(
        _mm512_or_si512(bits(abs(x)), _mm512_and_si512(sign_bit, bits(sign))));
  }
};

#define CALC_SLEEF_BASE(sleef) \
  static V sleef(V x) { return Sleef_finz_##sleef##d8_u10avx512f(x); }
struct RealPack : RealOps {
#include "runtime/sleef.def"
};
#define CALC_SLEEF_BASE(sleef) \
  static V sleef(V x) { return Sleef_finz_##sleef##f16_u10avx512f(x); }
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

const FormulaVersion* formulas_avx512() {
  static const FormulaVersion table[formula_count] = {
      version("log1p", "calc_log1p_d8", Real::log1p, "calc_log1p_f16", Single::log1p),
      version("sinh", "calc_sinh_d8", Real::sinh, "calc_sinh_f16", Single::sinh),
      version("cosh", "calc_cosh_d8", Real::cosh, "calc_cosh_f16", Single::cosh),
      version("asinh", "calc_asinh_d8", Real::asinh, "calc_asinh_f16", Single::asinh),
      version("acosh", "calc_acosh_d8", Real::acosh, "calc_acosh_f16", Single::acosh),
      version("gamma", "calc_gamma_d8", Real::gamma, "calc_gamma_f16", Single::gamma),
      version("sigmoid", "calc_sigmoid_d8", Real::sigmoid, "calc_sigmoid_f16", Single::sigmoid),
      version("softplus", "calc_softplus_d8", Real::softplus, "calc_softplus_f16",
              Single::softplus),
  };
  return table;
}

long map_avx512(void* function, const double* in, double* out, long n) {
  return map_all<Reals>(function, in, out, n);
}
long map_avx512(void* function, const float* in, float* out, long n) {
  return map_all<Floats>(function, in, out, n);
}

}  // namespace calc::rt
#endif
