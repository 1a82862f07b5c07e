#include <catch2/catch.hpp>

#include "tests/unit/elab_run.h"

using calc::test::Run;
using calc::test::run;

TEST_CASE("scalars, names and operators") {
  CHECK(run("1 + 2*3") == "7");
  CHECK(run("x = 2.5\nx*x") == "6.25");
  CHECK(run("x = 1\nx = x + 1\nx") == "2");
  CHECK(run("0 < 1 < 2") == "true");
  CHECK(run("x = 3\n0 < x < 2") == "false");
  CHECK(run("true and not false") == "true");
  CHECK(run("[1, 2.5]") == "[1.0, 2.5]");
  CHECK(run("2*pi") == "6.283185307");
}

TEST_CASE("functions see what they are called with") {
  CHECK(run("f(x) = x*x\nf(3)") == "9");
  CHECK(run("f(x) = x*x\nf(1.5)") == "2.25");
  CHECK(run("f(x, y = 10) = x + y\nf(1)") == "11");
  CHECK(run("f(x, y = 2*x) = x + y\nf(5)") == "15");
  CHECK(run("f(x, y) = x - y\nf(y: 1, x: 5)") == "4");
  CHECK(run("f(x, y) = x - y\nt = (7, 2)\nf(...t)") == "5");
  CHECK(run("add = a -> b -> a + b\nadd(1)(2)") == "3");
  CHECK(run("3 |> (x -> x + 1)") == "4");
  CHECK(run("f(x) = x + 1\ng(x) = 2*x\n(f ∘ g)(5)") == "11");
  CHECK(run("twice(f) = x -> f(f(x))\ntwice(x -> 3*x)(2)") == "18");
  CHECK(run("net({w, b}, x) = w*x + b\nnet({w: 2, b: 1}, 3)") == "7");
}

TEST_CASE("closures capture values, top-level names are seen as they are") {
  CHECK(run("k = 1\nf(x) = x + k\nk = 100\nf(1)") == "101");
  CHECK(run("g(x) = x + 1\nf(x) = g(x)\ng(x) = x + 2\nf(0)") == "2");
  CHECK(run("make(k) = x -> x + k\nf = make(10)\nk = 5\nf(1)") == "11");
  CHECK(run("f(a) = { b = a; g = x -> x + b; b = 100; g(1) }\nf(5)") == "6");
  CHECK(run("f(a) = { g(x) = x + a; g(1) + g(2.5) }\nf(10)") == "23.5");
  Run session;
  session("n = 3\nf() = [i for i in 0..n]");
  CHECK(session("f()") == "[0, 1, 2]");
  session("n = 4");
  CHECK(session("f()") == "[0, 1, 2, 3]");
}

TEST_CASE("a function is made once for each structure of its arguments") {
  Run session;
  session("f(x) = x + 1.0");
  CHECK(session("f(1.0)") == "2.0");
  const size_t made = session.functions();
  CHECK(session("f(2.0)") == "3.0");
  // The entry alone is new.
  CHECK(session.functions() == made + 1);
  // A known integer that shapes nothing does not make another one.
  session("g(n, x) = n * x");
  session("g(1, 2.0)");
  const size_t then = session.functions();
  CHECK(session("g(2, 2.0)") == "4.0");
  CHECK(session.functions() == then + 1);
}

TEST_CASE("known integers shape code, up to a bound") {
  Run session;
  session("at(t, k) = t[k]\nt = (1, 2.5, \"s\")");
  CHECK(session("at(t, 0)") == "1");
  CHECK(session("at(t, 1)") == "2.5");
  CHECK(session("at(t, 2)") == "s");
  session("g(n) = sum([i for i in 0..n])");
  session("for k in 0..20 { }");
  for (int n = 0; n < 40; ++n) {
    CHECK(session("g(" + std::to_string(n) + ")") == std::to_string(n * (n - 1) / 2));
  }
}

