#pragma once
// Reverse mode: a linear function read backwards.
//
// Operations that involve no linear value are copied first, in their order; then the linear ones
// are walked from the last to the first. Each linear value owns one cotangent, into which every use
// adds. Reading an element, a row or a slice adds to that part of it in place, so a loop over x[i]
// stays linear in time; a loop carries the cotangents of what its body uses from outside.
#include <unordered_map>

#include "lang/ad/coverage.h"
#include "lang/ad/sizes.h"

namespace calc::ad {

/// `mask`, when valid, is a bool of the same shape: where it is false the value is an exact zero
/// (mask.cpp). Without one the cotangent counts as touched everywhere.
struct Cotangent {
  ValueId value;
  ValueId mask;
};

using Cotangents = std::unordered_map<ValueId, Cotangent>;

class Transposer : public core::TransposeContext {
 public:
  /// `source` has explicit sizes, every construct in it is linear or known as a whole.
  Transposer(Engine& engine, const Function& source, const Activity& linear, const Sizes& sizes);
  Transposed run(const Mask& accumulated, FunctionId id);

  Builder& build() override { return builder_; }
  ValueId known(ValueId original) override { return map_.at(original); }
  const Type& type(ValueId original) override { return source_.type(original); }
  std::vector<ValueId> sizes(ValueId original) override;

 private:
  void copy_known(const Block& block);
  void backward(const Block& block);
  void primitive(const Op& op);
  void apply_rule(const Op& op, std::span<const MaybeValue> cotangents, ValueId mask);
  /// index, take, slice: adds to a part of the operand's cotangent.
  bool add_to_part(const Op& op, const Cotangent& ct);

  // -- constructs
  void counted_loop(const Op& op);
  void branch(const Op& op);
  void call(const Op& op);
  struct Loop;
  Loop enter_loop(const Op& op);
  Block transposed_body(const Op& op, const Loop& loop);
  /// The part of a stacked cotangent that belongs to iteration i.
  Cotangent row(const Cotangent& ct, ValueId i);
  ValueId take_or_empty(ValueId original);
  ValueId sized(ValueId ct, ValueId original);
  struct Branch;
  Block transposed_branch(const Block& block, const Branch& branch, Mask& touched);

  // -- masks (mask.cpp)
  /// The cotangent of argument k, given the mask of the result's.
  Cotangent masked(const Op& op, size_t k, ValueId value, ValueId mask);
  ValueId select_masks(const Op& op, size_t k, ValueId mask);
  ValueId moved_mask(const Op& op, size_t k, ValueId mask);
  ValueId mixed_mask(const Op& op, size_t k, ValueId value, ValueId mask);
  ValueId product_mask(const Op& op, size_t k, ValueId value, ValueId mask);
  ValueId written_mask(const Op& op, ValueId mask);
  ValueId overwritten_mask(const Op& op, ValueId mask);
  ValueId part_mask(const Op& op, ValueId mask);
  ValueId grown_mask(const Op& op, ValueId before, ValueId part);
  /// A bool in the shape of a linear value.
  ValueId everywhere(ValueId original, bool touched);
  /// The mask of the cotangent as a value: nowhere if there is none, everywhere if it has no mask.
  ValueId mask_of(ValueId value);
  ValueId both(ValueId a, ValueId b);
  ValueId either(ValueId a, ValueId b);

  // -- cotangents
  void add(ValueId value, Cotangent ct);
  std::optional<Cotangent> find(ValueId value) const;
  /// Removes and returns the cotangent, zeros if there is none.
  ValueId take_or_zeros(ValueId value);
  ValueId zeros(ValueId original);
  bool sizes_known(ValueId original) const;
  const Type& type_of(ValueId original) const { return source_.type(original); }
  ValueId zeros_like(ValueId value);
  std::vector<ValueId> captured_by(const Op& op) const;

  Engine& engine_;
  const Function& source_;
  const Activity& linear_;
  const Sizes& sizes_;
  const Coverage coverage_;
  std::unique_ptr<Function> target_;
  Builder builder_;
  /// Known values of the source in the new function.
  ValueMap map_;
  Cotangents cotangents_;
};

}  // namespace calc::ad
