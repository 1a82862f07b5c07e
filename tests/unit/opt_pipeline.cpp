// The passes together: inlining, and what a whole pipeline costs.
#include <chrono>

#include "lang/core/builder.h"
#include "tests/unit/opt_check.h"

namespace calc {
namespace {

using test::CoreText;
using test::optimised;
using test::scalar;
using test::whole;

TEST_CASE("small functions are inlined, through levels") {
  auto text = optimised(R"(
fn square(%x: f64) -> (f64) {
  %y = mul %x, %x
  return %y
}
fn fourth(%x: f64) -> (f64) {
  %a = call square %x
  %b = call square %a
  return %b
}
fn f(%x: f64) -> (f64) {
  %a = call fourth %x
  %b = call fourth %a
  return %b
})",
                        {{scalar(1.1)}});
  CHECK(text.count("call") == 0);
  CHECK(text.count("mul") == 4);
}

TEST_CASE("recursive functions are left alone") {
  auto text = optimised(R"(
fn even(%n: i64) -> (bool) {
  %zero = const 0
  %end = eq %n, %zero
  %r = if %end {
    yield %end
  } else {
    %one = const 1
    %m = sub %n, %one
    %o: bool = call odd %m
    yield %o
  }
  return %r
}
fn odd(%n: i64) -> (bool) {
  %zero = const 0
  %start = ne %n, %zero
  %r = if %start {
    %one = const 1
    %m = sub %n, %one
    %e: bool = call even %m
    yield %e
  } else {
    yield %start
  }
  return %r
}
fn f(%n: i64) -> (bool) {
  %r = call odd %n
  return %r
})",
                        {{whole(7)}, {whole(8)}});
  CHECK(text.count("call") == 1);
}

TEST_CASE("an inlined failure keeps its chain of calls") {
  CoreText text(R"(
fn inner(%i: i64) -> (i64) {
  %n = const 3
  %j = check_index %i, %n {axis = 0}
  return %j
}
fn middle(%i: i64) -> (i64) {
  %j = call inner %i
  return %j
}
fn outer(%i: i64) -> (i64) {
  %j = call middle %i
  return %j
})");
  core::Module& module = text.module;
  auto mark = [&](core::Function& function, size_t op, const char* name) {
    function.body.ops[op].loc = module.add_location({{0, 1, 2}, name, {}});
  };
  core::FunctionId middle = text.function().body.ops[0].callee;
  core::FunctionId inner = module.get(middle).body.ops[0].callee;
  mark(module.get(inner), 1, "inner");
  mark(module.get(middle), 0, "middle");
  mark(text.function(), 0, "outer");
  opt::optimize(module, text.main, true);
  REQUIRE(text.count("call") == 0);
  try {
    text.run({whole(5)});
    FAIL("no error");
  } catch (const core::EvaluationError& error) {
    REQUIRE(error.trace.size() == 1);
    const core::Location& in = module.location(error.trace[0]);
    CHECK(in.function == "inner");
    CHECK(module.location(in.caller).function == "middle");
    CHECK(module.location(module.location(in.caller).caller).function == "outer");
    CHECK(module.location(module.location(in.caller).caller).caller.index == 0);
  }
}

TEST_CASE("values are numbered densely afterwards") {
  auto text = optimised(R"(
fn f(%0: f64) -> (f64) {
  %100: f64 = const 1.0
  %200: f64 = mul %0, %100
  %300: f64 = sin %200
  return %300
})",
                        {{scalar(2)}});
  CHECK(text.function().value_types.size() == 2);
}

/// A chain of `n` operations, none of which folds.
core::FunctionId long_chain(core::Module& module, int n) {
  auto made = std::make_unique<core::Function>();
  made->name = "chain";
  core::FunctionId id = module.add(std::move(made));
  core::Builder builder(module, module.get(id));
  core::ValueId x = builder.add_param(core::scalar_type(rt::Elem::F64));
  core::ValueId y = x;
  for (int k = 0; k < n / 2; ++k) y = builder.op("sin", {builder.add(y, x)});
  builder.set_results({y});
  return id;
}

double seconds_to_optimise(int n) {
  core::Module module;
  core::FunctionId id = long_chain(module, n);
  const auto start = std::chrono::steady_clock::now();
  opt::optimize(module, id, false);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_CASE("optimising takes time linear in the size of the program") {
  CoreText::install_once();
  seconds_to_optimise(1000);
  const double small = seconds_to_optimise(10'000);
  const double large = seconds_to_optimise(100'000);
  CHECK(large < 40 * small + 0.5);
  CHECK(large < 10);
}

}  // namespace
}  // namespace calc
