#include "lang/prim/emit.h"

#include <numeric>

namespace calc::prim {

ValueId constant_like(Builder& builder, double value, ValueId like) {
  rt::Array scalar = rt::Array::of(value).converted(builder.type(like).elem);
  return builder.fill_like(builder.constant(std::move(scalar)), like);
}

ValueId zeros_like(Builder& builder, ValueId like) {
  std::vector<ValueId> sizes = builder.dynamic_sizes(like);
  return builder.zeros(builder.type(like), sizes);
}

ValueId zeros_of(TransposeContext& context, ValueId original) {
  std::vector<ValueId> sizes = context.sizes(original);
  return context.build().zeros(context.type(original), sizes);
}

ValueId or_zeros(Builder& builder, MaybeValue tangent, ValueId primal) {
  return tangent ? *tangent : zeros_like(builder, primal);
}

MaybeValue sum(Builder& builder, MaybeValue a, MaybeValue b) {
  if (!a) return b;
  if (!b) return a;
  return builder.add(*a, *b);
}

ValueId again(Builder& builder, const Op& op, std::vector<ValueId> args) {
  return builder.op(*op.primitive, std::move(args), op.attrs);
}

std::vector<ValueId> known_from(TransposeContext& context, const Op& op, size_t first) {
  std::vector<ValueId> known;
  for (size_t k = first; k < op.args.size(); ++k) known.push_back(context.known(op.args[k]));
  return known;
}

Ints all_axes(int rank) {
  Ints axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return axes;
}

Ints inverse_permutation(const Ints& perm) {
  Ints inverse(perm.size());
  for (size_t k = 0; k < perm.size(); ++k) {
    inverse[static_cast<size_t>(perm[k])] = static_cast<int64_t>(k);
  }
  return inverse;
}

// ---- matrices -----------------------------------------------------------------------------------

ValueId matmul(Builder& builder, ValueId a, ValueId b) {
  const int64_t last = builder.type(a).rank() - 1;
  return builder.op("dot_general", {a, b},
                    {{"lhs_contract", Ints{last}},
                     {"rhs_contract", Ints{0}},
                     {"lhs_batch", Ints{}},
                     {"rhs_batch", Ints{}}});
}

ValueId matrix_transpose(Builder& builder, ValueId a) { return builder.transpose(a, {1, 0}); }

namespace {

/// 0, 1, … along one axis of a matrix, the same along the other.
ValueId index_matrix(Builder& builder, ValueId like, int axis) {
  Dims dims = builder.type(like).dims;
  std::vector<ValueId> size;
  const int64_t known = dims[static_cast<size_t>(axis)];
  if (known == kDynamic) size.push_back(builder.dim(like, axis));
  ValueId counted = builder.op("iota", size, {{"dims", Ints{known}}});
  return builder.broadcast(counted, dims, {axis}, builder.dynamic_sizes(like));
}

}  // namespace

ValueId band_mask(Builder& builder, ValueId like, int64_t lo, int64_t hi) {
  ValueId offset = builder.sub(index_matrix(builder, like, 1), index_matrix(builder, like, 0));
  auto bound = [&](int64_t value) { return builder.fill_like(builder.integer(value), offset); };
  if (lo == kNoBound) return builder.op("le", {offset, bound(hi)});
  if (hi == kNoBound) return builder.op("ge", {offset, bound(lo)});
  if (lo == hi) return builder.op("eq", {offset, bound(lo)});
  return builder.op("and",
                    {builder.op("ge", {offset, bound(lo)}), builder.op("le", {offset, bound(hi)})});
}

ValueId masked(Builder& builder, ValueId mask, ValueId a) {
  return builder.select(mask, a, zeros_like(builder, a));
}

ValueId symmetrised(Builder& builder, ValueId a) {
  ValueId total = builder.add(a, matrix_transpose(builder, a));
  return builder.mul(constant_like(builder, 0.5, total), total);
}

ValueId diagonal(Builder& builder, ValueId mask, ValueId a) {
  return builder.reduce_sum(masked(builder, mask, a), {1});
}

ValueId over_columns(Builder& builder, ValueId vector, ValueId like) {
  Dims dims = builder.type(like).dims;
  return builder.broadcast(vector, dims, {0}, builder.dynamic_sizes(like));
}

ValueId over_rows(Builder& builder, ValueId vector, ValueId like) {
  Dims dims = builder.type(like).dims;
  return builder.broadcast(vector, dims, {1}, builder.dynamic_sizes(like));
}

}  // namespace calc::prim
