#pragma once
// The preset for a function of runtime/math.h: its name says everything but documentation, partial
// derivatives and samples.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "lang/prim/loops.h"
#include "lang/prim/rules.h"
#include "runtime/math.h"

namespace calc::prim {

/// A string as a template argument.
template <size_t size>
struct Literal {
  char text[size];
  constexpr Literal(const char (&literal)[size]) { std::copy_n(literal, size, text); }
  constexpr std::string_view view() const { return {text, size - 1}; }
};

inline const rt::ScalarFunction& scalar_function(std::string_view name) {
  const rt::ScalarFunction* found = rt::find_function(name);
  if (!found) throw std::logic_error("no scalar function is called " + std::string(name));
  return *found;
}

template <Literal name>
void evaluate_function(rt::Context&, Args args, const Attrs&, Args results) {
  static const rt::ScalarFunction& function = scalar_function(name.view());
  const int64_t n = args[0].size();
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    const T* x = args[0].data<T>();
    Array result = result_block<T>(args);
    rt::map(function, x, result.writable<T>(), n);
    return result;
  });
}

template <Literal name>
void evaluate_function2(rt::Context&, Args args, const Attrs&, Args results) {
  static const rt::ScalarFunction& function = scalar_function(name.view());
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map2<T, T, T>(args, [](T x, T y) { return function.call(x, y); });
  });
}

/// A function of one argument, `x`.
template <Literal name>
core::Primitive function(std::string_view doc, std::string_view derivative, core::Samples samples) {
  return {
      .name = name.view(),
      .params = {"x"},
      .doc = doc,
      .type_rule = checked<same_real<1>>,
      .evaluate = evaluate_function<name>,
      .derivative = core::Partials{.texts = {derivative}, .singular = true},
      .transpose = core::NotLinear{},
      .lowering = core::ElementwiseLowering{core::ScalarOp::Call, &scalar_function(name.view())},
      .samples = samples};
}

/// The same, with a derivative that is finite everywhere.
template <Literal name>
core::Primitive smooth_function(std::string_view doc, std::string_view derivative,
                                core::Samples samples) {
  core::Primitive record = function<name>(doc, derivative, samples);
  record.derivative = core::Partials{.texts = {derivative}};
  return record;
}

/// A function of two arguments.
template <Literal name>
core::Primitive function2(std::vector<std::string_view> params, std::string_view doc,
                          core::Derivative derivative, core::Samples samples) {
  return {
      .name = name.view(),
      .params = std::move(params),
      .doc = doc,
      .type_rule = checked<same_real<2>>,
      .evaluate = evaluate_function2<name>,
      .derivative = std::move(derivative),
      .transpose = core::NotLinear{},
      .lowering = core::ElementwiseLowering{core::ScalarOp::Call, &scalar_function(name.view())},
      .samples = samples};
}

}  // namespace calc::prim
