#include <catch2/catch.hpp>

#include "tests/unit/elab_cases.h"

using calc::test::Case;
using calc::test::check_all;
using calc::test::Run;
using calc::test::run;

TEST_CASE("functions of numbers") {
  check_all({{"sqrt(4)", "2.0"},
             {"log(8, 2)", "3.0"},
             {"log([1, e])", "[0.0, 1.0]"},
             {"abs(-3)", "3"},
             {"abs(-3.5)", "3.5"},
             {"sign([-2, 0, 3])", "[-1, 0, 1]"},
             {"floor(-1.5)", "-2.0"},
             {"round(2.5)", "2.0"},
             {"round(2.125, 2)", "2.12"},
             {"hypot(3, 4)", "5.0"},
             {"atan2(0, -1)", "3.141592654"},
             {"clamp([-1, 5, 2], 0, 3)", "[0, 3, 2]"},
             {"relu([-1.0, 2.0])", "[0.0, 2.0]"},
             {"where([1, -1] > 0, 1, 0.5)", "[1.0, 0.5]"},
             {"max(2, 3)", "3"},
             {"min([1, 5], [4, 2])", "[1, 2]"},
             {"Int(2.7)", "2"},
             {"isnan([nan, 1])", "[true, false]"},
             {"gamma(5)", "24.0"},
             {"exp(true)", "2.718281828"}});
}

TEST_CASE("reductions take axes") {
  const char* matrix = "A = [[1, 2], [3, 4]]\n";
  const Case cases[] = {{"sum(A)", "10"},
                        {"sum(A, axis: 0)", "[4, 6]"},
                        {"sum(A, axis: -1)", "[3, 7]"},
                        {"sum(A, axis: (0, 1))", "10"},
                        {"sum(A, axis: 1, keepdims: true)", "[[3], [7]]"},
                        {"prod(A)", "24"},
                        {"mean(A)", "2.5"},
                        {"mean(A, axis: 0)", "[2.0, 3.0]"},
                        {"max(A)", "4"},
                        {"max(A, axis: 0)", "[3, 4]"},
                        {"min(A, axis: 1, keepdims: true)", "[[1], [3]]"},
                        {"argmax(A)", "3"},
                        {"argmax(A, axis: 1)", "[1, 1]"},
                        {"argmin(A, axis: 0)", "[0, 0]"},
                        {"cumsum(A, axis: 1)", "[[1, 3], [3, 7]]"},
                        {"cumsum([1, 2, 3])", "[1, 3, 6]"},
                        {"any(A > 3)", "true"},
                        {"all(A > 3)", "false"},
                        {"count(A > 1)", "3"},
                        {"mean(A > 1)", "0.75"},
                        {"sort([3, 1, 2])", "[1, 2, 3]"},
                        {"sort([[3, 1], [2, 5]])", "[[1, 3], [2, 5]]"},
                        {"sort([[3, 1], [2, 0]], axis: 0)", "[[2, 0], [3, 1]]"},
                        {"argsort([3, 1, 2])", "[1, 2, 0]"}};
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(run(std::string(matrix) + one.text) == one.result);
  }
}

