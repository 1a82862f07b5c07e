#include "lang/ad/linearize.h"

#include <stdexcept>

#include "lang/ad/sizes.h"
#include "lang/opt/opt.h"

namespace calc::ad {

Splitter::Splitter(Engine& engine, const Function& whole, const Activity& linear)
    : engine_(engine), work_(whole), linear_(linear), scopes_(work_) {}

Split Splitter::run(const Mask& results, const Cut& cut) {
  const Block& body = work_.body;
  Split split;
  split.results = results;
  Halves halves = this->cut(body, split.results);
  std::vector<ValueId> handed_over = halves.residuals.kept;
  if (cut.packed) handed_over = pack(halves);
  const std::vector<ValueId>& kept = halves.residuals.kept;
  split.residuals = static_cast<int>(kept.size());
  halves.known.results.insert(halves.known.results.end(), handed_over.begin(), handed_over.end());
  halves.linear.params.insert(halves.linear.params.begin(), kept.begin(), kept.end());
  split.known = cut.known;
  split.linear = cut.linear_half;
  define(split.known, std::move(halves.known), ".primal");
  define(split.linear, std::move(halves.linear), ".tangent");
  return split;
}

namespace {

void rename(const ValueMap& alias, std::vector<ValueId>& values) {
  for (ValueId& value : values) {
    for (auto at = alias.find(value); at != alias.end(); at = alias.find(value)) value = at->second;
  }
}

void rename(const ValueMap& alias, Block& block) {
  for (Op& op : block.ops) {
    rename(alias, op.args);
    for (Block& nested : op.blocks) rename(alias, nested);
  }
  rename(alias, block.results);
}

}  // namespace

void Splitter::define(FunctionId id, Block body, const char* suffix) {
  auto function = std::make_unique<Function>();
  function->name = work_.name + suffix;
  function->user_name = work_.user_name;
  function->value_types = work_.value_types;
  function->body = std::move(body);
  if (suffix == std::string_view(".tangent")) rename(alias_, function->body);
  opt::dead_code(engine_.module(), *function);
  engine_.define(id, std::move(function));
}

Splitter::Halves Splitter::cut(const Block& block, const Mask& results) {
  const int scope = scopes_.of(block);
  Halves halves;
  for (ValueId param : block.params) {
    (linear_(param) ? halves.linear : halves.known).params.push_back(param);
  }
  for (const Op& op : block.ops) operation(op, halves, scope);
  for (size_t k = 0; k < block.results.size(); ++k) {
    ValueId result = block.results[k];
    (results[k] ? halves.linear : halves.known).results.push_back(result);
    if (results[k] && !linear_(result)) halves.needed.add(result);
  }
  choose(halves, scope);
  return halves;
}

void Splitter::operation(const Op& op, Halves& halves, int scope) {
  if (!linear_.any(op.results)) {
    halves.known.ops.push_back(op);
    return;
  }
  switch (op.kind) {
    case OpKind::Constant:
    case OpKind::Primitive:
      for (ValueId arg : op.args) {
        if (!linear_(arg)) halves.needed.add(arg);
      }
      halves.linear.ops.push_back(pushes_.contains(op.results[0]) ? written_in_place(op) : op);
      return;
    case OpKind::If:
      if (only_grows(op)) return halves.known.ops.push_back(known_growth(op));
      return branch(op, halves, scope);
    case OpKind::For:
      return counted_loop(op, halves, scope);
    case OpKind::While:
      return while_loop(op, halves, scope);
    case OpKind::Call:
      return call(op, halves, scope);
  }
}

void Splitter::choose(Halves& halves, int scope) {
  const Repetition repetition(work_, halves.known, halves.linear);
  halves.residuals = choose_residuals(work_, scopes_, scope, halves.needed.items(), repetition);
  std::vector<Op> again;
  for (const Op* op : halves.residuals.recomputed) again.push_back(*op);
  std::vector<Op>& ops = halves.linear.ops;
  ops.insert(ops.begin(), std::make_move_iterator(again.begin()),
             std::make_move_iterator(again.end()));
}

void Splitter::call(const Op& op, Halves& halves, int scope) {
  const Split& callee = engine_.split(op.callee, linear_.mask(op.args));
  Op known = op;
  Op linear = op;
  known.callee = callee.known;
  linear.callee = callee.linear;
  known.args = known_of(op.args, op.args);
  known.results.clear();
  linear.results.clear();
  for (size_t k = 0; k < op.results.size(); ++k) {
    if (!callee.results[k]) known.results.push_back(op.results[k]);
    if (callee.results[k]) linear.results.push_back(op.results[k]);
  }
  linear.args.clear();
  if (callee.inputs) {
    for (size_t k = 0; k < known.args.size(); ++k) {
      if ((*callee.inputs)[k]) linear.args.push_back(known.args[k]);
    }
  } else {
    const std::vector<Type> types = engine_.module().get(callee.known).result_types();
    for (size_t k = known.results.size(); k < types.size(); ++k) {
      linear.args.push_back(fresh(types[k], scope));
    }
    known.results.insert(known.results.end(), linear.args.begin(), linear.args.end());
  }
  halves.needed.add(linear.args);
  for (ValueId arg : linear_of(op.args, op.args)) linear.args.push_back(arg);
  halves.known.ops.push_back(std::move(known));
  halves.linear.ops.push_back(std::move(linear));
}

// ---- values ------------------------------------------------------------------------------------

ValueId Splitter::fresh(Type type, int scope) {
  ValueId value = work_.add_value(std::move(type));
  scopes_.add(value, scope);
  return value;
}

ValueId Splitter::emit(std::vector<Op>& ops, int scope, Type type, std::string_view primitive,
                       std::vector<ValueId> args, core::Attrs attrs) {
  Op op;
  op.primitive = &core::registry().get(primitive);
  op.args = std::move(args);
  op.attrs = std::move(attrs);
  op.results = {fresh(std::move(type), scope)};
  ops.push_back(op);
  return op.results[0];
}

ValueId Splitter::constant(std::vector<Op>& ops, int scope, rt::Array value) {
  Op op;
  op.kind = OpKind::Constant;
  op.results = {fresh(core::type_of(value), scope)};
  op.constant = std::move(value);
  ops.push_back(op);
  return op.results[0];
}

std::vector<ValueId> Splitter::known_of(std::span<const ValueId> values,
                                        std::span<const ValueId> by) const {
  std::vector<ValueId> out;
  for (size_t k = 0; k < by.size(); ++k) {
    if (!linear_(by[k])) out.push_back(values[k]);
  }
  return out;
}

std::vector<ValueId> Splitter::linear_of(std::span<const ValueId> values,
                                         std::span<const ValueId> by) const {
  std::vector<ValueId> out;
  for (size_t k = 0; k < by.size(); ++k) {
    if (linear_(by[k])) out.push_back(values[k]);
  }
  return out;
}

Split make_split(Engine& engine, const Function& function, const Cut& cut) {
  Function whole = function;
  opt::common_subexpressions(engine.module(), whole);
  trim_calls(engine, whole);
  const Sizes made_explicit(whole, Activity(engine, whole, cut.linear));
  const Activity activity(engine, whole, cut.linear);
  return Splitter(engine, whole, activity)
      .run(cut.results ? *cut.results : activity.mask(whole.body.results), cut);
}

}  // namespace calc::ad

// Note [The cut]
//
// In a jvp every tangent operation has tangents as its results, and no primal operation uses a
// tangent. So the operations of a block fall into two lists by whether a result is linear, and each
// list is a block on its own but for the known values that linear operations use: the residuals.
// A construct with results of both kinds is divided in the same way: its blocks first, then a known
// construct that also returns the residuals of its blocks (stacked by a loop, in a slot by a
// branch, as further results by a call), and a linear construct that reads them. Seen from the
// enclosing block those stacks, slots and results are known values like any other, so nothing
// limits the depth.
