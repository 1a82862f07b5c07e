// Loops, branches, calls: values, and updates in place.
#include "tests/unit/lower_run.h"

namespace calc::lower_test {
namespace {

using loop::StmtKind;
using test::scalar;
using test::vector;
using test::whole;

TEST_CASE("an update of a carried array is in place") {
  Lowered f(R"(
fn f(%x: f64[5], %n: i64) -> (f64[5]) {
  %r = for %n (%i: i64, %a: f64[5] = %x) {
    %v = index %a, %i {axes = [0]}
    %s = sin %v
    %b = index_set %a, %s, %i {axes = [0]}
    yield %b
  }
  return %r
})");
  f.agrees({vector({1, 2, 3, 4, 5}), whole(5)});
  CHECK(f.count_in_loops(StmtKind::Alloc) == 0);
  CHECK(f.count_in_loops(StmtKind::Copy) == 0);
  CHECK(f.count_in_loops(StmtKind::Unique) == 0);
  CHECK(f.count_in_loops(StmtKind::Move) == 0);
  CHECK(f.counts.copied == 1);
}

TEST_CASE("a donated array is updated without a copy") {
  Lowered f(R"(
fn f(%x: f64[5], %i: i64, %v: f64) -> (f64[5]) {
  %r = index_add %x, %v, %i {axes = [0]}
  return %r
})",
            {0});
  std::vector<rt::Array> args{vector({1, 2, 3, 4, 5}), whole(2), scalar(0.5)};
  const void* before = args[0].header();
  const std::vector<rt::Array> result = f.run(std::move(args));
  CHECK(result[0].header() == before);
  CHECK(result[0].identical(vector({1, 2, 3.5, 4, 5})));
  CHECK(f.counts.copied == 0);
}

TEST_CASE("the old value of an update that is still used is kept") {
  Lowered f(R"(
fn f(%x: f64[3], %n: i64) -> (f64[3], f64[3], f64) {
  %i = const 1
  %v = const 9.0
  %y = index_set %x, %v, %i {axes = [0]}
  %e = index %x, %i {axes = [0]}
  %z = add %x, %y
  %a, %b = for %n (%k: i64, %p: f64[3] = %x, %q: f64[3] = %y) {
    %kk = convert %k {elem = "f64"}
    %p2 = index_set %p, %kk, %i {axes = [0]}
    %q2 = add %p, %p2
    yield %p2, %q2
  }
  return %z, %b, %e
})");
  f.agrees({vector({1, 2, 3}), whole(4)});
}

TEST_CASE("carried arrays change places") {
  Lowered f(R"(
fn f(%x: f64[3], %y: f64[3], %n: i64) -> (f64[3], f64[3], f64[3]) {
  %a, %b, %c = for %n (%i: i64, %p: f64[3] = %x, %q: f64[3] = %y, %s: f64[3] = %x) {
    %k = const 0
    %v = const 1.0
    %u = index_add %p, %v, %k {axes = [0]}
    %w = mul %q, %s
    yield %q, %u, %w
  }
  return %a, %b, %c
})");
  for (int64_t n : {0, 1, 2, 5}) f.agrees({vector({1, 2, 3}), vector({4, 5, 6}), whole(n)});
}

TEST_CASE("scalars change places") {
  Lowered f(R"(
fn f(%n: i64) -> (i64, i64) {
  %zero = const 0
  %one = const 1
  %a, %b = for %n (%i: i64, %p: i64 = %zero, %q: i64 = %one) {
    %s = add %p, %q
    yield %q, %s
  }
  %c, %d = for %n (%i2: i64, %p2: i64 = %a, %q2: i64 = %b) {
    yield %q2, %p2
  }
  return %c, %d
})");
  f.agrees({whole(10)});
  f.agrees({whole(11)});
}

TEST_CASE("a gradient step is in place, a stencil gets a second block") {
  Lowered step(R"(
fn f(%x: f64[4], %n: i64) -> (f64[4]) {
  %r = for %n (%i: i64, %p: f64[4] = %x) {
    %c = const 0.1
    %cb = broadcast %c {dims = [4], axes = []}
    %s = sin %p
    %g = mul %cb, %s
    %q = sub %p, %g
    yield %q
  }
  return %r
})");
  step.agrees({vector({1, 2, 3, 4}), whole(6)});
  CHECK(step.count_in_loops(StmtKind::Alloc) == 0);
  Lowered stencil(R"(
fn f(%x: f64[4], %n: i64) -> (f64[4]) {
  %r = for %n (%i: i64, %p: f64[4] = %x) {
    %v = reverse %p {axes = [0]}
    %q = add %p, %v
    yield %q
  }
  return %r
})");
  stencil.agrees({vector({1, 2, 3, 4}), whole(6)});
  // The argument's copy and two blocks that take turns.
  CHECK(stencil.counts.allocated + stencil.counts.copied <= 2);
}

TEST_CASE("stacked outputs") {
  Lowered f(R"(
fn f(%x: f64[3], %n: i64) -> (f64[3], f64[?], f64[?, 3], f64[?, 3]) {
  %r, %s, %t, %u = for %n {reverse = true} (%i: i64, %p: f64[3] = %x) {
    %e = exp %p
    %k = const 0
    %v = index %e, %k {axes = [0]}
    %c = const 0.5
    %q = index_set %p, %c, %k {axes = [0]}
    %kk = const 2
    %q2 = index_add %q, %c, %kk {axes = [0]}
    yield %q2, %v, %e, %p
  }
  return %r, %s, %t, %u
})");
  for (int64_t n : {0, 1, 4}) f.agrees({vector({0.1, 0.2, 0.3}), whole(n)});
  CHECK(f.count_in_loops(StmtKind::Copy) == 0);
}

TEST_CASE("a comprehension is parallel") {
  Lowered f(R"(
fn f(%x: f64[?], %n: i64) -> (f64[?]) {
  %r = for %n (%i: i64) {
    %v = index %x, %i {axes = [0]}
    %s = sin %v
    yield %s
  }
  return %r
})");
  f.agrees({vector({1, 2, 3}), whole(3)});
  REQUIRE(f.count(StmtKind::For) == 1);
  for (const loop::Stmt& s : f.entry().body) {
    if (s.kind == StmtKind::For) CHECK(s.parallel);
  }
}

TEST_CASE("branches take over what dies in them") {
  Lowered f(R"(
fn f(%x: f64[4], %n: i64) -> (f64[4], f64) {
  %z = const 0.0
  %r, %t = for %n (%i: i64, %a: f64[4] = %x, %u: f64 = %z) {
    %two = const 2
    %m = mod %i, %two
    %zero = const 0
    %c = eq %m, %zero
    %b, %w = if %c {
      %v = index %a, %i {axes = [0]}
      %s = mul %v, %v
      %d = index_set %a, %s, %i {axes = [0]}
      yield %d, %s
    } else {
      yield %a, %u
    }
    yield %b, %w
  }
  return %r, %t
})");
  f.agrees({vector({1, 2, 3, 4}), whole(4)});
  CHECK(f.counts.copied == 1);
  CHECK(f.counts.allocated == 0);
}

TEST_CASE("a branch keeps what is used afterwards") {
  Lowered f(R"(
fn f(%x: f64[4], %c: bool) -> (f64[4], f64[4]) {
  %y = exp %x
  %i = const 0
  %v = const 5.0
  %b = if %c {
    %d = index_set %y, %v, %i {axes = [0]}
    yield %d
  } else {
    %q = mul %y, %x
    yield %q
  }
  %z = add %b, %y
  return %b, %z
})");
  f.agrees({vector({1, 2, 3, 4}), rt::Array::of(true)});
  f.agrees({vector({1, 2, 3, 4}), rt::Array::of(false)});
}

TEST_CASE("nested loops update one block") {
  Lowered f(R"(
fn f(%m: f64[3, 4]) -> (f64[3, 4]) {
  %rows = const 3
  %columns = const 4
  %r = for %rows (%i: i64, %a: f64[3, 4] = %m) {
    %s = for %columns (%j: i64, %b: f64[3, 4] = %a) {
      %v = index %b, %i, %j {axes = [0, 1]}
      %w = exp %v
      %c = index_set %b, %w, %i, %j {axes = [0, 1]}
      yield %c
    }
    yield %s
  }
  return %r
})");
  f.agrees({matrix(3, 4)});
  CHECK(f.count_in_loops(StmtKind::Copy) == 0);
  CHECK(f.count_in_loops(StmtKind::Alloc) == 0);
  CHECK(f.counts.copied == 1);
}

TEST_CASE("rows, slices and gathers are set in place") {
  Lowered f(R"(
fn f(%m: f64[3, 4], %ix: i64[2], %w: f64[3, 2]) -> (f64[3, 4]) {
  %one = const 1
  %two = const 2
  %row = index %m, %two {axes = [0]}
  %e = exp %row
  %a = index_set %m, %e, %one {axes = [0]}
  %s = slice %a, %one, %two {axis = 1, step = 1, size = 2}
  %sm = mul %s, %s
  %b = slice_set %a, %sm, %one {axis = 1, step = 1}
  %zero = const 0
  %t = slice %b, %zero, %two {axis = 1, step = 1, size = 2}
  %c = slice_add %b, %t, %one {axis = 1, step = 1}
  %d = take_add %c, %w, %ix {axis = 1}
  %g = take_set %d, %w, %ix {axis = 1}
  return %g
})");
  f.agrees({matrix(3, 4), ints({1, 1}), matrix(3, 2)});
  CHECK(f.counts.copied == 1);
}

TEST_CASE("while") {
  Lowered f(R"(
fn f(%x: f64[2], %limit: f64) -> (f64[2], i64) {
  %zero = const 0
  %r, %n = while (%a: f64[2] = %x, %k: i64 = %zero) {
    %s = reduce_sum %a {axes = [0]}
    %c = lt %s, %limit
    yield %c
  } do (%b: f64[2], %m: i64) {
    %d = add %b, %b
    %one = const 1
    %m1 = add %m, %one
    yield %d, %m1
  }
  return %r, %n
})");
  f.agrees({vector({1, 2}), scalar(100)});
  f.agrees({vector({1, 2}), scalar(1)});
  CHECK(f.count_in_loops(StmtKind::Alloc) == 0);
}

TEST_CASE("calls and recursion") {
  Lowered f(R"(
fn norm(%x: f64[?]) -> (f64, f64[?]) {
  %q = mul %x, %x
  %s = reduce_sum %q {axes = [0]}
  %r = sqrt %s
  return %r, %x
}
fn f(%x: f64[?]) -> (f64, f64[?]) {
  %n, %y = call norm %x
  %z = add %x, %x
  %m, %w = call norm %z
  %i = const 0
  %u = index_set %y, %m, %i {axes = [0]}
  return %n, %u
})");
  f.agrees({vector({3, 4})});
}

TEST_CASE("recursion, entered with an argument given away") {
  Lowered f(R"(
fn f(%x: f64[3], %n: i64) -> (f64[3], i64) {
  %zero = const 0
  %one = const 1
  %c = gt %n, %zero
  %y, %k = if %c {
    %v = const 2.5
    %w = index_add %x, %v, %zero {axes = [0]}
    %m = sub %n, %one
    %a: f64[3], %b: i64 = call f %w, %m
    %s = add %a, %x
    %t = add %b, %one
    yield %s, %t
  } else {
    yield %x, %zero
  }
  return %y, %k
})",
            {0});
  CHECK(f.program.functions.size() == 2);
  f.agrees({vector({1, 2, 3}), whole(4)});
}

