#include <catch2/catch.hpp>

#include "tests/unit/elab_cases.h"

using calc::test::check_all;
using calc::test::Run;
using calc::test::run;

TEST_CASE("numbers promote as the language says") {
  check_all({{"7 // 2", "3"},
             {"-7 // 2", "-4"},
             {"-7 % 3", "2"},
             {"7 / 2", "3.5"},
             {"1 + 2.5", "3.5"},
             {"true + true", "2"},
             {"2^10", "1024"},
             {"2^-1", "0.5"},
             {"2.0^3", "8.0"},
             {"(-2.0)^3", "-8.0"},
             {"4^0.5", "2.0"},
             {"-3^2", "-9"},
             {"7.5 // 2", "3.0"},
             {"1 / 0", "inf"},
             {"sum([1, 2, 3] > 1)", "2"},
             {"Real32(0.5) + 1", "1.5"},
             {"type(Real32(0.5) + 0.1)", "Real32"},
             {"x = 0.1\ntype(Real32(0.5) + x)", "Real"},
             {"type(Real32(0.5) * 2)", "Real32"},
             {"type([1, 2] + [0.5, 1])", "Real[2]"},
             {"type(true and false)", "Bool"}});
}

TEST_CASE("shapes broadcast as in NumPy") {
  check_all({{"[1, 2] + 1", "[2, 3]"},
             {"[[1, 2], [3, 4]] + [10, 20]", "[[11, 22], [13, 24]]"},
             {"[[1], [2]] * [10, 20]", "[[10, 20], [20, 40]]"},
             {"[1, 2, 3][:, none] + [10, 20][none, :]", "[[11, 21], [12, 22], [13, 23]]"},
             {"[1, 2, 3] < 2", "[true, false, false]"},
             {"not ([1, 2] == [1, 3])", "[false, true]"},
             {"x = [1, 2, 3]\ny = x[x > 1]\ny + y", "[4, 6]"},
             {"x = [1, 2, 3]\ny = x[x > 1]\ny * 2 + 1", "[5, 7]"},
             {"x = [1, 2, 3]\ny = x[x > 1]\ny + [10, 20]", "[12, 23]"}});
}

TEST_CASE("products contract the last axis with the first") {
  check_all({{"[1, 2] @ [3, 4]", "11"},
             {"[[1, 2], [3, 4]] @ [1, 1]", "[3, 7]"},
             {"[1, 1] @ [[1, 2], [3, 4]]", "[4, 6]"},
             {"[[1, 2], [3, 4]] @ [[0, 1], [1, 0]]", "[[2, 1], [4, 3]]"},
             {"[1, 2] · [3.0, 4]", "11.0"},
             {"{a: 1, b: [1, 2]} · {a: 3, b: [1, 1]}", "6"},
             {"A = [[1, 2], [3, 4]]\nA'", "[[1, 3], [2, 4]]"},
             {"shape(zeros(5, 2, 3) @ zeros(3, 4))", "(5, 2, 4)"},
             {"shape(zeros(5, 2, 3) @ zeros(5, 3, 4))", "(5, 2, 4)"},
             {"shape(zeros(2, 3) @ zeros(5, 3, 4))", "(5, 2, 4)"},
             {"shape(zeros(5, 2, 3) @ zeros(3))", "(5, 2)"},
             {"A = reshape(0..8, 2, 2, 2)\nA @ A", "[[[2, 3], [6, 11]], [[46, 55], [66, 79]]]"}});
}

TEST_CASE("records and tuples are vectors") {
  check_all({{"{w: [1, 2], b: 1} + {w: [1, 1], b: 2}", "{w: [2, 3], b: 3}"},
             {"2 * (1, [2, 3])", "(2, [4, 6])"},
             {"(1.0, 2.0) / 2", "(0.5, 1.0)"},
             {"-{a: 1}", "{a: -1}"},
             {"p = {w: 1.0, b: 2.0}\np - 0.5*p", "{w: 0.5, b: 1.0}"},
             {"norm((3, [4]))", "5.0"},
             {"flatten({w: [[1, 2], [3, 4]], b: 5})", "[1.0, 2.0, 3.0, 4.0, 5.0]"},
             {"unflatten([1, 2, 3], like: (0.0, zeros(2)))", "(1.0, [2.0, 3.0])"},
             {"map_leaves(x -> 2*x, (1, [2, 3]))", "(2, [4, 6])"}});
}

