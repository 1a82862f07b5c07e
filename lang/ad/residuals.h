#pragma once
// What a linear block must know of the primal one: what is kept, and what is computed again.
//
// Keeping costs memory: in a loop, an array entry an iteration. Values that follow by cheap
// operations from the loop's index, from what does not change in it or from other kept values need
// not be kept. The choice is a minimum cut between what the linear block uses and what only the
// primal run can know (carried values, results of calls, loops, reductions, products); see Note
// [Minimum cut]. Outside loops keeping is free (a buffer is shared, not copied), so only trivial
// values are made again there.
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/ad/engine.h"

namespace calc::ad {

/// A set that remembers the order of insertion.
class ValueSet {
 public:
  void add(ValueId value) {
    if (set_.insert(value).second) items_.push_back(value);
  }
  void add(const std::vector<ValueId>& values) {
    for (ValueId value : values) add(value);
  }
  bool contains(ValueId value) const { return set_.contains(value); }
  const std::vector<ValueId>& items() const { return items_; }

 private:
  std::vector<ValueId> items_;
  std::unordered_set<ValueId> set_;
};

/// Where the values of a function are defined.
class Scopes {
 public:
  explicit Scopes(const Function& function);
  /// A value made while splitting: kept as it is, never computed again.
  void add(ValueId value, int scope) { values_[value] = {scope, nullptr, false, 0}; }

  int of(const Block& block) const { return blocks_.at(&block); }
  int of(ValueId value) const { return values_.at(value).scope; }
  bool in_loop(int scope) const { return in_loop_[static_cast<size_t>(scope)]; }
  /// Null for parameters.
  const Op* definition(ValueId value) const { return values_.at(value).op; }
  bool is_index(ValueId value) const { return values_.at(value).index; }
  size_t order(ValueId value) const { return values_.at(value).order; }

 private:
  struct Place {
    int scope;
    const Op* op;
    bool index;
    size_t order;
  };
  void block(const Block& block, bool in_loop);
  void mark_counter(const Op& op);
  std::unordered_map<const Block*, int> blocks_;
  std::unordered_map<ValueId, Place> values_;
  std::vector<bool> in_loop_;
};

struct Residuals {
  /// Values of the block that the primal half hands over.
  std::vector<ValueId> kept;
  /// Operations of the block that the linear half repeats, in order.
  std::vector<const Op*> recomputed;
  /// Known values of the enclosing blocks that the linear half uses.
  std::vector<ValueId> outer;
};

/// What a size known only at run time is taken to be.
inline constexpr int64_t kAssumedSize = 256;

/// The scalar operations of a primitive on reals, roughly.
int64_t arithmetic(const Function& function, const Op& op);

/// How much of a block the linear half may repeat (repetition.cpp).
class Repetition {
 public:
  /// The two halves, before residuals are handed over.
  Repetition(const Function& function, const Block& known, const Block& linear);
  int64_t budget() const { return budget_; }
  /// Does the known half need the value anyway?
  bool live(ValueId value) const { return live_.contains(value); }

 private:
  std::unordered_set<ValueId> live_;
  int64_t budget_ = 0;
};

/// For a block (by scope) whose linear half uses `needed`.
Residuals choose_residuals(const Function& function, const Scopes& scopes, int scope,
                           const std::vector<ValueId>& needed, const Repetition& repetition);

}  // namespace calc::ad