TEST_CASE("values of enclosing blocks are stored before the loop, not computed in it") {
  Lowered f(R"(
fn f(%x: f64[4], %n: i64) -> (f64) {
  %e = exp %x
  %t = reverse %e {axes = [0]}
  %z = const 0.0
  %r = for %n (%i: i64, %a: f64 = %z) {
    %p = mul %t, %t
    %s = reduce_sum %p {axes = [0]}
    %b = add %a, %s
    yield %b
  }
  return %r
})");
  f.agrees({vector({1, 2, 3, 4}), whole(3)}, 1e-14);
  CHECK(f.count(StmtKind::Alloc) == 1);
  CHECK(f.count_in_loops(StmtKind::Alloc) == 0);
}

TEST_CASE("whole primitives and effects") {
  Lowered f(R"(
fn f(%a: f64[2, 2], %b: f64[2], %c: bool) -> (f64[2], i64[2], i64[?]) {
  check %c {message = "no", hint = ""}
  %d = add %b, %b
  %x = triangular_solve %a, %d {lower = true, transposed = false}
  %o = argsort %x {axis = 0}
  %z = const 0.0
  %zb = broadcast %z {dims = [2], axes = []}
  %g = gt %b, %zb
  %nz = nonzero %g
  return %x, %o, %nz
})");
  f.agrees({rt::Array::reals(std::vector<int64_t>{2, 2}, std::vector<double>{2, 1, 1, 3}),
            vector({1, -2}), rt::Array::of(true)});
  CHECK_THROWS_AS(f.run({matrix(2, 2), vector({1, 2}), rt::Array::of(false)}), rt::Failure);
}

