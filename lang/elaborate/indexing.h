#pragma once
// An index taken apart: what each item does to the axis it stands at, in the order in which a read
// applies it. An update undoes the same steps from the inside out (indexing_update.cpp).
#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

struct IndexStep {
  enum class Kind : uint8_t {
    /// Scalar indices at `axes`: those axes go.
    Pick,
    /// `axis` becomes `size` entries from `start` by `step`.
    Slice,
    /// `axis` backwards.
    Reverse,
    /// `axis` becomes the shape of `indices`.
    Gather,
    /// `count` axes from `axis` become one (for masks of several axes and paired indices).
    Merge,
    /// A new axis of size 1.
    Insert
  } kind;
  int64_t axis = 0;
  std::vector<int64_t> axes = {};
  std::vector<core::ValueId> picked = {};
  core::ValueId start = {};
  Size size = {};
  int64_t step = 1;
  core::ValueId indices = {};
  int64_t count = 0;
};

/// The steps of a read, given the shape they start from. Checks of ranges are emitted.
std::vector<IndexStep> index_steps(Emit& emit, const ValuePtr& base,
                                   const std::vector<IndexItem>& items, base::Span span);
core::ValueId apply_step(Emit& emit, core::ValueId a, const IndexStep& step);
/// The shape after a step.
Sizes shape_after(Emit& emit, Sizes sizes, const IndexStep& step);

/// `start:stop:step` against a size, clamped as in Python.
struct SliceRange {
  core::ValueId start;
  Size count;
};
SliceRange slice_range(Emit& emit, const IndexItem& item, const Size& size, int64_t step);

}  // namespace calc::elab
