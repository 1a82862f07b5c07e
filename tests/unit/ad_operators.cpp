// gradient, jacobian, hessian, and what they cost.
#include <catch2/catch.hpp>

#include "lang/core/builder.h"
#include "lang/core/calls.h"
#include "tests/unit/ad_laws.h"

namespace calc {
namespace {

using test::Arrays;
using test::Derivatives;
using test::scalar;
using test::vector;

rt::Array matrix(std::vector<int64_t> dims, std::vector<double> values) {
  return rt::Array::reals(dims, values);
}

/// The Jacobian of outputs by inputs, column by column from jvp.
void check_jacobian(const char* core, const Arrays& args) {
  Derivatives d(core);
  const ad::Active active = d.real_params(d.main());
  const core::FunctionId jacobian = d.ad.jacobian(d.main(), active);
  CHECK(core::verify(d.text.module, d.function(jacobian)) == "");
  const Arrays blocks = d.run(jacobian, args);
  const Arrays outputs = d.run(d.main(), args);
  size_t inputs = 0;
  for (bool a : active) inputs += a ? 1 : 0;
  REQUIRE(blocks.size() == outputs.size() * inputs);
  size_t input = 0;
  for (size_t a = 0; a < args.size(); ++a) {
    if (!active[a]) continue;
    for (int64_t k = 0; k < args[a].size(); ++k) {
      Arrays in = args;
      for (size_t b = 0; b < args.size(); ++b) {
        if (!active[b]) continue;
        rt::Array tangent = rt::Array::zeros(rt::Elem::F64, args[b].dims());
        if (b == a) tangent.writable<double>()[k] = 1.0;
        in.push_back(tangent);
      }
      const Arrays pushed = d.run(d.ad.jvp(d.main(), active), in);
      for (size_t o = 0; o < outputs.size(); ++o) {
        const rt::Array& block = blocks[o * inputs + input];
        std::vector<int64_t> dims(outputs[o].dims().begin(), outputs[o].dims().end());
        dims.insert(dims.end(), args[a].dims().begin(), args[a].dims().end());
        REQUIRE(std::ranges::equal(block.dims(), dims));
        for (int64_t r = 0; r < outputs[o].size(); ++r) {
          CHECK(block.data<double>()[r * args[a].size() + k] ==
                Approx(pushed[outputs.size() + o].data<double>()[r]).margin(1e-12));
        }
      }
    }
    ++input;
  }
}

TEST_CASE("Jacobians have the shape of the output, then that of the input") {
  check_jacobian(R"(
fn f(%0: f64[2, 2], %1: f64, %2: i64) -> (f64[3], f64, f64[2, 2]) {
  %3: f64[2, 2] = sin %0
  %4: f64[2, 2] = mul %3, %0
  %5: f64 = reduce_sum %4 {axes = [0, 1]}
  %6: f64 = mul %5, %1
  %7: f64 = const 2.0
  %8: f64[3] = stack %5, %6, %7
  return %8, %7, %4
}
)",
                 {matrix({2, 2}, {0.1, 0.5, -0.3, 0.8}), scalar(1.5), test::whole(3)});
  check_jacobian(R"(
fn f(%0: f64[5], %1: f64[2]) -> (f64, f64[2]) {
  %3: f64[5] = exp %0
  %5: f64 = reduce_sum %3 {axes = [0]}
  %6: f64[2] = broadcast %5 {axes = [], dims = [2]}
  %7: f64[2] = mul %6, %1
  return %5, %7
}
)",
                 {vector({0.1, 0.5, -0.3, 0.8, 0.2}), vector({2.0, 3.0})});
  check_jacobian(R"(
fn f(%0: f64[?], %1: f64) -> (f64[?], f64) {
  %2: i64 = dim %0 {axis = 0}
  %3: f64[?] = broadcast %1, %2 {axes = [], dims = [-1]}
  %4: f64[?] = mul %0, %3
  %5: f64[?] = sin %4
  %6: f64 = reduce_sum %5 {axes = [0]}
  return %5, %6
}
)",
                 {vector({0.1, 0.5, -0.3}), scalar(0.7)});
}