TEST_CASE("shapes are asked for and changed") {
  check_all({{"shape(zeros(2, 3))", "(2, 3)"},
             {"size(zeros(2, 3))", "6"},
             {"size(zeros(2, 3), axis: 1)", "3"},
             {"rank(1.0)", "0"},
             {"type(zeros(2))", "Real[2]"},
             {"reshape(0..6, 2, 3)", "[[0, 1, 2], [3, 4, 5]]"},
             {"reshape(0..6, (3, -1))", "[[0, 1], [2, 3], [4, 5]]"},
             {"zeros(shape([[1, 2]]))", "[[0.0, 0.0]]"},
             {"zeros([1, 2])", "[[0.0, 0.0]]"},
             {"transpose([[1, 2], [3, 4]])", "[[1, 3], [2, 4]]"},
             {"shape(transpose(zeros(2, 3, 4), (1, 2, 0)))", "(3, 4, 2)"},
             {"diag([1, 2])", "[[1, 0], [0, 2]]"},
             {"diag([[1, 2], [3, 4]])", "[1, 4]"},
             {"trace([[1, 2], [3, 4]])", "5"},
             {"tril([[1, 2], [3, 4]])", "[[1, 0], [3, 4]]"},
             {"triu([[1, 2], [3, 4]], 1)", "[[0, 2], [0, 0]]"},
             {"eye(2)", "[[1.0, 0.0], [0.0, 1.0]]"},
             {"full((2, 2), 7)", "[[7, 7], [7, 7]]"},
             {"linspace(0, 1, 5)", "[0.0, 0.25, 0.5, 0.75, 1.0]"},
             {"range(1, 7, 2)", "[1, 3, 5]"},
             {"range(3)", "[0, 1, 2]"},
             {"range(5, 0, -2)", "[5, 3, 1]"},
             {"range(0, 1, 0.25)", "[0.0, 0.25, 0.5, 0.75]"},
             {"concat([1, 2], [3])", "[1, 2, 3]"},
             {"concat([[1], [2]], [[3], [4]], axis: 1)", "[[1, 3], [2, 4]]"},
             {"stack([1, 2], [3, 4], axis: 1)", "[[1, 3], [2, 4]]"},
             {"append([1, 2], 3)", "[1, 2, 3]"},
             {"split([1, 2, 3, 4], 2)", "([1, 2], [3, 4])"},
             {"without([1, 2, 3], 1)", "[1, 3]"},
             {"one_hot([1, 0], 2)", "[[0.0, 1.0], [1.0, 0.0]]"},
             {"f(n) = zeros(n)\nf(2)", "[0.0, 0.0]"}});
}

TEST_CASE("functions over what loops walk") {
  check_all({{"map(x -> x^2, [1, 2, 3])", "[1, 4, 9]"},
             {"map(x -> x + 1, (1, 2.5))", "(2, 3.5)"},
             {"map(i -> 2*i, 0..3)", "[0, 2, 4]"},
             {"filter(x -> x > 1, [1, 2, 3])", "[2, 3]"},
             {"reduce((a, x) -> 10*a + x, 0, [1, 2, 3])", "123"},
             {"reduce((a, x) -> a + x, 0, [0.5, 1])", "1.5"},
             {"scan((a, x) -> a + x, 0, [1, 2, 3])", "[1, 3, 6]"},
             {"scan((a, x) -> a + x, 0, (1, 2))", "(1, 3)"},
             {"iterate(x -> 2*x, 1, 4)", "[1, 2, 4, 8, 16]"},
             {"iterate(x -> x/2, 1, 2)", "[1.0, 0.5, 0.25]"},
             {"compose(sqrt, abs)(-4)", "2.0"},
             {"[a*b for (a, b) in zip([1, 2], [3, 4])]", "[3, 8]"},
             {"[i*a for (i, a) in enumerate([5, 6])]", "[0, 6]"},
             {"zip((1, 2), (3, 4))", "((1, 3), (2, 4))"},
             {"vmap(x -> sum(x))([[1, 2], [3, 4]])", "[3, 7]"},
             {"vmap((x, y) -> x*y)([1, 2], [3, 4])", "[3, 8]"},
             {"vmap((x, c) -> sum(x)*c, axes: (1, none))([[1, 2], [3, 4]], 10)", "[40, 60]"}});
}

TEST_CASE("linear algebra") {
  check_all(
      {{"solve([[2, 0], [0, 4]], [2, 2])", "[1.0, 0.5]"},
       {"det([[1, 2], [3, 4]])", "-2.0"},
       {"inv([[2, 0], [0, 4]])", "[[0.5, 0.0], [0.0, 0.25]]"},
       {"logdet([[2, 0], [0, 4]]) ≈ log(8)", "true"},
       {"isnan(logdet([[0, 1], [1, 0]]))", "true"},
       {"cholesky([[4, 0], [0, 9]])", "[[2.0, 0.0], [0.0, 3.0]]"},
       {"(v, w) = eigh([[2, 0], [0, 1]])\nv", "[1.0, 2.0]"},
       {"A = [[1, 2], [3, 4], [5, 6]]\n(q, r) = qr(A)\nq @ r ≈ A", "true"},
       {"A = [[1, 2], [3, 4], [5, 6]]\n(u, s, vt) = svd(A)\nu @ diag(s) @ vt ≈ A", "true"},
       {"einsum(\"ij,jk->ik\", [[1, 2], [3, 4]], [[0, 1], [1, 0]])", "[[2, 1], [4, 3]]"},
       {"einsum(\"ij->ji\", [[1, 2], [3, 4]])", "[[1, 3], [2, 4]]"},
       {"einsum(\"ii\", [[1, 2], [3, 4]])", "5"},
       {"einsum(\"ii->i\", [[1, 2], [3, 4]])", "[1, 4]"},
       {"einsum(\"i,j->ij\", [1, 2], [3, 4])", "[[3, 4], [6, 8]]"},
       {"einsum(\"bij,bj->bi\", ones(2, 3, 4), ones(2, 4))", "[[4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]"},
       {"einsum(\"ij,jk,kl->il\", eye(2), [[1, 2], [3, 4]], eye(2))", "[[1.0, 2.0], [3.0, 4.0]]"},
       {"A = [[1.0, 2], [3, 4]]\ngrad(x -> einsum(\"i,ij,j\", x, A, x))([1.0, 1.0])",
        "[7.0, 13.0]"},
       {"einsum(\"ij,jk->ik\", eye(2), eye(3))",
        "shapes do not fit: `j` of `einsum` has size 2 and size 3"},
       {"det([1, 2])", "`det` needs a square matrix, this is Int[2]"}});
}

