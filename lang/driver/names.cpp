#include "lang/driver/names.h"

#include "lang/driver/library.h"
#include "lang/elaborate/builtins.h"

namespace calc::driver {

const elab::Global* Names::find(std::string_view module, std::string_view name) const {
  for (std::string_view place : {module, kPrelude}) {
    auto table = modules_.find(place);
    if (table == modules_.end()) continue;
    if (auto found = table->second.find(name); found != table->second.end()) return &found->second;
  }
  return nullptr;
}

std::vector<std::string> Names::names(std::string_view module) const {
  std::vector<std::string> all;
  for (const auto& [name, global] : of(module)) all.push_back(name);
  if (module == kPrelude) return all;
  for (const auto& [name, global] : of(kPrelude)) {
    if (!name.starts_with('_')) all.push_back(name);
  }
  return all;
}

void Names::set(const std::string& module, const std::string& name, elab::ValuePtr tree,
                std::vector<rt::Array> leaves) {
  note(module, name);
  modules_[module][name] = {std::move(tree), std::move(leaves), ++version_};
}

void Names::note(const std::string& module, const std::string& name) {
  if (!remembering_) return;
  const elab::Global* old = own(module, name);
  former_.try_emplace({module, name}, old == nullptr ? std::nullopt : std::optional(*old));
}

void Names::clear(const std::string& module) {
  const auto table = modules_.find(module);
  if (table == modules_.end()) return;
  for (const auto& [name, global] : table->second) note(module, name);
  modules_.erase(table);
}

void Names::each(const std::function<void(const elab::Global&)>& visit) const {
  for (const auto& [module, table] : modules_) {
    for (const auto& [name, global] : table) visit(global);
  }
  for (const auto& [key, global] : former_) {
    if (global) visit(*global);
  }
}

// ---- modules -----------------------------------------------------------------------------------

const elab::Global* Names::member(std::string_view module, std::string_view name) const {
  if (name.starts_with('_')) return nullptr;
  const auto table = modules_.find(module);
  if (table == modules_.end()) return nullptr;
  const auto found = table->second.find(name);
  return found == table->second.end() ? nullptr : &found->second;
}

/// A name of the prelude is nobody's to rebind: assigning to it makes a name of one's own.
bool Names::defines(std::string_view module, std::string_view name) const {
  return of(module).contains(name);
}

std::vector<std::string> Names::members(std::string_view module) const {
  std::vector<std::string> all;
  for (const auto& [name, global] : of(module)) {
    if (!name.starts_with('_')) all.push_back(name);
  }
  return all;
}

std::vector<std::string> Names::modules() const {
  std::vector<std::string> names = embedded_names();
  std::erase(names, kPrelude);
  return names;
}

bool Names::is_library(std::string_view module) const {
  return module != "" && embedded(module) != nullptr;
}

std::string Names::module_with(std::string_view name) const {
  for (const std::string& module : modules()) {
    const std::string_view text = *embedded(module);
    for (const char* after : {"(", " = "}) {
      const std::string start = std::string(name) + after;
      if (text.starts_with(start) || text.find("\n" + start) != std::string_view::npos) {
        return module;
      }
    }
    if (elab::find_builtin(module + "." + std::string(name)) != nullptr) return module;
  }
  return "";
}

// ---- several assignments -----------------------------------------------------------------------

void Names::remember() {
  keep();
  remembering_ = true;
}

void Names::keep() {
  remembering_ = false;
  former_.clear();
}

void Names::take_back() {
  for (auto& [key, global] : former_) {
    Table& table = modules_[key.first];
    if (global) {
      table[key.second] = std::move(*global);
    } else {
      table.erase(key.second);
    }
  }
  keep();
}

bool Names::replaceable(std::string_view module, std::string_view name) const {
  return !remembering_ || former_.contains({std::string(module), std::string(name)});
}

elab::Global* Names::own(std::string_view module, std::string_view name) {
  auto table = modules_.find(module);
  if (table == modules_.end()) return nullptr;
  auto found = table->second.find(name);
  return found == table->second.end() ? nullptr : &found->second;
}

const Names::Table& Names::of(std::string_view module) const {
  static const Table empty;
  auto table = modules_.find(module);
  return table == modules_.end() ? empty : table->second;
}

}  // namespace calc::driver
