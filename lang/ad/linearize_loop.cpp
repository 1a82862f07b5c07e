// Loops in two halves. See Note [Stacks and stores] in linearize_store.cpp.
#include <algorithm>

#include "lang/ad/linearize.h"
#include "lang/ad/linearize_store.h"

namespace calc::ad {

int64_t Splitter::constant_value(ValueId value) const {
  const Op* op = scopes_.definition(value);
  if (!op || op->kind != OpKind::Constant) return core::kDynamic;
  return op->constant.as_int();
}

void Splitter::counted_loop(const Op& op, Halves& halves, int scope) {
  const Block& source = op.blocks[0];
  const auto params = std::span(source.params).subspan(1);
  const auto carried = static_cast<std::ptrdiff_t>(params.size());
  note_stores(op);
  // Position by position: a carry is linear when its parameter is, a stacked output when its
  // result is.
  std::vector<ValueId> by(params.begin(), params.end());
  by.insert(by.end(), op.results.begin() + carried, op.results.end());
  Halves body = cut(source, linear_.mask(by));

  KnownLoop known = known_loop(op, std::move(body.known), scope);
  ValueSet used;
  for (ValueId value : body.residuals.kept) {
    hand_over(known, value, source.params[0], body.linear, used);
  }
  finish_known(known, halves);
  halves.needed.add(used.items());

  Op linear = linear_loop(op, halves, body, op.args[0], source.params[0]);
  linear.attrs = op.attrs;
  linear.results = linear_of(op.results, by);
  halves.linear.ops.push_back(std::move(linear));
}

Op Splitter::linear_loop(const Op& op, Halves& halves, Halves& body, ValueId count, ValueId i) {
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  const Block& source = op.blocks.back();
  Op linear;
  linear.kind = OpKind::For;
  linear.loc = op.loc;
  linear.args = {count};
  for (size_t k = skip; k < op.args.size(); ++k) {
    if (!linear_(source.params[k])) continue;
    if (pushes_.contains(source.results[k - skip])) {
      linear.args.push_back(store_init(op, k - skip, halves));
      continue;
    }
    linear.args.push_back(op.args[k]);
    if (!linear_(op.args[k])) halves.needed.add(op.args[k]);
  }
  halves.needed.add(count);
  halves.needed.add(body.residuals.outer);
  body.linear.params.insert(body.linear.params.begin(), i);
  linear.blocks = {std::move(body.linear)};
  return linear;
}

void Splitter::while_loop(const Op& op, Halves& halves, int scope) {
  const Block& source = op.blocks[1];
  note_stores(op);
  Halves body = cut(source, linear_.mask(source.params));
  ValueId i = fresh(core::scalar_type(core::Elem::I64), scopes_.of(source));
  for (ValueId param : source.params) {
    if (scopes_.is_index(param)) alias_[param] = i;
  }
  KnownLoop known = known_loop(op, std::move(body.known), scope);
  ValueSet used;
  for (ValueId value : body.residuals.kept) hand_over(known, value, i, body.linear, used);
  ValueId count = trip_count(known);
  finish_known(known, halves);
  halves.needed.add(used.items());
  Op linear = linear_loop(op, halves, body, count, i);
  linear.results = linear_of(op.results, source.params);
  halves.linear.ops.push_back(std::move(linear));
}

/// The known parameters and operations of a block whose results are known.
Block Splitter::known_part(const Block& block) const {
  Block out;
  for (ValueId param : block.params) {
    if (!linear_(param)) out.params.push_back(param);
  }
  for (const Op& op : block.ops) {
    if (!linear_.any(op.results)) out.ops.push_back(op);
  }
  out.results = block.results;
  return out;
}

/// Zeros of a type, of size 0 where a size is dynamic: something that is never read.
ValueId Splitter::filler(std::vector<Op>& ops, int scope, const Type& type) {
  ValueId zero = constant(ops, scope, rt::Array::zeros(type.elem, {}));
  if (type.is_scalar()) return zero;
  std::vector<ValueId> args = {zero};
  ValueId empty;
  for (int64_t size : type.dims) {
    if (size != core::kDynamic) continue;
    if (!empty.valid()) empty = constant(ops, scope, rt::Array::of(int64_t{0}));
    args.push_back(empty);
  }
  return emit(ops, scope, type, "broadcast", std::move(args),
              {{"dims", type.dims}, {"axes", std::vector<int64_t>{}}});
}

}  // namespace calc::ad
