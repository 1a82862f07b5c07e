// What is right: every construct of language.md, sections 2 to 5, and how it is read.
#include "lang/syntax/parser.h"

#include <catch2/catch.hpp>

#include "tests/unit/parsing.h"

namespace calc::test {

namespace {

struct Case {
  const char* text;
  const char* expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    CAPTURE(each.text);
    CHECK(tree(each.text) == each.expected);
  }
}

}  // namespace

TEST_CASE("precedence, loosest to tightest") {
  check({
      {"a or b and c", "(or a (and b c))"},
      {"a or b or c", "(or (or a b) c)"},
      {"not a == b", "(Unary not (== a b))"},
      {"not a and b", "(and (Unary not a) b)"},
      {"a and not b", "(and a (Unary not b))"},
      {"a |> f == b", "(== (|> a f) b)"},
      {"0..n |> f", "(|> (Range .. 0 n) f)"},
      {"0..n + 1", "(Range .. 0 (+ n 1))"},
      {"a + b * c - d", "(- (+ a (* b c)) d)"},
      {"a / b // c % d @ e · f", "(· (@ (% (// (/ a b) c) d) e) f)"},
      {"-a * b", "(* (Unary - a) b)"},
      {"a * -b", "(* a (Unary - b))"},
      {"-x^2", "(Unary - (^ x 2))"},
      {"2^-1", "(^ 2 (Unary - 1))"},
      {"2^-x^2", "(^ 2 (Unary - (^ x 2)))"},
      {"2^3^2", "(^ 2 (^ 3 2))"},
      {"f ∘ g ∘ h", "(∘ (∘ f g) h)"},
      {"-f ∘ g", "(Unary - (∘ f g))"},
      {"f ∘ g^2", "(∘ f (^ g 2))"},
      {"-x'", "(Unary - (Prime x))"},
      {"a - -b", "(- a (Unary - b))"},
      {"(a + b) * c", "(* (+ a b) c)"},
      {"a − b × c ⋅ d", "(- a (· (* b c) d))"},
  });
}

TEST_CASE("comparisons chain into one node") {
  check({
      {"0 < x < 1", "(< < 0 x 1)"},
      {"a == b", "(== a b)"},
      {"a ≤ b >= c ≠ d", "(<= >= != a b c d)"},
      {"a ≈ b", "(≈ a b)"},
      {"a + 1 < b * 2", "(< (+ a 1) (* b 2))"},
  });
}

TEST_CASE("calls, indices, fields and primes") {
  check({
      {"f()", "(Call f)"},
      {"f(x)(y)", "(Call (Call f x) y)"},
      {"f(x, lr: 0.1, n: 3,)", "(Call f x (Arg lr 0.1) (Arg n 3))"},
      {"f(...args, x)", "(Call f (... args) x)"},
      {"A[i, j]", "(Index A i j)"},
      {"A[:, j]", "(Index A (Colon) j)"},
      {"x[1:3]", "(Index x (Colon (Start 1) (Stop 3)))"},
      {"x[::2]", "(Index x (Colon (Step 2)))"},
      {"x[::-1]", "(Index x (Colon (Step (Unary - 1))))"},
      {"x[a + 1:]", "(Index x (Colon (Start (+ a 1))))"},
      {"x[:n:k]", "(Index x (Colon (Stop n) (Step k)))"},
      {"x[-1]", "(Index x (Unary - 1))"},
      {"p.w.b", "(Field b (Field w p))"},
      {"f''(x)", "(Call (Prime (Prime f)) x)"},
      {"(f ∘ g)'", "(Prime (∘ f g))"},
      {"(x -> x^2)'(3)", "(Call (Prime (Lambda (Param x) (^ x 2))) 3)"},
      {"x.f(1)[2]'", "(Prime (Index (Call (Field f x) 1) 2))"},
      {"f′", "(Prime f)"},
  });
}

TEST_CASE("operators of calculus and their Unicode spellings") {
  check({
      {"grad[w, b](loss)", "(Call (Index grad w b) loss)"},
      {"partial[x, y](g)", "(Call (Index partial x y) g)"},
      {"∇f", "(Call grad f)"},
      {"∇f(x)", "(Call (Call grad f) x)"},
      {"∇(f)(x)", "(Call (Call grad f) x)"},
      {"∇[x] f", "(Call (Index grad x) f)"},
      {"∇[x] f(a)", "(Call (Call (Index grad x) f) a)"},
      {"∇[x](f)", "(Call (Index grad x) f)"},
      {"∇m.loss", "(Call grad (Field loss m))"},
      {"∇²f", "(Call hessian f)"},
      {"∇²[x] f", "(Call (Index hessian x) f)"},
      {"∂[x] f", "(Call (Index partial x) f)"},
      {"∂[x] ∂[y] f", "(Call (Index partial x) (Call (Index partial y) f))"},
      {"(∇, ∇²)", "(Tuple grad hessian)"},
      {"∇ ∘ ∇", "(∘ grad grad)"},
      {"√2", "(Call sqrt 2)"},
      {"√x^2", "(Call sqrt (^ x 2))"},
      {"√(x)^2", "(^ (Call sqrt x) 2)"},
      {"2*√x + 1", "(+ (* 2 (Call sqrt x)) 1)"},
      {"2^√x", "(^ 2 (Call sqrt x))"},
      {"map(√, xs)", "(Call map sqrt xs)"},
      {"x² + x³", "(+ (^ x 2) (^ x 3))"},
      {"-x²", "(Unary - (^ x 2))"},
      {"f(x)⁻¹", "(^ (Call f x) -1)"},
      {"x¹²", "(^ x 12)"},
      {"π*∞", "(* pi inf)"},
      {"x → x", "(Lambda (Param x) x)"},
  });
}