TEST_CASE("print writes texts and values") {
  Run session;
  session("print(\"x = {1.5}, {[1, 2]}\")");
  CHECK(session.printed() == "x = 1.5, [1, 2]\n");
  session("print(\"{3.14159:.2f}\", 7, {a: 1})");
  CHECK(session.printed() == "3.14 7 {a: 1}\n");
  session("print([1/3], digits: 10)");
  CHECK(session.printed() == "[0.3333333333]\n");
  session("print(2.0, digits: 3)");
  CHECK(session.printed() == "2.0\n");
  session("print(sin, (1,), none)");
  CHECK(session.printed() == "sin (1,) none\n");
  session(
      "f(x) = if x > 0 then \"up\" else \"down\"\nfor x in [1, -1] { print(\"it goes {f(x)}!\") }");
  CHECK(session.printed() == "it goes up!\nit goes down!\n");
  CHECK(session("print(\"{1.5:q}\")") != "()");
}

TEST_CASE("random numbers follow the seed") {
  CHECK(run("seed(1)\na = rand(3)\nseed(1)\nb = rand(3)\na == b") == "[true, true, true]");
  CHECK(run("seed(1)\nx = randn(1000)\nabs(mean(x)) < 0.2") == "true");
  CHECK(run("x = randint(2, 5, 100)\n(min(x) >= 2, max(x) < 5)") == "(true, true)");
  CHECK(run("sort(permutation(4))") == "[0, 1, 2, 3]");
}

TEST_CASE("wrong arguments are told with the signature") {
  check_all(
      {{"sum([1], axes: 0)",
        "`sum` has no parameter `axes` | did you mean `axis`? its signature is `sum(x, axis = "
        "none, "
        "keepdims = false)`"},
       {"sin()", "`sin` needs `x` | its signature is `sin(x)`"},
       {"sin(1, 2)", "`sin` takes 1 argument, 2 are given | its signature is `sin(x)`"},
       {"sum([1], axis: 1)", "axis 1 does not exist: the argument of `sum` has 1 axis"},
       {"sin(\"a\")", "`sin` needs a number or tensor, this is String"},
       {"sin(cos)",
        "`sin` needs a number or tensor, this is function | call the function first: "
        "`f(x)`"},
       {"zeros(-1)", "a size must not be negative, this is -1"},
       {"zeros(1.5)",
        "a size must be an Int, this is Real | `Int(x)` makes an Int of a whole Real"},
       {"reshape(0..6, 4, 2)", "shapes do not fit: Int[6] has 6 entries, Int[4, 2] has 8"},
       {"where(1, 2, 3)", "`where` chooses by Bools, this is Int | compare: `where(x > 0, …, …)`"},
       {"any([1, 2])", "`any` needs Bools, this is Int[2] | compare: `any(x > 0)`"},
       {"map(1, [1])",
        "`map` needs a function, this is Int | `x -> …` makes a function of an "
        "expression"},
       {"concat(1, 2)",
        "`concat` joins tensors, the first is a number | `[a, b]` makes a vector of "
        "numbers, `[...v, x]` appends to one"},
       {"stack([1], [1, 2])",
        "shapes do not fit: `stack` needs equal sizes on the other axes, Int[1] and Int[2]"}});
}
