#include <catch2/catch.hpp>

#include "tests/unit/elab_run.h"

using calc::test::Run;
using calc::test::run;

TEST_CASE("operators on functions, and the functions they give") {
  CHECK(run("f(x) = x^2 * sin(x)\nf'(2.0)") == "1.972602361");
  CHECK(run("f(x) = x^3\nf'(2)") == "12.0");
  CHECK(run("f(x) = x^4\nf''(2.0)") == "48.0");
  CHECK(run("(x -> x * (y -> x + y)'(1.0))'(1.0)") == "1.0");
  CHECK(run("g(x, y) = x^2 * y\ngrad(g)(1.0, 2.0)") == "[4.0, 1.0]");
  CHECK(run("g(x, y) = x^2 * y\npartial[x](g)(1.0, 2.0)") == "4.0");
  CHECK(run("g(x, y) = x^2 * y\nhessian(g)(1.0, 2.0)") == "[[4.0, 2.0], [2.0, 0.0]]");
  CHECK(run("D = op -> op(op)\nd(f) = f'\nd(x -> x^2)(3.0)") == "6.0");
  CHECK(run("ops = (grad, hessian)\nops[0](x -> x^2)(3.0)") == "6.0");
}

TEST_CASE("derivatives of code with loops, branches, captures and top-level names") {
  CHECK(run("k = 3.0\nf(x) = k*x^2\nf'(2.0)") == "12.0");
  CHECK(run("k = 3.0\nf(x) = k*x^2\nk = 5.0\nf'(2.0)") == "20.0");
  CHECK(run("f(x) = { s = 1.0; for i in 0..3 { s = s*x }; s }\nf'(2.0)") == "12.0");
  CHECK(run("f(x) = if x > 0 { x^2 } else { -x }\n(f'(3.0), f'(-3.0))") == "(6.0, -1.0)");
  CHECK(run("loss(p, X) = sum((X @ p.w + p.b)^2)\n"
            "grad[p](loss)({w: [1.0, 2.0], b: 0.0}, [[1.0, 1.0]])") == "{w: [6.0, 6.0], b: 6.0}");
  CHECK(run("f(x) = { y = x; y[0] = 3.0*x[1]; sum(y*y) }\ngrad(f)([1.0, 2.0])") == "[0.0, 40.0]");
  CHECK(run("p = 5.0\nf(p) = p^2\nfor i in 0..10 { p = p - 0.25*f'(p) }\np") == "0.0048828125");
}

TEST_CASE("a subscript may name a value that the body binds once") {
  const std::string f = "f(x) = { z = 3*x; y = z^2; y + x }\n";
  CHECK(run(f + "grad[z](f)(2.0)") == "12.0");
  CHECK(run(f + "grad[y](f)(2)") == "1.0");
  // The parameter still acts through z.
  CHECK(run(f + "grad[x, z](f)(2.0)") == "[37.0, 12.0]");
  CHECK(run(f + "hessian[z](f)(2.0)") == "2.0");
  CHECK(run(f + "partial[z, z](f)(2.0)") == "2.0");
  CHECK(run("loss(w, x) = { z = w*x; a = z^2; sum(a) }\n"
            "(grad[z](loss)([1.0, 2.0], [3.0, 4.0]), grad[a](loss)([1.0, 2.0], [3.0, 4.0]))") ==
        "([6.0, 16.0], [1.0, 1.0])");
  CHECK(run("g(x) = { z = x; z = 2*z; z }\ngrad[z](g)(1.0)").find("more than once") !=
        std::string::npos);
  CHECK(run("g(x) = { if x > 0 { z = x }; x }\ngrad[z](g)(1.0)").find("inside a branch or loop") !=
        std::string::npos);
  CHECK(run(f + "grad[q](f)(1.0)").find("has no parameter `q`") != std::string::npos);
}
