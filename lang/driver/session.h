#pragma once
// A session: sources, names and their values, and the pipeline that runs a statement. The command
// line, the prompt and the tests are thin layers over it.
//
// A statement is parsed, elaborated to one Core function over the globals it reads, optimised, and
// run: evaluated directly when it is small straight-line work, compiled when it loops over data. It
// commits whole or changes nothing.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lang/base/diagnostic.h"

namespace calc::driver {

enum class Tier : uint8_t {
  /// Small straight-line work is evaluated, the rest compiled.
  Auto,
  Evaluate,
  Compile
};

struct Options {
  Tier tier = Tier::Auto;
  /// Check Core after every pass (tests and debug builds).
  bool verify = false;
  /// Script arguments, visible as `args`.
  std::vector<std::string> arguments;
  /// Folders where modules are looked for besides the library and the importing file's folder.
  std::vector<std::string> search_path;
  /// Where results and `print` go.
  std::function<void(std::string_view)> out;
  /// Called after each statement of a text that ran (tests attribute output to lines by it).
  std::function<void(base::Span)> after_statement;
};

struct Outcome {
  std::vector<base::Diagnostic> errors;
  /// The text needs more lines (a prompt asks for them); nothing was run.
  bool incomplete = false;
  bool interrupted = false;
  bool ok() const { return errors.empty() && !interrupted; }
};

/// What became of one check of a file: a `test` block, or what a `# =>` comment says.
struct TestResult {
  /// Of the test; "line 7" for a comment.
  std::string name;
  Outcome outcome;
};

/// A stage's text for each statement, `--emit`.
struct Stage {
  std::string_view name;
  std::string_view doc;
};
const std::vector<Stage>& stages();

class Session {
 public:
  /// Of the session's own files.
  struct Impl;

  explicit Session(Options options);
  ~Session();

  const base::Sources& sources() const;
  /// Runs a text statement by statement, stops at the first that fails; texts that do not parse run
  /// nothing and report all errors.
  Outcome run(std::string name, std::string text);
  /// An entry of the prompt: as `run`, but when a statement fails none of them has happened.
  Outcome enter(std::string name, std::string text);
  /// Runs a text, then each of its tests by itself: what one does is undone before the next.
  /// `report` is called after each test whose name holds the filter, and, without a filter, for
  /// each `# =>` comment. Returns what became of the text itself.
  Outcome test(std::string name, std::string text, std::string_view filter,
               const std::function<void(const TestResult&)>& report);
  /// Finds errors of a text without letting anybody see it run: as many as do not follow from
  /// others.
  Outcome check(std::string name, std::string text);
  /// Does the text end inside a bracket or after an operator?
  bool incomplete(std::string_view text) const;
  /// The same, but shows a stage instead of running (definitions and assignments still run). Of a
  /// function: the code made for it so far.
  Outcome emit(std::string_view stage, std::string name, std::string text);
  /// What `:type e` says, without running.
  Outcome type_of(std::string text);
  /// Significant digits of shown reals; 0: as language.md says.
  void set_digits(int digits);
  /// Called from a signal handler: stops what runs.
  void interrupt() noexcept;

  /// User-defined names, sorted, and how each value shows on a line.
  std::vector<std::pair<std::string, std::string>> variables() const;
  /// Names for completion and "did you mean".
  std::vector<std::string> names() const;
  /// Documentation of a name, `f` or `m.f`, or of a module; "" when there is none.
  std::string documentation(std::string_view name) const;
  /// Milliseconds the last `run` spent compiling.
  double compile_ms() const;
  /// Milliseconds the last `run` spent executing.
  double run_ms() const;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace calc::driver
