// Tensors put together and taken apart, and the lists of things that loops walk.
#include "lang/elaborate/builtins.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// `concat(a, b)` and `concat((a, b))` alike, in one element type.
std::vector<ValueId> operands(Emit& emit, const BuiltinArgs& args, Elem& elem) {
  std::vector<ValuePtr> parts = args.rest();
  if (parts.size() == 1 && parts[0]->kind == ValueKind::Tuple) parts = parts[0]->items;
  if (parts.empty()) base::fail(args.whole(), args.name() + " needs at least one tensor");
  std::vector<Leaf> leaves;
  for (size_t k = 0; k < parts.size(); ++k) {
    const ValuePtr part = as_tensor(emit, parts[k]);
    require_tensor(part, args.name(), k < args.rest().size() ? args.rest_span(k) : args.whole());
    leaves.push_back(part->leaf);
  }
  Leaf joined = leaves[0];
  for (const Leaf& leaf : leaves) joined.type.elem = meet(joined, leaf);
  elem = joined.type.elem;
  std::vector<ValueId> ids;
  for (const Leaf& leaf : leaves) ids.push_back(converted(emit, leaf, elem));
  return ids;
}

std::string shapes_text(Emit& emit, const std::vector<ValueId>& ids) {
  std::string text;
  for (size_t k = 0; k < ids.size(); ++k) {
    if (k > 0) text += k + 1 == ids.size() ? " and " : ", ";
    text += core::user_text(emit.builder().type(ids[k]));
  }
  return text;
}

/// Makes the sizes of all operands agree, except along `free_axis`.
void unify(Emit& emit, std::vector<ValueId>& ids, int64_t free_axis, const BuiltinArgs& args) {
  Sizes common = sizes_of(emit, ids[0]);
  std::vector<Sizes> own;
  for (ValueId id : ids) {
    own.push_back(sizes_of(emit, id));
    bool fits = own.back().size() == common.size();
    for (size_t axis = 0; fits && axis < common.size(); ++axis) {
      if (static_cast<int64_t>(axis) == free_axis) continue;
      const Size& size = own.back()[axis];
      fits = !size.is_static() || !common[axis].is_static() || size.is(common[axis].constant);
      if (fits) check_sizes(emit, common[axis], size, args.name() + " needs equal sizes");
      if (fits && size.is_static()) common[axis] = size;
    }
    if (!fits) {
      base::fail(args.whole(), "shapes do not fit: " + args.name() +
                                   (own.back().size() != common.size()
                                        ? " needs equal ranks, "
                                        : " needs equal sizes on the other axes, ") +
                                   shapes_text(emit, ids));
    }
  }
  for (size_t k = 0; k < ids.size(); ++k) {
    Sizes wanted = common;
    if (free_axis >= 0)
      wanted[static_cast<size_t>(free_axis)] = own[k][static_cast<size_t>(free_axis)];
    ids[k] = refine(emit, ids[k], wanted);
  }
}

ValuePtr concat(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  Elem elem{};
  std::vector<ValueId> ids = operands(emit, args, elem);
  const int rank = emit.builder().type(ids[0]).rank();
  if (rank == 0) {
    base::fail(args.whole(), "`concat` joins tensors, the first is a number",
               "`[a, b]` makes a vector of numbers, `[...v, x]` appends to one");
  }
  const int64_t axis = args.axis(emit, 1, rank, 0);
  unify(emit, ids, axis, args);
  return wrap(emit, emit.builder().op("concat", std::move(ids), {{"axis", axis}}));
}

ValuePtr stack(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  Elem elem{};
  std::vector<ValueId> ids = operands(emit, args, elem);
  const int rank = emit.builder().type(ids[0]).rank();
  const int64_t axis = args.axis(emit, 1, rank + 1, 0);
  unify(emit, ids, -1, args);
  const ValueId stacked = emit.builder().op("stack", std::move(ids));
  std::vector<int64_t> perm;
  for (int k = 0; k < rank; ++k) perm.push_back(k + 1);
  perm.insert(perm.begin() + axis, 0);
  return wrap(emit, emit.builder().transpose(stacked, std::move(perm)));
}

