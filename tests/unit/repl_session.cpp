// The session under the prompt: what fails changes nothing, what succeeds costs what it should.
#include <catch2/catch.hpp>
#include <chrono>

#include "lang/driver/session.h"

namespace calc::tests {
namespace {

using driver::Outcome;
using driver::Session;
using driver::Tier;

/// A session and what it has shown.
struct Shown {
  explicit Shown(Tier tier = Tier::Auto) {
    driver::Options options;
    options.tier = tier;
    options.verify = true;
    options.out = [this](std::string_view text) { out += text; };
    session = std::make_unique<Session>(std::move(options));
  }
  std::string show(const std::string& text) {
    out.clear();
    session->enter("<test>", text);
    return out;
  }
  bool fails(const std::string& text) { return !session->enter("<test>", text).ok(); }

  std::string out;
  std::unique_ptr<Session> session;
};

double update_ms(const std::string& size) {
  Shown shown;
  shown.show("A = zeros(" + size + ")");
  const auto begin = std::chrono::steady_clock::now();
  for (int k = 0; k < 200; ++k) shown.show("A[" + std::to_string(k) + "] += 1.0");
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

}  // namespace

TEST_CASE("session: an update that fails leaves its array, whichever tier runs it") {
  for (Tier tier : {Tier::Evaluate, Tier::Compile}) {
    Shown shown(tier);
    shown.show("A = [1.0, 2.0, 3.0]");
    CHECK(shown.fails("A[3] = 1.0"));
    CHECK(shown.fails("A[0:2] = [1.0, 2.0, 3.0]"));
    CHECK(shown.fails("A[[0, 7]] += 1.0"));
    CHECK(shown.show("A") == "[1.0, 2.0, 3.0]\n");
    CHECK(shown.show("A[0] = 9.0; A") == "[9.0, 2.0, 3.0]\n");
  }
}

TEST_CASE("session: other names keep the value that is updated") {
  for (Tier tier : {Tier::Evaluate, Tier::Compile}) {
    Shown shown(tier);
    shown.show("A = [1.0, 2.0]\nB = A\nA[0] = 5.0");
    CHECK(shown.show("B") == "[1.0, 2.0]\n");
    CHECK(shown.show("A") == "[5.0, 2.0]\n");
  }
}

TEST_CASE("session: a failing entry takes back definitions, values and records") {
  Shown shown;
  shown.show("f(x) = x\np = {w: [1.0, 2.0], b: 0.0}");
  CHECK(shown.fails("f(x) = 2*x; p.w[0] = 7.0; p.b = 1.0; q = 1; undefined_name"));
  CHECK(shown.show("f(3)") == "3\n");
  CHECK(shown.show("p") == "{w: [1.0, 2.0], b: 0.0}\n");
  CHECK(shown.fails("q"));
}

TEST_CASE("session: users of a function see it taken back") {
  Shown shown;
  shown.show("f(x) = x\ng(x) = f(x) + 1");
  CHECK(shown.show("g(1)") == "2\n");
  CHECK(shown.fails("f(x) = 10*x; g(1); undefined_name"));
  CHECK(shown.show("g(1)") == "2\n");
  CHECK(shown.show("f(x) = 10*x; g(1)") == "11\n");
}

TEST_CASE("session: an entry that ends too early runs nothing") {
  Shown shown;
  const Outcome outcome = shown.session->enter("<test>", "a = 1\n(1 +");
  CHECK(outcome.incomplete);
  CHECK(shown.fails("a"));
  CHECK(shown.session->incomplete("f(x) = {"));
  CHECK(shown.session->incomplete("1 +"));
  CHECK_FALSE(shown.session->incomplete("1"));
  CHECK_FALSE(shown.session->incomplete("1 )"));
}

TEST_CASE("session: an update at the prompt costs the update, not the array") {
  const double small = update_ms("1000");
  const double large = update_ms("4000000");
  CAPTURE(small, large);
  // Copying would take 200 times some ten milliseconds.
  CHECK(large < 5 * small + 300);
}

TEST_CASE("session: what values keep alive survives every collection") {
  for (Tier tier : {Tier::Evaluate, Tier::Compile}) {
    Shown shown(tier);
    shown.show("f(x) = x^3\n(v, pull) = vjp(f, 2.0)\n(u, push) = linearize(f, 2.0)\nD = grad(f)");
    for (int k = 0; k < 20; ++k)
      shown.show("f(x) = x * " + std::to_string(k) + ".0; f(1.0); f'(1.0)");
    CHECK(shown.show("pull(1.0)") == "12.0\n");
    CHECK(shown.show("push(2.0)") == "24.0\n");
    CHECK(shown.show("D(2.0)") == "12.0\n");
    CHECK(shown.show("f(2.0)") == "38.0\n");
    CHECK(shown.show("(w -> pull(w))'(1.0)") == "12.0\n");
  }
}

TEST_CASE("session: a helper's new meaning reaches users, their derivatives and compiled code") {
  for (Tier tier : {Tier::Evaluate, Tier::Compile}) {
    Shown shown(tier);
    shown.show("h(x) = x\ng(x) = h(x)^2\ndg = g'\nH = hessian(x -> g(x[0]) + g(x[1]))");
    CHECK(shown.show("(g(3.0), dg(3.0))") == "(9.0, 6.0)\n");
    CHECK(shown.show("H([1.0, 1.0])[0, 0]") == "2.0\n");
    shown.show("h(x) = x^2");
    CHECK(shown.show("(g(3.0), dg(3.0))") == "(81.0, 108.0)\n");
    CHECK(shown.show("H([1.0, 1.0])[0, 0]") == "12.0\n");
    shown.show("h(x) = [x, x] · [1.0, 1.0]");
    CHECK(shown.show("(g(3.0), dg(3.0))") == "(36.0, 24.0)\n");
    CHECK(shown.fails("h(x) = oops; g(1.0)"));
    CHECK(shown.show("dg(3.0)") == "24.0\n");
  }
}

TEST_CASE("session: errors show the texts of earlier entries, however long ago") {
  Shown shown;
  shown.session->enter("<first>", "inner(x) = x[7]\nouter(x) = inner(x)");
  for (int k = 0; k < 50; ++k) shown.show("y = " + std::to_string(k) + "; y + 1");
  const Outcome outcome = shown.session->enter("<last>", "outer([1.0, 2.0])");
  REQUIRE(outcome.errors.size() == 1);
  const base::Sources& sources = shown.session->sources();
  CHECK(sources.get(outcome.errors[0].span.source).name == "<first>");
  CHECK(sources.text(outcome.errors[0].span) == "7");
  REQUIRE(outcome.errors[0].frames.size() == 2);
  CHECK(sources.get(outcome.errors[0].frames[1].call.source).name == "<last>");
}

TEST_CASE("session: a failing entry takes back its imports") {
  Shown shown;
  CHECK(shown.fails("import linalg; import text: strip; oops"));
  CHECK(shown.fails("linalg"));
  CHECK(shown.fails("strip"));
  CHECK(shown.show("import linalg; linalg.det([[2.0]])") == "2.0\n");
}

}  // namespace calc::tests
