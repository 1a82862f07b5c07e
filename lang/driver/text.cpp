// Whole texts: statement by statement up to the first that fails, and what a failure says.
#include "lang/base/frames.h"
#include "lang/driver/session_impl.h"

namespace calc::driver {

std::string normalised(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (text.find('\r') == std::string::npos) return text;
  std::string lines;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool ends_line = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
    if (!ends_line) lines += text[at];
  }
  return lines;
}

namespace {

base::Diagnostic diagnostic(const rt::Failure& failure, base::Span span) {
  base::Diagnostic d;
  d.message = failure.message;
  d.hint = failure.hint;
  d.span = span;
  return d;
}

}  // namespace

Outcome Session::Impl::each_statement(std::string name, std::string text, const Each& each) {
  context.interrupt.store(0);
  runner.reset_clock();
  library.start_text();
  loading.clear();
  folder = folder_of(name);
  const uint32_t source = sources.add(std::move(name), normalised(std::move(text)));
  pinned_sources = {source};
  syntax::ParseResult parsed = syntax::parse(sources, source);
  Outcome outcome;
  outcome.incomplete = parsed.incomplete;
  outcome.errors = std::move(parsed.errors);
  if (!outcome.errors.empty() || outcome.incomplete) return outcome;
  for (const auto& stmt : parsed.program->stmts) {
    const bool fine = guarded(outcome, *stmt, [&] {
      context.poll();
      each(parsed.program, *stmt);
    });
    if (!fine) break;
    if (options.after_statement) options.after_statement(stmt->span);
    collect_if_due();
  }
  return outcome;
}

bool Session::Impl::guarded(Outcome& outcome, const syntax::Stmt& stmt,
                            const std::function<void()>& body) {
  try {
    body();
    return true;
  } catch (base::DiagnosticError& error) {
    if (!error.diagnostic.span.known()) error.diagnostic.span = stmt.span;
    leave_library(error.diagnostic);
    outcome.errors.push_back(std::move(error.diagnostic));
  } catch (ImportFailure& failure) {
    for (base::Diagnostic& error : failure.errors) outcome.errors.push_back(std::move(error));
  } catch (const core::EvaluationError& error) {
    outcome.errors.push_back(explain(error, stmt));
  } catch (const rt::Failure& failure) {
    outcome.errors.push_back(diagnostic(failure, stmt.span));
  } catch (const rt::Interrupted&) {
    outcome.interrupted = true;
  } catch (const std::bad_alloc&) {
    outcome.errors.push_back(diagnostic({"out of memory", ""}, stmt.span));
  } catch (const std::exception& error) {
    outcome.errors.push_back(
        diagnostic({std::string("calc itself failed here: ") + error.what(),
                    "this is a bug in calc, please report it with the program that shows it"},
                   stmt.span));
  }
  return false;
}

/// The location of the failing operation, then the calls it stands in, inlined or not.
base::Diagnostic Session::Impl::explain(const core::EvaluationError& error,
                                        const syntax::Stmt& stmt) {
  base::Diagnostic d = diagnostic(error.failure, stmt.span);
  bool first = true;
  std::string function;
  for (core::LocId start : error.trace) {
    for (core::LocId id = start; id.index != 0; id = module.location(id).caller) {
      const core::Location& at = module.location(id);
      if (first && at.span.known()) {
        d.span = at.span;
        first = false;
      } else if (!function.empty()) {
        base::add_frame(d.frames, {function, at.span});
      }
      function = at.function;
    }
  }
  leave_library(d);
  return d;
}

Outcome Session::Impl::transaction(bool always, const std::function<Outcome()>& body) {
  const rt::Random random = context.random;
  const Library::Snapshot loaded = library.snapshot();
  names.remember();
  Outcome outcome = body();
  if (outcome.ok() && !always) {
    names.keep();
    return outcome;
  }
  names.take_back();
  library.restore(loaded);
  context.random = random;
  return outcome;
}

}  // namespace calc::driver
