// Reductions inside a nest. The accumulator is a variable where the reduced loops are the innermost
// ones; where a reduced loop runs outside a kept one (columns of a row-major matrix), the elements
// of the result are the accumulators, so that memory is walked in order.
#include <algorithm>
#include <limits>

#include "lang/lower/root.h"

namespace calc::lower {

using core::Reduction;

ExprId FunctionLowering::initial(const Root& root) {
  switch (root.reduction) {
    case Reduction::Sum:
      return writer_.number(root.elem, 0);
    case Reduction::Prod:
      return writer_.number(root.elem, 1);
    case Reduction::Max:
      if (root.elem == Elem::I64) return writer_.integer(std::numeric_limits<int64_t>::min());
      return writer_.number(root.elem, -std::numeric_limits<double>::infinity());
    case Reduction::Min:
      if (root.elem == Elem::I64) return writer_.integer(std::numeric_limits<int64_t>::max());
      return writer_.number(root.elem, std::numeric_limits<double>::infinity());
    case Reduction::All:
      return writer_.boolean(true);
    default:
      return writer_.boolean(false);
  }
}

ExprId FunctionLowering::combine(const Root& root, ExprId accumulator, ExprId x) {
  ScalarOp op = ScalarOp::Add;
  switch (root.reduction) {
    case Reduction::Prod:
      op = ScalarOp::Mul;
      break;
    case Reduction::Max:
      op = ScalarOp::Max;
      break;
    case Reduction::Min:
      op = ScalarOp::Min;
      break;
    case Reduction::Any:
      op = ScalarOp::Or;
      break;
    case Reduction::All:
      op = ScalarOp::And;
      break;
    default:
      break;
  }
  if (is_dot(*root.op)) return product_term(*root.op, op, accumulator, x);
  if (op == ScalarOp::Add && root.op->attrs.flag("proven"))
    return writer_.index_add(accumulator, x);
  return writer_.scalar(op, root.elem, {accumulator, x}, root.loc);
}

/// Stores `value` everywhere.
void FunctionLowering::fill(BufId buf, ValueId like, ExprId value) {
  Nest nest = open_nest({count_of(extents(like))});
  {
    Redirect into(writer_, nest.lists.back());
    writer_.store(buf, {writer_.var(nest.vars[0])}, value);
  }
  close_nest(std::move(nest));
}

/// Finds where the accumulation starts and sets it up.
void FunctionLowering::start_reduction(Root& root, Nest& nest, const Index& index,
                                       const std::vector<size_t>& order) {
  const size_t rank = index.at.size();
  auto reduced = [&](size_t axis) { return index.linear || is_reduced(*root.op, axis, rank); };
  for (size_t axis = 0; axis < rank; ++axis) {
    if (!reduced(axis)) root.kept.push_back(index.at[axis]);
  }
  for (size_t d = 0; d < nest.vars.size(); ++d) {
    if (!reduced(order[d])) root.depth = d + 1;
  }
  if (facts_.is_array(root.value)) {
    root.dest = fresh(root.value);
    alloc(root.dest, root.value, root.loc);
  }
  for (size_t d = 0; d < root.depth; ++d) {
    if (!reduced(order[d])) continue;
    root.buffered = true;
    nest.parallel[d] = false;
  }
  if (root.buffered) fill(root.dest, root.value, initial(root));
}

/// Is the axis of the nest's space summed over?
bool FunctionLowering::is_reduced(const Op& op, size_t axis, size_t rank) {
  if (is_dot(op)) return axis >= rank - op.attrs.ints("lhs_contract").size();
  return kept_axes(op, static_cast<int>(rank))[axis] < 0;
}

void FunctionLowering::accumulate(Root& root, Nest& nest, Frame& frame, const Index& index) {
  const ExprId x = is_dot(*root.op) ? pull_product(frame, *root.op, index)
                                    : pull(frame, root.op->args[0], index);
  if (root.kind == Root::Kind::Position) return accumulate_position(root, nest, x);
  if (root.buffered && root.depth == nest.vars.size()) {
    Redirect into(writer_, nest.lists.back());
    return writer_.store(root.dest, root.kept,
                         combine(root, writer_.load(root.dest, root.kept), x));
  }
  accumulate_in(root, nest, x);
}

/// Accumulates in a variable, from loop `depth` on.
void FunctionLowering::accumulate_in(Root& root, Nest& nest, ExprId x) {
  root.accumulator = writer_.add_var(root.elem);
  const ExprId accumulator = writer_.var(root.accumulator);
  {
    Redirect before(writer_, nest.lists[root.depth]);
    writer_.assign(root.accumulator, initial(root));
  }
  {
    Redirect inside(writer_, nest.lists.back());
    writer_.assign(root.accumulator, combine(root, accumulator, x));
  }
  // Checked integer sums fail at the first overflow: their order is fixed.
  const bool checked = root.elem == Elem::I64 && !root.op->attrs.flag("proven") &&
                       (root.reduction == Reduction::Sum || root.reduction == Reduction::Prod);
  for (size_t d = root.depth; d < nest.vars.size(); ++d) {
    if (checked) nest.parallel[d] = false;
    nest.reductions[d].push_back(root.accumulator);
  }
  if (!facts_.is_array(root.value)) return;
  Redirect behind(writer_,
                  root.depth < nest.vars.size() ? nest.after[root.depth] : nest.lists.back());
  const ExprId total =
      root.buffered ? combine(root, writer_.load(root.dest, root.kept), accumulator) : accumulator;
  writer_.store(root.dest, root.kept, total);
}

/// argmax and argmin along the innermost loop: the first of equals, nan before all.
void FunctionLowering::accumulate_position(Root& root, Nest& nest, ExprId x) {
  const Elem elem = writer_.type(x);
  root.accumulator = writer_.add_var(elem);
  root.position = writer_.add_var(Elem::I64);
  const ExprId best = writer_.var(root.accumulator), at = writer_.var(root.position);
  {
    Redirect before(writer_, nest.lists[root.depth]);
    writer_.assign(root.accumulator,
                   elem == Elem::Bool ? writer_.boolean(false) : writer_.number(elem, 0));
    writer_.assign(root.position, writer_.integer(-1));
  }
  {
    Redirect inside(writer_, nest.lists.back());
    auto test = [&](ScalarOp op, ExprId a, ExprId b) {
      return writer_.scalar(op, Elem::Bool, {a, b});
    };
    x = writer_.assign_fresh(x);
    const ScalarOp order = root.reduction == Reduction::ArgMax ? ScalarOp::Gt : ScalarOp::Lt;
    ExprId better =
        test(ScalarOp::Or, test(ScalarOp::Lt, at, writer_.integer(0)), test(order, x, best));
    if (elem == Elem::F64 || elem == Elem::F32) {
      const ExprId first_nan =
          test(ScalarOp::And, test(ScalarOp::Ne, x, x), test(ScalarOp::Eq, best, best));
      better = test(ScalarOp::Or, better, first_nan);
    }
    better = writer_.assign_fresh(better);
    const ExprId i = root.index.at.back();
    writer_.assign(root.position, writer_.scalar(ScalarOp::Select, Elem::I64, {better, i, at}));
    writer_.assign(root.accumulator, writer_.scalar(ScalarOp::Select, elem, {better, x, best}));
  }
  if (root.depth < nest.vars.size()) nest.parallel.back() = false;
  if (!facts_.is_array(root.value)) return;
  Redirect behind(writer_,
                  root.depth < nest.vars.size() ? nest.after[root.depth] : nest.lists.back());
  writer_.store(root.dest, root.kept, at);
}

}  // namespace calc::lower
