// Elements of arrays as scalar expressions: what a nest computes at its index.
#include <algorithm>
#include <cassert>
#include <limits>

#include "lang/lower/lowering.h"

namespace calc::lower {

namespace {

/// Expressions higher than this get a variable, which bounds recursion over them.
constexpr int max_height = 10;

}  // namespace

bool Index::operator<(const Index& other) const {
  if (linear != other.linear) return linear < other.linear;
  return std::ranges::lexicographical_compare(at, other.at, {}, &ExprId::index, &ExprId::index);
}

// ---- where things are computed

int FunctionLowering::depth(Frame& frame, ExprId e) {
  auto known = frame.expr_depths.find(e.index);
  if (known != frame.expr_depths.end()) return known->second;
  const loop::Expr& expr = writer_.at(e);
  int deepest = 0;
  if (expr.kind == ExprKind::Var) {
    auto var = frame.var_depths.find(expr.var.index);
    if (var != frame.var_depths.end()) deepest = var->second;
  }
  for (ExprId arg : expr.args) deepest = std::max(deepest, depth(frame, arg));
  frame.expr_depths.emplace(e.index, deepest);
  return deepest;
}

/// Gives a value a variable when it is used again, comes from an outer loop or grows too high.
ExprId FunctionLowering::keep(Frame& frame, ExprId e, bool shared) {
  const int at = depth(frame, e);
  if (!shared && at == frame.depth() && writer_.height(e) < max_height) return e;
  Redirect into(writer_, *frame.sinks[static_cast<size_t>(at)]);
  const ExprId kept = writer_.assign_fresh(e);
  if (kept != e) frame.var_depths[writer_.at(kept).var.index] = at;
  return kept;
}

// ---- elements

ExprId FunctionLowering::pull(Frame& frame, ValueId value, Index index) {
  if (!facts_.is_array(value)) return scalar(value);
  if (facts_.type(value).rank() == 1) index.linear = false;
  const std::pair key{value.index, index};
  auto known = frame.memo.find(key);
  if (known != frame.memo.end()) return known->second;
  const Op* op = facts_.definition(value);
  ExprId e;
  if (bound(value)) {
    e = element(frame, buffer(value), index);
  } else if (op != nullptr && op->kind == OpKind::Constant) {
    const void* same = facts_.uniform(*op);
    e = same != nullptr ? writer_.literal(op->constant.elem(), same)
                        : element(frame, buffer(value), index);
  } else {
    assert(op != nullptr);
    e = compute(frame, *op, index);
  }
  e = keep(frame, e, facts_.uses(value) > 1);
  frame.memo.emplace(key, e);
  return e;
}

ExprId FunctionLowering::element(Frame& frame, BufId buf, const Index& index) {
  std::vector<ExprId> at;
  for (size_t k = 0; k < index.at.size(); ++k) {
    if (index.linear || writer_.type(buf).dims[k] != 1) at.push_back(index.at[k]);
  }
  bool& elsewhere = frame.read_elsewhere[buf.index];
  elsewhere = elsewhere || at != frame.identity;
  return writer_.load(buf, index.at);
}

ExprId FunctionLowering::compute(Frame& frame, const Op& op, const Index& index) {
  if (elementwise(op) != nullptr) {
    std::vector<ExprId> args;
    for (ValueId arg : op.args) args.push_back(pull(frame, arg, index));
    return elementwise_expr(op, std::move(args));
  }
  if (is_dot(op)) return from_zero(op, pull_product(frame, op, spread(op.results[0], index)));
  if (reduction(op) != nullptr) return pull_only(frame, op, index);
  return pull_view(frame, op, *structural(op), index);
}

/// A sum of one term: it begins with 0, which shows when the term is -0.
ExprId FunctionLowering::from_zero(const Op& op, ExprId term) {
  const Elem elem = facts_.type(op.results[0]).elem;
  if (elem != Elem::F64 && elem != Elem::F32) return term;
  return writer_.scalar(ScalarOp::Add, elem, {writer_.number(elem, 0), term}, op.loc);
}

/// A reduction over axes of size 1.
ExprId FunctionLowering::pull_only(Frame& frame, const Op& op, const Index& index) {
  const bool sums =
      reduction(op)->reduction == core::Reduction::Sum && !op.attrs.ints("axes").empty();
  const auto of = [&](ExprId only) { return sums ? from_zero(op, only) : only; };
  if (index.linear) return of(pull(frame, op.args[0], index));
  std::vector<ExprId> at;
  for (int kept : kept_axes(op, facts_.type(op.args[0]).rank())) {
    at.push_back(kept < 0 ? writer_.integer(0) : index.at[static_cast<size_t>(kept)]);
  }
  return of(pull(frame, op.args[0], {false, std::move(at)}));
}

ExprId FunctionLowering::class_test(const Op& op, ExprId x) {
  const Elem elem = writer_.type(x);
  if (op.primitive->name == "is_nan") {
    return writer_.scalar(ScalarOp::Ne, Elem::Bool, {x, x}, op.loc);
  }
  const ExprId size = writer_.scalar(ScalarOp::Abs, elem, {x}, op.loc);
  const ExprId infinity = writer_.number(elem, std::numeric_limits<double>::infinity());
  return writer_.scalar(ScalarOp::Eq, Elem::Bool, {size, infinity}, op.loc);
}

ExprId FunctionLowering::elementwise_expr(const Op& op, std::vector<ExprId> args) {
  if (is_class_test(op)) return class_test(op, args[0]);
  const core::ElementwiseLowering& lowering = *elementwise(op);
  loop::Expr e{};
  e.kind = ExprKind::Scalar;
  e.type = facts_.type(op.results[0]).elem;
  e.op = lowering.op;
  e.function = lowering.function;
  e.loc = op.loc;
  e.args = std::move(args);
  e.unchecked = op.attrs.flag("proven");
  if (e.op == ScalarOp::CheckIndex) e.axis = static_cast<int>(op.attrs.integer("axis"));
  return writer_.add(std::move(e));
}

/// a[…] * b[…] at an index of the product's space: batch, left, right, contracted axes.
ExprId FunctionLowering::pull_product(Frame& frame, const Op& op, const Index& space) {
  const DotForm form = dot_form(facts_, op, 0);
  std::vector<ExprId> a_at(static_cast<size_t>(facts_.type(form.a).rank()));
  std::vector<ExprId> b_at(static_cast<size_t>(facts_.type(form.b).rank()));
  size_t next = 0;
  auto put = [&](std::vector<ExprId>& at, int64_t axis) {
    at[static_cast<size_t>(axis)] = space.at[next];
  };
  const auto& lhs_batch = form.attrs.ints("lhs_batch");
  const auto& rhs_batch = form.attrs.ints("rhs_batch");
  for (size_t k = 0; k < lhs_batch.size(); ++k, ++next) {
    put(a_at, lhs_batch[k]);
    put(b_at, rhs_batch[k]);
  }
  for (int64_t axis : form.lhs_free) put(a_at, axis), ++next;
  for (int64_t axis : form.rhs_free) put(b_at, axis), ++next;
  const auto& lhs = form.attrs.ints("lhs_contract");
  const auto& rhs = form.attrs.ints("rhs_contract");
  for (size_t k = 0; k < lhs.size(); ++k, ++next) {
    put(a_at, lhs[k]);
    put(b_at, rhs[k]);
  }
  const ExprId a = pull(frame, form.a, {false, std::move(a_at)});
  const ExprId b = pull(frame, form.b, {false, std::move(b_at)});
  return product_term(op, ScalarOp::Mul, a, b);
}

ExprId FunctionLowering::product_term(const Op& op, ScalarOp step, ExprId a, ExprId b) {
  loop::Expr e{};
  e.kind = ExprKind::Scalar;
  e.type = facts_.type(op.results[0]).elem;
  e.op = step;
  e.loc = op.loc;
  e.args = {a, b};
  e.unchecked = op.attrs.flag("proven");
  e.of_product = e.type == Elem::I64;
  return writer_.add(std::move(e));
}

// ---- views

ExprId FunctionLowering::pull_view(Frame& frame, const Op& op, Structural form,
                                   const Index& index) {
  const ValueId from = op.args.empty() ? ValueId{} : op.args[0];
  if (form == Structural::Copy) return pull(frame, from, index);
  if (form == Structural::Reshape) return pull_reshaped(frame, op, index);
  if (form == Structural::Broadcast && !facts_.is_array(from)) return scalar(from);
  Index at = spread(op.results[0], index);
  switch (form) {
    case Structural::Iota:
      return at.at[0];
    case Structural::Broadcast: {
      std::vector<ExprId> picked;
      for (int64_t axis : op.attrs.ints("axes")) picked.push_back(at.at[static_cast<size_t>(axis)]);
      return pull(frame, from, {false, std::move(picked)});
    }
    case Structural::Transpose: {
      std::vector<ExprId> moved(at.at.size());
      const auto& perm = op.attrs.ints("perm");
      for (size_t k = 0; k < perm.size(); ++k) moved[static_cast<size_t>(perm[k])] = at.at[k];
      return pull(frame, from, {false, std::move(moved)});
    }
    case Structural::Reverse:
      for (int64_t axis : op.attrs.ints("axes")) {
        ExprId& i = at.at[static_cast<size_t>(axis)];
        const ExprId last =
            writer_.index_sub(extent(from, static_cast<int>(axis)), writer_.integer(1));
        i = writer_.index_sub(last, i);
      }
      return pull(frame, from, std::move(at));
    case Structural::Slice: {
      ExprId& i = at.at[static_cast<size_t>(op.attrs.integer("axis"))];
      const ExprId step = writer_.integer(op.attrs.integer("step"));
      i = writer_.index_add(scalar(op.args[1]), writer_.index_mul(i, step));
      return pull(frame, from, std::move(at));
    }
    case Structural::Index:
      return pull(frame, from, {false, with_indices(op, 1, at.at)});
    case Structural::Take:
      return pull_taken(frame, op, at);
    default:
      throw std::logic_error("lower: this operation has no elements to compute");
  }
}

/// An index of args[0]: the scalars from operand `first` on at {axes}, `rest` at the other axes.
std::vector<ExprId> FunctionLowering::with_indices(const Op& op, size_t first,
                                                   const std::vector<ExprId>& rest) {
  const auto& axes = op.attrs.ints("axes");
  std::vector<ExprId> at(axes.size() + rest.size());
  for (size_t k = 0; k < axes.size(); ++k) {
    at[static_cast<size_t>(axes[k])] = scalar(op.args[first + k]);
  }
  auto next = rest.begin();
  for (ExprId& i : at) {
    if (!i.valid()) i = *next++;
  }
  return at;
}

ExprId FunctionLowering::pull_taken(Frame& frame, const Op& op, const Index& index) {
  const auto axis = static_cast<std::ptrdiff_t>(op.attrs.integer("axis"));
  const std::ptrdiff_t rank = facts_.type(op.args[1]).rank();
  const auto begin = index.at.begin();
  const ExprId i = pull(frame, op.args[1], {false, {begin + axis, begin + axis + rank}});
  std::vector<ExprId> at(begin, begin + axis);
  at.push_back(i);
  at.insert(at.end(), begin + axis + rank, index.at.end());
  return pull(frame, op.args[0], {false, std::move(at)});
}

/// Axes of size 1 come and go; anything else goes through the row-major position.
ExprId FunctionLowering::pull_reshaped(Frame& frame, const Op& op, const Index& index) {
  const ValueId from = op.args[0], to = op.results[0];
  if (!facts_.is_array(from)) return scalar(from);
  const auto& from_dims = facts_.type(from).dims;
  const auto& to_dims = facts_.type(to).dims;
  if (!index.linear && moves_unit_axes(facts_, op)) {
    std::vector<ExprId> at;
    size_t next = 0;
    for (int64_t dim : from_dims) {
      while (dim != 1 && to_dims[next] == 1) ++next;
      at.push_back(dim == 1 ? writer_.integer(0) : index.at[next++]);
    }
    return pull(frame, from, {false, std::move(at)});
  }
  const ExprId at = index.linear ? index.at[0] : linear(index.at, extents(to));
  return pull(frame, from, {true, {at}});
}

// ---- row-major positions

ExprId FunctionLowering::linear(const std::vector<ExprId>& at, const std::vector<ExprId>& sizes) {
  ExprId position = writer_.integer(0);
  for (size_t k = 0; k < at.size(); ++k) {
    position = writer_.index_add(writer_.index_mul(position, sizes[k]), at[k]);
  }
  return position;
}

std::vector<ExprId> FunctionLowering::delinear(ExprId at, const std::vector<ExprId>& sizes) {
  std::vector<ExprId> index(sizes.size());
  for (size_t k = sizes.size(); k-- > 0;) {
    index[k] = k == 0 ? at : writer_.index_mod(at, sizes[k]);
    at = writer_.index_div(at, sizes[k]);
  }
  return index;
}

Index FunctionLowering::spread(ValueId value, const Index& index) {
  if (!index.linear) return index;
  return {false, delinear(index.at[0], extents(value))};
}

/// Its elements can be computed from a row-major position without division.
bool FunctionLowering::takes_linear(ValueId value, std::unordered_map<uint32_t, bool>& known) {
  if (!facts_.is_array(value) || bound(value) || facts_.type(value).rank() == 1) return true;
  const Op* op = facts_.definition(value);
  if (op == nullptr || op->kind == OpKind::Constant) return true;
  if (auto at = known.find(value.index); at != known.end()) return at->second;
  bool result = false;
  const std::optional<Structural> form = structural(*op);
  if (elementwise(*op) != nullptr) {
    result = std::ranges::all_of(op->args, [&](ValueId arg) { return takes_linear(arg, known); });
  } else if (form == Structural::Copy || form == Structural::Reshape || reduction(*op) != nullptr) {
    result = takes_linear(op->args[0], known);
  } else if (form == Structural::Broadcast) {
    result = !facts_.is_array(op->args[0]);
  }
  known.emplace(value.index, result);
  return result;
}

}  // namespace calc::lower
