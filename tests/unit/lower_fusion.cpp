// How much fuses: counted, and computed right.
#include "tests/unit/lower_run.h"

namespace calc::lower_test {
namespace {

using loop::StmtKind;
using test::scalar;
using test::vector;
using test::whole;

TEST_CASE("scalars stay in variables") {
  Lowered f(R"(
fn f(%x: f64, %n: i64) -> (f64, i64, bool) {
  %s = sin %x
  %p = powi %x, %n
  %y = mul %s, %p
  %m = mul %n, %n
  %c = lt %x, %y
  return %y, %m, %c
})");
  f.agrees({scalar(1.25), whole(3)});
  CHECK(f.entry().buffers.empty());
}

TEST_CASE("a chain of elementwise operations is one loop and one block") {
  Lowered f(R"(
fn f(%x: f64[8]) -> (f64[8]) {
  %a = sin %x
  %b = mul %a, %x
  %c = exp %b
  %d = neg %c
  %e = add %d, %x
  return %e
})");
  f.agrees({vector({1, 2, 3, 4, 5, 6, 7, 8})});
  CHECK(f.count(StmtKind::For) == 1);
  CHECK(f.count(StmtKind::Alloc) == 1);
}

TEST_CASE("a dead intermediate's block becomes the result's") {
  Lowered f(R"(
fn f(%x: f64[3]) -> (f64[3], f64) {
  %a = sin %x
  %s = reduce_sum %a {axes = [0]}
  %sb = broadcast %s {dims = [3], axes = []}
  %b = mul %a, %sb
  return %b, %s
})");
  f.agrees({vector({1, 2, 3})}, 1e-14);
  CHECK(f.counts.allocated == 1);
}

TEST_CASE("value and gradient of a sum are one pass over x") {
  Lowered f(R"(
fn f(%x: f64[?]) -> (f64, f64[?]) {
  %n = dim %x {axis = 0}
  %s = sin %x
  %q = mul %x, %x
  %m = neg %q
  %e = exp %m
  %p = mul %s, %e
  %v = reduce_sum %p {axes = [0]}
  %one = const 1.0
  %ct = broadcast %one, %n {dims = [-1], axes = []}
  %cs = mul %ct, %e
  %ce = mul %ct, %s
  %c = cos %x
  %g1 = mul %cs, %c
  %cm = mul %ce, %e
  %cq = neg %cm
  %two = const 2.0
  %twos = broadcast %two, %n {dims = [-1], axes = []}
  %dx = mul %twos, %x
  %g2 = mul %cq, %dx
  %g = add %g1, %g2
  return %v, %g
})");
  f.agrees({vector({0.1, 0.2, -0.3, 0.4, 2.0})}, 1e-14);
  CHECK(f.count(StmtKind::For) == 1);
  CHECK(f.count(StmtKind::Alloc) == 1);
  int transcendental = 0;
  for (const loop::Expr& e : f.entry().exprs) {
    transcendental += e.kind == loop::ExprKind::Scalar && e.op == core::ScalarOp::Call;
  }
  CHECK(transcendental == 3);
}

TEST_CASE("same-shape work on matrices is one flat loop") {
  Lowered f(R"(
fn f(%x: f64[3, 4], %y: f64[3, 4]) -> (f64[3, 4], f64) {
  %a = mul %x, %y
  %s = reduce_sum %a {axes = [0, 1]}
  %b = exp %a
  return %b, %s
})");
  f.agrees({matrix(3, 4), matrix(3, 4, 0.1)}, 1e-14);
  CHECK(f.count(StmtKind::For) == 1);
}

TEST_CASE("softmax of rows") {
  Lowered f(R"(
fn f(%x: f64[3, 4]) -> (f64[3, 4]) {
  %m = reduce_max %x {axes = [1]}
  %mb = broadcast %m {dims = [3, 4], axes = [0]}
  %d = sub %x, %mb
  %e = exp %d
  %s = reduce_sum %e {axes = [1]}
  %sb = broadcast %s {dims = [3, 4], axes = [0]}
  %y = div %e, %sb
  return %y
})");
  f.agrees({matrix(3, 4)}, 1e-14);
  // exp once an element: stored, summed, then divided.
  CHECK(f.count(StmtKind::For) <= 6);
  int calls = 0;
  for (const loop::Expr& e : f.entry().exprs) {
    calls += e.kind == loop::ExprKind::Scalar && e.op == core::ScalarOp::Call;
  }
  CHECK(calls == 1);
}

TEST_CASE("reductions along any axes") {
  const std::pair<const char*, const char*> shapes[] = {
      {"[0]", "f64[3, 4]"}, {"[1]", "f64[2, 4]"}, {"[2]", "f64[2, 3]"}, {"[0, 1]", "f64[4]"},
      {"[0, 2]", "f64[3]"}, {"[1, 2]", "f64[2]"}, {"[0, 1, 2]", "f64"}};
  std::vector<double> values;
  for (int k = 0; k < 24; ++k) values.push_back(0.1 * ((k * 5) % 13) - 0.4);
  const int64_t dims[] = {2, 3, 4};
  for (const auto& [axes, type] : shapes) {
    for (const char* name : {"reduce_sum", "reduce_prod", "reduce_max", "reduce_min"}) {
      Lowered f(std::string("fn f(%x: f64[2, 3, 4]) -> (") + type +
                ") {\n  %y = mul %x, %x\n  %s = " + name + " %y {axes = " + axes +
                "}\n  return %s\n}");
      f.agrees({rt::Array::reals(dims, values)}, 1e-13);
    }
  }
}

TEST_CASE("views cost no pass of their own") {
  Lowered f(R"(
fn f(%x: f64[3, 4], %r: f64[4]) -> (f64[2, 3]) {
  %t = transpose %x {perm = [1, 0]}
  %v = reverse %t {axes = [0]}
  %one = const 1
  %two = const 2
  %s = slice %v, %one, %two {axis = 0, step = 2, size = 2}
  %rb = broadcast %r {dims = [3, 4], axes = [1]}
  %q = mul %x, %rb
  %i = index %q, %one {axes = [1]}
  %ib = broadcast %i {dims = [2, 3], axes = [1]}
  %y = add %s, %ib
  return %y
})");
  f.agrees({matrix(3, 4), vector({1, 2, 3, 4})});
  CHECK(f.count(StmtKind::For) == 2);
  CHECK(f.count(StmtKind::Alloc) == 1);
}

TEST_CASE("reshapes") {
  Lowered f(R"(
fn f(%x: f64[3, 4], %y: f64[12]) -> (f64[12], f64[3, 1, 4], f64[2, 6], f64) {
  %a = reshape %x {dims = [12]}
  %b = mul %a, %y
  %c = reshape %x {dims = [3, 1, 4]}
  %d = exp %c
  %t = transpose %x {perm = [1, 0]}
  %e = reshape %t {dims = [2, 6]}
  %z = const 2
  %s = slice %y, %z, %z {axis = 0, step = 1, size = 1}
  %g = reshape %s {dims = []}
  return %b, %d, %e, %g
})");
  f.agrees({matrix(3, 4), vector({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})});
}

TEST_CASE("axes of size 1 cost nothing") {
  Lowered f(R"(
fn f(%x: f64[3, 4], %y: f64[1, 3]) -> (f64[3], f64, f64[1, 1], f64[3, 1], bool[1, 3], i64[3]) {
  %s = reduce_sum %x {axes = [1]}
  %k = reshape %s {dims = [3, 1]}
  %l = log %k
  %z = reduce_sum %l {axes = [1]}
  %t = reduce_sum %z {axes = [0]}
  %u = reshape %t {dims = [1, 1]}
  %w = exp %u
  %e = mul %k, %l
  %n = is_nan %y
  %i = is_inf %y
  %o = or %n, %i
  %yt = transpose %y {perm = [1, 0]}
  %p = argmax %yt {axis = 1}
  return %z, %t, %w, %e, %o, %p
})");
  const int64_t dims[] = {1, 3};
  f.agrees({matrix(3, 4, 2.0), rt::Array::reals(dims, std::vector<double>{1, INFINITY, NAN})},
           1e-14);
  // Rows are summed, then there is one pass over them.
  CHECK(f.count(StmtKind::For) == 3);
  CHECK(f.count(StmtKind::Opaque) == 0);
}

TEST_CASE("gathers, concat, stack, running sums") {
  Lowered f(R"(
fn f(%x: f64[4], %m: f64[3, 2], %ix: i64[3]) -> (f64[3], f64[3, 3], f64[7], f64[2, 4], f64[3, 2], f64[3, 2], f64[2]) {
  %n = const 4
  %three = const 3
  %c = check_index %ix, %n {axis = 0}
  %t = take %x, %c {axis = 0}
  %tb = broadcast %t {dims = [3, 3], axes = [1]}
  %e = exp %tb
  %s = mul %t, %t
  %j = concat %x, %s {axis = 0}
  %sq = mul %x, %x
  %k = stack %x, %sq
  %u = cumsum %m {axis = 0}
  %w = cumprod %m {axis = 1, reverse = true}
  %one = const 1.5
  %two = const 2.5
  %p = stack %one, %two
  return %t, %e, %j, %k, %u, %w, %p
})");
  f.agrees({vector({1, 2, 3, 4}), matrix(3, 2), ints({3, -1, 0})}, 1e-14);
}

TEST_CASE("positions of extremes, truth") {
  Lowered f(R"(
fn f(%m: f64[3, 4], %x: f64[5]) -> (i64[3], i64[4], i64, i64, bool[3], bool) {
  %a = argmax %m {axis = 1}
  %b = argmin %m {axis = 0}
  %c = argmax %x {axis = 0}
  %d = argmin %x {axis = 0}
  %z = const 0.0
  %zb = broadcast %z {dims = [3, 4], axes = []}
  %p = gt %m, %zb
  %any = reduce_any %p {axes = [1]}
  %all = reduce_all %p {axes = [0, 1]}
  return %a, %b, %c, %d, %any, %all
})");
  f.agrees({matrix(3, 4), vector({1, 5, std::nan(""), 7, std::nan("")})});
  f.agrees({matrix(3, 4), vector({2, 5, 2, 5, 3})});
}

TEST_CASE("what a broadcast repeats is computed once") {
  Lowered f(R"(
fn f(%x: f64[4], %m: f64[3, 4]) -> (f64[3, 4]) {
  %e = exp %x
  %b = broadcast %e {dims = [3, 4], axes = [1]}
  %y = mul %b, %m
  return %y
})");
  f.agrees({vector({1, 2, 3, 4}), matrix(3, 4)});
  CHECK(f.count(StmtKind::Alloc) == 2);
}

TEST_CASE("long chains do not recurse deeply") {
  std::string text = "fn f(%x: f64[3]) -> (f64[3]) {\n  %a0 = sin %x\n";
  for (int k = 1; k < 20000; ++k) {
    text += "  %a" + std::to_string(k) + " = add %a" + std::to_string(k - 1) + ", %x\n";
  }
  text += "  return %a19999\n}";
  Lowered f(text);
  f.agrees({vector({1, 2, 3})});
}

/// The product as text: operands, contracted and batch axes.
std::string dot(const char* operands, const char* lhs, const char* rhs, const char* batch = "[]") {
  return std::string("%r = dot_general ") + operands + " {lhs_contract = " + lhs +
         ", rhs_contract = " + rhs + ", lhs_batch = " + batch + ", rhs_batch = " + batch + "}";
}

TEST_CASE("products") {
  const std::pair<std::string, const char*> forms[] = {
      {dot("%x, %y", "[0]", "[0]"), "f64"},
      {dot("%a, %x", "[1]", "[0]"), "f64[3]"},
      {"%t = transpose %b {perm = [1, 0]}\n  " + dot("%t, %x", "[1]", "[0]"), "f64[5]"},
      {dot("%x, %b", "[0]", "[0]"), "f64[5]"},
      {dot("%a, %b", "[1]", "[0]"), "f64[3, 5]"},
      {dot("%a, %a", "[1]", "[1]"), "f64[3, 3]"},
      {dot("%a, %a", "[1]", "[1]", "[0]"), "f64[3]"},
      {dot("%x, %y", "[]", "[]"), "f64[4, 4]"}};
  for (const auto& [form, type] : forms) {
    const std::string results = std::string(type) + ", " + type;
    Lowered f("fn f(%a: f64[3, 4], %b: f64[4, 5], %x: f64[4], %y: f64[4]) -> (" + results +
              ") {\n  " + form + "\n  %s = sin %r\n  return %r, %s\n}");
    f.agrees({matrix(3, 4), matrix(4, 5), vector({1, 2, 3, 4}), vector({-1, 0.5, 2, 1})}, 1e-13);
    CHECK(f.count(StmtKind::Opaque) == 0);
  }
}

TEST_CASE("large products run in the kernel, transposes folded") {
  Lowered f(R"(
fn f(%a: f64[20, 30], %b: f64[20, 25]) -> (f64[30, 25]) {
  %t = transpose %a {perm = [1, 0]}
  %r = dot_general %t, %b {lhs_contract = [1], rhs_contract = [0], lhs_batch = [], rhs_batch = []}
  return %r
})");
  f.agrees({matrix(20, 30), matrix(20, 25)}, 1e-12);
  CHECK(f.count(StmtKind::Opaque) == 1);
  CHECK(f.count(StmtKind::For) == 0);
}

}  // namespace
}  // namespace calc::lower_test
