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

namespace {

void size_names(const syntax::TypeExpr& type, Names& names) {
  for (const syntax::DimExpr& dim : type.dims) {
    if (!dim.name.empty()) names.insert(dim.name);
  }
  for (const syntax::TypeExpr& item : type.items) size_names(item, names);
}

/// The value that an annotation describes: sizes that it leaves open are known only at run time,
/// and then `open` is set. Null when the annotation leaves more open than that.
ValuePtr described(const syntax::TypeExpr& annotation, bool& open) {
  using Kind = syntax::TypeExpr::Kind;
  if (annotation.kind == Kind::Tuple || annotation.kind == Kind::Record) {
    std::vector<ValuePtr> items;
    for (const syntax::TypeExpr& item : annotation.items) {
      items.push_back(described(item, open));
      if (!items.back()) return nullptr;
    }
    if (annotation.kind == Kind::Tuple) return tuple(std::move(items));
    return record(annotation.fields, std::move(items));
  }
  const auto elem = annotated_elem(annotation);
  if (!elem) return nullptr;
  core::Type type = core::scalar_type(*elem);
  for (const syntax::DimExpr& dim : annotation.dims) {
    const bool known = dim.kind == syntax::DimExpr::Kind::Number;
    open = open || !known;
    type.dims.push_back(known ? dim.number : core::kDynamic);
  }
  return tensor({}, std::move(type));
}

/// What holds of sizes as yet unknown holds of all.
bool is_about_shapes(const base::Diagnostic& error) {
  return error.message.starts_with("shapes do not fit") ||
         error.message.find(" is declared ") != std::string::npos;
}

}  // namespace

/// A function whose annotations fix all types is elaborated when it is defined, so that a wrong
/// shape is reported there; but not one that uses other top-level names, which may come later.
void Frame::check_definition(const ValuePtr& function) {
  const Closure& closure = *function->closure;
  std::vector<ValuePtr> args;
  Names own, names;
  bool open = false;
  for (const syntax::Param& param : *closure.params) {
    args.push_back(param.type ? described(*param.type, open) : nullptr);
    if (!args.back()) return;
    pattern_names(param.pattern, own);
    size_names(*param.type, own);
  }
  if (args.empty()) return;
  assigned_names(*closure.body, own);
  mentioned_names(*closure.params, *closure.body, names);
  for (const std::string& name : names) {
    if (own.count(name) == 0 && (name == closure.name || find_builtin(name) == nullptr)) return;
  }
  check_definition_sizes(function, args, open);
}

/// Where sizes are open, other errors than those of shapes may come of that alone.
void Frame::check_definition_sizes(const ValuePtr& function, const std::vector<ValuePtr>& args,
                                   bool open) {
  try {
    state_.specialise(Request{function, args, function->closure->span, {}});
  } catch (base::DiagnosticError& error) {
    if (open && !is_about_shapes(error.diagnostic)) return;
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
