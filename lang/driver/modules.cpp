// Imports: a module is a text that runs once, into a top level of its own.
#include "lang/driver/check.h"
#include "lang/elaborate/builtins.h"

namespace calc::driver {

void Session::Impl::import(const syntax::Import& stmt, const std::string& in) {
  const std::string bound = stmt.names.empty() ? bound_name(stmt) : "";
  const std::string id = loaded_module(stmt, in);
  if (!bound.empty()) return names.set(in, bound, elab::module_value(id), {});
  std::vector<std::pair<std::string, elab::Global>> values;
  for (size_t k = 0; k < stmt.names.size(); ++k) {
    const std::string& name = stmt.names[k];
    if (const elab::Global* value = names.member(id, name)) {
      values.emplace_back(name, *value);
      continue;
    }
    if (const elab::Builtin* builtin = elab::find_builtin(name); builtin && id == kPrelude) {
      values.emplace_back(name, elab::Global{elab::builtin(builtin), {}});
      continue;
    }
    const bool hidden = name.starts_with('_') && names.own(id, name) != nullptr;
    const std::string near = hidden ? "" : base::nearest(name, names.members(id));
    base::fail(stmt.name_spans[k],
               "the module `" + stmt.module + "` has no `" + name + "`" +
                   (hidden ? " for others: names that begin with `_` are its own" : ""),
               near.empty() ? "" : "did you mean `" + near + "`?");
  }
  for (auto& [name, value] : values) names.set(in, name, value.tree, std::move(value.leaves));
}

/// Finds and, where it has to be, loads what is imported; its name in the session.
std::string Session::Impl::loaded_module(const syntax::Import& stmt, const std::string& in) {
  const Loaded* importer = library.get(in);
  const std::string from = !loading.empty()      ? folder_of(loading.back().shown)
                           : importer != nullptr ? folder_of(importer->shown)
                                                 : folder;
  const Found found = library.find(stmt, from);
  for (size_t k = 0; k < loading.size(); ++k) {
    if (loading[k].id != found.id) continue;
    std::string chain;
    for (size_t n = k; n < loading.size(); ++n) chain += "`" + loading[n].shown + "` imports ";
    base::fail(stmt.module_span,
               "modules import each other in a circle: " + chain + "`" + found.shown + "`",
               "what both need can stand in a third module");
  }
  if (!loading.empty()) loading.back().imports.push_back(found.id);
  if (!library.up_to_date(found.id)) load(found, stmt.span);
  return found.id;
}

void Session::Impl::load(const Found& found, base::Span from) {
  constexpr size_t kDeepest = 100;
  if (loading.size() >= kDeepest) {
    base::fail(from, "imports are nested more than " + std::to_string(kDeepest) + " deep");
  }
  names.clear(found.id);
  loading.push_back({found.id, found.shown, {}});
  try {
    run_module(found, from);
  } catch (...) {
    loading.pop_back();
    names.clear(found.id);
    library.forget(found.id);
    throw;
  }
  library.loaded(found, std::move(loading.back().imports));
  loading.pop_back();
}

void Session::Impl::run_module(const Found& found, base::Span from) {
  const uint32_t source = sources.add(found.shown, normalised(found.text));
  pinned_sources.push_back(source);
  if (found.embedded) {
    for (const elab::Builtin* builtin : elab::all_builtins()) {
      if (!builtin->name.starts_with(found.id + ".")) continue;
      const std::string name(builtin->name.substr(found.id.size() + 1));
      names.set(found.id, name, elab::builtin(builtin), {});
    }
  }
  syntax::ParseResult parsed = syntax::parse(sources, source);
  Outcome outcome;
  outcome.errors = std::move(parsed.errors);
  if (outcome.errors.empty() && parsed.incomplete) {
    const auto end = static_cast<uint32_t>(sources.get(source).text.size());
    base::Diagnostic error;
    error.message = "the module ends in the middle of a statement";
    error.span = {source, end > 0 ? end - 1 : 0, end};
    outcome.errors.push_back(std::move(error));
  }
  if (outcome.errors.empty() && checker != nullptr && !found.embedded) {
    checker->program(parsed.program, found.id, outcome);
  } else if (outcome.errors.empty()) {
    for (const auto& stmt : parsed.program->stmts) {
      const bool fine = guarded(outcome, *stmt, [&] {
        context.poll();
        statement(parsed.program, *stmt, found.id, false);
      });
      if (!fine) break;
    }
  }
  if (outcome.interrupted) throw rt::Interrupted{};
  if (outcome.errors.empty()) return;
  for (base::Diagnostic& error : outcome.errors) error.labels.push_back({from, "imported here"});
  throw ImportFailure{std::move(outcome.errors)};
}

void Session::Impl::load_embedded(std::string_view name) {
  try {
    load({std::string(name), "<" + std::string(name) + ">", std::string(*embedded(name)), true},
         {});
  } catch (ImportFailure& failure) {
    throw base::DiagnosticError{failure.errors.front()};
  }
}

}  // namespace calc::driver
