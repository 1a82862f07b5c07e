// with_derivative: forward mode by the rule that was given. See Note [Given rules].
#include <algorithm>

#include "lang/ad/derivatives.h"

namespace calc::ad {

namespace {

bool any(const Mask& mask) { return std::find(mask.begin(), mask.end(), true) != mask.end(); }

/// The active parameters that the rule speaks of, or those that it does not.
Mask chosen(const Function& function, const Mask& active, bool ruled) {
  Mask mask;
  for (size_t k = 0; k < active.size(); ++k) {
    mask.push_back(active[k] && function.ruled[k] == ruled);
  }
  return mask;
}

/// The parameters of the rule: whether they are tangents, and of active parameters.
Mask rule_params(const Function& function, const Mask& active) {
  Mask mask(function.body.params.size(), false);
  for (size_t k = 0; k < function.ruled.size(); ++k) {
    if (function.ruled[k]) mask.push_back(active[k]);
  }
  return mask;
}

/// Flags of the real results, spread over all results.
Mask over_results(const Function& function, const Mask& real) {
  Mask mask;
  size_t next = 0;
  for (ValueId result : function.body.results) {
    mask.push_back(function.type(result).is_real() && real[next++]);
  }
  return mask;
}

class GivenForward {
 public:
  GivenForward(Engine& engine, FunctionId id, const Mask& active)
      : engine_(engine),
        id_(id),
        source_(engine.module().get(id)),
        active_(active),
        target_(std::make_unique<Function>()),
        builder_(engine.module(), *target_) {
    target_->name = source_.name + ".jvp";
    target_->user_name = source_.user_name;
    target_->checkpoint = source_.checkpoint;
    for (ValueId param : source_.body.params) {
      params_.push_back(builder_.add_param(source_.type(param)));
    }
    for (size_t k = 0; k < active.size(); ++k) {
      tangents_.push_back(active[k] ? MaybeValue(builder_.add_param(builder_.type(params_[k])))
                                    : std::nullopt);
    }
  }

  Forward run(FunctionId id) {
    std::vector<ValueId> results = builder_.call(id_, params_);
    sums_.resize(results.size());
    by_rule();
    by_body(results.size());
    Forward forward;
    forward.tangents = engine_.active_results(id_, active_);
    const size_t outputs = results.size();
    for (size_t k = 0; k < outputs; ++k) {
      if (forward.tangents[k]) results.push_back(*sums_[k]);
    }
    builder_.set_results(std::move(results));
    forward.function = id;
    engine_.define(id, std::move(target_));
    return forward;
  }

 private:
  std::vector<ValueId> with_tangents(const Mask& mask) const {
    std::vector<ValueId> args = params_;
    for (size_t k = 0; k < mask.size(); ++k) {
      if (mask[k]) args.push_back(*tangents_[k]);
    }
    return args;
  }

  void add(size_t result, ValueId tangent) {
    tangent = fitted(builder_, tangent, source_.type(source_.body.results[result]));
    MaybeValue& sum = sums_[result];
    sum = sum ? builder_.add(*sum, tangent) : tangent;
  }

  void by_rule() {
    const Mask ruled = chosen(source_, active_, true);
    if (!any(ruled)) return;
    const Mask moving = rule_params(source_, active_);
    const Mask linear = rule_params(source_, Mask(active_.size(), true));
    const Mask results = over_results(source_, engine_.active_results(source_.rule, moving));
    const Restricted& rule = engine_.restrict_params(source_.rule, linear, moving);
    const std::vector<ValueId> found = builder_.call(rule.function, with_tangents(ruled));
    size_t next = 0;
    for (size_t k = 0; k < results.size(); ++k) {
      if (results[k]) add(k, found[next++]);
    }
  }

  void by_body(size_t outputs) {
    const Mask rest = chosen(source_, active_, false);
    if (!any(rest)) return;
    const Forward& body = engine_.forward(engine_.plain(id_), rest);
    const std::vector<ValueId> found = builder_.call(body.function, with_tangents(rest));
    size_t next = outputs;
    for (size_t k = 0; k < outputs; ++k) {
      if (body.tangents[k]) add(k, found[next++]);
    }
  }

  Engine& engine_;
  FunctionId id_;
  const Function& source_;
  const Mask& active_;
  std::unique_ptr<Function> target_;
  Builder builder_;
  std::vector<ValueId> params_;
  std::vector<MaybeValue> tangents_;
  std::vector<MaybeValue> sums_;
};

}  // namespace

Mask given_active_results(Engine& engine, FunctionId id, const Mask& active) {
  const Function& function = engine.module().get(id);
  Mask mask(function.body.results.size(), false);
  if (any(chosen(function, active, true))) {
    mask =
        over_results(function, engine.active_results(function.rule, rule_params(function, active)));
  }
  const Mask rest = chosen(function, active, false);
  if (!any(rest)) return mask;
  const Mask& body = engine.active_results(engine.plain(id), rest);
  for (size_t k = 0; k < mask.size(); ++k) mask[k] = mask[k] || body[k];
  return mask;
}

Forward make_given_forward(Engine& engine, FunctionId function, const Mask& active, FunctionId id) {
  return GivenForward(engine, function, active).run(id);
}

}  // namespace calc::ad

// Note [Given rules]
//
// A function with a rule keeps its calls, so whatever differentiates finds them. Forward mode is
//
//   f.jvp(x, c, dx, dc) = f(x, c), rule(x, c, dx) + d/dc f(x, c) dc
//
// where x are the parameters that the rule speaks of and c what the function captured, which is
// differentiated as always. The value is again a call of f: the next order applies the rule again,
// and differentiates the rule itself like any function. The rule is linear in dx, which has been
// checked (linear_rule.cpp), so the cut and the transpose need to know nothing about it.
