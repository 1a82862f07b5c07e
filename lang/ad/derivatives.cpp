// The operators of ad.h, put together from the three passes.
#include "lang/ad/derivatives.h"

#include <algorithm>
#include <map>

#include "lang/ad/ad.h"
#include "lang/ad/taylor.h"

namespace calc::ad {

struct Differentiator::Cache {
  explicit Cache(Module& module) : engine(module) {}
  using Key = std::pair<uint32_t, Mask>;

  /// A derived function, made and optimised once.
  template <typename Make>
  FunctionId function(char operation, FunctionId of, const Mask& mask, Make make) {
    auto [at, is_new] = functions.try_emplace({operation, {of.index, mask}});
    if (is_new) {
      try {
        at->second = make();
        engine.optimize(at->second);
      } catch (...) {
        functions.erase(at);
        throw;
      }
    }
    return at->second;
  }

  Engine engine;
  std::map<std::pair<char, Key>, FunctionId> functions;
  std::map<Key, Linearized> linearized;
};

Differentiator::Differentiator(core::Module& module) : cache_(std::make_unique<Cache>(module)) {}

Differentiator::~Differentiator() = default;

namespace {

/// (inputs…, tangents…) -> (outputs…, tangents of all real outputs…)
FunctionId full_jvp(Engine& engine, FunctionId id, const Mask& active) {
  const Forward& forward = engine.forward(id, active);
  const Function& inner = engine.module().get(forward.function);
  auto target = std::make_unique<Function>();
  target->name = inner.name;
  target->user_name = inner.user_name;
  Builder builder(engine.module(), *target);
  ValueMap map;
  for (ValueId param : inner.body.params) map[param] = builder.add_param(inner.type(param));
  const std::vector<ValueId> all = core::inline_block(builder, inner, inner.body, map);
  const size_t outputs = forward.tangents.size();
  std::vector<ValueId> results(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(outputs));
  size_t next = outputs;
  for (size_t k = 0; k < outputs; ++k) {
    if (forward.tangents[k]) {
      results.push_back(all[next++]);
    } else if (builder.type(all[k]).is_real()) {
      results.push_back(zeros_like(builder, all[k]));
    }
  }
  builder.set_results(std::move(results));
  return engine.define(std::move(target));
}

FunctionId make_vjp(Engine& engine, FunctionId id, const Mask& active) {
  const Pullback pullback(engine, id, active);
  auto target = std::make_unique<Function>();
  target->name = engine.module().get(id).name + ".vjp";
  target->user_name = engine.module().get(id).user_name;
  Builder builder(engine.module(), *target);
  Linearization at = pullback.enter(builder);
  std::vector<MaybeValue> cotangents;
  for (ValueId output : engine.module().get(id).body.results) {
    const Type type = engine.module().get(id).type(output);
    cotangents.push_back(type.is_real() ? MaybeValue(builder.add_param(type)) : std::nullopt);
  }
  pullback.run_primal(builder, at);
  std::vector<ValueId> results = at.outputs;
  for (ValueId ct : pullback.pull(builder, at, cotangents)) results.push_back(ct);
  builder.set_results(std::move(results));
  return engine.define(std::move(target));
}

/// Makes the dynamic sizes of the active inputs the first residuals: the transpose of the tangent
/// needs them for an input that turns out not to matter. Returns how many there are.
int add_sizes(Engine& engine, const Split& split, const Mask& active, size_t outputs) {
  Function& primal = engine.module().get(split.known);
  Function& tangent = engine.module().get(split.linear);
  Builder builder(engine.module(), primal);
  std::vector<ValueId> results;
  std::vector<ValueId> params;
  std::vector<std::vector<size_t>> recorded;
  for (size_t k = 0; k < active.size(); ++k) {
    if (!active[k]) continue;
    recorded.emplace_back();
    for (ValueId size : builder.dynamic_sizes(primal.body.params[k])) {
      recorded.back().push_back(results.size());
      results.push_back(size);
      params.push_back(tangent.add_value(core::scalar_type(core::Elem::I64)));
    }
  }
  auto insert = [](std::vector<ValueId>& into, size_t at, const std::vector<ValueId>& values) {
    into.insert(into.begin() + static_cast<std::ptrdiff_t>(at), values.begin(), values.end());
  };
  insert(primal.body.results, outputs, results);
  insert(tangent.body.params, 0, params);
  recorded.insert(recorded.begin(), results.size() + static_cast<size_t>(split.residuals), {});
  engine.sizes_of_params[split.linear.index] = std::move(recorded);
  return static_cast<int>(results.size());
}

Linearized make_linearized(Engine& engine, FunctionId function, const Mask& active) {
  const Function& jvp = engine.module().get(full_jvp(engine, function, active));
  const size_t outputs = engine.module().get(function).body.results.size();
  Mask linear(jvp.body.params.size(), false);
  std::fill(linear.begin() + static_cast<std::ptrdiff_t>(active.size()), linear.end(), true);
  Mask results(jvp.body.results.size(), false);
  std::fill(results.begin() + static_cast<std::ptrdiff_t>(outputs), results.end(), true);
  const Split split = make_split(
      engine, jvp, {linear, results, engine.module().declare(), engine.module().declare()});
  const int sizes = add_sizes(engine, split, active, outputs);
  engine.optimize(split.known);
  return {split.known, split.linear, sizes + split.residuals};
}

}  // namespace

FunctionId Differentiator::jvp(FunctionId function, const Active& active) {
  return cache_->function('j', function, active,
                          [&] { return full_jvp(cache_->engine, function, active); });
}

const Linearized& Differentiator::linearize(FunctionId function, const Active& active) {
  auto [at, is_new] = cache_->linearized.try_emplace({function.index, active});
  if (!is_new) return at->second;
  try {
    at->second = make_linearized(cache_->engine, function, active);
  } catch (...) {
    cache_->linearized.erase(at);
    throw;
  }
  return at->second;
}

FunctionId Differentiator::transpose(FunctionId linear, int known) {
  Mask key(1 + static_cast<size_t>(known), true);
  return cache_->function('t', linear, key, [&] {
    return full_transpose(cache_->engine, linear, static_cast<size_t>(known));
  });
}

FunctionId Differentiator::vjp(FunctionId function, const Active& active) {
  return cache_->function('v', function, active,
                          [&] { return make_vjp(cache_->engine, function, active); });
}

FunctionId Differentiator::gradient(FunctionId function, const Active& active) {
  return cache_->function('g', function, active,
                          [&] { return make_gradient(cache_->engine, function, active); });
}

FunctionId Differentiator::jacobian(FunctionId function, const Active& active) {
  return cache_->function('J', function, active,
                          [&] { return make_jacobian(cache_->engine, function, active); });
}

FunctionId Differentiator::hessian(FunctionId function, const Active& active) {
  FunctionId value_and_gradient = gradient(function, active);
  return cache_->function('H', function, active,
                          [&] { return make_hessian(cache_->engine, value_and_gradient, active); });
}

FunctionId Differentiator::taylor(FunctionId function, const Active& active, size_t order) {
  Mask key = active;
  key.resize(active.size() + order, true);
  return cache_->function('T', function, key,
                          [&] { return make_taylor(cache_->engine, function, active, order); });
}

FunctionId Differentiator::checkpointed(FunctionId function) {
  return cache_->function('c', function, {}, [&] {
    auto copy = std::make_unique<Function>(cache_->engine.module().get(function));
    copy->checkpoint = true;
    const FunctionId id = cache_->engine.define(std::move(copy));
    cache_->engine.optimize(id);
    segment_loops(cache_->engine, id);
    return id;
  });
}

std::optional<Nonlinearity> Differentiator::give_rule(FunctionId id, FunctionId rule,
                                                      const Mask& ruled) {
  Engine& engine = cache_->engine;
  engine.optimize(rule);
  Function& function = engine.module().get(id);
  Mask tangents(function.body.params.size(), false);
  tangents.resize(engine.module().get(rule).body.params.size(), true);
  if (auto found = find_nonlinearity(engine.module(), rule, tangents)) return found;
  function.rule = rule;
  function.ruled = ruled;
  engine.optimize(id);
  return std::nullopt;
}

bool Differentiator::mark(std::vector<bool>& live) const {
  bool found = cache_->engine.mark(live);
  const auto reach = [&](uint32_t of, FunctionId id) {
    if (!live[of] || live[id.index]) return;
    live[id.index] = found = true;
  };
  for (const auto& [key, id] : cache_->functions) reach(key.second.first, id);
  for (const auto& [key, linearized] : cache_->linearized) {
    reach(key.first, linearized.primal);
    reach(key.first, linearized.tangent);
  }
  return found;
}

void Differentiator::keep(const std::vector<bool>& live) {
  cache_->engine.keep(live);
  std::erase_if(cache_->functions,
                [&](const auto& entry) { return !live[entry.first.second.first]; });
  std::erase_if(cache_->linearized, [&](const auto& entry) { return !live[entry.first.first]; });
}

}  // namespace calc::ad
