#include "lang/driver/check.h"

#include <algorithm>

#include "lang/driver/resolve.h"
#include "lang/driver/tier.h"
#include "lang/elaborate/builtins.h"
#include "lang/elaborate/constants.h"

namespace calc::driver {

using syntax::StmtKind;

namespace {

constexpr size_t kMostErrors = 100;

/// An error is told once, wherever it is found again.
void add(Outcome& outcome, base::Diagnostic error) {
  for (const base::Diagnostic& other : outcome.errors) {
    if (other.span == error.span && other.message == error.message) return;
  }
  outcome.errors.push_back(std::move(error));
}

/// The names that a statement gives a value.
elab::Names given_names(const syntax::Stmt& stmt) {
  elab::Names names;
  elab::assigned_names(stmt, names);
  if (stmt.kind != StmtKind::Import) return names;
  const auto& import = static_cast<const syntax::Import&>(stmt);
  names.insert(import.names.begin(), import.names.end());
  if (!import.alias.empty() || (import.names.empty() && !import.is_path)) {
    names.insert(import.alias.empty() ? import.module : import.alias);
  }
  return names;
}

}  // namespace

void Checker::program(const ProgramPtr& program, const std::string& in, Outcome& outcome) {
  std::set<const syntax::Stmt*> elaborated;
  for (const auto& stmt : program->stmts) {
    if (statement(program, *stmt, in, outcome)) elaborated.insert(stmt.get());
    if (outcome.interrupted || outcome.errors.size() >= kMostErrors) return;
    // Bodies that are gone may have left their addresses to others.
    if (session_.collect_if_due()) mentioned_.clear();
  }
  report_undefined(program, elaborated, in, outcome);
  std::stable_sort(outcome.errors.begin(), outcome.errors.end(),
                   [](const base::Diagnostic& a, const base::Diagnostic& b) {
                     return a.span.source == b.span.source && a.span.begin < b.span.begin;
                   });
}

/// Was it elaborated, so that its names were looked up?
bool Checker::statement(const ProgramPtr& program, const syntax::Stmt& stmt, const std::string& in,
                        Outcome& outcome) {
  elab::Names mentioned;
  elab::mentioned_names(stmt, mentioned);
  std::set<const void*> seen;
  const bool defines = stmt.kind == StmtKind::FuncDef;
  if (!defines && mentions_unknown(mentioned, in, seen)) {
    forget(stmt, in);
    return false;
  }
  Outcome one;
  session_.guarded(one, stmt, [&] {
    session_.context.poll();
    if (stmt.kind == StmtKind::Import) {
      session_.import(static_cast<const syntax::Import&>(stmt), in);
    } else if (stmt.kind == StmtKind::Test) {
      session_.elaborator.test(program, stmt, in);
    } else {
      take(session_.elaborator.statement(program, stmt, in), stmt, in);
    }
  });
  outcome.interrupted = one.interrupted;
  if (one.ok()) return !defines;
  // A file that a run would have written by now.
  if (writes_ && mentioned.contains("data")) {
    forget(stmt, in);
    return false;
  }
  for (base::Diagnostic& error : one.errors) add(outcome, std::move(error));
  forget(stmt, in);
  return true;
}

/// Carries out what may be; the names of the rest are unknown from here on.
void Checker::take(const elab::Entry& entry, const syntax::Stmt& stmt, const std::string& in) {
  for (const auto& [name, tree] : entry.assigned) unknown_.erase({in, name});
  if (!entry.function.valid()) return session_.commit(entry, {}, in, true);
  session_.optimize(entry.function);
  if (!may_run(entry.function)) return forget(stmt, in);
  session_.commit(entry, session_.execute(entry, in, true), in, true);
}

bool Checker::may_run(core::FunctionId function) {
  constexpr double kMostWork = 20'000;
  std::vector<bool> reached(session_.module.size(), false);
  reached[function.index] = true;
  core::mark_calls(session_.module, reached);
  bool writes = false;
  for (uint32_t k = 0; k < reached.size(); ++k) {
    if (!reached[k]) continue;
    core::for_each_op(session_.module.get(core::FunctionId{k}).body, [&](const core::Op& op) {
      writes = writes || (op.primitive != nullptr && op.primitive->name == "write");
    });
  }
  writes_ = writes_ || writes;
  return !writes && estimated_work(session_.module, function) <= kMostWork;
}

void Checker::forget(const syntax::Stmt& stmt, const std::string& in) {
  for (const std::string& name : given_names(stmt)) unknown_.insert({in, name});
}

bool Checker::mentions_unknown(const elab::Names& names, const std::string& in,
                               std::set<const void*>& seen) const {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    if (unknown_.contains({in, name})) return true;
    // What the script will be called with.
    if (name == "args" && session_.names.own(in, name) == nullptr) return true;
    const elab::Global* global = session_.names.find(in, name);
    return global != nullptr && holds_unknown(*global->tree, seen);
  });
}

