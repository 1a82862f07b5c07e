// Subscripts that name a value the body of a function binds once: `grad[z](loss)` is ∂loss/∂z, the
// δ of backpropagation.
//
// The function is opened at z: it gets a further parameter, and where the body binds z, that is
// added to the value. At zero it is the same function, and its derivative by the new parameter is
// the one by z, while the parameters still act through z as before. The shape of the zero is that
// of z, which a function that gives z as its result tells.
#include <algorithm>

#include "lang/elaborate/frame.h"

namespace calc::elab {

namespace {

ValuePtr with_closure(const ValuePtr& function, Closure closure) {
  Value value = *function;
  value.closure = std::make_shared<const Closure>(std::move(closure));
  return std::make_shared<const Value>(std::move(value));
}

}  // namespace

ValuePtr Frame::opened(const ValuePtr& function, const std::vector<std::string>& names) {
  if (!function->closure) return function;
  Closure closure = *function->closure;
  Names bound;
  assigned_names(*closure.body, bound);
  const std::vector<ParamInfo> params = parameters(function);
  for (const std::string& name : names) {
    const bool is_param =
        std::any_of(params.begin(), params.end(), [&](const auto& p) { return p.name == name; });
    if (is_param || bound.count(name) == 0) continue;
    const auto end = closure.opened.end();
    if (std::find(closure.opened.begin(), end, name) == end) closure.opened.push_back(name);
  }
  return with_closure(function, std::move(closure));
}

ValuePtr Frame::opened_zero(const ValuePtr& function, const std::string& name,
                            const std::vector<ValuePtr>& args, base::Span span) {
  Closure closure = *function->closure;
  closure.opened.clear();
  closure.observed = name;
  const ValuePtr value =
      call(with_closure(function, std::move(closure)), CallArgs{args, {}, span, {}});
  std::vector<Leaf> leaves = leaves_of(value);
  for (Leaf& leaf : leaves) {
    if (!leaf.type.is_real()) leaf.type.elem = core::Elem::F64;
    leaf.id = builder_->zeros(leaf.type, builder_->dynamic_sizes(leaf.id));
    leaf.known.reset();
  }
  return with_leaves(value, leaves);
}

/// A value about to be bound to a name, changed or noted down if a subscript names it.
ValuePtr Frame::opened_here(const std::string& name, const ValuePtr& value, base::Span span) {
  const auto added = opened_.find(name);
  const bool is_observed = !observed_.empty() && observed_ == name;
  if (around_ != &own_ || (added == opened_.end() && !is_observed)) return value;
  const bool again = is_observed ? observed_value_ != nullptr : added->second == nullptr;
  if (again || nesting_ > 0) {
    base::fail(span,
               "the subscript names `" + name + "`, and the function binds it " +
                   (again ? "more than once" : "inside a branch or loop"),
               "give the value a name of its own");
  }
  if (is_observed) return observed_value_ = value;
  const ValuePtr delta = std::exchange(added->second, nullptr);
  at(span);
  return binary(*this, syntax::BinaryOp::Add, value, delta, {span, span, span, span});
}

}  // namespace calc::elab
