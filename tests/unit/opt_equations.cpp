// The equations of `simplify`: what remains, and that every bit of the result is as before.
#include "tests/unit/opt_check.h"

namespace calc {
namespace {

using test::optimised;
using test::optimised_scalar;
using test::scalar;
using test::vector;
using test::whole;

TEST_CASE("units of arithmetic go away") {
  CHECK(optimised_scalar("%c = const 1.0\n%y = mul %x, %c\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%c = const 1.0\n%y = mul %c, %x\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%c = const 1.0\n%y = div %x, %c\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%c = const 0.0\n%y = sub %x, %c\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%c = const -0.0\n%y = add %x, %c\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%a = neg %x\n%y = neg %a\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%n = const 1\n%y = powi %x, %n\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%n = const 0\n%y = powi %x, %n\nreturn %y").count() == 0);
  CHECK(optimised_scalar("%y = copy %x\nreturn %y").count() == 0);
}

TEST_CASE("what only looks like a unit stays") {
  CHECK(optimised_scalar("%c = const 0.0\n%y = add %x, %c\nreturn %y").count("add") == 1);
  CHECK(optimised_scalar("%c = const 0.0\n%y = mul %x, %c\nreturn %y").count("mul") == 1);
  CHECK(optimised_scalar("%y = sub %x, %x\nreturn %y").count("sub") == 1);
  CHECK(optimised_scalar("%c = const 3.0\n%y = div %x, %c\nreturn %y").count("div") == 1);
}

TEST_CASE("cheaper operations stand in for dearer ones") {
  CHECK(optimised_scalar("%c = const -1.0\n%y = mul %x, %c\nreturn %y").count("neg") == 1);
  CHECK(optimised_scalar("%c = const 4.0\n%y = div %x, %c\nreturn %y").count("mul") == 1);
  CHECK(optimised_scalar("%n = const 2\n%y = powi %x, %n\nreturn %y").count("mul") == 1);
  CHECK(optimised_scalar("%a = neg %x\n%s = sin %x\n%y = add %s, %a\nreturn %y").count("sub") == 1);
  CHECK(optimised_scalar("%a = neg %x\n%s = sin %x\n%y = sub %s, %a\nreturn %y").count("neg") == 0);
  CHECK(optimised_scalar("%c = const 3.0\n%a = mul %x, %c\n%y = neg %a\nreturn %y").count() == 1);
  CHECK(optimised_scalar("%a = neg %x\n%y = abs %a\nreturn %y").count() == 1);
}

TEST_CASE("negations move outwards into sums") {
  auto text = optimised_scalar(R"(
%s = sin %x
%n = neg %s
%m = mul %n, %x
%d = div %m, %s
%y = add %x, %d
return %y)");
  CHECK(text.count("neg") == 0);
  CHECK(text.count("sub") == 1);
}

TEST_CASE("small arrays of constants fold") {
  auto text = optimised(R"(
fn f() -> (f64[3]) {
  %zero = const 0.0
  %zeros = broadcast %zero {axes = [], dims = [3]}
  %two = const [1.0, 2.0]
  %k = const 1
  %y = slice_add %zeros, %two, %k {axis = 0, step = 1}
  return %y
})",
                        {{}});
  CHECK(text.count() == 0);
}

TEST_CASE("constants fold through the records") {
  CHECK(optimised_scalar("%c = const 0.7\n%s = sin %c\n%t = exp %s\n%y = mul %x, %t\nreturn %y")
            .count() == 1);
  // It fails when it runs, not while it is compiled, and only if it runs.
  auto text = optimised(R"(
fn f(%p: bool) -> (i64) {
  %a = const 9223372036854775807
  %r = if %p {
    %b = add %a, %a
    yield %b
  } else {
    yield %a
  }
  return %r
})",
                        {{rt::Array::of(false)}});
  CHECK_THROWS_AS(text.run({rt::Array::of(true)}), core::EvaluationError);
}

TEST_CASE("conversions that lose nothing drop out") {
  CHECK(optimised(R"(
fn f(%p: bool) -> (f64) {
  %a = convert %p {elem = "i64"}
  %b = convert %a {elem = "f64"}
  return %b
})",
                  {{rt::Array::of(true)}, {rt::Array::of(false)}})
            .count() == 1);
  CHECK(optimised(R"(
fn f(%n: i64) -> (i64) {
  %a = convert %n {elem = "f64"}
  %b = convert %a {elem = "i64"}
  return %b
})",
                  {{whole(4)}, {whole((int64_t{1} << 53) + 1)}})
            .count() == 2);
}

