#include "lang/elaborate/state.h"

#include <algorithm>

#include "lang/elaborate/frame.h"

namespace calc::elab {

namespace {

/// Specialisations of one function to known values; then one for all values is made.
constexpr size_t kMaxForKnown = 16;
/// Calls inside calls while elaborating.
constexpr size_t kMaxDepth = 200;
/// Of the eight megabytes a thread usually has.
constexpr size_t kMaxStack = size_t{5} << 20;

std::string key_of(const Request& request) {
  std::string key = structure_key(*request.callee, false);
  for (const ValuePtr& arg : request.args) key += '/' + structure_key(*arg, false);
  return key;
}

std::vector<Leaf> leaves_of(const Request& request) {
  std::vector<Leaf> leaves;
  for (const ValuePtr& arg : request.args) collect_leaves(arg, leaves);
  collect_leaves(request.callee, leaves);
  return leaves;
}

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

void State::start_statement(Frame* frame) {
  char here = 0;
  stack_base_ = &here;
  top = frame;
  written = false;
  ++statement;
  active_.clear();
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

// ---- specialisation ----------------------------------------------------------------------------

namespace {

/// Calls nested deeply show their ends: the innermost and the outermost few.
void add_frame(std::vector<base::Frame>& frames, base::Frame frame) {
  constexpr size_t kInner = 6;
  constexpr size_t kMost = 12;
  if (frames.size() == kMost) {
    frames.erase(frames.begin() + kInner);
    frames[kInner] = {"…", {}};
  }
  frames.push_back(std::move(frame));
}

void require_sizes(const Request& request) {
  bool oversized = is_oversized(request.callee);
  for (const ValuePtr& arg : request.args) oversized = oversized || is_oversized(arg);
  if (oversized) base::fail(request.span, "what is passed here has too many parts");
}

}  // namespace

const Variant& State::specialise(const Request& request) {
  require_sizes(request);
  const std::string key = key_of(request);
  const std::vector<Leaf> leaves = leaves_of(request);
  size_t made_for_known = 0;
  if (auto found = memo_.find(key); found != memo_.end()) {
    for (const auto& variant : found->second) {
      if (valid(*variant, leaves)) {
        variant->used = statement;
        return *variant;
      }
      if (!variant->consumed.empty()) ++made_for_known;
    }
  }
  const std::string name = display_name(*request.callee);
  if (std::find(active_.begin(), active_.end(), key) != active_.end()) {
    base::fail(request.span, "recursion is not supported yet: `" + name + "` calls itself");
  }
  if (active_.size() >= kMaxDepth) {
    base::fail(request.span, "calls are nested more than " + std::to_string(kMaxDepth) + " deep");
  }
  active_.push_back(key);
  std::unique_ptr<Variant> variant;
  try {
    variant = build_variant(request, made_for_known);
  } catch (base::DiagnosticError& error) {
    active_.pop_back();
    if (request.callee->closure) add_frame(error.diagnostic.frames, {name, request.span});
    throw;
  }
  active_.pop_back();
  variant->made = variant->used = statement;
  auto& variants = memo_[key];
  variants.push_back(std::move(variant));
  return *variants.back();
}

std::unique_ptr<Variant> State::build_variant(const Request& request, size_t made_for_known) {
  if (made_for_known < kMaxForKnown) return build(request, true);
  try {
    return build(request, false);
  } catch (const base::DiagnosticError&) {
    // Some code only exists for known values (an axis, a position in a tuple).
    return build(request, true);
  }
}

std::unique_ptr<Variant> State::build(const Request& request, bool with_known) {
  const Value& callee = *request.callee;
  const std::string user_name = callee.closure ? callee.closure->name : std::string();
  const std::string name = user_name.empty() ? "lambda" : user_name;
  Frame frame(*this, name + "." + std::to_string(module.serial()), user_name);
  return frame.function(request, with_known);
}

}  // namespace calc::elab