TEST_CASE("Jacobians by several inputs whose sizes are known only at run time") {
  check_jacobian(R"(
fn f(%0: f64[?], %1: f64[?], %2: f64[?]) -> (f64[?], f64[?], f64[2, ?]) {
  %3: f64[?] = sin %1
  %4: f64[?] = concat %0, %3, %0 {axis = 0}
  %5: f64[?] = mul %4, %4
  %6: f64 = reduce_sum %5 {axes = [0]}
  %7: i64 = dim %2 {axis = 0}
  %8: f64[?] = broadcast %6, %7 {axes = [], dims = [-1]}
  %9: f64[?] = max %8, %2
  %10: f64[?] = mul %9, %2
  %11: f64[2, ?] = stack %10, %2
  %12: i64 = const 3
  %13: f64[?] = for %12 (%14: i64, %15: f64[?] = %2) {
    %16: f64[?] = mul %15, %10
    %17: f64[?] = tanh %16
    yield %17
  }
  %18: f64[?] = concat %13, %1 {axis = 0}
  return %5, %18, %11
}
)",
                 {vector({0.1, 0.5, -0.3}), vector({0.7, 0.2}), vector({0.4, -0.2, 0.3, 0.6})});
}

TEST_CASE("the Hessian of x^2 cos(xy)") {
  Derivatives d(R"(
fn f(%0: f64, %1: f64) -> (f64) {
  %2: f64 = mul %0, %0
  %3: f64 = mul %0, %1
  %4: f64 = cos %3
  %5: f64 = mul %2, %4
  return %5
}
)");
  const double x = 1.0, y = 2.0, c = std::cos(x * y), s = std::sin(x * y);
  const Arrays h = d.run(d.ad.hessian(d.main(), {true, true}), {scalar(x), scalar(y)});
  REQUIRE(h.size() == 4);
  CHECK(h[0].as_real() == Approx(2 * c - 4 * x * y * s - x * x * y * y * c).epsilon(1e-14));
  const double mixed = -3 * x * x * s - x * x * x * y * c;
  CHECK(h[1].as_real() == Approx(mixed).epsilon(1e-14));
  CHECK(h[2].as_real() == h[1].as_real());
  CHECK(h[3].as_real() == Approx(-std::pow(x, 4) * c).epsilon(1e-14));
}

TEST_CASE("the Hessian of a quadratic form is its symmetric part, in blocks") {
  Derivatives d(R"(
fn f(%0: f64[2], %1: f64[3], %2: f64[2, 3]) -> (f64) {
  %3: f64[2] = dot_general %2, %1 {lhs_contract = [1], rhs_contract = [0], lhs_batch = [], rhs_batch = []}
  %4: f64[2] = mul %3, %0
  %5: f64 = reduce_sum %4 {axes = [0]}
  return %5
}
)");
  const Arrays args = {vector({1.0, 2.0}), vector({1.0, -1.0, 2.0}),
                       matrix({2, 3}, {1, 2, 3, 4, 5, 6})};
  const Arrays h = d.run(d.ad.hessian(d.main(), {true, true, false}), args);
  REQUIRE(h.size() == 4);
  for (int64_t k = 0; k < 4; ++k) CHECK(h[0].data<double>()[k] == 0.0);
  REQUIRE(std::ranges::equal(h[1].dims(), std::vector<int64_t>{2, 3}));
  REQUIRE(std::ranges::equal(h[2].dims(), std::vector<int64_t>{3, 2}));
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t j = 0; j < 3; ++j) {
      CHECK(h[1].data<double>()[i * 3 + j] == args[2].data<double>()[i * 3 + j]);
      CHECK(h[2].data<double>()[j * 2 + i] == args[2].data<double>()[i * 3 + j]);
    }
  }
}