TEST_CASE("spread scalars are computed with as scalars") {
  auto text = optimised(R"(
fn f(%x: f64[3], %s: f64) -> (f64[3]) {
  %a = broadcast %s {axes = [], dims = [3]}
  %b = sin %a
  %two = const 2.0
  %c = broadcast %two {axes = [], dims = [3]}
  %d = mul %b, %c
  %y = add %x, %d
  return %y
})",
                        {{vector({1, 2, 3}), scalar(0.3)}});
  CHECK(text.count("broadcast") == 1);
  CHECK(text.count() == 4);
}

TEST_CASE("chains of shapes collapse") {
  auto text = optimised(R"(
fn f(%x: f64[2, 3]) -> (f64[2, 3], f64[6], f64[4, 2, 3]) {
  %a = transpose %x {perm = [1, 0]}
  %b = transpose %a {perm = [1, 0]}
  %c = reshape %x {dims = [3, 2]}
  %d = reshape %c {dims = [6]}
  %e = broadcast %x {axes = [1, 2], dims = [1, 2, 3]}
  %g = reshape %e {dims = [2, 3]}
  %h = broadcast %g {axes = [1, 2], dims = [4, 2, 3]}
  return %b, %d, %h
})",
                        {});
  CHECK(text.count("transpose") == 0);
  CHECK(text.count("reshape") <= 2);
}

TEST_CASE("sizes that become known make shapes static") {
  auto text = optimised(R"(
fn g(%x: f64[?]) -> (f64[?]) {
  %n = dim %x {axis = 0}
  %c = const 2.0
  %b = broadcast %c, %n {axes = [], dims = [-1]}
  %y = mul %x, %b
  return %y
}
fn f(%x: f64[4]) -> (f64[?]) {
  %y = call g %x
  return %y
})",
                        {{vector({1, 2, 3, 4})}});
  CHECK(text.count("dim") == 0);
  CHECK(core::to_string(text.function().result_types()[0]) == "f64[4]");
}

TEST_CASE("a size that may disagree goes on being checked") {
  auto text = optimised(R"(
fn f(%x: f64[?], %n: i64) -> (f64[?]) {
  %one = const 1.0
  %o = broadcast %one, %n {axes = [], dims = [-1]}
  %y = mul %x, %o
  return %y
})",
                        {{vector({1, 2}), whole(2)}});
  CHECK_THROWS_AS(text.run({vector({1, 2}), whole(3)}), core::EvaluationError);
}

const char* const kDisagreement = R"(
fn g(%n: i64, %p: bool, %x: f64[4]) -> (f64[?]) {
  %c = const 2.0
  %b = broadcast %c, %n {axes = [], dims = [-1]}
  %r: f64[?] = if %p {
    %y = mul %x, %b
    %z = sin %y
    yield %z
  } else {
    yield %b
  }
  return %r
}
fn f(%p: bool) -> (f64[?]) {
  %n = const 3
  %x = const [1.0, 2.0, 3.0, 4.0]
  %r = call g %n, %p, %x
  return %r
})";

TEST_CASE("sizes that turn out not to agree fail when they meet, and only then") {
  auto text = optimised(kDisagreement, {{rt::Array::of(false)}});
  CHECK(text.count("check") == 1);
  auto message = [](const test::CoreText& program) {
    try {
      program.run({rt::Array::of(true)});
    } catch (const core::EvaluationError& error) {
      return error.failure.message;
    }
    return std::string("no error");
  };
  CHECK(message(text) == message(test::CoreText(kDisagreement)));
}

TEST_CASE("a short loop that stacks different shapes fails when it runs") {
  auto text = optimised(R"(
fn f(%x: f64[4], %p: bool) -> (i64) {
  %n = const 3
  %zero = const 0
  %r = if %p {
    %s: f64[3, ?] = for %n (%i) {
      %y = slice %x, %zero, %i {axis = 0, size = -1, step = 1}
      yield %y
    }
    %d = dim %s {axis = 1}
    yield %d
  } else {
    yield %zero
  }
  return %r
})",
                        {{vector({1, 2, 3, 4}), rt::Array::of(false)}});
  CHECK_THROWS_AS(text.run({vector({1, 2, 3, 4}), rt::Array::of(true)}), core::EvaluationError);
}

TEST_CASE("known conditions choose their branch") {
  const char* text = R"(
fn f(%x: f64) -> (f64) {
  %c = const true
  %y = if %c {
    %a = sin %x
    yield %a
  } else {
    %b = cos %x
    yield %b
  }
  %z = select %c, %y, %x
  check %c {hint = "", message = "never"}
  return %z
})";
  auto better = optimised(text, {{scalar(0.4)}});
  CHECK(better.count() == 1);
  CHECK(better.count("sin") == 1);
}

