#pragma once
// The schedule of a block: which arrays are virtual (their elements computed by whoever reads
// them), which operations share a nest, and in what order things happen.
//
// Everything that is written out is an item and has a level. At a level first come the scalars and
// whole operations in program order, then the nests; an item stands at the least level at which
// what it reads is there. A nest joins another over the same index space unless something it needs
// is ready only later; what it reads of that nest's own results must be read at the same index.
// See Note [What is virtual] in plan.cpp.
#include <vector>

#include "lang/lower/facts.h"

namespace calc::lower {

struct Item {
  /// Null: array result `slot` of the block goes into its stacked output.
  const Op* op = nullptr;
  size_t slot = 0;
  ValueId value;
  /// The stored arrays it reads, each once.
  std::vector<ValueId> reads;
};

struct Step {
  /// A nest of all items; otherwise one item.
  bool nest = false;
  std::vector<Item> items;
};

struct Plan {
  std::vector<Step> steps;
  /// The stored arrays that the block gives as results.
  std::vector<ValueId> exit_reads;
};

/// Results from `first_slot` on that are arrays go into stacked outputs. Sets what is virtual among
/// the block's values.
Plan plan_block(const core::Module& module, Facts& facts, const Block& block, size_t first_slot);

}  // namespace calc::lower
