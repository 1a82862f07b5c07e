#include "lang/ad/coverage.h"

#include <algorithm>
#include <set>

namespace calc::ad {

Coverage::Coverage(Engine& engine, const Function& function, const Activity& linear)
    : engine_(engine), function_(function), linear_(linear), behind_(function.value_types.size()) {
  size_t before;
  do {
    before = changes_;
    mark_products(function.body);
  } while (changes_ != before);
  lost_.resize(behind_.size());
  do {
    before = changes_;
    whole_.assign(behind_.size(), false);
    for (ValueId result : function.body.results) cover(result);
    cover(function.body);
  } while (changes_ != before);
}

// ---- singular products -------------------------------------------------------------------------

void Coverage::mark(ValueId value) {
  if (behind_[value.index] || !linear_(value)) return;
  behind_[value.index] = true;
  ++changes_;
}

void Coverage::carry(std::span<const ValueId> from, std::span<const ValueId> to) {
  for (size_t k = 0; k < to.size(); ++k) {
    if (behind_[from[k].index]) mark(to[k]);
  }
}

void Coverage::mark_products(const Block& block) {
  for (const Op& op : block.ops) mark_products_of(op);
}

void Coverage::mark_products_of(const Op& op) {
  if (!linear_.any(op.results)) return;
  auto behind = [&](ValueId arg) { return behind_[arg.index]; };
  bool any = std::any_of(op.args.begin(), op.args.end(), behind);
  switch (op.kind) {
    case OpKind::Constant:
    case OpKind::While:
      return;
    case OpKind::Primitive:
    case OpKind::Call:
      any =
          any || op.attrs.flag("singular") || (op.kind == OpKind::Call && has_singular(op.callee));
      for (ValueId result : op.results) {
        if (any) mark(result);
      }
      return;
    case OpKind::If:
      for (const Block& branch : op.blocks) {
        mark_products(branch);
        carry(branch.results, op.results);
      }
      return;
    case OpKind::For: {
      const Block& body = op.blocks[0];
      const auto params = std::span(body.params).subspan(1);
      carry(std::span(op.args).subspan(1), params);
      mark_products(body);
      carry(body.results, params);
      carry(params, std::span(op.results).first(params.size()));
      carry(body.results, op.results);
      return;
    }
  }
}

/// Is there a singular product in the function or in what it calls?
bool Coverage::has_singular(FunctionId function) {
  std::set<uint32_t> seen;
  std::vector<FunctionId> pending = {function};
  bool found = false;
  while (!pending.empty() && !found) {
    const FunctionId next = pending.back();
    pending.pop_back();
    if (!seen.insert(next.index).second || !engine_.module().defined(next)) continue;
    core::for_each_op(engine_.module().get(next).body, [&](const Op& op) {
      found = found || op.attrs.flag("singular");
      if (op.kind == OpKind::Call) pending.push_back(op.callee);
    });
  }
  return found;
}

// ---- coverage ----------------------------------------------------------------------------------

void Coverage::cover(const Block& block) {
  for (auto op = block.ops.rbegin(); op != block.ops.rend(); ++op) {
    if (linear_.any(op->results)) cover(*op);
  }
}

void Coverage::cover(const Op& op) {
  switch (op.kind) {
    case OpKind::Constant:
    case OpKind::While:
      return;
    case OpKind::Primitive:
      return cover_primitive(op);
    case OpKind::If:
      return cover_branch(op);
    case OpKind::For:
      return cover_loop(op);
    case OpKind::Call:
      for (ValueId arg : op.args) cover(arg);
      return;
  }
}

void Coverage::cover_primitive(const Op& op) {
  const std::string_view name = op.primitive->name;
  if (name == "select" || name == "index" || name == "take" || name == "slice") return;
  if (op.results.size() == 1 && !whole(op.results[0])) return;
  const bool overwrites = name == "index_set" || name == "slice_set" || name == "take_set";
  for (size_t k = overwrites ? 1 : 0; k < op.args.size(); ++k) cover(op.args[k]);
}

/// What is used before the branch, or on both sides of it.
void Coverage::cover_branch(const Op& op) {
  const Mask before = whole_;
  std::vector<Mask> after;
  for (const Block& branch : op.blocks) {
    whole_ = before;
    for (size_t k = 0; k < op.results.size(); ++k) {
      if (whole(op.results[k])) cover(branch.results[k]);
    }
    cover(branch);
    after.push_back(std::move(whole_));
  }
  whole_ = before;
  const std::vector<ValueId> outer = core::free_values(op);
  for (size_t k = 0; k < before.size(); ++k) whole_[k] = after[0][k] || after[1][k];
  for (ValueId value : outer) {
    const auto k = value.index;
    whole_[k] = before[k] || (after[0][k] && after[1][k]);
  }
}

/// A loop may run no times, so what it uses from outside is not covered by it.
void Coverage::cover_loop(const Op& op) {
  const Block& body = op.blocks[0];
  const size_t carried = op.args.size() - 1;
  const std::vector<ValueId> outer = core::free_values(op);
  Mask before;
  for (ValueId value : outer) before.push_back(whole(value));
  for (size_t k = 0; k < op.results.size(); ++k) {
    const bool lost = k < carried && lost_[body.params[k + 1].index];
    if (whole(op.results[k]) && !lost) cover(body.results[k]);
  }
  cover(body);
  for (size_t k = 0; k < outer.size(); ++k) whole_[outer[k].index] = before[k];
  for (size_t k = 0; k < carried; ++k) {
    const ValueId param = body.params[k + 1];
    if (whole(param) && whole(op.results[k])) {
      cover(op.args[k + 1]);
    } else {
      whole_[param.index] = false;
      if (!lost_[param.index]) ++changes_;
      lost_[param.index] = true;
    }
  }
}

}  // namespace calc::ad

// Note [Coverage]
//
// An element of an array that the program does not read, or reads only where a condition holds, has
// a cotangent that is an exact zero. Forward mode never multiplies it with anything that reaches
// the result; reverse mode would multiply it by the derivative of whatever made the element, and
// 0 * inf is a nan that no reader of the program could explain. A mask beside the cotangent tells
// the exact zero from a zero that was added, which times infinity is a nan in both modes.
//
// In straight code masks cost nothing where they are not used. A loop must carry them, and it does
// so only for values that are `partial`: behind a product marked singular (poles.h), which is a
// question about what stands before the value, and not whole, which is one about its uses after it.
// A value is whole when one of its uses covers it: an elementwise use, a sum, a product of
// matrices. A carried value is whole when its result after the loop is, and the body covers its
// parameter whenever its result is covered; taken as true until it fails. Nothing is said about
// what a transposed callee does with its arguments: they count as whole.
