#include "lang/lower/lower.h"

#include <algorithm>

#include "lang/core/calls.h"
#include "lang/core/tools.h"
#include "lang/lower/lowering.h"

namespace calc::lower {

FunctionLowering::FunctionLowering(const core::Module& module, const core::Function& function,
                                   core::FunctionId id, const std::vector<bool>& donated)
    : module_(module),
      core_(function),
      facts_(function),
      writer_(function_),
      exprs_(function.value_types.size()),
      bufs_(function.value_types.size()) {
  function_.name = function.name;
  function_.user_name = function.user_name;
  function_.core = id;
  add_params(donated);
}

void FunctionLowering::add_params(const std::vector<bool>& donated) {
  for (size_t k = 0; k < core_.body.params.size(); ++k) {
    const ValueId value = core_.body.params[k];
    loop::Param param;
    param.type = facts_.type(value);
    param.is_buffer = facts_.is_array(value);
    if (param.is_buffer) {
      param.buf = writer_.add_buffer(param.type, "p");
      function_.buffers[param.buf.index].param = static_cast<int>(k);
      function_.buffers[param.buf.index].donated = k < donated.size() && donated[k];
      bind_buffer(value, param.buf, false);
    } else {
      param.var = writer_.add_var(param.type.elem);
      bind_scalar(value, writer_.var(param.var));
    }
    function_.params.push_back(std::move(param));
  }
  function_.results = core_.result_types();
}

loop::Function FunctionLowering::run() {
  block(core_.body, scope_, nullptr);
  Stmt exit{};
  exit.kind = StmtKind::Return;
  exit.args = operands(core_.body.results);
  writer_.append(std::move(exit));
  return std::move(function_);
}

// ---- blocks

/// Writes the operations of a block; its results are bound afterwards. `scope_` is left as the
/// block's own, for whoever takes the results.
void FunctionLowering::block(const Block& block, Scope scope, const Slots* slots) {
  const size_t first_slot = slots == nullptr ? SIZE_MAX : slots->first;
  const Plan plan = plan_block(module_, facts_, block, first_slot);
  scope_ = std::move(scope);
  scope_.remaining.clear();
  for (const Step& step : plan.steps) {
    for (const Item& item : step.items) {
      for (ValueId value : item.reads) ++scope_.remaining[value];
    }
  }
  for (ValueId value : plan.exit_reads) ++scope_.remaining[value];
  for (const Step& step : plan.steps) {
    for (const Item& item : step.items) {
      for (ValueId value : item.reads) --scope_.remaining[value];
    }
    loc_ = step.items[0].op == nullptr ? loc_ : step.items[0].op->loc;
    if (step.nest) {
      nest(step, slots);
    } else {
      single(*step.items[0].op);
    }
    release_dead(step);
  }
}

/// Blocks go as soon as they are dead: in straight-line code the large ones; in loops, where the
/// next round would allocate anew, those that others may hold too, since they keep others from
/// writing.
void FunctionLowering::release_dead(const Step& step) {
  constexpr int64_t large = 1024;
  auto release = [&](ValueId value) {
    if (!facts_.is_array(value) || !dies(value)) return;
    const BufId buf = bufs_[value.index];
    const int64_t count = facts_.type(value).count();
    if (loop_depth_ > 0 ? unique(buf) : count >= 0 && count < large) return;
    scope_.consumable.erase(value);
    writer_.touch(StmtKind::Release, buf);
  };
  for (const Item& item : step.items) {
    for (ValueId value : item.reads) release(value);
    if (item.op == nullptr) continue;
    for (ValueId value : item.op->results) release(value);
  }
}

void FunctionLowering::single(const Op& op) {
  switch (facts_.role(op)) {
    case Role::Scalar:
      return scalar_op(op);
    case Role::Update:
      return update(op);
    case Role::Pieces:
      return pieces(op);
    default:
      return whole(op);
  }
}

// ---- scalars

void FunctionLowering::scalar_op(const Op& op) {
  const ExprId value = scalar_value(op);
  bind_scalar(op.results[0], writer_.assign_fresh(value));
}

ExprId FunctionLowering::scalar_value(const Op& op) {
  if (op.kind == OpKind::Constant) {
    return writer_.literal(op.constant.elem(), op.constant.data<char>());
  }
  Frame frame;
  frame.sinks = {&writer_.open()};
  if (elementwise(op) != nullptr) {
    std::vector<ExprId> args;
    for (ValueId arg : op.args) args.push_back(scalar(arg));
    return elementwise_expr(op, std::move(args));
  }
  if (is_dot(op)) return from_zero(op, pull_product(frame, op, {}));
  if (reduction(op) != nullptr) return pull_only(frame, op, {});
  switch (*structural(op)) {
    case Structural::Dim:
      return extent(op.args[0], static_cast<int>(op.attrs.integer("axis")));
    case Structural::Index:
      return pull(frame, op.args[0], {false, with_indices(op, 1, {})});
    case Structural::Take:
      return pull(frame, op.args[0], {false, {scalar(op.args[1])}});
    case Structural::Reshape: {
      const auto rank = static_cast<size_t>(facts_.type(op.args[0]).rank());
      if (rank == 0) return scalar(op.args[0]);
      return pull(frame, op.args[0], {false, std::vector<ExprId>(rank, writer_.integer(0))});
    }
    default:
      return scalar(op.args[0]);
  }
}

// ---- programs

namespace {

/// The functions reachable from `entry`, callees before callers but for recursion.
std::vector<core::FunctionId> reachable(const core::Module& module, core::FunctionId entry) {
  std::vector<core::FunctionId> order, pending{entry};
  std::unordered_set<core::FunctionId> seen{entry};
  while (!pending.empty()) {
    const core::FunctionId id = pending.back();
    pending.pop_back();
    order.push_back(id);
    core::for_each_op(module.get(id).body, [&](const Op& op) {
      if (op.kind == OpKind::Call && seen.insert(op.callee).second) pending.push_back(op.callee);
    });
  }
  std::ranges::reverse(order);
  return order;
}

/// A recursive function is called with borrowed arguments; the caller who gives some away calls it
/// through this.
loop::Function giving_entry(const loop::Function& callee, const std::vector<bool>& donated) {
  loop::Function entry;
  Writer writer(entry);
  entry.name = callee.name + "_entry";
  entry.results = callee.results;
  Stmt call{}, exit{};
  call.kind = StmtKind::Call;
  call.callee = callee.core;
  exit.kind = StmtKind::Return;
  for (size_t k = 0; k < callee.params.size(); ++k) {
    loop::Param param = callee.params[k];
    loop::Operand arg;
    arg.is_buffer = param.is_buffer;
    if (param.is_buffer) {
      arg.buf = param.buf = writer.add_buffer(param.type, "p");
      entry.buffers[param.buf.index].param = static_cast<int>(k);
      entry.buffers[param.buf.index].donated = donated[k];
    } else {
      param.var = writer.add_var(param.type.elem);
      arg.expr = writer.var(param.var);
    }
    entry.params.push_back(param);
    call.args.push_back(arg);
  }
  for (const Type& type : callee.results) {
    loop::Operand result;
    result.is_buffer = !type.is_scalar();
    if (result.is_buffer) {
      result.buf = writer.add_buffer(type);
    } else {
      result.var = writer.add_var(type.elem);
    }
    call.results.push_back(result);
    if (!result.is_buffer) result.expr = writer.var(result.var);
    exit.args.push_back(result);
  }
  writer.append(std::move(call));
  writer.append(std::move(exit));
  return entry;
}

}  // namespace

loop::Program lower(const core::Module& module, core::FunctionId entry,
                    const std::vector<bool>& donated) {
  loop::Program program;
  const std::vector<core::FunctionId> functions = reachable(module, entry);
  const std::unordered_set<core::FunctionId> circles = core::recursive_functions(module, entry);
  const bool recursive = circles.contains(entry);
  const bool gives = std::ranges::find(donated, true) != donated.end();
  for (core::FunctionId id : functions) {
    const bool give_here = id == entry && !recursive;
    FunctionLowering lowering(module, module.get(id), id,
                              give_here ? donated : std::vector<bool>{});
    program.functions.push_back(lowering.run());
    program.functions.back().recursive = circles.contains(id);
  }
  if (recursive && gives) {
    program.functions.push_back(giving_entry(program.functions.back(), donated));
  }
  return program;
}

}  // namespace calc::lower