ValuePtr append(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (args[0]->kind == ValueKind::Tuple) {
    std::vector<ValuePtr> items = args[0]->items;
    items.push_back(args[1]);
    return tuple(std::move(items));
  }
  const ValuePtr list = as_tensor(emit, args[0]);
  require_tensor(list, "`append`", args.span(0));
  if (list->leaf.type.is_scalar()) base::fail(args.span(0), "`append` adds to a tensor or tuple");
  return array_literal(emit, {{list, true, args.span(0)}, {args[1], false, args.span(1)}},
                       args.whole());
}

ValuePtr split(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const Leaf x = args.tensor(emit, 0);
  const int64_t parts = args.integer(emit, 1, 1);
  const int64_t axis = args.axis(emit, 2, x.type.rank(), 0);
  if (x.type.is_scalar()) base::fail(args.span(0), "`split` needs a tensor, this is a number");
  const int64_t size = x.type.dims[static_cast<size_t>(axis)];
  if (size == core::kDynamic) {
    base::fail(args.whole(), "`split` needs an axis whose size is known");
  }
  if (parts < 1 || size % parts != 0) {
    base::fail(args.whole(), "an axis of size " + std::to_string(size) + " does not split into " +
                                 std::to_string(parts) + " equal parts");
  }
  std::vector<ValuePtr> items;
  for (int64_t k = 0; k < parts; ++k) {
    const int64_t n = size / parts;
    items.push_back(wrap(emit, b.op("slice", {x.id, b.integer(k * n), b.integer(n)},
                                    {{"axis", axis}, {"step", int64_t{1}}, {"size", n}})));
  }
  return tuple(std::move(items));
}

ValuePtr without(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (args[0]->kind == ValueKind::Tuple) {
    const int64_t k = args.integer(emit, 1, 0);
    const auto n = static_cast<int64_t>(args[0]->items.size());
    const int64_t wrapped = k < 0 ? k + n : k;
    if (wrapped < 0 || wrapped >= n) {
      base::fail(args.span(1),
                 "index " + std::to_string(k) + " is out of range for " + type_text(*args[0]));
    }
    std::vector<ValuePtr> items = args[0]->items;
    items.erase(items.begin() + wrapped);
    return tuple(std::move(items));
  }
  core::Builder& b = emit.builder();
  const Leaf x = args.tensor(emit, 0);
  if (x.type.is_scalar()) base::fail(args.span(0), "`without` needs a tensor, this is a number");
  const Size n = sizes_of(emit, x.id)[0];
  const ValueId k = integer(emit, args[1], args.span(1), "an index");
  const ValueId at = b.op("check_index", {k, size_value(emit, n)}, {{"axis", int64_t{0}}});
  const Size rest = n.is_static() ? known_size(n.constant - 1)
                                  : Size{core::kDynamic, b.sub(n.value, b.integer(1))};
  const ValueId i = iota(emit, rest);
  const ValueId later = b.convert(b.op("ge", {i, fill(emit, at, {rest})}), Elem::I64);
  return wrap(emit, b.op("take", {x.id, b.add(i, later)}, {{"axis", int64_t{0}}}));
}

// ---- zip ---------------------------------------------------------------------------------------

ValuePtr zipped(std::vector<ValuePtr> items) {
  Value value;
  value.kind = ValueKind::Zip;
  value.items = std::move(items);
  return std::make_shared<const Value>(std::move(value));
}

bool is_iterable(const ValuePtr& value) {
  switch (value->kind) {
    case ValueKind::Range:
    case ValueKind::Zip:
    case ValueKind::Tuple:
      return true;
    default:
      return is_tensor(value) && !value->leaf.type.is_scalar();
  }
}

/// The k-th elements of iterables of known length.
ValuePtr tuple_of_tuples(Emit& emit, const std::vector<ValuePtr>& parts, size_t count) {
  std::vector<ValuePtr> rows;
  for (size_t k = 0; k < count; ++k) {
    std::vector<ValuePtr> row;
    for (const ValuePtr& part : parts) {
      row.push_back(part->kind == ValueKind::Tuple
                        ? part->items[k]
                        : element(emit, as_tensor(emit, part),
                                  emit.builder().integer(static_cast<int64_t>(k))));
    }
    rows.push_back(tuple(std::move(row)));
  }
  return tuple(std::move(rows));
}

