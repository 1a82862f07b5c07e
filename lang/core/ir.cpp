#include "lang/core/ir.h"

#include <algorithm>
#include <stdexcept>

namespace calc::core {

namespace {

template <typename T>
const T& typed(const Attrs& attrs, std::string_view name) {
  const AttrValue* value = attrs.find(name);
  const T* held = value ? std::get_if<T>(value) : nullptr;
  if (!held) throw std::logic_error("attribute " + std::string(name) + " is missing or mistyped");
  return *held;
}

}  // namespace

void Attrs::set(std::string name, AttrValue value) {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), name,
                             [](const auto& entry, const auto& key) { return entry.first < key; });
  if (at != entries_.end() && at->first == name) {
    at->second = std::move(value);
  } else {
    entries_.insert(at, {std::move(name), std::move(value)});
  }
}

const AttrValue* Attrs::find(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (key == name) return &value;
  }
  return nullptr;
}

int64_t Attrs::integer(std::string_view name) const { return typed<int64_t>(*this, name); }

const std::vector<int64_t>& Attrs::ints(std::string_view name) const {
  return typed<std::vector<int64_t>>(*this, name);
}

const std::string& Attrs::text(std::string_view name) const {
  return typed<std::string>(*this, name);
}

bool Attrs::flag(std::string_view name) const { return has(name) && typed<bool>(*this, name); }

namespace {

std::vector<Type> types_of(const Function& function, const std::vector<ValueId>& values) {
  std::vector<Type> types;
  types.reserve(values.size());
  for (ValueId value : values) types.push_back(function.type(value));
  return types;
}

}  // namespace

std::vector<Type> Function::param_types() const { return types_of(*this, body.params); }
std::vector<Type> Function::result_types() const { return types_of(*this, body.results); }

FunctionId Module::add(std::unique_ptr<Function> function) {
  FunctionId id = declare();
  define(id, std::move(function));
  return id;
}

FunctionId Module::declare() {
  ++serial_;
  if (!free_.empty()) {
    const FunctionId id{free_.back()};
    free_.pop_back();
    return id;
  }
  functions_.push_back(nullptr);
  return FunctionId{static_cast<uint32_t>(functions_.size() - 1)};
}

void Module::define(FunctionId id, std::unique_ptr<Function> function) {
  functions_[id.index] = std::move(function);
}

namespace {

void mark_locations(const Block& block, std::vector<bool>& used) {
  for (const Op& op : block.ops) {
    used[op.loc.index] = true;
    for (const Block& nested : op.blocks) mark_locations(nested, used);
  }
}

}  // namespace

std::vector<bool> Module::collect(const std::vector<bool>& live) {
  std::vector<bool> used(locations_.size(), false);
  used[0] = true;
  for (uint32_t k = 0; k < functions_.size(); ++k) {
    if (!live[k] && functions_[k] != nullptr) {
      functions_[k].reset();
      free_.push_back(k);
    }
    if (functions_[k] != nullptr) mark_locations(functions_[k]->body, used);
  }
  std::vector<bool> sources;
  std::vector<bool> is_free(locations_.size(), false);
  for (uint32_t at : free_locations_) is_free[at] = true;
  for (uint32_t k = 0; k < locations_.size(); ++k) {
    for (LocId at{k}; used[k] && at.index != 0; at = locations_[at.index].caller) {
      used[at.index] = true;
      const uint32_t source = locations_[at.index].span.source;
      if (!locations_[at.index].span.known()) continue;
      if (source >= sources.size()) sources.resize(source + 1, false);
      sources[source] = true;
    }
  }
  for (uint32_t k = 1; k < locations_.size(); ++k) {
    if (used[k] || is_free[k]) continue;
    locations_[k] = {};
    free_locations_.push_back(k);
  }
  return sources;
}

LocId Module::add_location(Location location) {
  if (!free_locations_.empty()) {
    const LocId id{free_locations_.back()};
    free_locations_.pop_back();
    locations_[id.index] = std::move(location);
    return id;
  }
  locations_.push_back(std::move(location));
  return LocId{static_cast<uint32_t>(locations_.size() - 1)};
}

}  // namespace calc::core
