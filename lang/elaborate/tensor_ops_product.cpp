// `@`, `·`, `dot`: contractions, all as one `dot_general`.
#include <numeric>

#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

Elem product_elem(const Leaf& a, const Leaf& b) {
  const Elem elem = meet(a, b);
  return elem == Elem::Bool ? Elem::I64 : elem;
}

std::vector<int64_t> counting(int n) {
  std::vector<int64_t> axes(static_cast<size_t>(n));
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return axes;
}

std::string product_hint(const core::Dims& left, const core::Dims& right, int64_t last,
                         int64_t first) {
  if (left.size() == 2 && left[0] == first) return "the left may want its transpose: `A' @ …`";
  if (right.size() == 2 && right[1] == last) return "the right may want its transpose: `… @ A'`";
  const bool swapped = !left.empty() && right.size() <= 2 && !right.empty() &&
                       right.back() == left[left.size() == 1 ? 0 : left.size() - 2];
  if (swapped && left.size() <= 2) return "the other way round they would fit";
  return "";
}

[[noreturn]] void does_not_contract(const ValuePtr& a, const ValuePtr& b, int64_t last,
                                    int64_t first, const BinarySpans& spans) {
  base::Diagnostic diagnostic;
  diagnostic.message =
      "shapes do not fit: `@` contracts " + type_text(*a) + " with " + type_text(*b);
  diagnostic.span = spans.whole;
  const bool matrix = b->leaf.type.rank() > 2;
  diagnostic.note = "the last axis of the left has size " + std::to_string(last) +
                    (matrix ? ", the last but one of the right has size "
                            : ", the first of the right has size ") +
                    std::to_string(first);
  diagnostic.labels = {{spans.lhs, type_text(*a)}, {spans.rhs, type_text(*b)}};
  diagnostic.hint = product_hint(a->leaf.type.dims, b->leaf.type.dims, last, first);
  throw base::DiagnosticError{diagnostic};
}

/// Both operands with one size on the contracted axes.
void agree(Emit& emit, ValueId& a, size_t axis_a, ValueId& b, size_t axis_b) {
  Sizes left = sizes_of(emit, a);
  Sizes right = sizes_of(emit, b);
  check_sizes(emit, left[axis_a], right[axis_b], "`@` contracts axes of equal sizes");
  const Size& size = left[axis_a].is_static() ? left[axis_a] : right[axis_b];
  left[axis_a] = size;
  right[axis_b] = size;
  a = refine(emit, a, left);
  b = refine(emit, b, right);
}

/// Leading axes that are not the product's own.
void check_batch(const ValuePtr& a, int keep_a, const ValuePtr& b, int keep_b,
                 const BinarySpans& spans) {
  const core::Dims& left = a->leaf.type.dims;
  const core::Dims& right = b->leaf.type.dims;
  const size_t batch_a = left.size() - static_cast<size_t>(keep_a);
  const size_t batch_b = right.size() - static_cast<size_t>(keep_b);
  for (size_t back = 1; back <= std::min(batch_a, batch_b); ++back) {
    const int64_t one = left[batch_a - back];
    const int64_t other = right[batch_b - back];
    const bool fits =
        one == other || one == 1 || other == 1 || one == core::kDynamic || other == core::kDynamic;
    if (fits) continue;
    base::Diagnostic diagnostic;
    diagnostic.message =
        "shapes do not fit: `@` multiplies " + type_text(*a) + " by " + type_text(*b);
    diagnostic.span = spans.whole;
    diagnostic.note = "the batch axes before the last two have sizes " + std::to_string(one) +
                      " and " + std::to_string(other);
    diagnostic.labels = {{spans.lhs, type_text(*a)}, {spans.rhs, type_text(*b)}};
    throw base::DiagnosticError{diagnostic};
  }
}

/// Leading batch axes of both broadcast to a common shape; the trailing `keep` axes stay.
void broadcast_batch(Emit& emit, ValueId& a, int keep_a, ValueId& b, int keep_b,
                     const BinarySpans& spans) {
  const auto batch_witness = [&](ValueId value, int keep) {
    Sizes sizes = sizes_of(emit, value);
    sizes.resize(sizes.size() - static_cast<size_t>(keep));
    return fill(emit, emit.builder().boolean(false), sizes);
  };
  const std::vector<ValueId> common =
      broadcast_all(emit, {batch_witness(a, keep_a), batch_witness(b, keep_b)}, "`@`", spans.whole,
                    {spans.lhs, spans.rhs});
  const auto widen = [&](ValueId value, int keep) {
    Sizes target = sizes_of(emit, common[0]);
    const Sizes own = sizes_of(emit, value);
    target.insert(target.end(), own.end() - keep, own.end());
    return broadcast_to(emit, value, target, "`@`", spans.whole);
  };
  a = widen(a, keep_a);
  b = widen(b, keep_b);
}

