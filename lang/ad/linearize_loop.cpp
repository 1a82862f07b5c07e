// Loops in two halves. See Note [Stacks and stores].
#include <algorithm>

#include "lang/ad/linearize.h"

namespace calc::ad {

namespace {

Type stacked(Type type, int64_t count) {
  type.dims.insert(type.dims.begin(), count);
  return type;
}

}  // namespace

int64_t Splitter::constant_value(ValueId value) const {
  const Op* op = scopes_.definition(value);
  if (!op || op->kind != OpKind::Constant) return core::kDynamic;
  return op->constant.as_int();
}

void Splitter::counted_loop(const Op& op, Halves& halves, int scope) {
  const Block& source = op.blocks[0];
  const auto params = std::span(source.params).subspan(1);
  const size_t carried = params.size();
  // Position by position: a carry is linear when its parameter is, a stacked output when its
  // result is.
  std::vector<ValueId> by(params.begin(), params.end());
  by.insert(by.end(), op.results.begin() + static_cast<std::ptrdiff_t>(carried), op.results.end());
  Halves body = cut(source, linear_.mask(by));

  Op known = op;
  known.args = known_of(std::span(op.args).subspan(1), params);
  const size_t known_carried = known.args.size();
  known.args.insert(known.args.begin(), op.args[0]);
  known.results = known_of(op.results, by);
  Block& known_body = body.known;
  for (ValueId value : body.residuals.kept) {
    const auto first = known_body.results.begin() + static_cast<std::ptrdiff_t>(known_carried);
    const auto at = std::find(first, known_body.results.end(), value);
    ValueId stack;
    if (at != known_body.results.end()) {
      stack = known.results[static_cast<size_t>(at - known_body.results.begin())];
    } else {
      stack = fresh(stacked(work_.type(value), constant_value(op.args[0])), scope);
      known_body.results.push_back(value);
      known.results.push_back(stack);
    }
    read_stack(body.linear, value, stack, source.params[0]);
    halves.needed.add(stack);
  }
  known.blocks = {std::move(known_body)};
  halves.known.ops.push_back(std::move(known));

  Op linear = linear_loop(op, halves, body, op.args[0], source.params[0]);
  linear.attrs = op.attrs;
  linear.results = linear_of(op.results, by);
  halves.linear.ops.push_back(std::move(linear));
}

void Splitter::read_stack(Block& body, ValueId value, ValueId stack, ValueId i) {
  Op read;
  read.primitive = &core::registry().get("index");
  read.args = {stack, i};
  read.attrs = {{"axes", std::vector<int64_t>{0}}};
  read.results = {value};
  body.ops.insert(body.ops.begin(), std::move(read));
}

Op Splitter::linear_loop(const Op& op, Halves& halves, Halves& body, ValueId count, ValueId i) {
  const bool counted = op.kind == OpKind::For;
  const auto init = std::span(op.args).subspan(counted ? 1 : 0);
  const auto params = std::span(op.blocks.back().params).subspan(counted ? 1 : 0);
  Op linear;
  linear.kind = OpKind::For;
  linear.loc = op.loc;
  linear.args = linear_of(init, params);
  for (ValueId value : linear.args) {
    if (!linear_(value)) halves.needed.add(value);
  }
  linear.args.insert(linear.args.begin(), count);
  halves.needed.add(count);
  halves.needed.add(body.residuals.outer);
  body.linear.params.insert(body.linear.params.begin(), i);
  linear.blocks = {std::move(body.linear)};
  return linear;
}

// ---- while -------------------------------------------------------------------------------------

void Splitter::while_loop(const Op& op, Halves& halves, int scope) {
  const Block& source = op.blocks[1];
  Halves body = cut(source, linear_.mask(source.params));
  const int inner = scopes_.of(source);
  const std::vector<ValueId> kept = body.residuals.kept;
  ValueId count;
  std::vector<ValueId> buffers;
  Op known = known_while(op, body, halves.known.ops, buffers, count);
  halves.known.ops.push_back(std::move(known));

  ValueId i = fresh(core::scalar_type(core::Elem::I64), inner);
  for (size_t k = 0; k < kept.size(); ++k) {
    read_stack(body.linear, kept[k], buffers[k], i);
    halves.needed.add(buffers[k]);
  }
  Op linear = linear_loop(op, halves, body, count, i);
  linear.results = linear_of(op.results, source.params);
  halves.linear.ops.push_back(std::move(linear));
  (void)scope;
}

/// The primal loop that counts its iterations and writes the residuals of each into buffers.
Op Splitter::known_while(const Op& op, Halves& body, std::vector<Op>& before,
                         std::vector<ValueId>& buffers, ValueId& count) {
  const int scope = scopes_.of(op.results[0]);
  const int inner = scopes_.of(op.blocks[1]);
  const Type integer = core::scalar_type(core::Elem::I64);
  const auto params = std::span(op.blocks[1].params);
  Op known = op;
  known.args = known_of(op.args, params);
  known.results = known_of(op.results, params);
  Block condition = known_part(op.blocks[0]);
  Block loop = std::move(body.known);
  auto carry = [&](ValueId init, const Type& type) {
    known.args.push_back(init);
    condition.params.push_back(fresh(type, scopes_.of(op.blocks[0])));
    loop.params.push_back(fresh(type, inner));
    known.results.push_back(fresh(type, scope));
    return loop.params.back();
  };
  ValueId n = carry(constant(before, scope, rt::Array::of(int64_t{0})), integer);
  count = known.results.back();
  ValueId one = constant(loop.ops, inner, rt::Array::of(int64_t{1}));
  loop.results.push_back(emit(loop.ops, inner, integer, "add", {n, one}));
  for (ValueId value : body.residuals.kept) {
    const Type type = stacked(work_.type(value), core::kDynamic);
    ValueId buffer = carry(filler(before, scope, type), type);
    buffers.push_back(known.results.back());
    loop.results.push_back(emit(loop.ops, inner, type, "store_push", {buffer, value, n}));
  }
  known.blocks = {std::move(condition), std::move(loop)};
  return known;
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

// Note [Stacks and stores]
//
// A counted loop stacks the residuals of its iterations in arrays allocated once; the linear loop
// runs over the same indices and reads slot i. A residual that does not depend on the iteration is
// defined outside the loop and simply used there.
//
// The trip count of a `while` is known only when it has run. Its primal half carries a counter and,
// for each residual, a buffer that `store_push` grows by doubling: n iterations cost O(n) however
// long they run. Afterwards the count is a number like any other and the linear half is a counted
// loop: linear functions contain no `while`. Nothing is ever popped, so one primal run serves any
// number of linear ones.
