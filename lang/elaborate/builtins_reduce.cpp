// Reductions and scans along axes. Without `axis` a reduction takes all axes.
#include "lang/elaborate/builtins.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// Puts axes of size 1 back where a reduction dropped them.
ValueId with_kept_axes(Emit& emit, ValueId reduced, const std::vector<int64_t>& axes) {
  Sizes sizes = sizes_of(emit, reduced);
  for (int64_t axis : axes) sizes.insert(sizes.begin() + axis, known_size(1));
  return reshape(emit, reduced, sizes);
}

ValueId reduce(Emit& emit, std::string_view primitive, ValueId a,
               const std::vector<int64_t>& axes) {
  return axes.empty() ? a : emit.builder().op(primitive, {a}, {{"axes", axes}});
}

/// The numbers a sum or product is over: a Bool counts as an Int.
ValueId numbers(Emit& emit, const Leaf& leaf) {
  return converted(emit, leaf, leaf.type.elem == Elem::Bool ? Elem::I64 : leaf.type.elem);
}

/// `x, axis, keepdims` starting at parameter `first_axis`.
ValuePtr reduced(Emit& emit, const BuiltinArgs& args, std::string_view primitive, ValueId a,
                 size_t axis_param) {
  const std::vector<int64_t> axes = args.axes(emit, axis_param, emit.builder().type(a).rank());
  ValueId result = reduce(emit, primitive, a, axes);
  if (args.flag(emit, axis_param + 1, false)) result = with_kept_axes(emit, result, axes);
  return wrap(emit, result);
}

Leaf operand(Emit& emit, const BuiltinArgs& args) {
  const ValuePtr& x = args[0];
  if (x->kind == ValueKind::Tuple || x->kind == ValueKind::Record) {
    base::fail(args.span(0), args.name() + " needs a number or tensor, this is " + type_text(*x),
               "`flatten(p)` makes a vector of it; `[a, b]` is an array, `(a, b)` a tuple");
  }
  return args.tensor(emit, 0);
}

ValuePtr sum(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const std::string primitive = "reduce_" + std::string(self.name);
  return reduced(emit, args, primitive, numbers(emit, operand(emit, args)), 1);
}

ValuePtr mean(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const Leaf leaf = operand(emit, args);
  const ValueId x = converted(emit, leaf, real_elem(leaf));
  const ValuePtr total = reduced(emit, args, "reduce_sum", x, 1);
  Sizes counted;
  const Sizes sizes = sizes_of(emit, x);
  for (int64_t axis : args.axes(emit, 1, b.type(x).rank())) {
    counted.push_back(sizes[static_cast<size_t>(axis)]);
  }
  const Size count = count_of(emit, counted);
  const Elem elem = b.type(x).elem;
  const ValueId divisor = count.is_static()
                              ? b.convert(b.real(static_cast<double>(count.constant)), elem)
                              : b.convert(count.value, elem);
  return wrap(emit, b.div(total->leaf.id, b.fill_like(divisor, total->leaf.id)));
}

ValuePtr any_all(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf x = operand(emit, args);
  if (x.type.elem != Elem::Bool) {
    base::fail(args.span(0), args.name() + " needs Bools, this is " + core::user_text(x.type),
               "compare: `" + std::string(self.name) + "(x > 0)`");
  }
  return reduced(emit, args, "reduce_" + std::string(self.name), x.id, 1);
}

ValuePtr count(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf x = operand(emit, args);
  if (x.type.elem != Elem::Bool) {
    base::fail(args.span(0), "`count` counts Bools, this is " + core::user_text(x.type),
               "compare: `count(x > 0)`; `size(x)` is the number of entries");
  }
  return reduced(emit, args, "reduce_sum", numbers(emit, x), 1);
}

ValuePtr max_min(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (args.has(1)) {
    if (args.has(2)) {
      base::fail(args.whole(), args.name() + " takes two values or an axis, not both");
    }
    const BinarySpans spans{args.whole(), args.whole(), args.span(0), args.span(1)};
    return extremum(emit, self.name == "max", tensor(args.tensor(emit, 0)),
                    tensor(args.tensor(emit, 1)), spans);
  }
  const ValueId x = numbers(emit, operand(emit, args));
  return reduced(emit, args, "reduce_" + std::string(self.name), x, 2);
}

ValueId flattened(Emit& emit, ValueId a) {
  return reshape(emit, a, {count_of(emit, sizes_of(emit, a))});
}

ValuePtr arg_extremum(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  ValueId x = numbers(emit, operand(emit, args));
  int64_t axis = 0;
  if (args.has(1)) {
    axis = args.axis(emit, 1, emit.builder().type(x).rank(), 0);
  } else if (emit.builder().type(x).rank() != 1) {
    x = flattened(emit, x);
  }
  return wrap(emit, emit.builder().op(self.name, {x}, {{"axis", axis}}));
}

