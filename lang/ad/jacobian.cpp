// Jacobians and Hessians: the function is linearized once, the linear part runs over a basis.
#include <algorithm>
#include <numeric>

#include "lang/ad/derivatives.h"

namespace calc::ad {

namespace {

using Values = std::vector<ValueId>;

/// Builds the blocks of a Jacobian inside one function.
class Blocks {
 public:
  Blocks(Engine& engine, FunctionId id, const Mask& active, const char* suffix)
      : pullback_(engine, id, active),
        source_(engine.module().get(id)),
        target_(std::make_unique<Function>()),
        builder_(engine.module(), *target_) {
    target_->name = source_.name + suffix;
    target_->user_name = source_.user_name;
    at_ = pullback_.enter(builder_);
    pullback_.run_primal(builder_, at_);
  }

  std::vector<size_t> active_inputs() const {
    std::vector<size_t> inputs;
    for (size_t k = 0; k < pullback_.active().size(); ++k) {
      if (pullback_.active()[k]) inputs.push_back(k);
    }
    return inputs;
  }
  size_t outputs() const { return at_.outputs.size(); }
  Type output_type(size_t k) { return builder_.type(at_.outputs[k]); }
  Type input_type(size_t k) { return builder_.type(at_.inputs[k]); }

  /// For the chosen outputs, the derivative by one input, S(output) ++ S(input). The block of the
  /// output `symmetric` is its own transpose and needs no exchange of axes.
  std::vector<MaybeValue> forward(size_t input, const Mask& chosen,
                                  std::optional<size_t> symmetric = std::nullopt);
  /// For each active input, the derivative of one output.
  Values reverse(size_t output);
  /// The block with its two groups of axes exchanged.
  ValueId exchanged(ValueId block, int leading);

  FunctionId finish(Engine& engine, Values results) {
    builder_.set_results(std::move(results));
    return engine.define(std::move(target_));
  }

 private:
  /// The number of elements, and the k-th vector of the basis in the shape of a value.
  ValueId size(ValueId like);
  ValueId basis(ValueId like, ValueId k, ValueId size);
  ValueId one(ValueId like) {
    return builder_.constant(rt::Array::of(1.0).converted(builder_.type(like).elem));
  }
  /// A stack over a basis of `of`, as S(a) ++ S(b).
  ValueId shaped(ValueId stack, ValueId a, ValueId b);
  ValueId zero_block(ValueId output, ValueId input);
  std::pair<core::Dims, Values> joined_shape(ValueId a, ValueId b);

