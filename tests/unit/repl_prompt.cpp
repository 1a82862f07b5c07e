// The prompt: in a pipe, and in a terminal with keys.
#include <catch2/catch.hpp>
#include <csignal>
#include <unistd.h>

#include "tests/unit/repl_process.h"

using namespace std::string_literals;

namespace calc::tests {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The editor lets go of the terminal: what follows is the program's.
const std::string kDone = "\x1b[?2004l";
const std::string kUp = "\x1b[A", kLeft = "\x1b[D", kHome = "\x1b[H";

/// The entry's value has been shown and the prompt is back. (Keys that come in between are the
/// terminal's, not the editor's.)
bool answered(Console& console, const std::string& value) {
  return console.expect(kDone + value + "\r\n") && console.expect("calc> ");
}

}  // namespace

// ---- in a pipe ---------------------------------------------------------------------------------

TEST_CASE("prompt: a pipe gets results and no prompts") {
  const Result result = run_calc({}, "a = 2\na + 1\nf(x) =\n  x^2\nf(3)\n");
  CHECK(result.out == "3\n9\n");
  CHECK(result.err.empty());
  CHECK(result.status == 0);
}

TEST_CASE("prompt: after an error the others still run, and the status tells") {
  const Result result = run_calc({}, "foo\n1 + 1\n");
  CHECK(result.out == "2\n");
  CHECK(has(result.err, "`foo` is not defined"));
  CHECK(result.status == 1);
}

TEST_CASE("prompt: a statement goes on where the next line says so") {
  CHECK(run_calc({}, "if false { 1 }\nelse { 2 }\n").out == "2\n");
  CHECK(run_calc({}, "-2\n|> abs\n").out == "2\n");
  CHECK(run_calc({}, "{a: 5}\n.a\n").out == "5\n");
}

TEST_CASE("prompt: blank lines inside brackets and no last line end") {
  CHECK(run_calc({}, "[1,\n\n2]").out == "[1, 2]\n");
  const Result open = run_calc({}, "1 + (");
  CHECK(open.status == 1);
  CHECK(has(open.err, "never closed"));
}

TEST_CASE("prompt: a documentation comment belongs to the definition below it") {
  const Result result = run_calc({}, "## Doubles.\nf(x) = 2*x\n?f\n");
  CHECK(result.out == "f(x)\nDoubles.\n");
  CHECK(run_calc({}, "## nothing follows\n").status == 0);
}

TEST_CASE("prompt: an entry that fails has changed nothing") {
  const Result result = run_calc({},
                                 "a = 1\n"
                                 "a = 2; b = foo\n"
                                 "a\n"
                                 "A = [1.0, 2.0]\n"
                                 "A[0] = 9.0; A[1] = 8.0; A[5] = 7.0\n"
                                 "A\n"
                                 "A[5] = 1.0\n"
                                 "A\n"
                                 "B = A; B[0] = 5.0\n"
                                 "A\n"
                                 "c = 1; c = foo\n"
                                 "c\n");
  CHECK(result.out == "1\n[1.0, 2.0]\n[1.0, 2.0]\n[1.0, 2.0]\n");
  CHECK(has(result.err, "`c` is not defined"));
}

TEST_CASE("prompt: a failed entry gives its random numbers back") {
  const std::string draws = "seed(1)\nrand()\n";
  const Result plain = run_calc({}, draws);
  const Result failing = run_calc({}, "seed(1)\nx = rand(); foo\nrand()\n");
  CHECK(plain.out == failing.out);
  CHECK_FALSE(plain.out.empty());
}

TEST_CASE("prompt: a script keeps the statements before the one that fails") {
  const Result result = run_calc({"-"}, "print(1)\nfoo\n");
  CHECK(result.out == "1\n");
}

TEST_CASE("prompt: commands") {
  CHECK(run_calc({}, ":type [1.0, 2.0]\n").out == "Real[2]\n");
  CHECK(run_calc({}, "a = 3\nf(x) = x\n:vars\n").out == "a = 3\nf(x)\n");
  CHECK(run_calc({}, ":set digits 3\npi\n:set digits 0\npi\n").out == "3.14\n3.141592653589793\n");
  CHECK(has(run_calc({}, "?softmax\n").out, "softmax(x, axis = -1)"));
  CHECK(has(run_calc({}, ":help\n").out, ":load file"));
  const Result timed = run_calc({}, ":time a = 1\na\n");
  CHECK(has(timed.out, "ms running\n1\n"));
  CHECK(has(run_calc({}, ":core 1.0 + 2.0\n").out, "add"));
  CHECK(has(run_calc({}, "f(x) = x^2\nf(2.0)\n:core f\n").out, "named \"f\""));
  CHECK(has(run_calc({}, ":llvm sum([1.0])\n").out, "define"));
  CHECK(run_calc({}, "1\n:quit\n2\n").out == "1\n");
  const Result reset = run_calc({}, "a = 1\n:reset\na\n");
  CHECK(has(reset.err, "`a` is not defined"));
}

