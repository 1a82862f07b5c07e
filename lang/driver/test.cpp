// `calc test`: the tests of a file, and the comments that say what it prints.
#include "lang/driver/expected.h"
#include "lang/driver/session_impl.h"

namespace calc::driver {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text.empty() ? "nothing" : text;
}

/// Collects what statements print and compares it with the comments.
class Comments {
 public:
  Comments(const base::Sources& sources, const std::function<void(const TestResult&)>& report)
      : sources_(sources), report_(report) {}

  void print(std::string_view text) { pending_ += text; }

  void after(base::Span statement) {
    if (expected_ == std::nullopt) expected_ = expected_output(sources_, statement.source);
    const std::vector<std::string> got = lines_of(pending_);
    pending_.clear();
    const uint32_t line = sources_.position(statement.source, statement.end - 1).line;
    std::vector<std::string>& all = got_[line];
    all.insert(all.end(), got.begin(), got.end());
    spans_.try_emplace(line, statement);
    spans_[line] = base::Span::join(spans_[line], statement);
  }

  /// Statements share a line: compared when all have run.
  void compare() {
    if (!expected_) return;
    for (const auto& [line, want] : *expected_) {
      const auto statement = spans_.find(line);
      if (statement == spans_.end()) continue;
      TestResult result{"line " + std::to_string(line), {}};
      if (got_[line] != want) {
        base::Diagnostic error;
        error.message = "the comment says that this prints " + joined(want) + ", and it prints " +
                        joined(got_[line]);
        error.span = statement->second;
        result.outcome.errors.push_back(std::move(error));
      }
      report_(result);
    }
  }

 private:
  const base::Sources& sources_;
  const std::function<void(const TestResult&)>& report_;
  std::optional<Expected> expected_;
  std::string pending_;
  std::map<uint32_t, std::vector<std::string>> got_;
  std::map<uint32_t, base::Span> spans_;
};

/// Puts the session's options back.
struct Silence {
  explicit Silence(Session::Impl& i)
      : impl(i), out(i.options.out), after(i.options.after_statement) {}
  ~Silence() {
    impl.options.out = out;
    impl.options.after_statement = after;
    impl.context.print = out;
  }
  Session::Impl& impl;
  std::function<void(std::string_view)> out;
  std::function<void(base::Span)> after;
};

}  // namespace

Outcome Session::test(std::string name, std::string text, std::string_view filter,
                      const std::function<void(const TestResult&)>& report) {
  const Silence silence(*impl_);
  Comments comments(impl_->sources, report);
  impl_->options.out = [&](std::string_view piece) { comments.print(piece); };
  impl_->context.print = impl_->options.out;
  impl_->options.after_statement = [&](base::Span span) { comments.after(span); };
  std::vector<std::pair<ProgramPtr, const syntax::Test*>> tests;
  const Outcome whole = impl_->each_statement(
      std::move(name), std::move(text), [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
        if (stmt.kind == syntax::StmtKind::Test) {
          tests.emplace_back(program, static_cast<const syntax::Test*>(&stmt));
        }
        impl_->statement(program, stmt, "", true);
      });
  if (!whole.ok() || whole.incomplete) return whole;
  if (filter.empty()) comments.compare();
  for (const auto& [program, test] : tests) {
    if (test->name.find(filter) == std::string::npos) continue;
    TestResult result{test->name, {}};
    result.outcome = impl_->transaction(true, [&] {
      Outcome outcome;
      impl_->guarded(outcome, *test, [&] {
        impl_->carry_out(impl_->elaborator.test(program, *test, ""), "", false, true);
      });
      return outcome;
    });
    report(result);
    if (result.outcome.interrupted) break;
    impl_->collect_if_due();
  }
  return whole;
}

}  // namespace calc::driver
