#include "lang/elaborate/derivatives.h"

#include <algorithm>

namespace calc::elab {

using core::ValueId;

// ---- making ------------------------------------------------------------------------------------

ValuePtr derived(Derived parts) {
  Value value;
  value.kind = ValueKind::Derived;
  value.derived = std::make_shared<const Derived>(std::move(parts));
  return std::make_shared<const Value>(std::move(value));
}

ValuePtr compose(const ValuePtr& f, const ValuePtr& g) {
  Derived parts;
  parts.what = "∘";
  parts.function = f;
  parts.state = g;
  return derived(std::move(parts));
}

namespace {

ValuePtr applied(std::string what, std::vector<std::string> subscript, const ValuePtr& function) {
  Derived parts;
  parts.what = std::move(what);
  parts.subscript = std::move(subscript);
  parts.function = function;
  return derived(std::move(parts));
}

bool is_linear_map(const Derived& derived) {
  return derived.what == "pullback" || derived.what == "linear map";
}

// ---- texts -------------------------------------------------------------------------------------

std::string subscript_text(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string text = "[";
  for (const std::string& name : names) text += (text.size() > 1 ? ", " : "") + name;
  return text + "]";
}

std::string closure_text(const Closure& closure) {
  if (!closure.name.empty()) return closure.name;
  std::string params;
  const size_t count = closure.params ? closure.params->size() : 0;
  for (size_t k = 0; k < count; ++k) {
    const std::string& name = (*closure.params)[k].pattern.name;
    params += (k > 0 ? ", " : "") + (name.empty() ? "_" : name);
  }
  return (count == 1 ? params : "(" + params + ")") + " -> …";
}

/// In brackets where a suffix would bind tighter.
std::string operand_text(const Value& function) {
  const std::string text = function_text(function);
  return text.find(' ') == std::string::npos ? text : "(" + text + ")";
}

std::string derived_text(const Derived& derived) {
  if (derived.what == "'") return operand_text(*derived.function) + "'";
  if (derived.what == "∘") {
    return operand_text(*derived.function) + " ∘ " + operand_text(*derived.state);
  }
  if (is_linear_map(derived)) return derived.what;
  if (derived.what == "with_derivative") {
    return "with_derivative(" + function_text(*derived.function) + ", " +
           function_text(*derived.state) + ")";
  }
  return derived.what + subscript_text(derived.subscript) + "(" + function_text(*derived.function) +
         ")";
}

}  // namespace

std::string function_text(const Value& function) {
  switch (function.kind) {
    case ValueKind::Closure:
      return closure_text(*function.closure);
    case ValueKind::Builtin:
      return std::string(function.builtin->name) + subscript_text(function.subscript);
    case ValueKind::Derived:
      return derived_text(*function.derived);
    default:
      return "function";
  }
}

// ---- parameters --------------------------------------------------------------------------------

std::vector<ParamInfo> derived_parameters(Emit& emit, const Derived& derived) {
  if (derived.what == "∘") return emit.parameters(derived.state);
  if (is_linear_map(derived)) return {{"v", false}};
  return emit.parameters(derived.function);
}

std::vector<ValuePtr> bind_derived(Emit& emit, const Derived& derived, const CallArgs& args) {
  if (derived.what == "∘") return emit.bind(derived.state, args);
  if (!is_linear_map(derived)) return emit.bind(derived.function, args);
  if (args.positional.size() == 1 && args.named.empty()) return args.positional;
  base::fail(args.span,
             "a " + derived.what + " takes one argument, " +
                 std::to_string(args.positional.size() + args.named.size()) + " are given",
             derived.argument_shape && derived.argument_shape->kind == ValueKind::Tuple
                 ? "give the parts as a tuple: `((a, b))`"
                 : "");
}

// ---- calling -----------------------------------------------------------------------------------

namespace {

ValuePtr call_linear_map(Emit& emit, const Derived& derived, const CallArgs& args) {
  const ValuePtr argument = bind_derived(emit, derived, args)[0];
  std::vector<ValueId> inputs;
  for (const Leaf& leaf : leaves_of(derived.state)) inputs.push_back(leaf.id);
  match_leaves(emit, derived.argument_shape, argument, "the argument of the " + derived.what,
               args.span, inputs);
  std::vector<Leaf> leaves;
  for (ValueId id : emit.builder().call(derived.code, std::move(inputs))) {
    leaves.push_back({id, emit.builder().type(id), std::nullopt, false});
  }
  return with_leaves(derived.result_shape, leaves);
}

/// `partial[x, y](f)` is `partial[y](partial[x](f))`.
ValuePtr call_partial(Emit& emit, const Derived& derived, const CallArgs& args) {
  ValuePtr function = derived.function;
  for (size_t k = 0; k + 1 < derived.subscript.size(); ++k) {
    function = applied(derived.what, {derived.subscript[k]}, function);
  }
  const Operator op{derived.what, {derived.subscript.back()}};
  return partial_at(emit, point_at(emit, op, function, args));
}

}  // namespace

ValuePtr call_derived(Emit& emit, const std::shared_ptr<const Derived>& derived,
                      const CallArgs& args) {
  emit.at(args.span);
  if (is_linear_map(*derived)) return call_linear_map(emit, *derived, args);
  if (derived->what == "∘") {
    const ValuePtr inner = emit.call(derived->state, args);
    emit.at(args.span);
    return emit.call(derived->function, CallArgs{{inner}, {}, args.span, {}});
  }
  if (derived->what == "with_derivative") return given_call(emit, *derived, args);
  if (derived->what == "checkpoint") return checkpoint_call(emit, *derived, args);
  if (derived->what == "vmap") return vmap_call(emit, derived->function, derived->state, args);
  if (derived->what == "partial") return call_partial(emit, *derived, args);
  const Operator op{derived->what, derived->subscript};
  const Point point = point_at(emit, op, derived->function, args);
  if (op.name == "grad") return gradient_at(emit, point, false);
  if (op.name == "value_and_grad") return gradient_at(emit, point, true);
  if (op.name == "jacobian") return jacobian_at(emit, point);
  if (op.name == "hessian") return hessian_at(emit, point);
  return derivative_at(emit, point);
}

// ---- operators ---------------------------------------------------------------------------------

namespace {

/// Names of a subscript that no parameter bears are told at once, not at the first call.
void check_subscript(Emit& emit, const Builtin& op, const std::vector<std::string>& subscript,
                     const ValuePtr& function, base::Span span) {
  if (subscript.empty()) return;
  std::vector<std::string> names;
  std::string list;
  for (const ParamInfo& param : emit.parameters(function)) {
    names.push_back(param.name);
    list += (list.empty() ? "`" : ", `") + (param.name.empty() ? "_" : param.name) + "`";
  }
  for (const std::string& name : subscript) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = base::nearest(name, names);
    base::fail(span,
               "`" + std::string(op.name) + "[" + name + "]`: `" + function_text(*function) +
                   "` has no parameter `" + name + "`",
               near.empty() ? "its parameters are " + list : "did you mean `" + near + "`?");
  }
}

ValuePtr apply_to_function(Emit& emit, const Builtin& op, const std::vector<std::string>& subscript,
                           const BuiltinArgs& args) {
  ValuePtr function = args[0];
  if (!is_function(*function)) {
    base::fail(args.span(0), args.name() + " needs a function, this is " + type_text(*function),
               op.name == "vmap" || op.name == "checkpoint" || op.name == "with_derivative"
                   ? "`x -> …` makes a function of an expression"
                   : "differentiate first, then apply: `" + std::string(op.name) +
                         "(f)(x)`, not `" + std::string(op.name) + "(f(x))`");
  }
  const bool takes_subscript = op.name != "checkpoint" && op.name != "with_derivative";
  if (!takes_subscript && !subscript.empty()) {
    base::fail(args.whole(), args.name() + " takes no subscript");
  }
  if (op.name == "with_derivative") {
    return with_derivative(emit, function, args.function(1), args.whole());
  }
  function = emit.opened(function, subscript);
  check_subscript(emit, op, subscript, function, args.whole());
  if (op.name == "partial" && subscript.empty()) {
    base::fail(args.whole(), "`partial` needs a subscript that names the parameter",
               "`partial[x](f)`");
  }
  if (op.name == "vmap" && args.has(1)) {
    Derived parts;
    parts.what = "vmap";
    parts.function = function;
    parts.state = args[1]->kind == ValueKind::Tuple ? args[1] : tuple({args[1]});
    return derived(std::move(parts));
  }
  if (op.name != "derivative") return applied(std::string(op.name), subscript, function);
  const int64_t order = args.integer(emit, 1, 1);
  if (order < 0) base::fail(args.span(1), "the order of a derivative must not be negative");
  if (order > 100) base::fail(args.span(1), "the order of a derivative must be at most 100");
  ValuePtr result = function;
  for (int64_t k = 0; k < order; ++k) {
    result = applied(subscript.empty() ? "'" : "derivative", subscript, result);
  }
  return result;
}

int64_t taylor_order(Emit& emit, const BuiltinArgs& args) {
  constexpr int64_t kMost = 100;
  const int64_t order = args.integer(emit, 2, 0);
  if (order < 0 || order > kMost) {
    base::fail(args.span(2), "the order of a Taylor expansion must be from 0 to " +
                                 std::to_string(kMost) + ", this is " + std::to_string(order));
  }
  return order;
}

ValuePtr apply_at_point(Emit& emit, const Builtin& builtin,
                        const std::vector<std::string>& subscript, const BuiltinArgs& args) {
  const Operator op{std::string(builtin.name), subscript};
  const ValuePtr function = emit.opened(args.function(0), subscript);
  check_subscript(emit, builtin, subscript, function, args.whole());
  CallArgs call = unpacked(emit, op, function, args[1], args.span(1));
  call.span = args.whole();
  const Point point = point_at(emit, op, function, call);
  if (op.name == "vjp") return vjp_at(emit, point);
  if (op.name == "linearize") return linearize_at(emit, point);
  if (op.name == "taylor") return taylor_at(emit, point, taylor_order(emit, args));
  if (op.name == "jvp") return jvp_at(emit, point, args[2], args.span(2));
  if (op.name == "hvp") return hvp_at(emit, point, args[2], args.span(2));
  return directional_at(emit, point, args[2], args.span(2));
}

}  // namespace