TEST_CASE("prompt: commands that are wrong say so") {
  const auto error = [](const std::string& line) {
    const Result result = run_calc({}, line + "\n1\n");
    CHECK(result.status == 1);
    CHECK(result.out == "1\n");
    return result.err;
  };
  CHECK(has(error(":tpye 1"), "did you mean `:type`?"));
  CHECK(has(error(":xyzzy"), "`:help` lists them"));
  CHECK(has(error(":type"), "`:type` needs more: `:type e`"));
  CHECK(has(error(":vars x"), "`:vars` stands alone"));
  CHECK(has(error(":set digits 99"), "from 1 to 17"));
  CHECK(has(error(":load none.calc"), "no such file"));
  CHECK(has(error("?sofmax"), "did you mean `softmax`?"));
  CHECK(has(error("?"), "needs a name"));
  CHECK(has(error("f(x) = x\n:core f"), "this function has no code yet"));
}

TEST_CASE("prompt: a session is saved as a script and loaded") {
  const Scratch scratch;
  const std::string path = scratch.path("s.calc");
  const Result saved = run_calc({}, "a = 1\nfoo\nb = [a,\n 2]\n:save " + path + "\n");
  CHECK(contents(path) == "a = 1\nb = [a,\n 2]\n");
  CHECK(run_calc({}, ":load " + path + "\nb\n").out == "[1, 2]\n");
  const Result again = run_calc({}, "c = 1\n:save " + path + "\n");
  CHECK(again.status == 1);
  CHECK(has(again.err, "is there already"));
  CHECK(run_calc({}, "c = 1\n:save! " + path + "\n").status == 0);
  CHECK(contents(path) == "c = 1\n");
}

// ---- in a terminal -----------------------------------------------------------------------------

TEST_CASE("prompt: a terminal is given back as it was") {
  Console console;
  REQUIRE(console.expect("calc> "));
  CHECK_FALSE(console.is_cooked());
  console.send("1 + 1\r");
  CHECK(answered(console, "2"));
  console.send("\x04");
  CHECK(console.wait() == 0);
  CHECK(console.is_cooked());
}

TEST_CASE("prompt: a signal that ends calc gives the terminal back") {
  Console console;
  REQUIRE(console.expect("calc> "));
  ::kill(console.process(), SIGTERM);
  CHECK(console.wait() == 128 + SIGTERM);
  CHECK(console.is_cooked());
}

TEST_CASE("prompt: keys edit the line") {
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("2 + 3" + kHome + "1" + "\x05" + "4\r");
  CHECK(answered(console, "46"));
  console.send("100 + 1" + kLeft + "\x7f" + "- " + "\r");
  CHECK(answered(console, "99"));
  console.send("junk\x15" + "5\r"s);
  CHECK(answered(console, "5"));
}

TEST_CASE("prompt: entries come back with the arrow") {
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("6 * 7\r");
  REQUIRE(answered(console, "42"));
  console.send(kUp + " + 1\r");
  CHECK(answered(console, "43"));
  console.send(kUp + kUp + "\r");
  CHECK(answered(console, "42"));
}

TEST_CASE("prompt: an entry of several lines, typed or pasted") {
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("f(x) = {\r");
  REQUIRE(console.expect("....> "));
  console.send("  x + 1\r}\r");
  console.send("f(1)\r");
  CHECK(answered(console, "2"));
  console.send("\x1b[200~a = 5\nif a > 3 { 10 }\nelse { 20 }\n\x1b[201~\r");
  CHECK(answered(console, "10"));
}

TEST_CASE("prompt: an empty line or Ctrl-C gives an entry up") {
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("f(x) = {\r\r");
  console.send("8\r");
  CHECK(answered(console, "8"));
  console.send("(1 +\r");
  console.send("\x03");
  REQUIRE(console.expect("^C"));
  console.send("9\r");
  CHECK(answered(console, "9"));
}

TEST_CASE("prompt: tab completes names, commands and signs") {
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("velocity = 12\r");
  console.send("velo\t + 1\r");
  CHECK(answered(console, "13"));
  console.send("\\alp\t = 3\r\\alpha\t + 1\r");
  CHECK(console.expect("α + 1"));
  CHECK(answered(console, "4"));
  console.send(":vars x\x7f\x7f\x15:va\t\r");
  CHECK(console.expect("velocity = 12"));
  CHECK(console.expect("calc> "));
  console.send("arg\t");
  CHECK(console.expect("argmax"));
  CHECK(console.expect("argmin"));
}

TEST_CASE("prompt: Ctrl-C stops what runs and nothing is lost") {
  for (const char* tier : {"evaluate", "compile"}) {
    Console console({"--tier", tier});
    REQUIRE(console.expect("calc> "));
    console.send("a = 41\r");
    console.send("n = 0; print(\"begun\"); while true { n += 1 }\r");
    REQUIRE(console.expect(kDone + "begun"));
    ::usleep(100'000);
    console.send("\x03");
    const double ms = console.time_to("interrupted");
    CAPTURE(tier, ms);
    CHECK(ms >= 0);
    CHECK(ms < 200);
    CHECK(console.expect("calc> "));
    console.send("a + 1\r");
    CHECK(answered(console, "42"));
    console.send("n\r");
    CHECK(console.expect("is not defined"));
  }
}

TEST_CASE("prompt: errors are in colour on a terminal, unless it has none") {
  Console colour;
  colour.send("foo\r");
  CHECK(colour.expect("\x1b[1;31merror:"));
  Console plain({}, "dumb");
  plain.send("foo\r");
  REQUIRE(plain.expect("is not defined"));
  CHECK_FALSE(has(plain.seen(), "\x1b["));
  plain.send("1 +\n1\n");
  CHECK(plain.expect("2\r\n"));
}

}  // namespace calc::tests
