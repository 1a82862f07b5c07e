// Kinks, masks and nans: lanes that a select does not take, branches that do not run.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "tests/unit/ad_laws.h"

namespace calc {
namespace {

using test::Arrays;
using test::Derivatives;
using test::scalar;
using test::vector;

/// Every derivative of a function of one argument up to order 3, forward and reverse in all orders
/// of nesting, at one point with every tangent and cotangent 1.
void for_each_nesting(Derivatives& d, core::FunctionId id, const Arrays& args, int order,
                      const std::function<void(const Arrays&)>& check) {
  const Arrays outputs = d.run(id, args);
  check(outputs);
  if (order == 0) return;
  const ad::Active active = d.real_params(id);
  auto ones = [](const rt::Array& like) {
    std::vector<double> values(static_cast<size_t>(like.size()), 1.0);
    return rt::Array::reals(like.dims(), values);
  };
  Arrays forward = args;
  for (const rt::Array& arg : args) {
    if (test::is_real(arg)) forward.push_back(ones(arg));
  }
  Arrays reverse = args;
  for (const rt::Array& output : outputs) reverse.push_back(ones(output));
  for_each_nesting(d, d.ad.jvp(id, active), forward, order - 1, check);
  for_each_nesting(d, d.ad.vjp(id, active), reverse, order - 1, check);
}

void check_all_zero(const char* core, const Arrays& args, int order = 3) {
  Derivatives d(core);
  const Arrays value = d.run(d.main(), args);
  for_each_nesting(d, d.main(), args, order, [&](const Arrays& outputs) {
    for (size_t k = 0; k < outputs.size(); ++k) {
      for (int64_t i = 0; i < outputs[k].size(); ++i)
        CHECK(!std::isnan(outputs[k].data<double>()[i]));
    }
  });
  const ad::Active active = d.real_params(d.main());
  core::FunctionId gradient = d.ad.gradient(d.main(), active);
  const Arrays found = d.run(gradient, args);
  for (size_t k = value.size(); k < found.size(); ++k) {
    for (int64_t i = 0; i < found[k].size(); ++i) CHECK(found[k].data<double>()[i] == 0.0);
  }
}

TEST_CASE("where(x > 0, sqrt(x), 0) at 0 has derivatives of exactly 0") {
  check_all_zero(R"(
fn f(%0: f64) -> (f64) {
  %1: f64 = const 0.0
  %2: bool = gt %0, %1
  %3: f64 = sqrt %0
  %4: f64 = select %2, %3, %1
  return %4
}
)",
                 {scalar(0.0)});
}

TEST_CASE("masked lanes of vectors, through a sum and through a gather") {
  check_all_zero(R"(
fn f(%0: f64[3]) -> (f64) {
  %1: f64 = const 0.0
  %2: f64[3] = broadcast %1 {axes = [], dims = [3]}
  %3: bool[3] = gt %0, %2
  %4: f64[3] = sqrt %0
  %5: f64[3] = log %0
  %6: f64[3] = mul %4, %5
  %7: f64[3] = select %3, %6, %2
  %8: f64 = reduce_sum %7 {axes = [0]}
  return %8
}
)",
                 {vector({0.0, 0.0, 0.0})});
  check_all_zero(R"(
fn f(%0: f64[3]) -> (f64) {
  %1: f64 = const 0.0
  %2: bool = const false
  %3: f64[3] = sqrt %0
  %4: f64 = reduce_sum %3 {axes = [0]}
  %5: f64 = select %2, %4, %1
  return %5
}
)",
                 {vector({0.0, 0.0, 0.0})});
  check_all_zero(R"(
fn f(%0: f64[3]) -> (f64) {
  %1: f64 = const 0.0
  %2: i64[4] = const [0, 2, 2, 1]
  %3: f64[3] = sqrt %0
  %4: f64[4] = take %3, %2 {axis = 0}
  %5: f64[4] = take %0, %2 {axis = 0}
  %6: f64[4] = broadcast %1 {axes = [], dims = [4]}
  %7: bool[4] = gt %5, %6
  %8: f64[4] = select %7, %4, %6
  %9: f64 = reduce_sum %8 {axes = [0]}
  return %9
}
)",
                 {vector({0.0, 0.0, 0.0})});
  check_all_zero(R"(
fn f(%0: f64[3]) -> (f64) {
  %1: f64 = const 0.0
  %2: i64 = const 1
  %3: f64[3] = sqrt %0
  %4: f64 = index %3, %2 {axes = [0]}
  %5: f64 = index %0, %2 {axes = [0]}
  %6: bool = gt %5, %1
  %7: f64 = select %6, %4, %1
  return %7
}
)",
                 {vector({0.0, 0.0, 0.0})});
}

