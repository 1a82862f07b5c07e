// Shapes: asking for them and changing them.
#include <algorithm>
#include <numeric>

#include "lang/elaborate/builtins.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

// ---- sizes from arguments ----------------------------------------------------------------------

namespace {

/// The entries of an Int vector that is a constant of the program.
std::optional<std::vector<int64_t>> constant_entries(Emit& emit, const Leaf& leaf) {
  if (leaf.type.elem != Elem::I64 || leaf.type.rank() != 1) return std::nullopt;
  const core::Op* definition = emit.builder().definition(leaf.id);
  if (!definition || definition->kind != core::OpKind::Constant) return std::nullopt;
  const auto* data = definition->constant.data<int64_t>();
  return std::vector<int64_t>(data, data + definition->constant.size());
}

void require_size(int64_t n, base::Span span) {
  if (n < 0) base::fail(span, "a size must not be negative, this is " + std::to_string(n));
}

ValuePtr size_result(Emit& emit, const Size& size) {
  return size.is_static() ? int_value(emit, size.constant) : wrap(emit, size.value);
}

}  // namespace

Size size_from(Emit& emit, const ValuePtr& value, base::Span span) {
  const ValueId id = integer(emit, value, span, "a size");
  if (const std::optional<int64_t> n = known_int(emit, value)) {
    require_size(*n, span);
    return known_size(*n);
  }
  core::Builder& b = emit.builder();
  b.emit(core::registry().get("check"), {b.op("ge", {id, b.integer(0)}), id},
         {{"message", std::string("a size must not be negative, this is {}")},
          {"hint", std::string()}});
  return Size{core::kDynamic, id};
}

Sizes shape_from(Emit& emit, const std::vector<ValuePtr>& values, const BuiltinArgs& args,
                 bool allow_infer) {
  if (values.size() == 1 && is_tensor(values[0])) {
    if (const auto entries = constant_entries(emit, values[0]->leaf)) {
      Sizes sizes;
      for (int64_t n : *entries) {
        if (!allow_infer || n != -1) require_size(n, args.rest_span(0));
        sizes.push_back(known_size(n));
      }
      return sizes;
    }
  }
  const bool is_tuple = values.size() == 1 && values[0]->kind == ValueKind::Tuple;
  const std::vector<ValuePtr>& parts = is_tuple ? values[0]->items : values;
  Sizes sizes;
  for (size_t k = 0; k < parts.size(); ++k) {
    const base::Span span = is_tuple ? args.rest_span(0) : args.rest_span(k);
    if (allow_infer && is_tensor(parts[k]) && known_int(emit, parts[k]) == -1) {
      sizes.push_back(known_size(-1));
    } else {
      sizes.push_back(size_from(emit, parts[k], span));
    }
  }
  return sizes;
}

