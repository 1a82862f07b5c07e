#include "runtime/math.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/math_formulas.h"
#include "runtime/special.h"

// Names and addresses of SLEEF's deterministic functions; the vector forms are only ever called by
// compiled code and math_avx*.cpp, which know their types.
#define CALC_SLEEF_UNARY(name, sleef, bound)                          \
  extern "C" double Sleef_finz_##sleef##d1_##bound##purecfma(double); \
  extern "C" float Sleef_finz_##sleef##f1_##bound##purecfma(float);   \
  extern "C" double Sleef_cinz_##sleef##d1_##bound##purec(double);    \
  extern "C" float Sleef_cinz_##sleef##f1_##bound##purec(float);      \
  extern "C" void Sleef_finz_##sleef##d4_##bound##avx2();             \
  extern "C" void Sleef_finz_##sleef##f8_##bound##avx2();             \
  extern "C" void Sleef_finz_##sleef##d8_##bound##avx512f();          \
  extern "C" void Sleef_finz_##sleef##f16_##bound##avx512f();
#define CALC_SLEEF_BINARY(name, sleef, bound)                                 \
  extern "C" double Sleef_finz_##sleef##d1_##bound##purecfma(double, double); \
  extern "C" float Sleef_finz_##sleef##f1_##bound##purecfma(float, float);    \
  extern "C" double Sleef_cinz_##sleef##d1_##bound##purec(double, double);    \
  extern "C" float Sleef_cinz_##sleef##f1_##bound##purec(float, float);       \
  extern "C" void Sleef_finz_##sleef##d4_##bound##avx2();                     \
  extern "C" void Sleef_finz_##sleef##f8_##bound##avx2();                     \
  extern "C" void Sleef_finz_##sleef##d8_##bound##avx512f();                  \
  extern "C" void Sleef_finz_##sleef##f16_##bound##avx512f();
#include "runtime/sleef.def"
#define CALC_SLEEF_BASE(sleef)                                  \
  extern "C" double Sleef_finz_##sleef##d1_u10purecfma(double); \
  extern "C" float Sleef_finz_##sleef##f1_u10purecfma(float);   \
  extern "C" double Sleef_cinz_##sleef##d1_u10purec(double);    \
  extern "C" float Sleef_cinz_##sleef##f1_u10purec(float);
#include "runtime/sleef.def"