TEST_CASE("equality of structures and nearness are one Bool") {
  check_all({{"(1, [2, 3]) == (1, [2, 3])", "true"},
             {"(1, [2, 3]) == (1, [2, 4])", "false"},
             {"(1, 2) != (1, 2, 3)", "true"},
             {"\"a\" == \"a\"", "true"},
             {"\"a\" == \"b\"", "false"},
             {"0.1 + 0.2 ≈ 0.3", "true"},
             {"0.1 + 0.2 == 0.3", "false"},
             {"[1.0, 2.0] ≈ [1.0, 2.0 + 1e-12]", "true"},
             {"[1.0, 2.0] ≈ [1.0, 2.1]", "false"},
             {"[1.0, 2.0] ≈ [1.0, 2.0, 3.0]", "false"},
             {"nan ≈ nan", "false"},
             {"inf ≈ inf", "true"},
             {"inf ≈ 1.0", "false"},
             {"{a: 1} ≈ {a: 1.0}", "true"},
             {"isclose(1.0, 1.1, rtol: 0.2)", "true"}});
}

TEST_CASE("array literals stack and splice") {
  check_all({{"[1, 2.5]", "[1.0, 2.5]"},
             {"[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]"},
             {"v = [1, 2]\n[...v, 3]", "[1, 2, 3]"},
             {"v = [1.5, 2]\n[0, ...v, ...v]", "[0.0, 1.5, 2.0, 1.5, 2.0]"},
             {"shape([])", "(0)"},
             {"[0..3, 1..4]", "[[0, 1, 2], [1, 2, 3]]"},
             {"[true, false]", "[true, false]"}});
}

TEST_CASE("operators say what does not fit") {
  check_all(
      {{"[1.0, 2, 3] + [1.0, 2, 3, 4]",
        "shapes do not fit: `+` needs equal sizes, Real[3] and Real[4]"},
       {"zeros(2, 3) + zeros(3, 2)",
        "shapes do not fit: `+` needs equal sizes, Real[2, 3] and Real[3, 2] | one of them is "
        "transposed: `A'` is the transpose of `A`"},
       {"zeros(3, 4) @ zeros(5)",
        "shapes do not fit: `@` contracts Real[3, 4] with Real[5] [the last axis of the left has "
        "size "
        "4, the first of the right has size 5]"},
       {"zeros(3, 4) @ zeros(3)",
        "shapes do not fit: `@` contracts Real[3, 4] with Real[3] [the last axis of the left has "
        "size "
        "4, the first of the right has size 3] | the left may want its transpose: `A' @ …`"},
       {"\"a\" + \"b\"", "`+` is not defined for String and String | `\"{a}{b}\"` joins texts"},
       {"sin + cos",
        "`+` is not defined for function and function | combine the values: `x -> f(x) + g(x)`"},
       {"{a: 1} + {b: 1}", "`+` needs equal structures, {a: Int} and {b: Int} differ"},
       {"{w: zeros(2)} + {w: zeros(3)}",
        "`+` needs equal shapes: field `w` is Real[2] on the left and Real[3] on the right"},
       {"not 1", "`not` needs a Bool, this is Int | compare it: `… == 0`"},
       {"[[1, 2], [3]]",
        "the entries of an array need equal shapes, Int[2] and Int[1] [Int[1]] | `[...v, x]` "
        "splices the "
        "entries of `v`; a tuple holds different shapes"},
       {"2.0 @ [1]",
        "`@` contracts vectors and matrices, not Real with Int[1] | `*` multiplies by a number"},
       {"(1.0)'",
        "`'` transposes a matrix, this is Real | `'` is the derivative of a function: `f'(x)`, not "
        "`f(x)'`"},
       {"x = [1, 2, 3]\nx[x > 1] + x", "shapes do not fit: `+` needs equal sizes, 3 and 2"}});
}
