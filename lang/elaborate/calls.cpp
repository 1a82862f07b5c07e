// Calls: arguments to parameters, closures to Core calls.
#include <algorithm>

#include "lang/elaborate/frame.h"

namespace calc::elab {

ValuePtr Frame::call_expr(const syntax::Call& e) {
  const ValuePtr callee = expr(*e.callee);
  if (!is_function(*callee)) {
    const bool is_module = callee->kind == ValueKind::Module;
    base::fail(e.callee->span,
               "this is " + (is_module ? "a module" : type_text(*callee)) + ", not a function",
               callee->kind == ValueKind::Tensor ? "index with `[ ]`, multiply with `*`"
               : is_module                       ? "its functions are its fields: `m.f(…)`"
                                                 : "");
  }
  CallArgs args = call_args(e);
  at(e.span);
  return call(callee, std::move(args));
}

CallArgs Frame::call_args(const syntax::Call& e) {
  CallArgs args;
  args.span = e.span;
  for (const syntax::Arg& arg : e.args) {
    const ValuePtr value = expr(*arg.expr);
    if (arg.spread) {
      spread(args, value, arg.span);
    } else if (arg.name.empty()) {
      args.positional.push_back(value);
      args.spans.push_back(arg.expr->span);
    } else {
      args.named.emplace_back(arg.name, value);
      args.named_spans.push_back(arg.span);
    }
  }
  return args;
}

void Frame::spread(CallArgs& args, const ValuePtr& value, base::Span span) {
  if (value->kind == ValueKind::Record) {
    for (size_t k = 0; k < value->items.size(); ++k) {
      args.named.emplace_back(value->fields[k], value->items[k]);
      args.named_spans.push_back(span);
    }
    return;
  }
  if (value->kind != ValueKind::Tuple) {
    base::fail(span, "`...` spreads a tuple into arguments, and this is " + type_text(*value));
  }
  for (const ValuePtr& item : value->items) {
    args.positional.push_back(item);
    args.spans.push_back(span);
  }
}

namespace {

/// The frame of the function underneath says how it was called: "in `grad(loss)`".
ValuePtr differentiated(Emit& emit, const Value& function, const CallArgs& args) {
  try {
    return call_derived(emit, function.derived, args);
  } catch (base::DiagnosticError& error) {
    std::vector<base::Frame>& frames = error.diagnostic.frames;
    const ValuePtr& inner = function.derived->function;
    const bool its_own = inner && !frames.empty() && frames.back().call == args.span &&
                         frames.back().function == display_name(*inner);
    if (its_own) frames.back().function = function_text(function);
    throw;
  }
}

}  // namespace

ValuePtr Frame::call(const ValuePtr& function, CallArgs args) {
  state_.check_stack(args.span);
  switch (function->kind) {
    case ValueKind::Closure:
      return call_closure(function, args);
    case ValueKind::Builtin:
      if (!function->subscript.empty()) {
        return apply_operator(*this, *function->builtin, function->subscript, args);
      }
      return function->builtin->function(*this, *function->builtin, args);
    case ValueKind::Derived:
      return differentiated(*this, *function, args);
    case ValueKind::Choice:
      if (is_function(*function)) return call_choice(function, args);
      [[fallthrough]];
    default:
      base::fail(args.span, "a function is needed here, and this is " + type_text(*function));
  }
}

ValuePtr Frame::call_closure(const ValuePtr& function, const CallArgs& args) {
  const std::vector<ValuePtr> bound = bind(function, args);
  const Specialised callee = specialise_at(function, bound, args.span, args.spans);
  std::vector<core::ValueId> operands;
  for (const ValuePtr& arg : bound) {
    for (core::ValueId id : ids_of(arg)) operands.push_back(id);
  }
  operands.insert(operands.end(), callee.extra.begin(), callee.extra.end());
  at(args.span);
  const std::vector<core::ValueId> results = builder_->call(callee.function, std::move(operands));
  std::vector<Leaf> leaves = leaves_of(callee.result);
  for (size_t k = 0; k < leaves.size(); ++k) leaves[k].id = results[k];
  return with_leaves(callee.result, leaves);
}

// ---- parameters --------------------------------------------------------------------------------

namespace {

std::string count_text(size_t n) {
  if (n == 0) return "no arguments";
  return std::to_string(n) + (n == 1 ? " argument" : " arguments");
}

std::string parameter_hint(const std::vector<ParamInfo>& params, const std::string& wanted) {
  std::vector<std::string> names;
  std::string all;
  for (const ParamInfo& param : params) {
    if (param.name.empty()) continue;
    names.push_back(param.name);
    all += (all.empty() ? "`" : ", `") + param.name + "`";
  }
  const std::string near = base::nearest(wanted, names);
  if (!near.empty()) return "did you mean `" + near + "`?";
  if (all.empty()) return "";
  return (names.size() == 1 ? "its only parameter is " : "its parameters are ") + all;
}

/// `f(x, y)` of its definition, `x` of a lambda.
base::Span head_of(const Closure& closure) {
  base::Span head = closure.span;
  if (!closure.params->empty()) {
    head.end = closure.params->back().span.end;
  } else {
    head.end = head.begin + static_cast<uint32_t>(closure.name.size());
  }
  return head;
}

/// What is wrong with a call, and where its function is defined.
[[noreturn]] void fail_at_call(const Value& function, base::Span span, std::string message,
                               std::string hint = {}) {
  base::Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.span = span;
  diagnostic.hint = std::move(hint);
  diagnostic.labels.push_back({head_of(*function.closure), "defined here"});
  throw base::DiagnosticError{std::move(diagnostic)};
}

}  // namespace

std::vector<ParamInfo> Frame::parameters(const ValuePtr& function) {
  switch (function->kind) {
    case ValueKind::Closure: {
      std::vector<ParamInfo> params;
      for (const syntax::Param& param : *function->closure->params) {
        params.push_back({param.pattern.name, param.default_value != nullptr});
      }
      for (const std::string& name : function->closure->opened) params.push_back({name, true});
      return params;
    }
    case ValueKind::Builtin:
      return builtin_parameters(*function->builtin);
    case ValueKind::Derived:
      return derived_parameters(*this, *function->derived);
    case ValueKind::Choice:
      return parameters(function->items[1]);
    default:
      return {};
  }
}

std::vector<ValuePtr> Frame::bind(const ValuePtr& function, const CallArgs& args) {
  if (function->kind == ValueKind::Choice) return bind(function->items[1], args);
  if (function->kind == ValueKind::Builtin) return bind_builtin(*function->builtin, args);
  if (function->kind == ValueKind::Derived) return bind_derived(*this, *function->derived, args);
  std::vector<ValuePtr> bound = bind_params(function, args);
  if (!function->closure) return bound;
  adapt_literals(*function->closure, bound, args.span);
  fill_defaults(function, bound, args.span);
  return bound;
}

/// A literal adapts to a parameter that is declared `Real32`.
void Frame::adapt_literals(const Closure& closure, std::vector<ValuePtr>& bound, base::Span span) {
  for (size_t k = 0; k < closure.params->size(); ++k) {
    const auto& type = (*closure.params)[k].type;
    if (!type || annotated_elem(*type) != core::Elem::F32 || !bound[k]) continue;
    if (bound[k]->kind != ValueKind::Tensor || !bound[k]->leaf.literal) continue;
    at(span);
    bound[k] = convert(*this, bound[k], core::Elem::F32, span);
  }
}

/// One value a parameter, null where an optional one is not given.
std::vector<ValuePtr> Frame::bind_params(const ValuePtr& function, const CallArgs& args) {
  const std::vector<ParamInfo> params = parameters(function);
  const std::string name = "`" + display_name(*function) + "`";
  std::vector<ValuePtr> bound(params.size());
  const size_t given = args.positional.size();
  if (given > params.size()) {
    fail_at_call(*function, args.span_of(params.size()),
                 name + " takes " + count_text(params.size()) + ", and " + std::to_string(given) +
                     (given == 1 ? " is given" : " are given"));
  }
  std::copy(args.positional.begin(), args.positional.end(), bound.begin());
  for (size_t k = 0; k < args.named.size(); ++k) {
    const auto& [wanted, value] = args.named[k];
    const auto at = std::find_if(params.begin(), params.end(),
                                 [&](const ParamInfo& param) { return param.name == wanted; });
    const base::Span span = args.span_of_named(k);
    if (at == params.end()) {
      fail_at_call(*function, span, name + " has no parameter `" + wanted + "`",
                   parameter_hint(params, wanted));
    }
    ValuePtr& slot = bound[static_cast<size_t>(at - params.begin())];
    if (slot) fail_at_call(*function, span, "the parameter `" + wanted + "` is given twice");
    slot = value;
  }
  for (size_t k = 0; k < params.size(); ++k) {
    if (bound[k] || params[k].optional) continue;
    const std::string which =
        params[k].name.empty() ? "parameter " + std::to_string(k + 1) : "`" + params[k].name + "`";
    fail_at_call(*function, args.span, name + " needs a value for " + which);
  }
  return bound;
}

/// A default sees the parameters before it and what its function sees.
void Frame::fill_defaults(const ValuePtr& function, std::vector<ValuePtr>& bound, base::Span span) {
  if (std::all_of(bound.begin(), bound.end(), [](const ValuePtr& v) { return v != nullptr; })) {
    return;
  }
  const Closure& closure = *function->closure;
  Surroundings there = surroundings_of(function);
  struct Swap {
    Frame& frame;
    Surroundings* before;
    ~Swap() { frame.around_ = before; }
  } swap{*this, around_};
  around_ = &there;
  const size_t count = closure.params->size();
  for (size_t k = 0; k < count; ++k) {
    const syntax::Param& param = (*closure.params)[k];
    if (!bound[k]) bound[k] = expr(*param.default_value);
    bind_pattern(param.pattern, bound[k], true);
  }
  around_ = swap.before;
  at(span);
  const std::vector<ValuePtr> given(bound.begin(), bound.begin() + static_cast<ptrdiff_t>(count));
  for (size_t k = count; k < bound.size(); ++k) {
    if (!bound[k]) bound[k] = opened_zero(function, closure.opened[k - count], given, span);
  }
}

}  // namespace calc::elab
