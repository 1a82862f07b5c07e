// Differentiation of straight-line code.
#include <catch2/catch.hpp>

#include "tests/unit/ad_laws.h"

namespace calc {
namespace {

using test::check_laws;
using test::Derivatives;
using test::scalar;
using test::vector;

TEST_CASE("products, quotients and elementary functions have the derivatives of the textbook") {
  const char* core = R"(
fn f(%0: f64, %1: f64) -> (f64, f64) {
  %2: f64 = sin %0
  %3: f64 = mul %2, %1
  %4: f64 = div %3, %0
  %5: f64 = exp %4
  %6: f64 = sub %5, %1
  %7: f64 = mul %6, %6
  return %7, %3
}
)";
  CHECK(check_laws(core, {scalar(0.7), scalar(1.3)}, 3) == "");
}

TEST_CASE("x^2 sin x at 2 is differentiated exactly") {
  Derivatives d(R"(
fn f(%0: f64) -> (f64) {
  %1: f64 = mul %0, %0
  %2: f64 = sin %0
  %3: f64 = mul %1, %2
  return %3
}
)");
  const double expected = 2 * 2.0 * std::sin(2.0) + 4.0 * std::cos(2.0);
  CHECK(d.run(d.ad.gradient(d.main(), {true}), {scalar(2.0)})[1].as_real() ==
        Approx(expected).epsilon(1e-15));
  const test::Arrays pushed = d.run(d.ad.jvp(d.main(), {true}), {scalar(2.0), scalar(1.0)});
  CHECK(pushed[1].as_real() == Approx(expected).epsilon(1e-15));
}

TEST_CASE("an output that is an input, twice, or a constant") {
  const char* core = R"(
fn f(%0: f64, %1: f64[3]) -> (f64, f64, f64, f64[3], f64[3]) {
  %2: f64 = const 4.0
  %3: f64[3] = mul %1, %1
  return %0, %0, %2, %3, %3
}
)";
  CHECK(check_laws(core, {scalar(0.7), vector({1.0, 2.0, -3.0})}, 3) == "");
}

TEST_CASE("only the active parameters are differentiated") {
  Derivatives d(R"(
fn f(%0: f64, %1: i64, %2: f64) -> (f64, i64) {
  %3: f64 = powi %0, %1
  %4: f64 = mul %3, %2
  return %4, %1
}
)");
  const test::Arrays args = {scalar(1.5), test::whole(3), scalar(2.0)};
  CHECK(check_laws(d, d.main(), args, {true, false, false}, 2) == "");
  CHECK(check_laws(d, d.main(), args, {false, false, true}, 2) == "");
  CHECK(check_laws(d, d.main(), args, {false, false, false}, 1) == "");
}

TEST_CASE("structure: broadcast, reshape, transpose, slice, concat, stack, take, updates") {
  const char* core = R"(
fn f(%0: f64[4], %1: f64[2, 3]) -> (f64, f64[3, 2], f64[4]) {
  %2: f64[3, 2] = transpose %1 {perm = [1, 0]}
  %3: f64[6] = reshape %1 {dims = [6]}
  %4: i64 = const 1
  %21: i64 = const 4
  %5: f64[4] = slice %3, %4, %21 {axis = 0, size = 4, step = 1}
  %6: f64[4] = mul %5, %0
  %7: f64[10] = concat %6, %3 {axis = 0}
  %8: i64[3] = const [0, 9, 0]
  %9: f64[3] = take %7, %8 {axis = 0}
  %10: f64[3, 2] = broadcast %9 {axes = [0], dims = [3, 2]}
  %11: f64[3, 2] = mul %10, %2
  %12: f64 = reduce_sum %11 {axes = [0, 1]}
  %13: f64 = index %0, %4 {axes = [0]}
  %14: f64 = mul %13, %12
  %15: f64[4] = index_set %6, %14, %4 {axes = [0]}
  %16: f64[4] = index_add %15, %13, %4 {axes = [0]}
  %17: f64[2, 4] = stack %16, %0
  %18: i64 = const 0
  %19: f64[4] = index %17, %18 {axes = [0]}
  %20: f64[4] = mul %19, %19
  return %14, %11, %20
}
)";
  CHECK(check_laws(core,
                   {vector({0.4, 1.2, -0.7, 2.0}),
                    vector({0.3, -1.1, 0.8, 1.4, 0.2, -0.6}).reshaped(std::vector<int64_t>{2, 3})},
                   3) == "");
}

TEST_CASE("a matrix product") {
  const char* core = R"(
fn f(%0: f64[2, 3], %1: f64[3]) -> (f64[2]) {
  %2: f64[2] = dot_general %0, %1 {lhs_contract = [1], rhs_contract = [0], lhs_batch = [], rhs_batch = []}
  %3: f64[2] = tanh %2
  %4: f64[2] = mul %3, %2
  return %4
}
)";
  CHECK(check_laws(core,
                   {vector({0.3, -1.1, 0.8, 1.4, 0.2, -0.6}).reshaped(std::vector<int64_t>{2, 3}),
                    vector({0.5, 0.25, -1.0})},
                   3) == "");
}

TEST_CASE("sizes known only at run time") {
  const char* core = R"(
fn f(%0: f64[?], %1: f64) -> (f64, f64[?]) {
  %2: i64 = dim %0 {axis = 0}
  %3: f64[?] = broadcast %1, %2 {axes = [], dims = [-1]}
  %4: f64[?] = mul %0, %3
  %5: f64[?] = concat %4, %0 {axis = 0}
  %6: f64[?] = sin %5
  %7: f64 = reduce_sum %6 {axes = [0]}
  return %7, %5
}
)";
  CHECK(check_laws(core, {vector({0.4, 1.2, -0.7}), scalar(1.5)}, 3) == "");
}

}  // namespace
}  // namespace calc
