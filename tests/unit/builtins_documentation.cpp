// Every builtin and every function of the prelude shows an example, and the example is true.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/unit/elab_run.h"

using calc::test::Run;

namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  const size_t start = text.find_first_not_of(' ');
  return start == std::string::npos ? "" : text.substr(start);
}

struct Example {
  std::string code;
  /// Empty: it only has to run.
  std::string result;
};

/// The lines of a documentation that are indented by four.
std::vector<Example> examples(const std::string& documentation) {
  std::vector<Example> found;
  std::istringstream lines(documentation);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("    ", 0) != 0) continue;
    const size_t arrow = line.find("# =>");
    found.push_back({trimmed(line.substr(0, arrow)),
                     arrow == std::string::npos ? "" : trimmed(line.substr(arrow + 4))});
  }
  return found;
}

/// The session's text of a value; what is printed counts as well.
std::string shown(Run& session, const std::string& code) {
  const std::string value = session(code);
  const std::string printed = session.printed();
  return printed.empty() ? value : trimmed(printed);
}

bool same_value(Run& session, const Example& example, const std::string& got) {
  if (got == example.result) return true;
  return session("(" + example.code + ") ≈ (" + example.result + ")") == "true" ||
         session("all(abs((" + example.code + ") - (" + example.result + ")) < 1e-5)") == "true";
}

std::string prelude() {
  std::ifstream file(std::string(CALC_SOURCE_DIR) + "/stdlib/prelude.calc");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the examples of the builtins are true") {
  for (const calc::elab::Builtin* builtin : calc::elab::all_builtins()) {
    const std::vector<Example> found = examples(std::string(builtin->documentation));
    INFO(builtin->name);
    const bool later = builtin->documentation.find("not supported yet") != std::string_view::npos;
    CHECK(found.empty() == later);
    for (const Example& example : found) {
      if (builtin->name.find('.') != std::string_view::npos) continue;
      Run session;
      INFO(example.code);
      const std::string got = shown(session, example.code);
      INFO(got);
      CHECK(session.underlined.empty());
      if (!example.result.empty()) CHECK(same_value(session, example, got));
    }
  }
}

TEST_CASE("the examples of the prelude are true") {
  Run session;
  const std::string text = prelude();
  CHECK(session(text) == "");
  std::string stripped;
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("## ", 0) != 0) continue;
    for (const Example& example : examples(line.substr(3))) {
      INFO(example.code);
      const std::string got = shown(session, example.code);
      INFO(got);
      CHECK(same_value(session, example, got));
      ++count;
    }
  }
  CHECK(count > 10);
}
