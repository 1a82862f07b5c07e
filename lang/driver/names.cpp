#include "lang/driver/names.h"

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
  if (remembering_) {
    const elab::Global* old = own(module, name);
    former_.try_emplace({module, name}, old == nullptr ? std::nullopt : std::optional(*old));
  }
  modules_[module][name] = {std::move(tree), std::move(leaves), ++version_};
}

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
