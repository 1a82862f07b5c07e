// `vmap`, and the loop that stacks what a function gives: one Core `for` whose results are the
// leaves of the value, each along a new first axis.
#include "lang/elaborate/derivatives.h"

namespace calc::elab {

using core::ValueId;

/// Only numbers in tuples and records can be carried or stacked by a loop.
void require_numbers(const ValuePtr& value, const std::string& name, base::Span span) {
  const bool aggregate = value->kind == ValueKind::Tuple || value->kind == ValueKind::Record;
  if (is_tensor(value)) return;
  if (!aggregate) {
    base::fail(span, "the function given to " + name + " must return numbers, it " + "returns " +
                         type_text(*value));
  }
  for (const ValuePtr& item : value->items) require_numbers(item, name, span);
}

std::vector<ValueId> leaf_ids(const ValuePtr& value) {
  std::vector<ValueId> ids;
  for (const Leaf& leaf : leaves_of(value)) ids.push_back(leaf.id);
  return ids;
}

ValuePtr with_ids(Emit& emit, const ValuePtr& like, std::span<const ValueId> ids) {
  std::vector<Leaf> leaves;
  for (ValueId id : ids) leaves.push_back({id, emit.builder().type(id), std::nullopt, false});
  return with_leaves(like, leaves);
}

/// body(0), body(1) … stacked along a new first axis, leaf by leaf.
ValuePtr stacked_loop(Emit& emit, const std::string& name, base::Span span, const Size& count,
                      const std::function<ValuePtr(ValueId)>& body) {
  core::Builder& b = emit.builder();
  const ValueId n = size_value(emit, count);
  const std::vector<core::Type> params{core::scalar_type(core::Elem::I64)};
  const ValueId i = b.open_block(params)[0];
  const ValuePtr value = body(i);
  require_numbers(value, name, span);
  core::Block block = b.close_block(leaf_ids(value));
  return with_ids(emit, value, b.emit_for(n, {}, std::move(block)));
}

// ---- vmap --------------------------------------------------------------------------------------

namespace {

/// The arguments of a `vmap`: which are mapped, with the mapped axis first, and how many slices.
struct Mapped {
  CallArgs args;
  std::vector<bool> positional;
  std::optional<Size> count;
};

ValuePtr axis_first(Emit& emit, const ValuePtr& value, int64_t axis, base::Span span) {
  std::vector<Leaf> leaves = leaves_of(value);
  for (Leaf& leaf : leaves) {
    const int rank = leaf.type.rank();
    const int64_t wrapped = axis < 0 ? axis + rank : axis;
    if (wrapped < 0 || wrapped >= rank) {
      base::fail(span, "`vmap` maps over axis " + std::to_string(axis) +
                           " of an argument, this is " + core::user_text(leaf.type));
    }
    std::vector<int64_t> perm{wrapped};
    for (int64_t k = 0; k < rank; ++k) {
      if (k != wrapped) perm.push_back(k);
    }
    leaf.id = emit.builder().transpose(leaf.id, std::move(perm));
    leaf = Leaf{leaf.id, emit.builder().type(leaf.id), std::nullopt, false};
  }
  return with_leaves(value, leaves);
}

/// The axis of argument k; none when it is given whole.
std::optional<int64_t> axis_of(Emit& emit, const ValuePtr& axes, size_t k, base::Span span) {
  if (!axes) return 0;
  const ValuePtr& axis = axes->items[k];
  if (axis->kind == ValueKind::None) return std::nullopt;
  const std::optional<int64_t> known = known_int(emit, axis);
  if (!known) base::fail(span, "an axis of `vmap` is a known Int or `none`");
  return known;
}

void agree_on_count(Emit& emit, const ValuePtr& value, std::optional<Size>& count,
                    base::Span span) {
  for (const Leaf& leaf : leaves_of(value)) {
    const Size own = sizes_of(emit, leaf.id)[0];
    if (count && count->is_static() && own.is_static() && !own.is(count->constant)) {
      base::fail(span, "shapes do not fit: `vmap` needs mapped axes of equal sizes, " +
                           std::to_string(count->constant) + " and " +
                           std::to_string(own.constant));
    }
    if (count) check_sizes(emit, *count, own, "`vmap` needs mapped axes of equal sizes");
    if (!count || own.is_static()) count = own;
  }
}

Mapped mapped(Emit& emit, const ValuePtr& axes, const CallArgs& given) {
  Mapped result{given, {}, std::nullopt};
  if (axes && axes->items.size() != given.positional.size()) {
    base::fail(given.span, "`vmap` has " + std::to_string(axes->items.size()) + " axes for " +
                               std::to_string(given.positional.size()) + " arguments");
  }
  for (size_t k = 0; k < given.positional.size(); ++k) {
    ValuePtr& value = result.args.positional[k];
    value = as_tensor(emit, value);
    const std::optional<int64_t> axis = axis_of(emit, axes, k, given.span);
    result.positional.push_back(axis.has_value());
    if (!axis) continue;
    value = axis_first(emit, value, *axis, given.span);
    agree_on_count(emit, value, result.count, given.span);
  }
  for (auto& [name, value] : result.args.named) {
    value = axis_first(emit, as_tensor(emit, value), 0, given.span);
    agree_on_count(emit, value, result.count, given.span);
  }
  if (!result.count) base::fail(given.span, "`vmap` needs a tensor to map over");
  return result;
}

}  // namespace

ValuePtr vmap_call(Emit& emit, const ValuePtr& function, const ValuePtr& axes,
                   const CallArgs& given) {
  const Mapped all = mapped(emit, axes, given);
  return stacked_loop(emit, "`vmap`", given.span, *all.count, [&](ValueId i) {
    const auto slice = [&](const ValuePtr& value) {
      std::vector<Leaf> leaves = leaves_of(value);
      for (Leaf& leaf : leaves) leaf = element(emit, tensor(leaf), i)->leaf;
      return with_leaves(value, leaves);
    };
    CallArgs one = all.args;
    for (size_t k = 0; k < one.positional.size(); ++k) {
      if (all.positional[k]) one.positional[k] = slice(one.positional[k]);
    }
    for (auto& [name, value] : one.named) value = slice(value);
    return emit.call(function, std::move(one));
  });
}

}  // namespace calc::elab
