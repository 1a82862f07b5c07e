#include <algorithm>
#include <stdexcept>

#include "lang/ad/derivatives.h"

namespace calc::ad {

ValueId zeros_like(Builder& builder, ValueId value) {
  const std::vector<ValueId> sizes = builder.dynamic_sizes(value);
  const Type type = builder.type(value);
  return builder.zeros(type, sizes);
}

namespace {

std::vector<ValueId> inlined(Engine& engine, Builder& builder, FunctionId id,
                             const std::vector<ValueId>& args) {
  const Function& function = engine.module().get(id);
  ValueMap map;
  for (size_t k = 0; k < args.size(); ++k) map[function.body.params[k]] = args[k];
  return core::inline_block(builder, function, function.body, map);
}

size_t count(const Mask& mask) {
  return static_cast<size_t>(std::count(mask.begin(), mask.end(), true));
}

Mask tangent_params(Engine& engine, const Forward& forward, size_t inputs) {
  Mask mask(engine.module().get(forward.function).body.params.size(), true);
  std::fill(mask.begin(), mask.begin() + static_cast<std::ptrdiff_t>(inputs), false);
  return mask;
}

}  // namespace

Pullback::Pullback(Engine& engine, FunctionId function, const Mask& active)
    : engine_(engine),
      function_(function),
      active_(active),
      forward_(engine.forward(function, active)),
      split_(engine.split(forward_.function, tangent_params(engine, forward_, active.size()))) {}

Linearization Pullback::enter(Builder& builder) const {
  const Function& source = engine_.module().get(function_);
  Linearization at;
  for (ValueId param : source.body.params)
    at.inputs.push_back(builder.add_param(source.type(param)));
  return at;
}

void Pullback::run_primal(Builder& builder, Linearization& at) const {
  const std::vector<ValueId> all = inlined(engine_, builder, split_.known, at.inputs);
  const auto outputs = static_cast<std::ptrdiff_t>(forward_.tangents.size());
  at.outputs.assign(all.begin(), all.begin() + outputs);
  at.residuals.assign(all.end() - split_.residuals, all.end());
}

Mask Pullback::linear_params() const {
  Mask mask(static_cast<size_t>(split_.residuals), false);
  mask.insert(mask.end(), count(active_), true);
  return mask;
}

Mask Pullback::moving_outputs() const {
  Mask mask;
  size_t next = forward_.tangents.size();
  for (bool active : forward_.tangents) mask.push_back(active && split_.results[next++]);
  return mask;
}

std::vector<ValueId> Pullback::pull(Builder& builder, const Linearization& at,
                                    const std::vector<MaybeValue>& cotangents) const {
  const Mask moving = moving_outputs();
  Mask given;
  std::vector<ValueId> args = at.residuals;
  for (size_t k = 0; k < moving.size(); ++k) {
    if (!moving[k]) continue;
    given.push_back(cotangents[k].has_value());
    if (cotangents[k]) args.push_back(*cotangents[k]);
  }
  const Mask linear = linear_params();
  std::vector<MaybeValue> found(linear.size());
  if (count(given) > 0) {
    const Transposed& transposed =
        engine_.transpose(split_.linear, linear, given, Mask(linear.size(), false));
    const std::vector<ValueId> results = inlined(engine_, builder, transposed.function, args);
    size_t next = 0;
    for (size_t k = 0; k < linear.size(); ++k) {
      if (transposed.cotangents[k]) found[k] = results[next++];
    }
  }
  std::vector<ValueId> out;
  auto next = static_cast<size_t>(split_.residuals);
  for (size_t k = 0; k < active_.size(); ++k) {
    if (!active_[k]) continue;
    MaybeValue ct = found[next++];
    out.push_back(ct ? *ct : zeros_like(builder, at.inputs[k]));
  }
  return out;
}

Direction Pullback::direction(const Linearization& at, size_t input) const {
  Direction direction{split_.linear, at.residuals, moving_outputs()};
  if (count(active_) == 1) return direction;
  const Mask linear = linear_params();
  Mask chosen(linear.size(), false);
  const auto before =
      std::count(active_.begin(), active_.begin() + static_cast<std::ptrdiff_t>(input), true);
  chosen[static_cast<size_t>(split_.residuals + before)] = true;
  const Restricted& restricted = engine_.restrict_params(split_.linear, linear, chosen);
  direction.linear = restricted.function;
  size_t next = 0;
  for (size_t k = 0; k < direction.outputs.size(); ++k) {
    if (direction.outputs[k]) direction.outputs[k] = restricted.results[next++];
  }
  return direction;
}

std::vector<MaybeValue> Pullback::push(Builder& builder, const Direction& direction,
                                       ValueId tangent, const Mask& outputs) const {
  Mask wanted;
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (direction.outputs[k]) wanted.push_back(outputs[k]);
  }
  std::vector<MaybeValue> found(outputs.size());
  if (count(wanted) == 0) return found;
  std::vector<ValueId> args = direction.residuals;
  args.push_back(tangent);
  FunctionId linear = engine_.restrict_results(direction.linear, wanted);
  const std::vector<ValueId> results = inlined(engine_, builder, linear, args);
  size_t next = 0;
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (direction.outputs[k] && outputs[k]) found[k] = results[next++];
  }
  return found;
}

