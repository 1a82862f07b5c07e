// Differentiation of counted loops.
#include <catch2/catch.hpp>

#include "tests/unit/ad_laws.h"

namespace calc {
namespace {

using test::check_laws;
using test::Derivatives;
using test::scalar;
using test::vector;
using test::whole;

const char* const kSumOfSines = R"(
fn f(%0: f64[?]) -> (f64) {
  %1: i64 = dim %0 {axis = 0}
  %2: f64 = const 0.0
  %3: f64 = for %1 (%4: i64, %5: f64 = %2) {
    %6: f64 = index %0, %4 {axes = [0]}
    %7: f64 = sin %6
    %8: f64 = add %5, %7
    yield %8
  }
  return %3
}
)";

TEST_CASE("a loop over x[i]: the worked example") {
  CHECK(check_laws(kSumOfSines, {vector({0.4, 1.2, -0.7, 2.0})}, 3) == "");
  Derivatives d(kSumOfSines);
  const ad::Linearized& l = d.ad.linearize(d.main(), {true});
  // cos x[i] is computed again from x: nothing is stacked.
  for (const core::Type& type : d.function(l.primal).result_types()) CHECK(type.rank() <= 1);
  CHECK(d.count(l.primal, "cos") == 0);
  CHECK(d.count(l.tangent, "cos") == 1);
  CHECK(d.count(l.tangent, "sin") == 0);
}

TEST_CASE("the gradient of a loop over x[i] is one loop with an update in place") {
  Derivatives d(kSumOfSines);
  core::FunctionId gradient = d.ad.gradient(d.main(), {true});
  CHECK(d.count(gradient, "index_add") == 1);
  CHECK(d.count(gradient, "for") == 2);
  std::vector<double> many(200'000, 0.5);
  const test::Arrays out = d.run(gradient, {vector(many)});
  CHECK(out[1].data<double>()[199'999] == std::cos(0.5));
}

TEST_CASE("the logistic map after 20 steps, whose residuals are carried values") {
  Derivatives d(R"(
fn f(%0: f64) -> (f64) {
  %1: i64 = const 20
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
  const double known = -1655.7497632;
  CHECK(d.run(d.ad.gradient(d.main(), {true}), {scalar(0.3)})[1].as_real() ==
        Approx(known).epsilon(1e-9));
  CHECK(d.run(d.ad.jvp(d.main(), {true}), {scalar(0.3), scalar(1.0)})[1].as_real() ==
        Approx(known).epsilon(1e-9));
  CHECK(d.run(d.ad.jacobian(d.main(), {true}), {scalar(0.3)})[0].as_real() ==
        Approx(known).epsilon(1e-9));
  const ad::Linearized& l = d.ad.linearize(d.main(), {true});
  // The carried value alone is stacked; 1 - x is made again.
  CHECK(l.residuals == 1);
}

TEST_CASE("indexed updates that overwrite what the derivative needs") {
  const char* core = R"(
fn f(%0: f64[5], %1: f64) -> (f64, f64[5]) {
  %2: i64 = const 4
  %3: i64 = const 1
  %4: f64[5] = for %2 (%5: i64, %6: f64[5] = %0) {
    %7: i64 = add %5, %3
    %8: f64 = index %6, %5 {axes = [0]}
    %9: f64 = index %6, %7 {axes = [0]}
    %10: f64 = mul %8, %9
    %11: f64 = mul %10, %1
    %12: f64 = mul %11, %8
    %13: f64[5] = index_set %6, %12, %7 {axes = [0]}
    yield %13
  }
  %14: f64[5] = mul %4, %4
  %15: f64 = reduce_sum %14 {axes = [0]}
  return %15, %4
}
)";
  CHECK(check_laws(core, {vector({1.1, 0.9, -1.2, 0.8, 1.3}), scalar(0.9)}, 3) == "");
}

TEST_CASE("a swap in every iteration, beside an integer carry") {
  const char* core = R"(
fn f(%0: f64, %1: f64, %2: i64) -> (f64, f64, i64) {
  %3: i64 = const 7
  %4: i64 = const 1
  %5: f64, %6: f64, %7: i64 = for %3 (%8: i64, %9: f64 = %0, %10: f64 = %1, %11: i64 = %2) {
    %12: f64 = sin %9
    %13: f64 = mul %12, %10
    %14: i64 = add %11, %4
    %15: f64 = convert %14 {elem = "f64"}
    %16: f64 = div %13, %15
    %17: f64 = add %16, %9
    yield %10, %17, %14
  }
  return %5, %6, %7
}
)";
  CHECK(check_laws(core, {scalar(0.7), scalar(1.3), whole(2)}, 3) == "");
}

TEST_CASE("a carry that becomes active in the second iteration only") {
  const char* core = R"(
fn f(%0: f64) -> (f64, f64) {
  %1: i64 = const 4
  %2: f64 = const 1.5
  %3: f64, %4: f64 = for %1 (%5: i64, %6: f64 = %2, %7: f64 = %2) {
    %8: f64 = mul %6, %0
    %9: f64 = mul %7, %6
    yield %9, %8
  }
  return %3, %4
}
)";
  CHECK(check_laws(core, {scalar(0.7)}, 3) == "");
}

TEST_CASE("captured values used inside and outside, results that coincide, dead outputs") {
  const char* core = R"(
fn f(%0: f64, %1: f64[3]) -> (f64, f64, f64, f64[3], f64[3, 3]) {
  %2: i64 = const 3
  %3: f64 = exp %0
  %4: f64, %5: f64, %6: f64, %7: f64[3], %8: f64[3], %9: f64[3, 3] = for %2 (%10: i64, %11: f64 = %3, %12: f64 = %0, %13: f64 = %3) {
    %14: f64 = index %1, %10 {axes = [0]}
    %15: f64 = mul %11, %14
    %16: f64 = add %15, %3
    yield %16, %12, %16, %16, %3, %1
  }
  %17: f64 = mul %4, %3
  %18: f64 = mul %6, %6
  return %17, %5, %18, %7, %9
}
)";
  CHECK(check_laws(core, {scalar(0.2), vector({0.4, 1.2, -0.7})}, 3) == "");
}

TEST_CASE("nested loops, the inner length depending on the outer index, and a reversed one") {
  const char* core = R"(
fn f(%0: f64[4], %1: f64) -> (f64, f64[4]) {
  %2: i64 = const 4
  %3: f64 = const 1.0
  %4: f64[4], %5: f64 = for %2 {reverse = true} (%6: i64, %7: f64[4] = %0, %8: f64 = %3) {
    %9: f64, %10: f64[4] = for %6 (%11: i64, %12: f64 = %8, %13: f64[4] = %7) {
      %14: f64 = index %13, %11 {axes = [0]}
      %15: f64 = mul %12, %14
      %16: f64 = sin %15
      %17: f64 = add %16, %1
      %18: f64[4] = index_add %13, %17, %6 {axes = [0]}
      yield %17, %18
    }
    yield %10, %9
  }
  return %5, %4
}
)";
  CHECK(check_laws(core, {vector({0.4, 1.2, -0.7, 0.9}), scalar(0.3)}, 3) == "");
}

TEST_CASE("loops that run not at all") {
  const char* core = R"(
fn f(%0: f64, %1: i64) -> (f64, f64[?]) {
  %2: f64, %3: f64[?] = for %1 (%4: i64, %5: f64 = %0) {
    %6: f64 = mul %5, %5
    yield %6, %6
  }
  return %2, %3
}
)";
  CHECK(check_laws(core, {scalar(0.7), whole(0)}, 3) == "");
  CHECK(check_laws(core, {scalar(0.7), whole(1)}, 3) == "");
  CHECK(check_laws(core, {scalar(0.7), whole(5)}, 3, 2e-5) == "");
}

