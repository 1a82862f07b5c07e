#include <catch2/catch.hpp>

#include "lang/base/diagnostic.h"
#include "lang/base/utf8.h"

namespace calc::base {

namespace {

struct Text {
  Sources sources;
  uint32_t id;
  explicit Text(std::string text, std::string name = "fit.calc")
      : id(sources.add(std::move(name), std::move(text))) {}
  Span span(uint32_t begin, uint32_t end) const { return {id, begin, end}; }
  /// Of the first occurrence.
  Span find(std::string_view part) const {
    const auto begin = static_cast<uint32_t>(sources.get(id).text.find(part));
    return {id, begin, begin + static_cast<uint32_t>(part.size())};
  }
};

Diagnostic about(Span span, std::string message) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.span = span;
  return diagnostic;
}

}  // namespace

TEST_CASE("positions count lines and characters from one") {
  const Text text("ab\nπx = 1\n\n");
  CHECK(text.sources.position(text.id, 0).column == 1);
  CHECK(text.sources.position(text.id, 3).line == 2);
  CHECK(text.sources.position(text.id, 5).column == 2);
  CHECK(text.sources.position(text.id, 11).line == 3);
  CHECK(text.sources.position(text.id, 99).line == 4);
  CHECK(text.sources.text(text.span(3, 6)) == "πx");
  CHECK(text.sources.text(Span{}).empty());
}

TEST_CASE("fail throws its diagnostic") {
  try {
    fail({0, 1, 2}, "this is wrong", "do that", "here");
  } catch (const DiagnosticError& error) {
    CHECK(error.diagnostic.message == "this is wrong");
    CHECK(error.diagnostic.hint == "do that");
    CHECK(error.diagnostic.note == "here");
    CHECK(error.diagnostic.span == Span{0, 1, 2});
    return;
  }
  FAIL("nothing was thrown");
}

TEST_CASE("an error shows its line, the note under carets, then hint and frames") {
  const Text text("\n\n\n\n\n\nloss(p) = X @ p.w + p.b\n\nfit = loss(p)\n");
  Diagnostic error =
      about(text.find("X @ p.w"), "shapes do not fit: `@` contracts Real[3, 4] with Real[5]");
  error.note = "the last axis of the left has size 4, the first of the right has size 5";
  error.hint = "transpose the left";
  error.frames.push_back({"loss", text.find("loss(p)\n")});
  CHECK(render(text.sources, error) ==
        "error: shapes do not fit: `@` contracts Real[3, 4] with Real[5]\n"
        "  --> fit.calc:7:11\n"
        "   |\n"
        " 7 | loss(p) = X @ p.w + p.b\n"
        "   |           ^^^^^^^ the last axis of the left has size 4, the first of the right has "
        "size 5\n"
        "   = hint: transpose the left\n"
        "   = in `loss`, called from fit.calc:9:7\n");
}

TEST_CASE("labels underline other spans, lines and texts") {
  Text text("a = 1\nb = 2\n\n\n\n\n\n\n\nc = a + b\n");
  const uint32_t other = text.sources.add("lib.calc", "f(x) = x\n");
  Diagnostic error = about(text.find("a + b"), "no sum");
  error.labels.push_back({text.find("a = 1"), "one"});
  error.labels.push_back(
      {text.span(text.find("+ b").begin, text.find("+ b").begin + 1), "this sign"});
  error.labels.push_back({{other, 0, 4}, "defined here"});
  CHECK(render(text.sources, error) ==
        "error: no sum\n"
        "   --> fit.calc:10:5\n"
        "    |\n"
        "  1 | a = 1\n"
        "    | ----- one\n"
        "...\n"
        " 10 | c = a + b\n"
        "    |     ^^^^^\n"
        "    |       - this sign\n"
        "   ::: lib.calc:1:1\n"
        "    |\n"
        "  1 | f(x) = x\n"
        "    | ---- defined here\n");
}

