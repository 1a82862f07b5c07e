#include "lang/ad/activity.h"

namespace calc::ad {

Activity::Activity(Engine& engine, const Function& function, const Mask& active)
    : engine_(engine), function_(function), active_(function.value_types.size()) {
  const std::vector<ValueId>& params = function.body.params;
  for (size_t k = 0; k < params.size(); ++k) {
    if (active[k]) mark(params[k]);
  }
  // One walk for each link of the longest chain of loops through which activity comes round.
  size_t before;
  do {
    before = marks_;
    block(function.body);
  } while (marks_ != before);
}

bool Activity::any(const std::vector<ValueId>& values) const {
  for (ValueId value : values) {
    if ((*this)(value)) return true;
  }
  return false;
}

Mask Activity::mask(const std::vector<ValueId>& values) const {
  Mask mask;
  for (ValueId value : values) mask.push_back((*this)(value));
  return mask;
}

void Activity::mark(ValueId value) {
  if (active_[value.index] || !function_.type(value).is_real()) return;
  active_[value.index] = true;
  ++marks_;
}

void Activity::carry(std::span<const ValueId> from, std::span<const ValueId> to) {
  for (size_t k = 0; k < to.size(); ++k) {
    if (active_[from[k].index]) mark(to[k]);
  }
}

void Activity::block(const Block& block) {
  for (const Op& op : block.ops) operation(op);
}

void Activity::operation(const Op& op) {
  switch (op.kind) {
    case OpKind::Constant:
      return;
    case OpKind::Primitive:
      if (!any(op.args)) return;
      if (std::holds_alternative<core::ZeroDerivative>(op.primitive->derivative.rule)) return;
      for (ValueId result : op.results) mark(result);
      return;
    case OpKind::Call:
      return call(op);
    case OpKind::If:
      for (const Block& branch : op.blocks) {
        block(branch);
        carry(branch.results, op.results);
      }
      return;
    case OpKind::For:
    case OpKind::While:
      return loop(op);
  }
}

void Activity::loop(const Op& op) {
  const bool counted = op.kind == OpKind::For;
  const Block& body = op.blocks.back();
  const auto init = std::span(op.args).subspan(counted ? 1 : 0);
  const auto params = std::span(body.params).subspan(counted ? 1 : 0);
  carry(init, params);
  block(body);
  carry(body.results, params);
  // A loop that never runs gives its initial values.
  carry(params, std::span(op.results).first(params.size()));
  carry(body.results, op.results);
  if (!counted) carry(params, op.blocks[0].params);
}

void Activity::call(const Op& op) {
  if (!any(op.args)) return;
  const Mask& results = engine_.active_results(op.callee, mask(op.args));
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k]) mark(op.results[k]);
  }
}

}  // namespace calc::ad
