#pragma once
// Forward mode: the primal operations and their tangents, interleaved in one block.
//
// A tangent is a value of the new function, or nothing where it is zero; nothing becomes zeros only
// where an operation or a construct needs a value in its place. A tangent that enters a block from
// outside (a parameter, a carried value, the result of a construct) and has sizes known only at run
// time is tied to those of its primal by a reshape {sized = true}: that is how the transpose, which
// has no primal at hand, finds the sizes of what it must fill with zeros (sizes.h).
#include <unordered_set>

#include "lang/ad/activity.h"
#include "lang/ad/poles.h"

namespace calc::ad {

class Jvp : public core::RuleContext {
 public:
  Jvp(Engine& engine, const Function& source, const Mask& active);
  Forward run(FunctionId id);

  Builder& primal() override { return builder_; }
  Builder& linear() override { return builder_; }
  ValueId residual(ValueId primal_value) override { return primal_value; }

 private:
  void block(const Block& block);
  void operation(const Op& op);
  void copy(const Op& op);

  // -- primitives, by the kind of their record's rule
  void primitive(const Op& op);
  std::vector<MaybeValue> tangents(const Op& op, std::span<const ValueId> in,
                                   std::span<const ValueId> out);
  std::vector<MaybeValue> elementwise(const core::Partials& partials, const Op& op,
                                      std::span<const ValueId> in, std::span<const ValueId> out,
                                      std::span<const MaybeValue> tangents);
  std::vector<MaybeValue> linear_op(const Op& op, std::span<const ValueId> in,
                                    std::span<const MaybeValue> tangents);
  std::vector<MaybeValue> multilinear(const Op& op, std::span<const ValueId> in,
                                      std::span<const MaybeValue> tangents);
  MaybeValue times(ValueId partial, ValueId like, ValueId tangent, bool singular);

  // -- constructs (jvp_control.cpp)
  void branch(const Op& op);
  void counted_loop(const Op& op);
  void while_loop(const Op& op);
  void call(const Op& op);
  /// A loop's initial values: the primal ones, then the tangents of the active ones.
  std::vector<ValueId> initial(std::span<const ValueId> init, const Mask& active);
  /// Opens a loop's body with the given parameters and the tangents of the active ones.
  void open_body(std::span<const ValueId> leading, std::span<const ValueId> carried,
                 const Mask& active);
  void note_sizes(const Op& op);
  void finish(std::span<const ValueId> results, std::span<const ValueId> primal,
              std::span<const ValueId> active, std::span<const ValueId> tangents);

  ValueId mapped(ValueId value) const { return map_.at(value); }
  std::vector<ValueId> mapped(std::span<const ValueId> values) const;
  MaybeValue tangent(ValueId value) const;
  ValueId tangent_or_zeros(ValueId value);
  void append_tangents(std::vector<ValueId>& out, std::span<const ValueId> values,
                       const Mask& active);
  ValueId zeros_like(ValueId value);
  ValueId tied_to(ValueId tangent, ValueId primal);
  ValueId tied_to(ValueId tangent, const std::vector<ValueId>& sizes);
  /// The sizes of a value along the dynamic axes of a type.
  std::vector<ValueId> sizes_of(ValueId primal, const Type& type);

  Engine& engine_;
  const Function& source_;
  Activity active_;
  Poles poles_;
  std::unique_ptr<Function> target_;
  Builder builder_;
  ValueMap map_;
  ValueMap tangents_;
  /// Carried stores (linearize_store.cpp) and what becomes of them: they need no tie.
  std::unordered_set<ValueId> stores_;
  /// Dynamic sizes, from before the loop, of carried values that keep them.
  std::unordered_map<ValueId, std::vector<ValueId>> fixed_sizes_;
};

}  // namespace calc::ad