namespace calc::rt {
namespace {

/// What the machine can do, and hence which versions go into the table.
struct Machine {
  bool fma = false;
  bool avx512 = false;
};

Machine this_machine() {
#if defined(__x86_64__)
  const bool fma = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return {fma, fma && __builtin_cpu_supports("avx512f") != 0};
#else
  return {true, false};
#endif
}

template <typename Number>
struct ScalarOps {
  using T = Number;
  using V = Number;
  static V all(T x) { return x; }
  static bool any(bool mask) { return mask; }
  static V select(bool mask, V a, V b) { return mask ? a : b; }
  static V floor(V x) { return std::floor(x); }
  static V abs(V x) { return std::abs(x); }
  static V with_sign(V x, V sign) { return std::copysign(x, sign); }
};

#define CALC_SLEEF_BASE(sleef) \
  static double sleef(double x) { return Sleef_finz_##sleef##d1_u10purecfma(x); }
struct FusedReal : ScalarOps<double> {
#include "runtime/sleef.def"
};
#define CALC_SLEEF_BASE(sleef) \
  static float sleef(float x) { return Sleef_finz_##sleef##f1_u10purecfma(x); }
struct FusedSingle : ScalarOps<float> {
#include "runtime/sleef.def"
};
#define CALC_SLEEF_BASE(sleef) \
  static double sleef(double x) { return Sleef_cinz_##sleef##d1_u10purec(x); }
struct PlainReal : ScalarOps<double> {
#include "runtime/sleef.def"
};
#define CALC_SLEEF_BASE(sleef) \
  static float sleef(float x) { return Sleef_cinz_##sleef##f1_u10purec(x); }
struct PlainSingle : ScalarOps<float> {
#include "runtime/sleef.def"
};

template <typename Function>
void* address(Function* function) {
  return reinterpret_cast<void*>(function);
}

using Table = std::vector<ScalarFunction>;

void add_sleef(Table& table, Machine machine) {
#define CALC_ADD(name, sleef, bound, arity)                                                       \
  table.push_back(machine.fma ? ScalarFunction{#name,                                             \
                                               arity,                                             \
                                               address(Sleef_finz_##sleef##d1_##bound##purecfma), \
                                               address(Sleef_finz_##sleef##f1_##bound##purecfma), \
                                               "Sleef_finz_" #sleef "d1_" #bound "purecfma",      \
                                               "Sleef_finz_" #sleef "f1_" #bound "purecfma",      \
                                               {},                                                \
                                               {}}                                                \
                              : ScalarFunction{#name,                                             \
                                               arity,                                             \
                                               address(Sleef_cinz_##sleef##d1_##bound##purec),    \
                                               address(Sleef_cinz_##sleef##f1_##bound##purec),    \
                                               "Sleef_cinz_" #sleef "d1_" #bound "purec",         \
                                               "Sleef_cinz_" #sleef "f1_" #bound "purec",         \
                                               {},                                                \
                                               {}});
#define CALC_SLEEF_UNARY(name, sleef, bound) CALC_ADD(name, sleef, bound, 1)
#define CALC_SLEEF_BINARY(name, sleef, bound) CALC_ADD(name, sleef, bound, 2)
#include "runtime/sleef.def"
#undef CALC_ADD
}

ScalarFunction& entry(Table& table, std::string_view name) {
  return *std::find_if(table.begin(), table.end(),
                       [&](const ScalarFunction& f) { return f.name == name; });
}

void add_sleef_vectors([[maybe_unused]] Table& table, [[maybe_unused]] Machine machine) {
#if defined(__x86_64__)
  if (!machine.fma) return;
#define CALC_SLEEF_UNARY(calc_name, sleef, bound)                                       \
  {                                                                                     \
    ScalarFunction& f = entry(table, #calc_name);                                       \
    f.f64_vectors.push_back({"Sleef_finz_" #sleef "d4_" #bound "avx2",                  \
                             address(Sleef_finz_##sleef##d4_##bound##avx2), 4});        \
    f.f32_vectors.push_back({"Sleef_finz_" #sleef "f8_" #bound "avx2",                  \
                             address(Sleef_finz_##sleef##f8_##bound##avx2), 8});        \
    if (machine.avx512) {                                                               \
      f.f64_vectors.push_back({"Sleef_finz_" #sleef "d8_" #bound "avx512f",             \
                               address(Sleef_finz_##sleef##d8_##bound##avx512f), 8});   \
      f.f32_vectors.push_back({"Sleef_finz_" #sleef "f16_" #bound "avx512f",            \
                               address(Sleef_finz_##sleef##f16_##bound##avx512f), 16}); \
    }                                                                                   \
  }
#define CALC_SLEEF_BINARY(name, sleef, bound) CALC_SLEEF_UNARY(name, sleef, bound)
#include "runtime/sleef.def"
#endif
}

template <typename Real, typename Single>
void add_formulas(Table& table) {
  using D = Formulas<Real>;
  using F = Formulas<Single>;
  const auto add = [&](const char* name, double (*f64)(double), float (*f32)(float),
                       const char* f64_symbol, const char* f32_symbol) {
    table.push_back({name, 1, address(f64), address(f32), f64_symbol, f32_symbol, {}, {}});
  };
  add("log1p", D::log1p, F::log1p, "calc_log1p_d1", "calc_log1p_f1");
  add("sinh", D::sinh, F::sinh, "calc_sinh_d1", "calc_sinh_f1");
  add("cosh", D::cosh, F::cosh, "calc_cosh_d1", "calc_cosh_f1");
  add("asinh", D::asinh, F::asinh, "calc_asinh_d1", "calc_asinh_f1");
  add("acosh", D::acosh, F::acosh, "calc_acosh_d1", "calc_acosh_f1");
  add("gamma", D::gamma, F::gamma, "calc_gamma_d1", "calc_gamma_f1");
  add("sigmoid", D::sigmoid, F::sigmoid, "calc_sigmoid_d1", "calc_sigmoid_f1");
  add("softplus", D::softplus, F::softplus, "calc_softplus_d1", "calc_softplus_f1");
}

void add_formula_vectors([[maybe_unused]] Table& table, [[maybe_unused]] Machine machine) {
#if defined(__x86_64__)
  const auto add = [&](const FormulaVersion* versions, int lanes) {
    for (int i = 0; i < formula_count; ++i) {
      ScalarFunction& f = entry(table, versions[i].name);
      f.f64_vectors.push_back({versions[i].f64_symbol, versions[i].f64, lanes});
      f.f32_vectors.push_back({versions[i].f32_symbol, versions[i].f32, 2 * lanes});
    }
  };
  if (machine.fma) add(formulas_avx2(), 4);
  if (machine.avx512) add(formulas_avx512(), 8);
#endif
}

float digamma_single(float x) { return static_cast<float>(digamma(x)); }
float trigamma_single(float x) { return static_cast<float>(trigamma(x)); }
float polygamma_single(float n, float x) { return static_cast<float>(polygamma(n, x)); }

void add_scalar_only(Table& table) {
  table.push_back({"digamma",
                   1,
                   address(digamma),
                   address(digamma_single),
                   "calc_digamma_d1",
                   "calc_digamma_f1",
                   {},
                   {}});
  table.push_back({"trigamma",
                   1,
                   address(trigamma),
                   address(trigamma_single),
                   "calc_trigamma_d1",
                   "calc_trigamma_f1",
                   {},
                   {}});
  table.push_back({"polygamma",
                   2,
                   address(polygamma),
                   address(polygamma_single),
                   "calc_polygamma_d1",
                   "calc_polygamma_f1",
                   {},
                   {}});
  double (*div)(double, double) = floor_div;
  float (*div_single)(float, float) = floor_div;
  double (*mod)(double, double) = floor_mod;
  float (*mod_single)(float, float) = floor_mod;
  table.push_back({"floordiv",
                   2,
                   address(div),
                   address(div_single),
                   "calc_floordiv_d1",
                   "calc_floordiv_f1",
                   {},
                   {}});
  table.push_back(
      {"mod", 2, address(mod), address(mod_single), "calc_mod_d1", "calc_mod_f1", {}, {}});
}

Table make_table() {
  const Machine machine = this_machine();
  Table table;
  table.reserve(64);
  add_sleef(table, machine);
  add_sleef_vectors(table, machine);
  if (machine.fma) {
    add_formulas<FusedReal, FusedSingle>(table);
  } else {
    add_formulas<PlainReal, PlainSingle>(table);
  }
  add_formula_vectors(table, machine);
  add_scalar_only(table);
  std::sort(table.begin(), table.end(),
            [](const ScalarFunction& a, const ScalarFunction& b) { return a.name < b.name; });
  return table;
}

template <typename T>
void map_elements(const ScalarFunction& function, const std::vector<ScalarFunction::Vector>& wide,
                  const T* in, T* out, int64_t n) {
  int64_t done = 0;
#if defined(__x86_64__)
  if (!wide.empty()) {
    const auto& widest = wide.back();
    const bool avx512 = widest.lanes * sizeof(T) == 64;
    done = avx512 ? map_avx512(widest.address, in, out, n) : map_avx2(widest.address, in, out, n);
  }
#endif
  for (int64_t i = done; i < n; ++i) out[i] = function.call(in[i]);
}

}  // namespace

std::span<const ScalarFunction> all_functions() {
  static const Table table = make_table();
  return table;
}

const ScalarFunction* find_function(std::string_view name) {
  const auto table = all_functions();
  const auto found = std::lower_bound(
      table.begin(), table.end(), name,
      [](const ScalarFunction& f, std::string_view wanted) { return f.name < wanted; });
  return found != table.end() && found->name == name ? &*found : nullptr;
}

void map(const ScalarFunction& function, const double* in, double* out, int64_t n) {
  map_elements(function, function.f64_vectors, in, out, n);
}
void map(const ScalarFunction& function, const float* in, float* out, int64_t n) {
  map_elements(function, function.f32_vectors, in, out, n);
}

// Note [Bounds that are SLEEF's]
// exp and pow reach inf when the true result is within a factor 1 - 2e-6 of the largest number (so
// pow(x, 1) is inf for the last such x), and lgamma left of 0 is accurate to 1e-15 absolutely, not
// relatively, near its zeros. Everything else is within 1 ulp or what tests/unit/runtime_math.cpp
// states, with C99's special values.

}  // namespace calc::rt
