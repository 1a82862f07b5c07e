// Where sizes come from: what is equal at run time is known to be equal here.
#include <algorithm>

#include "lang/lower/facts.h"

namespace calc::lower {

namespace {

Size from(ValueId value, int axis) { return {core::kDynamic, value, axis}; }

/// The operand that the k-th -1 of `dims` stands for.
ValueId dynamic_operand(const Op& op, const std::vector<int64_t>& dims, int axis, size_t first) {
  size_t k = first;
  for (int before = 0; before < axis; ++before) k += dims[static_cast<size_t>(before)] < 0;
  return op.args[k];
}

/// The axis of the operand that axis `axis` of an `index` was.
int undropped(const Op& op, int axis) {
  const auto& dropped = op.attrs.ints("axes");
  int at = -1;
  for (int left = axis; left >= 0; --left) {
    do ++at;
    while (std::ranges::find(dropped, at) != dropped.end());
  }
  return at;
}

Size of_take(const Facts& facts, const Op& op, int axis) {
  const int at = static_cast<int>(op.attrs.integer("axis"));
  const int rank = facts.type(op.args[1]).rank();
  if (axis < at) return from(op.args[0], axis);
  if (axis < at + rank) return from(op.args[1], axis - at);
  return from(op.args[0], axis - rank + 1);
}

/// Where axis `axis` of a structural operation's result comes from; nowhere: it starts here.
std::optional<Size> of_structure(const Facts& facts, const Op& op, Structural form, int axis) {
  switch (form) {
    case Structural::Broadcast:
      return from(dynamic_operand(op, op.attrs.ints("dims"), axis, 1), -1);
    case Structural::Iota:
      return from(op.args[0], -1);
    case Structural::Transpose:
      return from(op.args[0], static_cast<int>(op.attrs.ints("perm")[static_cast<size_t>(axis)]));
    case Structural::Slice:
      if (op.attrs.integer("axis") == axis) return from(op.args[2], -1);
      return from(op.args[0], axis);
    case Structural::Index:
      return from(op.args[0], undropped(op, axis));
    case Structural::Take:
      return of_take(facts, op, axis);
    case Structural::Stack:
      return axis > 0 ? std::optional(from(op.args[0], axis - 1)) : std::nullopt;
    case Structural::Concat:
      if (op.attrs.integer("axis") == axis) return std::nullopt;
      return from(op.args[0], axis);
    case Structural::Reshape:
    case Structural::Dim:
      return std::nullopt;
    default:
      return from(op.args[0], axis);
  }
}

/// One step towards where a size of a primitive's result comes from.
std::optional<Size> of_result(const Facts& facts, const Op& op, int axis) {
  if (elementwise(op) != nullptr) {
    for (ValueId arg : op.args) {
      if (facts.is_array(arg)) return from(arg, axis);
    }
  }
  if (is_cumulative(op)) return from(op.args[0], axis);
  if (reduction(op) != nullptr) {
    const std::vector<int> kept = kept_axes(op, facts.type(op.args[0]).rank());
    return from(op.args[0], static_cast<int>(std::ranges::find(kept, axis) - kept.begin()));
  }
  const std::optional<Structural> form = structural(op);
  return form ? of_structure(facts, op, *form, axis) : std::nullopt;
}

}  // namespace

/// Does a loop leave an axis of its k-th carried array as long as it was? Asked again while the
/// answer is sought, no.
bool Facts::keeps_size(const Op& loop, size_t k, int axis) const {
  const Block& body = loop.blocks.back();
  const ValueId param = body.params[loop.kind == OpKind::For ? k + 1 : k];
  const std::pair key{param.index, axis};
  if (auto known = keeps_.find(key); known != keeps_.end()) return known->second;
  keeps_[key] = false;
  const Size wanted = from(param, axis);
  Size at = from(body.results[k], axis);
  while (!(at == wanted) && at.constant == core::kDynamic && came_from(at)) {
  }
  return keeps_[key] = at == wanted;
}

std::optional<Size> Facts::of_param(ValueId param, int axis) const {
  auto carried = carried_.find(param);
  if (carried == carried_.end() || axis < 0) return std::nullopt;
  const auto& [loop, k] = carried->second;
  if (!keeps_size(*loop, k, axis)) return std::nullopt;
  return from(loop->args[loop->kind == OpKind::For ? k + 1 : k], axis);
}

std::optional<Size> Facts::of_loop(const Op& loop, ValueId result, int axis) const {
  const auto k =
      static_cast<size_t>(std::ranges::find(loop.results, result) - loop.results.begin());
  const size_t first = loop.kind == OpKind::For ? 1 : 0;
  if (k + first < loop.args.size()) {
    return keeps_size(loop, k, axis) ? std::optional(from(loop.args[k + first], axis))
                                     : std::nullopt;
  }
  return axis == 0 ? std::optional(from(loop.args[0], -1)) : std::nullopt;
}

bool Facts::came_from(Size& size) const {
  const Op* op = definition(size.value);
  std::optional<Size> before;
  if (op == nullptr) {
    before = of_param(size.value, size.axis);
  } else if (op->kind == OpKind::Constant && size.axis < 0) {
    before = Size{op->constant.as_int(), {}, -1};
  } else if (size.axis < 0) {
    if (structural(*op) == Structural::Dim) {
      before = from(op->args[0], static_cast<int>(op->attrs.integer("axis")));
    }
  } else if (op->kind == OpKind::For || op->kind == OpKind::While) {
    before = of_loop(*op, size.value, size.axis);
  } else if (op->kind == OpKind::Primitive) {
    before = of_result(*this, *op, size.axis);
  }
  if (!before) return false;
  size = *before;
  if (size.axis >= 0) {
    const int64_t known = type(size.value).dims[static_cast<size_t>(size.axis)];
    if (known != core::kDynamic) size = {known, {}, -1};
  }
  return true;
}

Size Facts::size(ValueId value, int axis) const {
  const int64_t known = type(value).dims[static_cast<size_t>(axis)];
  if (known != core::kDynamic) return {known, {}, -1};
  Size at{core::kDynamic, value, axis};
  while (at.constant == core::kDynamic && came_from(at)) {
  }
  return at;
}

std::vector<Size> Facts::sizes(ValueId value) const {
  std::vector<Size> all;
  for (int k = 0; k < type(value).rank(); ++k) all.push_back(size(value, k));
  return all;
}

std::vector<Size> Facts::space(const Op& op) const {
  if (reduction(op) != nullptr) return sizes(op.args[0]);
  if (!is_dot(op)) return sizes(op.results[0]);
  const DotForm form = dot_form(*this, op, 0);
  std::vector<Size> all;
  for (int64_t k : form.attrs.ints("lhs_batch")) all.push_back(size(form.a, static_cast<int>(k)));
  for (int64_t k : form.lhs_free) all.push_back(size(form.a, static_cast<int>(k)));
  for (int64_t k : form.rhs_free) all.push_back(size(form.b, static_cast<int>(k)));
  for (int64_t k : form.attrs.ints("lhs_contract")) {
    all.push_back(size(form.a, static_cast<int>(k)));
  }
  return all;
}

}  // namespace calc::lower
