// Equations of operations that move elements without computing.
#include <algorithm>
#include <numeric>

#include "lang/opt/rules.h"

namespace calc::opt {

namespace {

using Result = std::optional<ValueId>;
using Ints = std::vector<int64_t>;

bool is_identity(const Ints& axes) {
  for (size_t k = 0; k < axes.size(); ++k) {
    if (axes[k] != static_cast<int64_t>(k)) return false;
  }
  return true;
}

/// Operands of sizes that are constants move into {dims}; `first`: the first size operand.
Result known_sizes(Rewriter& r, const Op& op, size_t first) {
  Dims dims = op.attrs.ints("dims");
  std::vector<ValueId> args(op.args.begin(), op.args.begin() + static_cast<std::ptrdiff_t>(first));
  size_t operand = first;
  bool found = false;
  for (int64_t& size : dims) {
    if (size != core::kDynamic) continue;
    const ValueId value = op.args[operand++];
    auto known = r.integer_of(value);
    if (known && *known >= 0) {
      size = *known;
      found = true;
    } else {
      args.push_back(value);
    }
  }
  if (!found) return std::nullopt;
  Attrs attrs = op.attrs;
  attrs.set("dims", std::move(dims));
  return r.emit(*op.primitive, std::move(args), std::move(attrs));
}

template <size_t first>
Result sizes_known(Rewriter& r, const Op& op) {
  return known_sizes(r, op, first);
}

/// The size operands of `op`, from 1 on, are the sizes of `x` at the dynamic places of {dims}.
bool keeps_sizes(const Rewriter& r, const Op& op, ValueId x) {
  const Dims& dims = op.attrs.ints("dims");
  const Type& type = r.type(x);
  if (dims.size() != type.dims.size()) return false;
  size_t operand = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] != core::kDynamic) {
      if (type.dims[axis] != dims[axis]) return false;
      continue;
    }
    const Op* size = r.definition(op.args[operand++], "dim");
    if (!size || size->args[0] != x || size->attrs.integer("axis") != static_cast<int64_t>(axis)) {
      return false;
    }
  }
  return true;
}

// ---- broadcast ---------------------------------------------------------------------------------

/// broadcast to the sizes there are = x
Result broadcast_nowhere(Rewriter& r, const Op& op) {
  const ValueId x = op.args[0];
  const bool all =
      r.type(x).dims.size() == op.attrs.ints("axes").size() && is_identity(op.attrs.ints("axes"));
  return all && keeps_sizes(r, op, x) ? Result(x) : std::nullopt;
}

/// broadcast (broadcast x by a) by b = broadcast x by (b after a)
Result broadcast_twice(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "broadcast");
  if (!inner) return std::nullopt;
  Ints axes = inner->attrs.ints("axes");
  for (int64_t& axis : axes) axis = op.attrs.ints("axes")[static_cast<size_t>(axis)];
  std::vector<ValueId> args = op.args;
  args[0] = inner->args[0];
  return r.emit("broadcast", std::move(args),
                {{"dims", op.attrs.ints("dims")}, {"axes", std::move(axes)}});
}

// ---- reshape, transpose ------------------------------------------------------------------------

/// reshape to the sizes there are = x
Result reshape_nowhere(Rewriter& r, const Op& op) {
  return keeps_sizes(r, op, op.args[0]) ? Result(op.args[0]) : std::nullopt;
}

/// reshape (reshape x) = reshape x
Result reshape_twice(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "reshape");
  if (!inner) return std::nullopt;
  std::vector<ValueId> args = op.args;
  args[0] = inner->args[0];
  return r.emit("reshape", std::move(args), op.attrs);
}

/// reshape (broadcast of a scalar) = broadcast of the scalar
Result reshape_spread(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "broadcast");
  const Dims& dims = op.attrs.ints("dims");
  if (!inner || !r.type(inner->args[0]).is_scalar() || op.args.size() != 1) return std::nullopt;
  if (!r.type(op.args[0]).is_static()) return std::nullopt;
  return dims.empty() ? inner->args[0]
                      : r.emit("broadcast", {inner->args[0]}, {{"dims", dims}, {"axes", Ints{}}});
}

/// reshape (stack x) to the sizes of x = x
Result reshape_single(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "stack");
  if (!inner || inner->args.size() != 1) return std::nullopt;
  return keeps_sizes(r, op, inner->args[0]) ? Result(inner->args[0]) : std::nullopt;
}

