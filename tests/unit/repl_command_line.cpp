// The command line: what goes where, and the exit status.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <unistd.h>

#include "repl/arguments.h"
#include "tests/unit/repl_process.h"

using namespace std::string_literals;

namespace calc::tests {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("command line: a text shows the values of its expressions") {
  const Result result = run_calc({"-e", "a = 2; a + 1", "-e", "a * 5"});
  CHECK(result.out == "3\n10\n");
  CHECK(result.err.empty());
  CHECK(result.status == 0);
}

TEST_CASE("command line: a failing program has status 1 and keeps what it printed") {
  const Result result = run_calc({"-e", "1 + 1\nfoo\n3"});
  CHECK(result.out == "2\n");
  CHECK(has(result.err, "error: `foo` is not defined"));
  CHECK_FALSE(has(result.err, "\x1b["));
  CHECK(result.status == 1);
}

TEST_CASE("command line: wrong usage is one line and status 2") {
  const Scratch scratch;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--emt", "core", "-e", "1"}, "unknown option `--emt`; did you mean `--emit`?"},
      {{"--zzz"}, "unknown option `--zzz`; `calc --help` lists them"},
      {{"-e"}, "`-e` needs a text"},
      {{"--emit", "foo", "-e", "1"}, "there is no stage `foo`"},
      {{"--tier=x", "-e", "1"}, "there is no tier `x`"},
      {{"--emit", "core"}, "`--emit` needs a file or `-e`"},
      {{"check"}, "`calc check` needs a file"},
      {{"fmt", "--chek", "x"}, "unknown option `--chek`"},
      {{"doc"}, "`calc doc` needs a name"},
      {{"test", scratch.path("none.calc")}, "no such file or directory"},
      {{scratch.path("none.calc")}, "no such file or directory"},
      {{scratch.path("")}, "it is a folder"},
      {{"check", scratch.path("none.calc")}, "no such file or directory"},
  };
  for (const auto& [words, message] : cases) {
    const Result result = run_calc(words);
    CAPTURE(words, result.err);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK(lines(result.err) == 1);
    CHECK(has(result.err, "calc: "));
    CHECK(has(result.err, message));
  }
}

TEST_CASE("command line: a file that may not be read is named with the reason") {
  if (::geteuid() == 0) return;
  const Scratch scratch;
  const std::string path = scratch.file("secret.calc", "1\n");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const Result result = run_calc({path});
  CHECK(result.status == 2);
  CHECK(has(result.err, "permission denied"));
}

TEST_CASE("command line: help and version") {
  const Result help = run_calc({"--help"});
  CHECK(help.status == 0);
  for (const char* part : {"calc FILE", "-e TEXT", "--emit", "llvm", "130", "calc fmt"}) {
    CHECK(has(help.out, part));
  }
  const Result version = run_calc({"--version"});
  CHECK(version.out == "calc 0.1.0\n");
  CHECK(version.status == 0);
}

TEST_CASE("command line: options end where the script begins") {
  const Scratch scratch;
  const std::string path = scratch.file("a.calc", "args\n");
  CHECK(run_calc({path, "--help", "x"}).out == "(\"--help\", \"x\")\n");
  CHECK(run_calc({path}).out == "()\n");
  CHECK(run_calc({"-e", "args", "u"}).out == "(\"u\",)\n");
}

TEST_CASE("command line: a word after `--` is a file") {
  CHECK(repl::understand({"--", "check"}).action == repl::Action::Script);
  CHECK(repl::understand({"check", "x"}).action == repl::Action::Check);
}

TEST_CASE("command line: standard input is a script") {
  const Result result = run_calc({"-"}, "a = [1,\n2]\na\n");
  CHECK(result.out == "[1, 2]\n");
  CHECK(result.status == 0);
}

TEST_CASE("command line: every stage shows something") {
  for (const char* stage : {"ast", "core", "opt", "loops", "llvm", "asm"}) {
    const Result result = run_calc({"--emit", stage, "-e", "sum([1.0, 2.0] * 3)"});
    CAPTURE(stage, result.err);
    CHECK(result.status == 0);
    CHECK_FALSE(result.out.empty());
  }
}

