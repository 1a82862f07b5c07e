#pragma once
// What derivative and transpose rules are written with.
#include <cstdint>
#include <limits>
#include <vector>

#include "lang/core/builder.h"
#include "lang/core/primitive.h"
#include "lang/prim/rules.h"

namespace calc::prim {

using core::Builder;
using core::MaybeValue;
using core::Op;
using core::RuleContext;
using core::TransposeContext;
using core::ValueId;
using MaybeValues = std::vector<MaybeValue>;
using Values = std::span<const ValueId>;
using Tangents = std::span<const MaybeValue>;

/// No cotangent for any argument yet.
inline MaybeValues no_cotangents(const Op& op) { return MaybeValues(op.args.size()); }

/// A value of the shape and element type of `like`, all entries equal.
ValueId constant_like(Builder& builder, double value, ValueId like);
ValueId zeros_like(Builder& builder, ValueId like);
/// Zeros in the shape of a linear operand.
ValueId zeros_of(TransposeContext& context, ValueId original);
/// The tangent, or zeros in the shape of the primal value.
ValueId or_zeros(Builder& builder, MaybeValue tangent, ValueId primal);
/// The sum of what is present.
MaybeValue sum(Builder& builder, MaybeValue a, MaybeValue b);

/// Emits the same operation again, on other operands.
ValueId again(Builder& builder, const Op& op, std::vector<ValueId> args);
/// The known copies of the operands from `first` on.
std::vector<ValueId> known_from(TransposeContext& context, const Op& op, size_t first);

/// {axes} for operations on single axes.
inline Attrs axis_attrs(int64_t axis) { return Attrs{{"axis", axis}}; }
/// 0, 1, …, n-1 and the permutation that undoes `perm`.
Ints all_axes(int rank);
Ints inverse_permutation(const Ints& perm);

/// A constant attribute of a singular factor: a mask must be applied again.
inline Attrs singular_attrs(bool singular) {
  return singular ? Attrs{{"singular", true}} : Attrs{};
}

// Matrices.

/// The product of matrices or of a matrix and a vector: the last axis of `a` with the first of `b`.
ValueId matmul(Builder& builder, ValueId a, ValueId b);
ValueId matrix_transpose(Builder& builder, ValueId a);
/// A bool matrix of the sizes of `like`: column - row lies in lo..=hi; either may be `kNoBound`.
inline constexpr int64_t kNoBound = std::numeric_limits<int64_t>::min();
ValueId band_mask(Builder& builder, ValueId like, int64_t lo, int64_t hi);
/// Entries under the mask, zero elsewhere. `mask` was made by `band_mask`.
ValueId masked(Builder& builder, ValueId mask, ValueId a);
/// (a + a')/2
ValueId symmetrised(Builder& builder, ValueId a);
/// The diagonal of a matrix, and its sum.
ValueId diagonal(Builder& builder, ValueId mask, ValueId a);
/// A vector spread over the columns (one entry a row) or over the rows of a matrix like `like`.
ValueId over_columns(Builder& builder, ValueId vector, ValueId like);
ValueId over_rows(Builder& builder, ValueId vector, ValueId like);

}  // namespace calc::prim
