// No text crashes or hangs the lexer, the parser or the renderer: every beginning of a program that
// has every construct, and the same program with random bytes and pieces changed.
#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/parsing.h"

namespace calc::test {

namespace {

const std::string kProgram = R"--(## A function.
f(x) = x^2 * sin(x)
f''(2.0); ∇f(1.0); ∇²[x] f; ∂[x, y](g)
norm2(x: Real[n, _, 3], g: (A, {w: B}) -> C, k = 1e-3) -> Real = sum(x²) / n
p = {w: zeros(3), b: 0.0, ...q}
{w, b: (a, _)} = p
fit(p) = { for (x, t) in zip(X, T) {
  p.w[0, ::2] += -0.1 * grad[p](loss)(p, ...args, lr: 0.1)
  if not a ≤ b < c and d { break } else if e { continue } else { return x }
} }
while true { A[:, 1:-1] = [a*b for a in u, b ∈ v if a > 0] }
print("loss = {l:.4f} after {f("n")} \u{3c0}")
D = (op, {w}) -> op ∘ (√2 |> g)
  |> h
y = if c then 0..n else 1..=2 # comment
assert a ≈ b, "why"
test "t" { (p, q) = (q, p) }
import optim: adam, sgd
import "./f.calc" as m
)--";

/// Parses and renders every error.
size_t survive(std::string text) {
  base::Sources sources;
  const auto parsed = syntax::parse(sources, sources.add("fuzz", std::move(text)));
  size_t length = syntax::dump(*parsed.program).size();
  for (const base::Diagnostic& error : parsed.errors) length += render(sources, error, true).size();
  return length;
}

}  // namespace

TEST_CASE("the sample has no errors") { CHECK(errors(kProgram) == std::vector<std::string>{}); }

TEST_CASE("every beginning of a program parses or fails in order") {
  for (size_t size = 0; size <= kProgram.size(); ++size) {
    const std::string text = kProgram.substr(0, size);
    CAPTURE(text);
    CHECK_NOTHROW(survive(text));
  }
}

TEST_CASE("random bytes in a program parse or fail in order") {
  std::mt19937 random(20240607);
  const std::string pieces = "(){}[]\"\\'#;,.:=+-*/%@^|<>!\n x1_\xCF\x80\xFF";
  for (int round = 0; round < 3000; ++round) {
    std::string text = kProgram;
    const int changes = 1 + static_cast<int>(random() % 8);
    for (int change = 0; change < changes; ++change) {
      const size_t at = random() % text.size();
      const char piece = pieces[random() % pieces.size()];
      switch (random() % 4) {
        case 0:
          text[at] = piece;
          break;
        case 1:
          text.insert(at, 1, piece);
          break;
        case 2:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
      }
      if (text.empty()) text = " ";
    }
    CAPTURE(text);
    CHECK_NOTHROW(survive(std::move(text)));
  }
}

TEST_CASE("random tokens parse or fail in order") {
  std::mt19937 random(7);
  const std::vector<std::string> tokens{
      "(",     ")",     "{",    "}",    "[",  "]",  "\"", ",",     ";",       ":",    ".",
      "..",    "...",   "->",   "=",    "+=", "-",  "*",  "^",     "not ",    "and ", "if ",
      "else ", "then ", "for ", " in ", "x",  "1",  "f(", "'",     "²",       "∇",    "√",
      "\n",    "\n",    "\"a{", "}\"",  "|>", "==", "##", "test ", "import ", " "};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const size_t count = random() % 60;
    for (size_t i = 0; i < count; ++i) text += tokens[random() % tokens.size()];
    CAPTURE(text);
    CHECK_NOTHROW(survive(std::move(text)));
  }
}

}  // namespace calc::test
