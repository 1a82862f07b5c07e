// Random sessions: entries that fail leave no trace, whatever is forgotten along the way makes no
// difference. A session that meets every entry, and collects after each statement, must show what a
// fresh one shows that meets only those that succeeded, and never collects.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>
#include <random>

#include "lang/driver/session.h"

namespace calc::tests {
namespace {

/// `#` stands for a number.
const std::vector<std::string> kEntries = {
    "a = #.0",
    "a = #",
    "a += 0.5",
    "b = [a, #.0]",
    "b[0] = a",
    "b = append(b, a)",
    "c = b",
    "f(x) = x*a + #.0",
    "f(x) = sin(x) + #.0",
    "f = x -> x * #.0",
    "g(x) = f(x)^2",
    "g(x) = { y = f(x); y * y + sum(b) * x }",
    "h = g'",
    "k(x) = h(x) + g(x)",
    "D = grad",
    "D = partial[x]",
    "(v, pull) = vjp(g, a)",
    "(v, push) = linearize(g, a)",
    "w = pull",
    "r = {w: b, f: f, s: \"text {a}\"}",
    "r.w[0] += 1.0",
    "t = (f, g)",
    "q = rand()",
    "seed(#)",
    "import linalg as m",
    "import text as m",
    "import linalg: det",
    "for i in 0..3 { a = a + 0.01 * f(i) }",
    "if a > 2.0 { a = a - 1.0 } else { b = b * 2.0 }",
    "test \"skipped\" { a = 0.0 }",
    "a",
    "b",
    "r",
    "f(#.0)",
    "g(a)",
    "g'(a)",
    "h(a)",
    "h'(#.0)",
    "k'(a)",
    "D(g)(a)",
    "grad(x -> g(x) + f(x))(a)",
    "hessian(x -> g(x[0]) * f(x[1]))([a, 1.0])",
    "pull(1.0)",
    "w(2.0)",
    "push(a)",
    "(x -> push(x))'(1.0)",
    "r.f(a)",
    "r.s",
    "t[1](a)",
    "[f(x) for x in b]",
    "map(g, b)",
    "m.det([[a, 1.0], [0.0, 2.0]])",
    "m.length(\"abc\")",
    "det([[a]])",
    "rand()",
    "sum(b) + q",
    "a = #.0; oops",
    "f(x) = #.0; g(a); oops",
    "b[0] = #.0; b[99]",
    "import linalg as m; m.nothing",
    "seed(#); rand(); oops",
    "h = f; D = f; oops",
    "assert a < 0.0",
    "r = 3; r.w",
};

struct Shown {
  explicit Shown(bool verify) {
    driver::Options options;
    options.tier = driver::Tier::Evaluate;
    options.verify = verify;
    options.out = [this](std::string_view text) { out += text; };
    session = std::make_unique<driver::Session>(std::move(options));
  }
  /// What an entry shows; nothing when it fails.
  std::optional<std::string> enter(const std::string& text) {
    out.clear();
    return session->enter("<entry>", text).ok() ? std::optional(out) : std::nullopt;
  }
  std::string out;
  std::unique_ptr<driver::Session> session;
};

std::string entry(std::mt19937& random) {
  std::string text = kEntries[random() % kEntries.size()];
  for (char& c : text) {
    if (c == '#') c = static_cast<char>('1' + random() % 5);
  }
  return text;
}

}  // namespace

TEST_CASE("session: random entries, some of which fail") {
  const char* more = std::getenv("CALC_RANDOM_SESSIONS");
  const unsigned sessions = more != nullptr ? static_cast<unsigned>(std::atoi(more)) : 100;
  for (unsigned seed = 0; seed < sessions; ++seed) {
    std::mt19937 random(seed);
    Shown all(true), fine(false);
    std::string history;
    for (int k = 0; k < 60; ++k) {
      const std::string text = entry(random);
      history += text + "\n";
      const auto shown = all.enter(text);
      if (!shown) continue;
      const auto again = fine.enter(text);
      CAPTURE(seed, history);
      REQUIRE(again.has_value());
      REQUIRE(*shown == *again);
    }
  }
}

}  // namespace calc::tests
