// Passes on loops: what is invariant leaves them, small arrays they carry become scalars.
#include "tests/unit/opt_check.h"

namespace calc {
namespace {

using test::CoreText;
using test::optimised;
using test::scalar;
using test::vector;
using test::whole;

/// Operations inside the loops of a function.
int inside_loops(const CoreText& text, std::string_view name) {
  int found = 0;
  core::for_each_op(text.module.get(text.main).body, [&](const core::Op& op) {
    if (op.kind != core::OpKind::For && op.kind != core::OpKind::While) return;
    for (const core::Block& block : op.blocks) {
      for (const core::Op& nested : block.ops) found += CoreText::word(nested) == name;
    }
  });
  return found;
}

// ---- invariants --------------------------------------------------------------------------------

TEST_CASE("invariant operations leave all the loops around them") {
  auto text = optimised(R"(
fn f(%x: f64, %n: i64) -> (f64) {
  %z = const 0.0
  %s = for %n (%i, %a = %z) {
    %t = for %n (%j, %b = %a) {
      %e = sin %x
      %g = exp %e
      %h = add %b, %g
      yield %h
    }
    yield %t
  }
  return %s
})",
                        {{scalar(0.3), whole(3)}, {scalar(0.3), whole(0)}});
  CHECK(inside_loops(text, "sin") == 0);
  CHECK(inside_loops(text, "exp") == 0);
  CHECK(inside_loops(text, "add") == 1);
}

TEST_CASE("what only spreads a scalar stays in the loop, unless something hoisted needs it") {
  auto text = optimised(R"(
fn f(%x: f64[50], %s: f64, %n: i64) -> (f64[50]) {
  %y = for %n (%i, %a = %x) {
    %b = broadcast %s {axes = [], dims = [50]}
    %c = add %x, %b
    %d = mul %a, %c
    %e = add %d, %b
    yield %e
  }
  return %y
})",
                        {});
  CHECK(inside_loops(text, "add") == 1);
  CHECK(inside_loops(text, "mul") == 1);
}

TEST_CASE("a while that may never end stays, used or not") {
  auto text = optimised(R"(
fn f(%x: f64) -> (f64) {
  %y = while (%a = %x) {
    %one = const 1.0
    %c = gt %a, %one
    yield %c
  } do (%d: f64) {
    %half = const 0.5
    %b = mul %d, %half
    yield %b
  }
  return %x
})",
                        {});
  int loops = 0;
  core::for_each_op(text.function().body,
                    [&](const core::Op& op) { loops += op.kind == core::OpKind::While ? 1 : 0; });
  CHECK(loops == 1);
}

TEST_CASE("what may fail stays where it is") {
  auto text = optimised(R"(
fn f(%x: i64, %n: i64) -> (i64) {
  %z = const 0
  %y = for %n (%i, %a = %z) {
    %b = add %x, %x
    %c = sub %b, %a
    yield %c
  }
  return %y
})",
                        {{whole(INT64_MAX), whole(0)}, {whole(3), whole(2)}});
  CHECK(inside_loops(text, "add") == 1);
}

// ---- shapes ------------------------------------------------------------------------------------

const char* const kFill = R"(
fn fill(%n: i64) -> (f64[?]) {
  %z = const 0.0
  %zeros = broadcast %z, %n {axes = [], dims = [-1]}
  %y = for %n (%i, %a = %zeros) {
    %size = dim %a {axis = 0}
    %at = check_index %i, %size {axis = 0}
    %p = lt %i, %n
    %b = if %p {
      %v = convert %i {elem = "f64"}
      %c = index_set %a, %v, %at {axes = [0]}
      yield %c
    } else {
      yield %a
    }
    yield %b
  }
  return %y
}
)";

TEST_CASE("a carried array that keeps its shape has the sizes of its initial value") {
  auto text = optimised(kFill, {{whole(5)}, {whole(0)}});
  CHECK(text.count("dim") == 0);
  CHECK(text.count("check_index") == 0);
}

