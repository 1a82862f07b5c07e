#pragma once
// The inside of a session, a file a subject: statement.cpp (one statement), text.cpp (a whole
// text, and what its failures say), modules.cpp (imports), stages.cpp (`--emit`), check.cpp
// (`calc check`), collect.cpp (what is not needed any more).
#include <set>
#include <unordered_set>

#include "lang/ad/ad.h"
#include "lang/core/tools.h"
#include "lang/driver/library.h"
#include "lang/driver/names.h"
#include "lang/driver/run.h"
#include "lang/driver/session.h"
#include "lang/elaborate/elaborator.h"
#include "lang/syntax/parser.h"

namespace calc::driver {

class Checker;

using ProgramPtr = std::shared_ptr<const syntax::Program>;

/// Without a byte order mark and the carriage returns of other systems, which mean nothing.
std::string normalised(std::string text);

/// A module could not be loaded.
struct ImportFailure {
  std::vector<base::Diagnostic> errors;
};

struct Session::Impl {
  explicit Impl(Options o);

  Options options;
  base::Sources sources;
  core::Module module;
  Names names;
  ad::Differentiator differentiator{module};
  elab::Elaborator elaborator{module, differentiator, names};
  Runner runner;
  rt::Context context;
  Library library;
  std::unordered_set<core::FunctionId> optimized;
  int digits = 0;

  // -- statement.cpp

  /// `last`: no statement after it can make the whole text fail.
  void statement(const ProgramPtr& program, const syntax::Stmt& stmt, const std::string& in,
                 bool last);
  /// Also the functions that are left as calls, which are made once and serve later statements.
  void optimize(core::FunctionId entry);
  void carry_out(const elab::Entry& entry, const std::string& in, bool last, bool silent);
  std::vector<rt::Array> execute(const elab::Entry& entry, const std::string& in, bool last);
  void commit(const elab::Entry& entry, const std::vector<rt::Array>& results,
              const std::string& in, bool silent);

  // -- text.cpp

  using Each = std::function<void(const ProgramPtr&, const syntax::Stmt&)>;
  Outcome each_statement(std::string name, std::string text, const Each& each);
  /// False, and the outcome says why, when the body failed.
  bool guarded(Outcome& outcome, const syntax::Stmt& stmt, const std::function<void()>& body);
  base::Diagnostic explain(const core::EvaluationError& error, const syntax::Stmt& stmt);
  /// Moves what is told out of the texts of the library (library_frames.cpp).
  void leave_library(base::Diagnostic& diagnostic) const;
  /// Runs `body`; when it fails, or `always`, everything is as it was before.
  Outcome transaction(bool always, const std::function<Outcome()>& body);
  /// Of the text that is running.
  std::string folder;

  // -- modules.cpp

  struct Loading {
    std::string id;
    std::string shown;
    std::vector<std::string> imports;
  };
  void import(const syntax::Import& stmt, const std::string& in);
  std::string loaded_module(const syntax::Import& stmt, const std::string& in);
  void load(const Found& found, base::Span from);
  void run_module(const Found& found, base::Span from);
  void load_embedded(std::string_view name);
  /// The modules being loaded, outermost first.
  std::vector<Loading> loading;

  /// While `calc check` runs: modules are checked as well, not run.
  Checker* checker = nullptr;

  // -- stages.cpp

  std::string stage_text(std::string_view stage, core::FunctionId function);
  std::string function_stage(std::string_view stage, const elab::Value& value, base::Span span);

  // -- collect.cpp

  /// Between statements: frees what nothing needs, when there is twice what the last time left.
  bool collect_if_due();
  void collect();
  size_t collect_above = 1000;
  size_t collect_sources_above = 1000;
  uint64_t collected_at = 0;
  /// Being run.
  std::vector<uint32_t> pinned_sources;
};

}  // namespace calc::driver
