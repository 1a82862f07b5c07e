#pragma once
// The known half of a loop while residuals are added to it.
#include "lang/ad/linearize.h"

namespace calc::ad {

struct Splitter::KnownLoop {
  /// Arguments, carried results and blocks; stacked outputs of a `for` are kept apart until the
  /// end.
  Op op;
  std::vector<ValueId> stacked_values;
  std::vector<ValueId> stacked_results;
  /// Constants and empty buffers that stand before the loop.
  std::vector<Op> before;
  /// What cuts the stores to size, after it.
  std::vector<Op> after;
  int scope;
  int inner;
  /// The stacks made so far, by value.
  ValueMap stacks;
  /// A `while`'s counter, inside and after the loop.
  ValueId counter;
  ValueId count;

  Block& body() { return op.blocks.back(); }
  bool counted() const { return op.kind == OpKind::For; }
  int64_t trips = core::kDynamic;
};

}  // namespace calc::ad