ValuePtr zip_of(Emit& emit, const std::vector<ValuePtr>& parts, const BuiltinArgs& args) {
  std::optional<size_t> count;
  for (const ValuePtr& part : parts) {
    if (!is_iterable(part)) {
      base::fail(args.whole(),
                 args.name() + " needs tensors, ranges or tuples, this is " + type_text(*part));
    }
    if (part->kind == ValueKind::Tuple) count = part->items.size();
  }
  if (!count) return zipped(parts);
  for (const ValuePtr& part : parts) {
    const ValuePtr flat = as_tensor(emit, part);
    const bool fits =
        part->kind == ValueKind::Tuple
            ? part->items.size() == *count
            : is_tensor(flat) && flat->leaf.type.dims[0] == static_cast<int64_t>(*count);
    if (!fits) {
      base::fail(args.whole(), args.name() + " walks values of one length, these are " +
                                   type_text(*tuple(parts)));
    }
  }
  return tuple_of_tuples(emit, parts, *count);
}

ValuePtr zip(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (args.rest().empty()) base::fail(args.whole(), "`zip` needs at least one value");
  return zip_of(emit, args.rest(), args);
}

/// How many elements there are: the size of what is walked over, of a zip that of its first.
ValuePtr count_of(Emit& emit, const ValuePtr& x, base::Span span) {
  if (x->kind == ValueKind::Zip) {
    for (const ValuePtr& item : x->items) {
      ValuePtr count = count_of(emit, item, span);
      if (count->leaf.known || &item == &x->items.back()) return count;
    }
  }
  const ValuePtr flat = as_tensor(emit, x);
  const ValueId count = elab::length(emit, flat, span);
  const Size n = sizes_of(emit, flat->leaf.id)[0];
  return n.is_static() ? int_value(emit, n.constant) : wrap(emit, count);
}

ValuePtr enumerate(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const ValuePtr& x = args[0];
  if (x->kind == ValueKind::Tuple) {
    std::vector<ValuePtr> rows;
    for (size_t k = 0; k < x->items.size(); ++k) {
      rows.push_back(tuple({int_value(emit, static_cast<int64_t>(k)), x->items[k]}));
    }
    return tuple(std::move(rows));
  }
  Value range;
  range.kind = ValueKind::Range;
  range.items = {int_value(emit, 0), count_of(emit, x, args.span(0))};
  return zipped({std::make_shared<const Value>(std::move(range)), x});
}

const Builtin kTable[] = {
    {"concat", "...tensors, axis = 0",
     "Tensors joined along an axis.\n\n    concat([1, 2], [3])    # => [1, 2, 3]", concat},
    {"stack", "...tensors, axis = 0",
     "Tensors of one shape along a new axis.\n\n    stack([1, 2], [3, 4])    # => [[1, 2], [3, 4]]",
     stack},
    {"append", "xs, x", "`x` after the entries of `xs`.\n\n    append([1, 2], 3)    # => [1, 2, 3]",
     append},
    {"split", "x, n, axis = 0",
     "A tuple of `n` equal parts along an axis.\n\n    split([1, 2, 3, 4], 2)    # => ([1, 2], [3, "
     "4])",
     split},
    {"without", "x, k", "All entries but the k-th.\n\n    without([1, 2, 3], 1)    # => [1, 3]",
     without},
    {"zip", "...xs",
     "Several things walked in step.\n\n    [a*b for (a, b) in zip([1, 2], [3, 4])]    "
     "# => [3, 8]",
     zip},
    {"enumerate", "x",
     "Pairs of index and entry.\n\n    [i*a for (i, a) in enumerate([5, 6])]    # => [0, 6]",
     enumerate},
};

}  // namespace

std::span<const Builtin> joining_builtins() { return kTable; }

}  // namespace calc::elab
