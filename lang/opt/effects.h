#pragma once
// Which calls have effects, found once a pass.
#include <unordered_map>

#include "lang/core/tools.h"

namespace calc::opt {

class Effects {
 public:
  explicit Effects(const core::Module& module) : module_(module) {}

  /// Of the operation itself; for control constructs ask their blocks. A `while` may never end.
  bool of(const core::Op& op) {
    if (op.kind == core::OpKind::While) return true;
    if (op.kind == core::OpKind::Primitive) return op.primitive->effect != core::Effect::None;
    if (op.kind != core::OpKind::Call) return false;
    auto [at, is_new] = calls_.try_emplace(op.callee, false);
    if (is_new) at->second = core::has_effect(module_, op);
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
  std::unordered_map<core::FunctionId, bool> calls_;
};

}  // namespace calc::opt
