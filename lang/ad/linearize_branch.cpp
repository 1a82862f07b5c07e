// Branches in two halves: the predicate is a residual, the residuals of the branches share slots.
#include <algorithm>

#include "lang/ad/linearize.h"

namespace calc::ad {

void Splitter::branch(const Op& op, Halves& halves, int scope) {
  const Mask results = linear_.mask(op.results);
  std::vector<Halves> branches;
  for (const Block& block : op.blocks) branches.push_back(cut(block, results));
  Op known = op;
  Op linear = op;
  known.results = known_of(op.results, op.results);
  linear.results = linear_of(op.results, op.results);
  const std::vector<ValueId> slots = merge_slots(branches);
  known.results.insert(known.results.end(), slots.begin(), slots.end());
  halves.needed.add(op.args[0]);
  halves.needed.add(slots);
  for (size_t k = 0; k < 2; ++k) {
    halves.needed.add(branches[k].residuals.outer);
    known.blocks[k] = std::move(branches[k].known);
    linear.blocks[k] = std::move(branches[k].linear);
  }
  for (ValueId slot : slots) scopes_.add(slot, scope);
  halves.known.ops.push_back(std::move(known));
  halves.linear.ops.push_back(std::move(linear));
}

/// Appends the slots to the results of both known branches. A branch fills as many slots of a type
/// as it keeps values of it; in the others it leaves something that is never read.
std::vector<ValueId> Splitter::merge_slots(std::vector<Halves>& branches) {
  std::vector<ValueId> slots;
  std::vector<std::vector<ValueId>> left = {branches[0].residuals.kept, branches[1].residuals.kept};
  auto take = [&](size_t k, const Type& type) {
    auto at = std::find_if(left[k].begin(), left[k].end(),
                           [&](ValueId value) { return work_.type(value) == type; });
    ValueId value;
    if (at == left[k].end()) {
      value = filler(branches[k].known.ops, 0, type);
    } else {
      value = *at;
      left[k].erase(at);
      alias_[value] = slots.back();
    }
    branches[k].known.results.push_back(value);
  };
  while (!left[0].empty() || !left[1].empty()) {
    const Type type = work_.type(left[0].empty() ? left[1][0] : left[0][0]);
    slots.push_back(work_.add_value(type));
    take(0, type);
    take(1, type);
  }
  return slots;
}

}  // namespace calc::ad
