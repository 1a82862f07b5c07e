#include "lang/ad/engine.h"

#include <algorithm>
#include <stdexcept>

#include "lang/ad/activity.h"
#include "lang/core/calls.h"
#include "lang/opt/opt.h"

namespace calc::ad {

namespace {

#ifdef NDEBUG
constexpr bool kVerify = false;
#else
constexpr bool kVerify = true;
#endif

}  // namespace

FunctionId Engine::define(std::unique_ptr<Function> function) {
  return module_.add(std::move(function));
}

void Engine::define(FunctionId id, std::unique_ptr<Function> function) {
  promised_.erase(id.index);
  module_.define(id, std::move(function));
}

bool Engine::is_recursive(FunctionId function) const {
  return core::recursive_functions(module_, function).contains(function);
}

void Engine::promise(FunctionId id, const std::vector<Type>& results) {
  auto function = std::make_unique<Function>();
  function->name = "promised";
  Builder builder(module_, *function);
  // Whatever it will do, it is not to be removed.
  builder.emit(core::registry().get("check"), {builder.boolean(false)},
               {{"message", "a promised function"}});
  std::vector<ValueId> values;
  for (const Type& type : results) values.push_back(function->add_value(type));
  builder.set_results(std::move(values));
  module_.define(id, std::move(function));
  promised_.insert(id.index);
}

namespace {

std::vector<Type> chosen(const std::vector<Type>& types, const Mask& mask) {
  std::vector<Type> out;
  for (size_t k = 0; k < types.size(); ++k) {
    if (mask[k]) out.push_back(types[k]);
  }
  return out;
}

Mask inverse(Mask mask) {
  mask.flip();
  return mask;
}

void append(std::vector<Type>& to, const std::vector<Type>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

// ---- the passes --------------------------------------------------------------------------------

Forward Engine::promised_forward(FunctionId function, const Mask& active) {
  optimize(function);
  for (FunctionId callee : core::callees(module_.get(function))) optimize(callee);
  Forward forward{module_.declare(), active_results(function, active)};
  std::vector<Type> results = module_.get(function).result_types();
  append(results, chosen(results, forward.tangents));
  promise(forward.function, results);
  return forward;
}

const Forward& Engine::forward(FunctionId function, const Mask& active) {
  return forwards_.get(
      {function, {active}}, [&] { return promised_forward(function, active); },
      [&](const Forward& assumed) {
        return module_.get(function).rule.valid()
                   ? make_given_forward(*this, function, active, assumed.function)
                   : make_forward(*this, module_.get(function), active, assumed.function);
      });
}

Split Engine::promised_split(FunctionId function, const Mask& linear) {
  Split split;
  split.known = module_.declare();
  split.linear = module_.declare();
  split.results = active_results(function, linear);
  if (!is_recursive(function)) return split;
  split.residuals = 2;
  const std::vector<Type> results = module_.get(function).result_types();
  std::vector<Type> known = chosen(results, inverse(split.results));
  append(known, {{core::Elem::F64, {core::kDynamic}}, {core::Elem::I64, {core::kDynamic}}});
  promise(split.known, known);
  promise(split.linear, chosen(results, split.results));
  return split;
}

const Split& Engine::split(FunctionId function, const Mask& linear) {
  return splits_.get(
      {function, {linear}}, [&] { return promised_split(function, linear); },
      [&](const Split& assumed) {
        const Cut cut{linear, assumed.results, assumed.known, assumed.linear,
                      is_recursive(function)};
        return module_.get(function).checkpoint && !cut.packed
                   ? make_recomputing_split(*this, function, cut)
                   : make_split(*this, module_.get(function), cut);
      });
}

const Expanded& Engine::expand(FunctionId function, const Mask& active, size_t order) {
  return expanded_.get(
      {function, {active, Mask(order, true)}},
      [&] {
        optimize(function);
        Expanded expanded{module_.declare(), active_results(function, active)};
        std::vector<Type> results = module_.get(function).result_types();
        for (const Type& type : chosen(results, expanded.results)) {
          results.insert(results.end(), order, type);
        }
        promise(expanded.function, results);
        return expanded;
      },
      [&](const Expanded& assumed) {
        return make_expanded(*this, module_.get(function), active, order, assumed.function);
      });
}

FunctionId Engine::plain(FunctionId function) {
  if (auto known = plain_.find(function.index); known != plain_.end()) return known->second;
  auto copy = std::make_unique<Function>(module_.get(function));
  copy->rule = {};
  copy->ruled.clear();
  return plain_[function.index] = define(std::move(copy));
}

const Transposed& Engine::transpose(FunctionId function, const Mask& linear, const Mask& results,
                                    const Mask& accumulated) {
  return transposes_.get(
      {function, {linear, results, accumulated}},
      [&] { return Transposed{module_.declare(), accumulated}; },
      [&](const Transposed& assumed) {
        promise(assumed.function, chosen(module_.get(function).param_types(), assumed.cotangents));
        const FunctionId restricted = restrict_results(function, results);
        return make_transpose(*this, module_.get(restricted), linear, accumulated,
                              assumed.function);
      });
}

const Mask& Engine::active_results(FunctionId function, const Mask& active) {
  const Function& f = module_.get(function);
  return actives_.get(
      {function, {active}}, [&] { return Mask(f.body.results.size(), false); },
      [&](const Mask&) {
        return f.rule.valid() ? given_active_results(*this, function, active)
                              : Activity(*this, f, active).mask(f.body.results);
      });
}

const Restricted& Engine::restrict_params(FunctionId function, const Mask& linear,
                                          const Mask& moving) {
  return restricted_params_.get(
      {function, {linear, moving}},
      [&] {
        Restricted restricted{module_.declare(), active_results(function, moving)};
        promise(restricted.function,
                chosen(module_.get(function).result_types(), restricted.results));
        return restricted;
      },
      [&](const Restricted& assumed) {
        Restricted restricted =
            make_restriction(*this, module_.get(function), linear, moving, assumed.function);
        trim_calls(*this, module_.get(restricted.function));
        return restricted;
      });
}

const Mask& Engine::needs(FunctionId function, const Mask& results) {
  static const Mask kAll;
  if (promised_.contains(function.index) || module_.get(function).rule.valid()) return kAll;
  const size_t params = module_.get(function).body.params.size();
  return needs_.get(
      {function, {results}}, [&] { return Mask(params, false); },
      [&](const Mask&) { return needed_params(*this, module_.get(function), results); });
}

FunctionId Engine::trim(FunctionId function, const Mask& results) {
  if (promised_.contains(function.index) || module_.get(function).rule.valid()) return function;
  const Mask& params = needs(function, results);
  auto all = [](const Mask& mask) {
    return std::find(mask.begin(), mask.end(), false) == mask.end();
  };
  if (all(results) && all(params)) return function;
  auto [at, is_new] = trimmed_.try_emplace({function, {results}});
  if (!is_new) return at->second;
  const FunctionId id = at->second = module_.declare();
  try {
    define(id, trimmed(function, results, params));
  } catch (...) {
    trimmed_.erase({function, {results}});
    throw;
  }
  return id;
}

std::unique_ptr<Function> Engine::trimmed(FunctionId function, const Mask& results,
                                          const Mask& params) {
  auto copy = std::make_unique<Function>(module_.get(function));
  auto keep = [](std::vector<ValueId>& values, const Mask& kept) {
    size_t k = 0;
    std::erase_if(values, [&](ValueId) { return !kept[k++]; });
  };
  keep(copy->body.results, results);
  trim_calls(*this, *copy);
  keep(copy->body.params, params);
  return copy;
}

FunctionId Engine::restrict_results(FunctionId function, const Mask& results) {
  if (results == Mask(results.size(), true)) return function;
  const PassKey key{function, {results}};
  if (auto known = restricted_.find(key); known != restricted_.end()) return known->second;
  auto copy = std::make_unique<Function>(module_.get(function));
  std::vector<ValueId> kept;
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k]) kept.push_back(copy->body.results[k]);
  }
  copy->body.results = std::move(kept);
  trim_calls(*this, *copy);
  return restricted_[key] = define(std::move(copy));
}

void Engine::optimize(FunctionId function) {
  if (!optimized_.insert(function.index).second) return;
  opt::optimize(module_, function, kVerify);
}

ValueId fitted(Builder& builder, ValueId value, const Type& type) {
  if (core::refines(builder.type(value), type)) return value;
  core::Dims dims = builder.type(value).dims;
  std::vector<ValueId> sizes;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (type.dims.at(axis) != core::kDynamic) dims[axis] = type.dims[axis];
    if (dims[axis] == core::kDynamic) sizes.push_back(builder.dim(value, static_cast<int>(axis)));
  }
  return builder.reshape(value, std::move(dims), std::move(sizes));
}

}  // namespace calc::ad

// Note [Recursion]
//
// What is made of a recursive function calls what is made of it. So each pass knows the ids and the
// types of what it makes before it begins, and whoever asks meanwhile gets those (`promise`). Which
// results have tangents, which parameters matter and which cotangents there are depends on the
// callees: least fixed points of flags, starting from none (memo.h). All other passes follow from
// these. The residuals of a recursive call are of no number known beforehand: they travel in two
// arrays, see Note [Packed residuals] in linearize_packed.cpp.