TEST_CASE("branches") {
  CHECK(run("f(x) = if x > 0 { x } else { -x }\nf(-3) + f(2)") == "5");
  CHECK(run("f(x) = if x > 0 then 1 else 2.5\nf(1.0)") == "1.0");
  CHECK(run("f(x) = if x > 0 then 1.0 else \"a\"\nf(2.0)") ==
        "the value is Real in one branch and String in the other @ f");
  CHECK(run("x = 1.0\ny = if x > 0 { 3 }") == "this `if` has no value | add an `else`");
  CHECK(run("f(x) = { y = 1; if x > 0 { y = 2.5 }; y }\n(f(1.0), f(-1.0))") == "(2.5, 1.0)");
  CHECK(run("f(x) = { y = 0; if x > 0 { y = 1 } else if x < 0 { y = -1 }; y }\n"
            "(f(2.0), f(0.0), f(-2.0))") == "(1, 0, -1)");
  CHECK(run("f(x) = { g = if x > 0 { y -> y + x } else { y -> y*10 }; g(1.0) }\n"
            "(f(2.0), f(-2.0))") == "(3.0, 10.0)");
  CHECK(run("x = 1.0\nif x > 0 { x = 5 }\nx") == "5.0");
  CHECK(run("f(v) = if v[0] > 0 { [1.0, 2.0] } else { [3.0] }\nsum(f([-1.0]))") == "3.0");
}

TEST_CASE("loops") {
  CHECK(run("s = 0\nfor i in 0..5 { s += i }\ns") == "10");
  CHECK(run("s = 0\nfor i in 0..4 { s = s + 0.5 }\ns") == "2.0");
  CHECK(run("s = 0\nfor i in 2..=4 { s += i }\ns") == "9");
  CHECK(run("s = 0\nfor x in [1.5, 2.5] { s += x }\ns") == "4.0");
  CHECK(run("s = 0\nfor (x, y) in zip([1, 2], [10, 20]) { s += x*y }\ns") == "50");
  CHECK(run("s = 0\nfor (i, x) in enumerate([5, 6]) { s += i*x }\ns") == "6");
  CHECK(run("s = 0.0\nfor x in (1, 2.5, [1.0, 1.0]) { s = s + sum(x) }\ns") == "5.5");
  CHECK(run("f(n) = { s = 1; while s < n { s = 2*s }; s }\nf(100)") == "128");
  CHECK(run("p = {w: [1, 2], b: 0}\nfor i in 0..3 { p.w[0] += 1; p.b = p.b + 0.5 }\np") ==
        "{w: [4, 2], b: 1.5}");
  CHECK(run("f(n) = { s = 0; for i in 0..n { for j in 0..i { s += j } }; s }\nf(5)") == "10");
  CHECK(run("f(n) = { g = x -> x; for i in 0..n { g = x -> x + i }; g(10) }\nf(3)") == "12");
  CHECK(run("lr = 0.5\nstep(x) = x - lr\nx = 3.0\nfor i in 0..4 { x = step(x); lr = lr/2 }\nx") ==
        "2.0625");
}

TEST_CASE("places, patterns and records") {
  CHECK(run("A = [[1, 2], [3, 4]]\nB = A\nA[0, 1] = 9\n(A, B)") ==
        "([[1, 9], [3, 4]], [[1, 2], [3, 4]])");
  CHECK(run("A = [1, 2, 3]\nA[-1] *= 5\nA") == "[1, 2, 15]");
  CHECK(run("t = ({w: [1, 2]}, 3)\nt[0].w[1] = 7\nt") == "({w: [1, 7]}, 3)");
  CHECK(run("(a, b) = (1, 2)\n(a, b) = (b, a)\n(a, b)") == "(2, 1)");
  CHECK(run("(m, c) = [3.5, 4.5]\nm - c") == "-1.0");
  CHECK(run("{w, b: (x, _)} = {w: 1, b: (2, 3)}\nw + x") == "3");
  CHECK(run("p = {w: 1, b: 2}\n{c: 6, ...p, b: 5}") == "{c: 6, w: 1, b: 5}");
  CHECK(run("t = (1, 2, 3, 4)\nt[1:3]") == "(2, 3)");
}

