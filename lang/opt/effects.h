#pragma once
// Which calls have effects, found once a pass.
#include <unordered_map>

#include "lang/core/tools.h"

namespace calc::opt {

class Effects {
 public:
  /// Looks at the calls at once: later the pass takes the function apart, and a recursive callee
  /// leads back to it.
  Effects(const core::Module& module, const core::Function& function)
      : module_(module), function_(function) {
    core::for_each_op(function.body, [this](const core::Op& op) {
      if (op.kind == core::OpKind::Call) of(op);
    });
  }

  /// Of the operation itself; for control constructs ask their blocks. A `while` may never end.
  bool of(const core::Op& op) {
    if (op.kind == core::OpKind::While) return true;
    if (op.kind == core::OpKind::Primitive) {
      return core::effect_of(function_, op) != core::Effect::None;
    }
    if (op.kind != core::OpKind::Call) return false;
    auto [at, is_new] = calls_.try_emplace(op.callee, false);
    if (is_new) at->second = core::has_effect(module_, function_, op);
    return at->second;
  }
  /// Anywhere inside as well.
  bool within(const core::Op& op) {
    bool found = of(op);
    for (const core::Block& block : op.blocks) {
      core::for_each_op(block, [&](const core::Op& nested) { found = found || of(nested); });
    }
    return found;
  }

 private:
  const core::Module& module_;
  const core::Function& function_;
  std::unordered_map<core::FunctionId, bool> calls_;
};

}  // namespace calc::opt
