#pragma once
// Where values die, so that the evaluator can hand a dead argument over to a primitive, which then
// updates it in place.
//
// A value may be given up by the block that binds it, at its last use there; a use in a loop's body
// counts as a use by the loop, since the body runs again. A branch runs at most once, so a value
// whose last use is an `if` may be given up inside each branch.
#include <vector>

#include "lang/core/ir.h"

namespace calc::core {

struct BlockPlan;

struct OpPlan {
  /// Argument k has its last use here.
  std::vector<bool> dies;
  /// Values to drop afterwards: results nobody uses, values last used in nested blocks.
  std::vector<ValueId> drop;
  std::vector<BlockPlan> blocks;
};

struct BlockPlan {
  std::vector<OpPlan> ops;
  /// Result k of the block is given up by it.
  std::vector<bool> gives;
  /// Parameters nobody uses.
  std::vector<ValueId> drop;
};

BlockPlan plan_lifetimes(const Function& function);

}  // namespace calc::core
