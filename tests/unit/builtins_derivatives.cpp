#include <catch2/catch.hpp>

#include "tests/unit/elab_cases.h"

using calc::test::check_all;
using calc::test::Run;
using calc::test::run;

TEST_CASE("derivatives of functions of one number") {
  check_all({{"f(x) = x^2\nf'(3)", "6.0"},
             {"f(x) = x^3\nf''(2.0)", "12.0"},
             {"f(x) = 7\nf'(1.5)", "0.0"},
             {"sin'(0.0)", "1.0"},
             {"(x -> exp(2*x))'(0)", "2.0"},
             {"f(x) = [x, x^2]\nf'(3.0)", "[1.0, 6.0]"},
             {"f(x) = {a: x^2, b: (x, 2)}\nf'(3.0)", "{a: 6.0, b: (1.0, 0.0)}"},
             {"derivative(x -> x^3, n: 2)(1.0)", "6.0"},
             {"derivative(x -> x^3, n: 0)(2.0)", "8.0"},
             {"derivative(x -> x^2)(3.0)", "6.0"},
             {"f(x) = x^2\ng(x) = 3*x\n(f ∘ g)'(1.0)", "18.0"},
             {"log'(2.0)", "0.5"},
             {"(x -> x * (y -> x + y)'(1.0))'(1.0)", "1.0"},
             {"(x -> x * stop_gradient(x))'(3.0)", "3.0"}});
}

TEST_CASE("gradients have the shape of what is differentiated") {
  check_all({{"g(x, y) = x^2 * y\ngrad(g)(2.0, 3.0)", "[12.0, 4.0]"},
             {"grad(x -> sum(x^2))([1.0, 2.0])", "[2.0, 4.0]"},
             {"grad(x -> sum(x^2))([[1, 2], [3, 4]])", "[[2.0, 4.0], [6.0, 8.0]]"},
             {"f(p) = p.w^2 * p.b\ngrad(f)({w: 2.0, b: 3})", "{w: 12.0, b: 4.0}"},
             {"f(x, s) = s * sum(x)\ngrad(f)([1.0, 2.0], 3.0)", "([3.0, 3.0], 3.0)"},
             {"f(x, s) = s * sum(x)\ngrad[x](f)([1.0, 2.0], 3.0)", "[3.0, 3.0]"},
             {"f(x, s) = s * sum(x)\ngrad[s, x](f)([1.0, 2.0], 3.0)", "(3.0, [3.0, 3.0])"},
             {"f(x, k) = sum(x[:k])\ngrad(f)([1.0, 2.0], 1)", "[1.0, 0.0]"},
             {"f(x, name) = sum(x^2)\ngrad(f)([1.0], \"a\")", "[2.0]"},
             {"grad((x, y) -> 3)(1.0, 2.0)", "[0.0, 0.0]"},
             {"value_and_grad(x -> x^2)(3.0)", "(9.0, 6.0)"},
             {"f(p, x) = sum(p.w * x)\nvalue_and_grad[p](f)({w: [1.0, 2.0]}, [3.0, 4.0])",
              "(11.0, {w: [3.0, 4.0]})"},
             {"grad(norm)([3.0, 4.0])", "[0.6, 0.8]"},
             {"grad(norm)([0.0, 0.0])", "[0.0, 0.0]"},
             {"grad(x -> x[0] * x[1])([2.0, 3.0])", "[3.0, 2.0]"},
             {"ops = (grad, hessian)\nops[0](x -> sum(x^3))([1.0, 2.0])", "[3.0, 12.0]"},
             {"D = op -> op(op)\ntype(D)", "function"},
             {"G = grad[y]\nG((x, y) -> x*y)(2.0, 3.0)", "2.0"}});
}

