// Records and tuples of numbers as vectors: `dot`, `norm`, `flatten`, `unflatten`, `map_leaves`.
#include "lang/elaborate/builtins.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;
using syntax::BinaryOp;

namespace {

bool is_aggregate(const ValuePtr& a) {
  return a->kind == ValueKind::Tuple || a->kind == ValueKind::Record;
}

ValuePtr with_items(const ValuePtr& like, std::vector<ValuePtr> items) {
  return like->kind == ValueKind::Tuple ? tuple(std::move(items))
                                        : record(like->fields, std::move(items));
}

/// The numbers of a record or tuple in order; any other leaf is an error that names its place.
void number_leaves(const ValuePtr& value, const std::string& place, const BuiltinArgs& args,
                   std::vector<Leaf>& leaves) {
  if (is_tensor(value)) {
    leaves.push_back(value->leaf);
    return;
  }
  if (!is_aggregate(value)) {
    base::fail(args.whole(), args.name() + " needs numbers at every leaf, " +
                                 (place.empty() ? "this" : place) + " is " + type_text(*value));
  }
  for (size_t k = 0; k < value->items.size(); ++k) {
    const std::string name = value->kind == ValueKind::Record ? "field `" + value->fields[k] + "`"
                                                              : "entry " + std::to_string(k);
    number_leaves(value->items[k], name, args, leaves);
  }
}

std::vector<Leaf> number_leaves(Emit& emit, const ValuePtr& value, const BuiltinArgs& args) {
  std::vector<Leaf> leaves;
  number_leaves(as_tensor(emit, value), "", args, leaves);
  return leaves;
}

Elem common_real(const std::vector<Leaf>& leaves) {
  bool single = !leaves.empty();
  for (const Leaf& leaf : leaves) single = single && leaf.type.elem == Elem::F32;
  return single ? Elem::F32 : Elem::F64;
}

ValuePtr dot_builtin(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const BinarySpans spans{args.whole(), args.whole(), args.span(0), args.span(1)};
  const ValuePtr a = as_tensor(emit, args[0]);
  const ValuePtr b = as_tensor(emit, args[1]);
  const bool product = is_tensor(a) && is_tensor(b) && a->leaf.type.rank() != 0 &&
                       b->leaf.type.rank() != 0 && a->leaf.type.rank() + b->leaf.type.rank() > 2 &&
                       a->leaf.type.dims != b->leaf.type.dims;
  if (product) return matmul(emit, a, b, spans);
  return dot(emit, a, b, spans);
}

// ---- norm --------------------------------------------------------------------------------------

/// The root of a sum of squares: 0 with derivative 0 at the origin, by a masked branch.
ValueId smooth_root(Emit& emit, ValueId squares) {
  core::Builder& b = emit.builder();
  const ValueId zero = b.fill_like(b.convert(b.real(0.0), b.type(squares).elem), squares);
  const ValueId at_origin = b.op("eq", {squares, zero});
  return b.select(at_origin, zero, b.op("sqrt", {squares}));
}

ValueId sum_of_squares(Emit& emit, ValueId x, const std::vector<int64_t>& axes) {
  core::Builder& b = emit.builder();
  if (axes.empty()) return b.mul(x, x);
  if (static_cast<int>(axes.size()) == b.type(x).rank()) {
    return b.op("dot_general", {x, x},
                {{"lhs_contract", axes},
                 {"rhs_contract", axes},
                 {"lhs_batch", std::vector<int64_t>{}},
                 {"rhs_batch", std::vector<int64_t>{}}});
  }
  return b.reduce_sum(b.mul(x, x), axes);
}

ValuePtr norm(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  if (is_aggregate(args[0])) {
    const std::vector<Leaf> leaves = number_leaves(emit, args[0], args);
    const Elem elem = common_real(leaves);
    ValueId total = b.convert(b.real(0.0), elem);
    for (const Leaf& leaf : leaves) {
      const ValueId x = converted(emit, leaf, elem);
      std::vector<int64_t> axes;
      for (int axis = 0; axis < leaf.type.rank(); ++axis) axes.push_back(axis);
      total = b.add(total, sum_of_squares(emit, x, axes));
    }
    return wrap(emit, smooth_root(emit, total));
  }
  const ValueId x = args.real(emit, 0);
  if (b.type(x).is_scalar()) return wrap(emit, b.op("abs", {x}));
  const std::vector<int64_t> axes = args.axes(emit, 1, b.type(x).rank());
  ValueId result = smooth_root(emit, sum_of_squares(emit, x, axes));
  if (args.flag(emit, 2, false)) {
    Sizes sizes = sizes_of(emit, result);
    for (int64_t axis : axes) sizes.insert(sizes.begin() + axis, known_size(1));
    result = reshape(emit, result, sizes);
  }
  return wrap(emit, result);
}

// ---- flatten, unflatten ------------------------------------------------------------------------

ValuePtr flatten(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const ValuePtr value = as_tensor(emit, args[0]);
  if (is_tensor(value)) {
    const Size count = count_of(emit, sizes_of(emit, value->leaf.id));
    return wrap(emit, reshape(emit, value->leaf.id, {count}));
  }
  const std::vector<Leaf> leaves = number_leaves(emit, value, args);
  const Elem elem = common_real(leaves);
  std::vector<ValueId> parts;
  for (const Leaf& leaf : leaves) {
    const ValueId x = converted(emit, leaf, elem);
    parts.push_back(reshape(emit, x, {count_of(emit, sizes_of(emit, x))}));
  }
  if (parts.empty()) {
    return wrap(emit, emit.builder().constant(rt::Array::zeros(elem, core::Dims{0})));
  }
  if (parts.size() == 1) return wrap(emit, parts[0]);
  return wrap(emit, emit.builder().op("concat", std::move(parts), {{"axis", int64_t{0}}}));
}

Size plus(Emit& emit, const Size& a, const Size& b) {
  if (a.is_static() && b.is_static()) return known_size(a.constant + b.constant);
  return Size{core::kDynamic, emit.builder().add(size_value(emit, a), size_value(emit, b))};
}

ValuePtr unflatten(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const ValueId v = args.real(emit, 0);
  if (b.type(v).rank() != 1) {
    base::fail(args.span(0),
               "`unflatten` takes a vector apart, this is " + core::user_text(b.type(v)));
  }
  std::vector<Leaf> leaves = number_leaves(emit, args[1], args);
  Size offset = known_size(0);
  for (Leaf& leaf : leaves) {
    const Sizes sizes = sizes_of(emit, leaf.id);
    const Size count = count_of(emit, sizes);
    const ValueId part =
        b.op("slice", {v, size_value(emit, offset), size_value(emit, count)},
             {{"axis", int64_t{0}}, {"step", int64_t{1}}, {"size", count.constant}});
    leaf = Leaf{reshape(emit, part, sizes), {b.type(v).elem, leaf.type.dims}, std::nullopt, false};
    offset = plus(emit, offset, count);
  }
  const Size total = sizes_of(emit, v)[0];
  if (total.is_static() && offset.is_static() && !total.is(offset.constant)) {
    base::fail(args.whole(), "shapes do not fit: `like` has " + std::to_string(offset.constant) +
                                 " numbers, the vector " + std::to_string(total.constant));
  }
  check_sizes(emit, offset, total, "`unflatten` needs as many numbers as `like` has");
  return with_leaves(args[1], leaves);
}

// ---- map_leaves --------------------------------------------------------------------------------

ValuePtr map_leaves(Emit& emit, const BuiltinArgs& args, const std::vector<ValuePtr>& trees) {
  const ValuePtr& first = trees[0];
  if (!is_aggregate(first)) {
    return emit.call(args[0], CallArgs{trees, {}, args.whole(), {}});
  }
  std::vector<ValuePtr> items;
  for (size_t k = 0; k < first->items.size(); ++k) {
    std::vector<ValuePtr> parts;
    for (const ValuePtr& tree : trees) {
      if (tree->kind != first->kind || tree->items.size() != first->items.size() ||
          tree->fields != first->fields) {
        base::fail(args.whole(), "`map_leaves` needs equal structures, " + type_text(*first) +
                                     " and " + type_text(*tree) + " differ");
      }
      parts.push_back(tree->items[k]);
    }
    items.push_back(map_leaves(emit, args, parts));
  }
  return with_items(first, std::move(items));
}

ValuePtr map_leaves_builtin(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  args.function(0);
  if (args.rest().empty())
    base::fail(args.whole(), "`map_leaves` needs a value after the function");
  return map_leaves(emit, args, args.rest());
}

const Builtin kTable[] = {
    {"dot", "a, b",
     "The dot product of vectors, tensors of one shape, records or tuples.\n\n    dot([1, 2], [3, "
     "4])    # => 11",
     dot_builtin},
    {"norm", "x, axis = none, keepdims = false",
     "The Euclidean length of a vector, matrix, record or tuple; its derivative at the origin is "
     "0.\n\n    norm([3, 4])    # => 5.0",
     norm},
    {"flatten", "x",
     "All numbers of a tensor, record or tuple as one vector.\n\n    flatten((1.0, [2.0, 3.0]))    "
     "# => [1.0, 2.0, 3.0]",
     flatten},
    {"unflatten", "v, like",
     "The inverse of `flatten`: the numbers of a vector in the structure of `like`.\n\n    "
     "unflatten([1.0, 2.0, 3.0], like: (0.0, zeros(2)))",
     unflatten},
    {"map_leaves", "f, ...trees",
     "`f` of every leaf of a record or tuple.\n\n    map_leaves(x -> 2*x, (1, [2, 3]))    # => (2, "
     "[4, 6])",
     map_leaves_builtin},
};

}  // namespace

std::span<const Builtin> tree_builtins() { return kTable; }

}  // namespace calc::elab