TEST_CASE("the Hessian through loops and branches is symmetric and that of nested Jacobians") {
  const char* core = R"(
fn f(%0: f64[4]) -> (f64) {
  %1: i64 = const 4
  %2: f64 = const 0.0
  %3: f64 = const 1.0
  %4: f64 = for %1 (%5: i64, %6: f64 = %3) {
    %7: f64 = index %0, %5 {axes = [0]}
    %8: bool = gt %7, %2
    %9: f64 = if %8 {
      %10: f64 = mul %7, %6
      %11: f64 = sin %10
      yield %11
    } else {
      %12: f64 = exp %7
      %13: f64 = mul %12, %6
      yield %13
    }
    yield %9
  }
  return %4
}
)";
  Derivatives d(core);
  const Arrays args = {vector({0.4, -0.3, 0.9, 0.2})};
  const rt::Array h = d.run(d.ad.hessian(d.main(), {true}), args)[0];
  const core::FunctionId gradient = d.ad.jacobian(d.main(), {true});
  const rt::Array j = d.run(d.ad.jacobian(gradient, {true}), args)[0];
  for (int64_t a = 0; a < 4; ++a) {
    for (int64_t b = 0; b < 4; ++b) {
      CHECK(h.data<double>()[4 * a + b] == Approx(h.data<double>()[4 * b + a]).margin(1e-14));
      CHECK(h.data<double>()[4 * a + b] == Approx(j.data<double>()[4 * a + b]).margin(1e-14));
    }
  }
}

TEST_CASE("prod with zeros") {
  Derivatives d(R"(
fn f(%0: f64[3]) -> (f64) {
  %1: f64 = reduce_prod %0 {axes = [0]}
  return %1
}
)");
  const rt::Array g = d.run(d.ad.gradient(d.main(), {true}), {vector({2.0, 0.0, 3.0})})[1];
  CHECK(g.data<double>()[0] == 0.0);
  CHECK(g.data<double>()[1] == 6.0);
  CHECK(g.data<double>()[2] == 0.0);
  CHECK(test::check_laws(d, d.main(), {vector({2.0, 0.0, 3.0})}, {true}, 3) == "");
}

TEST_CASE("a gradient has at most four times the operations of its function") {
  for (const char* core : {R"(
fn f(%0: f64, %1: f64) -> (f64) {
  %2: f64 = mul %0, %1
  %3: f64 = sin %2
  %4: f64 = add %3, %0
  %5: f64 = mul %4, %3
  %6: f64 = exp %5
  %7: f64 = mul %6, %4
  %8: f64 = sub %7, %1
  %9: f64 = mul %8, %2
  return %9
}
)",
                           R"(
fn f(%0: f64[64], %1: f64) -> (f64) {
  %2: i64 = const 64
  %3: f64 = for %2 (%4: i64, %5: f64 = %1) {
    %6: f64 = index %0, %4 {axes = [0]}
    %7: f64 = mul %6, %5
    %8: f64 = sin %7
    %9: f64 = add %8, %6
    %10: f64 = mul %9, %5
    %11: f64 = tanh %10
    yield %11
  }
  return %3
}
)"}) {
    Derivatives d(core);
    const int primal = d.count(d.main());
    const core::FunctionId gradient = d.ad.gradient(d.main(), d.real_params(d.main()));
    CHECK(d.count(gradient) <= 4 * primal);
  }
}

TEST_CASE("by one number a loop is differentiated in one pass that keeps nothing") {
  Derivatives d(R"(
fn f(%0: f64, %1: i64) -> (f64) {
  %2: f64 = const 3.7
  %3: f64 = const 1.0
  %4: f64 = for %1 (%5: i64, %6: f64 = %0) {
    %7: f64 = sub %3, %6
    %8: f64 = mul %6, %7
    %9: f64 = mul %2, %8
    yield %9
  }
  return %4
}
)");
  for (core::FunctionId id :
       {d.ad.gradient(d.main(), {true, false}), d.ad.jacobian(d.main(), {true, false}),
        d.ad.hessian(d.main(), {true, false})}) {
    CHECK(d.count(id, "for") == 1);
    for (const core::Type& type : d.function(id).value_types) CHECK(type.is_scalar());
  }
}