TEST_CASE("an error without a place is its sentence") {
  const Sources none;
  Diagnostic error = about({}, "the file `x.csv` does not exist");
  error.hint = "paths are relative to the current folder";
  CHECK(render(none, error) ==
        "error: the file `x.csv` does not exist\n   = hint: paths are relative to the current "
        "folder\n");
}

TEST_CASE("warnings and colours") {
  const Text text("x\n");
  Diagnostic warning = about(text.span(0, 1), "unused");
  warning.severity = Severity::Warning;
  CHECK(render(text.sources, warning).starts_with("warning: unused\n"));
  const std::string colored = render(text.sources, warning, true);
  CHECK(colored.find("\x1b[1;33mwarning:\x1b[0m") == 0);
  CHECK(colored.find("\x1b[1;33m^\x1b[0m") != std::string::npos);
}

TEST_CASE("carets stand under wide, combining and tab characters") {
  const Text wide("漢 = y");
  CHECK(render(wide.sources, about(wide.find("y"), "m")).ends_with(" 1 | 漢 = y\n   |      ^\n"));
  const Text combining("x\u0302 = y");
  CHECK(render(combining.sources, about(combining.find("y"), "m")).ends_with("   |     ^\n"));
  const Text tab("\tx = y\r\n");
  CHECK(
      render(tab.sources, about(tab.find("y"), "m")).ends_with(" 1 |     x = y\n   |         ^\n"));
}

TEST_CASE("what a terminal must not see is not shown") {
  const Text text("x\x1b[31m\xff = y");
  const std::string shown = render(text.sources, about(text.find("y"), "m"));
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find('\xff') == std::string::npos);
}

TEST_CASE("the end of a text, an empty text and a span over lines are underlined") {
  const Text open("f(");
  CHECK(render(open.sources, about(open.span(2, 2), "m")).ends_with(" 1 | f(\n   |   ^\n"));
  const Text empty("");
  CHECK(render(empty.sources, about(empty.span(0, 0), "m")).ends_with(" 1 |\n   | ^\n"));
  const Text lines("ab = {\n c\n}");
  CHECK(
      render(lines.sources, about(lines.span(5, 11), "m")).ends_with(" 1 | ab = {\n   |      ^\n"));
}

TEST_CASE("a long line is cut around the place") {
  const Text text(std::string(5000, 'a') + "b" + std::string(5000, 'c'));
  const std::string shown = render(text.sources, about(text.find("b"), "m"));
  CHECK(shown.size() < 500);
  CHECK(shown.find("ab") != std::string::npos);
  CHECK(shown.find(std::string(50, ' ') + "^\n") != std::string::npos);
}

TEST_CASE("the nearest name is within a third of its length") {
  const std::vector<std::string> names{"sin", "cos", "hessian", "jacobian", "true"};
  CHECK(nearest("sn", names).empty());
  CHECK(nearest("sni", names) == "sin");
  CHECK(nearest("Sin", names) == "sin");
  CHECK(nearest("hesian", names) == "hessian");
  CHECK(nearest("jacobain", names) == "jacobian");
  CHECK(nearest("True", names) == "true");
  CHECK(nearest("completely", names).empty());
  CHECK(nearest("", names).empty());
  CHECK(nearest(std::string(100000, 'x'), names).empty());
}

TEST_CASE("UTF-8 is checked strictly") {
  CHECK(first_invalid("aπ漢😀") == std::string_view::npos);
  CHECK(first_invalid("a\xff") == 1);
  CHECK(first_invalid("\xc0\x80") == 0);
  CHECK(first_invalid("\xed\xa0\x80") == 0);
  CHECK(first_invalid("\xf4\x90\x80\x80") == 0);
  CHECK(first_invalid("π\xcf") == 2);
  std::string out;
  for (const char32_t code : {U'a', U'π', U'漢', U'😀'}) append_utf8(out, code);
  CHECK(out == "aπ漢😀");
}

}  // namespace calc::base
