// Core's tools: text there and back, the verifier, the evaluator.
#include <catch2/catch.hpp>
#include <limits>
#include <stdexcept>
#include <thread>

#include "lang/core/builder.h"
#include "tests/unit/core_text.h"

namespace calc {
namespace {

using test::CoreText;

const char* const kAllForms = R"(
fn helper(%0: f64) -> (f64) {
  %1: f64 = mul %0, %0
  return %1
}

fn everything(%0: f64[?], %1: i64, %2: bool) -> (f64, f64[?, 2], i64) named "all \"forms\"" {
  %3: f64 = const 0.1
  %4: f64[2, 2] = const [1.0, -0.0, inf, nan]
  %5: i64 = const -9223372036854775808
  %6: bool[2] = const [true, false]
  %7: f32 = const 0.1
  %8: f64, %9: f64[?, 2] = for %1 {reverse = true} (%10: i64, %11: f64 = %3) {
    %12: f64 = call helper %11
    %13: f64[2] = stack %12, %11
    yield %12, %13
  }
  %14: f64 = if %2 {
    yield %8
  } else {
    %15: f64 = neg %8
    yield %15
  }
  %16: i64 = while (%17: i64 = %1) {
    %18: i64 = const 3
    %19: bool = lt %17, %18
    yield %19
  } do (%20: i64) {
    %21: i64 = const 1
    %22: i64 = add %20, %21
    yield %22
  }
  check %2 {hint = "", message = "why"}
  return %14, %9, %16
}
)";

TEST_CASE("printed Core reads back exactly") {
  CoreText first(kAllForms);
  CHECK(first.verify() == "");
  const std::string text = first.print();
  CoreText second(text);
  CHECK(second.print() == text);
  CHECK(text.find("const [1.0, -0.0, inf, nan]") != std::string::npos);
  CHECK(second.function().user_name == "all \"forms\"");
}

TEST_CASE("hand-written Core may leave types out") {
  CoreText text(R"(
fn f(%x: f64[3]) -> (f64) {
  %one = const 1.0
  %n = const 3
  %sum = for %n (%i, %s = %one) {
    %e = index %x, %i {axes = [0]}
    %t = add %s, %e
    yield %t
  }
  return %sum
})");
  CHECK(text.verify() == "");
  CHECK(text.run_real({test::vector({1, 2, 3})}) == 7.0);
}

TEST_CASE("two functions of one name stay apart in text") {
  CoreText text(kAllForms);
  core::Module& module = text.module;
  auto twin = std::make_unique<core::Function>();
  twin->name = "everything";
  core::FunctionId id = module.add(std::move(twin));
  core::Builder builder(module, module.get(id));
  core::ValueId x = builder.add_param({rt::Elem::F64, {core::kDynamic}});
  core::ValueId n = builder.integer(2);
  core::ValueId yes = builder.boolean(true);
  builder.set_results({builder.call(text.main, {x, n, yes})[0]});
  const std::string printed = core::print_all(module, id);
  CoreText again(printed);
  CHECK(again.print() == printed);
}

TEST_CASE("recursive functions read back") {
  CoreText text(R"(
fn factorial(%n: i64) -> (i64) {
  %one = const 1
  %end = le %n, %one
  %r = if %end {
    yield %one
  } else {
    %m = sub %n, %one
    %f: i64 = call factorial %m
    %p = mul %n, %f
    yield %p
  }
  return %r
})");
  CHECK(text.verify() == "");
  CHECK(text.run({test::whole(10)})[0].as_int() == 3628800);
  CoreText again(text.print());
  CHECK(again.print() == text.print());
}

TEST_CASE("bad text is refused with its line") {
  CoreText::install_once();
  core::Module module;
  auto message = [&](const char* text) -> std::string {
    try {
      core::read(module, text);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("fn a() -> () {\n  %1 = sinus %0\n  return\n}") ==
        "line 2: no primitive is called sinus");
  CHECK(message("fn b() -> () {\n  return %3\n}") == "line 2: unknown value %3");
  CHECK(message("fn c(%0: f64) -> (f64) {\n  call nowhere\n  return %0\n}") != "");
  CHECK(message("fn d(%0: f63) -> (f64) {\n  return %0\n}") == "line 1: unknown type f63");
  CHECK(message("fn e(%0: f64) -> (f64) {\n") == "line 2: expected an operation, found the end");
}

// ---- verifier ----------------------------------------------------------------------------------

TEST_CASE("the verifier finds what is malformed") {
  auto broken = [](auto&& damage) {
    CoreText text(kAllForms);
    damage(text.function());
    return text.verify();
  };
  CHECK(broken([](core::Function& f) { f.value_types[14] = {rt::Elem::I64, {}}; }) ==
        "in everything: %14 = if: the result is f64, recorded as i64");
  CHECK(broken([](core::Function& f) { f.body.results[0] = core::ValueId{12}; }) ==
        "in everything: %12 is used outside its block");
  CHECK(broken([](core::Function& f) { std::swap(f.body.ops[0], f.body.ops[5]); }) ==
        "in everything: %3 is used before its definition");
  CHECK(broken([](core::Function& f) { f.body.ops[6].results[0] = core::ValueId{8}; }) ==
        "in everything: %8 is defined twice");
  CHECK(broken([](core::Function& f) { f.body.ops[5].args.pop_back(); }) ==
        "in everything: %8, %9 = for: the body of the for does not fit its carried values");
  CHECK(broken([](core::Function& f) { f.value_types[9].dims[0] = 7; }) ==
        "in everything: %8, %9 = for: the result is f64[?, 2], recorded as f64[7, 2]");
}

// ---- evaluator ---------------------------------------------------------------------------------

TEST_CASE("loops carry, stack and run backwards") {
  CoreText text(R"(
fn f(%n: i64) -> (i64, i64[?]) {
  %zero = const 0
  %a, %s = for %n {reverse = true} (%i, %c = %zero) {
    %ten = const 10
    %t = mul %c, %ten
    %u = add %t, %i
    yield %u, %t
  }
  return %a, %s
})");
  auto results = text.run({test::whole(3)});
  CHECK(results[0].as_int() == 210);
  const int64_t size = 3;
  const std::vector<int64_t> stacked{210 - 0, 20, 0};
  CHECK(results[1].identical(rt::Array::ints(std::span(&size, 1), stacked)));
  CHECK(text.run({test::whole(0)})[1].size() == 0);
}

TEST_CASE("an update of an array nobody else holds happens in place") {
  // 2000 updates of 8 MB each copied would take seconds; what is checked is the buffer.
  CoreText text(R"(
fn f(%x: f64[4], %n: i64, %p: bool) -> (f64[4]) {
  %y = for %n (%i, %a = %x) {
    %c = if %p {
      %e = index %a, %i {axes = [0]}
      %d = add %e, %e
      %b = index_set %a, %d, %i {axes = [0]}
      yield %b
    } else {
      yield %a
    }
    yield %c
  }
  return %y
})");
  rt::Array x = test::vector({1, 2, 3, 4});
  const void* before = x.header();
  std::vector<rt::Array> args{x, test::whole(4), rt::Array::of(true)};
  SECTION("shared with the caller it is copied once and the caller's value stays") {
    auto results = text.run(args);
    CHECK(results[0].identical(test::vector({2, 4, 6, 8})));
    CHECK(x.identical(test::vector({1, 2, 3, 4})));
  }
  SECTION("given away it is the same buffer") {
    x = {};
    auto results = text.run(std::move(args));
    CHECK(results[0].identical(test::vector({2, 4, 6, 8})));
    CHECK(results[0].header() == before);
  }
}

TEST_CASE("a value that is used again is not overwritten") {
  CoreText text(R"(
fn f(%x: f64[2]) -> (f64[2], f64[2]) {
  %k = const 0
  %v = const 9.0
  %y = index_set %x, %v, %k {axes = [0]}
  return %x, %y
})");
  auto results = text.run({test::vector({1, 2})});
  CHECK(results[0].identical(test::vector({1, 2})));
  CHECK(results[1].identical(test::vector({9, 2})));
}

TEST_CASE("a failure names its place and the calls it came through") {
  CoreText text(R"(
fn inner(%i: i64) -> (i64) {
  %n = const 3
  %j = check_index %i, %n {axis = 0}
  return %j
}
fn outer(%i: i64) -> (i64) {
  %j = call inner %i
  return %j
})");
  core::FunctionId inner = text.function().body.ops[0].callee;
  text.module.get(inner).body.ops[1].loc = text.module.add_location({{0, 1, 2}, "inner", {}});
  text.function().body.ops[0].loc = text.module.add_location({{0, 5, 6}, "outer", {}});
  try {
    text.run({test::whole(3)});
    FAIL("no error");
  } catch (const core::EvaluationError& error) {
    REQUIRE(error.trace.size() == 2);
    CHECK(text.module.location(error.trace[0]).function == "inner");
    CHECK(text.module.location(error.trace[1]).function == "outer");
  }
}

/// Runs on a thread with a stack as large as a session's.
void on_large_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, size_t{512} << 20);
  pthread_t thread;
  auto start = [](void* run) -> void* {
    (*static_cast<std::function<void()>*>(run))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, start, &body) == 0);
  pthread_join(thread, nullptr);
}

