// How much a block's linear half may compute again.
#include <algorithm>
#include <limits>

#include "lang/ad/residuals.h"

namespace calc::ad {

namespace {

int64_t elements(const Type& type) {
  int64_t total = 1;
  for (int64_t size : type.dims) {
    total *= size == core::kDynamic ? kAssumedSize : std::max<int64_t>(size, 1);
    if (total > (int64_t{1} << 40)) return int64_t{1} << 40;
  }
  return total;
}

/// Values that the block's results, its effects and its constructs need.
std::unordered_set<ValueId> live_values(const Function& function, const Block& block) {
  std::unordered_set<ValueId> live(block.results.begin(), block.results.end());
  for (auto op = block.ops.rbegin(); op != block.ops.rend(); ++op) {
    const bool plain =
        op->kind == OpKind::Constant ||
        (op->kind == OpKind::Primitive && core::effect_of(function, *op) == core::Effect::None);
    auto is_live = [&](ValueId value) { return live.contains(value); };
    if (plain && std::none_of(op->results.begin(), op->results.end(), is_live)) continue;
    live.insert(op->args.begin(), op->args.end());
    for (ValueId value : core::free_values(*op)) live.insert(value);
  }
  return live;
}

}  // namespace

int64_t arithmetic(const Function& function, const Op& op) {
  if (op.kind != OpKind::Primitive || op.results.size() != 1) return 0;
  const auto& lowering = op.primitive->lowering;
  const int64_t made = elements(function.type(op.results[0]));
  if (std::holds_alternative<core::ElementwiseLowering>(lowering)) {
    return function.type(op.results[0]).is_real() ? made : 0;
  }
  if (std::holds_alternative<core::ReductionLowering>(lowering)) {
    return elements(function.type(op.args[0]));
  }
  if (!std::holds_alternative<core::DotLowering>(lowering)) return 0;
  int64_t contracted = 2;
  for (int64_t axis : op.attrs.ints("lhs_contract")) {
    const int64_t size = function.type(op.args[0]).dims[static_cast<size_t>(axis)];
    contracted *= size == core::kDynamic ? kAssumedSize : size;
  }
  return made * contracted;
}

Repetition::Repetition(const Function& function, const Block& known, const Block& linear)
    : live_(live_values(function, known)) {
  for (const Op& op : known.ops) {
    const bool partial = !op.results.empty() && !live_.contains(op.results[0]);
    budget_ += (partial ? -1 : 3) * arithmetic(function, op);
  }
  // Transposed, a use beyond the first is an addition, an addition is nothing.
  std::unordered_set<ValueId> used;
  for (const Op& op : linear.ops) {
    if (op.kind != OpKind::Primitive) continue;
    const std::string_view name = op.primitive->name;
    if (name != "add" && name != "sub" && name != "reduce_sum") {
      budget_ -= arithmetic(function, op);
    }
    for (ValueId arg : op.args) {
      if (!used.insert(arg).second) budget_ -= elements(function.type(arg));
    }
  }
  budget_ = std::max<int64_t>(budget_, 0);
}

}  // namespace calc::ad

// Note [Repeated work]
//
// A gradient may take four times the arithmetic of its function. Of a block of P operations one P
// goes to the primal run, and the transposed linear operations, the partial derivatives and the
// additions where a value is used several times take what they take. The rest is the budget for
// computing values again instead of keeping them. What no result of the known half needs, a cosine
// beside a sine, is computed once either way and costs nothing there. Blocks inside have budgets of
// their own. A block of products alone has none left and keeps what it multiplies.
