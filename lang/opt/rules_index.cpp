// Equations of reading single entries: an entry of an array that was just made is what it was made
// of, so arrays that only carry a few numbers from here to there disappear.
#include <algorithm>

#include "lang/opt/rules.h"

namespace calc::opt {

namespace {

using Result = std::optional<ValueId>;
using Ints = std::vector<int64_t>;

// ---- check_index -------------------------------------------------------------------------------

/// check_index(i, n) = i when 0 <= i < n
Result check_in_range(Rewriter& r, const Op& op) {
  if (!r.type(op.args[0]).is_scalar()) return std::nullopt;
  return provably_in_range(r, op.args[0], op.args[1]) ? Result(op.args[0]) : std::nullopt;
}

/// check_index(iota, n) = iota when it is no longer than n
Result check_iota(Rewriter& r, const Op& op) {
  const Op* iota = r.definition(op.args[0], "iota");
  auto size = r.integer_of(op.args[1]);
  const int64_t length = iota ? r.type(op.args[0]).count() : core::kDynamic;
  const bool inside = length != core::kDynamic && size && length <= *size;
  return inside ? Result(op.args[0]) : std::nullopt;
}

// ---- index -------------------------------------------------------------------------------------

/// The operand that indexes an axis of what `op` reads.
std::optional<ValueId> index_at(const Op& op, int64_t axis) {
  const Ints& axes = op.attrs.ints("axes");
  auto at = std::find(axes.begin(), axes.end(), axis);
  if (at == axes.end()) return std::nullopt;
  return op.args[static_cast<size_t>(at - axes.begin()) + 1];
}

/// Reads `array` at (axis, index) pairs of increasing axes.
ValueId read(Rewriter& r, ValueId array, const std::vector<std::pair<int64_t, ValueId>>& places) {
  if (places.empty()) return array;
  std::vector<ValueId> args{array};
  Ints axes;
  for (auto [axis, index] : places) {
    axes.push_back(axis);
    args.push_back(index);
  }
  return r.emit("index", std::move(args), {{"axes", std::move(axes)}});
}

/// index x at nothing = x
Result index_nowhere(Rewriter&, const Op& op) {
  return op.args.size() == 1 ? Result(op.args[0]) : std::nullopt;
}

/// (stack a₀ a₁ …)[k, rest] = aₖ[rest]
Result index_of_stack(Rewriter& r, const Op& op) {
  const Op* stack = r.definition(op.args[0], "stack");
  auto first = index_at(op, 0);
  if (!stack || !first) return std::nullopt;
  auto k = r.integer_of(*first);
  if (!k || *k < 0 || *k >= static_cast<int64_t>(stack->args.size())) return std::nullopt;
  std::vector<std::pair<int64_t, ValueId>> rest;
  for (size_t n = 1; n < op.attrs.ints("axes").size(); ++n) {
    rest.emplace_back(op.attrs.ints("axes")[n] - 1, op.args[n + 1]);
  }
  return read(r, stack->args[static_cast<size_t>(*k)], rest);
}

/// (index_set x i v)[i] = v
/// (index_set x i v)[j] = x[j] for constants i ≠ j, if nothing else needs the updated array: x
/// would have to outlive its update otherwise
Result index_of_update(Rewriter& r, const Op& op) {
  const Op* update = r.definition(op.args[0], "index_set");
  if (!update || update->attrs.ints("axes") != op.attrs.ints("axes")) return std::nullopt;
  bool same = true;
  bool apart = false;
  for (size_t k = 1; k < op.args.size(); ++k) {
    if (op.args[k] == update->args[k + 1]) continue;
    auto i = r.integer_of(op.args[k]);
    auto j = r.integer_of(update->args[k + 1]);
    if (i && j && *i == *j) continue;
    same = false;
    apart = apart || (i && j);
  }
  if (same) return update->args[1];
  if (!apart || !r.used_once(op.args[0])) return std::nullopt;
  std::vector<ValueId> args = op.args;
  args[0] = update->args[0];
  return r.emit("index", std::move(args), op.attrs);
}

/// (broadcast x)[…] = x[…] where the axes of x are indexed, spread over the axes that remain
Result index_of_broadcast(Rewriter& r, const Op& op) {
  const Op* spread = r.definition(op.args[0], "broadcast");
  if (!spread) return std::nullopt;
  const Ints& axes = spread->attrs.ints("axes");
  std::vector<std::pair<int64_t, ValueId>> places;
  for (size_t k = 0; k < axes.size(); ++k) {
    if (auto index = index_at(op, axes[k])) places.emplace_back(static_cast<int64_t>(k), *index);
  }
  const Dims& dims = spread->attrs.ints("dims");
  std::vector<ValueId> args{read(r, spread->args[0], places)};
  Dims left_dims;
  Ints left_axes;
  size_t operand = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const bool dynamic = dims[axis] == core::kDynamic;
    const ValueId size = dynamic ? spread->args[operand++] : ValueId{};
    if (index_at(op, static_cast<int64_t>(axis))) continue;
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) {
      left_axes.push_back(static_cast<int64_t>(left_dims.size()));
    }
    left_dims.push_back(dims[axis]);
    if (dynamic) args.push_back(size);
  }
  if (left_dims.empty()) return args[0];
  return r.emit("broadcast", std::move(args),
                {{"dims", std::move(left_dims)}, {"axes", std::move(left_axes)}});
}