ValuePtr cumulative(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  ValueId x = numbers(emit, operand(emit, args));
  int64_t axis = 0;
  if (args.has(1)) {
    axis = args.axis(emit, 1, emit.builder().type(x).rank(), 0);
  } else if (emit.builder().type(x).rank() != 1) {
    x = flattened(emit, x);
  }
  return wrap(emit, emit.builder().op(self.name, {x}, {{"axis", axis}, {"reverse", false}}));
}

// ---- sorting -----------------------------------------------------------------------------------

/// `a` with entries along the last axis taken in the order of `order` (the same shape).
ValueId take_along_last(Emit& emit, ValueId a, ValueId order) {
  core::Builder& b = emit.builder();
  const Sizes sizes = sizes_of(emit, a);
  if (sizes.size() == 1) return b.op("take", {a, order}, {{"axis", int64_t{0}}});
  const Size rows = count_of(emit, Sizes(sizes.begin(), sizes.end() - 1));
  const Size& columns = sizes.back();
  const Sizes matrix{rows, columns};
  const ValueId first = b.mul(iota(emit, rows), fill(emit, size_value(emit, columns), {rows}));
  const ValueId flat = b.add(reshape(emit, order, matrix), broadcast(emit, first, matrix, {0}));
  const ValueId taken = b.op("take", {flattened(emit, a), flat}, {{"axis", int64_t{0}}});
  return reshape(emit, taken, sizes);
}

std::vector<int64_t> axis_to_last(int rank, int64_t axis) {
  std::vector<int64_t> perm;
  for (int k = 0; k < rank; ++k) perm.push_back(k);
  std::swap(perm[static_cast<size_t>(axis)], perm.back());
  return perm;
}

ValuePtr sorted(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  ValueId x = numbers(emit, operand(emit, args));
  const int rank = b.type(x).rank();
  if (rank == 0) base::fail(args.span(0), args.name() + " needs a tensor, this is a number");
  const std::vector<int64_t> perm = axis_to_last(rank, args.axis(emit, 1, rank, rank - 1));
  x = b.transpose(x, perm);
  ValueId result = b.op("argsort", {x}, {{"axis", int64_t{rank - 1}}});
  if (self.name == "sort") result = take_along_last(emit, x, result);
  return wrap(emit, b.transpose(result, perm));
}

const Builtin kTable[] = {
    {"sum", "x, axis = none, keepdims = false",
     "The sum of all entries, or along an axis or a tuple of axes.\n\n    sum([1, 2, 3])    # => 6",
     sum},
    {"prod", "x, axis = none, keepdims = false",
     "The product of the entries.\n\n    prod([1, 2, 3, 4])    # => 24", sum},
    {"mean", "x, axis = none, keepdims = false",
     "The mean of the entries.\n\n    mean([1, 2, 6])    # => 3.0", mean},
    {"any", "x, axis = none, keepdims = false",
     "Is one of the Bools true?\n\n    any([1, 2] > 1)    # => true", any_all},
    {"all", "x, axis = none, keepdims = false",
     "Are all the Bools true?\n\n    all([1, 2] > 1)    # => false", any_all},
    {"count", "x, axis = none, keepdims = false",
     "How many of the Bools are true.\n\n    count([1, 2, 3] > 1)    # => 2", count},
    {"max", "x, y = none, axis = none, keepdims = false",
     "The greatest entry, or entry by entry the greater of two values.\n\n    max([3, 1, 2])    # "
     "=> 3",
     max_min},
    {"min", "x, y = none, axis = none, keepdims = false",
     "The least entry, or entry by entry the lesser of two values.\n\n    min(2, 3)    # => 2",
     max_min},
    {"argmax", "x, axis = none",
     "The index of the greatest entry, the first of equals.\n\n    argmax([3, 1, 7])    # => 2",
     arg_extremum},
    {"argmin", "x, axis = none",
     "The index of the least entry, the first of equals.\n\n    argmin([3, 1, 7])    # => 1",
     arg_extremum},
    {"cumsum", "x, axis = none", "Running sums.\n\n    cumsum([1, 2, 3])    # => [1, 3, 6]",
     cumulative},
    {"cumprod", "x, axis = none", "Running products.\n\n    cumprod([1, 2, 3])    # => [1, 2, 6]",
     cumulative},
    {"sort", "x, axis = none",
     "The entries in ascending order along the last or another axis.\n\n    sort([3, 1, 2])    # "
     "=> "
     "[1, 2, 3]",
     sorted},
    {"argsort", "x, axis = none",
     "The indices that sort.\n\n    argsort([3, 1, 2])    # => [1, 2, 0]", sorted},
};

}  // namespace

ValuePtr sum_of(Emit& emit, ValueId a, const std::vector<int64_t>& axes) {
  return wrap(emit, reduce(emit, "reduce_sum", a, axes));
}

std::span<const Builtin> reduction_builtins() { return kTable; }

}  // namespace calc::elab
