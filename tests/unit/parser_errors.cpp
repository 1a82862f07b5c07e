// What is wrong, and what is said about it: every message of the parser with its place and hint.
#include <catch2/catch.hpp>

#include "tests/unit/parsing.h"

namespace calc::test {

namespace {

struct Case {
  const char* text;
  std::vector<std::string> expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    CAPTURE(each.text);
    CHECK(errors(each.text) == each.expected);
  }
}

}  // namespace

TEST_CASE("errors: brackets and ends") {
  check({
      {"x = ", {"1:4 expected a value, found the end of the text"}},
      {"1 + * 2", {"1:5 expected a value, found `*`"}},
      {"(1 + 2", {"1:1 `(` is never closed"}},
      {"f(a, b", {"1:2 `(` is never closed"}},
      {"[1, 2", {"1:1 `[` is never closed"}},
      {"f(x) = {\n  y = 1", {"1:8 `{` is never closed"}},
      {"x = (1, 2]", {"1:10 expected `)`, found `]`"}},
      {"x = [1, 2)", {"1:10 expected `]`, found `)`"}},
      {"p = {a: 1]", {"1:10 expected `}`, found `]`"}},
      {")", {"1:1 `)` closes nothing"}},
      {"x = 1 }", {"1:7 `}` closes nothing"}},
      {"f(x) = (x + 1\ng(x) = 2", {"1:8 `(` is never closed"}},
  });
}

TEST_CASE("errors: side by side") {
  check({
      {"2x",
       {"1:2 expected the end of the statement, found `x` | a product needs its sign: `2*x`"}},
      {"2(x + 1)", {"1:2 a number is not a function | a product needs its sign: `2*(…)`"}},
      {"f x",
       {"1:3 expected the end of the statement, found `x` | a call is written `f(x)`, a product "
        "`f*x`"}},
      {"5 5",
       {"1:3 expected the end of the statement, found `5` | a product needs its sign: `5*5`"}},
      {"x = a b + 1",
       {"1:7 expected the end of the statement, found `b` | a call is written `a(b)`, a product "
        "`a*b`"}},
  });
}

TEST_CASE("errors: words of other languages") {
  check({
      {"print \"hello\"",
       {"1:7 expected the end of the statement, found a string | a call needs parentheses: "
        "`print(x)`"}},
      {"def f(x):\n  return x",
       {"1:5 expected the end of the statement, found `f` | a function is defined `f(x) = x^2`"}},
      {"let y = 3",
       {"1:5 expected the end of the statement, found `y` | a name is bound by `x = 1`"}},
      {"lambda x: x^2",
       {"1:8 expected the end of the statement, found `x` | a function is written `x -> x^2`"}},
      {"from optim import adam",
       {"1:6 expected the end of the statement, found `optim` | write `import optim`, or `import "
        "optim: adam`"}},
  });
}

TEST_CASE("errors: symbols of other languages") {
  check({
      {"x = 2 ** 3", {"1:7 `**` is not an operator | a power is written `x^2`"}},
      {"a && b || !c",
       {"1:3 `&&` is not an operator | write `and`", "1:8 `||` is not an operator | write `or`",
        "1:11 `!` is not an operator | write `not`"}},
      {"a <> b", {"1:3 `<>` is not an operator | write `!=`"}},
      {"x := 3", {"1:3 `:=` is not an operator | write `=`"}},
      {"x => x^2", {"1:3 `=>` is not an operator | a function is written `x -> x^2`"}},
      {"x++", {"1:2 `++` is not an operator | write `x += 1`"}},
      {"x ^= 2", {"1:4 expected a value, found `=` | write `x = x ^ …`"}},
  });
}

TEST_CASE("errors: conditions and loops") {
  check({
      {"if x = 1 { y }",
       {"1:6 expected `{` or `then` after the condition, found `=` | `==` compares"}},
      {"if x { y } elif z { w }",
       {"1:12 expected the end of the statement, found `elif` | write `else if`"}},
      {"if x > 0:\n  y = 1\nelse:\n  y = 2",
       {"1:9 expected `{` or `then` after the condition, found `:` | a block stands in braces: `{ "
        "… }`"}},
      {"if x\n{ y }",
       {"1:5 expected `{` or `then` after the condition, found the end of the line | the `{` "
        "stands on the same line"}},
      {"if x y",
       {"1:6 expected `{` or `then` after the condition, found `y` | a block stands in braces: `{ "
        "… }`"}},
      {"while x y",
       {"1:9 expected `{` and the body of the loop, found `y` | a block stands in braces: `{ … "
        "}`"}},
      {"for (i in xs) { i }",
       {"1:5 the head of a loop stands without parentheses | write `for x in xs { … }`"}},
      {"for (i = 0; i < n; i++) { i }",
       {"1:5 this is no head of a loop | a loop is written `for i in 0..n { … }`"}},
      {"for i = 0..3 { i }",
       {"1:7 expected `in`, found `=` | a loop is written `for x in xs { … }`"}},
      {"for 3 in xs { i }", {"1:5 expected a name, `(…)` or `{…}`, found `3`"}},
      {"else { 1 }", {"1:1 expected a value, found `else` | `else` follows the `}` of its `if`"}},
  });
}

