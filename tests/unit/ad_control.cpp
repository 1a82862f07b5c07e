// Differentiation of branches, loops of unknown length and calls.
#include <catch2/catch.hpp>

#include "tests/unit/ad_laws.h"

namespace calc {
namespace {

using test::check_laws;
using test::Derivatives;
using test::scalar;
using test::vector;
using test::whole;

TEST_CASE("a branch: residuals share slots, the untaken one contributes nothing") {
  const char* core = R"(
fn f(%0: f64, %1: f64[3]) -> (f64, f64[3]) {
  %2: f64 = const 1.0
  %3: bool = lt %0, %2
  %4: f64 = mul %0, %0
  %5: f64, %6: f64[3] = if %3 {
    %7: f64 = sin %4
    %8: f64[3] = tanh %1
    %9: f64[3] = mul %8, %8
    yield %7, %9
  } else {
    %10: f64 = log %0
    %11: f64 = mul %10, %4
    %12: f64[3] = exp %1
    %13: f64[3] = tanh %12
    yield %11, %13
  }
  %14: f64 = mul %5, %4
  return %14, %6
}
)";
  CHECK(check_laws(core, {scalar(0.7), vector({0.4, 1.2, -0.7})}, 3) == "");
  CHECK(check_laws(core, {scalar(1.7), vector({0.4, 1.2, -0.7})}, 3) == "");
}

TEST_CASE("a branch in a loop, with carried and captured values, one active in one branch only") {
  const char* core = R"(
fn f(%0: f64[6], %1: f64) -> (f64, f64) {
  %2: i64 = const 6
  %3: f64 = const 0.0
  %4: f64 = const 1.0
  %5: f64, %6: f64 = for %2 (%7: i64, %8: f64 = %4, %9: f64 = %3) {
    %10: f64 = index %0, %7 {axes = [0]}
    %11: bool = gt %10, %3
    %12: f64, %13: f64 = if %11 {
      %14: f64 = mul %8, %10
      %15: f64 = sin %14
      %16: f64 = mul %15, %1
      yield %16, %9
    } else {
      %17: f64 = exp %8
      %18: f64 = tanh %17
      yield %18, %10
    }
    %19: f64 = add %13, %12
    yield %12, %19
  }
  return %5, %6
}
)";
  CHECK(check_laws(core, {vector({0.4, 1.2, -0.7, 0.9, -0.2, 0.5}), scalar(1.3)}, 3) == "");
}

TEST_CASE("a branch that is constant on one side, and one nested in another") {
  const char* core = R"(
fn f(%0: f64, %1: f64) -> (f64) {
  %2: f64 = const 1.0
  %3: bool = lt %0, %2
  %4: bool = lt %1, %2
  %5: f64 = if %3 {
    yield %2
  } else {
    %6: f64 = sin %0
    %7: f64 = if %4 {
      %8: f64 = mul %6, %1
      %9: f64 = mul %8, %8
      yield %9
    } else {
      %10: f64 = exp %6
      yield %10
    }
    %11: f64 = mul %7, %6
    yield %11
  }
  %12: f64 = mul %5, %1
  return %12
}
)";
  for (double x : {0.5, 1.5}) {
    for (double y : {0.5, 1.5}) CHECK(check_laws(core, {scalar(x), scalar(y)}, 3) == "");
  }
}

const char* const kNewton = R"(
fn f(%0: f64) -> (f64) {
  %1: f64 = const 0.5
  %2: f64 = const 1e-13
  %3: f64 = while (%4: f64 = %0) {
    %5: f64 = mul %4, %4
    %6: f64 = sub %5, %0
    %7: f64 = abs %6
    %8: bool = gt %7, %2
    yield %8
  } do (%9: f64) {
    %10: f64 = div %0, %9
    %11: f64 = add %9, %10
    %12: f64 = mul %11, %1
    yield %12
  }
  return %3
}
)";

TEST_CASE("Newton's square root: a loop until convergence") {
  CHECK(check_laws(kNewton, {scalar(2.0)}, 3, 1e-5) == "");
  Derivatives d(kNewton);
  CHECK(d.run(d.ad.gradient(d.main(), {true}), {scalar(2.0)})[1].as_real() ==
        Approx(0.5 / std::sqrt(2.0)).epsilon(1e-12));
  CHECK(d.run(d.ad.hessian(d.main(), {true}), {scalar(2.0)})[0].as_real() ==
        Approx(-0.25 / std::pow(2.0, 1.5)).epsilon(1e-10));
  const ad::Linearized& l = d.ad.linearize(d.main(), {true});
  CHECK(d.count(l.tangent, "while") == 0);
  // The stores of tangents of the second order are arrays of the right size from the start.
  const core::FunctionId pullback = d.ad.vjp(d.main(), {true});
  CHECK(d.count(pullback, "concat") > 0);
  CHECK(d.count(d.ad.linearize(pullback, {true, true}).tangent, "concat") == 0);
}

