// Masked cotangents: where a mask is false the cotangent is an exact zero, and stays one whatever
// it is multiplied with. See Note [Masks].
#include <algorithm>
#include <array>
#include <numeric>

#include "lang/ad/transpose.h"

namespace calc::ad {

namespace {

bool is_elementwise(const Op& op) {
  return std::holds_alternative<core::ElementwiseLowering>(op.primitive->lowering) ||
         op.primitive->name == "copy";
}

bool is_overwriting(const Op& op) {
  const std::string_view name = op.primitive->name;
  return name == "index_set" || name == "slice_set" || name == "take_set";
}

std::vector<int64_t> first_axes(int count) {
  std::vector<int64_t> axes(static_cast<size_t>(count));
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return axes;
}

/// Where an operation on a part of an array says which part.
core::Attrs place_attrs(const Op& op) {
  core::Attrs attrs;
  for (const char* key : {"axes", "axis", "step"}) {
    if (const auto* value = op.attrs.find(key)) attrs.set(key, *value);
  }
  return attrs;
}

}  // namespace

Cotangent Transposer::masked(const Op& op, size_t k, ValueId value, ValueId mask) {
  const std::string_view name = op.primitive->name;
  if (name == "select") return {value, select_masks(op, k, mask)};
  if (k == 0 && is_overwriting(op)) return {value, overwritten_mask(op, mask)};
  if (!mask.valid()) return {value, {}};
  if (name == "mul" || name == "div") {
    return {builder_.select(mask, value, zeros_like(value)), mask};
  }
  if (is_elementwise(op)) return {value, mask};
  if (ValueId moved = moved_mask(op, k, mask); moved.valid()) return {value, moved};
  mask = mixed_mask(op, k, value, mask);
  return {builder_.select(mask, value, zeros_like(value)), mask};
}

ValueId Transposer::select_masks(const Op& op, size_t k, ValueId mask) {
  ValueId condition = known(op.args[0]);
  return both(mask, k == 1 ? condition : builder_.op("not", {condition}));
}

/// Operations that only move elements move the mask in the same way.
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
  if (name.ends_with("_add") && k == 0) return mask;
  if (name.ends_with("_add") || is_overwriting(op)) return written_mask(op, mask);
  if (std::find(kMoving.begin(), kMoving.end(), name) == kMoving.end()) return {};
  const auto& rule = std::get<core::TransposeRule>(op.primitive->transpose.rule);
  const std::vector<MaybeValue> moved =
      rule(*this, op, linear_.mask(op.args), std::vector<MaybeValue>{mask});
  return moved[k] ? *moved[k] : ValueId{};
}

/// An operation that mixes elements: of a product of matrices, rows or columns may be masked;
/// otherwise the cotangent is an exact zero if all of the result's is.
ValueId Transposer::mixed_mask(const Op& op, size_t k, ValueId value, ValueId mask) {
  if (op.primitive->name == "cumsum") {
    ValueId count = builder_.convert(mask, core::Elem::I64);
    const auto& rule = std::get<core::TransposeRule>(op.primitive->transpose.rule);
    ValueId sum = *rule(*this, op, linear_.mask(op.args), std::vector<MaybeValue>{count})[0];
    return builder_.op("gt", {sum, zeros_like(sum)});
  }
  if (op.primitive->name == "dot_general") return product_mask(op, k, value, mask);
  const int rank = builder_.type(mask).rank();
  if (rank > 0) mask = builder_.op("reduce_any", {mask}, {{"axes", first_axes(rank)}});
  return builder_.fill_like(mask, value);
}