TEST_CASE("errors: strings") {
  check({
      {"'abc'", {"1:1 expected a value, found `'` | strings stand in double quotes"}},
      {"\"abc", {"1:1 this string is not closed | a string ends on its line, with `\"`"}},
      {"f(\"a, {x}\ny = )",
       {"1:3 this string is not closed | `{` opens an expression in a string; the character is "
        "written `\\{`",
        "2:5 `)` closes nothing"}},
      {"\"a {x\"",
       {"1:1 this string is not closed | `{` opens an expression in a string; the character is "
        "written `\\{`"}},
      {"\"{}\"", {"1:3 there is no expression in these braces | the character is written `\\{`"}},
      {"\"{x y}\"",
       {"1:5 expected `}` in the string, found `y` | a call is written `x(y)`, a product `x*y`"}},
      {"\"{x:.3\"",
       {"1:1 this string is not closed | `{` opens an expression in a string; the character is "
        "written `\\{`"}},
      {"\"\\q \\u{110000}\"",
       {"1:2 `\\q` is not an escape | a backslash is written `\\\\`",
        "1:5 this escape names no character | an example is `\\u{3c0}`, which is π"}},
  });
}

TEST_CASE("errors: numbers and characters") {
  check({
      {"x = 99999999999999999999",
       {"1:5 this number is too large for an `Int` | with a point, `99999999999999999999.0`, it is "
        "a `Real`"}},
      {"9223372036854775808",
       {"1:1 this number is too large for an `Int` | with a point, `9223372036854775808.0`, it is "
        "a `Real`"}},
      {"1e999", {"1:1 this number is too large for a `Real` | infinity is `inf`"}},
      {"1_000", {"1:1 the digits of a number are not grouped | leave the `_` out"}},
      {"x = $5", {"1:5 `$` has no meaning here"}},
      {"a \? b : c", {"1:3 `?` has no meaning here | a choice is written `if c then a else b`"}},
      {"“abc”", {"1:1 `“` has no meaning here | strings stand in straight quotes, `\"…\"`"}},
      {"x\x01"
       "y",
       {"1:2 this control character has no meaning here"}},
      {"\xff"
       "",
       {"1:1 this byte is not UTF-8 text"}},
  });
}

TEST_CASE("errors: arrays, records and arguments") {
  check({
      {"[1 2; 3 4]",
       {"1:4 expected `,` or `]`, found `2` | entries are separated by commas: `[1, 2]`"}},
      {"[1, 2; 3, 4]",
       {"1:6 expected `,` or `]`, found `;` | a matrix is written `[[1, 2], [3, 4]]`"}},
      {"[x^2 for x in xs for y in ys]",
       {"1:18 expected `,` or `]`, found `for` | each further variable follows a comma: `for a in "
        "u, b in v`"}},
      {"sum(x for x in xs)",
       {"1:7 expected `,` or `)`, found `for` | a comprehension stands in brackets: `[x^2 for x in "
        "xs]`"}},
      {"(w: 1)", {"1:3 expected `,` or `)`, found `:` | a record stands in braces: `{w: 1.0}`"}},
      {"{w = 1, b: 2}",
       {"1:7 expected the end of the statement, found `,` | an array is written `[1, 2]`, a tuple "
        "`(1, 2)`, a record `{w: 1.0}`"}},
      {"{w: 1 b: 2}", {"1:7 expected `,` or `}`, found `b` | a comma is missing here"}},
      {"{w: 1, w: 2}", {"1:8 the field `w` is given twice"}},
      {"f(lr: 1, lr: 2)", {"1:10 the argument `lr` is given twice"}},
      {"f(lr: 0.1, x)", {"1:12 an argument without a name follows one with a name"}},
      {"f(lr = 0.1)",
       {"1:6 expected `,` or `)`, found `=` | a named argument is written `lr: …`, and `==` "
        "compares"}},
  });
}

