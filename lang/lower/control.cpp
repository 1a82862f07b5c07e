// Operations on whole arrays: primitives through `evaluate`, calls, branches.
#include <algorithm>

#include "lang/lower/carried.h"

namespace calc::lower {

void FunctionLowering::whole(const Op& op) {
  switch (op.kind) {
    case OpKind::If:
      return branch(op);
    case OpKind::For:
      return for_op(op);
    case OpKind::While:
      return while_op(op);
    case OpKind::Call:
      return call(op);
    default:
      return opaque(op);
  }
}

std::vector<loop::Operand> FunctionLowering::operands(std::span<const ValueId> values) {
  std::vector<loop::Operand> all;
  for (ValueId value : values) {
    loop::Operand operand;
    operand.is_buffer = facts_.is_array(value);
    if (operand.is_buffer) {
      operand.buf = buffer(value);
    } else {
      operand.expr = scalar(value);
    }
    all.push_back(operand);
  }
  return all;
}

/// A fresh variable or buffer for each result, bound. Their blocks may be shared with others.
std::vector<loop::Operand> FunctionLowering::new_results(const Op& op) {
  std::vector<loop::Operand> all;
  for (ValueId value : op.results) {
    loop::Operand operand;
    operand.is_buffer = facts_.is_array(value);
    if (operand.is_buffer) {
      operand.buf = fresh(value);
      bind_buffer(value, operand.buf, false);
    } else {
      operand.var = writer_.add_var(facts_.type(value).elem);
      bind_scalar(value, writer_.var(operand.var));
    }
    all.push_back(operand);
  }
  return all;
}

void FunctionLowering::opaque(const Op& op) {
  Stmt s{};
  s.kind = StmtKind::Opaque;
  s.primitive = op.primitive;
  s.attrs = op.attrs;
  s.loc = op.loc;
  if (is_dot(op)) {
    DotForm form = dot_form(facts_, op, true);
    const ValueId both[] = {form.a, form.b};
    s.args = operands(both);
    s.attrs = std::move(form.attrs);
  } else {
    s.args = operands(op.args);
  }
  s.results = new_results(op);
  if (op.primitive->name != "check") return writer_.append(std::move(s));
  // The common case of a check costs a comparison.
  Stmt guard{};
  guard.kind = StmtKind::If;
  guard.loc = op.loc;
  guard.expr = writer_.scalar(ScalarOp::Not, Elem::Bool, {scalar(op.args[0])});
  guard.body.push_back(std::move(s));
  writer_.append(std::move(guard));
}

void FunctionLowering::call(const Op& op) {
  Stmt s{};
  s.kind = StmtKind::Call;
  s.callee = op.callee;
  s.loc = op.loc;
  s.args = operands(op.args);
  s.results = new_results(op);
  writer_.append(std::move(s));
}

// ---- if
// ------------------------------------------------------------------------------------------

/// Runs a branch's block and puts its results into `results`.
Stmts FunctionLowering::branch_block(const Block& block, std::span<const loop::Operand> results,
                                     std::span<const ValueId> dying) {
  const Scope outer = scope_;
  Scope inner;
  inner.consumable.insert(dying.begin(), dying.end());
  Stmts list;
  {
    Redirect into(writer_, list);
    this->block(block, std::move(inner), nullptr);
    for (size_t k = 0; k < results.size(); ++k) {
      const ValueId value = block.results[k];
      if (!results[k].is_buffer) {
        writer_.assign(results[k].var, scalar(value));
        continue;
      }
      --scope_.remaining[value];
      give(results[k].buf, value, loc_);
    }
  }
  scope_ = outer;
  return list;
}

void FunctionLowering::branch(const Op& op) {
  Stmt s{};
  s.kind = StmtKind::If;
  s.expr = scalar(op.args[0]);
  s.loc = op.loc;
  // Either branch may take over what dies here.
  std::vector<ValueId> dying;
  for (ValueId value : scope_.consumable) {
    if (dies(value)) dying.push_back(value);
  }
  const std::vector<loop::Operand> results = new_results(op);
  const std::vector<bool> before = unique_;
  s.body = branch_block(op.blocks[0], results, dying);
  const std::vector<bool> after_then = std::exchange(unique_, before);
  s.orelse = branch_block(op.blocks[1], results, dying);
  unite(unique_, after_then);
  for (ValueId value : dying) scope_.consumable.erase(value);
  writer_.append(std::move(s));
}

}  // namespace calc::lower
