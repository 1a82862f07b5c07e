// The results of the operators, put together from what the Differentiator gives leaf by leaf.
#include <algorithm>

#include "lang/elaborate/derivatives.h"

namespace calc::elab {

using core::Elem;
using core::FunctionId;
using core::ValueId;

ValuePtr replace_leaves(const ValuePtr& tree, const std::vector<ValuePtr>& leaves, size_t& next) {
  if (is_tensor(tree)) return leaves[next++];
  std::vector<ValuePtr> items;
  for (const ValuePtr& item : tree->items) items.push_back(replace_leaves(item, leaves, next));
  return tree->kind == ValueKind::Tuple ? tuple(std::move(items))
                                        : record(tree->fields, std::move(items));
}

namespace {

/// The Differentiator answers parameter by parameter; `selected` may name them in another order.
/// Entry j of the result: where the j-th selected leaf stands among the active inputs.
std::vector<size_t> order_of(const Point& point) {
  std::vector<size_t> first(point.args.size(), 0);
  size_t next = 0;
  for (size_t k = 0; k < point.args.size(); ++k) {
    const bool active =
        std::find(point.selected.begin(), point.selected.end(), k) != point.selected.end();
    first[k] = next;
    if (active) next += leaves_of(point.args[k]).size();
  }
  std::vector<size_t> order;
  for (size_t k : point.selected) {
    for (size_t leaf = 0; leaf < leaves_of(point.args[k]).size(); ++leaf) {
      order.push_back(first[k] + leaf);
    }
  }
  return order;
}

/// The parameters' structure: bare for one, else a tuple.
ValuePtr selected_structure(const Point& point) {
  if (point.selected.size() == 1) return point.args[point.selected[0]];
  std::vector<ValuePtr> items;
  for (size_t k : point.selected) items.push_back(point.args[k]);
  return tuple(std::move(items));
}

/// Values of one shape stacked along a new last axis.
ValueId stacked_last(Emit& emit, std::vector<ValueId> parts) {
  core::Builder& b = emit.builder();
  for (ValueId& part : parts) part = b.convert(part, b.type(parts[0]).elem);
  const ValueId stacked = b.op("stack", std::move(parts));
  std::vector<int64_t> perm;
  for (int64_t axis = 1; axis < b.type(stacked).rank(); ++axis) perm.push_back(axis);
  perm.push_back(0);
  return b.transpose(stacked, std::move(perm));
}

std::vector<ValueId> call(Emit& emit, FunctionId code, std::vector<ValueId> inputs,
                          const std::vector<ValueId>& more = {}) {
  inputs.insert(inputs.end(), more.begin(), more.end());
  return emit.builder().call(code, std::move(inputs));
}

/// In the order of the active inputs instead of the selected one.
std::vector<ValueId> in_input_order(const Point& point, const std::vector<ValueId>& leaves) {
  const std::vector<size_t> order = order_of(point);
  std::vector<ValueId> result(leaves.size());
  for (size_t j = 0; j < leaves.size(); ++j) result[order[j]] = leaves[j];
  return result;
}

ValuePtr with_values(Emit& emit, const ValuePtr& tree, std::span<const ValueId> ids) {
  std::vector<Leaf> leaves;
  for (ValueId id : ids) leaves.push_back({id, emit.builder().type(id), std::nullopt, false});
  return with_leaves(tree, leaves);
}

ValueId one_of(Emit& emit, Elem elem) {
  return emit.builder().convert(emit.builder().real(1.0), elem);
}

}  // namespace

ValuePtr gathered(Emit& emit, const Point& point, const std::vector<ValueId>& by_input) {
  std::vector<ValueId> leaves;
  for (size_t k : order_of(point)) leaves.push_back(by_input[k]);
  if (point.several_scalars) return wrap(emit, stacked_last(emit, std::move(leaves)));
  std::vector<ValuePtr> values;
  for (ValueId leaf : leaves) values.push_back(wrap(emit, leaf));
  size_t next = 0;
  return replace_leaves(selected_structure(point), values, next);
}

ValuePtr gradient_at(Emit& emit, const Point& point, bool with_value) {
  require_scalar_result(point);
  std::vector<ValueId> results =
      call(emit, emit.differentiator().gradient(point.code, point.active), point.inputs);
  const ValueId value = results[0];
  results.erase(results.begin());
  const ValuePtr gradient = gathered(emit, point, results);
  return with_value ? tuple({wrap(emit, value), gradient}) : gradient;
}

ValuePtr jacobian_at(Emit& emit, const Point& point) {
  require_tensor_result(point);
  return gathered(
      emit, point,
      call(emit, emit.differentiator().jacobian(point.code, point.active), point.inputs));
}

ValuePtr hessian_at(Emit& emit, const Point& point) {
  require_scalar_result(point);
  const std::vector<ValueId> blocks =
      call(emit, emit.differentiator().hessian(point.code, point.active), point.inputs);
  const std::vector<size_t> order = order_of(point);
  const size_t n = order.size();
  std::vector<ValuePtr> rows;
  for (size_t k : order) {
    const std::vector<ValueId> row(blocks.begin() + static_cast<std::ptrdiff_t>(k * n),
                                   blocks.begin() + static_cast<std::ptrdiff_t>((k + 1) * n));
    rows.push_back(gathered(emit, point, row));
  }
  if (point.several_scalars) {
    std::vector<ValueId> vectors;
    for (const ValuePtr& row : rows) vectors.push_back(row->leaf.id);
    return wrap(emit, emit.builder().op("stack", std::move(vectors)));
  }
  size_t next = 0;
  return replace_leaves(selected_structure(point), rows, next);
}

namespace {

/// Fails unless one parameter, a number, is differentiated.
void require_one_scalar(const Point& point) {
  const ValuePtr& arg = point.args[point.selected[0]];
  const bool one_scalar =
      point.selected.size() == 1 && is_tensor(arg) && arg->leaf.type.is_scalar();
  if (one_scalar) return;
  std::string types;
  for (size_t k : point.selected) {
    types += (types.empty() ? "" : ", ") + point.params[k].name + ": " + type_text(*point.args[k]);
  }
  base::fail(point.span,
             "`" + point.op + "` needs one parameter that is a number, " + point.function_name() +
                 " has (" + types + ")",
             point.selected.size() > 1 ? "`grad(f)` differentiates by all, `partial[" +
                                             point.params[point.selected[0]].name + "](f)` by one"
                                       : "`grad(f)` or `jacobian(f)` differentiates by a tensor");
}

}  // namespace

ValuePtr derivative_at(Emit& emit, const Point& point) {
  require_one_scalar(point);
  const ValuePtr& arg = point.args[point.selected[0]];
  const std::vector<ValueId> results =
      call(emit, emit.differentiator().jvp(point.code, point.active), point.inputs,
           {one_of(emit, arg->leaf.type.elem)});
  const std::span<const ValueId> all(results);
  return with_values(emit, point.result, all.subspan(all.size() / 2));
}

ValuePtr partial_at(Emit& emit, const Point& point) {
  const ValuePtr& arg = point.args[point.selected[0]];
  if (is_tensor(arg) && arg->leaf.type.is_scalar()) return derivative_at(emit, point);
  const bool scalar = is_tensor(point.result) && point.result->leaf.type.is_scalar();
  return scalar ? gradient_at(emit, point, false) : jacobian_at(emit, point);
}

// ---- forward and reverse products --------------------------------------------------------------

ValuePtr jvp_at(Emit& emit, const Point& point, const ValuePtr& tangent, base::Span span) {
  const std::vector<ValueId> tangents =
      in_input_order(point, tangent_leaves(emit, point, tangent, span));
  const std::vector<ValueId> results =
      call(emit, emit.differentiator().jvp(point.code, point.active), point.inputs, tangents);
  const std::span<const ValueId> all(results);
  return tuple({with_values(emit, point.result, all.first(all.size() / 2)),
                with_values(emit, point.result, all.subspan(all.size() / 2))});
}

namespace {

/// (value, state) of a linearisation: the residuals become what the linear map keeps.
struct Split {
  ValuePtr value;
  ValuePtr state;
  ad::Linearized parts;
};

Split split_at(Emit& emit, const Point& point) {
  Split split;
  split.parts = emit.differentiator().linearize(point.code, point.active);
  const std::vector<ValueId> results = call(emit, split.parts.primal, point.inputs);
  const std::span<const ValueId> all(results);
  const auto residuals = static_cast<size_t>(split.parts.residuals);
  split.value = with_values(emit, point.result, all.first(all.size() - residuals));
  std::vector<ValuePtr> kept;
  for (ValueId id : all.subspan(all.size() - residuals)) kept.push_back(wrap(emit, id));
  split.state = tuple(std::move(kept));
  return split;
}

/// `code` with its last parameters, or with its results, in the order of `selected` instead of that
/// of the inputs: what the user's subscript says.
FunctionId in_selected_order(Emit& emit, const Point& point, FunctionId code, bool results) {
  const std::vector<size_t> order = order_of(point);
  if (std::is_sorted(order.begin(), order.end())) return code;
  auto wrapper = std::make_unique<core::Function>();
  wrapper->name = emit.module().get(code).name + ".ordered";
  core::Builder b(emit.module(), *wrapper);
  std::vector<core::Type> types = emit.module().get(code).param_types();
  const size_t kept = results ? types.size() : types.size() - order.size();
  std::vector<ValueId> inputs(types.size());
  for (size_t k = 0; k < kept; ++k) inputs[k] = b.add_param(types[k]);
  for (size_t j = kept; j < types.size(); ++j) {
    const size_t place = kept + order[j - kept];
    inputs[place] = b.add_param(types[place]);
  }
  std::vector<ValueId> outputs = b.call(code, inputs);
  if (results) {
    const std::vector<ValueId> by_input = outputs;
    for (size_t j = 0; j < order.size(); ++j) outputs[j] = by_input[order[j]];
  }
  b.set_results(outputs);
  return emit.module().add(std::move(wrapper));
}

}  // namespace

ValuePtr vjp_at(Emit& emit, const Point& point) {
  const Split split = split_at(emit, point);
  Derived pullback;
  pullback.what = "pullback";
  pullback.state = split.state;
  pullback.code = in_selected_order(
      emit, point, emit.differentiator().transpose(split.parts.tangent, split.parts.residuals),
      true);
  pullback.result_shape = selected_structure(point);
  pullback.argument_shape = point.result;
  return tuple({split.value, derived(std::move(pullback))});
}

ValuePtr linearize_at(Emit& emit, const Point& point) {
  const Split split = split_at(emit, point);
  Derived map;
  map.what = "linear map";
  map.state = split.state;
  map.code = in_selected_order(emit, point, split.parts.tangent, false);
  map.result_shape = point.result;
  map.argument_shape = selected_structure(point);
  return tuple({split.value, derived(std::move(map))});
}

ValuePtr hvp_at(Emit& emit, const Point& point, const ValuePtr& tangent, base::Span span) {
  require_scalar_result(point);
  const std::vector<ValueId> tangents =
      in_input_order(point, tangent_leaves(emit, point, tangent, span));
  const FunctionId gradient = emit.differentiator().gradient(point.code, point.active);
  const std::vector<ValueId> results =
      call(emit, emit.differentiator().jvp(gradient, point.active), point.inputs, tangents);
  const std::vector<ValueId> products(results.end() - static_cast<std::ptrdiff_t>(tangents.size()),
                                      results.end());
  return gathered(emit, point, products);
}

ValuePtr taylor_at(Emit& emit, const Point& point, int64_t order) {
  require_one_scalar(point);
  const auto count = static_cast<size_t>(order) + 1;
  const std::vector<ValueId> all =
      call(emit, emit.differentiator().taylor(point.code, point.active, count - 1), point.inputs);
  std::vector<ValueId> stacks;
  for (size_t k = 0; k < all.size(); k += count) {
    std::vector<ValueId> coefficients(all.begin() + static_cast<ptrdiff_t>(k),
                                      all.begin() + static_cast<ptrdiff_t>(k + count));
    stacks.push_back(emit.builder().op("stack", std::move(coefficients)));
  }
  return with_values(emit, point.result, stacks);
}

ValuePtr directional_at(Emit& emit, const Point& point, const ValuePtr& along, base::Span span) {
  core::Builder& b = emit.builder();
  std::vector<ValueId> tangents = tangent_leaves(emit, point, along, span);
  ValueId squares = b.real(0.0);
  for (ValueId tangent : tangents) {
    std::vector<int64_t> axes;
    for (int axis = 0; axis < b.type(tangent).rank(); ++axis) axes.push_back(axis);
    squares = b.add(squares, b.convert(b.reduce_sum(b.mul(tangent, tangent), axes), Elem::F64));
  }
  const ValueId length = b.op("sqrt", {squares});
  for (ValueId& tangent : tangents) {
    tangent = b.div(tangent, b.fill_like(b.convert(length, b.type(tangent).elem), tangent));
  }
  const std::vector<ValueId> results =
      call(emit, emit.differentiator().jvp(point.code, point.active), point.inputs,
           in_input_order(point, tangents));
  const std::span<const ValueId> all(results);
  return with_values(emit, point.result, all.subspan(all.size() / 2));
}

}  // namespace calc::elab