TEST_CASE("branches that compute nothing select") {
  auto text = optimised(
      R"(
fn f(%p: bool, %x: f64, %y: f64) -> (f64, f64) {
  %a, %b = if %p {
    yield %x, %y
  } else {
    yield %y, %y
  }
  return %a, %b
})",
      {{rt::Array::of(true), scalar(1), scalar(2)}, {rt::Array::of(false), scalar(1), scalar(2)}});
  CHECK(text.count("if") == 0);
  CHECK(text.count() == 1);
}

// ---- loops -------------------------------------------------------------------------------------

TEST_CASE("loops of no or one iteration open up") {
  const char* text = R"(
fn f(%x: f64) -> (f64, f64[?], f64[?]) {
  %zero = const 0
  %one = const 1
  %a, %s = for %zero (%i, %c = %x) {
    %d = sin %c
    yield %d, %c
  }
  %b, %t = for %one (%j, %e = %a) {
    %k = convert %j {elem = "f64"}
    %g = cos %e
    %h = add %g, %k
    yield %h, %e
  }
  return %b, %s, %t
})";
  auto better = optimised(text, {{scalar(0.4)}});
  CHECK(better.count("for") == 0);
  CHECK(better.count("sin") == 0);
}

TEST_CASE("carried values that never change leave the loop") {
  auto text = optimised(R"(
fn f(%x: f64, %n: i64) -> (f64, f64) {
  %a, %b = for %n (%i, %c = %x, %k = %x) {
    %d = add %c, %k
    yield %d, %k
  }
  return %a, %b
})",
                        {{scalar(0.4), whole(3)}, {scalar(0.4), whole(0)}});
  core::for_each_op(text.function().body, [](const core::Op& op) {
    if (op.kind == core::OpKind::For) CHECK(op.results.size() == 1);
  });
}

TEST_CASE("carried and stacked values nobody needs go away") {
  auto text = optimised(R"(
fn f(%x: f64, %n: i64) -> (f64) {
  %a, %b, %s = for %n (%i, %c = %x, %k = %x) {
    %d = sin %c
    %e = exp %k
    %g = mul %e, %d
    yield %d, %g, %e
  }
  return %a
})",
                        {{scalar(0.4), whole(3)}});
  CHECK(text.count("exp") == 0);
  CHECK(text.count("mul") == 0);
  CHECK(text.count("sin") == 1);
}

TEST_CASE("a loop nobody needs goes away, an effect in it keeps it") {
  const std::string head = R"(
fn f(%x: f64, %n: i64) -> (f64) {
  %a = for %n (%i, %c = %x) {
    %d = sin %c
)";
  const std::string tail = R"(
    yield %d
  }
  return %x
})";
  CHECK(optimised(head + tail, {{scalar(1), whole(3)}}).count("for") == 0);
  auto kept = optimised(head + "%z = const 2.0\n%p = lt %d, %z\n" +
                            "check %p {hint = \"\", message = \"too large\"}" + tail,
                        {{scalar(1), whole(3)}});
  CHECK(kept.count("for") == 1);
  CHECK(kept.count("check") == 1);
}

TEST_CASE("a while that never starts") {
  auto text = optimised(R"(
fn f(%x: f64) -> (f64) {
  %y = while (%a = %x) {
    %one = const 1
    %p = lt %one, %one
    yield %p
  } do (%b: f64) {
    %c = sin %b
    yield %c
  }
  return %y
})",
                        {{scalar(0.5)}});
  CHECK(text.count() == 0);
}

// ---- indices -----------------------------------------------------------------------------------

std::string loop_reading(const std::string& index, const std::string& count = "%n") {
  return R"(
fn f(%x: f64[?]) -> (f64) {
  %n = dim %x {axis = 0}
  %one = const 1
  %two = const 2
  %zero = const 0
  %z = const 0.0
  %m = sub %n, %one
  %pos = max %m, %zero
  %s = for )" +
         count + R"( (%i, %a = %z) {
    %size = dim %x {axis = 0}
)" + index +
         R"(
    %c = check_index %j, %size {axis = 0}
    %e = index %x, %c {axes = [0]}
    %b = add %a, %e
    yield %b
  }
  return %s
})";
}