TEST_CASE("Jacobians and Hessians") {
  check_all(
      {{"h(x) = [2*x[0] + x[1], -x[0]*x[1]]\njacobian(h)([1.0, 2.0])",
        "[[2.0, 1.0], [-2.0, -1.0]]"},
       {"jacobian((x, y) -> [x*y, x, y^2])(2.0, 3.0)", "[[3.0, 2.0], [1.0, 0.0], [0.0, 6.0]]"},
       {"shape(jacobian(A -> A @ A)(eye(2)))", "(2, 2, 2, 2)"},
       {"jacobian(x -> x^2)([1.0, 2.0])", "[[2.0, 0.0], [0.0, 4.0]]"},
       {"jacobian(x -> sum(x))([1.0, 2.0])", "[1.0, 1.0]"},
       {"f(A, x) = A @ x\n(J, K) = jacobian(f)(eye(2), [1.0, 2.0])\nK", "[[1.0, 0.0], [0.0, 1.0]]"},
       {"hessian((x, y) -> x^2 * y)(2.0, 3.0)", "[[6.0, 4.0], [4.0, 0.0]]"},
       {"hessian(x -> x[0]^2 * x[1])([2.0, 3.0])", "[[6.0, 4.0], [4.0, 0.0]]"},
       {"hessian(x -> x^3)(2.0)", "12.0"},
       {"hessian(p -> p.a^2 * p.b)({a: 2.0, b: 3.0})",
        "{a: {a: 6.0, b: 4.0}, b: {a: 4.0, b: 0.0}}"},
       {"f(x, s) = s^2 * sum(x)\nhessian(f)([1.0], 3.0)", "(([[0.0]], [6.0]), ([6.0], 2.0))"},
       {"partial[x]((x, y) -> x^2*y)(2.0, 3.0)", "12.0"},
       {"partial[x, y]((x, y) -> x^2*y)(2.0, 3.0)", "4.0"},
       {"partial[x, x]((x, y) -> x^2*y)(2.0, 3.0)", "6.0"},
       {"partial[y]((x, y) -> x * [y, y^2])(2.0, 3.0)", "[2.0, 12.0]"}});
}

TEST_CASE("products with directions") {
  check_all({{"jvp(x -> x^2, 3.0, 1.0)", "(9.0, 6.0)"},
             {"jvp((x, y) -> x*y, (2.0, 3.0), (1, 0))", "(6.0, 3.0)"},
             {"jvp(x -> x^2, [1.0, 2.0], [1, 1])", "([1.0, 4.0], [2.0, 4.0])"},
             {"(y, pull) = vjp(x -> x^2, [1.0, 2.0])\n(pull([1, 0]), pull([0, 1]))",
              "([2.0, 0.0], [0.0, 4.0])"},
             {"(y, pull) = vjp((x, y) -> x*y, (2.0, 3.0))\npull(1.0)", "(3.0, 2.0)"},
             {"(y, pull) = vjp[y, x]((x, y) -> x*y, (2.0, 3.0))\npull(1.0)", "(2.0, 3.0)"},
             {"(y, df) = linearize(x -> x^2, 3.0)\n(y, df(1.0), df(2.0))", "(9.0, 6.0, 12.0)"},
             {"(y, df) = linearize[y, x]((x, y) -> x*y, (2.0, 3.0))\ndf((1.0, 0.0))", "2.0"},
             {"hvp(x -> sum(x^3), [1.0, 2.0], [1.0, 0.0])", "[6.0, 0.0]"},
             {"directional(x -> sum(x^2), [1.0, 0.0], [2.0, 0.0])", "2.0"},
             {"directional((x, y) -> x*y, (2.0, 3.0), [3, 4])", "3.4"}});
}

