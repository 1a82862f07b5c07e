// The special functions, the sigmoid family, and functions of two arguments.
#include <cmath>

#include "lang/prim/families.h"
#include "lang/prim/function.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::Partials;
using core::Primitive;

std::vector<Sample> on_line() {
  return samples_at({0.0, 0.5, -1.25, 2.0, -3.5},
                    {-0.0, 1000.0, -1000.0, INFINITY, -INFINITY, NAN});
}
std::vector<Sample> off_poles() {
  return samples_at({0.5, 1.0, 2.5, 7.0, -1.5}, {0.0, -1.0, -2.0, INFINITY, NAN});
}
std::vector<Sample> in_plane() {
  return {{{real(1.5), real(-2.25)}, {}},
          {{reals({0.5, 2.0, -3.0, 1.0}), reals({1.5, -0.5, 2.5, 0.0})}, {}},
          {{reals({0}, {}), reals({0}, {})}, {}},
          {{real32(reals({0.5, 2.0})), real32(reals({1.5, -0.5}))}, {}},
          {{reals({0.0, 0.0, -0.0, INFINITY}), reals({0.0, -1.0, -1.0, 1.0})}, {}, true}};
}
std::vector<Sample> polygamma_samples() {
  return {{{real(1.0), real(2.25)}, {}, true},
          {{reals({2.0, 3.0, 1.0}), reals({0.5, 2.5, 7.0})}, {}, true}};
}

void add_one_argument(core::Registry& registry) {
  static const Primitive records[] = {
      smooth_function<"erf">("The error function.", "1.1283791670955126*exp(-x^2)", on_line),
      smooth_function<"erfc">("1 - erf(x), exact where that is small.",
                              "-1.1283791670955126*exp(-x^2)", on_line),
      function<"lgamma">("log |gamma(x)|.", "digamma(x)", off_poles),
      function<"gamma">("The gamma function; gamma(n + 1) is n factorial.", "result*digamma(x)",
                        off_poles),
      function<"digamma">("The derivative of lgamma.", "trigamma(x)", off_poles),
      function<"trigamma">("The derivative of digamma.", "polygamma(2, x)", off_poles),
      smooth_function<"sigmoid">("1/(1 + exp(-x)), stable for any x.", "result*(1 - result)",
                                 on_line),
      smooth_function<"softplus">("log(1 + exp(x)), stable for any x.", "sigmoid(x)", on_line)};
  for (const Primitive& record : records) registry.add(record);
}

void add_two_arguments(core::Registry& registry) {
  static const Primitive records[] = {
      function2<"atan2">({"y", "x"}, "The angle of the point (x, y), in [-pi, pi].",
                         Partials{.texts = {"x/(x^2 + y^2)", "-y/(x^2 + y^2)"}, .singular = true},
                         in_plane),
      function2<"hypot">(
          {"x", "y"}, "The length of (x, y), without overflow; its derivative at 0 is 0.",
          Partials{.texts = {"where(result == 0, 0, x/result)", "where(result == 0, 0, y/result)"},
                   .singular = true},
          in_plane),
      function2<"polygamma">(
          {"n", "x"}, "The n-th derivative of digamma; its derivative by n is nan.",
          Partials{.texts = {"0/(n - n)", "polygamma(n + 1, x)"}, .singular = true},
          polygamma_samples)};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace

void add_special(core::Registry& registry) {
  add_one_argument(registry);
  add_two_arguments(registry);
}

}  // namespace calc::prim