  Pullback pullback_;
  const Function& source_;
  std::unique_ptr<Function> target_;
  Builder builder_;
  Linearization at_;
};

ValueId Blocks::size(ValueId like) {
  const Type type = builder_.type(like);
  if (type.is_static()) return builder_.integer(type.count());
  ValueId product = builder_.dim(like, 0);
  for (int axis = 1; axis < type.rank(); ++axis) {
    product = builder_.mul(product, builder_.dim(like, axis));
  }
  return product;
}

ValueId Blocks::basis(ValueId like, ValueId k, ValueId size) {
  const Type type = builder_.type(like);
  Values flat_size;
  if (!type.is_static()) flat_size.push_back(size);
  ValueId zeros = builder_.zeros(Type{type.elem, {type.count()}}, flat_size);
  ValueId unit =
      builder_.op("index_set", {zeros, one(like), k}, {{"axes", std::vector<int64_t>{0}}});
  if (type.rank() == 1) return unit;
  const Values sizes = builder_.dynamic_sizes(like);
  return builder_.reshape(unit, type.dims, sizes);
}

std::pair<core::Dims, Values> Blocks::joined_shape(ValueId a, ValueId b) {
  core::Dims dims = builder_.type(a).dims;
  const core::Dims& more = builder_.type(b).dims;
  dims.insert(dims.end(), more.begin(), more.end());
  Values sizes = builder_.dynamic_sizes(a);
  for (ValueId size : builder_.dynamic_sizes(b)) sizes.push_back(size);
  return {dims, sizes};
}

ValueId Blocks::shaped(ValueId stack, ValueId a, ValueId b) {
  auto [dims, sizes] = joined_shape(a, b);
  if (builder_.type(stack).rank() == static_cast<int>(dims.size())) return stack;
  return builder_.reshape(stack, std::move(dims), std::move(sizes));
}

ValueId Blocks::zero_block(ValueId output, ValueId input) {
  auto [dims, sizes] = joined_shape(output, input);
  return builder_.zeros(Type{builder_.type(output).elem, dims}, sizes);
}

ValueId Blocks::exchanged(ValueId block, int leading) {
  const int rank = builder_.type(block).rank();
  std::vector<int64_t> perm;
  for (int k = leading; k < rank; ++k) perm.push_back(k);
  for (int k = 0; k < leading; ++k) perm.push_back(k);
  return builder_.transpose(block, std::move(perm));
}

std::vector<MaybeValue> Blocks::forward(size_t input, const Mask& chosen,
                                        std::optional<size_t> symmetric) {
  ValueId like = at_.inputs[input];
  const Direction direction = pullback_.direction(at_, input);
  std::vector<MaybeValue> blocks(outputs());
  auto fill = [&](size_t k) {
    if (chosen[k] && !blocks[k]) blocks[k] = zero_block(at_.outputs[k], like);
  };
  if (builder_.type(like).is_scalar()) {
    blocks = pullback_.push(builder_, direction, one(like), chosen);
    for (size_t k = 0; k < outputs(); ++k) fill(k);
    return blocks;
  }
  ValueId count = size(like);
  const std::vector<Type> index = {core::scalar_type(core::Elem::I64)};
  ValueId k = builder_.open_block(index)[0];
  const std::vector<MaybeValue> columns =
      pullback_.push(builder_, direction, basis(like, k, count), chosen);
  Values stacked;
  for (MaybeValue column : columns) {
    if (column) stacked.push_back(*column);
  }
  core::Block body = builder_.close_block(stacked);
  const Values stacks = builder_.emit_for(count, {}, std::move(body));
  size_t next = 0;
  for (size_t o = 0; o < outputs(); ++o) {
    if (columns[o]) {
      const ValueId stack = stacks[next++];
      blocks[o] = shaped(o == symmetric ? stack : exchanged(stack, 1), at_.outputs[o], like);
    }
    fill(o);
  }
  return blocks;
}

Values Blocks::reverse(size_t output) {
  ValueId like = at_.outputs[output];
  std::vector<MaybeValue> cotangents(outputs());
  if (builder_.type(like).is_scalar()) {
    cotangents[output] = one(like);
    return pullback_.pull(builder_, at_, cotangents);
  }
  ValueId count = size(like);
  const std::vector<Type> index = {core::scalar_type(core::Elem::I64)};
  ValueId k = builder_.open_block(index)[0];
  cotangents[output] = basis(like, k, count);
  const Values rows = pullback_.pull(builder_, at_, cotangents);
  core::Block body = builder_.close_block(rows);
  Values blocks = builder_.emit_for(count, {}, std::move(body));
  const std::vector<size_t> inputs = active_inputs();
  for (size_t j = 0; j < inputs.size(); ++j) {
    blocks[j] = shaped(blocks[j], like, at_.inputs[inputs[j]]);
  }
  return blocks;
}

/// The number of elements; what is not known before run time counts as many.
int64_t weight(const Type& type) {
  constexpr int64_t kMany = 1 << 20;
  return type.is_static() ? type.count() : kMany;
}

FunctionId scalar_jacobian(Engine& engine, FunctionId id, const Mask& active, const char* suffix) {
  auto target = std::make_unique<Function>();
  target->name = engine.module().get(id).name + suffix;
  target->user_name = engine.module().get(id).user_name;
  Builder builder(engine.module(), *target);
  auto [results, tangents] = by_one_scalar(engine, builder, id, active);
  for (size_t k = 0; k < results.size(); ++k) {
    results[k] = tangents[k] ? *tangents[k] : zeros_like(builder, results[k]);
  }
  builder.set_results(std::move(results));
  return engine.define(std::move(target));
}

}  // namespace

FunctionId make_jacobian(Engine& engine, FunctionId id, const Mask& active) {
  if (is_one_scalar(engine, id, active)) return scalar_jacobian(engine, id, active, ".jacobian");
  Blocks blocks(engine, id, active, ".jacobian");
  const std::vector<size_t> inputs = blocks.active_inputs();
  int64_t in = 0;
  int64_t out = 0;
  for (size_t k : inputs) in += weight(blocks.input_type(k));
  for (size_t k = 0; k < blocks.outputs(); ++k) out += weight(blocks.output_type(k));
  const size_t width = inputs.size();
  Values results(blocks.outputs() * width);
  if (in <= out) {
    for (size_t j = 0; j < width; ++j) {
      const auto column = blocks.forward(inputs[j], Mask(blocks.outputs(), true));
      for (size_t o = 0; o < blocks.outputs(); ++o) results[o * width + j] = *column[o];
    }
  } else {
    for (size_t o = 0; o < blocks.outputs(); ++o) {
      const Values row = blocks.reverse(o);
      std::copy(row.begin(), row.end(), results.begin() + static_cast<std::ptrdiff_t>(o * width));
    }
  }
  return blocks.finish(engine, std::move(results));
}

FunctionId make_hessian(Engine& engine, FunctionId value_and_gradient, const Mask& active) {
  const size_t results = engine.module().get(value_and_gradient).body.results.size();
  Mask gradients(results, true);
  gradients[0] = false;
  FunctionId gradient = engine.restrict_results(value_and_gradient, gradients);
  if (is_one_scalar(engine, gradient, active)) {
    return scalar_jacobian(engine, gradient, active, ".hessian");
  }
  Blocks blocks(engine, gradient, active, ".hessian");
  const std::vector<size_t> inputs = blocks.active_inputs();
  const size_t width = inputs.size();
  Values out(width * width);
  for (size_t j = 0; j < width; ++j) {
    // The matrix is symmetric: the direction of input j gives what stands above the diagonal.
    Mask above(width, false);
    std::fill(above.begin(), above.begin() + static_cast<std::ptrdiff_t>(j) + 1, true);
    const auto column = blocks.forward(inputs[j], above, j);
    for (size_t i = 0; i <= j; ++i) {
      out[i * width + j] = *column[i];
      if (i == j) continue;
      out[j * width + i] = blocks.exchanged(*column[i], blocks.input_type(inputs[i]).rank());
    }
  }
  return blocks.finish(engine, std::move(out));
}

}  // namespace calc::ad

// Note [Jacobians]
//
// The linear part is linear in all tangents together; the derivative by one input is its
// restriction to that input, with symbolic zeros for the others (Engine::restrict_params): a unit
// vector of one input never meets an infinite factor of another. Forward, the loop over the basis
// stacks columns, so the new axis goes last; transposed, it stacks rows. Scalars need no loop.