/// transpose by the identity = x
/// transpose (transpose x by p) by q = transpose x by (p after q)
/// transpose (broadcast of a scalar) = broadcast of the scalar
Result transposed(Rewriter& r, const Op& op) {
  Ints perm = op.attrs.ints("perm");
  if (is_identity(perm)) return op.args[0];
  if (const Op* inner = r.definition(op.args[0], "transpose")) {
    for (int64_t& axis : perm) axis = inner->attrs.ints("perm")[static_cast<size_t>(axis)];
    return r.emit("transpose", {inner->args[0]}, {{"perm", std::move(perm)}});
  }
  const Op* inner = r.definition(op.args[0], "broadcast");
  if (inner && r.type(inner->args[0]).is_scalar() && inner->args.size() == 1) {
    return r.emit("broadcast", {inner->args[0]},
                  {{"dims", r.type(op.results[0]).dims}, {"axes", Ints{}}});
  }
  return std::nullopt;
}

// ---- dim ---------------------------------------------------------------------------------------

/// The size of what has a {dims} attribute is there.
Result dim_of_made(const Op& made, int64_t axis, size_t first) {
  const Dims& dims = made.attrs.ints("dims");
  size_t operand = first;
  for (int64_t k = 0; k < axis; ++k) {
    if (dims[static_cast<size_t>(k)] == core::kDynamic) ++operand;
  }
  if (dims[static_cast<size_t>(axis)] != core::kDynamic) return std::nullopt;
  return made.args[operand];
}

Result dim_again(Rewriter& r, ValueId x, int64_t axis) {
  return r.emit("dim", {x}, {{"axis", axis}});
}

/// dim of a known size = the constant
/// dim (broadcast …) = the size it was given, and so on through what keeps sizes
Result dim_known(Rewriter& r, const Op& op) {
  const int64_t axis = op.attrs.integer("axis");
  const int64_t size = r.type(op.args[0]).dims[static_cast<size_t>(axis)];
  if (size != core::kDynamic) return r.constant(rt::Array::of(size));
  if (auto source = r.shape_source(op.args[0])) return dim_again(r, *source, axis);
  const Op* made = r.definition(op.args[0]);
  if (!made || made->kind != OpKind::Primitive) return std::nullopt;
  const std::string_view name = made->primitive->name;
  if (name == "broadcast" || name == "reshape") return dim_of_made(*made, axis, 1);
  if (name == "iota") return dim_of_made(*made, axis, 0);
  if (name == "transpose") {
    return dim_again(r, made->args[0], made->attrs.ints("perm")[static_cast<size_t>(axis)]);
  }
  const bool updates = name.ends_with("_set") || name.ends_with("_add") || name == "cumsum" ||
                       name == "cumprod" || name == "reverse";
  const bool elementwise =
      std::holds_alternative<core::ElementwiseLowering>(made->primitive->lowering);
  if (updates || elementwise) return dim_again(r, made->args[0], axis);
  return std::nullopt;
}

// ---- the rest ----------------------------------------------------------------------------------

/// A reduction over no axes = x
Result reduce_nothing(Rewriter&, const Op& op) {
  return op.attrs.ints("axes").empty() ? Result(op.args[0]) : std::nullopt;
}

/// slice of everything = x; a size that is a constant moves into {size}
Result slice_known(Rewriter& r, const Op& op) {
  const int64_t size = op.attrs.integer("size");
  auto known = r.integer_of(op.args[2]);
  if (size == core::kDynamic && known && *known >= 0) {
    Attrs attrs = op.attrs;
    attrs.set("size", *known);
    return r.emit("slice", op.args, std::move(attrs));
  }
  const auto axis = static_cast<size_t>(op.attrs.integer("axis"));
  const bool whole = size != core::kDynamic && r.type(op.args[0]).dims[axis] == size &&
                     op.attrs.integer("step") == 1 && r.integer_of(op.args[1]) == 0;
  return whole ? Result(op.args[0]) : std::nullopt;
}

/// concat x = x
Result concat_single(Rewriter&, const Op& op) {
  return op.args.size() == 1 ? Result(op.args[0]) : std::nullopt;
}

}  // namespace

void add_shape_rules(RuleTable& table) {
  for (Rule rule : {sizes_known<1>, broadcast_nowhere, broadcast_twice}) {
    table.add("broadcast", rule);
  }
  for (Rule rule :
       {sizes_known<1>, reshape_nowhere, reshape_twice, reshape_spread, reshape_single}) {
    table.add("reshape", rule);
  }
  table.add("iota", sizes_known<0>);
  table.add("transpose", transposed);
  table.add("dim", dim_known);
  for (const char* name :
       {"reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_any", "reduce_all"}) {
    table.add(name, reduce_nothing);
  }
  table.add("slice", slice_known);
  table.add("concat", concat_single);
}

}  // namespace calc::opt