TEST_CASE("single precision stays single") {
  Derivatives d(R"(
fn f(%0: f32[3], %1: f32) -> (f32) {
  %2: f32[3] = sqrt %0
  %3: f32[3] = tanh %2
  %4: f32 = reduce_sum %3 {axes = [0]}
  %5: f32 = div %4, %1
  return %5
}
)");
  const Arrays args = {vector({0.5, 1.0, 2.0}).converted(rt::Elem::F32),
                       scalar(1.5).converted(rt::Elem::F32)};
  const Arrays out = d.run(d.ad.gradient(d.main(), {true, true}), args);
  REQUIRE(out[1].elem() == rt::Elem::F32);
  const double t = std::tanh(std::sqrt(0.5));
  CHECK(out[1].data<float>()[0] == Approx((1 - t * t) * 0.5 / std::sqrt(0.5) / 1.5).epsilon(1e-6));
  CHECK(out[2].as_real32() == Approx(-out[0].as_real32() / 1.5f).epsilon(1e-6));
}

TEST_CASE("perturbations are not confused") {
  // x * d/dy (x + y) at y = 1, differentiated by x.
  Derivatives d(R"(
fn inner(%0: f64, %1: f64) -> (f64) {
  %2: f64 = add %0, %1
  return %2
}
)");
  const core::FunctionId inner = d.ad.gradient(d.main(), {false, true});
  auto outer = std::make_unique<core::Function>();
  outer->name = "outer";
  core::Builder b(d.text.module, *outer);
  core::ValueId x = b.add_param(core::scalar_type(core::Elem::F64));
  core::ValueId slope = b.call(inner, {x, b.real(1.0)})[1];
  b.set_results({b.mul(x, slope)});
  const core::FunctionId id = d.text.module.add(std::move(outer));
  CHECK(d.run(d.ad.gradient(id, {true}), {scalar(5.0)})[1].as_real() == 1.0);
  CHECK(d.run(d.ad.jvp(id, {true}), {scalar(5.0), scalar(1.0)})[1].as_real() == 1.0);
}

TEST_CASE("the derivative of a recursive function calls itself") {
  Derivatives d(R"(
fn f(%0: f64) -> (f64) {
  return %0
}
)");
  const core::FunctionId id = d.text.module.declare();
  const core::FunctionId f = d.main();
  auto function = std::make_unique<core::Function>(d.function(f));
  core::Op call;
  call.kind = core::OpKind::Call;
  call.callee = id;
  call.args = {function->body.params[0]};
  call.results = {function->add_value(core::scalar_type(core::Elem::F64))};
  function->body.ops.push_back(call);
  function->body.results = call.results;
  d.text.module.define(id, std::move(function));
  const core::FunctionId jvp = d.ad.jvp(id, {true});
  CHECK(core::verify(d.text.module, d.function(jvp)).empty());
  const core::FunctionId gradient = d.ad.gradient(id, {true});
  CHECK(core::verify(d.text.module, d.function(gradient)).empty());
  // Nothing a function that never returns gives is active, and it is called all the same.
  CHECK(core::recursive_functions(d.text.module, gradient).size() == 1);
}

TEST_CASE("what is kept brings what was derived from it, the rest is forgotten") {
  Derivatives d(R"(
fn f(%0: f64) -> (f64) {
  %1: f64 = sin %0
  return %1
}
)");
  const core::FunctionId first = d.ad.gradient(d.main(), {true});
  CHECK(d.ad.gradient(d.main(), {true}) == first);
  d.ad.hessian(d.main(), {true});
  std::vector<bool> live(d.text.module.size(), false);
  live[d.main().index] = true;
  while (d.ad.mark(live)) {
  }
  CHECK(live[first.index]);
  d.ad.keep(live);
  CHECK(d.ad.gradient(d.main(), {true}) == first);
  d.ad.keep(std::vector<bool>(d.text.module.size(), false));
  CHECK(!(d.ad.gradient(d.main(), {true}) == first));
}

}  // namespace
}  // namespace calc