TEST_CASE("operators nest in any order") {
  check_all({{"grad(x -> sum(grad(y -> sum(y^3))(x)))([1.0, 2.0])", "[6.0, 12.0]"},
             {"jacobian(grad(x -> x[0]^2*x[1]))([2.0, 3.0])", "[[6.0, 4.0], [4.0, 0.0]]"},
             {"grad(f -> f)(2.0)", "1.0"},
             {"(x -> grad(y -> x*y^2)(3.0))'(2.0)", "6.0"},
             {"f(x) = { s = 0.0; for i in 0..3 { s = s + x^i }; s }\nf'(2.0)", "5.0"},
             {"f(x) = { y = x; y[0] = y[0] * y[1]; sum(y) }\ngrad(f)([2.0, 3.0])", "[3.0, 3.0]"},
             {"fact(x) = if x > 1 then x^2 else 3*x\n(fact'(2.0), fact'(0.5))", "(4.0, 3.0)"},
             {"grad(x -> sum(map(t -> t^2, x)))([1.0, 2.0])", "[2.0, 4.0]"},
             {"grad(x -> scan((a, t) -> a*t, 1.0, x)[-1])([2.0, 3.0])", "[3.0, 2.0]"},
             {"vmap(x -> (t -> t^3)'(x))([1.0, 2.0])", "[3.0, 12.0]"},
             {"grad(x -> sum(vmap(t -> t^2)(x)))([1.0, 2.0])", "[2.0, 4.0]"}});
}

TEST_CASE("kinks and masks") {
  check_all({{"abs'(0.0)", "0.0"},
             {"relu'(0.0)", "0.0"},
             {"(x -> max(x, 0))'(0.0)", "0.0"},
             {"(x -> max(0, x))'(0.0)", "0.0"},
             {"grad((x, y) -> max(x, y))(1.0, 1.0)", "[0.5, 0.5]"},
             {"(x -> clamp(x, 0, 1))'(1.0)", "0.0"},
             {"(x -> where(x > 0, sqrt(x), 0))'(0.0)", "0.0"},
             {"grad(x -> sum(where(x > 0, sqrt(x), 0)))([0.0, 4.0])", "[0.0, 0.25]"},
             {"hessian(x -> norm(x)^2)([0.0, 0.0])", "[[2.0, 0.0], [0.0, 2.0]]"},
             {"(x -> abs(x)^2)''(0.0)", "2.0"},
             {"(x -> x^3)'(0.0)", "0.0"},
             {"(x -> x^2.0)'(-3.0)", "-6.0"},
             {"grad(prod)([2.0, 0.0, 3.0])", "[0.0, 6.0, 0.0]"}});
}

TEST_CASE("operators say what they need") {
  check_all(
      {{"grad(x -> x)([1.0, 2.0])",
        "`grad` needs a function whose value is one number, the value of `x -> …` is Real[2] | "
        "`jacobian` differentiates a tensor"},
       {"f(x) = x\ngrad(f(2.0))",
        "`grad` needs a function, this is Real | differentiate first, then apply: `grad(f)(x)`, "
        "not `grad(f(x))`"},
       {"f(x, y) = x\ngrad[z](f)",
        "`grad[z]`: `f` has no parameter `z` | its parameters are `x`, "
        "`y`"},
       {"g(x, y) = x*y\ng'(1.0, 2.0)",
        "`'` needs one parameter that is a number, `g` has (x: Real, y: Real) | `grad(f)` "
        "differentiates by all, `partial[x](f)` by one"},
       {"f(s) = 1.0\ngrad(f)(\"a\")", "`grad` differentiates by numbers, `s` is String"},
       {"f(p) = p.w\ngrad(f)({w: 1.0, name: \"a\"})",
        "`grad` differentiates by numbers, `p.name` is String"},
       {"f(x) = x > 0\nf'(1.0)", "`'` needs numbers, the value of `f` is Bool"},
       {"f(x, n) = sum(x * zeros(n))\ngrad(f)(1.0, 3)",
        "a size must be an Int, this is Real | `n` is differentiated, so it is taken as the Real "
        "it "
        "equals; a subscript names what to differentiate by: `grad[x](f)` @ grad(f)"},
       {"partial(sin)", "`partial` needs a subscript that names the parameter | `partial[x](f)`"},
       {"jvp(x -> sum(x), [1.0, 2.0], [1.0])",
        "shapes do not fit: the direction of `x` must be Real[2], this is Real[1]"},
       {"taylor(sin, 0.0, 3)", "[0.0, 1.0, -0.0, -0.1666666667]"},
       {"sin[x](2.0)", "`sin` is a function and takes no subscript | call it with `( )`"}});
}