TEST_CASE("sizes that inlining makes known reach into loops") {
  auto text = optimised(std::string(kFill) + R"(
fn f() -> (f64[?]) {
  %n = const 50
  %y = call fill %n
  return %y
})",
                        {{}});
  CHECK(core::to_string(text.function().result_types()[0]) == "f64[50]");
  CHECK(text.count("reshape") == 0);
}

TEST_CASE("a carried array that grows keeps its dynamic size") {
  auto text = optimised(R"(
fn f() -> (f64[?]) {
  %n = const 20
  %one = const 1.0
  %start = stack %one
  %y = for %n (%i, %a: f64[?] = %start) {
    %b = concat %a, %start {axis = 0}
    yield %b
  }
  return %y
})",
                        {{}});
  CHECK(core::to_string(text.function().result_types()[0]) == "f64[?]");
}

// ---- short loops -----------------------------------------------------------------------------

TEST_CASE("a short loop over a small vector is straight code") {
  const char* program = R"(
fn f(%x: f64[3], %n: i64) -> (f64, f64[3]) {
  %z = const 0.0
  %r, %w = for %n (%step, %t = %z, %v = %x) {
    %three = const 3
    %s: f64, %u: f64[3] = for %three {reverse = true} (%j, %a = %t) {
      %e = index %v, %j {axes = [0]}
      %b = mul %a, %e
      %c = add %b, %e
      %d = sin %c
      yield %c, %d
    }
    yield %s, %u
  }
  return %r, %w
})";
  auto text = optimised(program, {{vector({1, 2, 3}), whole(4)}, {vector({1, 2, 3}), whole(0)}});
  CHECK(text.count("for") == 1);
  CHECK(inside_loops(text, "index") == 0);
  CHECK(inside_loops(text, "stack") == 0);
  CHECK(inside_loops(text, "sin") == 3);
}

TEST_CASE("a long or large loop stays a loop") {
  auto text = optimised(R"(
fn f(%x: f64) -> (f64) {
  %n = const 100
  %r = for %n (%i, %a = %x) {
    %b = sin %a
    yield %b
  }
  return %r
})",
                        {{scalar(1)}});
  CHECK(text.count("for") == 1);
  CHECK(text.count("sin") == 1);
}

// ---- small arrays ------------------------------------------------------------------------------

TEST_CASE("gradient descent on two parameters carries two scalars") {
  auto text = optimised(R"(
fn f(%p: f64[2], %n: i64) -> (f64[2]) {
  %r = for %n (%i, %v = %p) {
    %k0 = const 0
    %k1 = const 1
    %a = index %v, %k0 {axes = [0]}
    %b = index %v, %k1 {axes = [0]}
    %two = const 2.0
    %ga = mul %a, %two
    %gb = sin %b
    %g = stack %ga, %gb
    %rate = const 0.1
    %rates = broadcast %rate {axes = [], dims = [2]}
    %step = mul %rates, %g
    %w = sub %v, %step
    yield %w
  }
  return %r
})",
                        {{vector({1, 2}), whole(20)}, {vector({1, 2}), whole(0)}});
  CHECK(inside_loops(text, "stack") == 0);
  CHECK(inside_loops(text, "index") == 0);
  CHECK(inside_loops(text, "broadcast") == 0);
  CHECK(inside_loops(text, "sub") == 2);
}

TEST_CASE("small matrices, their products and sums become scalars") {
  auto text = optimised(
      R"(
fn f(%m: f64[2, 2], %x: f64[2], %n: i64) -> (f64[2], f64) {
  %v, %s = for %n (%i, %a = %x, %t = %m) {
    %b = dot_general %m, %a {lhs_batch = [], lhs_contract = [1], rhs_batch = [], rhs_contract = [0]}
    %u = transpose %t {perm = [1, 0]}
    %w = add %u, %m
    yield %b, %w
  }
  %z = reduce_sum %s {axes = [0]}
  %k = const 1
  %e = index %z, %k {axes = [0]}
  return %v, %e
})",
      {{rt::Array::reals(std::vector<int64_t>{2, 2}, std::vector<double>{0.5, -0.25, 1.5, 0.125}),
        vector({1, 2}), whole(5)}});
  CHECK(inside_loops(text, "dot_general") == 0);
  CHECK(inside_loops(text, "transpose") == 0);
  CHECK(text.count("reduce_sum") == 0);
}