TEST_CASE("a mask stays through products with a factor that is no derivative") {
  // d/dy of where(x > 0, y log x, 0): the factor log x is infinite.
  check_all_zero(R"(
fn f(%0: f64, %1: f64) -> (f64) {
  %2: f64 = const 0.0
  %3: bool = gt %0, %2
  %4: f64 = log %0
  %5: f64 = mul %4, %1
  %6: f64 = div %5, %0
  %7: f64 = select %3, %6, %2
  return %7
}
)",
                 {scalar(0.0), scalar(3.0)});
}

TEST_CASE("masks broadcast, reshaped, transposed, joined and nested") {
  check_all_zero(R"(
fn f(%0: f64[2], %1: f64) -> (f64) {
  %2: f64[2] = sqrt %0
  %3: f64[2, 3] = broadcast %2 {axes = [0], dims = [2, 3]}
  %4: f64[3, 2] = transpose %3 {perm = [1, 0]}
  %5: f64[6] = reshape %4 {dims = [6]}
  %6: f64 = log %1
  %7: f64[1] = reshape %6 {dims = [1]}
  %8: f64[7] = concat %5, %7 {axis = 0}
  %9: f64[7] = reverse %8 {axes = [0]}
  %10: f64 = const 0.0
  %11: f64[7] = broadcast %10 {axes = [], dims = [7]}
  %12: bool[7] = ne %11, %11
  %13: bool[7] = gt %9, %9
  %14: f64[7] = select %12, %9, %11
  %15: f64[7] = select %13, %14, %11
  %16: f64 = reduce_sum %15 {axes = [0]}
  return %16
}
)",
                 {vector({0.0, 0.0}), scalar(0.0)}, 2);
}

TEST_CASE("an untaken branch contributes exactly 0, whatever was computed before it") {
  check_all_zero(R"(
fn f(%0: f64) -> (f64) {
  %1: f64 = const 0.0
  %2: bool = gt %0, %1
  %3: f64 = sqrt %0
  %4: f64 = if %2 {
    %5: f64 = mul %3, %3
    yield %5
  } else {
    yield %1
  }
  return %4
}
)",
                 {scalar(0.0)}, 2);
}

TEST_CASE("what is not masked is nan in both modes") {
  Derivatives d(R"(
fn f(%0: f64) -> (f64) {
  %1: f64 = sqrt %0
  %2: f64 = mul %0, %1
  return %2
}
)");
  CHECK(std::isnan(d.run(d.ad.gradient(d.main(), {true}), {scalar(0.0)})[1].as_real()));
  CHECK(std::isnan(d.run(d.ad.jvp(d.main(), {true}), {scalar(0.0), scalar(1.0)})[1].as_real()));
}

TEST_CASE("an input that another output needs is no zero times infinity") {
  // The gradient of the first output alone; the second has an infinite factor.
  Derivatives d(R"(
fn f(%0: f64) -> (f64, f64) {
  %1: f64 = sqrt %0
  %2: f64 = exp %0
  return %2, %1
}
)");
  CHECK(d.run(d.ad.gradient(d.main(), {true}), {scalar(0.0)})[2].as_real() == 1.0);
}

/// s = sum over i < 20 of x[i] r[i], where r is an elementwise function of x.
std::string partial_reads(const std::string& function) {
  return R"(
fn f(%0: f64[40]) -> (f64) {
  %1: f64 = const 0.0
  %2: i64 = const 20
  %3: f64[40] = )" +
         function + R"( %0
  %8: f64 = for %2 (%4: i64, %5: f64 = %1) {
    %6: f64 = index %3, %4 {axes = [0]}
    %9: f64 = index %0, %4 {axes = [0]}
    %10: f64 = mul %6, %9
    %7: f64 = add %5, %10
    yield %7
  }
  return %8
}
)";
}

TEST_CASE("a loop carries a mask only where a factor may be infinite") {
  auto count = [](const char* function, std::string_view name) {
    Derivatives d(partial_reads(function));
    return d.count(d.ad.gradient(d.main(), {true}), name);
  };
  CHECK(count("sin", "index_set") == 0);
  CHECK(count("sin", "select") == 0);
  CHECK(count("sqrt", "index_set") == 1);
  CHECK(count("sqrt", "select") == 1);
  const rt::Array positive = vector(std::vector<double>(40, 1.5));
  CHECK(test::check_laws(partial_reads("sqrt"), {positive}, 2) == "");
}

}  // namespace
}  // namespace calc
