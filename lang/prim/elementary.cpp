// The elementary functions, and rounding.
//
// A partial derivative is written so that its own derivatives are right too: at the points where
// the mathematics is smooth (0, and far out) no infinity meets a zero, to third order.
#include <cmath>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/function.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::ElementwiseLowering;
using core::NotLinear;
using core::Partials;
using core::Primitive;
using core::ScalarOp;
using core::ZeroDerivative;

/// The whole line, its origin, and far out.
std::vector<Sample> on_line() {
  return samples_at({0.5, -1.25, 2.0, -0.1, 3.5}, {0.0, -0.0, 30.0, -30.0, INFINITY, NAN});
}
std::vector<Sample> on_line_with_origin() {
  return samples_at({0.0, 0.5, -1.25, 2.0, -3.5}, {-0.0, 1000.0, -1000.0, INFINITY, NAN});
}
std::vector<Sample> positive() {
  return samples_at({0.5, 1.0, 2.0, 0.3, 40.0}, {0.0, -1.0, INFINITY, 1e-300, 1e-3, NAN});
}
std::vector<Sample> above_minus_one() {
  return samples_at({0.0, 0.5, -0.75, 2.0, 1e-8}, {-1.0, -2.0, INFINITY, NAN});
}
std::vector<Sample> within_one() {
  return samples_at({0.0, 0.5, -0.7, 0.1, -0.3}, {1.0, -1.0, 0.999, 1.5, NAN});
}
std::vector<Sample> above_one() {
  return samples_at({1.5, 2.0, 1.4, 40.0, 3.0}, {1.0, 1.01, 0.5, INFINITY, NAN});
}
std::vector<Sample> off_origin() {
  return samples_at({0.5, -1.25, 2.0, -0.1, 8.0}, {0.0, -0.0, INFINITY, NAN});
}
std::vector<Sample> between_jumps() {
  return samples_at({0.4, -1.25, 2.7, -0.1}, {0.0, 0.5, 1.5, -2.5, -3.0, INFINITY, NAN});
}

// ---- rounding and the square root: instructions of the machine ----------------------------------

template <auto function>
void evaluate_rounding(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map1<T, T>(args, [](T x) { return static_cast<T>(function(x)); });
  });
}

Primitive rounding(std::string_view name, std::string_view doc, core::Evaluate evaluate,
                   ScalarOp op) {
  return {.name = name,
          .params = {"x"},
          .doc = doc,
          .type_rule = checked<same_real<1>>,
          .evaluate = evaluate,
          .derivative = ZeroDerivative{"it is constant between its jumps"},
          .transpose = NotLinear{},
          .lowering = ElementwiseLowering{op},
          .samples = between_jumps};
}

void evaluate_sqrt(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map1<T, T>(args, [](T x) { return std::sqrt(x); });
  });
}

void add_machine_functions(core::Registry& registry) {
  static constexpr auto floor = [](auto x) { return std::floor(x); };
  static constexpr auto ceil = [](auto x) { return std::ceil(x); };
  static constexpr auto round = [](auto x) { return std::nearbyint(x); };
  static constexpr auto trunc = [](auto x) { return std::trunc(x); };
  static const Primitive records[] = {
      rounding("floor", "The greatest whole number not above x.", evaluate_rounding<floor>,
               ScalarOp::Floor),
      rounding("ceil", "The least whole number not below x.", evaluate_rounding<ceil>,
               ScalarOp::Ceil),
      rounding("round", "The nearest whole number, halves to even.", evaluate_rounding<round>,
               ScalarOp::Round),
      rounding("trunc", "x without its fraction.", evaluate_rounding<trunc>, ScalarOp::Trunc),
      {.name = "sqrt",
       .params = {"x"},
       .doc = "The square root; its derivative at 0 is infinite.",
       .type_rule = checked<same_real<1>>,
       .evaluate = evaluate_sqrt,
       .derivative = Partials{.texts = {"0.5/result"}, .singular = true},
       .transpose = NotLinear{},
       .lowering = ElementwiseLowering{ScalarOp::Sqrt},
       .samples = positive}};
  for (const Primitive& record : records) registry.add(record);
}

// ---- functions of the table in runtime/math.h ---------------------------------------------------

void add_exponentials(core::Registry& registry) {
  static const Primitive records[] = {
      function<"exp">("The exponential e^x.", "result", on_line_with_origin),
      function<"expm1">("e^x - 1, exact for small x.", "exp(x)", on_line_with_origin),
      function<"log">("The natural logarithm.", "1/x", positive),
      function<"log1p">("log(1 + x), exact for small x.", "1/(1 + x)", above_minus_one),
      function<"log2">("The logarithm to base 2.", "1.4426950408889634/x", positive),
      function<"log10">("The logarithm to base 10.", "0.4342944819032518/x", positive),
      function<"cbrt">("The real cube root.", "1/(3*result^2)", off_origin)};
  for (const Primitive& record : records) registry.add(record);
}

void add_circular(core::Registry& registry) {
  static const Primitive records[] = {
      smooth_function<"sin">("The sine of an angle in radians.", "cos(x)", on_line_with_origin),
      smooth_function<"cos">("The cosine of an angle in radians.", "-sin(x)", on_line_with_origin),
      function<"tan">("The tangent of an angle in radians.", "1 + result^2", on_line),
      function<"asin">("The angle in [-pi/2, pi/2] whose sine is x.", "1/sqrt((1 - x)*(1 + x))",
                       within_one),
      function<"acos">("The angle in [0, pi] whose cosine is x.", "-1/sqrt((1 - x)*(1 + x))",
                       within_one),
      smooth_function<"atan">("The angle in [-pi/2, pi/2] whose tangent is x.", "1/(1 + x^2)",
                              on_line_with_origin)};
  for (const Primitive& record : records) registry.add(record);
}

void add_hyperbolic(core::Registry& registry) {
  static const Primitive records[] = {
      function<"sinh">("The hyperbolic sine.", "cosh(x)", on_line_with_origin),
      function<"cosh">("The hyperbolic cosine.", "sinh(x)", on_line_with_origin),
      smooth_function<"tanh">("The hyperbolic tangent.", "1 - result^2", on_line_with_origin),
      smooth_function<"asinh">("The inverse of sinh.", "1/hypot(x, 1)", on_line_with_origin),
      function<"acosh">("The inverse of cosh, for x >= 1.", "1/sqrt((x - 1)*(x + 1))", above_one),
      function<"atanh">("The inverse of tanh, for |x| <= 1.", "1/((1 - x)*(1 + x))", within_one)};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace

void add_elementary(core::Registry& registry) {
  add_machine_functions(registry);
  add_exponentials(registry);
  add_circular(registry);
  add_hyperbolic(registry);
}

}  // namespace calc::prim
