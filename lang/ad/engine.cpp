#include "lang/ad/engine.h"

#include <stdexcept>

#include "lang/ad/activity.h"
#include "lang/opt/opt.h"

namespace calc::ad {

namespace {

#ifdef NDEBUG
constexpr bool kVerify = false;
#else
constexpr bool kVerify = true;
#endif

}  // namespace

bool Engine::Less::operator()(const Key& a, const Key& b) const {
  if (a.first.index != b.first.index) return a.first.index < b.first.index;
  return a.second < b.second;
}

template <typename T>
const T& Engine::remember(Memo<T>& memo, Key key, const std::function<T()>& make) {
  auto [at, is_new] = memo.try_emplace(std::move(key));
  if (!is_new) {
    if (!at->second) throw std::logic_error("the derivative of a recursive function");
    return *at->second;
  }
  try {
    at->second = std::make_unique<T>(make());
  } catch (...) {
    memo.erase(at);
    throw;
  }
  return *at->second;
}

FunctionId Engine::define(std::unique_ptr<Function> function) {
  return module_.add(std::move(function));
}

const Forward& Engine::forward(FunctionId function, const Mask& active) {
  return remember<Forward>(forwards_, {function, {active}}, [&] {
    optimize(function);
    core::for_each_op(module_.get(function).body, [&](const Op& op) {
      if (op.kind == OpKind::Call) optimize(op.callee);
    });
    return make_forward(*this, module_.get(function), active);
  });
}

const Split& Engine::split(FunctionId function, const Mask& linear) {
  return remember<Split>(splits_, {function, {linear}},
                         [&] { return make_split(*this, module_.get(function), linear); });
}

const Transposed& Engine::transpose(FunctionId function, const Mask& linear, const Mask& results,
                                    const Mask& accumulated) {
  return remember<Transposed>(transposes_, {function, {linear, results, accumulated}}, [&] {
    FunctionId restricted = restrict_results(function, results);
    return make_transpose(*this, module_.get(restricted), linear, accumulated);
  });
}

const Mask& Engine::active_results(FunctionId function, const Mask& active) {
  return remember<Mask>(actives_, {function, {active}}, [&] {
    const Function& f = module_.get(function);
    return Activity(*this, f, active).mask(f.body.results);
  });
}

const Restricted& Engine::restrict_params(FunctionId function, const Mask& linear,
                                          const Mask& moving) {
  return remember<Restricted>(restricted_params_, {function, {linear, moving}}, [&] {
    Restricted restricted = make_restriction(*this, module_.get(function), linear, moving);
    trim_calls(*this, module_.get(restricted.function));
    return restricted;
  });
}

const Trimmed& Engine::trim(FunctionId function, const Mask& results) {
  return remember<Trimmed>(trimmed_, {function, {results}},
                           [&] { return make_trimmed(*this, function, results); });
}

FunctionId Engine::restrict_results(FunctionId function, const Mask& results) {
  if (results == Mask(results.size(), true)) return function;
  return remember<FunctionId>(restricted_, {function, {results}}, [&] {
    auto copy = std::make_unique<Function>(module_.get(function));
    std::vector<ValueId> kept;
    for (size_t k = 0; k < results.size(); ++k) {
      if (results[k]) kept.push_back(copy->body.results[k]);
    }
    copy->body.results = std::move(kept);
    trim_calls(*this, *copy);
    return define(std::move(copy));
  });
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