TEST_CASE("errors: definitions and types") {
  check({
      {"f(x, x) = x", {"1:6 two parameters are named `x`"}},
      {"f(a, (a, b)) = a", {"1:7 two parameters are named `a`"}},
      {"(a, a) = p", {"1:5 `a` is bound twice in this pattern"}},
      {"f(1) = 2",
       {"1:3 expected the name of a parameter, found `1` | a function is defined for every value: "
        "`f(x) = …`"}},
      {"f(x) -> x^2",
       {"1:10 expected `=` and the body of `f`, found `^` | with its result type a function is "
        "defined `f(x) -> Real = x^2`"}},
      {"f(x: 3) = x", {"1:6 expected a type, found `3`"}},
      {"f(x: Real[n + 1]) = x", {"1:13 expected `,` or `]`, found `+`"}},
      {"f(x: Real[]) = x", {"1:6 this type has no sizes in its brackets"}},
  });
}

TEST_CASE("errors: assignments") {
  check({
      {"f(x)(y) = 1",
       {"1:1 a call cannot be assigned to | a function is defined `f(x) = …`, with a name and its "
        "parameters"}},
      {"f'(x) = 2",
       {"1:1 a derivative cannot be assigned to | it follows from the function; "
        "`with_derivative(f, df)` gives it another one"}},
      {"3 = x",
       {"1:1 this cannot be assigned to | `==` compares; a name, an entry `A[i]` or a field `p.w` "
        "can be assigned to"}},
      {"a + b = c",
       {"1:1 this cannot be assigned to | `==` compares; a name, an entry `A[i]` or a field `p.w` "
        "can be assigned to"}},
      {"x = y = z",
       {"1:7 expected the end of the statement, found `=` | a statement assigns once: `a = b; "
        "c = b`; `==` compares"}},
      {"(A[i], b) = p",
       {"1:2 an entry or a field cannot stand in a pattern | assign to it in a statement of its "
        "own"}},
      {"a, b = b, a",
       {"1:2 expected the end of the statement, found `,` | a tuple stands in parentheses: `(a, b) "
        "= (b, a)`"}},
  });
}

TEST_CASE("errors: indices, ranges and other places") {
  check({
      {"A[]", {"1:2 there is nothing in these brackets | all entries are `x[:]`, or `x` itself"}},
      {"grad[](f)",
       {"1:5 there is nothing in these brackets | without brackets an operator takes all "
        "parameters: `grad(f)`"}},
      {"A[1,,2]", {"1:5 expected an index, found `,` | `:` takes the whole axis: `A[:, 2]`"}},
      {"A.*B",
       {"1:3 expected the name of a field after `.`, found `*` | `*` goes entry by entry already"}},
      {"t.0", {"1:2 expected the end of the statement, found `.0` | an entry is `t[0]`"}},
      {"()", {"1:1 there is no value in these parentheses | the empty value is `{}`"}},
      {"_ + 1", {"1:1 `_` has no value | it stands for a value that is not wanted"}},
      {"0..n..2", {"1:5 a range has two ends | with a step, write `range(start, stop, step)`"}},
      {"1 + not x", {"1:5 expected a value, found `not` | put it in parentheses: `(not x)`"}},
      {"% comment (", {"1:1 `%` does not begin a comment | a comment begins with `#`"}},
      {"x = 1\n  // comment {", {"2:3 `//` does not begin a comment | a comment begins with `#`"}},
      {"x = 1 // the first",
       {"1:14 expected the end of the statement, found `first` | a comment begins with `#`"}},
  });
}

TEST_CASE("errors: statements") {
  check({
      {"import", {"1:7 expected a module name or a path in quotes, found the end of the text"}},
      {"import optim:", {"1:14 expected a name to import, found the end of the text"}},
      {"import \"a\" as 3",
       {"1:15 expected a name for the module, found `3` | as in `import nn as n`"}},
      {"test \"a {b}\" { }", {"1:6 the name of a test has no holes"}},
      {"x: Real",
       {"1:8 expected `=` and a value, found the end of the text | a type alone declares nothing"}},
      {"x = ∂[x", {"1:6 `[` is never closed"}},
      {"x...y", {"1:2 expected the end of the statement, found `...` | a range is written `0..n`"}},
      {"a = )\nb = 2 2\nc = (\nd = 1",
       {"1:5 `)` closes nothing",
        "2:7 expected the end of the statement, found `2` | a product needs its sign: `2*2`",
        "3:5 `(` is never closed"}},
      {"f(x) = {\n a = )\n b = * 2\n a\n}\ng = ]",
       {"2:6 `)` closes nothing", "3:6 expected a value, found `*`", "6:5 `]` closes nothing"}},
  });
}

