#include "lang/lower/writer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <utility>

namespace calc::lower {

using loop::Expr;

namespace {

size_t combine(size_t seed, size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

size_t hash(const Expr& e) {
  size_t h = static_cast<size_t>(e.kind);
  h = combine(h, static_cast<size_t>(e.type));
  h = combine(h, static_cast<size_t>(e.integer));
  h = combine(h, std::bit_cast<uint64_t>(e.real));
  h = combine(h, e.var.index);
  h = combine(h, e.buf.index);
  h = combine(h, static_cast<size_t>(e.axis));
  h = combine(h, static_cast<size_t>(e.op));
  for (ExprId arg : e.args) h = combine(h, arg.index);
  return h;
}

bool same(const Expr& a, const Expr& b) {
  return a.kind == b.kind && a.type == b.type && a.integer == b.integer &&
         std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real) && a.var == b.var &&
         a.buf == b.buf && a.axis == b.axis && a.args == b.args && a.op == b.op &&
         a.function == b.function && a.unchecked == b.unchecked && a.of_product == b.of_product &&
         a.loc == b.loc;
}

Expr make(ExprKind kind, Elem type) {
  Expr e{};
  e.kind = kind;
  e.type = type;
  return e;
}

Stmt make(StmtKind kind) {
  Stmt s{};
  s.kind = kind;
  return s;
}

}  // namespace

VarId Writer::add_var(Elem type) {
  function_.vars.push_back(type);
  return VarId{static_cast<uint32_t>(function_.vars.size() - 1)};
}

BufId Writer::add_buffer(Type type, std::string name) {
  loop::Buffer buffer;
  buffer.type = std::move(type);
  buffer.name = std::move(name);
  function_.buffers.push_back(std::move(buffer));
  return BufId{static_cast<uint32_t>(function_.buffers.size() - 1)};
}

ExprId Writer::add(Expr expr) {
  const size_t key = hash(expr);
  auto [first, last] = known_.equal_range(key);
  for (auto it = first; it != last; ++it) {
    if (same(at(it->second), expr)) return it->second;
  }
  int height = 0;
  for (ExprId arg : expr.args) height = std::max(height, heights_[arg.index] + 1);
  function_.exprs.push_back(std::move(expr));
  heights_.push_back(height);
  const ExprId id{static_cast<uint32_t>(function_.exprs.size() - 1)};
  known_.emplace(key, id);
  return id;
}

ExprId Writer::integer(int64_t value) {
  Expr e = make(ExprKind::Int, Elem::I64);
  e.integer = value;
  return add(std::move(e));
}

ExprId Writer::boolean(bool value) {
  Expr e = make(ExprKind::Bool, Elem::Bool);
  e.integer = value ? 1 : 0;
  return add(std::move(e));
}

ExprId Writer::number(Elem type, double value) {
  if (type == Elem::I64) return integer(static_cast<int64_t>(value));
  Expr e = make(ExprKind::Real, type);
  e.real = value;
  return add(std::move(e));
}

ExprId Writer::literal(Elem type, const void* data) {
  switch (type) {
    case Elem::Bool:
      return boolean(*static_cast<const uint8_t*>(data) != 0);
    case Elem::I64:
      return integer(*static_cast<const int64_t*>(data));
    case Elem::F64:
      return number(type, *static_cast<const double*>(data));
    case Elem::F32:
      return number(type, static_cast<double>(*static_cast<const float*>(data)));
  }
  return {};
}

ExprId Writer::var(VarId var) {
  Expr e = make(ExprKind::Var, function_.vars[var.index]);
  e.var = var;
  return add(std::move(e));
}

ExprId Writer::load(BufId buf, std::vector<ExprId> indices) {
  Expr e = make(ExprKind::Load, type(buf).elem);
  e.buf = buf;
  e.args = std::move(indices);
  return add(std::move(e));
}

ExprId Writer::dim(BufId buf, int axis) {
  const int64_t size = type(buf).dims[static_cast<size_t>(axis)];
  if (size != core::kDynamic) return integer(size);
  Expr e = make(ExprKind::Dim, Elem::I64);
  e.buf = buf;
  e.axis = axis;
  return add(std::move(e));
}

ExprId Writer::scalar(ScalarOp op, Elem type, std::vector<ExprId> args, LocId loc) {
  Expr e = make(ExprKind::Scalar, type);
  e.op = op;
  e.args = std::move(args);
  e.loc = loc;
  return add(std::move(e));
}

int64_t Writer::known(ExprId e, int64_t otherwise) const {
  return at(e).kind == ExprKind::Int ? at(e).integer : otherwise;
}

ExprId Writer::index_op(ScalarOp op, ExprId a, ExprId b) {
  Expr e = make(ExprKind::Scalar, Elem::I64);
  e.op = op;
  e.args = {a, b};
  e.unchecked = true;
  return add(std::move(e));
}

// Folded constants are sizes and indices in range of blocks that exist: they cannot overflow.
ExprId Writer::index_add(ExprId a, ExprId b) {
  const bool ka = at(a).kind == ExprKind::Int, kb = at(b).kind == ExprKind::Int;
  if (ka && kb) return integer(at(a).integer + at(b).integer);
  if (ka && at(a).integer == 0) return b;
  if (kb && at(b).integer == 0) return a;
  return index_op(ScalarOp::Add, a, b);
}

ExprId Writer::index_sub(ExprId a, ExprId b) {
  const bool ka = at(a).kind == ExprKind::Int, kb = at(b).kind == ExprKind::Int;
  if (ka && kb) return integer(at(a).integer - at(b).integer);
  if (kb && at(b).integer == 0) return a;
  return index_op(ScalarOp::Sub, a, b);
}

ExprId Writer::index_mul(ExprId a, ExprId b) {
  const bool ka = at(a).kind == ExprKind::Int, kb = at(b).kind == ExprKind::Int;
  int64_t product = 0;
  if (ka && kb && !__builtin_mul_overflow(at(a).integer, at(b).integer, &product)) {
    return integer(product);
  }
  if (ka && at(a).integer == 1) return b;
  if (kb && at(b).integer == 1) return a;
  return index_op(ScalarOp::Mul, a, b);
}

ExprId Writer::index_div(ExprId a, ExprId b) {
  if (known(b, 0) == 1) return a;
  return index_op(ScalarOp::FloorDiv, a, b);
}

ExprId Writer::index_mod(ExprId a, ExprId b) {
  if (known(b, 0) == 1) return integer(0);
  return index_op(ScalarOp::Mod, a, b);
}

void Writer::assign(VarId var, ExprId value) {
  Stmt s = make(StmtKind::Assign);
  s.var = var;
  s.expr = value;
  append(std::move(s));
}

ExprId Writer::assign_fresh(ExprId value) {
  const ExprKind kind = at(value).kind;
  if (kind != ExprKind::Load && kind != ExprKind::Scalar && kind != ExprKind::Dim) return value;
  const VarId fresh = add_var(at(value).type);
  assign(fresh, value);
  return var(fresh);
}

void Writer::store(BufId buf, std::vector<ExprId> indices, ExprId value) {
  Stmt s = make(StmtKind::Store);
  s.buf = buf;
  s.exprs = std::move(indices);
  s.expr = value;
  append(std::move(s));
}

void Writer::alloc(BufId buf, std::vector<ExprId> sizes, LocId loc) {
  Stmt s = make(StmtKind::Alloc);
  s.buf = buf;
  s.exprs = std::move(sizes);
  s.loc = loc;
  append(std::move(s));
}

void Writer::transfer(StmtKind kind, BufId to, BufId from, LocId loc) {
  Stmt s = make(kind);
  s.buf = to;
  s.source = from;
  s.loc = loc;
  append(std::move(s));
}

void Writer::touch(StmtKind kind, BufId buf, LocId loc) {
  Stmt s = make(kind);
  s.buf = buf;
  s.loc = loc;
  append(std::move(s));
}

}  // namespace calc::lower