void require_axes(const ValuePtr& a, const ValuePtr& b, const BinarySpans& spans) {
  for (const ValuePtr& operand : {a, b}) {
    if (operand->leaf.type.rank() > 0) continue;
    base::fail(
        spans.whole,
        "`@` contracts vectors and matrices, not " + type_text(*a) + " with " + type_text(*b),
        "`*` multiplies by a number");
  }
}

}  // namespace

ValuePtr matmul(Emit& emit, const ValuePtr& a, const ValuePtr& b, const BinarySpans& spans) {
  require_axes(a, b, spans);
  const int rank_a = a->leaf.type.rank();
  const int rank_b = b->leaf.type.rank();
  const size_t axis_a = static_cast<size_t>(rank_a - 1);
  const size_t axis_b = static_cast<size_t>(rank_b == 1 ? 0 : rank_b - 2);
  const int64_t last = a->leaf.type.dims[axis_a];
  const int64_t first = b->leaf.type.dims[axis_b];
  if (last != first && last != core::kDynamic && first != core::kDynamic) {
    does_not_contract(a, b, last, first, spans);
  }
  const Elem elem = product_elem(a->leaf, b->leaf);
  ValueId x = converted(emit, a->leaf, elem);
  ValueId y = converted(emit, b->leaf, elem);
  agree(emit, x, axis_a, y, axis_b);
  int64_t batch = 0;
  int64_t contract_a = rank_a - 1;
  int64_t contract_b = static_cast<int64_t>(axis_b);
  if (rank_a > 2 && rank_b > 2) {
    check_batch(a, 2, b, 2, spans);
    broadcast_batch(emit, x, 2, y, 2, spans);
    batch = emit.builder().type(x).rank() - 2;
    contract_a = batch + 1;
    contract_b = batch;
  } else if (rank_b > 2) {
    // matrix · batch of matrices, vector · batch: the batch axes come first in the result.
    const int keep = rank_a == 1 ? 1 : 2;
    broadcast_batch(emit, x, keep, y, 2, spans);
    batch = emit.builder().type(y).rank() - 2;
    contract_a = batch + keep - 1;
    contract_b = batch;
  }
  return wrap(emit, emit.builder().op("dot_general", {x, y},
                                      {{"lhs_contract", std::vector<int64_t>{contract_a}},
                                       {"rhs_contract", std::vector<int64_t>{contract_b}},
                                       {"lhs_batch", counting(static_cast<int>(batch))},
                                       {"rhs_batch", counting(static_cast<int>(batch))}}));
}

namespace {

ValueId dot_tensors(Emit& emit, const ValuePtr& a, const ValuePtr& b, const std::string& what,
                    const BinarySpans& spans) {
  const Elem elem = product_elem(a->leaf, b->leaf);
  const core::Dims& left = a->leaf.type.dims;
  const core::Dims& right = b->leaf.type.dims;
  if (!core::compatible({elem, left}, {elem, right})) {
    const bool contracts = !left.empty() && !right.empty() && left.size() != right.size();
    base::Diagnostic diagnostic;
    diagnostic.span = spans.op.known() ? spans.op : spans.whole;
    diagnostic.labels = {{spans.lhs, type_text(*a)}, {spans.rhs, type_text(*b)}};
    diagnostic.message =
        "shapes do not fit: `·` needs equal sizes, " + type_text(*a) + " and " + type_text(*b);
    if (contracts) diagnostic.hint = "`@` is the product of matrices and vectors";
    throw base::DiagnosticError{diagnostic};
  }
  std::vector<ValueId> operands =
      broadcast_all(emit, {converted(emit, a->leaf, elem), converted(emit, b->leaf, elem)}, what,
                    spans.whole, {spans.lhs, spans.rhs});
  const int rank = static_cast<int>(left.size());
  if (rank == 0) return emit.builder().mul(operands[0], operands[1]);
  return emit.builder().op("dot_general", operands,
                           {{"lhs_contract", counting(rank)},
                            {"rhs_contract", counting(rank)},
                            {"lhs_batch", std::vector<int64_t>{}},
                            {"rhs_batch", std::vector<int64_t>{}}});
}

}  // namespace

ValuePtr dot(Emit& emit, const ValuePtr& a, const ValuePtr& b, const BinarySpans& spans) {
  emit.at(spans.whole);
  if (is_tensor(a) && is_tensor(b)) return wrap(emit, dot_tensors(emit, a, b, "`·`", spans));
  const bool trees = (a->kind == ValueKind::Tuple || a->kind == ValueKind::Record) &&
                     a->kind == b->kind && a->items.size() == b->items.size() &&
                     a->fields == b->fields && !a->items.empty();
  if (!trees) {
    base::fail(spans.whole, "`·` is not defined for " + type_text(*a) + " and " + type_text(*b));
  }
  ValuePtr total;
  for (size_t k = 0; k < a->items.size(); ++k) {
    const ValuePtr part = dot(emit, a->items[k], b->items[k], spans);
    total = total ? binary(emit, syntax::BinaryOp::Add, total, part, spans) : part;
  }
  return total;
}

}  // namespace calc::elab
