#pragma once
// The derivative operators (language.md, section 5): each is a choice of what to differentiate, one
// function of the Differentiator, and the putting together of its results.
//
// `Point` is the common start: a function with its arguments bound, the differentiated ones made
// real, specialised to Core whose results are all real.
#include "lang/elaborate/builtins.h"

namespace calc::elab {

struct Point {
  /// What the user wrote: "grad", for errors.
  std::string op;
  base::Span span;
  ValuePtr function;
  std::vector<ParamInfo> params;
  /// One a parameter; the differentiated ones are real.
  std::vector<ValuePtr> args;
  /// Indices of the differentiated parameters, in the order of the results.
  std::vector<size_t> selected;
  /// More than one is differentiated and all are scalars: results come as vectors.
  bool several_scalars = false;

  core::FunctionId code;
  ValuePtr result;
  std::vector<core::ValueId> inputs;
  ad::Active active;

  std::string function_name() const;
  /// The differentiated leaves, parameter by parameter in the order of `selected`.
  std::vector<Leaf> selected_leaves() const;
};

struct Operator {
  std::string name;
  std::vector<std::string> subscript;
};

/// `args` as the function's own caller would write them.
Point point_at(Emit& emit, const Operator& op, const ValuePtr& function, const CallArgs& args);
/// An operator's result, about to be specialised to all arguments: with a subscript that leaves out
/// the parameters that `args` does not give, as a call with those arguments would.
ValuePtr narrowed(Emit& emit, const ValuePtr& function, const std::vector<ValuePtr>& bound,
                  const CallArgs& args);
/// The arguments from one value: bare for a function of one parameter, else a tuple.
CallArgs unpacked(Emit& emit, const Operator& op, const ValuePtr& function, const ValuePtr& x,
                  base::Span span);
/// The value must be one real number; `instead` names the operator for anything else.
void require_scalar_result(const Point& point);
void require_tensor_result(const Point& point);
/// The leaves of a tangent or cotangent that must be shaped as `like`.
void match_leaves(Emit& emit, const ValuePtr& like, const ValuePtr& given, const std::string& what,
                  base::Span span, std::vector<core::ValueId>& leaves);
/// The leaves of a tangent of all differentiated parameters.
std::vector<core::ValueId> tangent_leaves(Emit& emit, const Point& point, const ValuePtr& tangent,
                                          base::Span span);
/// `tree` (tensors in tuples and records) with each tensor replaced, in order from `next`.
ValuePtr replace_leaves(const ValuePtr& tree, const std::vector<ValuePtr>& leaves, size_t& next);
/// Values for the differentiated leaves, as the structure of the result of `grad`; `jacobian`
/// stacks several scalars along a last axis behind the axes of the value.
ValuePtr gathered(Emit& emit, const Point& point, const std::vector<core::ValueId>& leaves);

ValuePtr gradient_at(Emit& emit, const Point& point, bool with_value);
ValuePtr jacobian_at(Emit& emit, const Point& point);
ValuePtr hessian_at(Emit& emit, const Point& point);
ValuePtr derivative_at(Emit& emit, const Point& point);
ValuePtr partial_at(Emit& emit, const Point& point);

/// `jvp vjp linearize hvp directional` of a function at a point.
ValuePtr jvp_at(Emit& emit, const Point& point, const ValuePtr& tangent, base::Span span);
ValuePtr vjp_at(Emit& emit, const Point& point);
ValuePtr linearize_at(Emit& emit, const Point& point);
ValuePtr hvp_at(Emit& emit, const Point& point, const ValuePtr& tangent, base::Span span);
/// The coefficients 0…order, stacked along a new first axis, leaf by leaf.
ValuePtr taylor_at(Emit& emit, const Point& point, int64_t order);
ValuePtr directional_at(Emit& emit, const Point& point, const ValuePtr& along, base::Span span);

ValuePtr derived(Derived parts);
/// `f` with the derivative that `rule` says, and `checkpoint(f)`, called (derivatives_given.cpp).
ValuePtr with_derivative(Emit& emit, const ValuePtr& function, const ValuePtr& rule,
                         base::Span span);
ValuePtr given_call(Emit& emit, const Derived& derived, const CallArgs& args);
ValuePtr checkpoint_call(Emit& emit, const Derived& derived, const CallArgs& args);
/// `f` of every slice along the first axes, or along those of a tuple `axes`, which may be null
/// (builtins_vmap.cpp).
ValuePtr vmap_call(Emit& emit, const ValuePtr& function, const ValuePtr& axes,
                   const CallArgs& args);

}  // namespace calc::elab
