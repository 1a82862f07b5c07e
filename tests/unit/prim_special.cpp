// Derivatives where the mathematics has a corner, a pole or a removable hole: the conventions of
// the language, and smoothness to third order where the function is smooth.
#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/prim_support.h"

namespace calc::test {

namespace {

using core::Builder;
using core::FunctionId;
using core::ValueId;

/// A scalar function of one variable, written with the builder.
using Body = std::function<ValueId(Builder&, ValueId)>;

FunctionId scalar(core::Module& module, const Body& body) {
  prim::install();
  auto function = std::make_unique<core::Function>();
  Builder builder(module, *function);
  ValueId x = builder.add_param(core::scalar_type(core::Elem::F64));
  builder.set_results({body(builder, x)});
  return module.add(std::move(function));
}

/// The n-th derivative at x, once by jvp alone and once by gradients alone.
std::pair<double, double> nth(const Body& body, int n, double x) {
  core::Module module;
  ad::Differentiator differentiator(module);
  FunctionId forward = scalar(module, body);
  Values args = {rt::Array::of(x)};
  for (int k = 0; k < n; ++k) {
    forward = differentiator.jvp(forward, ad::Active(args.size(), true));
    // The tangent of x is 1, that of an earlier tangent 0.
    for (size_t at = 0, size = args.size(); at < size; ++at) {
      args.push_back(rt::Array::of(at == 0 ? 1.0 : 0.0));
    }
  }
  const double pushed = run(module, forward, args).back().as_real();

  FunctionId backward = scalar(module, body);
  for (int k = 0; k < n; ++k) {
    FunctionId both = differentiator.gradient(backward, {true});
    auto only = std::make_unique<core::Function>();
    Builder builder(module, *only);
    ValueId param = builder.add_param(core::scalar_type(core::Elem::F64));
    builder.set_results({builder.call(both, {param})[1]});
    backward = module.add(std::move(only));
  }
  return {pushed, run(module, backward, {rt::Array::of(x)})[0].as_real()};
}

void check_nth(const std::string& what, const Body& body, int n, double x, double expected) {
  INFO(what << ", derivative " << n << " at " << x);
  const auto [forward, backward] = nth(body, n, x);
  INFO("forward " << forward << ", backward " << backward << ", expected " << expected);
  if (std::isnan(expected)) {
    CHECK(std::isnan(forward));
    CHECK(std::isnan(backward));
  } else if (std::isinf(expected)) {
    CHECK(forward == expected);
    CHECK(backward == expected);
  } else {
    CHECK(forward == Approx(expected).epsilon(1e-12).margin(1e-15));
    CHECK(backward == Approx(expected).epsilon(1e-12).margin(1e-15));
  }
}

Body call(const char* name) {
  return [name](Builder& b, ValueId x) { return b.op(name, {x}); };
}
Body power(int64_t n) {
  return [n](Builder& b, ValueId x) { return b.op("powi", {x, b.integer(n)}); };
}
Body power_of(double y) {
  return [y](Builder& b, ValueId x) { return b.op("pow", {x, b.real(y)}); };
}
Body base(double x) {
  return [x](Builder& b, ValueId y) { return b.op("pow", {b.real(x), y}); };
}

}  // namespace

TEST_CASE("corners have the derivative that the language fixes", "[prim]") {
  check_nth("abs", call("abs"), 1, 0.0, 0.0);
  check_nth("sign", call("sign"), 1, 0.0, 0.0);
  check_nth("floor", call("floor"), 1, 1.0, 0.0);
  check_nth("sqrt", call("sqrt"), 1, 0.0, INFINITY);
  check_nth("cbrt", call("cbrt"), 1, 0.0, INFINITY);
  check_nth("log", call("log"), 1, 0.0, INFINITY);
}

TEST_CASE("a tie of max and min goes to whom `tie` names", "[prim]") {
  auto relu = [](const char* tie) {
    return [tie](Builder& b, ValueId x) { return b.op("max", {x, b.real(0.0)}, {{"tie", tie}}); };
  };
  check_nth("a literal wins", relu("second"), 1, 0.0, 0.0);
  check_nth("the first wins", relu("first"), 1, 0.0, 1.0);
  check_nth("half each", relu("share"), 1, 0.0, 0.5);
  auto itself = [](Builder& b, ValueId x) { return b.op("min", {x, x}); };
  check_nth("both halves", itself, 1, 2.0, 1.0);
  auto loser = [](Builder& b, ValueId x) {
    return b.op("max", {b.op("sqrt", {x}), b.real(1.0)}, {{"tie", "second"}});
  };
  check_nth("a loser contributes nothing, not 0*inf", loser, 1, 0.0, 0.0);
}

TEST_CASE("whole powers are smooth everywhere", "[prim]") {
  for (double x : {0.0, -2.0, 1.5}) {
    for (int64_t n = 0; n <= 5; ++n) {
      double factor = 1;
      for (int order = 1; order <= 3; ++order) {
        factor *= static_cast<double>(n - order + 1);
        const double expected = factor == 0 ? 0.0 : factor * std::pow(x, double(n - order));
        check_nth("x^" + std::to_string(n), power(n), order, x, expected);
      }
    }
  }
  check_nth("x^-1", power(-1), 2, 2.0, 0.25);
}

TEST_CASE("real powers at the edge", "[prim]") {
  check_nth("x^2.0", power_of(2.0), 1, 0.0, 0.0);
  check_nth("x^2.0", power_of(2.0), 2, 0.0, 2.0);
  check_nth("x^2.0", power_of(2.0), 3, 0.0, 0.0);
  check_nth("x^3.0", power_of(3.0), 3, 0.0, 6.0);
  check_nth("x^0.0", power_of(0.0), 1, 0.0, 0.0);
  check_nth("x^0.5", power_of(0.5), 1, 0.0, INFINITY);
  check_nth("x^3.0", power_of(3.0), 2, -2.0, -12.0);
  check_nth("0^y", base(0.0), 1, 2.0, 0.0);
  check_nth("0^y", base(0.0), 2, 2.0, 0.0);
  check_nth("(-2)^y", base(-2.0), 1, 3.0, NAN);
  check_nth("2^y", base(2.0), 2, 0.0, std::log(2.0) * std::log(2.0));
  // d/dy (d/dx x^y) = 1/x at y = 0: a mask on y alone would have lost it.
  auto mixed = [](Builder& b, ValueId y) {
    ValueId x = b.real(2.0);
    ValueId below = b.op("pow", {x, b.sub(y, b.real(1.0))});
    return b.mul(y, below);
  };
  check_nth("y*2^(y - 1)", mixed, 1, 0.0, 0.5);
}

TEST_CASE("the sigmoid family is stable far out", "[prim]") {
  for (int order = 1; order <= 3; ++order) {
    for (double x : {-1000.0, 1000.0}) {
      const bool first = order == 1;
      check_nth("sigmoid", call("sigmoid"), order, x, 0.0);
      check_nth("softplus", call("softplus"), order, x, first && x > 0 ? 1.0 : 0.0);
      check_nth("tanh", call("tanh"), order, x, 0.0);
      check_nth("erf", call("erf"), order, x, 0.0);
    }
  }
  check_nth("softplus", call("softplus"), 1, 0.0, 0.5);
  check_nth("softplus", call("softplus"), 2, 0.0, 0.25);
}

TEST_CASE("smooth functions are smooth at 0", "[prim]") {
  check_nth("sin", call("sin"), 3, 0.0, -1.0);
  check_nth("tan", call("tan"), 3, 0.0, 2.0);
  check_nth("tanh", call("tanh"), 3, 0.0, -2.0);
  check_nth("asin", call("asin"), 3, 0.0, 1.0);
  check_nth("atan", call("atan"), 3, 0.0, -2.0);
  check_nth("asinh", call("asinh"), 3, 0.0, -1.0);
  check_nth("atanh", call("atanh"), 3, 0.0, 2.0);
  check_nth("expm1", call("expm1"), 3, 0.0, 1.0);
  check_nth("log1p", call("log1p"), 3, 0.0, 2.0);
  check_nth("erf", call("erf"), 3, 0.0, -4 / std::sqrt(M_PI));
}

TEST_CASE("the length at the origin has derivative 0", "[prim]") {
  auto length = [](Builder& b, ValueId x) { return b.op("hypot", {x, b.mul(b.real(2.0), x)}); };
  check_nth("hypot(x, 2x)", length, 1, 0.0, 0.0);
  check_nth("hypot(x, 2x)", length, 2, 0.0, 0.0);
}

TEST_CASE("a branch not taken contributes exactly nothing", "[prim]") {
  auto guarded = [](const char* name) {
    return [name](Builder& b, ValueId x) {
      ValueId positive = b.op("gt", {x, b.real(0.0)});
      return b.select(positive, b.op(name, {x}), b.real(0.0));
    };
  };
  for (int order = 1; order <= 3; ++order) {
    check_nth("sqrt under a mask", guarded("sqrt"), order, 0.0, 0.0);
    check_nth("log under a mask", guarded("log"), order, -1.0, 0.0);
    check_nth("log under a mask", guarded("log"), order, 0.0, 0.0);
  }
}

TEST_CASE("what is not masked stays visible", "[prim]") {
  auto product = [](Builder& b, ValueId x) { return b.mul(x, b.op("sqrt", {x})); };
  check_nth("x*sqrt(x)", product, 1, 0.0, NAN);
}

namespace {

/// The gradient of a primitive with a scalar result, by its first argument.
rt::Array gradient(const char* name, const rt::Array& at, core::Attrs attrs = {}) {
  prim::install();
  core::Module module;
  ad::Differentiator differentiator(module);
  const core::Sample sample{{at}, std::move(attrs)};
  FunctionId f = as_function(module, core::registry().get(name), sample);
  return run(module, differentiator.gradient(f, {true}), sample.args)[1];
}

rt::Array vector(std::vector<double> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  return rt::Array::reals({&n, 1}, values);
}

rt::Array matrix(int64_t n, std::vector<double> values) {
  return rt::Array::reals(rt::Dims{n, n}, values);
}

const core::Attrs& first_axis() {
  static const core::Attrs attrs{{"axes", std::vector<int64_t>{0}}};
  return attrs;
}

}  // namespace

TEST_CASE("the gradient of a product with zeros divides by nothing", "[prim]") {
  auto product = [](std::vector<double> at) {
    return gradient("reduce_prod", vector(std::move(at)), first_axis());
  };
  CHECK(product({2.0, 0.0, 3.0}).identical(vector({0.0, 6.0, 0.0})));
  CHECK(product({0.0, 2.0, 0.0}).identical(vector({0.0, 0.0, 0.0})));
  CHECK(product({2.0, 3.0}).identical(vector({3.0, 2.0})));
}

TEST_CASE("tied entries of a maximum share equally", "[prim]") {
  CHECK(gradient("reduce_max", vector({5.0, 1.0, 5.0}), first_axis())
            .identical(vector({0.5, 0.0, 0.5})));
  CHECK(gradient("reduce_min", vector({5.0, 1.0, 1.0}), first_axis())
            .identical(vector({0.0, 0.5, 0.5})));
}

TEST_CASE("the gradient of a determinant is right for singular matrices up to size 3", "[prim]") {
  CHECK(gradient("det", matrix(1, {0.0})).identical(matrix(1, {1.0})));
  CHECK(gradient("det", matrix(2, {1.0, 2.0, 2.0, 4.0}))
            .identical(matrix(2, {4.0, -2.0, -2.0, 1.0})));
  CHECK(gradient("det", matrix(3, {1, 2, 3, 4, 5, 6, 7, 8, 9}))
            .identical(matrix(3, {-3, 6, -3, 6, -12, 6, -3, 6, -3})));
}

}  // namespace calc::test
