// The least common type of two value trees, and conversion to it. Different functions or strings
// join to a Choice: a tag known at run time and the alternatives.
#include <optional>

#include "lang/elaborate/frame.h"

namespace calc::elab {

std::vector<core::ValueId> ids_of(const ValuePtr& tree) {
  std::vector<core::ValueId> ids;
  for (const Leaf& leaf : leaves_of(tree)) ids.push_back(leaf.id);
  return ids;
}

ValuePtr with_ids(const ValuePtr& tree, std::span<const core::ValueId> ids,
                  const core::Function& function) {
  std::vector<Leaf> leaves;
  for (core::ValueId id : ids) leaves.push_back({id, function.type(id), std::nullopt, false});
  return with_leaves(tree, leaves);
}

ValuePtr forgotten(const ValuePtr& tree, bool known) {
  std::vector<Leaf> leaves = leaves_of(tree);
  bool same = true;
  for (Leaf& leaf : leaves) {
    same = same && !leaf.literal && !(known && leaf.known);
    leaf.literal = false;
    if (known) leaf.known.reset();
  }
  return same ? tree : with_leaves(tree, leaves);
}

// ---- joining -----------------------------------------------------------------------------------

namespace {

bool is_choosable(const Value& value) {
  return is_function(value) || value.kind == ValueKind::String || value.kind == ValueKind::Choice;
}

ValuePtr join_alternatives(const ValuePtr& a, const ValuePtr& b);

std::optional<std::vector<ValuePtr>> join_lists(const std::vector<ValuePtr>& a,
                                                const std::vector<ValuePtr>& b) {
  if (a.size() != b.size()) return std::nullopt;
  std::vector<ValuePtr> joined;
  for (size_t k = 0; k < a.size(); ++k) {
    if (!a[k] || !b[k]) {
      if (a[k] != b[k]) return std::nullopt;
      joined.push_back(nullptr);
      continue;
    }
    joined.push_back(join_trees(a[k], b[k]));
    if (!joined.back()) return std::nullopt;
  }
  return joined;
}

ValuePtr join_closures(const Value& a, const Value& b) {
  if (a.closure->body != b.closure->body || a.closure->opened != b.closure->opened) return nullptr;
  Closure closure = *a.closure;
  if (closure.captured.size() != b.closure->captured.size()) return nullptr;
  for (size_t k = 0; k < closure.captured.size(); ++k) {
    closure.captured[k].second =
        join_trees(closure.captured[k].second, b.closure->captured[k].second);
    if (!closure.captured[k].second) return nullptr;
  }
  Value value = a;
  value.closure = std::make_shared<const Closure>(std::move(closure));
  return std::make_shared<const Value>(std::move(value));
}

ValuePtr join_derived(const Value& a, const Value& b) {
  Derived derived = *a.derived;
  const Derived& other = *b.derived;
  if (derived.what != other.what || derived.subscript != other.subscript ||
      derived.order != other.order || !(derived.code == other.code)) {
    return nullptr;
  }
  const auto parts = join_lists({derived.function, derived.state}, {other.function, other.state});
  if (!parts) return nullptr;
  derived.function = (*parts)[0];
  derived.state = (*parts)[1];
  Value value = a;
  value.derived = std::make_shared<const Derived>(std::move(derived));
  return std::make_shared<const Value>(std::move(value));
}

ValuePtr join_strings(const Value& a, const Value& b) {
  if (a.pieces.size() != b.pieces.size()) return nullptr;
  Value value = a;
  for (size_t k = 0; k < a.pieces.size(); ++k) {
    StringPiece& piece = value.pieces[k];
    const StringPiece& other = b.pieces[k];
    if (piece.text != other.text || piece.format != other.format) return nullptr;
    if (!piece.hole != !other.hole) return nullptr;
    if (!piece.hole) continue;
    piece.hole = join_trees(piece.hole, other.hole);
    if (!piece.hole) return nullptr;
  }
  return std::make_shared<const Value>(std::move(value));
}

/// Two functions or strings that are the same but for what they hold; null otherwise.
ValuePtr join_same(const ValuePtr& a, const ValuePtr& b) {
  if (a->kind != b->kind) return nullptr;
  switch (a->kind) {
    case ValueKind::Closure:
      return join_closures(*a, *b);
    case ValueKind::Builtin:
      return a->builtin == b->builtin && a->subscript == b->subscript ? a : nullptr;
    case ValueKind::Derived:
      return join_derived(*a, *b);
    case ValueKind::String:
      return join_strings(*a, *b);
    default:
      return nullptr;
  }
}

std::vector<ValuePtr> alternatives(const ValuePtr& value) {
  if (value->kind != ValueKind::Choice) return {value};
  return {value->items.begin() + 1, value->items.end()};
}

ValuePtr join_alternatives(const ValuePtr& a, const ValuePtr& b) {
  if (is_function(*a) != is_function(*b)) return nullptr;
  std::vector<ValuePtr> merged = alternatives(a);
  for (const ValuePtr& other : alternatives(b)) {
    bool found = false;
    for (ValuePtr& mine : merged) {
      const ValuePtr joined = join_same(mine, other);
      if (!joined) continue;
      mine = joined;
      found = true;
      break;
    }
    if (!found) merged.push_back(other);
  }
  if (merged.size() == 1) return merged[0];
  Value value;
  value.kind = ValueKind::Choice;
  value.items = std::move(merged);
  value.items.insert(value.items.begin(), tensor({}, core::scalar_type(core::Elem::I64)));
  return std::make_shared<const Value>(std::move(value));
}

}  // namespace

ValuePtr join_trees(const ValuePtr& a, const ValuePtr& b) {
  if (a == b) return a;
  if (a->kind == ValueKind::Never) return b;
  if (b->kind == ValueKind::Never) return a;
  if (is_choosable(*a) && is_choosable(*b)) return join_alternatives(a, b);
  if (a->kind != b->kind) return nullptr;
  if (a->kind == ValueKind::Tensor) return join_types(a, b);
  if (a->fields != b->fields) return nullptr;
  auto items = join_lists(a->items, b->items);
  if (!items) return nullptr;
  Value value = *a;
  value.items = std::move(*items);
  return std::make_shared<const Value>(std::move(value));
}

// ---- converting --------------------------------------------------------------------------------

/// Part by part: what is one function here may be a choice there, at any depth.
ValuePtr Frame::coerce_tree(const ValuePtr& value, const ValuePtr& target, base::Span span) {
  if (!value) return nullptr;
  if (value->kind == ValueKind::Never) return placeholder(target);
  if (target->kind == ValueKind::Choice) return coerce_choice(value, target, span);
  if (value->kind == ValueKind::Tensor) return coerce(*this, value, tensor(target->leaf), span);
  Value result = *value;
  for (size_t k = 0; k < result.items.size(); ++k) {
    result.items[k] = coerce_tree(result.items[k], target->items[k], span);
  }
  for (size_t k = 0; k < result.pieces.size(); ++k) {
    StringPiece& piece = result.pieces[k];
    piece.hole = coerce_tree(piece.hole, target->pieces[k].hole, span);
  }
  if (result.closure) {
    Closure closure = *result.closure;
    for (size_t k = 0; k < closure.captured.size(); ++k) {
      ValuePtr& captured = closure.captured[k].second;
      captured = coerce_tree(captured, target->closure->captured[k].second, span);
    }
    result.closure = std::make_shared<const Closure>(std::move(closure));
  }
  if (result.derived) {
    Derived derived = *result.derived;
    derived.function = coerce_tree(derived.function, target->derived->function, span);
    derived.state = coerce_tree(derived.state, target->derived->state, span);
    result.derived = std::make_shared<const Derived>(std::move(derived));
  }
  return std::make_shared<const Value>(std::move(result));
}

/// A value of a type that is never looked at: the captured values of an alternative not chosen,
/// what a function would return where it has not.
ValuePtr Frame::placeholder(const ValuePtr& type) {
  std::vector<Leaf> leaves = leaves_of(type);
  for (Leaf& leaf : leaves) {
    std::vector<core::ValueId> sizes;
    for (int64_t size : leaf.type.dims) {
      if (size == core::kDynamic) sizes.push_back(builder_->integer(0));
    }
    leaf.id = builder_->zeros(leaf.type, sizes);
  }
  return with_leaves(type, leaves);
}

ValuePtr Frame::coerce_choice(const ValuePtr& value, const ValuePtr& target, base::Span span) {
  const std::vector<ValuePtr> mine = alternatives(value);
  std::vector<core::ValueId> position;
  std::vector<ValuePtr> items(target->items.size());
  for (const ValuePtr& alternative : mine) {
    for (size_t k = 1; k < target->items.size(); ++k) {
      if (items[k] || !join_same(alternative, target->items[k])) continue;
      items[k] = coerce_tree(alternative, target->items[k], span);
      position.push_back(builder_->integer(static_cast<int64_t>(k) - 1));
      break;
    }
  }
  for (size_t k = 1; k < items.size(); ++k) {
    if (!items[k]) items[k] = placeholder(target->items[k]);
  }
  core::ValueId tag = position.back();
  for (size_t k = position.size() - 1; k-- > 0;) {
    const core::ValueId is_k =
        builder_->op("eq", {value->items[0]->leaf.id, builder_->integer(static_cast<int64_t>(k))});
    tag = builder_->select(is_k, position[k], tag);
  }
  items[0] = tensor(tag, core::scalar_type(core::Elem::I64));
  Value result = *target;
  result.items = std::move(items);
  return std::make_shared<const Value>(std::move(result));
}

// ---- calling -----------------------------------------------------------------------------------

ValuePtr Frame::call_choice(const ValuePtr& function, const CallArgs& args) {
  return choose(function, 1, args);
}

ValuePtr Frame::choose(const ValuePtr& choice, size_t k, const CallArgs& args) {
  if (k + 1 == choice->items.size()) return call(choice->items[k], args);
  at(args.span);
  const core::ValueId index = builder_->integer(static_cast<int64_t>(k) - 1);
  const core::ValueId chosen = builder_->op("eq", {choice->items[0]->leaf.id, index});
  return branch(
      chosen, args.span, {}, Want::Value, [&] { return call(choice->items[k], args); },
      [&] { return choose(choice, k + 1, args); });
}

}  // namespace calc::elab
