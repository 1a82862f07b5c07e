#pragma once
// Which linear values need a cotangent that knows its untouched elements (Note [Coverage]).
#include "lang/ad/activity.h"

namespace calc::ad {

class Coverage {
 public:
  Coverage(Engine& engine, const Function& function, const Activity& linear);

  /// Some elements of its cotangent may get no contribution, and the cotangent is multiplied by
  /// what may be infinite.
  bool partial(ValueId value) const { return behind_[value.index] && !whole_[value.index]; }

 private:
  // -- forward: the values computed with a singular product
  void mark_products(const Block& block);
  void mark_products_of(const Op& op);
  bool has_singular(FunctionId function);
  void carry(std::span<const ValueId> from, std::span<const ValueId> to);
  void mark(ValueId value);

  // -- backward: the values all of whose elements get contributions
  void cover(const Block& block);
  void cover(const Op& op);
  void cover_primitive(const Op& op);
  void cover_branch(const Op& op);
  void cover_loop(const Op& op);
  void cover(ValueId value) { whole_[value.index] = true; }
  bool whole(ValueId value) const { return whole_[value.index]; }

  Engine& engine_;
  const Function& function_;
  const Activity& linear_;
  Mask behind_;
  Mask whole_;
  /// Carried values that turned out not to be whole.
  Mask lost_;
  size_t changes_ = 0;
};

}  // namespace calc::ad
