// Programs of several files: modules, `calc test`, `calc check`.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/unit/lang_file.h"
#include "tests/unit/repl_process.h"

using namespace std::string_literals;

namespace calc::tests {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// Sets an environment variable for a while.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

// ---- modules -----------------------------------------------------------------------------------

TEST_CASE("modules: found beside the importing file, then along CALC_PATH") {
  const Scratch scratch, other;
  scratch.file("near.calc", "where = \"beside\"\n");
  other.file("near.calc", "where = \"along the path\"\n");
  other.file("far.calc", "import near\nwhere = near.where\n");
  const std::string main = scratch.file("main.calc",
                                        "import near\nimport far\n"
                                        "near.where\nfar.where\n");
  const Result lost = run_calc({main});
  CHECK(lost.status == 1);
  CHECK(has(lost.err, "there is no module `far`"));
  CHECK(has(lost.err, "looked for in the library, `" + scratch.path("far.calc") + "`"));
  const Environment path("CALC_PATH", "/nonexistent:" + other.path(""));
  const Result found = run_calc({main});
  CHECK(found.out == "\"beside\"\n\"along the path\"\n");
  CHECK(found.err.empty());
}

TEST_CASE("modules: an error inside one points into its file and at the import") {
  const Scratch scratch;
  const std::string lib = scratch.file("lib.calc", "a = 1\nb = a + nothing\n");
  const std::string main = scratch.file("main.calc", "\nimport \"./lib.calc\" as m\n");
  const Result result = run_calc({main});
  CHECK(result.status == 1);
  CHECK(has(result.err, "error: `nothing` is not defined"));
  CHECK(has(result.err, "--> " + lib + ":2:9"));
  CHECK(has(result.err, "::: " + main + ":2:1"));
  CHECK(has(result.err, "imported here"));
}

TEST_CASE("modules: a circle is told with the chain of imports") {
  const Scratch scratch;
  scratch.file("a.calc", "import b\n");
  scratch.file("b.calc", "import c\n");
  scratch.file("c.calc", "import a\n");
  const Result result = run_calc({scratch.file("main.calc", "import a\n")});
  CHECK(result.status == 1);
  CHECK(has(result.err, "modules import each other in a circle: `" + scratch.path("a.calc") +
                            "` imports `" + scratch.path("b.calc") + "` imports `" +
                            scratch.path("c.calc") + "` imports `" + scratch.path("a.calc") + "`"));
}

TEST_CASE("modules: a file that changed is loaded again by the next entry that imports it") {
  const Scratch scratch;
  const std::string lib = scratch.file("lib.calc", "f(x) = x\n");
  const std::string top = scratch.file("top.calc", "import lib\ng(x) = 10 * lib.f(x)\n");
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("import \"" + top + "\" as t\rt.g(3)\r");
  CHECK(console.expect("30"));
  scratch.file("lib.calc", "f(x) = x + 1\n");
  console.send("import \"" + top + "\" as t\rt.g(3)\r");
  CHECK(console.expect("40"));
  console.send(":quit\r");
  CHECK(console.wait() == 0);
}

TEST_CASE("modules: a failing entry leaves no import behind, and a mended file loads") {
  const Scratch scratch;
  const std::string lib = scratch.file("lib.calc", "f(x) = x\n");
  const std::string bad = scratch.file("bad.calc", "y = oops\n");
  const std::string text = "import \"" + lib + "\" as m; oops\nm.f(1)\nimport \"" + bad +
                           "\" as b\nimport \"" + lib + "\" as m\nm.f(1)\n";
  const Result result = run_calc({}, text);
  CHECK(result.out == "1\n");
  CHECK(count(result.err, "error: ") == 3);
  CHECK(has(result.err, "`m` is not defined"));
  CHECK(result.status == 1);
}

TEST_CASE("modules: :load runs a script whose imports are relative to it") {
  const Scratch scratch;
  scratch.file("lib.calc", "k = 7\n");
  const std::string main = scratch.file("main.calc", "import \"./lib.calc\" as m\nm.k\n");
  const Result result = run_calc({}, ":load " + main + "\nm.k + 1\n");
  CHECK(result.out == "7\n8\n");
  CHECK(result.status == 0);
}

TEST_CASE("modules: their names complete and are documented") {
  const Scratch scratch;
  const std::string lib = scratch.file("lib.calc",
                                       "## Twice as much.\n##\n##     double(2)    # => 4\n"
                                       "double(x) = 2*x\n_hidden(x) = x\n");
  const Result result = run_calc({}, "import \"" + lib + "\" as m\n?m.double\n?m\n?linalg.solve\n");
  CHECK(has(result.out, "double(x)\n"));
  CHECK(has(result.out, "Twice as much."));
  CHECK(has(result.out, "solve("));
  CHECK_FALSE(has(result.out, "_hidden"));
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("import linalg as la\rla.cho\t([[4.0]])\r");
  CHECK(console.expect("[[2.0]]"));
}

TEST_CASE("modules: what is no file of text is refused at once") {
  const Scratch scratch;
  const std::string huge = scratch.file("huge.calc", "");
  std::filesystem::resize_file(huge, uintmax_t{300} << 20);
  scratch.file("latin.calc", "s = \"caf\xe9\"\n");
  const auto error = [&](const std::string& path) {
    return run_calc({"-e", "import \"" + path + "\" as m"}).err;
  };
  CHECK(has(error("/dev/zero"), "`/dev/zero` is not a regular file"));
  CHECK(has(error(huge), "is longer than 256 MiB"));
  CHECK(has(error(scratch.path("latin.calc")), "UTF-8"));
  CHECK(has(error(scratch.path("")), "is a directory, not a file"));
}

TEST_CASE("modules: Ctrl-C stops one that is being loaded, and nothing of it stays") {
  const Scratch scratch;
  const std::string lib = scratch.file("lib.calc", "k = 1\nwhile k > 0 { k += 1; k -= 1 }\n");
  Console console;
  REQUIRE(console.expect("calc> "));
  console.send("import \"" + lib + "\" as m\r");
  console.expect("nothing such", 300);
  console.send("\x03");
  CHECK(console.expect("interrupted"));
  REQUIRE(console.expect("calc> "));
  console.send("m\r");
  CHECK(console.expect("`m` is not defined"));
  scratch.file("lib.calc", "k = 12345\n");
  console.send("import \"" + lib + "\" as m\rm.k\r");
  CHECK(console.expect("12345"));
}

TEST_CASE("modules: a thousand redefinitions cost as much memory as a few") {
  const auto kilobytes = [](int entries) {
    std::string text = "helper(x) = x\nuser(x) = helper(x)^2\n";
    for (int k = 0; k < entries; ++k) {
      text += "helper(x) = sin(x) + " + std::to_string(k) + ".0\nuser(1.0);\ngrad(user)(2.0);\n";
    }
    text += "user'(0.0)\n{ line = data.read_text(\"/proc/self/status\"); line }\n";
    const Result result = run_calc({}, text);
    CHECK(result.err.empty());
    CHECK(has(result.out, std::to_string(2 * (entries - 1)) + ".0\n"));
    const size_t at = result.out.find("VmRSS:");
    return at == std::string::npos ? 0 : std::stoi(result.out.substr(at + 6));
  };
  const int few = kilobytes(500);
  const int many = kilobytes(4000);
  CAPTURE(few, many);
  CHECK(few > 0);
  CHECK(many < few + 8000);
}

// ---- calc test ---------------------------------------------------------------------------------

TEST_CASE("calc test: passes, failures, comments, a summary") {
  const Scratch scratch;
  const std::string file = scratch.file("a.calc",
                                        "x = 1\n"
                                        "x + 1  # => 2\n"
                                        "x + 2  # => 4\n"
                                        "test \"one\" { x = 5; assert x == 5 }\n"
                                        "test \"two\" { assert x == 1 }\n"
                                        "test \"three\" { assert [1, 2] == [1, 3] }\n"
                                        "test \"four\" { y = [1.0]; y[3] }\n");
  const Result result = run_calc({"test", file});
  CHECK(result.status == 1);
  CHECK(result.out == "3 passed, 3 failed\n");
  CHECK(has(result.err, "failed: " + file + ": line 3\n"));
  CHECK(has(result.err, "the comment says that this prints 4, and it prints 3"));
  CHECK(has(result.err, "failed: " + file + ": three\n"));
  CHECK(has(result.err, "failed: " + file + ": four\n"));
  CHECK(has(result.err, "index 3 is out of range"));
  CHECK_FALSE(has(result.err, ": one\n"));
  CHECK_FALSE(has(result.err, ": two\n"));
}

TEST_CASE("calc test: a filter, and one that fits nothing") {
  const Scratch scratch;
  const std::string file = scratch.file("a.calc",
                                        "test \"sum of one\" { assert false }\n"
                                        "test \"mean\" { assert true }\n");
  CHECK(run_calc({"test", "--filter", "mean", file}).out == "1 passed, 0 failed\n");
  CHECK(run_calc({"test", file, "--filter=mean"}).status == 0);
  CHECK(run_calc({"test", "--filter=sum", file}).status == 1);
  const Result none = run_calc({"test", "--filter", "zzz", file});
  CHECK(none.status == 1);
  CHECK(has(none.err, "no test has `zzz` in its name"));
}

TEST_CASE("calc test: folders, without the files that have nothing to check") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path("sub/.hidden"));
  scratch.file("a.calc", "test \"a\" { assert 1 + 1 == 2 }\n");
  scratch.file("sub/b.calc", "import \"../a.calc\" as a\ntest \"b\" { assert true }\n");
  scratch.file("sub/script.calc", "foo_is_unknown\n");
  scratch.file("sub/.hidden/c.calc", "test \"c\" { assert false }\n");
  scratch.file("notes.txt", "test\n");
  const Result result = run_calc({"test", scratch.path("")});
  CHECK(result.out == "2 passed, 0 failed\n");
  CHECK(result.status == 0);
}