TEST_CASE("command line: odd texts") {
  const Scratch scratch;
  struct Case {
    std::string text, out, error;
  };
  const std::vector<Case> cases = {
      {"", "", ""},
      {"\n\n# nothing\n", "", ""},
      {"\xEF\xBB\xBF"s + "1+1", "2\n", ""},
      {"a = [1,\r\n2]\r\na\r\n", "[1, 2]\n", ""},
      {"1+1\n\xFF\xFE", "", "this byte is not UTF-8 text"},
      {"1\0+1"s, "", "this control character has no meaning here"},
      {"1 + (2", "", "`(` is never closed"},
      {"\"open", "", "error: "},
      {std::string(20'000, '('), "", "error: "},
      {std::string(1'000'000, ' ') + "1", "1\n", ""},
      {"x = " + std::string(300'000, '7'), "", "error: "},
  };
  for (const Case& c : cases) {
    const Result result = run_calc({scratch.file("odd.calc", c.text)});
    CAPTURE(c.text.substr(0, 40), result.err.substr(0, 400));
    CHECK(result.out == c.out);
    CHECK(has(result.err, c.error));
    CHECK(result.err.empty() == c.error.empty());
    CHECK(result.status == (c.error.empty() ? 0 : 1));
    CHECK_FALSE(has(result.err, "internal error"));
  }
  CHECK(run_calc({"/dev/null"}).status == 0);
}

TEST_CASE("command line: a closed pipe ends calc in silence") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Scratch scratch;
  const std::string out = scratch.path("err");
  const std::string command = "sh -c '"s + CALC_PROGRAM +
                              " -e \"for i in 0..100000 { print(i) }\" 2>" + out + " | head -n 1'";
  FILE* shell = ::popen(command.c_str(), "r");
  REQUIRE(shell != nullptr);
  char line[16] = {};
  CHECK(std::fgets(line, sizeof line, shell) != nullptr);
  ::pclose(shell);
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(line == "0\n"s);
  CHECK(contents(out).empty());
}

TEST_CASE("command line: results that cannot be written are an error") {
  const Scratch scratch;
  const std::string command = CALC_PROGRAM + " -e 1 >/dev/full 2>"s + scratch.path("err");
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(has(contents(scratch.path("err")), "cannot write the results"));
}

TEST_CASE("command line: Ctrl-C stops a script with status 130") {
  Console console({"-e", "print(\"on\")\nn = 0\nwhile true { n += 1 }"});
  REQUIRE(console.expect("on"));
  ::usleep(50'000);
  console.send("\x03");
  // No promise about a loaded machine: that is measured elsewhere.
  CHECK(console.time_to("interrupted") < 5000);
  CHECK(console.wait() == 130);
}

// ---- the commands ------------------------------------------------------------------------------

TEST_CASE("command line: check reports every error of syntax and runs nothing") {
  const Scratch scratch;
  const std::string bad = scratch.file("bad.calc", "print(1)\na = )\nb = ]\n");
  const std::string good = scratch.file("good.calc", "print(1)\n");
  const Result result = run_calc({"check", bad, good});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(has(result.err, "bad.calc:2:5"));
  CHECK(has(result.err, "bad.calc:3:5"));
  CHECK(run_calc({"check", good}).status == 0);
}

TEST_CASE("command line: fmt lays files out in place") {
  const Scratch scratch;
  const std::string path = scratch.file("a.calc", "f( x )=x^2\n");
  std::filesystem::create_symlink(path, scratch.path("link.calc"));
  CHECK(run_calc({"fmt", "--check", path}).status == 1);
  CHECK(contents(path) == "f( x )=x^2\n");
  CHECK(run_calc({"fmt", scratch.path("link.calc")}).status == 0);
  CHECK(contents(path) == "f(x) = x^2\n");
  CHECK(std::filesystem::is_symlink(scratch.path("link.calc")));
  CHECK(run_calc({"fmt", "--check", path}).status == 0);
  CHECK(run_calc({"fmt", "-"}, "a=1\n").out == "a = 1\n");
  const std::string bad = scratch.file("bad.calc", "a = )\n");
  CHECK(run_calc({"fmt", bad}).status == 1);
  CHECK(contents(bad) == "a = )\n");
}

TEST_CASE("command line: doc shows what a name is, or the nearest one") {
  const Result known = run_calc({"doc", "softmax"});
  CHECK(known.status == 0);
  CHECK(has(known.out, "softmax(x, axis = -1)"));
  const Result unknown = run_calc({"doc", "softmaks"});
  CHECK(unknown.status == 1);
  CHECK(has(unknown.err, "did you mean `softmax`?"));
}

}  // namespace calc::tests
