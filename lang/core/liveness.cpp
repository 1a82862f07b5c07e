#include "lang/core/liveness.h"

#include "lang/core/tools.h"

namespace calc::core {

namespace {

/// Walks backwards; `seen_`: the value is used later on.
class Planner {
 public:
  explicit Planner(size_t values) : seen_(values), scope_(values, 0) {}

  BlockPlan block(const Block& block, uint32_t scope) {
    BlockPlan plan;
    claim(block, scope);
    plan.gives = last_uses(block.results, scope);
    plan.ops.resize(block.ops.size());
    for (size_t k = block.ops.size(); k-- > 0;) operation(block.ops[k], plan.ops[k], scope);
    for (ValueId param : block.params) {
      if (!seen_[param.index]) plan.drop.push_back(param);
    }
    return plan;
  }
  uint32_t new_scope() { return ++scopes_; }

 private:
  void claim(const Block& block, uint32_t scope) {
    for (ValueId param : block.params) scope_[param.index] = scope;
    for (const Op& op : block.ops) {
      for (ValueId result : op.results) scope_[result.index] = scope;
    }
  }

  std::vector<bool> last_uses(const std::vector<ValueId>& values, uint32_t scope) {
    std::vector<bool> last(values.size());
    for (size_t k = values.size(); k-- > 0;) {
      last[k] = may_end(values[k], scope);
      seen_[values[k].index] = true;
    }
    return last;
  }

  bool may_end(ValueId value, uint32_t scope) const {
    return !seen_[value.index] && scope_[value.index] == scope;
  }

  void operation(const Op& op, OpPlan& plan, uint32_t scope) {
    for (ValueId result : op.results) {
      if (!seen_[result.index]) plan.drop.push_back(result);
    }
    if (!op.blocks.empty()) nested(op, plan, scope);
    plan.dies = last_uses(op.args, scope);
  }

  void nested(const Op& op, OpPlan& plan, uint32_t scope) {
    const std::vector<ValueId> inside = free_values(op);
    std::vector<ValueId> ending;
    for (ValueId value : inside) {
      if (may_end(value, scope)) ending.push_back(value);
    }
    for (const Block& nested : op.blocks) {
      const uint32_t inner = new_scope();
      if (op.kind == OpKind::If) {
        for (ValueId value : ending) {
          seen_[value.index] = false;
          scope_[value.index] = inner;
        }
      }
      plan.blocks.push_back(block(nested, inner));
    }
    for (ValueId value : ending) scope_[value.index] = scope;
    for (ValueId value : inside) seen_[value.index] = true;
    plan.drop.insert(plan.drop.end(), ending.begin(), ending.end());
  }

  std::vector<bool> seen_;
  std::vector<uint32_t> scope_;
  uint32_t scopes_ = 0;
};

}  // namespace

BlockPlan plan_lifetimes(const Function& function) {
  Planner planner(function.value_types.size());
  return planner.block(function.body, planner.new_scope());
}

}  // namespace calc::core