TEST_CASE("comprehensions") {
  CHECK(run("[i*i for i in 0..4]") == "[0, 1, 4, 9]");
  CHECK(run("[a*b for a in [1, 2], b in [10, 20, 30]]") == "[[10, 20, 30], [20, 40, 60]]");
  CHECK(run("[x for x in [1.5, -2.0, 3.0] if x > 0]") == "[1.5, 3.0]");
  CHECK(run("[sum(x) for x in ([1, 2], [3])]") == "[3, 3]");
  CHECK(run("f(n) = [2*i for i in 0..n]\nf(3)") == "[0, 2, 4]");
  CHECK(run("[i*j for i in 0..3, j in 0..i]") ==
        "the rows of a tensor have one length, and these have 0 and 1");
  CHECK(run("[[1.0, 2.0][0:n] for n in [2, 2]]") == "[[1.0, 2.0], [1.0, 2.0]]");
  CHECK(run("f(w) = sum([w*[1.0, 2.0][0:n] for n in [1, 1]])\nf'(3.0)") == "2.0");
}

TEST_CASE("annotations") {
  CHECK(run("f(x: Real[n]) -> Real = sum(x) / n\nf([1, 2, 3])") == "2.0");
  CHECK(run("f(x: Real) = x\nf(1)") == "1.0");
  CHECK(run("f(n: Int, x: Real[n]) = n\nf(2, [1.0, 2.0])") == "2");
  CHECK(run("f(x: Int) = x\nf(1.5)") ==
        "`x` is declared Int, and this is Real | write a whole number without a point @ f");
  CHECK(run("f(A: Real[m, n], x: Real[n]) = A @ x\nf([[1.0, 2.0]], [1.0])") ==
        "`x` is declared Real[n], and this is Real[1] [`n` is 2 from `A`, and 1 from `x`] @ f");
}

TEST_CASE("annotations that contradict each other are found at the definition") {
  Run session;
  CHECK(session("f(A: Real[2, 3], x: Real[4]) = A @ x").find("shapes do not fit") == 0);
  CHECK(session.underlined == "A @ x");
  CHECK(session("f(x: Real) -> Real[2] = x") ==
        "the result of `f` is declared Real[2], and this is Real");
  CHECK(session("f(x: Real) = x.w") == "only records have fields, and this is Real");
  // Not when a name may still come.
  CHECK(session("f(x: Real) = later(x)\nlater(x) = x + 1\nf(1.0)") == "2.0");
}

TEST_CASE("assertions") {
  CHECK(run("assert 1 < 2, \"why\"\n1") == "1");
  CHECK(run("x = 3\nassert x < 2, \"too big\"") == "assertion failed: too big (3 < 2)");
  CHECK(run("assert 1.0 ≈ 1.5") == "assertion failed: 1.0 ≈ 1.5, the difference is -0.5");
}

TEST_CASE("values and types that would grow for ever are errors") {
  CHECK(run("f = (x, n) -> x(x, (n, n))\nf(f, 1)").find("too many parts") != std::string::npos);
  CHECK(run("f = x -> x\nfor i in 0..3 { f = (g -> x -> g(x))(f) }")
            .find("the type of `f` grows with every round") == 0);
  CHECK(run("t = (1,)\nfor i in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, "
            "19) {\n"
            "t = (t, t) }") == "this value has too many parts");
  CHECK(run("a = 0\nb = 0\nc = 0\nfor i in 0..3 { a = b; b = c; c = c + 0.5 }\n(a, b, c)") ==
        "(0.5, 1.0, 1.5)");
}

TEST_CASE("errors say where and why") {
  Run session;
  CHECK(session("alpha = 1\nalhpa + 1") == "`alhpa` is not defined | did you mean `alpha`?");
  CHECK(session.underlined == "alhpa");
  CHECK(session("f(x) = x.w\ng(x) = f(x)\ng({b: 1})") ==
        "this record has no field `w` [its only field is `b`] @ f @ g");
  CHECK(session("h(x) = { c = alpha; alpha = 2; c }\nh(1)").find("`alpha` is read here before") ==
        0);
  CHECK(session("h(a) = { g = x -> { a = x; a }; g(1) }\nh(1)").find("cannot rebind `a`") !=
        std::string::npos);
  CHECK(session("r(n) = r(n)\nr(1)") ==
        "`r` never returns: it calls itself on every path | "
        "add a case that ends the recursion, or the type of the "
        "result: `-> Real` @ r");
  CHECK(session("r(1, 2)") == "`r` takes 1 argument, and 2 are given");
  CHECK(session("q(x, y) = x\nq(1)") == "`q` needs a value for `y`");
  CHECK(session("alpha(2)") == "this is Int, not a function | index with `[ ]`, multiply with `*`");
  CHECK(session("alpha") == "1");
}
