// A linear function when only some of its linear parameters are not zero. See Note [Restriction].
#include <algorithm>
#include <stdexcept>

#include "lang/ad/sizes.h"

namespace calc::ad {

namespace {

class Restrictor {
 public:
  Restrictor(Engine& engine, Function& function, const Activity& linear, const Activity& moving,
             const Sizes& sizes)
      : engine_(engine), function_(function), linear_(linear), moving_(moving), sizes_(sizes) {}

  Mask run() {
    Block& body = function_.body;
    const Mask results = moving_.mask(body.results);
    block(body, results);
    std::erase_if(body.params, [&](ValueId param) { return is_zero(param); });
    return results;
  }

 private:
  /// Linear, but nothing that moves gets there.
  bool is_zero(ValueId value) const { return linear_(value) && !moving_(value); }

  /// Drops what is zero; `kept`: which results remain.
  void block(Block& block, const Mask& kept) {
    std::vector<Op> old = std::move(block.ops);
    std::vector<Op> out;
    std::vector<Op>* outer = std::exchange(out_, &out);
    for (Op& op : old) operation(std::move(op));
    block.results = values(block.results, kept);
    out_ = outer;
    block.ops = std::move(out);
  }

  void operation(Op op) {
    if (!linear_.any(op.results)) return out_->push_back(std::move(op));
    if (!moving_.any(op.results)) return;
    switch (op.kind) {
      case OpKind::Constant:
      case OpKind::While:
        throw std::logic_error("not linear: a while");
      case OpKind::Primitive:
        return primitive(std::move(op));
      case OpKind::If:
        return branch(std::move(op));
      case OpKind::For:
        return loop(std::move(op));
      case OpKind::Call:
        return call(std::move(op));
    }
  }

  void primitive(Op op) {
    const std::string_view name = op.primitive->name;
    if (name == "add" && (is_zero(op.args[0]) || is_zero(op.args[1]))) {
      alias_[op.results[0]] = renamed(op.args[is_zero(op.args[0]) ? 1 : 0]);
      return;
    }
    op.args = values(op.args, Mask(op.args.size(), true));
    out_->push_back(std::move(op));
  }

  void branch(Op op) {
    const Mask kept = moving_.mask(op.results);
    op.args[0] = renamed(op.args[0]);
    for (Block& nested : op.blocks) block(nested, kept);
    op.results = chosen(op.results, kept);
    out_->push_back(std::move(op));
  }

  void loop(Op op) {
    Block& body = op.blocks[0];
    const size_t carried = op.args.size() - 1;
    Mask kept;
    for (size_t k = 0; k < body.results.size(); ++k) {
      kept.push_back(!is_zero(k < carried ? body.params[k + 1] : op.results[k]));
    }
    Mask params(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(carried));
    params.insert(params.begin(), true);
    op.args = values(op.args, params);
    block(body, kept);
    body.params = chosen(body.params, params);
    op.results = chosen(op.results, kept);
    out_->push_back(std::move(op));
  }

  void call(Op op) {
    const Restricted& callee =
        engine_.restrict_params(op.callee, linear_.mask(op.args), moving_.mask(op.args));
    Mask kept;
    for (ValueId arg : op.args) kept.push_back(!is_zero(arg));
    op.args = values(op.args, kept);
    op.results = chosen(op.results, callee.results);
    op.callee = callee.function;
    out_->push_back(std::move(op));
  }

  static std::vector<ValueId> chosen(const std::vector<ValueId>& from, const Mask& kept) {
    std::vector<ValueId> out;
    for (size_t k = 0; k < from.size(); ++k) {
      if (kept[k]) out.push_back(from[k]);
    }
    return out;
  }

  /// The chosen values, zeros in the place of what is zero.
  std::vector<ValueId> values(const std::vector<ValueId>& from, const Mask& kept) {
    std::vector<ValueId> out;
    for (ValueId value : chosen(from, kept)) {
      out.push_back(is_zero(value) ? zeros(value) : renamed(value));
    }
    return out;
  }

  ValueId renamed(ValueId value) const {
    auto at = alias_.find(value);
    return at == alias_.end() ? value : at->second;
  }

  ValueId zeros(ValueId value) {
    const Type type = function_.type(value);
    std::vector<ValueId> sizes;
    if (!type.is_static()) {
      const std::optional<std::vector<ValueId>> known = sizes_.of(value);
      if (!known) throw std::logic_error("the sizes of a linear value are not known");
      sizes = *known;
    }
    Block block;
    Builder builder(engine_.module(), function_, block);
    ValueId made = builder.zeros(type, sizes);
    for (Op& op : block.ops) out_->push_back(std::move(op));
    return made;
  }

  Engine& engine_;
  Function& function_;
  const Activity& linear_;
  const Activity& moving_;
  const Sizes& sizes_;
  std::vector<Op>* out_ = nullptr;
  ValueMap alias_;
};

}  // namespace

Restricted make_restriction(Engine& engine, const Function& function, const Mask& linear,
                            const Mask& moving, FunctionId id) {
  auto copy = std::make_unique<Function>(function);
  copy->name += ".along";
  const Sizes made_explicit(*copy, Activity(engine, *copy, linear));
  // Again: sizes may be values of the function now.
  const Activity linear_values(engine, *copy, linear);
  const Activity moving_values(engine, *copy, moving);
  const Sizes sizes(*copy, linear_values);
  Restricted restricted;
  restricted.results = Restrictor(engine, *copy, linear_values, moving_values, sizes).run();
  restricted.function = id;
  engine.define(id, std::move(copy));
  return restricted;
}

}  // namespace calc::ad

// Note [Restriction]
//
// A Jacobian by several inputs runs the linear part along one input at a time. Giving it zeros for
// the others would do more work than needed, and a zero times an infinite residual is nan: so what
// is zero is taken out of the function, operation by operation. What an operation needs as a value
// all the same, a part of a concat for example, becomes zeros there.