TEST_CASE("calc test: what a test prints or draws is not seen") {
  const Scratch scratch;
  const std::string file =
      scratch.file("a.calc",
                   "print(\"quiet\")\na = rand()\n"
                   "test \"draws\" { b = rand(); print(b) }\n"
                   "test \"the same again\" { assert rand() == { seed(0); rand(); rand() } }\n");
  const Result result = run_calc({"test", file});
  CHECK(has(result.out, " failed\n"));
  CHECK_FALSE(has(result.out, "quiet"));
}

TEST_CASE("calc test: a file that fails is a failure, wrong words are wrong usage") {
  const Scratch scratch;
  const std::string file = scratch.file("a.calc", "x = oops\ntest \"t\" { assert true }\n");
  const Result broken = run_calc({"test", file});
  CHECK(broken.out == "0 passed, 1 failed\n");
  CHECK(broken.status == 1);
  CHECK(has(broken.err, "`oops` is not defined"));
  CHECK(run_calc({"test", scratch.path("none.calc")}).status == 2);
  CHECK(run_calc({"test", "--filtr", "x", file}).status == 2);
  CHECK(run_calc({"test", "--filter"}).status == 2);
}

// ---- calc check --------------------------------------------------------------------------------

TEST_CASE("calc check: several errors, none that follows from another, nothing run") {
  const Scratch scratch;
  const std::string file = scratch.file("a.calc",
                                        "print(\"never shown\")\n"
                                        "f(x) = x + missing\n"
                                        "y = 1 + unknown\n"
                                        "z = y + 1\n"
                                        "g(x) = y * x\n"
                                        "w = g(2)\n"
                                        "A = [[1, 2], [3, 4]]\n"
                                        "A @ [1, 2, 3]\n"
                                        "h(u: Real[2], v: Real[3]) = u + v\n"
                                        "data.write_text(\"" +
                                            scratch.path("out.txt") +
                                            "\", \"x\")\n"
                                            "test \"t\" { assert nowhere == 1 }\n"
                                            "B = [1, 2, 3]\n"
                                            "for i in 0..4 { B[i] = 0 }\n"
                                            "assert B[0] == 1\n");
  const Result result = run_calc({"check", file});
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(count(result.err, "error: ") == 6);
  CHECK(has(result.err, "index 3 is out of range"));
  CHECK(has(result.err, "`missing` is not defined"));
  CHECK(has(result.err, "`unknown` is not defined"));
  CHECK(has(result.err, "`nowhere` is not defined"));
  CHECK(has(result.err, file + ":8:"));
  CHECK(has(result.err, file + ":9:"));
  CHECK_FALSE(std::filesystem::exists(scratch.path("out.txt")));
}

