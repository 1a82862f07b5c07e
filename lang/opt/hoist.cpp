// for … { y = f(a); … } = y = f(a); for … { … } when `a` comes from outside the loop.
//
// Only operations that cannot fail move, because a loop may run no iteration. What merely arranges
// elements (broadcast, iota, …) moves only along with a computation that needs it: alone it would
// turn into an array in memory what fuses with its use.
#include <algorithm>
#include <string_view>

#include "lang/core/tools.h"
#include "lang/opt/opt.h"
#include "lang/opt/passes.h"

namespace calc::opt {

namespace {

using core::Block;
using core::Function;
using core::Op;
using core::OpKind;
using core::ValueId;

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool arranges(const Op& op) {
  return op.kind == OpKind::Constant ||
         is_any_of(op.primitive->name, {"broadcast", "iota", "reshape", "transpose", "reverse",
                                        "stack", "dim", "copy"});
}

class Hoister {
 public:
  explicit Hoister(Function& function)
      : function_(function), home_(function.value_types.size()), maker_(home_.size()) {}

  bool run() {
    block(function_.body);
    return changed_;
  }

 private:
  /// Innermost loops first, so that one pass lifts through several.
  void block(Block& block) {
    std::vector<Op> ops;
    ops.reserve(block.ops.size());
    for (Op& op : block.ops) {
      for (Block& nested : op.blocks) this->block(nested);
      if (op.kind == OpKind::For || op.kind == OpKind::While) {
        for (Op& lifted : lift(op.blocks.back())) ops.push_back(std::move(lifted));
      }
      ops.push_back(std::move(op));
    }
    block.ops = std::move(ops);
  }

  std::vector<Op> lift(Block& body) {
    ++loop_;
    for (ValueId param : body.params) claim(param, kParameter);
    std::vector<bool> invariant(body.ops.size());
    std::vector<bool> lifted(body.ops.size());
    for (size_t k = 0; k < body.ops.size(); ++k) {
      const Op& op = body.ops[k];
      for (ValueId result : op.results) claim(result, k);
      invariant[k] = movable(op) && std::all_of(op.args.begin(), op.args.end(), [&](ValueId arg) {
                       return !inside(arg) ||
                              (maker_[arg.index] != kParameter && invariant[maker_[arg.index]]);
                     });
      lifted[k] = invariant[k] && !arranges(op);
    }
    for (size_t k = body.ops.size(); k-- > 0;) {
      if (!lifted[k]) continue;
      for (ValueId arg : body.ops[k].args) {
        if (inside(arg)) lifted[maker_[arg.index]] = true;
      }
    }
    return take(body, lifted);
  }

  std::vector<Op> take(Block& body, const std::vector<bool>& lifted) {
    std::vector<Op> out;
    std::vector<Op> rest;
    for (size_t k = 0; k < body.ops.size(); ++k) {
      (lifted[k] ? out : rest).push_back(std::move(body.ops[k]));
    }
    body.ops = std::move(rest);
    changed_ = changed_ || !out.empty();
    return out;
  }

  void claim(ValueId value, size_t maker) {
    home_[value.index] = loop_;
    maker_[value.index] = maker;
  }
  /// Defined in the body of the loop at hand.
  bool inside(ValueId value) const { return home_[value.index] == loop_; }

  /// Pure, and certain to succeed for any arguments of the right types.
  bool movable(const Op& op) const {
    if (op.kind == OpKind::Constant) return true;
    if (op.kind != OpKind::Primitive || core::effect_of(function_, op) != core::Effect::None ||
        op.results.size() != 1) {
      return false;
    }
    if (is_any_of(op.primitive->name, {"index", "take", "dim", "broadcast", "iota"})) {
      return true;
    }
    return all_static(op) && cannot_fail(op);
  }

  /// Dynamic sizes may turn out not to agree.
  bool all_static(const Op& op) const {
    return std::all_of(op.args.begin(), op.args.end(), [&](ValueId arg) {
      return function_.type(arg).is_static() || op.args.size() == 1;
    });
  }

  bool cannot_fail(const Op& op) const {
    const core::Type& result = function_.type(op.results[0]);
    const auto& lowering = op.primitive->lowering;
    if (std::holds_alternative<core::ElementwiseLowering>(lowering)) return true;
    if (std::holds_alternative<core::DotLowering>(lowering)) return true;
    if (std::holds_alternative<core::CumulativeLowering>(lowering)) return true;
    if (const auto* reduction = std::get_if<core::ReductionLowering>(&lowering)) {
      return reduction->reduction == core::Reduction::Sum ||
             reduction->reduction == core::Reduction::Prod;
    }
    if (op.primitive->name == "reshape") return result.is_static() && all_sizes_known(op);
    return is_any_of(op.primitive->name, {"transpose", "reverse", "stack"});
  }
  bool all_sizes_known(const Op& op) const {
    return op.args.size() == 1 && function_.type(op.args[0]).is_static();
  }

  static constexpr size_t kParameter = SIZE_MAX;
  Function& function_;
  /// By value: the loop whose body last claimed it, and the operation there that makes it.
  std::vector<uint32_t> home_;
  std::vector<size_t> maker_;
  uint32_t loop_ = 0;
  bool changed_ = false;
};

}  // namespace

bool hoist_invariants(core::Module&, core::Function& function) { return Hoister(function).run(); }

}  // namespace calc::opt