// ---- operators on one pullback -----------------------------------------------------------------

bool is_one_scalar(Engine& engine, FunctionId id, const Mask& active) {
  const Function& source = engine.module().get(id);
  size_t elements = 0;
  for (size_t k = 0; k < active.size(); ++k) {
    if (active[k]) elements += source.type(source.body.params[k]).is_scalar() ? 1 : 2;
  }
  return elements == 1;
}

/// By one number, forward mode costs least and keeps nothing: one pass, values and tangents side by
/// side. Returns the outputs and the tangent of each, none where zero.
std::pair<std::vector<ValueId>, std::vector<MaybeValue>> by_one_scalar(Engine& engine,
                                                                       Builder& builder,
                                                                       FunctionId id,
                                                                       const Mask& active) {
  const Forward& forward = engine.forward(id, active);
  const Function& source = engine.module().get(id);
  std::vector<ValueId> args;
  ValueId moving;
  for (size_t k = 0; k < active.size(); ++k) {
    args.push_back(builder.add_param(source.type(source.body.params[k])));
    if (active[k]) moving = args.back();
  }
  args.push_back(builder.constant(rt::Array::of(1.0).converted(builder.type(moving).elem)));
  std::vector<ValueId> all = inlined(engine, builder, forward.function, args);
  const size_t outputs = forward.tangents.size();
  std::vector<MaybeValue> tangents;
  size_t next = outputs;
  for (bool has : forward.tangents) {
    tangents.push_back(has ? MaybeValue(all[next++]) : std::nullopt);
  }
  all.resize(outputs);
  return {std::move(all), std::move(tangents)};
}

FunctionId make_gradient(Engine& engine, FunctionId id, const Mask& active) {
  if (is_one_scalar(engine, id, active)) {
    auto target = std::make_unique<Function>();
    target->name = engine.module().get(id).name + ".gradient";
    target->user_name = engine.module().get(id).user_name;
    Builder builder(engine.module(), *target);
    auto [results, tangents] = by_one_scalar(engine, builder, id, active);
    results.push_back(tangents[0] ? *tangents[0] : zeros_like(builder, results[0]));
    builder.set_results(std::move(results));
    return engine.define(std::move(target));
  }
  const Pullback pullback(engine, id, active);
  const Function& source = engine.module().get(id);
  auto target = std::make_unique<Function>();
  target->name = source.name + ".gradient";
  target->user_name = source.user_name;
  Builder builder(engine.module(), *target);
  Linearization at = pullback.enter(builder);
  pullback.run_primal(builder, at);
  const core::Elem elem = builder.type(at.outputs.at(0)).elem;
  std::vector<MaybeValue> cotangents(at.outputs.size());
  cotangents[0] = builder.constant(rt::Array::of(1.0).converted(elem));
  std::vector<ValueId> results = at.outputs;
  for (ValueId ct : pullback.pull(builder, at, cotangents)) results.push_back(ct);
  builder.set_results(std::move(results));
  return engine.define(std::move(target));
}

/// The transpose of any linear function, with zeros for the parameters that do not matter.
FunctionId full_transpose(Engine& engine, FunctionId id, size_t known) {
  const Function& source = engine.module().get(id);
  Mask linear(source.body.params.size(), true);
  std::fill(linear.begin(), linear.begin() + static_cast<std::ptrdiff_t>(known), false);
  const Transposed& inner = engine.transpose(id, linear, Mask(source.body.results.size(), true),
                                             Mask(linear.size(), false));
  const Function& transposed = engine.module().get(inner.function);
  auto target = std::make_unique<Function>();
  target->name = transposed.name;
  target->user_name = transposed.user_name;
  Builder builder(engine.module(), *target);
  std::vector<ValueId> args;
  for (ValueId param : transposed.body.params) {
    args.push_back(builder.add_param(transposed.type(param)));
  }
  const std::vector<ValueId> found = inlined(engine, builder, inner.function, args);
  std::vector<ValueId> results;
  size_t next = 0;
  const auto recorded = engine.sizes_of_params.find(id.index);
  for (size_t k = known; k < linear.size(); ++k) {
    const Type type = source.type(source.body.params[k]);
    std::vector<ValueId> sizes;
    if (inner.cotangents[k]) {
      results.push_back(found[next++]);
      continue;
    }
    if (!type.is_static() && recorded == engine.sizes_of_params.end()) {
      throw std::logic_error("the sizes of a linear parameter that does not matter are not known");
    }
    if (!type.is_static()) {
      for (size_t param : recorded->second[k]) sizes.push_back(args[param]);
    }
    results.push_back(builder.zeros(type, sizes));
  }
  builder.set_results(std::move(results));
  return engine.define(std::move(target));
}

}  // namespace calc::ad