TEST_CASE("calc check: what only a run can decide is no error") {
  const Scratch scratch;
  const std::string file = scratch.file("a.calc",
                                        "n = 0\n"
                                        "for i in 0..1000000 { n += i % 7 }\n"
                                        "x = zeros(n)\n"
                                        "k = 2\n"
                                        "derivative(t -> t^3, n: k)(1.0)\n"
                                        "even(m) = if m == 0 then true else odd(m - 1)\n"
                                        "odd(m) = if m == 0 then false else even(m - 1)\n"
                                        "loss(p) = { z = p.w + p.b; sum(z) }\n"
                                        "grad[z](loss)({w: 1.0, b: 2.0})\n"
                                        "size_of(v: Real[m]) = m\n"
                                        "assert n == 3\n"
                                        "[a*b for a in 0..2, b in 0..2]\n"
                                        "import linalg\n"
                                        "d(A) = linalg.det(A)\n"
                                        "data.write_text(\"new.csv\", \"1,2\\n\")\n"
                                        "t = data.csv(\"new.csv\")\n"
                                        "t + 1\n"
                                        "steps = Int(args[0])\n"
                                        "run(k) = args[k]\n"
                                        "run(2)\n");
  const Result result = run_calc({"check", file});
  CHECK(result.err.empty());
  CHECK(result.status == 0);
}

TEST_CASE("calc check: the examples and the library have no errors") {
  for (const char* folder : {"examples", "stdlib"}) {
    for (const std::string& path : files_below(folder)) {
      if (path.find("digits") != std::string::npos) continue;
      const Result result = run_calc({"check", path});
      CAPTURE(path, result.err);
      CHECK(result.status == 0);
    }
  }
}

}  // namespace calc::tests
