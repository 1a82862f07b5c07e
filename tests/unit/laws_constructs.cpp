// Every construct of the language under every derivative operator in every nesting: a table.
//
// A row is a function of three reals written with a construct, and the same function written
// without it. Each operator of the columns, alone and under another one, must make the same of
// both, and the whole must change as differences say.
#include <catch2/catch.hpp>
#include <sstream>

#include "lang/driver/session.h"
#include "tests/fuzz/check.h"

namespace calc {
namespace {

struct Construct {
  const char* name;
  /// Defines f(v).
  const char* text;
  /// f(v) without the construct, at the points used.
  const char* closed;
  /// What is not everywhere yet (tests/fuzz/generate.h).
  const char* feature = "";
};

const Construct kConstructs[] = {
    {"for", "f(v) = { s = 0.0; for i in 0..3 { s += (i + 1) * sin(v[i]) }; s }",
     "sin(v[0]) + 2 * sin(v[1]) + 3 * sin(v[2])"},
    {"for in for", "f(v) = { s = 0.0; for i in 0..3 { for j in 0..i { s += v[i] * v[j]^2 } }; s }",
     "v[1] * v[0]^2 + v[2] * v[0]^2 + v[2] * v[1]^2"},
    {"for that carries a product", "f(v) = { p = 1.0; for x in v { p *= 1 + x^2 }; p }",
     "(1 + v[0]^2) * (1 + v[1]^2) * (1 + v[2]^2)"},
    {"for over two", "f(v) = { s = 0.0; for (a, b) in zip(v, v[::-1]) { s += a * exp(b) }; s }",
     "v[0] * exp(v[2]) + v[1] * exp(v[1]) + v[2] * exp(v[0])"},
    {"for over a tuple", "f(v) = { s = v[2]; for g in (sin, cos) { s = g(s * v[0]) }; s * v[1] }",
     "cos(sin(v[2] * v[0]) * v[0]) * v[1]"},
    {"while", "f(v) = { t = v[0]; k = 0; while k < 3 { t = sin(t) * v[1]; k += 1 }; t + v[2]^2 }",
     "sin(sin(sin(v[0]) * v[1]) * v[1]) * v[1] + v[2]^2"},
    {"while on a value", "f(v) = { t = v[0]; while t < 5 { t = t^2 + 2 + v[1] }; t * v[2] }",
     "((v[0]^2 + 2 + v[1])^2 + 2 + v[1]) * v[2]"},
    {"while in for",
     "f(v) = { s = 0.0; for i in 0..3 { t = v[i]; while t < 3 { t = t + 2 }; s += sin(t) }; s }",
     "sin(v[0] + 4) + sin(v[1] + 4) + sin(v[2] + 4)"},
    {"while that updates",
     "f(v) = { k = 0; while k < 2 { v[k] = v[k] * v[k+1]; k += 1 }; v[0] * v[1] }",
     "v[0] * v[1] * v[1] * v[2]"},
    {"break", "f(v) = { s = 1.0; for i in 0..3 { if s > 1.1 { break }; s += v[i]^2 }; s * v[2] }",
     "(1 + v[0]^2) * v[2]", "break"},
    {"continue", "f(v) = { s = 0.0; for x in v { if x < 0 { continue }; s += x^3 }; s * v[1] }",
     "(v[0]^3 + v[2]^3) * v[1]", "continue"},
    {"return",
     "f(v) = { s = v[0]; for x in v { if x < 0 { return s * x }; s += sin(x) }; 0.5 * s }",
     "(v[0] + sin(v[0])) * v[1]", "return"},
    {"if on a value", "f(v) = if v[0] > 0.2 then v[0] * v[1] * v[2] else sin(v[2])",
     "v[0] * v[1] * v[2]"},
    {"if on a value, not taken", "f(v) = if v[1] > 0 then v[0] else exp(v[0] * v[2])",
     "exp(v[0] * v[2])"},
    {"if as a statement",
     "f(v) = { s = v[2]; if v[0] > v[1] { s *= v[0] } else { s = 0.0 }; if v[1] > 3 { s = 1.0 }; "
     "s^2 }",
     "(v[2] * v[0])^2"},
    {"if on an index",
     "f(v) = { s = 0.0; for i in 0..3 { if i % 2 == 0 { s += v[i]^3 } else { s *= v[i] } }; s }",
     "v[0]^3 * v[1] + v[2]^3"},
    {"if in a while",
     "f(v) = { t = v[0]; k = 0; while k < 3 { if k == 1 { t *= v[2] } else { t = sin(t) }; k += 1 "
     "}; t }",
     "sin(sin(v[0]) * v[2])"},
    {"where", "f(v) = sum(where(v > 0, v^3, exp(v)))", "v[0]^3 + exp(v[1]) + v[2]^3"},
    {"update that overwrites",
     "f(v) = { A = v; A[0] = v[1] * v[2]; A[1] = A[0]^2; A[0] = A[2]; sum(A * v) }",
     "v[2] * v[0] + (v[1] * v[2])^2 * v[1] + v[2]^2"},
    {"update in a loop",
     "f(v) = { A = v; for i in 0..2 { A[i+1] = A[i] * A[i+1] }; A[2] + A[1]^2 }",
     "v[0] * v[1] * v[2] + (v[0] * v[1])^2"},
    {"update that adds", "f(v) = { A = v; A[[0, 0, 2]] += v^2; A · v }",
     "(v[0] + v[0]^2 + v[1]^2) * v[0] + v[1]^2 + (v[2] + v[2]^2) * v[2]"},
    {"update of a matrix",
     "f(v) = { A = outer(v, v); A[1, :] = v; A[:, 0] *= 2.0; A[2, 2] = v[0]; sum(A^2) }",
     "4 * (v[0]^4 + v[0]^2 + v[2]^2 * v[0]^2) + v[0]^2 * v[1]^2 + v[0]^2 * v[2]^2 + v[1]^2 + "
     "v[2]^2 + v[2]^2 * v[1]^2 + v[0]^2"},
    {"swap", "f(v) = { A = v; t = A[0]; A[0] = A[1]; A[1] = t; A[0]^2 * A[1] + A[2]^3 }",
     "v[1]^2 * v[0] + v[2]^3"},
    {"simultaneous assignment",
     "f(v) = { (a, b) = (v[0], v[1]); for i in 0..3 { (a, b) = (b, a * v[2]) }; a^2 * b }",
     "(v[1] * v[2])^2 * v[0] * v[2]^2"},
    {"append", "f(v) = { x = [v[0]]; for i in 1..3 { x = append(x, x[-1] * v[i]) }; sum(x^2) }",
     "v[0]^2 + (v[0] * v[1])^2 + (v[0] * v[1] * v[2])^2"},
    {"filter", "f(v) = sum(v[v > 0]^3) * v[1]", "(v[0]^3 + v[2]^3) * v[1]"},
    {"dynamic size",
     "f(v) = { n = if v[0] > 0 then 2 else 3; w = v[0:n]; for i in 0..n { w[i] *= v[2] }; sum(w^2) "
     "}",
     "(v[0]^2 + v[1]^2) * v[2]^2"},
    {"closure", "f(v) = { a = v[0]; g = y -> a * y^2; a = 3.0; g(v[1]) + a * g(v[2]) }",
     "v[0] * v[1]^2 + 3 * v[0] * v[2]^2"},
    {"closure made in a loop",
     "f(v) = { g = y -> y; s = v[0]; for i in 0..3 { h = y -> y * v[i]; s = sin(h(s)) }; g(s) }",
     "sin(sin(sin(v[0] * v[0]) * v[1]) * v[2])"},
    {"closure chosen at run time",
     "f(v) = { g = if v[0] > 0 then (y -> y^2 * v[2]) else (y -> v[0]); g(v[1]) }",
     "v[1]^2 * v[2]"},
    {"function that returns one", "make(a, b) = y -> a * sin(b * y)\nf(v) = make(v[0], v[1])(v[2])",
     "v[0] * sin(v[1] * v[2])"},
    {"function as argument", "twice(g, y) = g(g(y))\nf(v) = twice(y -> y^2 + v[1] * v[2], v[0])",
     "(v[0]^2 + v[1] * v[2])^2 + v[1] * v[2]"},
    {"composition and pipe", "f(v) = (sin ∘ (y -> y * v[1]))(v[0]) |> (y -> y^2 * v[2])",
     "sin(v[0] * v[1])^2 * v[2]"},
    {"record of records",
     "f(v) = { p = {a: {w: v, b: v[0]}, c: v[1]}; q = {...p, c: p.a.b}; q.a.b = p.c^2; sum(q.a.w) "
     "* "
     "q.a.b * q.c }",
     "(v[0] + v[1] + v[2]) * v[1]^2 * v[0]"},
    {"record as a vector", "f(v) = { p = {w: v, b: v[0]}; q = 2 * p - p / 2; dot(q, p) }",
     "1.5 * (2 * v[0]^2 + v[1]^2 + v[2]^2)"},
    {"tuple", "g((a, b), c) = (a * c, b)\nf(v) = { (p, q) = g((v[0], v[1]), v[2]); p * q^2 }",
     "v[0] * v[2] * v[1]^2"},
    {"comprehension", "f(v) = sum([x^2 * v[1] for x in v]) + sum([v[i]^3 for i in 0..2])",
     "(v[0]^2 + v[1]^2 + v[2]^2) * v[1] + v[0]^3 + v[1]^3"},
    {"comprehension of two", "f(v) = sum([a * b^2 for a in v, b in v])",
     "(v[0] + v[1] + v[2]) * (v[0]^2 + v[1]^2 + v[2]^2)"},
    {"comprehension with a condition", "f(v) = sum([x^3 for x in v if x > 0])", "v[0]^3 + v[2]^3"},
    {"vmap", "f(v) = sum(vmap(x -> x^3 * v[0])(v))", "(v[0]^3 + v[1]^3 + v[2]^3) * v[0]"},
    {"vmap of a branch", "f(v) = sum(vmap(x -> if x > 0 then x^3 else exp(x))(v))",
     "v[0]^3 + exp(v[1]) + v[2]^3"},
    {"a derivative inside", "f(v) = (y -> y^3 * v[1])'(v[0]) * v[2]", "3 * v[0]^2 * v[1] * v[2]"},
    {"a gradient inside", "f(v) = sum(grad(y -> prod(y) * v[0])(v))",
     "(v[0] * v[1] + v[1] * v[2] + v[0] * v[2]) * v[0]"},
    {"reduce and scan",
     "f(v) = reduce((a, b) -> a * b + v[0], 1.0, v) + sum(scan((a, b) -> a * b, 1.0, v))",
     "((v[0] + v[0]) * v[1] + v[0]) * v[2] + v[0] + v[0] + v[0] * v[1] + v[0] * v[1] * v[2]"},
    {"map and filter", "f(v) = sum(map(x -> x^3, filter(x -> x > 0, v)))", "v[0]^3 + v[2]^3"},
    {"iterate", "f(v) = iterate(y -> sin(y) * v[1], v[0], 2)[-1] + v[2]^2",
     "sin(sin(v[0]) * v[1]) * v[1] + v[2]^2"},
    {"named and default arguments",
     "g(a, b = 2.0, c = 1.0) = a^b * c\nf(v) = g(v[0], c: v[1]) + v[2]^3",
     "v[0]^2 * v[1] + v[2]^3"},
    {"slices and gathers", "f(v) = sum(v[1:]^2) * prod(v[[0, 2, 0]]) + sum(v[::-1] * v)",
     "(v[1]^2 + v[2]^2) * v[0]^2 * v[2] + 2 * v[0] * v[2] + v[1]^2"},
    {"linear algebra", "f(v) = { A = [[2 + v[0], v[1]], [v[2], 3.0]]; sum(solve(A, v[0:2])) }",
     "(3 * v[0] - v[1]^2 + (2 + v[0]) * v[1] - v[2] * v[0]) / (3 * (2 + v[0]) - v[1] * v[2])"},
    {"checkpoint", "f(v) = checkpoint(y -> sin(y[0] * y[1]) * v[2])(v)", "sin(v[0] * v[1]) * v[2]",
     "checkpoint"},
    {"with_derivative",
     "ruled(x) = with_derivative(sin, (y, dy) -> cos(y) * dy)(x)\nf(v) = ruled(v[0] * v[1]) * v[2]",
     "sin(v[0] * v[1]) * v[2]", "with_derivative"},
};

/// `F` is the function and `v` the point.
struct Operator {
  const char* name;
  const char* text;
  const char* feature = "";
};

const Operator kOperators[] = {
    {"value", "F(v)"},
    {"grad", "grad(F)(v)"},
    {"jacobian", "jacobian(y -> [F(y), F(y)^2])(v)"},
    {"hessian", "hessian(F)(v)"},
    {"jvp", "jvp(F, v, [0.3, -0.2, 0.5])[1]"},
    {"vjp", "vjp(F, v)[1](1.5)"},
    {"derivative", "derivative(s -> F(s * v), n: 2)(1.0)"},
    {"value_and_grad", "{ (y, g) = value_and_grad(F)(v); y * g }"},
    {"hvp", "hvp(F, v, [0.3, -0.2, 0.5])"},
    {"linearize", "linearize(F, v)[1]([0.3, -0.2, 0.5])"},
    {"partial", "partial[a](( a, b) -> F([a, b, v[2]]))(v[0], v[1])"},
    {"directional", "directional(F, v, [0.6, 0.0, 0.8])"},
    {"taylor", "taylor(s -> F(s * v), 1.0, 3)", "taylor"},
};

const char* const kNestings[] = {"plain",    "under grad",     "under jvp",
                                 "in vmap",  "in a loop",      "under grad of a loop",
                                 "by steps", "steps of closed"};

/// Prints a line of booleans, one for each nesting.
std::string table_row(const Construct& construct, const Operator& op) {
  return std::string(construct.text) + "\nclosed(v) = " + construct.closed +
         "\no(F, v) = " + op.text + R"(
s(F, v) = sum(sin(0.02 * o(F, v)))
loop(F, v) = { t = 0.0; for i in 0..2 { t += s(F, v); v = 0.8 * v }; t }
cells(F, v, u) = (o(F, v), grad(y -> s(F, y))(v), jvp(y -> s(F, y), v, u)[1],
  vmap(y -> s(F, y))([v, 0.7 * v]), loop(F, v), grad(y -> loop(F, y))(v))
step(F, v, u, h) = (8 * (s(F, v + h * u) - s(F, v - h * u)) - s(F, v + 2 * h * u) +
  s(F, v - 2 * h * u)) / (12 * h)
v = [0.7, -0.4, 0.9]
u = [0.25, 0.4, -0.3]
a = cells(f, v, u)
b = cells(closed, v, u)
near(x, y) = isclose(x, y, rtol: 1e-9, atol: 1e-10)
print("{near(a[0], b[0])} {near(a[1], b[1])} {near(a[2], b[2])} {near(a[3], b[3])}")
print(" {near(a[4], b[4])} {near(a[5], b[5])}")
print(" {isclose(a[2], step(f, v, u, 1e-3), rtol: 1e-7, atol: 1e-8)}")
print(" {isclose(a[1] · u, step(closed, v, u, 1e-3), rtol: 1e-7, atol: 1e-8)}")
)";
}

/// The names of the cells that fail.
std::string failing_cells(const Construct& construct, const Operator& op, driver::Tier tier) {
  std::string out;
  driver::Options options;
  options.tier = tier;
  options.out = [&](std::string_view piece) { out += piece; };
  driver::Session session(options);
  const driver::Outcome outcome = session.run("table", table_row(construct, op));
  if (!outcome.errors.empty()) return outcome.errors[0].message;
  std::istringstream in(out);
  std::string failing;
  std::string word;
  for (const char* nesting : kNestings) {
    in >> word;
    if (word != "true") failing += std::string(failing.empty() ? "" : ", ") + nesting;
  }
  return failing;
}

bool available(std::string_view feature) {
  static const fuzz::Checker checker;
  return feature.empty() || checker.available().contains(std::string(feature));
}

TEST_CASE("every construct under every operator in every nesting") {
  for (const Construct& construct : kConstructs) {
    for (const Operator& op : kOperators) {
      if (!available(construct.feature) || !available(op.feature)) continue;
      INFO(construct.name << " x " << op.name);
      CHECK(failing_cells(construct, op, driver::Tier::Evaluate) == "");
    }
  }
}

TEST_CASE("every construct compiled, under the gradient") {
  for (const Construct& construct : kConstructs) {
    if (!available(construct.feature)) continue;
    INFO(construct.name);
    CHECK(failing_cells(construct, kOperators[1], driver::Tier::Compile) == "");
  }
}

}  // namespace
}  // namespace calc
