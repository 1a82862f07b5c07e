// The verifier of linear functions.
#include <algorithm>
#include <array>

#include "lang/ad/activity.h"

namespace calc::ad {

namespace {

class LinearVerifier {
 public:
  LinearVerifier(Engine& engine, const Function& function, const Activity& linear)
      : engine_(engine), function_(function), linear_(linear) {}

  std::string run() {
    block(function_.body);
    return error_;
  }

 private:
  void fail(const Op& op, const std::string& why) {
    if (!error_.empty()) return;
    error_ = op.kind == OpKind::Primitive ? std::string(op.primitive->name) : "a construct";
    error_ += ": " + why;
  }

  void block(const Block& block) {
    for (const Op& op : block.ops) operation(op);
  }

  void operation(const Op& op) {
    if (op.kind == OpKind::Primitive) return primitive(op);
    if (op.kind == OpKind::Call) return call(op);
    const size_t first_linear = op.kind == OpKind::If || op.kind == OpKind::For ? 1 : 0;
    for (size_t k = 0; k < first_linear; ++k) {
      if (linear_(op.args[k])) fail(op, "it depends on a linear value");
    }
    if (op.kind == OpKind::While && linear_.any(op.results)) fail(op, "a linear while");
    for (const Block& nested : op.blocks) block(nested);
  }

  void primitive(const Op& op) {
    const auto factors =
        std::count_if(op.args.begin(), op.args.end(), [&](ValueId arg) { return linear_(arg); });
    if (factors == 0 || op.primitive->name == "dim") return;
    if (!std::holds_alternative<core::TransposeRule>(op.primitive->transpose.rule)) {
      return fail(op, "it has no transpose");
    }
    if (std::holds_alternative<core::LinearOp>(op.primitive->derivative.rule)) return;
    // Linear in both sides together; the condition is no real.
    if (op.primitive->name == "select") return;
    if (factors > 1) return fail(op, "two linear factors");
    if (op.primitive->name == "div" && linear_(op.args[1])) fail(op, "a linear divisor");
  }

  void call(const Op& op) {
    if (!linear_.any(op.args)) return;
    const Function& callee = engine_.module().get(op.callee);
    const std::string inner = verify_linear(engine_, callee, linear_.mask(op.args));
    if (!inner.empty()) fail(op, inner);
  }

  Engine& engine_;
  const Function& function_;
  const Activity& linear_;
  std::string error_;
};

}  // namespace

std::string verify_linear(Engine& engine, const Function& function, const Mask& linear) {
  const Activity activity(engine, function, linear);
  return LinearVerifier(engine, function, activity).run();
}

}  // namespace calc::ad