TEST_CASE("an accumulator of a small gradient is scalars") {
  auto text = optimised(R"(
fn f(%p: f64[2], %n: i64) -> (f64[2]) {
  %r = for %n (%i, %v = %p) {
    %k0 = const 0
    %k1 = const 1
    %a = index %v, %k0 {axes = [0]}
    %z = const 0.0
    %zeros = broadcast %z {axes = [], dims = [2]}
    %g = index_add %zeros, %a, %k1 {axes = [0]}
    %h = index_add %g, %a, %k0 {axes = [0]}
    %w = sub %v, %h
    yield %w
  }
  return %r
})",
                        {{vector({1, 2}), whole(3)}, {vector({-0.0, 2}), whole(3)}});
  CHECK(inside_loops(text, "index_add") == 0);
  CHECK(inside_loops(text, "broadcast") == 0);
  CHECK(inside_loops(text, "stack") == 0);
}

TEST_CASE("a small array that is needed as a whole stays one") {
  auto text = optimised(R"(
fn f(%x: f64[3], %n: i64) -> (f64[3]) {
  %three = const 3
  %r = for %n (%i, %v = %x) {
    %k = mod %i, %three
    %e = index %v, %k {axes = [0]}
    %w = index_set %v, %e, %k {axes = [0]}
    %u = add %w, %v
    yield %u
  }
  return %r
})",
                        {{vector({1, 2, 3}), whole(4)}});
  CHECK(inside_loops(text, "index_set") == 1);
  CHECK(inside_loops(text, "stack") == 0);
}

TEST_CASE("a while and a branch inside it carry scalars") {
  auto text = optimised(R"(
fn f(%x: f64[2]) -> (f64[2]) {
  %r = while (%v = %x) {
    %k0 = const 0
    %a = index %v, %k0 {axes = [0]}
    %c = const 100.0
    %p = lt %a, %c
    yield %p
  } do (%w: f64[2]) {
    %k1 = const 1
    %b = index %w, %k1 {axes = [0]}
    %d = const 0.0
    %q = lt %b, %d
    %u = if %q {
      %e = neg %w
      yield %e
    } else {
      %g = add %w, %w
      yield %g
    }
    yield %u
  }
  return %r
})",
                        {{vector({1, 2})}, {vector({-1, -2})}, {vector({200, -2})}});
  CHECK(inside_loops(text, "stack") == 0);
  CHECK(inside_loops(text, "index") == 0);
}

TEST_CASE("pieces of small arrays are found again") {
  const char* program = R"(
fn f(%x: f64, %y: f64) -> (f64, f64, f64) {
  %a = stack %x, %y
  %b = sin %a
  %c = concat %b, %a {axis = 0}
  %m = reshape %c {dims = [2, 2]}
  %rev = reverse %m {axes = [1]}
  %one = const 1
  %row = index %rev, %one {axes = [0]}
  %sq = mul %row, %row
  %s = reduce_sum %sq {axes = [0]}
  %p = reduce_prod %rev {axes = [0, 1]}
  %two = const 2
  %cut = slice %c, %one, %two {axis = 0, step = 1, size = 2}
  %cs = exp %cut
  %e = index %cs, %one {axes = [0]}
  return %s, %p, %e
})";
  auto text = optimised(program, {{scalar(0.25), scalar(-3)}, {scalar(-0.0), scalar(0)}});
  for (const char* gone : {"stack", "concat", "reshape", "reverse", "index", "slice"}) {
    CHECK(text.count(gone) == 0);
  }
}

}  // namespace
}  // namespace calc
