// Masked cotangents: where a mask is false the cotangent is an exact zero, and stays one whatever
// it is multiplied with. See Note [Masks].
#include <algorithm>
#include <array>

#include "lang/ad/transpose.h"

namespace calc::ad {

namespace {

bool is_elementwise(const Op& op) {
  return std::holds_alternative<core::ElementwiseLowering>(op.primitive->lowering) ||
         op.primitive->name == "copy";
}

}  // namespace

Cotangent Transposer::masked(const Op& op, size_t k, ValueId value, ValueId mask) {
  if (op.primitive->name == "select") return {value, select_masks(op, k, mask)};
  if (!mask.valid()) return {value, {}};
  const std::string_view name = op.primitive->name;
  if (name == "mul" || name == "div") {
    return {builder_.select(mask, value, zeros_like(value)), mask};
  }
  if (is_elementwise(op)) return {value, mask};
  return {value, moved_mask(op, k, mask)};
}

ValueId Transposer::select_masks(const Op& op, size_t k, ValueId mask) {
  ValueId condition = known(op.args[0]);
  return both(mask, k == 1 ? condition : builder_.op("not", {condition}));
}

/// Operations that only move elements move the mask in the same way; others lose it.
ValueId Transposer::moved_mask(const Op& op, size_t k, ValueId mask) {
  static constexpr std::array<std::string_view, 6> kMoving = {"reshape",    "transpose", "reverse",
                                                              "reduce_sum", "concat",    "stack"};
  const std::string_view name = op.primitive->name;
  if (name == "broadcast") {
    const auto& kept = op.attrs.ints("axes");
    std::vector<int64_t> summed;
    for (int64_t axis = 0; axis < builder_.type(mask).rank(); ++axis) {
      if (std::find(kept.begin(), kept.end(), axis) == kept.end()) summed.push_back(axis);
    }
    if (summed.empty()) return mask;
    return builder_.op("reduce_any", {mask}, {{"axes", std::move(summed)}});
  }
  if (std::find(kMoving.begin(), kMoving.end(), name) == kMoving.end()) return {};
  const auto& rule = std::get<core::TransposeRule>(op.primitive->transpose.rule);
  const std::vector<MaybeValue> moved =
      rule(*this, op, linear_.mask(op.args), std::vector<MaybeValue>{mask});
  return moved[k] ? *moved[k] : ValueId{};
}

/// The mask of a cotangent that has contributions in one part only.
ValueId Transposer::part_mask(const Op& op, ValueId mask) {
  const std::string_view name = op.primitive->name;
  const bool counts = name == "take";
  const Type whole = type(op.args[0]);
  const core::Elem elem = counts ? core::Elem::I64 : core::Elem::Bool;
  const std::vector<ValueId> dynamic = sizes(op.args[0]);
  ValueId nothing = builder_.zeros(Type{elem, whole.dims}, dynamic);
  std::vector<ValueId> args = {nothing, counts ? builder_.convert(mask, elem) : mask};
  const size_t places = name == "slice" ? 2 : op.args.size();
  for (size_t k = 1; k < places; ++k) args.push_back(known(op.args[k]));
  core::Attrs attrs;
  for (const char* key : {"axes", "axis", "step"}) {
    if (const auto* value = op.attrs.find(key)) attrs.set(key, *value);
  }
  if (!counts) {
    return builder_.op(std::string(name) + "_set", std::move(args), std::move(attrs));
  }
  ValueId count = builder_.op("take_add", std::move(args), std::move(attrs));
  return builder_.op("gt", {count, nothing});
}

ValueId Transposer::both(ValueId a, ValueId b) {
  if (!a.valid()) return b;
  return b.valid() ? builder_.op("and", {a, b}) : a;
}

/// A sum is masked where both terms are.
ValueId Transposer::either(ValueId a, ValueId b) {
  if (!a.valid() || !b.valid()) return {};
  return a == b ? a : builder_.op("or", {a, b});
}

}  // namespace calc::ad

// Note [Masks]
//
// y = where(x > 0, sqrt(x), 0) at x = 0: the cotangent of sqrt(x) is select(x > 0, ȳ, 0) = 0, the
// factor 1/(2 sqrt(x)) is infinite, and their product nan, though forward mode gives 0: it selects
// last. So a cotangent that comes out of a select keeps the condition as its mask, elementwise and
// moving operations carry it along, and a product under a mask is selected again. Which factors are
// infinite is not asked: log(x) * z under the same mask multiplies the cotangent of z by -inf, and
// no record can know that. The masks that nothing uses are dead code.
//
// A sum has a mask only if both terms do, and a loop's carried cotangents have none. An unmasked
// 0 * inf stays nan, in reverse as in forward mode.
