#pragma once
// What the lowering knows of a Core function before it writes anything: who defines a value, where
// its sizes come from, what kind of thing an operation becomes.
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lang/core/ir.h"
#include "lang/core/primitive.h"

namespace calc::lower {

using core::Block;
using core::Op;
using core::OpKind;
using core::Structural;
using core::Type;
using core::ValueId;

/// What an operation becomes.
enum class Role : uint8_t {
  /// A variable, or a literal.
  Scalar,
  /// A constant array.
  Constant,
  /// No arithmetic: its element is an element of its operand elsewhere.
  View,
  /// Its element is a scalar expression of its operands' elements.
  Compute,
  /// A reduction or small product: ends a nest.
  Nest,
  /// a with some elements set or added to.
  Update,
  /// Concat, stack, running sums: loops of its own that read operands element by element.
  Pieces,
  /// Reads and gives whole arrays: control, calls, primitives by `evaluate`.
  Whole
};

/// Where a size comes from: equal sizes are equal at run time.
struct Size {
  int64_t constant = core::kDynamic;
  /// A scalar value, or the array whose `axis` it is.
  ValueId value;
  int axis = -1;
  bool operator==(const Size&) const = default;
};

class Facts {
 public:
  explicit Facts(const core::Function& function);

  const core::Function& function() const { return function_; }
  const Type& type(ValueId value) const { return function_.type(value); }
  bool is_array(ValueId value) const { return !type(value).is_scalar(); }
  /// Null for parameters of the function and of blocks.
  const Op* definition(ValueId value) const { return definitions_[value.index]; }
  /// How often operations and block results name it.
  int uses(ValueId value) const { return uses_[value.index]; }

  Role role(const Op& op) const;
  /// Argument k must lie in a buffer for `op`.
  bool needs_buffer(const Op& op, size_t k) const;
  Size size(ValueId value, int axis) const;
  /// One step back to where a size comes from; false when it starts there.
  bool came_from(Size& size) const;
  std::vector<Size> sizes(ValueId value) const;
  bool same_sizes(ValueId a, ValueId b) const { return sizes(a) == sizes(b); }
  /// The axes that a nest over `op` runs over; of a reduction its operand's.
  std::vector<Size> space(const Op& op) const;
  /// The one element that a constant array repeats, or null.
  const void* uniform(const Op& op) const;

  // -- decided by the planner
  /// The `fold` of a product that runs in the kernel.
  int fold(const Op& op) const { return folds_.at(&op); }
  void set_fold(const Op& op, int fold) { folds_[&op] = fold; }
  /// The value is never stored: consumers compute its elements.
  bool is_virtual(ValueId value) const { return virtual_[value.index]; }
  void set_virtual(ValueId value, bool is) { virtual_[value.index] = is; }
  /// The stored arrays that an element of a virtual value is computed from, sorted; of any other
  /// array itself.
  const std::vector<ValueId>& leaves(ValueId value) const { return leaves_[value.index]; }
  void set_leaves(ValueId value, std::vector<ValueId> leaves) {
    leaves_[value.index] = std::move(leaves);
  }

 private:
  void visit(const Block& block);
  Role primitive_role(const Op& op) const;
  Role compute_role(const Op& op) const;
  Role structural_role(const Op& op, Structural form) const;
  Role reduction_role(const Op& op, core::Reduction reduction) const;
  Role dot_role(const Op& op) const;
  bool operands_agree(const Op& op) const;
  bool keeps_size(const Op& loop, size_t k, int axis) const;
  std::optional<Size> of_param(ValueId param, int axis) const;
  std::optional<Size> of_loop(const Op& loop, ValueId result, int axis) const;
  bool pieces_agree(const Op& op, Structural form) const;
  bool update_fits(const Op& op, Structural form) const;

  const core::Function& function_;
  std::vector<const Op*> definitions_;
  /// The loop that carries a value of its body, and which one it is.
  std::unordered_map<ValueId, std::pair<const Op*, size_t>> carried_;
  mutable std::map<std::pair<uint32_t, int>, bool> keeps_;
  std::vector<int> uses_;
  std::unordered_map<const Op*, int> folds_;
  std::vector<bool> virtual_;
  std::vector<std::vector<ValueId>> leaves_;
};

/// The element type, form or reduction of a primitive's record, when it has it.
std::optional<Structural> structural(const Op& op);
const core::ElementwiseLowering* elementwise(const Op& op);
/// is_nan and is_inf: comparisons.
bool is_class_test(const Op& op);
/// A reshape that only adds or drops axes of size 1.
bool moves_unit_axes(const Facts& facts, const Op& op);
const core::ReductionLowering* reduction(const Op& op);
bool is_dot(const Op& op);
bool is_cumulative(const Op& op);

/// A dot_general with the transposes of its operands taken into its numbers.
struct DotForm {
  ValueId a, b;
  core::Attrs attrs;
  std::vector<int64_t> lhs_free, rhs_free;
};
/// Bits of `fold`: look through a transpose of the first operand, of the second.
DotForm dot_form(const Facts& facts, const Op& op, int fold);

/// Does operand k of an update, stored element by element, read the updated array at other places
/// than the one that is stored?
bool reads_elsewhere(const Facts& facts, const Op& update, size_t k);

/// The axis that each axis of a reduction's operand becomes in the result, or -1.
std::vector<int> kept_axes(const Op& op, int rank);

}  // namespace calc::lower