TEST_CASE("a while that updates an array, in a loop, with many iterations") {
  const char* core = R"(
fn f(%0: f64[3], %1: f64) -> (f64[3], f64) {
  %2: i64 = const 2
  %3: i64 = const 1
  %4: f64 = const 0.0
  %5: i64 = const 0
  %20: i64 = const 13
  %21: i64 = const 3
  %6: f64[3], %7: f64 = for %2 (%8: i64, %9: f64[3] = %0, %10: f64 = %4) {
    %11: f64[3], %12: i64, %13: f64 = while (%14: f64[3] = %9, %15: i64 = %5, %16: f64 = %10) {
      %17: i64 = add %20, %8
      %18: bool = lt %15, %17
      yield %18
    } do (%22: f64[3], %23: i64, %24: f64) {
      %25: i64 = mod %23, %21
      %26: f64 = index %22, %25 {axes = [0]}
      %27: f64 = mul %26, %1
      %28: f64 = sin %27
      %29: f64[3] = index_set %22, %28, %25 {axes = [0]}
      %30: i64 = add %23, %3
      %31: f64 = mul %24, %28
      %32: f64 = add %31, %26
      yield %29, %30, %32
    }
    yield %11, %13
  }
  return %6, %7
}
)";
  CHECK(check_laws(core, {vector({0.4, 1.2, -0.7}), scalar(1.3)}, 2, 1e-5) == "");
}

TEST_CASE("a while that does not run") {
  const char* core = R"(
fn f(%0: f64) -> (f64) {
  %1: f64 = const 10.0
  %2: f64 = while (%3: f64 = %0) {
    %4: bool = gt %3, %1
    yield %4
  } do (%5: f64) {
    %6: f64 = sqrt %5
    yield %6
  }
  return %2
}
)";
  CHECK(check_laws(core, {scalar(3.0)}, 3) == "");
  CHECK(check_laws(core, {scalar(1000.0)}, 3) == "");
}

TEST_CASE("calls: specialised by activity, twice the same argument, results unused") {
  // Long enough, and used often enough, not to be inlined.
  const char* core = R"(
fn g(%0: f64, %1: f64[3], %2: i64) -> (f64, f64[3], i64, f64) {
  %3: f64 = sin %0
  %4: f64 = index %1, %2 {axes = [0]}
  %5: f64 = mul %3, %4
  %6: f64 = exp %5
  %7: f64[3] = index_set %1, %6, %2 {axes = [0]}
  %8: f64 = tanh %6
  %9: f64 = mul %8, %5
  %10: f64 = cos %9
  %11: f64 = mul %10, %0
  %12: f64 = sub %11, %8
  %13: f64 = mul %12, %12
  %14: f64 = const 2.5
  %15: f64 = add %13, %14
  %16: f64 = sqrt %15
  %17: f64 = log %16
  %18: f64 = mul %17, %9
  %19: f64 = sin %18
  %20: f64 = add %19, %16
  %21: f64[3] = mul %7, %7
  %22: f64[3] = sin %21
  return %20, %22, %2, %14
}
fn h(%0: f64, %1: f64) -> (f64) {
  %2: f64 = mul %0, %1
  %3: f64 = sin %2
  return %3
}
fn f(%0: f64, %1: f64[3]) -> (f64, f64[3], f64) {
  %2: i64 = const 1
  %3: f64 = const 0.25
  %4: f64, %5: f64[3], %6: i64, %7: f64 = call g %0, %1, %2
  %8: f64, %9: f64[3], %10: i64, %11: f64 = call g %3, %5, %2
  %12: i64 = const 3
  %13: f64[3] = for %12 (%14: i64, %15: f64[3] = %9) {
    %16: f64, %17: f64[3], %18: i64, %19: f64 = call g %4, %15, %14
    %20: f64[3] = mul %17, %1
    yield %20
  }
  %21: f64 = call h %4, %4
  %22: f64, %23: f64[3], %24: i64, %25: f64 = call g %21, %1, %2
  %26: f64 = mul %22, %25
  return %26, %13, %7
}
)";
  CHECK(check_laws(core, {scalar(0.7), vector({0.4, 1.2, -0.7})}, 2, 1e-5) == "");
}

}  // namespace
}  // namespace calc