TEST_CASE("a value carried twice is not one block") {
  Lowered f(R"(
fn f(%x: f64[3], %n: i64) -> (f64[3], f64[3]) {
  %y = exp %x
  %a, %b = for %n (%i: i64, %p: f64[3] = %y, %q: f64[3] = %y) {
    %v = const 2.0
    %k = const 1
    %p2 = index_add %p, %v, %k {axes = [0]}
    %q2 = index_set %q, %v, %k {axes = [0]}
    yield %p2, %q2
  }
  return %a, %b
})");
  f.agrees({vector({1, 2, 3}), whole(2)});
}

TEST_CASE("sizes known only at run time in loops") {
  Lowered f(R"(
fn f(%x: f64[?], %y: f64[?], %n: i64, %k: i64) -> (f64[?], f64[?], f64, f64[?, 2]) {
  %a = add %x, %y
  %one = const 1
  %s = slice %a, %one, %k {axis = 0, step = 1, size = -1}
  %e = exp %s
  %t = reduce_sum %e {axes = [0]}
  %i = iota %n {dims = [-1]}
  %c = convert %i {elem = "f64"}
  %tb = broadcast %t, %n {dims = [-1], axes = []}
  %m = mul %c, %tb
  %p = for %n (%j: i64) {
    %v = index %m, %j {axes = [0]}
    %w = stack %v, %v
    yield %w
  }
  return %e, %m, %t, %p
})");
  f.agrees({vector({1, 2, 3, 4}), vector({4, 3, 2, 2}), whole(3), whole(2)}, 1e-14);
  CHECK_THROWS_AS(f.run({vector({1, 2, 3}), vector({4, 3}), whole(3), whole(1)}), rt::Failure);
}

}  // namespace
}  // namespace calc::lower_test
