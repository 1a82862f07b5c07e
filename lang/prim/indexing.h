#pragma once
// What reading by index (indexing.cpp) and updating by index (updates.cpp) share: where the
// elements stand that an index names.
#include "lang/prim/emit.h"
#include "lang/prim/loops.h"

namespace calc::prim {

/// Throws std::logic_error: indices were checked before.
void require_inside(int64_t index, int64_t size);

/// The part of an array with `axes` fixed at `indices`.
View indexed(const Array& array, const Ints& axes, const Ints& indices);
/// {axes} of an operation on `type` with that many index operands.
Ints indexed_axes(const Attrs& attrs, const Type& type, size_t indices);

/// The part of an array of sizes `dims` at one index of an axis.
View taken(std::span<const int64_t> dims, int axis, int64_t index);
/// The shape of `take`: `ix_dims` in the place of the axis.
Dims taken_dims(std::span<const int64_t> dims, int axis, std::span<const int64_t> ix_dims);
/// The part of a `take` result that belongs to the k-th of `ix_count` indices.
View taken_position(std::span<const int64_t> dims, int axis, int64_t ix_count, int64_t k);
Dims without_axis(std::span<const int64_t> dims, int axis);

}  // namespace calc::prim