/// Factor k of a product of matrices gets a contribution where its batch and free axes have one in
/// the result.
ValueId Transposer::product_mask(const Op& op, size_t k, ValueId value, ValueId mask) {
  const auto& batch = op.attrs.ints(k == 0 ? "lhs_batch" : "rhs_batch");
  const auto& contracted = op.attrs.ints(k == 0 ? "lhs_contract" : "rhs_contract");
  const auto& other = op.attrs.ints(k == 0 ? "rhs_contract" : "lhs_contract");
  auto holds = [](const std::vector<int64_t>& axes, int64_t axis) {
    return std::find(axes.begin(), axes.end(), axis) != axes.end();
  };
  // The axes of the factor that the result keeps, in the result's order.
  std::vector<int64_t> kept = batch;
  for (int64_t axis = 0; axis < type_of(op.args[k]).rank(); ++axis) {
    if (!holds(batch, axis) && !holds(contracted, axis)) kept.push_back(axis);
  }
  const auto batches = static_cast<int64_t>(batch.size());
  const int64_t others =
      type_of(op.args[1 - k]).rank() - batches - static_cast<int64_t>(other.size());
  std::vector<int64_t> dropped;
  for (int64_t axis = 0; axis < others; ++axis) {
    dropped.push_back(axis + (k == 0 ? static_cast<int64_t>(kept.size()) : batches));
  }
  if (!dropped.empty()) mask = builder_.op("reduce_any", {mask}, {{"axes", dropped}});
  std::vector<int64_t> order = first_axes(static_cast<int>(kept.size()));
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return kept[static_cast<size_t>(a)] < kept[static_cast<size_t>(b)];
  });
  if (!std::is_sorted(kept.begin(), kept.end())) mask = builder_.transpose(mask, order);
  std::sort(kept.begin(), kept.end());
  return builder_.broadcast(mask, builder_.type(value).dims, kept, builder_.dynamic_sizes(value));
}

/// The cotangent of what is written is a part of the whole's.
ValueId Transposer::written_mask(const Op& op, ValueId mask) {
  const auto& rule = std::get<core::TransposeRule>(op.primitive->transpose.rule);
  std::vector<bool> only_part(op.args.size(), false);
  only_part[1] = true;
  return *rule(*this, op, only_part, std::vector<MaybeValue>{mask})[1];
}

/// What a write replaces is not used.
ValueId Transposer::overwritten_mask(const Op& op, ValueId mask) {
  if (!mask.valid()) {
    if (!coverage_.partial(op.args[0])) return {};
    mask = everywhere(op.args[0], true);
  }
  ValueId part = linear_(op.args[1])
                     ? everywhere(op.args[1], false)
                     : builder_.fill_like(builder_.boolean(false), known(op.args[1]));
  std::vector<ValueId> args = {mask, part};
  for (size_t k = 2; k < op.args.size(); ++k) args.push_back(known(op.args[k]));
  return builder_.op(*op.primitive, std::move(args), op.attrs);
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
  if (!counts) {
    return builder_.op(std::string(name) + "_set", std::move(args), place_attrs(op));
  }
  ValueId count = builder_.op("take_add", std::move(args), place_attrs(op));
  return builder_.op("gt", {count, nothing});
}

/// `before` with the part that an operation reads touched, where `part` is true if it is valid.
/// In place, but for repeated indices with a mask of their own.
ValueId Transposer::grown_mask(const Op& op, ValueId before, ValueId part) {
  const std::string_view name = op.primitive->name;
  if (name == "take" && part.valid()) return either(before, part_mask(op, part));
  std::vector<ValueId> places;
  const size_t end = name == "slice" ? 2 : op.args.size();
  for (size_t k = 1; k < end; ++k) places.push_back(known(op.args[k]));
  if (part.valid()) {
    std::vector<ValueId> read = {before};
    for (size_t k = 1; k < op.args.size(); ++k) read.push_back(known(op.args[k]));
    part = builder_.op("or", {builder_.op(*op.primitive, std::move(read), op.attrs), part});
  } else {
    part = everywhere(op.results[0], true);
  }
  std::vector<ValueId> args = {before, part};
  args.insert(args.end(), places.begin(), places.end());
  return builder_.op(std::string(name) + "_set", std::move(args), place_attrs(op));
}

ValueId Transposer::everywhere(ValueId original, bool touched) {
  const std::vector<ValueId> dynamic = sizes(original);
  return builder_.broadcast(builder_.boolean(touched), type_of(original).dims, {}, dynamic);
}

ValueId Transposer::mask_of(ValueId value) {
  const std::optional<Cotangent> ct = find(value);
  if (!ct || !ct->mask.valid()) return everywhere(value, ct.has_value());
  return fitted(builder_, ct->mask, Type{core::Elem::Bool, type_of(value).dims});
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
// A sum has a mask only if both terms do. An element of an array that nobody reads, reads only in
// some iterations or branches, or that is overwritten before it is read, is masked as well, where
// that can matter: coverage.cpp says for which values, and for those the mask is carried through
// loops and out of branches beside the cotangent, and grows in place as the cotangent does. An
// unmasked 0 * inf stays nan, in reverse as in forward mode.
