// for and while: carried values in variables and buffers of their own, stacked outputs.
#include <algorithm>

#include "lang/lower/carried.h"

namespace calc::lower {

// ---- entering

/// Could the body want to update `value` in place?
bool FunctionLowering::may_write(const Block& block, ValueId value) const {
  for (const Op& op : block.ops) {
    if (facts_.role(op) == Role::Update && op.args[0] == value) return true;
    if (op.kind == OpKind::For || op.kind == OpKind::While) {
      if (std::ranges::find(op.args, value) != op.args.end()) return true;
    }
    for (const Block& nested : op.blocks) {
      if (op.kind == OpKind::If && may_write(nested, value)) return true;
    }
  }
  return false;
}

FunctionLowering::Carried FunctionLowering::enter_array(ValueId init, ValueId param, bool alone,
                                                        bool written, LocId loc) {
  Carried carried;
  carried.is_buffer = true;
  carried.written = written;
  const bool moves = alone && dies(init);
  if (moves && facts_.type(init) == facts_.type(param)) {
    carried.buf = buffer(init);
    scope_.consumable.erase(init);
  } else {
    carried.buf = fresh(param);
    if (moves) {
      give(carried.buf, init, loc);
    } else if (!written) {
      share(carried.buf, init, loc);
    } else {
      writer_.transfer(StmtKind::Copy, carried.buf, buffer(init), loc);
      set_unique(carried.buf, true);
    }
  }
  if (written && !unique(carried.buf)) writer_.touch(StmtKind::Unique, carried.buf, loc);
  set_unique(carried.buf, written);
  return carried;
}

std::vector<FunctionLowering::Carried> FunctionLowering::enter(const Op& op,
                                                               std::span<const ValueId> init,
                                                               std::span<const ValueId> params,
                                                               const Block& body) {
  std::unordered_map<ValueId, int> named;
  for (ValueId value : init) ++named[value];
  for (ValueId value : core::free_values(op)) {
    for (ValueId leaf : facts_.leaves(value)) ++named[leaf];
  }
  std::vector<Carried> all;
  for (size_t k = 0; k < init.size(); ++k) {
    if (facts_.is_array(init[k])) {
      const Op* next = facts_.definition(body.results[k]);
      const bool written =
          may_write(body, params[k]) || (next != nullptr && facts_.role(*next) == Role::Compute);
      all.push_back(enter_array(init[k], params[k], named[init[k]] == 1, written, op.loc));
      continue;
    }
    Carried carried;
    carried.var = writer_.add_var(facts_.type(init[k]).elem);
    writer_.assign(carried.var, scalar(init[k]));
    all.push_back(carried);
  }
  return all;
}

void FunctionLowering::bind_params(const std::vector<Carried>& carried,
                                   std::span<const ValueId> params) {
  for (size_t k = 0; k < carried.size(); ++k) {
    if (carried[k].is_buffer) {
      bufs_[params[k].index] = carried[k].buf;
    } else {
      bind_scalar(params[k], writer_.var(carried[k].var));
    }
  }
}

Scope FunctionLowering::loop_scope(const std::vector<Carried>& carried,
                                   std::span<const ValueId> params) {
  Scope scope;
  for (size_t k = 0; k < carried.size(); ++k) {
    if (carried[k].is_buffer) scope.consumable.insert(params[k]);
  }
  return scope;
}

// ---- from one round to the next

void FunctionLowering::step(const std::vector<Carried>& carried, std::span<const ValueId> params,
                            std::span<const ValueId> results, LocId loc) {
  step_arrays(carried, params, results, loc);
  std::vector<std::pair<VarId, ExprId>> assignments;
  auto is_carried = [&](ExprId e) {
    return writer_.at(e).kind == ExprKind::Var &&
           std::ranges::find(carried, writer_.at(e).var, &Carried::var) != carried.end();
  };
  for (size_t k = 0; k < carried.size(); ++k) {
    if (carried[k].is_buffer) continue;
    ExprId value = scalar(results[k]);
    if (value == writer_.var(carried[k].var)) continue;
    if (is_carried(value)) {
      // All change at once: the old value of another one is read before.
      const VarId old = writer_.add_var(writer_.type(value));
      writer_.assign(old, value);
      value = writer_.var(old);
    }
    assignments.emplace_back(carried[k].var, value);
  }
  for (const auto& [var, value] : assignments) writer_.assign(var, value);
}

/// Carried arrays that were not updated in place change handles. A block that becomes free goes to
/// a temporary that lost its own, so that the next round does not allocate.
void FunctionLowering::step_arrays(const std::vector<Carried>& carried,
                                   std::span<const ValueId> params,
                                   std::span<const ValueId> results, LocId loc) {
  struct Change {
    size_t k;
    BufId next;
  };
  std::vector<Change> changes;
  std::vector<BufId> empty;
  for (size_t k = 0; k < carried.size(); ++k) {
    if (!carried[k].is_buffer) continue;
    if (buffer(results[k]) == carried[k].buf) {
      require_unique(carried[k], loc);
      continue;
    }
    --scope_.remaining[results[k]];
    if (dies(results[k])) empty.push_back(buffer(results[k]));
    const BufId next = writer_.add_buffer(writer_.type(carried[k].buf));
    give(next, results[k], loc);
    changes.push_back({k, next});
  }
  for (const Change& change : changes) {
    const BufId old = carried[change.k].buf;
    std::erase(empty, old);
    // Given away already, by a branch or just now?
    if (!dies(params[change.k])) continue;
    auto temporary = std::ranges::find_if(empty, [&](BufId buf) {
      return writer_.type(buf) == writer_.type(old) &&
             std::ranges::find(carried, buf, &Carried::buf) == carried.end();
    });
    if (temporary == empty.end()) continue;
    writer_.transfer(StmtKind::Move, *temporary, old);
    empty.erase(temporary);
  }
  for (const Change& change : changes) {
    const Carried& to = carried[change.k];
    writer_.transfer(StmtKind::Move, to.buf, change.next);
    set_unique(to.buf, unique(change.next));
    require_unique(to, loc);
  }
}

/// What the body may write is unshared when the next round starts.
void FunctionLowering::require_unique(const Carried& carried, LocId loc) {
  if (carried.written && !unique(carried.buf)) {
    writer_.touch(StmtKind::Unique, carried.buf, loc);
  }
  set_unique(carried.buf, carried.written);
}

void FunctionLowering::leave(const Op& op, const std::vector<Carried>& carried) {
  for (size_t k = 0; k < carried.size(); ++k) {
    if (carried[k].is_buffer) {
      bind_buffer(op.results[k], carried[k].buf, carried[k].written);
    } else {
      bind_scalar(op.results[k], writer_.var(carried[k].var));
    }
  }
}

// ---- stacked outputs

Slots FunctionLowering::stacked(const Op& op, size_t first, ExprId count, ExprId index) {
  Slots slots;
  slots.first = first;
  slots.index = index;
  slots.count = count;
  if (writer_.at(count).kind == ExprKind::Int) {
    slots.count = writer_.integer(std::max<int64_t>(0, writer_.at(count).integer));
  } else {
    slots.count = writer_.scalar(ScalarOp::Max, Elem::I64, {count, writer_.integer(0)});
  }
  const Block& body = op.blocks[0];
  for (size_t k = first; k < body.results.size(); ++k) {
    const ValueId value = body.results[k];
    const BufId buf = writer_.add_buffer(facts_.type(op.results[k]));
    std::vector<ExprId> sizes{slots.count};
    bool late = false;
    for (int axis = 0; axis < facts_.type(value).rank(); ++axis) {
      const ExprId size = try_extent(value, axis);
      late = late || !size.valid();
      sizes.push_back(size.valid() ? size : writer_.integer(0));
    }
    writer_.alloc(buf, std::move(sizes), op.loc);
    set_unique(buf, true);
    slots.buffers.push_back(buf);
    slots.late.push_back(late);
  }
  return slots;
}

/// Where the sizes of a slot are known in the body only, the first round allocates; the others
/// find the block as they want it.
void FunctionLowering::alloc_slot(const Slots& slots, size_t slot, ValueId value, LocId loc) {
  if (!slots.late[slot]) return;
  std::vector<ExprId> sizes = extents(value);
  sizes.insert(sizes.begin(), slots.count);
  writer_.alloc(slots.buffers[slot], std::move(sizes), loc);
}

// ---- for and while

/// Iterations that compute scalars and store them do not depend on one another.
bool FunctionLowering::is_parallel(const Op& op) const {
  const Block& body = op.blocks[0];
  return op.args.size() == 1 &&
         std::ranges::all_of(body.ops,
                             [&](const Op& inner) { return facts_.role(inner) == Role::Scalar; }) &&
         std::ranges::none_of(body.results, [&](ValueId v) { return facts_.is_array(v); });
}

void FunctionLowering::for_op(const Op& op) {
  const Block& body = op.blocks[0];
  const std::span<const ValueId> init = std::span(op.args).subspan(1);
  const std::span<const ValueId> params = std::span(body.params).subspan(1);
  const size_t first_buffer = function_.buffers.size();
  const std::vector<Carried> carried = enter(op, init, params, body);
  bind_params(carried, params);
  Stmt loop{};
  loop.kind = StmtKind::For;
  loop.loc = op.loc;
  loop.var = writer_.add_var(Elem::I64);
  loop.lo = writer_.integer(0);
  loop.hi = scalar(op.args[0]);
  loop.down = op.reverse();
  loop.parallel = is_parallel(op);
  bind_scalar(body.params[0], writer_.var(loop.var));
  const Slots slots = stacked(op, carried.size(), loop.hi, writer_.var(loop.var));
  const Scope outer = scope_;
  const std::vector<bool> before = unique_;
  ++loop_depth_;
  {
    Redirect into(writer_, loop.body);
    block(body, loop_scope(carried, params), &slots);
    for (size_t k = carried.size(); k < body.results.size(); ++k) {
      if (facts_.is_array(body.results[k])) continue;
      writer_.store(slots.buffers[k - carried.size()], {slots.index}, scalar(body.results[k]));
    }
    step(carried, params, body.results, op.loc);
  }
  --loop_depth_;
  writer_.append(std::move(loop));
  scope_ = outer;
  unite(unique_, before);
  leave(op, carried);
  for (size_t k = carried.size(); k < op.results.size(); ++k) {
    bind_buffer(op.results[k], slots.buffers[k - carried.size()], true);
  }
  release_temporaries(op, first_buffer);
}

void FunctionLowering::while_op(const Op& op) {
  const Block& condition = op.blocks[0];
  const Block& body = op.blocks[1];
  const size_t first_buffer = function_.buffers.size();
  std::vector<Carried> carried = enter(op, op.args, body.params, body);
  bind_params(carried, condition.params);
  bind_params(carried, body.params);
  Stmt loop{};
  loop.kind = StmtKind::While;
  loop.loc = op.loc;
  const Scope outer = scope_;
  const std::vector<bool> before = unique_;
  ++loop_depth_;
  {
    Redirect into(writer_, loop.prelude);
    block(condition, Scope{}, nullptr);
    loop.expr = scalar(condition.results[0]);
  }
  {
    Redirect into(writer_, loop.body);
    block(body, loop_scope(carried, body.params), nullptr);
    step(carried, body.params, body.results, op.loc);
  }
  --loop_depth_;
  writer_.append(std::move(loop));
  scope_ = outer;
  unite(unique_, before);
  leave(op, carried);
  release_temporaries(op, first_buffer);
}

/// What the rounds of an outermost loop kept for one another.
void FunctionLowering::release_temporaries(const Op& op, size_t first) {
  if (loop_depth_ > 0) return;
  std::set<uint32_t> results;
  for (ValueId value : op.results) results.insert(bufs_[value.index].index);
  for (size_t k = first; k < function_.buffers.size(); ++k) {
    const BufId buf{static_cast<uint32_t>(k)};
    if (owned(buf) && !results.contains(buf.index)) writer_.touch(StmtKind::Release, buf);
  }
}

}  // namespace calc::lower