TEST_CASE("indices that are provably in range are not checked") {
  const test::Arguments cases{{vector({1, 2, 3})}, {vector({1})}};
  auto checks = [&](const std::string& index, const std::string& count = "%n") {
    return optimised(loop_reading(index, count), cases).count("check_index");
  };
  CHECK(checks("%j = copy %i") == 0);
  CHECK(checks("%k = sub %n, %one\n%j = sub %k, %i") == 0);
  CHECK(checks("%j = add %i, %one", "%m") == 0);
  CHECK(checks("%j = add %i, %one", "%pos") == 0);
  CHECK(checks("%j = copy %i", "%m") == 0);
}

TEST_CASE("indices that may be out of range are checked") {
  auto failing = [](const std::string& index) {
    test::CoreText plain(loop_reading(index));
    test::CoreText better(loop_reading(index));
    opt::optimize(better.module, better.main, true);
    CHECK_THROWS_AS(plain.run({vector({1, 2, 3})}), core::EvaluationError);
    CHECK_THROWS_AS(better.run({vector({1, 2, 3})}), core::EvaluationError);
    return better.count("check_index");
  };
  CHECK(failing("%j = add %i, %one") == 1);
  CHECK(failing("%j = mul %i, %two") == 1);
  // -1, -2, … wrap: valid, but not the index itself.
  auto wrapped = optimised(loop_reading("%k = neg %i\n%j = sub %k, %one"), {{vector({1, 2, 3})}});
  CHECK(wrapped.count("check_index") == 1);
}

TEST_CASE("nested loops over a triangle stay in range") {
  auto text = optimised(R"(
fn f(%x: f64[5]) -> (f64) {
  %n = const 5
  %z = const 0.0
  %s = for %n (%i, %a = %z) {
    %t = for %i (%j, %b = %a) {
      %k = sub %i, %j
      %c = check_index %k, %n {axis = 0}
      %e = index %x, %c {axes = [0]}
      %d = add %b, %e
      yield %d
    }
    yield %t
  }
  return %s
})",
                        {{vector({1, 2, 3, 4, 5})}});
  CHECK(text.count("check_index") == 0);
}

TEST_CASE("entries of arrays just made are what they were made of") {
  auto text = optimised(R"(
fn f(%x: f64, %y: f64, %i: i64) -> (f64, f64, f64, i64, f64) {
  %k0 = const 0
  %k1 = const 1
  %v = stack %x, %y
  %a = index %v, %k1 {axes = [0]}
  %w = index_set %v, %a, %k0 {axes = [0]}
  %b = index %w, %k0 {axes = [0]}
  %bc = broadcast %x {axes = [], dims = [4]}
  %c = index %bc, %i {axes = [0]}
  %io = iota {dims = [4]}
  %d = index %io, %i {axes = [0]}
  %m = stack %v, %v
  %e = index %m, %k1, %k0 {axes = [0, 1]}
  return %a, %b, %c, %d, %e
})",
                        {{scalar(3), scalar(4), whole(2)}});
  CHECK(text.count() == 0);
}

TEST_CASE("an update does not make its old array live longer") {
  // Reading x[1] from the array before its update would force a copy of it.
  auto text = optimised(R"(
fn f(%x: f64[3], %v: f64) -> (f64, f64[3]) {
  %k0 = const 0
  %k1 = const 1
  %w = index_set %x, %v, %k0 {axes = [0]}
  %b = index %w, %k1 {axes = [0]}
  return %b, %w
})",
                        {{vector({1, 2, 3}), scalar(9)}});
  core::for_each_op(text.function().body, [&](const core::Op& op) {
    if (test::CoreText::word(op) == "index") CHECK(op.args[0] != text.function().body.params[0]);
  });
}

// ---- sharing -----------------------------------------------------------------------------------

TEST_CASE("equal operations are shared where one dominates the other") {
  auto text = optimised(R"(
fn f(%x: f64, %p: bool) -> (f64) {
  %a = sin %x
  %r = if %p {
    %b = sin %x
    %c = cos %x
    %d = add %b, %c
    yield %d
  } else {
    %e = cos %x
    %g = mul %e, %a
    yield %g
  }
  return %r
})",
                        {{scalar(0.3), rt::Array::of(true)}, {scalar(0.3), rt::Array::of(false)}});
  CHECK(text.count("sin") == 1);
  CHECK(text.count("cos") == 2);
}

TEST_CASE("random draws are neither shared nor dropped") {
  auto text = optimised(R"(
fn f() -> (f64, f64) {
  %a = random_uniform {dims = []}
  %b = random_uniform {dims = []}
  %c = random_uniform {dims = []}
  return %a, %c
})",
                        {{}});
  CHECK(text.count("random_uniform") == 3);
}

}  // namespace
}  // namespace calc
