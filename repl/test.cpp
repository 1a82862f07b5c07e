#include "repl/test.h"

#include <algorithm>

#include "lang/driver/expected.h"
#include "lang/syntax/parser.h"
#include "repl/files.h"
#include "repl/interrupt.h"
#include "repl/report.h"

namespace calc::repl {
namespace {

class Tests {
 public:
  Tests(const Request& request, const driver::Options& options)
      : request_(request), options_(options) {}

  int run() {
    std::vector<std::string> places = request_.rest;
    if (places.empty()) places.emplace_back(".");
    for (const std::string& place : places) {
      const int status = is_folder(place) ? folder(place) : file(place, false);
      if (status != 0) return status;
    }
    if (!request_.filter.empty() && passed_ + failed_ == 0) {
      complain("no test has `" + request_.filter + "` in its name");
      return 1;
    }
    write_out(std::to_string(passed_) + " passed, " + std::to_string(failed_) + " failed\n");
    return failed_ == 0 ? 0 : 1;
  }

 private:
  /// Every `.calc` file below it that has something to check; the others are not run.
  int folder(const std::string& path) {
    for (const std::string& name : programs_below(path)) {
      if (const int status = file(name, true); status != 0) return status;
    }
    return 0;
  }

  bool has_checks(const std::string& path, const std::string& text) const {
    base::Sources sources;
    const uint32_t source = sources.add(path, text);
    const syntax::ParseResult parsed = syntax::parse(sources, source);
    if (!parsed.errors.empty() || parsed.incomplete) return true;
    const auto& stmts = parsed.program->stmts;
    const bool tests = std::any_of(stmts.begin(), stmts.end(), [](const auto& stmt) {
      return stmt->kind == syntax::StmtKind::Test;
    });
    return tests || !driver::expected_output(sources, source).empty();
  }

  int file(const std::string& path, bool may_lack_tests) {
    FileText text = read_file(path);
    if (!text.error.empty()) return usage("cannot read `" + path + "`: " + text.error);
    if (may_lack_tests && !has_checks(path, text.text)) return 0;
    driver::Session session(options_);
    const Running running(session);
    bool interrupted = false;
    driver::Outcome whole =
        session.test(path, std::move(text.text), request_.filter, [&](const driver::TestResult& r) {
          interrupted = interrupted || r.outcome.interrupted;
          report(session, path, r);
        });
    if (whole.interrupted || interrupted) return stopped(session, whole);
    if (whole.ok() && !whole.incomplete) return 0;
    if (whole.errors.empty()) complain(path + " ends in the middle of a statement");
    report(session, path, {"the file itself", whole});
    return 0;
  }

  int stopped(const driver::Session& session, driver::Outcome& outcome) const {
    outcome.interrupted = true;
    outcome.errors.clear();
    show(session, outcome);
    return kInterruptedStatus;
  }

  void report(const driver::Session& session, const std::string& path,
              const driver::TestResult& result) {
    if (result.outcome.ok() && !result.outcome.incomplete) {
      ++passed_;
      return;
    }
    ++failed_;
    if (result.outcome.interrupted) return;
    if (!request_.json_errors) note("failed: " + path + ": " + result.name + "\n");
    show(session, result.outcome);
  }

  const Request& request_;
  const driver::Options& options_;
  int passed_ = 0;
  int failed_ = 0;
};

}  // namespace

int test(const Request& request, const driver::Options& options) {
  return Tests(request, options).run();
}

}  // namespace calc::repl
