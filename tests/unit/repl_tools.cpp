// What serves tools and readers: errors as JSON, arguments, files, documentation, layout, stages.
#include <catch2/catch.hpp>
#include <filesystem>

#include "lang/syntax/format.h"
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

}  // namespace

// ---- errors for tools --------------------------------------------------------------------------

TEST_CASE("json: an object a line, with places, notes and frames") {
  const Scratch scratch;
  const std::string file =
      scratch.file("a.calc", "loss(p) = p @ [1.0, 2.0]\n\nloss([1.0, \"é\"; 2.0])\n");
  const Result syntax = run_calc({"--error-format", "json", file});
  CHECK(syntax.status == 1);
  CHECK(count(syntax.err, "\n") >= 1);
  CHECK(syntax.err.starts_with("{\"severity\": \"error\", \"message\": \""));
  CHECK(syntax.err.ends_with("}\n"));
  const std::string good = scratch.file("b.calc", "loss(p) = p @ [1.0, 2.0]\n\nloss(ones(3))\n");
  const Result shapes = run_calc({"--error-format=json", good});
  CHECK(has(shapes.err, "\"file\": \"" + good + "\", \"line\": 1, \"column\": 11"));
  CHECK(has(shapes.err, "\"frames\": [{\"function\": \"loss\", \"file\": \"" + good +
                            "\", \"line\": 3, \"column\": 1"));
  CHECK(count(shapes.err, "\n") == 1);
  const Result usage = run_calc({"--error-format", "json", scratch.path("none.calc")});
  CHECK(usage.status == 2);
  CHECK(usage.err.starts_with("{\"severity\": \"error\", "));
  CHECK(run_calc({"--error-format", "xml", "-e", "1"}).status == 2);
  CHECK(has(run_calc({"check", file, "--error-format", "json"}).err, "\"line\": 3"));
}

TEST_CASE("json: control characters and quotes are escaped") {
  const Result result =
      run_calc({"--error-format", "json", "-e", "assert 1 == 2, \"a\\t\\\"b\\\"\""});
  CHECK(has(result.err, "a\\u0009\\\"b\\\""));
}

// ---- script arguments --------------------------------------------------------------------------

TEST_CASE("arguments: words and flags after the file are the script's") {
  const Scratch scratch;
  const std::string file = scratch.file("a.calc", "args\nInt(args[0]) + 1\n");
  const Result result = run_calc({file, "41", "--emit", "-e", "--"});
  CHECK(result.out == "(\"41\", \"--emit\", \"-e\", \"--\")\n42\n");
  const Result none = run_calc({file});
  CHECK(has(none.out, "()\n"));
  CHECK(none.status == 1);
  CHECK(run_calc({"--", file, "7"}).out == "(\"7\",)\n8\n");
  CHECK(run_calc({"-", "5"}, "args\n").out == "(\"5\",)\n");
}

// ---- files -------------------------------------------------------------------------------------

TEST_CASE("files: what is written can be read, also by the same program") {
  const Scratch scratch;
  const std::string path = scratch.path("out.txt");
  const std::string text = "p = \"" + path +
                           "\"\n"
                           "data.write_text(p, \"x = {1.5:.2f}\\n\")\n"
                           "for k in 0..3 { data.append_text(p, \"{k} {[k, 2*k]}\\n\") }\n"
                           "data.read_text(p)\n"
                           "data.write_text(p, if size([1, 2]) > 1 then \"two\" else \"one\")\n"
                           "read() = data.read_text(p)\n"
                           "read()\n"
                           "data.write_text(p, \"new\")\n"
                           "read()\n";
  for (const char* tier : {"evaluate", "compile"}) {
    const Result result = run_calc({"--tier", tier, "-"}, text);
    CHECK(result.err.empty());
    CHECK(result.out == "\"x = 1.50\n0 [0, 0]\n1 [1, 2]\n2 [2, 4]\n\"\n\"two\"\n\"new\"\n");
    CHECK(contents(path) == "new");
  }
}

TEST_CASE("files: a table is what the file holds when the program comes to it") {
  const Scratch scratch;
  const std::string text = "p = \"" + scratch.path("t.csv") + "\"\n" +
                           "again(k) = { data.write_text(p, \"{k},1\\n\"); data.csv(p)[0, 0] }\n"
                           "[again(k) for k in 0..3]\n"
                           "again(7)\n"
                           "data.csv(p)\n"
                           "test \"round trip\" {\n"
                           "  data.write_text(p, \"5,6\\n\")\n"
                           "  assert data.csv(p) ≈ [[5.0, 6.0]]\n"
                           "}\n";
  for (const char* tier : {"evaluate", "compile"}) {
    const Result result = run_calc({"--tier", tier, "-"}, text);
    CHECK(result.err.empty());
    CHECK(result.out == "[0.0, 1.0, 2.0]\n7.0\n[[7.0, 1.0]]\n");
  }
  CHECK(run_calc({"test", scratch.file("a.calc", text)}).out == "1 passed, 0 failed\n");
}

