// What is known about names: completion, `?name`, `calc doc`.
#include <algorithm>
#include <map>
#include <utility>

#include "lang/driver/display.h"
#include "lang/driver/outline.h"
#include "lang/driver/session_impl.h"
#include "lang/elaborate/builtins.h"

namespace calc::driver {

std::vector<std::string> Session::names() const {
  std::vector<std::string> all = impl_->names.names("");
  for (const elab::Builtin* builtin : elab::all_builtins()) all.emplace_back(builtin->name);
  for (const auto& [name, global] : impl_->names.of("")) {
    if (global.tree->kind != elab::ValueKind::Module) continue;
    for (const std::string& member : impl_->names.members(global.tree->module)) {
      all.push_back(name + "." + member);
    }
  }
  for (const std::string& module : impl_->names.modules()) all.push_back(module);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

namespace {

std::string of_builtin(const elab::Builtin& builtin) {
  return std::string(builtin.name) + "(" + std::string(builtin.signature) + ")\n" +
         std::string(builtin.documentation);
}

/// A module's own words, then what it offers: also what it takes from others, and the functions of
/// the system that are its own.
std::string of_module(const Session& session, const std::string& shown, const std::string& text,
                      const std::string& library_name) {
  Outline outline = outline_of(shown, text);
  for (const std::string& name : std::exchange(outline.imported, {})) {
    const std::string words = session.documentation(name);
    const size_t first = words.find('\n');
    if (first == std::string::npos) {
      outline.imported.push_back(name);
    } else {
      outline.functions.push_back({name, words.substr(0, first), words.substr(first + 1)});
    }
  }
  for (const elab::Builtin* builtin : elab::all_builtins()) {
    const bool of_prelude = builtin->name.find('.') == std::string_view::npos;
    const bool is_own =
        library_name == kPrelude ? of_prelude : builtin->name.starts_with(library_name + ".");
    if (library_name.empty() || !is_own) continue;
    outline.functions.push_back(
        {std::string(builtin->name),
         std::string(builtin->name) + "(" + std::string(builtin->signature) + ")",
         std::string(builtin->documentation)});
  }
  return overview(outline);
}

/// The values that are always there.
std::string of_constant(std::string_view name) {
  static const std::map<std::string_view, std::string_view> table = {
      {"pi", "The ratio of a circle's circumference to its diameter, 3.14159…; also written π."},
      {"e", "The base of the natural logarithm, 2.71828…"},
      {"tau", "A full turn, 2 pi."},
      {"inf", "Infinity, greater than every number; also written ∞."},
      {"nan", "Not a number: equal to nothing, not even itself."},
      {"none", "The absent argument: `axis: none` is no axis."},
  };
  const auto found = table.find(name);
  return found == table.end() ? "" : std::string(name) + "\n" + std::string(found->second);
}

/// A value of the session: what it is, for there are no words about it.
std::string of_value(const base::Sources& sources, const std::string& name,
                     const elab::Value& value) {
  return elab::is_function(value) ? signature(sources, value)
                                  : name + ": " + elab::type_text(value);
}

}  // namespace

std::string Session::documentation(std::string_view name) const {
  const size_t dot = name.rfind('.');
  const elab::Global* global = impl_->names.find("", name);
  std::string module, member;
  if (global == nullptr && dot != std::string_view::npos) {
    module = name.substr(0, dot);
    member = name.substr(dot + 1);
    const elab::Global* bound = impl_->names.find("", module);
    const bool imported = bound != nullptr && bound->tree->kind == elab::ValueKind::Module;
    if (imported) module = bound->tree->module;
    if (!imported && embedded(module) == nullptr) return "";
    if (!imported && impl_->library.get(module) == nullptr) impl_->load_embedded(module);
    global = impl_->names.member(module, member);
  }
  if (global != nullptr) {
    const elab::Value& value = *global->tree;
    if (value.kind == elab::ValueKind::Builtin) return of_builtin(*value.builtin);
    if (value.kind == elab::ValueKind::Module) {
      const Loaded* loaded = impl_->library.get(value.module);
      return of_module(*this, loaded->shown, loaded->text, loaded->embedded ? value.module : "");
    }
    if (value.kind != elab::ValueKind::Closure) {
      return of_value(impl_->sources, std::string(name), value);
    }
    return signature(impl_->sources, value) + "\n" + value.closure->documentation;
  }
  if (const elab::Builtin* builtin = elab::find_builtin(name)) return of_builtin(*builtin);
  if (const std::string constant = of_constant(name); !constant.empty()) return constant;
  if (const std::string_view* text = embedded(name)) {
    return of_module(*this, std::string(name), std::string(*text), std::string(name));
  }
  return "";
}

}  // namespace calc::driver
