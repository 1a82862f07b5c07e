// Values and where they live: bindings, buffers, who may write them, sizes.
#include <cassert>
#include <stdexcept>

#include "lang/lower/lowering.h"

namespace calc::lower {

void FunctionLowering::bind_scalar(ValueId value, ExprId expr) { exprs_[value.index] = expr; }

void FunctionLowering::bind_buffer(ValueId value, BufId buf, bool unique) {
  bufs_[value.index] = buf;
  set_unique(buf, unique);
  scope_.consumable.insert(value);
}

/// The block of a stored array; constants get theirs when first asked for.
BufId FunctionLowering::buffer(ValueId value) {
  if (bound(value)) return bufs_[value.index];
  const Op* op = facts_.definition(value);
  if (op == nullptr || op->kind != OpKind::Constant) {
    throw std::logic_error("lower: an array is read before it is stored");
  }
  const BufId buf = writer_.add_buffer(facts_.type(value), "c");
  function_.buffers[buf.index].constant = static_cast<int>(function_.constants.size());
  function_.constants.push_back(op->constant);
  bufs_[value.index] = buf;
  return buf;
}

// ---- who may write

bool FunctionLowering::owned(BufId buf) const {
  const loop::Buffer& b = function_.buffers[buf.index];
  return b.constant < 0 && (b.param < 0 || b.donated);
}

void FunctionLowering::set_unique(BufId buf, bool is) {
  if (unique_.size() <= buf.index) unique_.resize(buf.index + 1, false);
  unique_[buf.index] = is;
}

bool FunctionLowering::dies(ValueId value) const {
  if (!bound(value) || !scope_.consumable.contains(value)) return false;
  auto left = scope_.remaining.find(value);
  return (left == scope_.remaining.end() || left->second == 0) && owned(bufs_[value.index]);
}

BufId FunctionLowering::writable(ValueId value, LocId loc) {
  if (dies(value)) {
    const BufId own = buffer(value);
    scope_.consumable.erase(value);
    if (!unique(own)) writer_.touch(StmtKind::Unique, own, loc);
    set_unique(own, true);
    return own;
  }
  return copy(value, loc);
}

BufId FunctionLowering::copy(ValueId value, LocId loc) {
  const BufId copy = fresh(value);
  writer_.transfer(StmtKind::Copy, copy, buffer(value), loc);
  set_unique(copy, true);
  return copy;
}

void FunctionLowering::give(BufId to, ValueId value, LocId loc) {
  if (!dies(value)) return share(to, value, loc);
  const BufId from = buffer(value);
  scope_.consumable.erase(value);
  writer_.transfer(StmtKind::Move, to, from, loc);
  set_unique(to, unique(from));
  set_unique(from, false);
}

void FunctionLowering::share(BufId to, ValueId value, LocId loc) {
  const BufId from = buffer(value);
  writer_.transfer(StmtKind::Share, to, from, loc);
  set_unique(to, false);
  set_unique(from, false);
}

BufId FunctionLowering::fresh(ValueId value) { return writer_.add_buffer(facts_.type(value)); }

void FunctionLowering::alloc(BufId buf, ValueId like, LocId loc) {
  writer_.alloc(buf, extents(like), loc);
  set_unique(buf, true);
}

// ---- sizes

std::vector<ExprId> FunctionLowering::extents(ValueId value) {
  std::vector<ExprId> all;
  for (int k = 0; k < facts_.type(value).rank(); ++k) all.push_back(extent(value, k));
  return all;
}

ExprId FunctionLowering::count_of(const std::vector<ExprId>& sizes) {
  ExprId count = writer_.integer(1);
  for (ExprId size : sizes) count = writer_.index_mul(count, size);
  return count;
}

ExprId FunctionLowering::extent(ValueId value, int axis) {
  const ExprId e = try_extent(value, axis);
  if (!e.valid()) throw std::logic_error("lower: a size is needed before it is known");
  return e;
}

/// From the nearest array on the way back that is stored: those further back may be gone.
ExprId FunctionLowering::try_extent(ValueId value, int axis) {
  const int64_t known = facts_.type(value).dims[static_cast<size_t>(axis)];
  if (known != core::kDynamic) return writer_.integer(known);
  Size at{core::kDynamic, value, axis};
  do {
    if (at.constant != core::kDynamic) return writer_.integer(at.constant);
    if (at.axis < 0 && scalar(at.value).valid()) return scalar(at.value);
    if (at.axis >= 0 && bound(at.value)) return writer_.dim(bufs_[at.value.index], at.axis);
  } while (facts_.came_from(at));
  const Op* op = facts_.definition(at.value);
  return op == nullptr || at.axis < 0 ? ExprId{} : extent_of(*op, at.value, at.axis);
}

/// Sizes that are computed: the sum of a concat's; the count of a stacked output.
ExprId FunctionLowering::extent_of(const Op& op, ValueId value, int axis) {
  if (is_dot(op)) {
    const DotForm form = dot_form(facts_, op, 0);
    std::vector<std::pair<ValueId, int64_t>> from;
    for (int64_t k : form.attrs.ints("lhs_batch")) from.emplace_back(form.a, k);
    for (int64_t k : form.lhs_free) from.emplace_back(form.a, k);
    for (int64_t k : form.rhs_free) from.emplace_back(form.b, k);
    const auto [operand, at] = from[static_cast<size_t>(axis)];
    return try_extent(operand, static_cast<int>(at));
  }
  if (structural(op) != Structural::Concat || value != op.results[0]) return {};
  ExprId total = writer_.integer(0);
  for (ValueId arg : op.args) {
    const ExprId size = try_extent(arg, axis);
    if (!size.valid()) return {};
    total = writer_.index_add(total, size);
  }
  return total;
}

}  // namespace calc::lower
