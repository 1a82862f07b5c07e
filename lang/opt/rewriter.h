#pragma once
// The walk that applies equations.
//
// A function is rebuilt in order, its values renamed to what they were found equal to. Each
// operation is offered to the rules of its primitive (rules.h); a rule answers with an equal value,
// old or newly emitted, or declines. Emitted operations are simplified in turn, so a rule need only
// make one step and must make the program smaller or cheaper. An equation must hold for every IEEE
// value.
#include <deque>
#include <optional>
#include <unordered_map>

#include "lang/core/primitive.h"
#include "lang/opt/effects.h"

namespace calc::opt {

using core::Attrs;
using core::Block;
using core::Dims;
using core::Elem;
using core::Op;
using core::OpKind;
using core::Primitive;
using core::Type;
using core::ValueId;

class Rewriter {
 public:
  Rewriter(core::Module& module, core::Function& function);
  bool run();

  // -- for the rules
  const Type& type(ValueId value) const { return function_.type(value); }
  /// The operation that defines a value; null for a parameter.
  const Op* definition(ValueId value) const { return info_[value.index].definition; }
  /// The definition when it is of this primitive.
  const Op* definition(ValueId value, std::string_view primitive) const;
  /// Nothing else uses the value (an upper bound may say false).
  bool used_once(ValueId value) const { return info_[value.index].uses <= 1; }
  /// Defined in the block being rebuilt, not in one around it.
  bool is_local(ValueId value) const { return info_[value.index].depth == scopes_.size(); }
  /// How many blocks are around the value's definition.
  size_t depth(ValueId value) const { return info_[value.index].depth; }
  /// The count of the loop whose variable this is.
  std::optional<ValueId> loop_count(ValueId value) const;

  /// A value outside the loop that has the same shape, for one that a loop carries.
  std::optional<ValueId> shape_source(ValueId value) const;

  /// The operation, a primitive, must run where it stands even if nobody needs its value.
  bool may_fail(const Op& op) const { return core::effect_of(function_, op) != core::Effect::None; }
  const rt::Array* constant_of(ValueId value) const;
  std::optional<int64_t> integer_of(ValueId value) const;

  ValueId emit(const Primitive& primitive, std::vector<ValueId> args, Attrs attrs = {});
  ValueId emit(std::string_view primitive, std::vector<ValueId> args, Attrs attrs = {});
  ValueId constant(rt::Array value);

 private:
  struct Info {
    const Op* definition = nullptr;
    ValueId renamed;
    /// Of the loop whose variable this is.
    ValueId count;
    ValueId shape_source;
    uint32_t uses = 0;
    size_t depth = 0;
  };
  using Scope = std::deque<Op>;

  void count_uses(const Block& block);
  Info& info(ValueId value);
  ValueId current(ValueId value);
  void rename(std::vector<ValueId>& values);
  void replace(ValueId old, ValueId by);
  bool may_replace(ValueId old, ValueId by) const;

  void rebuild(Block& block);
  void splice(Block& block);
  void visit(Op op);
  void append(Op op);
  void define(const Op& op);
  std::optional<ValueId> simplified(const Op& op);
  std::optional<ValueId> by_rules(const Op& op);
  std::optional<ValueId> folded(const Op& op);
  std::optional<rt::Array> known_array(ValueId value) const;
  void refine(const Op& op);
  void refine(ValueId value, const Dims& inferred);
  bool is_vacuous(const Op& op) const;

  // rewriter_failure.cpp
  std::optional<core::TypeError> type_error(const Op& op) const;
  rt::Failure failure_of(const Op& op, const core::TypeError& error) const;
  void fail_instead(const Op& op, const core::TypeError& error);
  ValueId unseen(Type missing);
  bool fails_here() const;
  void abandon(Block& block);

  // rewriter_control.cpp
  void visit_if(Op op);
  void visit_for(Op op);
  void visit_while(Op op);
  bool select_instead(const Op& op);
  void drop_invariants(Op& op, size_t first);
  std::vector<bool> keep_shapes(const Op& op, size_t first);
  void confirm_shapes(Op& op, size_t first, const std::vector<bool>& kept);
  bool is_worth_unrolling(const Op& op, int64_t count) const;
  void unroll(const Op& op, int64_t count);
  std::vector<ValueId> visit_copy(const Block& block, core::ValueMap& map);
  bool remove_empty(const Op& op);

  core::Module& module_;
  core::Function& function_;
  Effects effects_;
  std::vector<Info> info_;
  std::vector<Scope> scopes_;
  core::LocId loc_;
  int emitting_ = 0;
  bool changed_ = false;
};

}  // namespace calc::opt