TEST_CASE("lambdas") {
  check({
      {"x -> x^2", "(Lambda (Param x) (^ x 2))"},
      {"(x, y) -> x*y", "(Lambda (Param x) (Param y) (* x y))"},
      {"() -> 1", "(Lambda 1)"},
      {"_ -> 1", "(Lambda (Param _) 1)"},
      {"x -> y -> x + y", "(Lambda (Param x) (Lambda (Param y) (+ x y)))"},
      {"(x: Real[n], k = 2) -> x", "(Lambda (Param x: Real[n]) (Param k 2) x)"},
      {"{w, b} -> w", "(Lambda (Param {w: w, b: b}) w)"},
      {"((a, b), c) -> a", "(Lambda (Param (a, b)) (Param c) a)"},
      {"x -> { y = x; y }", "(Lambda (Param x) (Block (Assign y x) y))"},
      {"map(x -> x + 1, xs)", "(Call map (Lambda (Param x) (+ x 1)) xs)"},
      {"xs |> x -> x or y", "(|> xs (Lambda (Param x) (or x y)))"},
      {"(x -> x * (y -> x + y)'(1.0))'(1.0)",
       "(Call (Prime (Lambda (Param x) (* x (Call (Prime (Lambda (Param y) (+ x y))) 1)))) 1)"},
  });
}

TEST_CASE("arrays, comprehensions and tuples") {
  check({
      {"[]", "(Array)"},
      {"[1, 2,]", "(Array 1 2)"},
      {"[[1, 2],\n [3, 4]]", "(Array (Array 1 2) (Array 3 4))"},
      {"[...w, b]", "(Array (... w) b)"},
      {"[f(x) for x in xs]", "(Comprehension (Call f x) (For x xs))"},
      {"[a*b for a in u, b in v]", "(Comprehension (* a b) (For a u) (For b v))"},
      {"[a*b for (a, b) in zip(u, v) if a > 0]",
       "(Comprehension (* a b) (For (a, b) (Call zip u v)) (If (> a 0)))"},
      {"[i for i ∈ 0..3]", "(Comprehension i (For i (Range .. 0 3)))"},
      {"(a, b)", "(Tuple a b)"},
      {"(a,)", "(Tuple a)"},
      {"(...a, b)", "(Tuple (... a) b)"},
      {"((a))", "a"},
  });
}

TEST_CASE("braces: a record or a block") {
  check({
      {"{}", "(Record)"},
      {"{w: 1, b: x -> x}", "(Record (Entry w 1) (Entry b (Lambda (Param x) x)))"},
      {"{w, b}", "(Record (Entry w) (Entry b))"},
      {"{w}", "(Record (Entry w))"},
      {"{...p, b: 2.0}", "(Record (... p) (Entry b 2))"},
      {"{\n  w: 1,\n  b: 2,\n}", "(Record (Entry w 1) (Entry b 2))"},
      {"{ 1 }", "(Block 1)"},
      {"{\n  w\n}", "(Block w)"},
      {"{ w; b }", "(Block (Silent w) b)"},
      {"{ x: Real[2] = v; x }", "(Block (Assign x: Real[2] v) x)"},
      {"{ {w, b} = p; w }", "(Block (Assign {w: w, b: b} p) w)"},
      {"{ a = 1\n\n b = 2 # two\n a }", "(Block (Assign a 1) (Assign b 2) a)"},
      {"f(x) = {x}", "(FuncDef f (Param x) (Record (Entry x)))"},
      {"if c {x}", "(If c (Block x))"},
      {"{a: 1}.a", "(Field a (Record (Entry a 1)))"},
      {"{a: {b: (1 +\n 2)}}", "(Record (Entry a (Record (Entry b (+ 1 2)))))"},
  });
}

TEST_CASE("if in both forms") {
  check({
      {"if a { b }", "(If a (Block b))"},
      {"if a { b } else if c { d } else { e }", "(If a (Block b) (If c (Block d) (Block e)))"},
      {"if a {\n b\n}\nelse {\n c\n}", "(If a (Block b) (Block c))"},
      {"if a then b else c + 1", "(If a b (+ c 1))"},
      {"if a then b\nelse if c then d else e", "(If a b (If c d e))"},
      {"y = 1 + if a { b } else { c } * 2", "(Assign y (+ 1 (* (If a (Block b) (Block c)) 2)))"},
      {"if a then {w: 1} else {w: 2}", "(If a (Record (Entry w 1)) (Record (Entry w 2)))"},
      {"if (a) { b }", "(If a (Block b))"},
  });
}