TEST_CASE("files: the name of a file may hold values of the run") {
  const Scratch scratch;
  const Result result = run_calc({"-e", "for k in 0..2 { data.write_text(\"" + scratch.path("") +
                                            "step_{k}.txt\", \"{k}\") }"});
  CHECK(result.status == 0);
  CHECK(contents(scratch.path("step_1.txt")) == "1");
}

// ---- documentation and layout ------------------------------------------------------------------

TEST_CASE("calc doc: builtins, modules, files") {
  const Scratch scratch;
  const std::string file = scratch.file("lib.calc",
                                        "# A small library.\n\n## Twice. And more.\n"
                                        "double(x, k = 2) -> Real = k*x\n");
  CHECK(has(run_calc({"doc", "sum"}).out, "sum(x"));
  CHECK(has(run_calc({"doc", "var"}).out, "The variance"));
  CHECK(has(run_calc({"doc", "pi"}).out, "circumference"));
  CHECK(has(run_calc({"doc", "prelude"}).out, "sum(x"));
  CHECK(has(run_calc({}, "x = ones(2)\n?x\ng = sin'\n?g\n").out, "x: Real[2]\nsin'(x)\n"));
  CHECK(has(run_calc({"doc", "data"}).out, "data.csv(path, header = false)"));
  CHECK(has(run_calc({"doc", "text.split"}).out, "text.split(text, separator = none)"));
  CHECK(has(run_calc({"doc", "linalg.pinv"}).out, "pseudoinverse"));
  CHECK(run_calc({"doc", file}).out ==
        "A small library.\n\ndouble(x, k = 2) -> Real\n    Twice.\n");
  CHECK(run_calc({"doc", file, "double"}).out == "double(x, k = 2) -> Real\nTwice. And more.\n");
  const Result wrong = run_calc({"doc", file, "duble"});
  CHECK(wrong.status == 1);
  CHECK(has(wrong.err, "did you mean `double`?"));
  CHECK(run_calc({"doc", "no_such_thing"}).status == 1);
}

TEST_CASE("calc fmt: the tree's own programs are formatted") {
  for (const char* folder : {"examples", "stdlib"}) {
    for (const std::string& path : files_below(folder)) {
      base::Sources sources;
      const std::string text = contents(path);
      CAPTURE(path);
      const std::string once = syntax::format(sources, sources.add(path, text));
      CHECK(once == text);
      CHECK(syntax::format(sources, sources.add(path, once)) == once);
    }
  }
}

TEST_CASE("calc fmt and check: folders") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path("sub"));
  const std::string good = scratch.file("good.calc", "x = 1\n");
  const std::string loose = scratch.file("sub/loose.calc", "x=1\nfoo\n");
  const Result checked = run_calc({"fmt", "--check", scratch.path("")});
  CHECK(checked.status == 1);
  CHECK(count(checked.err, "would change") == 1);
  CHECK(contents(loose) == "x=1\nfoo\n");
  CHECK(run_calc({"fmt", scratch.path("")}).status == 0);
  CHECK(contents(loose) == "x = 1\nfoo\n");
  CHECK(run_calc({"fmt", "--check", scratch.path("")}).status == 0);
  const Result errors = run_calc({"check", scratch.path("")});
  CHECK(errors.status == 1);
  CHECK(count(errors.err, "error: ") == 1);
}

TEST_CASE("calc fmt: imports and tests") {
  const std::string text =
      "import   linalg\nimport optim :adam,sgd\nimport \"./f.calc\"  as m\n"
      "test  \"name\"{\n  assert 1==1 # always\n}\n";
  const Result result = run_calc({"fmt", "-"}, text);
  CHECK(result.out ==
        "import linalg\nimport optim: adam, sgd\nimport \"./f.calc\" as m\n"
        "test \"name\" {\n  assert 1 == 1  # always\n}\n");
}

TEST_CASE("emit: every stage shows something") {
  for (const char* stage : {"tokens", "ast", "core", "opt", "loops", "llvm", "asm"}) {
    const Result result = run_calc({"--emit", stage, "-e", "sum([1.0, 2.0, 3.0] * 2.0)"});
    CAPTURE(stage, result.err);
    CHECK(result.status == 0);
    CHECK(result.out.size() > 10);
  }
}

}  // namespace calc::tests