const char* const kDepth = R"(
fn depth(%n: i64) -> (i64) {
  %zero = const 0
  %end = eq %n, %zero
  %r = if %end {
    yield %zero
  } else {
    %one = const 1
    %m = sub %n, %one
    %d: i64 = call depth %m
    %p = add %d, %one
    yield %p
  }
  return %r
})";

// [deep]: AddressSanitizer gives false alarms when an exception leaves a stack this large.
TEST_CASE("recursion goes deep and ends in a message", "[deep]") {
  CoreText text(kDepth);
  int64_t reached = 0;
  std::string message;
  on_large_stack([&] {
    reached = text.run({test::whole(20'000)})[0].as_int();
    try {
      text.run({test::whole(-1)});
    } catch (const core::EvaluationError& error) {
      message = error.failure.message;
    }
  });
  CHECK(reached == 20'000);
  CHECK(message == "the recursion is too deep");
}

TEST_CASE("a small stack ends in the same message", "[deep]") {
  CoreText text(kDepth);
  std::string message;
  std::thread([&] {
    try {
      text.run({test::whole(-1)});
    } catch (const core::EvaluationError& error) {
      message = error.failure.message;
    }
  }).join();
  CHECK(message == "the recursion is too deep");
}

TEST_CASE("an interrupt stops a loop") {
  CoreText text(R"(
fn f(%x: f64) -> (f64) {
  %y = while (%a = %x) {
    %t = const true
    yield %t
  } do (%b: f64) {
    yield %b
  }
  return %y
})");
  rt::Context context;
  context.interrupt = 1;
  CHECK_THROWS_AS(core::evaluate(text.module, text.main, {test::scalar(1)}, context),
                  rt::Interrupted);
}

}  // namespace
}  // namespace calc
