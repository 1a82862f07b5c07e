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

/// A fresh variable or buffer for each result, bound. Unless the results are known to be new, an
/// argument's block may be among them.
std::vector<loop::Operand> FunctionLowering::new_results(const Op& op, bool fresh_blocks) {
  for (ValueId arg : op.args) {
    if (!fresh_blocks && bound(arg)) set_unique(bufs_[arg.index], false);
  }
  std::vector<loop::Operand> all;
  for (ValueId value : op.results) {
    loop::Operand operand;
    operand.is_buffer = facts_.is_array(value);
    if (operand.is_buffer) {
      operand.buf = fresh(value);
      bind_buffer(value, operand.buf, fresh_blocks);
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
    DotForm form = dot_form(facts_, op, facts_.fold(op));
    const ValueId both[] = {form.a, form.b};
    s.args = operands(both);
    s.attrs = std::move(form.attrs);
  } else {
    s.args = operands(op.args);
  }
  s.results = new_results(op, is_dot(op));
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
  s.results = new_results(op, false);
  writer_.append(std::move(s));
}

// ---- if

/// One side of an `if`, and what is known at its end.
struct FunctionLowering::Side {
  const Block& block;
  Stmts stmts;
  Scope scope;
  std::vector<bool> unique;
};

FunctionLowering::Side FunctionLowering::side(const Block& block, std::span<const ValueId> dying) {
  const Scope outer = scope_;
  const std::vector<bool> before = unique_;
  Side side{block, {}, {}, {}};
  Scope inner;
  inner.consumable.insert(dying.begin(), dying.end());
  {
    Redirect into(writer_, side.stmts);
    this->block(block, std::move(inner), nullptr);
  }
  side.scope = std::exchange(scope_, outer);
  side.unique = std::exchange(unique_, before);
  return side;
}

/// Puts result k of a side into `to`.
void FunctionLowering::give_result(Side& side, size_t k, const loop::Operand& to) {
  std::swap(scope_, side.scope);
  std::swap(unique_, side.unique);
  {
    Redirect into(writer_, side.stmts);
    const ValueId value = side.block.results[k];
    if (to.is_buffer) {
      --scope_.remaining[value];
      give(to.buf, value, loc_);
    } else {
      writer_.assign(to.var, scalar(value));
    }
  }
  std::swap(scope_, side.scope);
  std::swap(unique_, side.unique);
}

/// Both sides end with the result in the same block, which nothing else reads: it stays there.
bool FunctionLowering::stays(const Side& then, const Side& other, size_t k) {
  auto last = [&](const Side& side) {
    const ValueId value = side.block.results[k];
    auto left = side.scope.remaining.find(value);
    return side.scope.consumable.contains(value) && left->second == 1 && bound(value);
  };
  if (!last(then) || !last(other)) return false;
  const BufId buf = bufs_[then.block.results[k].index];
  return buf == bufs_[other.block.results[k].index] && owned(buf);
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
  Side then = side(op.blocks[0], dying);
  Side other = side(op.blocks[1], dying);
  for (ValueId value : dying) scope_.consumable.erase(value);
  for (size_t k = 0; k < op.results.size(); ++k) {
    const ValueId result = op.results[k];
    loop::Operand to;
    to.is_buffer = facts_.is_array(result);
    if (to.is_buffer && stays(then, other, k)) {
      bind_buffer(result, bufs_[then.block.results[k].index], false);
      continue;
    }
    if (to.is_buffer) {
      to.buf = fresh(result);
      bind_buffer(result, to.buf, false);
    } else {
      to.var = writer_.add_var(facts_.type(result).elem);
      bind_scalar(result, writer_.var(to.var));
    }
    give_result(then, k, to);
    give_result(other, k, to);
  }
  unique_ = std::move(then.unique);
  unite(unique_, other.unique);
  s.body = std::move(then.stmts);
  s.orelse = std::move(other.stmts);
  writer_.append(std::move(s));
}

}  // namespace calc::lower