bool Checker::holds_unknown(const elab::Value& value, std::set<const void*>& seen) const {
  const auto holds = [&](const elab::ValuePtr& part) {
    return part != nullptr && holds_unknown(*part, seen);
  };
  if (value.kind == elab::ValueKind::Module) {
    return std::any_of(unknown_.begin(), unknown_.end(),
                       [&](const auto& name) { return name.first == value.module; });
  }
  if (std::any_of(value.items.begin(), value.items.end(), holds)) return true;
  if (value.derived && (holds(value.derived->function) || holds(value.derived->state))) return true;
  if (!value.closure || !seen.insert(value.closure->body).second) return false;
  for (const auto& [name, captured] : value.closure->captured) {
    if (holds(captured)) return true;
  }
  return mentions_unknown(mentioned_by(*value.closure), value.closure->module, seen);
}

const elab::Names& Checker::mentioned_by(const elab::Closure& closure) const {
  const auto [entry, is_new] = mentioned_.try_emplace(closure.body);
  if (is_new) elab::mentioned_names(*closure.params, *closure.body, entry->second);
  return entry->second;
}

void Checker::report_undefined(const ProgramPtr& program,
                               const std::set<const syntax::Stmt*>& elaborated,
                               const std::string& in, Outcome& outcome) const {
  elab::Names own;
  for (const auto& stmt : program->stmts) own.merge(given_names(*stmt));
  const auto global_kind = [&](const std::string& name) -> std::optional<elab::ValueKind> {
    const elab::Global* global = session_.names.find(in, name);
    return global == nullptr ? std::nullopt : std::optional(global->tree->kind);
  };
  const std::span<const std::string_view> constants = elab::constant_names();
  Surrounding around;
  around.defined = [&](const std::string& name) {
    return own.contains(name) || global_kind(name) || elab::find_builtin(name) != nullptr ||
           std::find(constants.begin(), constants.end(), name) != constants.end();
  };
  around.is_operator = [&](const std::string& name) {
    if (unknown_.contains({in, name})) return true;
    const auto kind = global_kind(name);
    return kind ? kind == elab::ValueKind::Builtin : elab::find_builtin(name) != nullptr;
  };
  around.candidates = session_.names.names(in);
  around.candidates.insert(around.candidates.end(), own.begin(), own.end());
  for (const elab::Builtin* builtin : elab::all_builtins()) {
    around.candidates.emplace_back(builtin->name);
  }
  for (const auto& stmt : program->stmts) {
    if (elaborated.contains(stmt.get())) continue;
    for (base::Diagnostic& error : undefined_names(*stmt, around)) add(outcome, std::move(error));
  }
}

Outcome Session::check(std::string name, std::string text) {
  Impl& impl = *impl_;
  impl.context.interrupt.store(0);
  impl.context.print = nullptr;
  impl.library.start_text();
  impl.loading.clear();
  impl.folder = folder_of(name);
  const uint32_t source = impl.sources.add(std::move(name), normalised(std::move(text)));
  impl.pinned_sources = {source};
  syntax::ParseResult parsed = syntax::parse(impl.sources, source);
  Outcome outcome;
  outcome.incomplete = parsed.incomplete;
  outcome.errors = std::move(parsed.errors);
  if (outcome.incomplete || !outcome.errors.empty()) return outcome;
  Checker checker(impl);
  impl.checker = &checker;
  checker.program(parsed.program, "", outcome);
  impl.checker = nullptr;
  impl.context.print = impl.options.out;
  return outcome;
}

}  // namespace calc::driver