TEST_CASE("assignments") {
  check({
      {"x = 1", "(Assign x 1)"},
      {"x: Real = 1", "(Assign x: Real 1)"},
      {"x += 1", "(Assign += x 1)"},
      {"x -= 1; x *= 2; x /= 3", "(Assign -= x 1) ; (Assign *= x 2) ; (Assign /= x 3)"},
      {"A[i, j] = v", "(Assign (Index A i j) v)"},
      {"A[i, j] += v", "(Assign += (Index A i j) v)"},
      {"p.w[0] = 1", "(Assign (Index (Field w p) 0) 1)"},
      {"(p, q) = (q, p)", "(Assign (p, q) (Tuple q p))"},
      {"{w, b} = p", "(Assign {w: w, b: b} p)"},
      {"{w: (a, _), b} = p", "(Assign {w: (a, _), b: b} p)"},
      {"_ = f(x)", "(Assign _ (Call f x))"},
      {"f = x -> x", "(Assign f (Lambda (Param x) x))"},
      {"x =\n  1 +\n  2", "(Assign x (+ 1 2))"},
      {"test = 1", "(Assign test 1)"},
  });
}

TEST_CASE("definitions and types") {
  check({
      {"f(x) = x", "(FuncDef f (Param x) x)"},
      {"f() = 1", "(FuncDef f 1)"},
      {"f(x, lr = 0.1, n: Int = 3) = x", "(FuncDef f (Param x) (Param lr 0.1) (Param n: Int 3) x)"},
      {"net({w, b}, x) = w", "(FuncDef net (Param {w: w, b: b}) (Param x) w)"},
      {"f(x: Real[m, _, 3]) -> Real = x", "(FuncDef f -> Real (Param x: Real[m, _, 3]) x)"},
      {"f(g: Real -> Real -> Int) = g", "(FuncDef f (Param g: (Real) -> (Real) -> Int) g)"},
      {"f(g: (Real, {a: Int}) -> (Bool, Real)) = g",
       "(FuncDef f (Param g: (Real, {a: Int}) -> (Bool, Real)) g)"},
      {"f(g: ((A, B)) -> C) = g", "(FuncDef f (Param g: ((A, B)) -> C) g)"},
      {"f(x) = {\n  y = x\n  y\n}", "(FuncDef f (Param x) (Block (Assign y x) y))"},
      {"f(x) ==\n y", "(== (Call f x) y)"},
  });
}

TEST_CASE("statements") {
  check({
      {"for i in 0..n { s += i }", "(For i (Range .. 0 n) (Block (Assign += s i)))"},
      {"for (x, t) ∈ zip(X, T) {}", "(For (x, t) (Call zip X T) (Block))"},
      {"while x < 1 {\n x += 1\n}", "(While (< x 1) (Block (Assign += x 1)))"},
      {"while true { break; continue }", "(While true (Block (Break) (Continue)))"},
      {"f(x) = {\n return x\n}", "(FuncDef f (Param x) (Block (Return x)))"},
      {"f(x) = { return }", "(FuncDef f (Param x) (Block (Return)))"},
      {"assert a ≈ b", "(Assert (≈ a b))"},
      {"assert c, \"why\"", "(Assert c (String \"why\"))"},
      {"test \"adds\" {\n assert 1 + 1 == 2\n}", "(Test \"adds\" (Block (Assert (== (+ 1 1) 2))))"},
      {"import nn", "(Import nn)"},
      {"import optim: adam, sgd", "(Import optim: adam, sgd)"},
      {"import \"./file.calc\" as m", "(Import \"./file.calc\" as m)"},
      {"a; b; c", "(Silent a) ; (Silent b) ; c"},
      {"a;;\n;b", "(Silent a) ; b"},
      {"", ""},
      {"# nothing\n\n", ""},
  });
}

TEST_CASE("spans cover what they name") {
  base::Sources sources;
  const auto id = sources.add("test", "y = (a + b)*f(c)'\n");
  const auto parsed = syntax::parse(sources, id);
  const auto& assign = static_cast<const syntax::Assign&>(*parsed.program->stmts.at(0));
  const auto& product = static_cast<const syntax::Binary&>(*assign.value);
  CHECK(sources.text(assign.span) == "y = (a + b)*f(c)'");
  CHECK(sources.text(product.span) == "(a + b)*f(c)'");
  CHECK(sources.text(product.op_span) == "*");
  CHECK(sources.text(product.lhs->span) == "(a + b)");
  CHECK(sources.text(product.rhs->span) == "f(c)'");
}

}  // namespace calc::test
