// What checkpoints keep, and that no pass undoes the recomputation.
#include <catch2/catch.hpp>

#include "tests/unit/ad_laws.h"

namespace calc {
namespace {

using test::check_laws;
using test::Derivatives;
using test::scalar;
using test::vector;

/// 1000 steps on a vector of 10, whose reverse mode needs several values of each.
std::string steps(const std::string& flag) {
  return "fn step(%0: f64[10]) -> (f64[10])" + flag + R"( {
  %1: f64[10] = sin %0
  %2: f64[10] = cos %0
  %3: f64[10] = mul %1, %2
  %4: f64[10] = cumsum %3 {axis = 0, reverse = false}
  %5: f64[10] = tanh %4
  %7: f64[10] = cumsum %5 {axis = 0, reverse = true}
  %6: f64[10] = cos %7
  return %6
}
fn f(%0: f64[10]) -> (f64) {
  %1: i64 = const 1000
  %2: f64[10] = for %1 (%3: i64, %4: f64[10] = %0) {
    %5: f64[10] = call step %4
    yield %5
  }
  %6: f64 = reduce_sum %2 {axes = [0]}
  return %6
}
)";
}

/// The same loop as one function, of which main is a call.
std::string whole_loop(const std::string& flag) {
  std::string text = steps("");
  text.replace(text.find("fn f("), 5, "fn loop(");
  text.replace(text.find("-> (f64) {"), 10, "-> (f64)" + flag + " {");
  return text + "fn f(%0: f64[10]) -> (f64) {\n  %1: f64 = call loop %0\n  return %1\n}\n";
}

int64_t residual_bytes(Derivatives& d, const test::Arrays& at) {
  const ad::Linearized l = d.ad.linearize(d.main(), {true});
  const test::Arrays out = d.run(l.primal, at);
  int64_t bytes = 0;
  for (size_t k = out.size() - static_cast<size_t>(l.residuals); k < out.size(); ++k) {
    bytes += out[k].size() * 8;
  }
  return bytes;
}

const std::vector<double> kPoint = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};

TEST_CASE("a loop over checkpoints keeps the carried values alone") {
  Derivatives plain(steps(""));
  Derivatives checkpointed(steps(" checkpoint"));
  const int64_t kept = residual_bytes(checkpointed, {vector(kPoint)});
  CHECK(kept <= 1001 * 10 * 8);
  CHECK(kept >= 1000 * 10 * 8);
  CHECK(residual_bytes(plain, {vector(kPoint)}) >= 2 * kept);
  const auto gradient = [](Derivatives& d) {
    return d.run(d.ad.gradient(d.main(), {true}), {vector(kPoint)});
  };
  CHECK(gradient(plain)[1].identical(gradient(checkpointed)[1]));
}

TEST_CASE("a checkpoint of a whole loop keeps its inputs") {
  Derivatives d(whole_loop(" checkpoint"));
  CHECK(residual_bytes(d, {vector(kPoint)}) <= 10 * 8);
}

TEST_CASE("the recomputation survives the optimiser") {
  Derivatives d(whole_loop(" checkpoint"));
  const core::FunctionId gradient = d.ad.gradient(d.main(), {true});
  // The value and its recomputation are calls of two functions.
  const std::string text = core::print_all(d.text.module, gradient);
  CHECK(text.find("call loop.jvp.primal.checkpoint") != std::string::npos);
  CHECK(text.find("call loop.jvp.primal.again") != std::string::npos);
}

TEST_CASE("checkpoints obey the laws") {
  const std::string text = R"(
fn inner(%0: f64) -> (f64) checkpoint {
  %1: f64 = sin %0
  %2: f64 = exp %1
  return %2
}
fn outer(%0: f64, %1: f64) -> (f64) checkpoint {
  %2: f64 = call inner %0
  %3: f64 = mul %2, %1
  %4: f64 = call inner %3
  return %4
}
fn f(%0: f64, %1: f64) -> (f64) {
  %2: f64 = call outer %0, %1
  %3: f64 = mul %2, %0
  return %3
}
)";
  CHECK(check_laws(text, {scalar(0.3), scalar(0.7)}, 3) == "");
  std::string few = steps(" checkpoint");
  few.replace(few.find("1000"), 4, "3");
  CHECK(check_laws(few, {vector(kPoint)}, 2) == "");
}

}  // namespace
}  // namespace calc