TEST_CASE("a carried array whose size is known only at run time") {
  const char* core = R"(
fn f(%0: f64[?], %1: f64) -> (f64[?], f64) {
  %2: i64 = const 3
  %3: i64 = const 0
  %4: f64 = const 0.0
  %5: f64[?], %6: f64 = for %2 (%7: i64, %8: f64[?] = %0, %9: f64 = %4) {
    %10: f64 = index %8, %3 {axes = [0]}
    %11: f64[?] = sin %8
    %12: f64 = mul %10, %1
    %13: f64[?] = index_set %11, %12, %3 {axes = [0]}
    %14: f64 = reduce_sum %13 {axes = [0]}
    %15: f64 = add %9, %14
    yield %13, %15
  }
  return %5, %6
}
)";
  CHECK(check_laws(core, {vector({0.4, 1.2, -0.7, 0.9}), scalar(1.3)}, 3) == "");
}

TEST_CASE("a carried array that grows") {
  const char* core = R"(
fn f(%0: f64) -> (f64, f64[?]) {
  %1: i64 = const 4
  %2: f64[1] = reshape %0 {dims = [1]}
  %3: f64[?] = for %1 (%4: i64, %5: f64[?] = %2) {
    %6: f64 = index %5, %4 {axes = [0]}
    %7: f64 = mul %6, %0
    %8: f64 = sin %7
    %9: f64[1] = reshape %8 {dims = [1]}
    %10: f64[?] = concat %5, %9 {axis = 0}
    yield %10
  }
  %11: f64[?] = mul %3, %3
  %12: f64 = reduce_sum %11 {axes = [0]}
  return %12, %3
}
)";
  CHECK(check_laws(core, {scalar(1.3)}, 3) == "");
}

int arithmetic(const Derivatives& d, core::FunctionId id) {
  int total = 0;
  for (const char* name : {"add", "sub", "mul", "div", "neg", "sin", "cos", "exp"}) {
    total += d.count(id, name);
  }
  return total;
}

/// Carries one number through `body`, which makes %9 of %6 and %0.
std::string carried_through(const std::string& body) {
  return R"(
fn f(%0: f64, %1: f64) -> (f64) {
  %2: i64 = const 50
  %20: f64 = for %2 (%3: i64, %6: f64 = %1) {
)" + body +
         R"(
    yield %9
  }
  return %20
}
)";
}

TEST_CASE("a gradient takes at most four times the arithmetic, also where products are repeated") {
  const std::string bodies[] = {
      R"(    %7: f64 = mul %6, %6
    %8: f64 = mul %7, %6
    %10: f64 = mul %8, %7
    %11: f64 = mul %10, %8
    %12: f64 = mul %11, %10
    %9: f64 = mul %12, %11)",
      R"(    %7: f64 = mul %6, %0
    %8: f64 = mul %7, %7
    %10: f64 = mul %8, %8
    %11: f64 = mul %10, %10
    %9: f64 = mul %11, %11)",
      R"(    %7: f64 = sin %6
    %8: f64 = mul %7, %7
    %10: f64 = sin %8
    %9: f64 = mul %10, %8)"};
  for (const std::string& body : bodies) {
    const std::string text = carried_through(body);
    INFO(text);
    Derivatives d(text);
    core::FunctionId gradient = d.ad.gradient(d.main(), {true, true});
    CHECK(arithmetic(d, gradient) <= 4 * arithmetic(d, d.main()));
    CHECK(check_laws(text, {scalar(0.9), scalar(0.8)}, 1) == "");
  }
}

}  // namespace
}  // namespace calc