/// iota[i] = i
Result index_of_iota(Rewriter& r, const Op& op) {
  return r.definition(op.args[0], "iota") && op.args.size() == 2 ? Result(op.args[1])
                                                                 : std::nullopt;
}

/// (transpose x by p)[i…] = x[i… in the order of x's axes] for a single entry
Result index_of_transpose(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "transpose");
  if (!inner || !r.type(op.results[0]).is_scalar()) return std::nullopt;
  const Ints& perm = inner->attrs.ints("perm");
  std::vector<std::pair<int64_t, ValueId>> places;
  for (size_t k = 0; k < perm.size(); ++k) places.emplace_back(perm[k], op.args[k + 1]);
  std::sort(places.begin(), places.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return read(r, inner->args[0], places);
}

/// x[i][j] = x[i, j]
Result index_of_index(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "index");
  if (!inner) return std::nullopt;
  const int64_t rank = r.type(inner->args[0]).rank();
  std::vector<std::pair<int64_t, ValueId>> places;
  int64_t left = 0;
  for (int64_t axis = 0; axis < rank; ++axis) {
    auto index = index_at(*inner, axis);
    if (!index) index = index_at(op, left++);
    if (index) places.emplace_back(axis, *index);
  }
  return read(r, inner->args[0], places);
}

/// f(x, y)[i] = f(x[i], y[i]) for a single entry of an array nothing else uses, in the same block
Result index_of_elementwise(Rewriter& r, const Op& op) {
  const Op* made = r.definition(op.args[0]);
  if (!made || made->kind != OpKind::Primitive || made->primitive->name == "check_index" ||
      !std::holds_alternative<core::ElementwiseLowering>(made->primitive->lowering) ||
      !r.type(op.results[0]).is_scalar() || !r.used_once(op.args[0]) || !r.is_local(op.args[0]) ||
      r.may_fail(*made)) {
    return std::nullopt;
  }
  const Dims& dims = r.type(op.args[0]).dims;
  // Dynamic sizes that disagree must go on failing.
  if (made->args.size() > 1 && !r.type(op.args[0]).is_static()) return std::nullopt;
  for (ValueId arg : made->args) {
    if (r.type(arg).dims != dims) return std::nullopt;
  }
  std::vector<ValueId> entries;
  const Op copy = *made;
  for (ValueId arg : copy.args) {
    std::vector<ValueId> args = op.args;
    args[0] = arg;
    entries.push_back(r.emit("index", std::move(args), op.attrs));
  }
  return r.emit(*copy.primitive, std::move(entries), copy.attrs);
}

/// The axis of the longer shape at which it has a size of 1 that the other has not, once.
std::optional<size_t> extra_unit(const Dims& longer, const Dims& shorter) {
  if (longer.size() != shorter.size() + 1) return std::nullopt;
  size_t axis = 0;
  while (axis < shorter.size() && longer[axis] == shorter[axis]) ++axis;
  if (longer[axis] != 1) return std::nullopt;
  return std::equal(longer.begin() + static_cast<std::ptrdiff_t>(axis) + 1, longer.end(),
                    shorter.begin() + static_cast<std::ptrdiff_t>(axis))
             ? std::optional(axis)
             : std::nullopt;
}

/// (reshape x)[i…] for a single entry, where the reshape adds or drops an axis of size 1
Result index_of_unit_reshape(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "reshape");
  if (!inner || inner->args.size() != 1 || !r.type(op.results[0]).is_scalar()) return std::nullopt;
  const ValueId x = inner->args[0];
  const Dims from = r.type(x).dims;
  const Dims to = r.type(op.args[0]).dims;
  std::vector<std::pair<int64_t, ValueId>> places;
  std::vector<ValueId> indices(op.args.begin() + 1, op.args.end());
  if (auto added = extra_unit(to, from)) {
    indices.erase(indices.begin() + static_cast<std::ptrdiff_t>(*added));
  } else if (auto dropped = extra_unit(from, to)) {
    indices.insert(indices.begin() + static_cast<std::ptrdiff_t>(*dropped),
                   r.constant(rt::Array::of(int64_t{0})));
  } else {
    return std::nullopt;
  }
  for (size_t k = 0; k < indices.size(); ++k) {
    places.emplace_back(static_cast<int64_t>(k), indices[k]);
  }
  return read(r, x, places);
}

}  // namespace

void add_index_rules(RuleTable& table) {
  for (Rule rule : {check_in_range, check_iota}) table.add("check_index", rule);
  for (Rule rule :
       {index_nowhere, index_of_stack, index_of_update, index_of_broadcast, index_of_iota,
        index_of_transpose, index_of_index, index_of_elementwise, index_of_unit_reshape}) {
    table.add("index", rule);
  }
}

}  // namespace calc::opt