namespace {

// ---- asking ------------------------------------------------------------------------------------

ValuePtr shape(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  std::vector<ValuePtr> items;
  for (const Size& size : sizes_of(emit, args.tensor(emit, 0).id)) {
    items.push_back(size_result(emit, size));
  }
  return tuple(std::move(items));
}

ValuePtr size(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (args[0]->kind == ValueKind::Tuple) {
    return int_value(emit, static_cast<int64_t>(args[0]->items.size()));
  }
  const Sizes sizes = sizes_of(emit, args.tensor(emit, 0).id);
  if (args.has(1)) {
    const int64_t axis = args.axis(emit, 1, static_cast<int>(sizes.size()), 0);
    return size_result(emit, sizes[static_cast<size_t>(axis)]);
  }
  return size_result(emit, count_of(emit, sizes));
}

ValuePtr length_of(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (args[0]->kind == ValueKind::Tuple) {
    return int_value(emit, static_cast<int64_t>(args[0]->items.size()));
  }
  const ValuePtr x = as_tensor(emit, args[0]);
  elab::length(emit, x, args.span(0));
  return size_result(emit, sizes_of(emit, x->leaf.id)[0]);
}

ValuePtr rank(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return int_value(emit, args.tensor(emit, 0).type.rank());
}

ValuePtr type(Emit&, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return string(type_text(*args[0]));
}

// ---- changing ----------------------------------------------------------------------------------

/// Replaces the one -1 by what the count of elements leaves for it.
void infer_size(Emit& emit, Sizes& wanted, const Size& count, const BuiltinArgs& args) {
  const auto open = std::find_if(wanted.begin(), wanted.end(), [](const Size& size) {
    return size.is_static() ? false : !size.value.valid();
  });
  if (open == wanted.end()) return;
  Sizes others = wanted;
  others.erase(others.begin() + (open - wanted.begin()));
  const auto again = std::any_of(others.begin(), others.end(), [](const Size& size) {
    return !size.is_static() && !size.value.valid();
  });
  if (again) base::fail(args.whole(), "only one size of `reshape` may be -1");
  const Size product = count_of(emit, others);
  if (count.is_static() && product.is_static()) {
    const bool divides = product.constant != 0 && count.constant % product.constant == 0;
    if (divides) *open = known_size(count.constant / product.constant);
    return;
  }
  *open = Size{core::kDynamic,
               emit.builder().op("floordiv", {size_value(emit, count), size_value(emit, product)})};
}

ValuePtr reshape_builtin(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf x = args.tensor(emit, 0);
  if (args.rest().empty()) base::fail(args.whole(), "`reshape` needs a shape: `reshape(x, 2, 3)`");
  Sizes wanted = shape_from(emit, args.rest(), args, true);
  const Size count = count_of(emit, sizes_of(emit, x.id));
  infer_size(emit, wanted, count, args);
  const bool open = std::any_of(wanted.begin(), wanted.end(), [](const Size& size) {
    return !size.is_static() && !size.value.valid();
  });
  const Size product = open ? known_size(-1) : count_of(emit, wanted);
  const bool differs = count.is_static() && product.is_static() && !count.is(product.constant);
  if (open || differs) {
    base::fail(args.whole(),
               "shapes do not fit: " + core::user_text(x.type) + " has " +
                   std::to_string(count.constant) + " entries, " +
                   core::user_text({x.type.elem, dims_of(wanted)}) +
                   (open ? " cannot hold them" : " has " + std::to_string(product.constant)));
  }
  return wrap(emit, reshape(emit, x.id, wanted));
}

ValuePtr transpose(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf x = args.tensor(emit, 0);
  std::vector<int64_t> perm;
  if (args.has(1)) {
    if (args[1]->kind != ValueKind::Tuple) {
      base::fail(args.span(1), "`axes` of `transpose` is a tuple: `(1, 0)`");
    }
    for (const ValuePtr& item : args[1]->items) {
      perm.push_back(known_int(emit, item).value_or(-1));
      if (perm.back() < 0) perm.back() += x.type.rank();
    }
    std::vector<int64_t> sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    std::vector<int64_t> all(static_cast<size_t>(x.type.rank()));
    std::iota(all.begin(), all.end(), int64_t{0});
    if (sorted != all) {
      base::fail(args.span(1), "`axes` of `transpose` must name each axis of " +
                                   core::user_text(x.type) + " once");
    }
  } else {
    for (int axis = x.type.rank() - 1; axis >= 0; --axis) perm.push_back(axis);
  }
  return wrap(emit, emit.builder().transpose(x.id, std::move(perm)));
}

ValuePtr reverse(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf x = args.tensor(emit, 0);
  if (x.type.is_scalar()) base::fail(args.span(0), "`reverse` needs a tensor, this is a number");
  const int64_t axis = args.axis(emit, 1, x.type.rank(), 0);
  return wrap(emit, emit.builder().op("reverse", {x.id}, {{"axes", std::vector<int64_t>{axis}}}));
}

// ---- diagonals and triangles -------------------------------------------------------------------

Leaf matrix(Emit& emit, const BuiltinArgs& args) {
  const Leaf x = args.tensor(emit, 0);
  if (x.type.rank() != 2) {
    base::fail(args.span(0), args.name() + " needs a matrix, this is " + core::user_text(x.type));
  }
  return x;
}

/// Row and column numbers of a matrix, both of its shape.
std::pair<ValueId, ValueId> positions(Emit& emit, const Sizes& sizes) {
  return {broadcast(emit, iota(emit, sizes[0]), sizes, {0}),
          broadcast(emit, iota(emit, sizes[1]), sizes, {1})};
}

ValueId diagonal_of(Emit& emit, ValueId a) {
  core::Builder& b = emit.builder();
  const Sizes sizes = sizes_of(emit, a);
  const ValueId flat = reshape(emit, a, {count_of(emit, sizes)});
  if (sizes[0].is_static() && sizes[1].is_static()) {
    const int64_t n = std::min(sizes[0].constant, sizes[1].constant);
    return b.op("slice", {flat, b.integer(0), b.integer(n)},
                {{"axis", int64_t{0}}, {"step", sizes[1].constant + 1}, {"size", n}});
  }
  const Size n{core::kDynamic,
               b.op("min", {size_value(emit, sizes[0]), size_value(emit, sizes[1])})};
  const ValueId stride = b.add(size_value(emit, sizes[1]), b.integer(1));
  const ValueId at = b.mul(iota(emit, n), fill(emit, stride, {n}));
  return b.op("take", {flat, at}, {{"axis", int64_t{0}}});
}

ValuePtr diag(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const Leaf x = args.tensor(emit, 0);
  if (x.type.rank() != 1) return wrap(emit, diagonal_of(emit, matrix(emit, args).id));
  const Size n = sizes_of(emit, x.id)[0];
  const Sizes sizes{n, n};
  const auto [row, column] = positions(emit, sizes);
  const ValueId spread = broadcast(emit, x.id, sizes, {0});
  const core::Type type{x.type.elem, dims_of(sizes)};
  return wrap(emit, b.select(b.op("eq", {row, column}), spread, b.zeros(type, operands_of(sizes))));
}

ValuePtr trace(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return sum_of(emit, diagonal_of(emit, matrix(emit, args).id), {0});
}

ValuePtr triangle(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const Leaf x = matrix(emit, args);
  const Sizes sizes = sizes_of(emit, x.id);
  const auto [row, column] = positions(emit, sizes);
  const ValueId offset = fill(emit, b.integer(args.integer(emit, 1, 0)), sizes);
  const std::string_view keeps = self.name == "tril" ? "le" : "ge";
  const ValueId kept = b.op(keeps, {column, b.add(row, offset)});
  const core::Type type{x.type.elem, dims_of(sizes)};
  return wrap(emit, b.select(kept, x.id, b.zeros(type, operands_of(sizes))));
}

const Builtin kTable[] = {
    {"shape", "x",
     "The sizes of the axes, a tuple of Ints.\n\n    shape(zeros(2, 3))    # => (2, 3)", shape},
    {"size", "x, axis = none",
     "How many entries, or the size of an axis.\n\n    size(zeros(2, 3))    # => 6", size},
    {"len", "x", "The size of the first axis, or of a tuple.\n\n    len([1, 2, 3])    # => 3",
     length_of},
    {"rank", "x", "How many axes.\n\n    rank(zeros(2, 3))    # => 2", rank},
    {"type", "x", "The type of a value, as text.\n\n    type([1.0, 2.0])    # => Real[2]", type},
    {"reshape", "x, ...shape",
     "The same entries in another shape; one size may be -1.\n\n    shape(reshape(0..6, 2, -1))    "
     "# => (2, 3)",
     reshape_builtin},
    {"transpose", "x, axes = none",
     "The axes in reverse order, or in a given one.\n\n    transpose([[1, 2], [3, 4]])", transpose},
    {"reverse", "x, axis = none",
     "The entries in reverse order.\n\n    reverse([1, 2, 3])    # => [3, 2, 1]", reverse},
    {"diag", "x",
     "The diagonal matrix of a vector, or the diagonal of a matrix.\n\n    diag([[1, 2], [3, 4]])  "
     " "
     " # => [1, 4]",
     diag},
    {"trace", "x", "The sum of the diagonal.\n\n    trace([[1, 2], [3, 4]])    # => 5", trace},
    {"tril", "x, k = 0", "Zero above the k-th diagonal.\n\n    tril(ones(2, 2))", triangle},
    {"triu", "x, k = 0", "Zero below the k-th diagonal.\n\n    triu(ones(2, 2))", triangle},
};

}  // namespace

std::span<const Builtin> shape_builtins() { return kTable; }

}  // namespace calc::elab
