#include "lang/elaborate/state.h"

#include <algorithm>

#include "lang/elaborate/frame.h"

namespace calc::elab {

namespace {

/// Of the eight megabytes a thread usually has.
constexpr size_t kMaxStack = size_t{5} << 20;

}  // namespace

bool specialises(const Leaf& leaf) { return leaf.known && leaf.known->kind != Known::Kind::Real; }

bool same_known(const Known& a, const Known& b) {
  return a.kind == b.kind && a.integer == b.integer && a.real == b.real;
}

std::optional<Known> known_value(const rt::Array& array) {
  if (!array || array.rank() != 0) return std::nullopt;
  if (array.elem() == rt::Elem::I64) return Known{Known::Kind::Int, array.as_int(), 0};
  if (array.elem() == rt::Elem::Bool) return Known{Known::Kind::Bool, array.as_bool() ? 1 : 0, 0};
  return std::nullopt;
}

std::string display_name(const Value& function) {
  if (!function.closure) return function_text(function);
  if (!function.closure->name.empty()) return function.closure->name;
  std::string params;
  for (const syntax::Param& param : *function.closure->params) {
    if (!params.empty()) params += ", ";
    params += param.pattern.kind == syntax::Pattern::Kind::Name ? param.pattern.name : "_";
  }
  return (function.closure->params->size() == 1 ? params : '(' + params + ')') + " -> …";
}

void State::check_stack(base::Span span) const {
  const char here = 0;
  const auto used = static_cast<size_t>(std::abs(stack_base_ - &here));
  if (used > kMaxStack) base::fail(span, "this is nested too deeply");
}

// ---- top-level names ---------------------------------------------------------------------------

GlobalView State::view(std::string_view module_name, std::string_view name) const {
  if (top != nullptr) {
    if (ValuePtr value = top->rebound(module_name, name)) return {value, nullptr};
  }
  const Global* global = globals.find(module_name, name);
  if (global == nullptr) return {};
  std::vector<Leaf> leaves = elab::leaves_of(global->tree);
  bool exact = true;
  for (size_t k = 0; k < leaves.size(); ++k) {
    // A value that was not computed is known by its type alone.
    if (!global->leaves[k]) continue;
    core::Type type = core::type_of(global->leaves[k]);
    exact = exact && type == leaves[k].type;
    leaves[k].type = std::move(type);
  }
  return {exact ? global->tree : with_leaves(global->tree, leaves), global};
}

bool State::valid(const GlobalUse& use) const {
  const GlobalView now = view(use.module, use.name);
  if (!now.tree || !use.defined) return !now.tree && !use.defined;
  const bool same_version = now.global != nullptr && now.global->version == use.version;
  if (!same_version && structure_key(*now.tree, false) != use.key) return false;
  return std::all_of(use.consumed.begin(), use.consumed.end(), [&](const Consumed& consumed) {
    if (now.global == nullptr) return false;
    const auto known = known_value(now.global->leaves[consumed.leaf]);
    return known && same_known(*known, consumed.known);
  });
}

bool State::valid(const Variant& variant, const std::vector<Leaf>& leaves) const {
  if (variant.reads_world && variant.made != statement) return false;
  for (const Consumed& consumed : variant.consumed) {
    const Leaf& leaf = leaves[consumed.leaf];
    if (!leaf.known || !same_known(*leaf.known, consumed.known)) return false;
  }
  return std::all_of(variant.uses.begin(), variant.uses.end(),
                     [&](const GlobalUse& use) { return valid(use); });
}

}  // namespace calc::elab
