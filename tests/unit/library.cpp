// Every module of the library loads alone; every function of it shows an example, which is true.
#include <catch2/catch.hpp>
#include <sstream>

#include "lang/driver/outline.h"
#include "lang/driver/session.h"
#include "lang/elaborate/builtins.h"

#include "stdlib/embedded.h"

namespace calc::tests {
namespace {

/// A session, and what it has shown on one line.
class Shown {
 public:
  Shown() {
    driver::Options options;
    options.out = [this](std::string_view text) { out_ += text; };
    session_ = std::make_unique<driver::Session>(std::move(options));
  }
  /// What a text prints, or its first error.
  std::string operator()(const std::string& text) {
    out_.clear();
    const driver::Outcome outcome = session_->run("<test>", text);
    if (!outcome.errors.empty()) return "error: " + outcome.errors.front().message;
    return one_line(out_);
  }

 private:
  static std::string one_line(const std::string& text) {
    std::istringstream words(text);
    std::string line;
    for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
    return line;
  }

  std::string out_;
  std::unique_ptr<driver::Session> session_;
};

struct Example {
  std::string code;
  /// Empty: it only has to run.
  std::string result;
};

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \n") - first + 1);
}

/// The lines of a documentation that are indented by four. An example that opens a bracket, or has
/// no result, goes on in the next line.
std::vector<Example> examples(const std::string& documentation) {
  std::vector<Example> found;
  std::istringstream lines(documentation);
  std::string code;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    ")) continue;
    const size_t arrow = line.find("# =>");
    code += (code.empty() ? "" : "\n") + trimmed(line.substr(0, arrow));
    if (arrow == std::string::npos) continue;
    found.push_back({code, trimmed(line.substr(arrow + 4))});
    code.clear();
  }
  if (!code.empty()) found.push_back({code, ""});
  return found;
}

bool is_true(Shown& session, const Example& example, const std::string& got) {
  if (example.result.empty()) return !got.starts_with("error: ");
  if (got == example.result) return true;
  const size_t last = example.code.rfind('\n') + 1;
  const std::string value = "(" + example.code.substr(last) + ")";
  return session(value + " ≈ (" + example.result + ")") == "true" ||
         session("all(abs(" + value + " - (" + example.result + ")) < 1e-5)") == "true";
}

void check_examples(const std::string& imports, const std::string& name,
                    const std::string& documentation) {
  const std::vector<Example> all = examples(documentation);
  INFO(name);
  CHECK_FALSE(all.empty());
  for (const Example& example : all) {
    Shown session;
    INFO(example.code);
    CHECK(session(imports) == "");
    const std::string got = session(example.code);
    INFO(got);
    CHECK(is_true(session, example, got));
  }
}

}  // namespace

TEST_CASE("library: every module loads alone and its examples are true") {
  for (const stdlib::Module& module : stdlib::modules()) {
    const std::string name(module.name);
    INFO(name);
    const driver::Outline outline = driver::outline_of(name, std::string(module.text));
    CHECK_FALSE(outline.about.empty());
    std::string imports = "import " + name;
    for (const driver::Outlined& function : outline.functions) {
      imports += "\nimport " + name + ": " + function.name;
    }
    for (const std::string& other : outline.imported) imports += "\nimport " + name + ": " + other;
    CHECK(Shown()(imports) == "");
    for (const driver::Outlined& function : outline.functions) {
      check_examples(imports, function.name, function.documentation);
    }
    for (const elab::Builtin* builtin : elab::all_builtins()) {
      if (!builtin->name.starts_with(name + ".") || name == "data") continue;
      check_examples(imports, std::string(builtin->name), std::string(builtin->documentation));
    }
  }
}

}  // namespace calc::tests
