// Equations of control. Blocks are simplified from the outside in.
#include "lang/opt/rules.h"
#include "lang/opt/shape_keeping.h"

namespace calc::opt {

namespace {

/// Loops over the entries of 2- and 3-vectors become straight code, whose indices are constants.
constexpr int64_t kUnrolledIterations = 8;
constexpr int64_t kUnrolledOperations = 64;

}  // namespace

// ---- if ----------------------------------------------------------------------------------------

/// if true then A else B = A
/// if c then {yield v} else {yield v} = v
/// if c then {yield a} else {yield b} = select(c, a, b) on scalars
void Rewriter::visit_if(Op op) {
  if (const rt::Array* known = constant_of(op.args[0])) {
    Block& taken = op.blocks[known->as_bool() ? 0 : 1];
    splice(taken);
    for (size_t k = 0; k < op.results.size(); ++k) replace(op.results[k], taken.results[k]);
    changed_ = true;
    return;
  }
  for (Block& branch : op.blocks) rebuild(branch);
  if (select_instead(op)) return;
  for (size_t k = op.results.size(); k-- > 0;) {
    const ValueId value = op.blocks[0].results[k];
    if (value != op.blocks[1].results[k] || !may_replace(op.results[k], value)) continue;
    replace(op.results[k], value);
    const auto at = static_cast<std::ptrdiff_t>(k);
    op.results.erase(op.results.begin() + at);
    for (Block& branch : op.blocks) branch.results.erase(branch.results.begin() + at);
  }
  refine(op);
  append(std::move(op));
}

bool Rewriter::select_instead(const Op& op) {
  if (!op.blocks[0].ops.empty() || !op.blocks[1].ops.empty()) return false;
  for (ValueId result : op.results) {
    if (!type(result).is_scalar()) return false;
  }
  for (size_t k = 0; k < op.results.size(); ++k) {
    replace(op.results[k],
            emit("select", {op.args[0], op.blocks[0].results[k], op.blocks[1].results[k]}));
  }
  changed_ = true;
  return true;
}

// ---- loops -------------------------------------------------------------------------------------

/// A carried value whose body gives it back unchanged is its initial value. `first`: the argument
/// and parameter of carried value 0.
void Rewriter::drop_invariants(Op& op, size_t first) {
  for (size_t k = op.args.size() - first; k-- > 0;) {
    if (op.blocks.back().results[k] != op.blocks.back().params[k + first]) continue;
    const ValueId init = op.args[k + first];
    if (!may_replace(op.results[k], init)) continue;
    replace(op.results[k], init);
    for (Block& block : op.blocks) {
      replace(block.params[k + first], init);
      block.params.erase(block.params.begin() + static_cast<std::ptrdiff_t>(k + first));
    }
    const auto at = static_cast<std::ptrdiff_t>(k);
    op.results.erase(op.results.begin() + at);
    op.blocks.back().results.erase(op.blocks.back().results.begin() + at);
    op.args.erase(op.args.begin() + at + static_cast<std::ptrdiff_t>(first));
  }
}

/// Carried values that keep their shape have the sizes of the initial value: in their types when
/// those are constants.
std::vector<bool> Rewriter::keep_shapes(const Op& op, size_t first) {
  std::vector<bool> kept = kept_shapes(function_, op);
  for (size_t k = 0; k < kept.size(); ++k) {
    if (!kept[k]) continue;
    const ValueId init = op.args[k + first];
    info_[op.results[k].index].shape_source = init;
    for (const Block& block : op.blocks) {
      info_[block.params[k + first].index].shape_source = init;
    }
    kept[k] = type(init).is_static();
    if (!kept[k]) continue;
    const Dims dims = type(init).dims;
    refine(op.results[k], dims);
    for (const Block& block : op.blocks) refine(block.params[k + first], dims);
  }
  return kept;
}

/// The body's result may not be known to have the sizes it has: reshape says so.
void Rewriter::confirm_shapes(Op& op, size_t first, const std::vector<bool>& kept) {
  Block& body = op.blocks.back();
  for (size_t k = 0; k < kept.size(); ++k) {
    const ValueId param = body.params[k + first];
    if (!kept[k] || may_replace(param, body.results[k])) continue;
    if (!compatible(type(param), type(body.results[k]))) {
      // Behind a certain failure.
      body.results[k] = param;
      continue;
    }
    Op reshape;
    reshape.primitive = &core::registry().get("reshape");
    reshape.args = {body.results[k]};
    reshape.attrs.set("dims", type(param).dims);
    reshape.loc = op.loc;
    body.results[k] = function_.add_value(Type(type(param)));
    info(body.results[k]);
    reshape.results = {body.results[k]};
    body.ops.push_back(std::move(reshape));
  }
}

/// for i in 0..0 = the initial values
/// for i in 0..n = the body at i = 0, then at 1, … for n = 1 and for small loops
void Rewriter::visit_for(Op op) {
  drop_invariants(op, 1);
  const std::optional<int64_t> count = integer_of(op.args[0]);
  if (count && *count <= 0 && remove_empty(op)) return;
  if (count && *count > 0 && is_worth_unrolling(op, *count)) return unroll(op, *count);
  info_[op.blocks[0].params[0].index].count = op.args[0];
  const std::vector<bool> kept = keep_shapes(op, 1);
  rebuild(op.blocks[0]);
  confirm_shapes(op, 1, kept);
  refine(op);
  for (size_t k = op.args.size() - 1; count && k < op.results.size(); ++k) {
    const Type& stacked = type(op.results[k]);
    Dims dims = stacked.dims;
    dims[0] = *count;
    refine(op.results[k], dims);
  }
  append(std::move(op));
}

bool Rewriter::remove_empty(const Op& op) {
  const size_t carried = op.args.size() - 1;
  for (size_t k = carried; k < op.results.size(); ++k) {
    const Dims& dims = type(op.results[k]).dims;
    if (!Type{Elem::Bool, Dims(dims.begin() + 1, dims.end())}.is_static()) return false;
  }
  for (size_t k = 0; k < op.results.size(); ++k) {
    if (k < carried) {
      replace(op.results[k], op.args[k + 1]);
    } else {
      Type stacked = type(op.results[k]);
      stacked.dims[0] = 0;
      replace(op.results[k], constant(rt::Array::zeros(stacked.elem, stacked.dims)));
    }
  }
  return true;
}

bool Rewriter::is_worth_unrolling(const Op& op, int64_t count) const {
  if (count == 1) return true;
  if (count > kUnrolledIterations) return false;
  int64_t size = 0;
  bool nested = false;
  core::for_each_op(op.blocks[0], [&](const Op& inner) {
    ++size;
    nested = nested || inner.kind == OpKind::For || inner.kind == OpKind::While;
  });
  return !nested && size * count <= kUnrolledOperations;
}

void Rewriter::unroll(const Op& op, int64_t count) {
  const Block& body = op.blocks[0];
  const size_t carried = op.args.size() - 1;
  std::vector<ValueId> state(op.args.begin() + 1, op.args.end());
  std::vector<std::vector<ValueId>> stacks(body.results.size() - carried);
  for (std::vector<ValueId>& stack : stacks) stack.resize(static_cast<size_t>(count));
  for (int64_t step = 0; step < count; ++step) {
    const int64_t i = op.reverse() ? count - 1 - step : step;
    core::ValueMap map;
    map[body.params[0]] = constant(rt::Array::of(i));
    for (size_t k = 0; k < carried; ++k) map[body.params[k + 1]] = state[k];
    const std::vector<ValueId> results = visit_copy(body, map);
    for (size_t k = 0; k < results.size(); ++k) {
      (k < carried ? state[k] : stacks[k - carried][static_cast<size_t>(i)]) = results[k];
    }
  }
  loc_ = op.loc;
  for (size_t k = 0; k < op.results.size(); ++k) {
    if (k < carried) {
      replace(op.results[k], state[k]);
      continue;
    }
    Op stack;
    stack.primitive = &core::registry().get("stack");
    stack.args = std::move(stacks[k - carried]);
    for (ValueId arg : stack.args) ++info_[arg.index].uses;
    stack.results = {op.results[k]};
    stack.loc = op.loc;
    visit(std::move(stack));
  }
}

/// Visits a copy of a block's operations in the open scope; the parameters are in `map`.
std::vector<ValueId> Rewriter::visit_copy(const Block& block, core::ValueMap& map) {
  for (const Op& op : block.ops) {
    Op copy = core::clone(function_, op, function_, map);
    info_.resize(function_.value_types.size());
    for (ValueId arg : copy.args) ++info_[arg.index].uses;
    for (const Block& nested : copy.blocks) count_uses(nested);
    visit(std::move(copy));
  }
  std::vector<ValueId> results;
  for (ValueId result : block.results) {
    auto renamed = map.find(result);
    results.push_back(current(renamed == map.end() ? result : renamed->second));
  }
  return results;
}

/// while false = the initial values
void Rewriter::visit_while(Op op) {
  drop_invariants(op, 0);
  const std::vector<bool> kept = keep_shapes(op, 0);
  for (Block& block : op.blocks) rebuild(block);
  confirm_shapes(op, 0, kept);
  const Block& condition = op.blocks[0];
  const rt::Array* known = constant_of(condition.results[0]);
  if (known && !known->as_bool()) {
    bool effects = false;
    for (const Op& nested : condition.ops) effects = effects || effects_.within(nested);
    if (!effects) {
      for (size_t k = 0; k < op.results.size(); ++k) replace(op.results[k], op.args[k]);
      changed_ = true;
      return;
    }
  }
  append(std::move(op));
}

}  // namespace calc::opt
