#include "lang/elaborate/frame.h"

#include <algorithm>
#include <stdexcept>

namespace calc::elab {

Frame::Frame(State& state, std::string name, std::string user_name)
    : state_(state),
      function_(std::make_unique<core::Function>()),
      root_builder_(state.module, *function_),
      builder_(&root_builder_) {
  function_->name = std::move(name);
  function_->user_name = std::move(user_name);
}

void Frame::at(base::Span span) {
  if (!span.known()) return;
  auto [entry, added] = locations_.try_emplace({span.begin, span.end});
  if (added) entry->second = state_.module.add_location({span, function_->user_name, {}});
  root_builder_.loc = entry->second;
  builder_->loc = entry->second;
}

// ---- known values ------------------------------------------------------------------------------

std::optional<Known> Frame::known(const ValuePtr& value) {
  if (!value || value->kind != ValueKind::Tensor || !value->leaf.known) return std::nullopt;
  consume(value->leaf.id);
  return value->leaf.known;
}

/// Marks the parameters that a known value was computed from.
void Frame::consume(core::ValueId id) {
  if (known_params_.empty()) return;
  std::vector<core::ValueId> pending{id};
  std::set<uint32_t> seen;
  while (!pending.empty()) {
    const core::ValueId at = pending.back();
    pending.pop_back();
    if (!seen.insert(at.index).second) continue;
    if (auto param = known_params_.find(at); param != known_params_.end()) {
      param->second.consumed = true;
    } else if (const core::Op* op = root_builder_.definition(at)) {
      pending.insert(pending.end(), op->args.begin(), op->args.end());
    }
  }
}

void Frame::consume_global(const GlobalUse& use) {
  if (use.consumed.empty()) return;
  const std::vector<Leaf> leaves = leaves_of(global(use.module, use.name));
  for (const Consumed& consumed : use.consumed) consume(leaves[consumed.leaf].id);
}

// ---- parameters and top-level names ------------------------------------------------------------

Leaf Frame::parameter(const Leaf& like, bool keep_known, int global_index, size_t leaf) {
  const core::ValueId id = function_->add_value(like.type);
  function_->body.params.push_back(id);
  Leaf param{id, like.type, std::nullopt, false};
  if (keep_known && specialises(like)) {
    param.known = like.known;
    known_params_[id] = KnownParam{global_index, leaf, *like.known, false};
  }
  return param;
}

ValuePtr Frame::global(const std::string& module_name, const std::string& name) {
  if (state_.top == this) {
    if (ValuePtr value = rebound(module_name, name)) return value;
  }
  for (const UsedGlobal& used : used_) {
    if (used.use.name == name && used.use.module == module_name) return used.value;
  }
  const GlobalView view = state_.view(module_name, name);
  UsedGlobal used;
  used.use.module = module_name;
  used.use.name = name;
  used.value = import_global(used, view, static_cast<int>(used_.size()));
  used_.push_back(used);
  return used.value;
}

ValuePtr Frame::import_global(UsedGlobal& used, const GlobalView& view, int index) {
  if (!view.tree) return nullptr;
  used.use.defined = true;
  used.use.tree = view.tree;
  used.use.key = structure_key(*view.tree, false);
  used.use.version = view.global != nullptr ? view.global->version : UINT64_MAX;
  std::vector<Leaf> leaves = leaves_of(view.tree);
  for (size_t k = 0; k < leaves.size(); ++k) {
    leaves[k].known.reset();
    if (view.global != nullptr) leaves[k].known = known_value(view.global->leaves[k]);
    leaves[k] = parameter(leaves[k], true, index, k);
  }
  return with_leaves(view.tree, leaves);
}

ValuePtr Frame::rebound(std::string_view module_name, std::string_view name) {
  if (!own_.top || own_.module != module_name) return nullptr;
  const Binding* binding = own_.scopes.find_outermost(name);
  return binding != nullptr ? binding->value : nullptr;
}

std::vector<GlobalUse> Frame::uses() const {
  std::vector<GlobalUse> all;
  for (const UsedGlobal& used : used_) all.push_back(used.use);
  for (const auto& [id, param] : known_params_) {
    if (param.global < 0 || !param.consumed) continue;
    all[static_cast<size_t>(param.global)].consumed.push_back({param.leaf, param.known});
  }
  for (GlobalUse& use : all) {
    std::sort(use.consumed.begin(), use.consumed.end(),
              [](const Consumed& a, const Consumed& b) { return a.leaf < b.leaf; });
  }
  return all;
}

ValuePtr Frame::library(std::string_view name) {
  ValuePtr value = global("prelude", std::string(name));
  if (!value) throw std::logic_error("the prelude lacks " + std::string(name));
  return value;
}

// ---- the world outside -------------------------------------------------------------------------

void Frame::reads_world(base::Span span) {
  if (state_.written) {
    base::fail(span, "a file is read before its statement runs, and this statement writes files",
               "read it in a statement of its own, after this one");
  }
  reads_world_ = true;
}

void Frame::writes_world() { writes_world_ = state_.written = true; }

// ---- whole functions ---------------------------------------------------------------------------

Specialised Frame::specialise(const ValuePtr& function, const std::vector<ValuePtr>& args,
                              base::Span span) {
  const Variant& variant = state_.specialise(Request{function, args, span, {}});
  if (!variant.finished) {
    const std::string name = "`" + display_name(*function) + "`";
    base::fail(span, name + " uses its own derivative, which would need derivatives of every order",
               "count the orders down by a number known beforehand");
  }
  return used(variant, function, args, span);
}

Specialised Frame::specialise_at(const ValuePtr& function, const std::vector<ValuePtr>& args,
                                 base::Span span, std::vector<base::Span> spans) {
  const Variant& variant = state_.specialise(Request{function, args, span, std::move(spans)});
  if (!variant.result) throw Unreached{};
  return used(variant, function, args, span);
}

/// What the caller of a variant gives it, besides the arguments.
Specialised Frame::used(const Variant& variant, const ValuePtr& function,
                        const std::vector<ValuePtr>& args, base::Span) {
  std::vector<Leaf> leaves;
  for (const ValuePtr& arg : args) collect_leaves(arg, leaves);
  collect_leaves(function, leaves);
  for (const Consumed& consumed : variant.consumed) consume(leaves[consumed.leaf].id);
  // Where it reads it has looked whether the statement wrote before.
  reads_world_ = reads_world_ || variant.reads_world;
  if (variant.writes_world) writes_world();

  Specialised result{variant.function, ids_of(function), variant.result};
  for (const GlobalUse& use : variant.uses) {
    const ValuePtr value = global(use.module, use.name);
    consume_global(use);
    if (!value) continue;
    for (core::ValueId id : ids_of(value)) result.extra.push_back(id);
  }
  return result;
}

std::unique_ptr<Variant> Frame::function(const Request& request, const Variant& assumed,
                                         bool with_known) {
  size_t next = 0;
  auto as_params = [&](const ValuePtr& value) {
    std::vector<Leaf> leaves = leaves_of(value);
    for (Leaf& leaf : leaves) leaf = parameter(leaf, with_known, -1, next++);
    return with_leaves(value, leaves);
  };
  std::vector<ValuePtr> args;
  for (const ValuePtr& arg : request.args) args.push_back(as_params(arg));
  const ValuePtr callee = as_params(request.callee);
  // In the order in which those who call it already pass them.
  for (const GlobalUse& use : assumed.uses) global(use.module, use.name);

  at(request.span);
  auto variant = std::make_unique<Variant>();
  try {
    ValuePtr result;
    if (callee->closure) {
      result = closure_body(request, args, callee);
    } else {
      CallArgs call_arguments{args, {}, request.span, request.spans};
      result = call(callee, std::move(call_arguments));
    }
    result = as_assumed(result, assumed, request.span);
    variant->result = exported(result);
    finish(assumed.function, {result});
  } catch (const Unreached&) {
    // Nothing is known of the result: every path asks for it.
  }
  variant->uses = uses();
  for (const auto& [id, param] : known_params_) {
    if (param.global < 0 && param.consumed) variant->consumed.push_back({param.leaf, param.known});
  }
  std::sort(variant->consumed.begin(), variant->consumed.end(),
            [](const Consumed& a, const Consumed& b) { return a.leaf < b.leaf; });
  variant->reads_world = reads_world_;
  variant->writes_world = writes_world_;
  return variant;
}

/// The result at the type that callers of a recursive function have seen, if that is as wide.
ValuePtr Frame::as_assumed(const ValuePtr& result, const Variant& assumed, base::Span span) {
  if (!assumed.result) return result;
  const ValuePtr joined = join_trees(assumed.result, result);
  if (!joined || structure_key(*joined, false) != structure_key(*assumed.result, false)) {
    return result;
  }
  return coerce_tree(result, assumed.result, span);
}

ValuePtr Frame::closure_body(const Request& request, const std::vector<ValuePtr>& args,
                             const ValuePtr& callee) {
  const Closure& closure = *callee->closure;
  own_ = surroundings_of(callee);
  assigned_names(*closure.body, own_.assigned);
  observed_ = closure.observed;
  const size_t count = closure.params->size();
  for (size_t k = count; k < args.size(); ++k) opened_[closure.opened[k - count]] = args[k];
  Sizes sizes;
  for (size_t k = 0; k < count; ++k) {
    const syntax::Param& param = (*closure.params)[k];
    const base::Span span = k < request.spans.size() ? request.spans[k] : request.span;
    ValuePtr value = args[k];
    if (param.type)
      value = annotated(*param.type, value, "`" + param.pattern.name + "`", span, sizes);
    bind_pattern(param.pattern, value, true);
  }
  for (const auto& [name, size] : sizes) {
    if (scopes().find(name) == nullptr) scopes().define(name, size.value);
  }
  scopes().push();
  if (own_.assigned.contains(kReturn)) {
    scopes().define(std::string(kReturn), literal(builder_->boolean(false), std::nullopt));
    scopes().define(std::string(kReturned), never());
  }
  ValuePtr result = expr(*closure.body, Want::Result);
  if (result->kind == ValueKind::Never) result = unit();
  if (!observed_.empty()) return observed_value_;
  if (closure.result != nullptr && *closure.result) {
    const std::string what = "the result of `" + closure.name + "`";
    result = annotated(**closure.result, result, what, closure.body->span, sizes);
  }
  return result;
}

/// The result as callers see it. A known integer stays known when the function is so small that
/// making it once for each value costs nothing.
ValuePtr Frame::exported(const ValuePtr& result) {
  constexpr size_t kSmall = 32;
  const auto& ops = function_->body.ops;
  const bool small = ops.size() <= kSmall && std::all_of(ops.begin(), ops.end(), [](auto& op) {
                       return op.blocks.empty() && op.kind != core::OpKind::Call;
                     });
  std::vector<Leaf> leaves = leaves_of(result);
  for (Leaf& leaf : leaves) {
    leaf.literal = false;
    if (small && specialises(leaf)) {
      consume(leaf.id);
    } else {
      leaf.known.reset();
    }
  }
  return with_leaves(result, leaves);
}

void Frame::finish(core::FunctionId id, const std::vector<ValuePtr>& results) {
  std::vector<core::ValueId> ids;
  for (const ValuePtr& result : results) {
    for (core::ValueId leaf : ids_of(result)) ids.push_back(leaf);
  }
  root_builder_.set_results(std::move(ids));
  state_.module.define(id, std::move(function_));
}

}  // namespace calc::elab
