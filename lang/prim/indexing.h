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

/// The shape of `take`: `ix_dims` in the place of the axis.
Dims taken_dims(std::span<const int64_t> dims, int axis, std::span<const int64_t> ix_dims);

/// `take` along an axis as rows of contiguous elements: calls f(offset in the array, offset in the
/// part, count) for each index under each of the axes before, indices in order.
template <typename F>
void for_each_taken(std::span<const int64_t> dims, int axis, const Array& ix, F f) {
  const auto at = static_cast<size_t>(axis);
  const int64_t outer = count_of(dims.first(at));
  const int64_t inner = count_of(dims.subspan(at + 1));
  const int64_t n = dims[at];
  const int64_t count = ix.size();
  const int64_t* index = ix.data<int64_t>();
  for (int64_t k = 0; k < count; ++k) require_inside(index[k], n);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t k = 0; k < count; ++k) {
      f((o * n + index[k]) * inner, (o * count + k) * inner, inner);
    }
  }
}

}  // namespace calc::prim