TEST_CASE("errors: a bracket that is never closed hides no other error and causes none") {
  check({
      {"x = f(1, 2\ny = 2 2\nz = 3",
       {"1:6 `(` is never closed",
        "2:7 expected the end of the statement, found `2` | a product needs its sign: `2*2`"}},
      {"x = [1,\n     2\ny = )", {"1:5 `[` is never closed", "3:5 `)` closes nothing"}},
      {"f(x) = {\n  y = (x + 1\n  z = * 2\n  z\n}\ng = )",
       {"2:7 `(` is never closed", "3:7 expected a value, found `*`", "6:5 `)` closes nothing"}},
      {"x = f(g(1\ny = (2)\nz = * 3",
       {"1:8 `(` is never closed", "3:5 expected a value, found `*`"}},
      {"x = (\n  1,\n  2\n", {"1:5 `(` is never closed"}},
  });
  for (const char* text : {"x = (1, 2\n", "f(1,\n", "x = [1\n"}) CHECK(incomplete(text));
}

TEST_CASE("errors: depth is one error, never a crash") {
  const std::vector<std::string> texts{
      repeat("(", 10000) + "1" + repeat(")", 10000),
      repeat("[", 10000),
      repeat("{", 10000),
      repeat("f(", 10000) + "1",
      "1" + repeat("+1", 10000),
      repeat("-", 10000) + "1",
      repeat("not ", 10000) + "x",
      "f" + repeat("'", 10000),
      "f" + repeat("(1)", 10000),
      "1" + repeat("^1", 10000),
      repeat("x -> ", 10000) + "x",
      "x" + repeat(" |> f", 10000),
      repeat("if a { b } else ", 10000) + "{ c }",
      repeat("if a then b else ", 10000) + "c",
      repeat("if a { ", 10000) + repeat("}", 10000),
      "f(x: " + repeat("(", 10000) + "Real" + repeat(")", 10000) + ") = 1",
      "f(x: " + repeat("Real -> ", 10000) + "Real) = 1",
      repeat("(", 10000) + "a" + repeat(")", 10000) + " = 1",
      "for " + repeat("{a: ", 10000) + "b" + repeat("}", 10000) + " in c {}",
      repeat("\"{", 10000) + "1" + repeat("}\"", 10000),
      repeat("∇", 10000) + "f",
      repeat("√", 10000) + "2",
      repeat("{a: ", 10000) + "1" + repeat("}", 10000),
  };
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 30));
    const auto found = errors(text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].find(" this is nested too deeply | the limit is 1000 levels") !=
          std::string::npos);
  }
}

TEST_CASE("what stays below the limit of depth parses") {
  CHECK(errors(repeat("(", 990) + "1" + repeat(")", 990)).empty());
  CHECK(errors("1" + repeat("+1", 990)).empty());
  CHECK(errors("[" + repeat("1,", 20000) + "]").empty());
}

TEST_CASE("errors: a text tells at most twenty") {
  CHECK(errors(repeat("x = )\n", 1000)).size() == 20);
  CHECK(errors(repeat("f(x) = {\n y = * 2\n", 1000)).size() == 20);
  CHECK(errors(repeat("x = 1_0\n", 1000)).size() == 20);
}

TEST_CASE("a wrong statement is left out, the others are there") {
  base::Sources sources;
  const auto count = [&](const char* text) {
    return syntax::parse(sources, sources.add("test", text)).program->stmts.size();
  };
  CHECK(count("a = 1\nb = )\nc = 3") == 2);
  CHECK(count("a = 1\nf(x) = {\n y = )\n y\n}\nc = 3") == 2);
  CHECK(count("a = 2 ** 3\nb = \"\\q\"\nc = 3") == 1);
}

TEST_CASE("a prompt asks for more only where the text ends inside a bracket or after an operator") {
  for (const char* text : {"f(", "[1,\n2", "f(x) = {\n  y = 1\n", "x =", "1 +\n", "a and", "x ->",
                           "f(x) = {\n if x {\n", "p = {a: 1,", "x |>\n# comment\n"}) {
    CAPTURE(text);
    CHECK(incomplete(text));
  }
  for (const char* text : {"", "x", "x = 1\n", "if x", ")", "(1 + )", "x = )\nf(", "\"abc",
                           "x = 1_0 +", "f(x y", "import", "# comment"}) {
    CAPTURE(text);
    CHECK_FALSE(incomplete(text));
  }
}

}  // namespace calc::test
