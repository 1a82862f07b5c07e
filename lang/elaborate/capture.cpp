// Functions as values: what they capture, and the scope their bodies start with.
#include "lang/elaborate/frame.h"

namespace calc::elab {

namespace {

ValuePtr function_value(Closure closure) {
  Value value;
  value.kind = ValueKind::Closure;
  value.closure = std::make_shared<const Closure>(std::move(closure));
  return std::make_shared<const Value>(std::move(value));
}

}  // namespace

ValuePtr Frame::lambda(const syntax::Lambda& e, std::string given_name) {
  check_annotations(e.params);
  Closure closure;
  closure.name = std::move(given_name);
  closure.params = &e.params;
  closure.body = e.body.get();
  closure.span = e.span;
  // Given a name inside a function that meant nothing before: it may call itself.
  const std::string& name = closure.name;
  closure.local = !name.empty() && !at_top_level() && find_builtin(name) == nullptr &&
                  scopes().find(name) == nullptr && !state_.view(around_->module, name).tree;
  capture(closure);
  return function_value(std::move(closure));
}

ValuePtr Frame::definition(const syntax::FuncDef& s) {
  check_annotations(s.params);
  if (s.result) check_annotation(*s.result);
  Closure closure;
  closure.name = s.name;
  closure.params = &s.params;
  closure.body = s.body.get();
  closure.result = &s.result;
  closure.span = s.span;
  closure.documentation = s.documentation;
  closure.local = !at_top_level();
  capture(closure);
  return function_value(std::move(closure));
}

std::optional<core::Type> fixed_type(const syntax::TypeExpr& annotation) {
  const auto elem = annotated_elem(annotation);
  if (!elem) return std::nullopt;
  core::Type type = core::scalar_type(*elem);
  for (const syntax::DimExpr& dim : annotation.dims) {
    if (dim.kind != syntax::DimExpr::Kind::Number) return std::nullopt;
    type.dims.push_back(dim.number);
  }
  return type;
}

/// A function whose annotations fix all types is elaborated when it is defined, so that a wrong
/// shape is reported there; but not one that uses other top-level names, which may come later.
void Frame::check_definition(const ValuePtr& function) {
  const Closure& closure = *function->closure;
  std::vector<ValuePtr> args;
  Names own, names;
  for (const syntax::Param& param : *closure.params) {
    const auto type = param.type ? fixed_type(*param.type) : std::nullopt;
    if (!type) return;
    args.push_back(tensor({}, *type));
    pattern_names(param.pattern, own);
  }
  if (args.empty()) return;
  assigned_names(*closure.body, own);
  mentioned_names(*closure.params, *closure.body, names);
  for (const std::string& name : names) {
    if (own.count(name) == 0 && (name == closure.name || find_builtin(name) == nullptr)) return;
  }
  try {
    state_.specialise(Request{function, args, closure.span, {}});
  } catch (base::DiagnosticError& error) {
    error.diagnostic.frames.pop_back();
    throw;
  }
}

bool Frame::at_top_level() const { return around_->top && around_->scopes.depth() == 1; }

/// Local values the function mentions, as they are now. Top-level names are not captured: a
/// function sees those as they are when it runs.
void Frame::capture(Closure& closure) {
  closure.program = around_->program;
  closure.module = around_->module;
  if (at_top_level()) return;
  Names names;
  mentioned_names(*closure.params, *closure.body, names);
  // Also what it assigns, so that rebinding a captured name is found out.
  assigned_names(*closure.body, names);
  for (const syntax::Param& param : *closure.params) {
    Names own;
    pattern_names(param.pattern, own);
    for (const std::string& name : own) names.erase(name);
  }
  for (const std::string& name : names) {
    if ((closure.local && name == closure.name) || is_hidden(name)) continue;
    const Binding* binding = scopes().find(name, around_->top ? 1 : 0);
    if (binding != nullptr) closure.captured.emplace_back(name, forgotten(binding->value, false));
  }
}

Surroundings Frame::surroundings_of(const ValuePtr& function) {
  const Closure& closure = *function->closure;
  Surroundings there;
  there.module = closure.module;
  there.program = closure.program;
  for (const auto& [name, value] : closure.captured) there.scopes.define(name, value, true);
  if (closure.local) there.scopes.define(closure.name, function, true);
  there.scopes.push();
  return there;
}

}  // namespace calc::elab
