// The layout of `calc fmt`.
#include <catch2/catch.hpp>
#include <random>

#include "lang/syntax/format.h"
#include "tests/unit/parsing.h"

namespace calc::test {

namespace {

std::string formatted(const std::string& text) {
  base::Sources sources;
  return syntax::format(sources, sources.add("test", text));
}

struct Case {
  const char* text;
  const char* expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    CAPTURE(each.text);
    const std::string once = formatted(each.text);
    CHECK(once == std::string(each.expected) + "\n");
    CHECK(formatted(once) == once);
    CHECK(tree(once) == tree(each.text));
  }
}

}  // namespace

TEST_CASE("format: blanks between tokens") {
  check({
      {"f( x,y )=x ^ 2*sin( x )", "f(x, y) = x^2*sin(x)"},
      {"a*b +c", "a*b + c"},
      {"a+b - c", "a+b - c"},
      {"x=- 1;y=a- -b", "x = -1; y = a - -b"},
      {"p={w:zeros(3),b : 0.0 , ...q}", "p = {w: zeros(3), b: 0.0, ...q}"},
      {"{ w , b }=p", "{w, b} = p"},
      {"f(x)={y=x;y}", "f(x) = { y = x; y }"},
      {"e={ }", "e = {}"},
      {"if a{b}else{c}", "if a { b } else { c }"},
      {"A[ : ,1 : 2]=B [ ::2 ]", "A[:, 1:2] = B[::2]"},
      {"0 .. n |>f", "0..n |> f"},
      {"2. .. 3", "2. ..3"},
      {"f ' '( x ) . w", "f''(x).w"},
      {"∇ [x] f( 1 )+∇² g+√ 2+x ²", "∇[x] f(1)+∇²g+√2+x²"},
      {"w=x->-x", "w = x -> -x"},
      {"not a and-b<c", "not a and -b < c"},
      {"f( ... args,lr:0.1 )", "f(...args, lr: 0.1)"},
      {"m(x:Real[n,_],g:(A,B)->C)->Real=x", "m(x: Real[n, _], g: (A, B) -> C) -> Real = x"},
      {"\"a { x+1 :.2f } b{ y }\"", "\"a {x+1:.2f } b{y}\""},
      {"import   optim:adam,sgd", "import optim: adam, sgd"},
      {"for(x,t)in zip(X,T){}", "for (x, t) in zip(X, T) {}"},
      {"if x then(1,2)else[3]", "if x then (1, 2) else [3]"},
  });
}

TEST_CASE("format: indentation") {
  check({
      {"for i in xs {\na\nif b {\n  c\n}\nelse {\nd\n}\n}",
       "for i in xs {\n  a\n  if b {\n    c\n  }\n  else {\n    d\n  }\n}"},
      {"A = [[1, 2],\n[3, 4]]", "A = [[1, 2],\n     [3, 4]]"},
      {"q = (\n1,\n2\n)", "q = (\n  1,\n  2\n)"},
      {"k = map(x -> {\ny\n}, xs)", "k = map(x -> {\n  y\n}, xs)"},
      {"r = xs\n|> f\n|> g", "r = xs\n  |> f\n  |> g"},
      {"z = 1 +\n2", "z = 1 +\n  2"},
  });
}

TEST_CASE("format: comments and blank lines stay, at most one blank line") {
  check({
      {"\n\n# a\n\n\n\nb", "# a\n\nb"},
      {"a   # one\nbcd # two\n\ne# three", "a    # one\nbcd  # two\n\ne  # three"},
      {"f(x) = {\n\n# inner  \nx\n\n}", "f(x) = {\n  # inner\n  x\n}"},
      {"## doc\nf(x)=x", "## doc\nf(x) = x"},
      {"x = [1, # one\n2]", "x = [1,  # one\n     2]"},
      {"a\n# end", "a\n# end"},
  });
}

TEST_CASE("format: a text with errors, and an empty one, stay as they are") {
  CHECK(formatted("x = )  ") == "x = )  ");
  CHECK(formatted("").empty());
  CHECK(formatted("\n\n").empty());
}

TEST_CASE("format: programs of random blanks settle at once") {
  const std::string program =
      "f(x) = x^2 # c\nfor i in 0..n {\n p.w[0, :] -= -2 * f'(x)\n # d\n}\nA = [[1, 2],\n [3]]\n"
      "s = \"a {x:.2f}\" |> g(a: {b, c}, y -> { y; 1. })\n";
  std::mt19937 random(3);
  for (int round = 0; round < 1000; ++round) {
    std::string text = program;
    for (int change = 0; change < 5; ++change) {
      const char* piece = random() % 3 == 0 ? "\n" : "  ";
      text.insert(random() % text.size(), piece);
    }
    const std::string once = formatted(text);
    CAPTURE(text, once);
    CHECK(tree(once) == tree(text));
    CHECK(formatted(once) == once);
  }
}

}  // namespace calc::test