ValuePtr apply_operator(Emit& emit, const Builtin& op, const std::vector<std::string>& subscript,
                        const CallArgs& call) {
  emit.at(call.span);
  if (!op.is_operator) {
    base::fail(call.span, "`" + std::string(op.name) + "` takes no subscript");
  }
  const BuiltinArgs args(op, call);
  for (std::string_view direct : {"jvp", "vjp", "linearize", "hvp", "directional", "taylor"}) {
    if (op.name == direct) return apply_at_point(emit, op, subscript, args);
  }
  return apply_to_function(emit, op, subscript, args);
}

namespace {

ValuePtr apply_plain(Emit& emit, const Builtin& self, const CallArgs& args) {
  return apply_operator(emit, self, {}, args);
}

const Builtin kTable[] = {
    {"grad", "f",
     "The gradient: by every parameter that holds reals, or by those of a subscript.\n\n    "
     "grad(x -> x · x)([1.0, 2.0])    # => [2.0, 4.0]",
     apply_plain, true},
    {"value_and_grad", "f",
     "The value and the gradient in one evaluation.\n\n    value_and_grad(x -> x^2)(3.0)    # => "
     "(9.0, 6.0)",
     apply_plain, true},
    {"jacobian", "f",
     "All partial derivatives of a tensor: the shape of the value, then that of the "
     "parameter.\n\n    jacobian(x -> [x[0]*x[1], x[0]])([2.0, 3.0])    # => [[3.0, 2.0], [1.0, "
     "0.0]]",
     apply_plain, true},
    {"hessian", "f",
     "The second derivatives of a scalar function.\n\n    hessian((x, y) -> x^2*y)(1.0, 2.0)    # "
     "=> [[4.0, 2.0], [2.0, 0.0]]",
     apply_plain, true},
    {"derivative", "f, n = 1",
     "The derivative of a function of one number, or the n-th one.\n\n    derivative(x -> x^3, n: "
     "2)(1.0)    # => 6.0",
     apply_plain, true},
    {"partial", "f",
     "The partial derivative by the parameters of the subscript, one after the other.\n\n    "
     "partial[y]((x, y) -> x*y)(2.0, 3.0)    # => 2.0",
     apply_plain, true},
    {"jvp", "f, x, v",
     "(f(x), the derivative of f at x along v), in forward mode.\n\n    jvp(x -> x^2, 3.0, 1.0)    "
     "# => (9.0, 6.0)",
     apply_plain, true},
    {"vjp", "f, x", "(f(x), pullback), in reverse mode.\n\n    (y, pullback) = vjp(x -> x^2, 3.0)",
     apply_plain, true},
    {"linearize", "f, x",
     "(f(x), the linear map v -> Df(x)·v), with the work at x done once.\n\n    (y, df) = "
     "linearize(x -> x^2, 3.0)",
     apply_plain, true},
    {"hvp", "f, x, v",
     "The Hessian times a vector, without the matrix.\n\n    hvp(x -> sum(x^3), [1.0, 2.0], [1.0, "
     "0.0])    # => [6.0, 0.0]",
     apply_plain, true},
    {"directional", "f, x, u",
     "The derivative along the unit vector of a direction.\n\n    directional(x -> sum(x^2), [1.0, "
     "0.0], [2.0, 0.0])    # => 2.0",
     apply_plain, true},
    {"vmap", "f, axes = none",
     "`f` of every slice along the first axis of its arguments, or along `axes`, one for each "
     "argument (`none`: the whole of it).\n\n    vmap(x -> x^2)([1.0, 2.0])  "
     "  "
     "# => [1.0, 4.0]",
     apply_plain, true},
    {"taylor", "f, a, n",
     "The Taylor coefficients of f at a up to order n, f⁽ᵏ⁾(a)/k!, in one sweep.\n\n    "
     "taylor(x -> 1/(1 - x), 0.0, 3)    # => [1.0, 1.0, 1.0, 1.0]",
     apply_plain, true},
    {"checkpoint", "f",
     "`f`, whose derivative computes again what it needs of the call instead of keeping it.\n\n    "
     "grad(checkpoint(x -> sin(x)^2))(0.5)    # => 0.8414709848078965",
     apply_plain, true},
    {"with_derivative", "f, df",
     "`f` with a derivative of one's own: `df` takes the parameters, then a tangent for each, and "
     "gives the tangent of the value.\n\n    with_derivative(x -> x^2, (x, v) -> 100*v)'(3.0)    "
     "# => 100.0",
     apply_plain, true},
};

}  // namespace

std::span<const Builtin> operator_builtins() { return kTable; }

}  // namespace calc::elab
