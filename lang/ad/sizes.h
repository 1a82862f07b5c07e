#pragma once
// Sizes, known only at run time, of the linear values of a function.
//
// The transpose of `sum t` is a broadcast to the sizes of t, but the transposed function never
// holds t. So before a function is split or transposed, its linear values' sizes are made values of
// the known part: from the ties of jvp.h, and forward through every operation. `dim` of a linear
// value, which is not linear in it, is replaced. Nothing happens to functions whose sizes are
// constants.
#include <optional>
#include <unordered_map>

#include "lang/ad/activity.h"

namespace calc::ad {

class Sizes {
 public:
  Sizes() = default;
  /// Adds operations to the function.
  Sizes(Function& function, const Activity& linear);
  /// The values of the dynamic sizes in order; none when they are not known.
  std::optional<std::vector<ValueId>> of(ValueId value) const;

 private:
  void block(Block& block);
  void operation(Op op);
  void tie(const Op& op);
  void note_known(ValueId value);
  void enter_loop(const Op& op);
  void leave_loop(const Op& op);
  void primitive(const Op& op);
  MaybeValue result_size(const Op& op, int axis);
  MaybeValue structural_size(const Op& op, int axis);
  MaybeValue product_size(const Op& op, int axis);
  MaybeValue joined_size(const Op& op);
  /// The size of any value along an axis, as a value.
  MaybeValue size(ValueId value, int axis);
  ValueId emit(std::string_view name, std::vector<ValueId> args, core::Attrs attrs);

  Function* function_ = nullptr;
  const Activity* linear_ = nullptr;
  std::vector<Op>* out_ = nullptr;
  std::unordered_map<ValueId, std::vector<ValueId>> sizes_;
};

/// Is it the reshape that ties a tangent to the sizes of its primal?
bool is_tie(const Op& op);
/// Does a loop's body make `result` in the sizes of its carried `param`, whatever they are?
bool keeps_sizes(const Block& body, ValueId param, ValueId result);
bool has_dynamic_sizes(const Function& function);

}  // namespace calc::ad
