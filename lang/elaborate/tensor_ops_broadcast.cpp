// NumPy's broadcasting made explicit: a size-1 axis that stretches is reshaped away, then the
// operand is placed in the common shape.
#include <algorithm>

#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

using core::ValueId;

namespace {

struct Operands {
  const std::vector<ValueId>& ids;
  const std::string& what;
  base::Span span;
  const std::vector<base::Span>& spans;
};

/// The entry of `sizes` that is `back` from the end (0: the last); null when there is none.
const Size* from_end(const Sizes& sizes, size_t back) {
  return back < sizes.size() ? &sizes[sizes.size() - 1 - back] : nullptr;
}

std::string shape_hint(const core::Type& a, const core::Type& b, const std::string& what) {
  const bool contracts = a.rank() > 0 && b.rank() > 0 && a.rank() + b.rank() > 2 && a.rank() <= 2 &&
                         b.rank() <= 2 && a.dims.back() == b.dims[0];
  if (contracts && what == "`*`") return "did you mean the product of matrices, `@`?";
  if (a.rank() == 2 && b.rank() == 2 && a.dims[0] == b.dims[1] && a.dims[1] == b.dims[0]) {
    return "one of them is transposed: `A'` is the transpose of `A`";
  }
  if (a.rank() == 2 && b.rank() == 1 && a.dims[0] == b.dims[0]) {
    return "`v[:, none]` makes a column of the vector, which fits the rows";
  }
  if (a.rank() == 1 && b.rank() == 2 && b.dims[0] == a.dims[0]) {
    return "`v[:, none]` makes a column of the vector, which fits the rows";
  }
  return {};
}

[[noreturn]] void mismatch(Emit& emit, const Operands& operands) {
  base::Diagnostic diagnostic;
  diagnostic.span = operands.span;
  std::string types;
  for (size_t k = 0; k < operands.ids.size(); ++k) {
    const std::string text = core::user_text(emit.builder().type(operands.ids[k]));
    if (k > 0) types += k + 1 == operands.ids.size() ? " and " : ", ";
    types += text;
    if (k < operands.spans.size() && operands.spans[k].known()) {
      diagnostic.labels.push_back({operands.spans[k], text});
    }
  }
  diagnostic.message = "shapes do not fit: " + operands.what + " needs equal sizes, " + types;
  if (operands.ids.size() == 2) {
    diagnostic.hint = shape_hint(emit.builder().type(operands.ids[0]),
                                 emit.builder().type(operands.ids[1]), operands.what);
  }
  throw base::DiagnosticError{diagnostic};
}

/// The common size of one axis, its run-time checks emitted.
Size common_size(Emit& emit, const std::vector<const Size*>& sizes, const Operands& operands) {
  const Size* chosen = nullptr;
  for (const Size* size : sizes) {
    if (!size->is_static() || size->is(1)) continue;
    if (chosen && !chosen->is(size->constant)) mismatch(emit, operands);
    chosen = size;
  }
  for (const Size* size : sizes) {
    if (size->is_static()) continue;
    if (chosen) {
      check_sizes(emit, *chosen, *size, operands.what + " needs equal sizes");
    } else {
      chosen = size;
    }
  }
  return chosen ? *chosen : known_size(1);
}

ValueId expand(Emit& emit, ValueId a, const Sizes& own, const Sizes& target) {
  const size_t offset = target.size() - own.size();
  Sizes kept;
  std::vector<int64_t> axes;
  for (size_t k = 0; k < own.size(); ++k) {
    const Size& wanted = target[k + offset];
    if (own[k].is(1) && !wanted.is(1)) continue;
    kept.push_back(wanted);
    axes.push_back(static_cast<int64_t>(k + offset));
  }
  a = refine(emit, a, kept);
  if (axes.size() == target.size()) return a;
  return broadcast(emit, a, target, std::move(axes));
}

}  // namespace

std::vector<ValueId> broadcast_all(Emit& emit, std::vector<ValueId> ids, const std::string& what,
                                   base::Span span, const std::vector<base::Span>& spans) {
  const core::Builder& build = emit.builder();
  const bool equal = std::all_of(ids.begin(), ids.end(), [&](ValueId id) {
    return build.type(id).is_static() && build.type(id).dims == build.type(ids[0]).dims;
  });
  if (equal) return ids;
  const Operands operands{ids, what, span, spans};
  std::vector<Sizes> own;
  size_t rank = 0;
  for (ValueId id : ids) {
    own.push_back(sizes_of(emit, id));
    rank = std::max(rank, own.back().size());
  }
  Sizes target(rank);
  for (size_t back = 0; back < rank; ++back) {
    std::vector<const Size*> sizes;
    for (const Sizes& shape : own) {
      if (const Size* size = from_end(shape, back)) sizes.push_back(size);
    }
    target[rank - 1 - back] = common_size(emit, sizes, operands);
  }
  std::vector<ValueId> result;
  for (size_t k = 0; k < ids.size(); ++k) result.push_back(expand(emit, ids[k], own[k], target));
  return result;
}

ValueId broadcast_to(Emit& emit, ValueId a, const Sizes& sizes, const std::string& what,
                     base::Span span) {
  const Sizes own = sizes_of(emit, a);
  const auto fail = [&] {
    core::Type wanted{emit.builder().type(a).elem, dims_of(sizes)};
    base::fail(span, "shapes do not fit: " + what + " has shape " + core::user_text(wanted) +
                         ", the value is " + core::user_text(emit.builder().type(a)));
  };
  if (own.size() > sizes.size()) fail();
  for (size_t back = 0; back < own.size(); ++back) {
    const Size& mine = *from_end(own, back);
    const Size& wanted = *from_end(sizes, back);
    if (mine.is(1)) continue;
    if (mine.is_static() && wanted.is_static() && !mine.is(wanted.constant)) fail();
    check_sizes(emit, wanted, mine, what + " and the value need equal sizes");
  }
  return expand(emit, a, own, sizes);
}

ValueId elementwise(Emit& emit, std::string_view primitive, const Leaf& a, const Leaf& b,
                    core::Elem elem, const std::string& what, const BinarySpans& spans,
                    core::Attrs attrs) {
  std::vector<ValueId> operands =
      broadcast_all(emit, {converted(emit, a, elem), converted(emit, b, elem)}, what,
                    spans.op.known() ? spans.op : spans.whole, {spans.lhs, spans.rhs});
  return emit.builder().op(primitive, std::move(operands), std::move(attrs));
}

}  // namespace calc::elab
