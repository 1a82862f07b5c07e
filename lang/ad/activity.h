#pragma once
// Which values of a function depend, differentiably, on its active parameters.
//
// Forward walks over the whole until nothing becomes active any more: what a loop's body makes
// active is carried to its next iteration. Loops are not repeated on their own, which would take
// 2^depth walks of the innermost. Only real values are ever active.
#include "lang/ad/engine.h"

namespace calc::ad {

class Activity {
 public:
  Activity(Engine& engine, const Function& function, const Mask& active);

  /// Values added to the function later are not active.
  bool operator()(ValueId value) const {
    return value.index < active_.size() && active_[value.index];
  }
  bool any(const std::vector<ValueId>& values) const;
  Mask mask(const std::vector<ValueId>& values) const;

 private:
  void block(const Block& block);
  void operation(const Op& op);
  void loop(const Op& op);
  void call(const Op& op);
  void mark(ValueId value);
  /// Each value of `to` is active where the one of `from` is.
  void carry(std::span<const ValueId> from, std::span<const ValueId> to);

  Engine& engine_;
  const Function& function_;
  std::vector<bool> active_;
  size_t marks_ = 0;
};

}  // namespace calc::ad
