// Blocks, statements, assignment to names.
#include <algorithm>

#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::StmtKind;

ValuePtr Frame::block(const syntax::Block& e, Want want) {
  scopes().push();
  ValuePtr value = unit();
  for (const auto& stmt : e.stmts) {
    value = statement(*stmt, &stmt == &e.stmts.back() ? want : Want::Nothing);
  }
  scopes().pop();
  return value;
}

namespace {

[[noreturn]] void unsupported(const syntax::Stmt& s) {
  const char* what = "`break`";
  if (s.kind == StmtKind::Continue) what = "`continue`";
  if (s.kind == StmtKind::Return) what = "`return`";
  base::fail(s.span, std::string(what) + " is not supported yet",
             s.kind == StmtKind::Return ? "the last expression of a function is its value" : "");
}

}  // namespace

ValuePtr Frame::statement(const syntax::Stmt& s, Want want) {
  at(s.span);
  switch (s.kind) {
    case StmtKind::Expr:
      return expr(*static_cast<const syntax::ExprStmt&>(s).expr, want);
    case StmtKind::Assign:
      assign_stmt(static_cast<const syntax::Assign&>(s));
      return unit();
    case StmtKind::FuncDef: {
      const auto& def = static_cast<const syntax::FuncDef&>(s);
      const ValuePtr function = definition(def);
      if (at_top_level()) check_definition(function);
      assign(def.name, function, def.name_span);
      return unit();
    }
    case StmtKind::For:
      for_stmt(static_cast<const syntax::For&>(s));
      return unit();
    case StmtKind::While:
      while_stmt(static_cast<const syntax::While&>(s));
      return unit();
    case StmtKind::Assert:
      assert_stmt(static_cast<const syntax::Assert&>(s));
      return unit();
    case StmtKind::Test:
      test_stmt(static_cast<const syntax::Test&>(s));
      return unit();
    case StmtKind::Import:
      base::fail(s.span, "an `import` stands at the top level of a file",
                 "move it before what uses it");
    default:
      unsupported(s);
  }
}

/// `calc test` runs its block; everybody else passes by.
void Frame::test_stmt(const syntax::Test& s) {
  if (!at_top_level()) {
    base::fail(s.span, "a `test` stands at the top level of a file",
               "`assert` checks inside functions and blocks");
  }
  if (state_.testing) expr(*s.body, Want::Nothing);
}

void Frame::assign_stmt(const syntax::Assign& s) {
  if (s.place) return assign_place(s);
  ValuePtr value = assigned_value(s);
  bind_pattern(*s.pattern, value, false);
}

ValuePtr Frame::assigned_value(const syntax::Assign& s) {
  const bool named = s.pattern && s.pattern->kind == syntax::Pattern::Kind::Name;
  ValuePtr value;
  if (named && s.value->kind == syntax::ExprKind::Lambda) {
    value = lambda(static_cast<const syntax::Lambda&>(*s.value), s.pattern->name);
  } else {
    value = expr(*s.value);
  }
  const bool no_value = value->kind == ValueKind::Unit && s.value->kind == syntax::ExprKind::If;
  if (no_value) base::fail(s.value->span, "this `if` has no value", "add an `else`");
  if (s.type) {
    Sizes sizes;
    const std::string what = named ? "`" + s.pattern->name + "`" : "the value";
    value = annotated(*s.type, value, what, s.value->span, sizes);
  }
  // A name is no literal, whatever it was given.
  return forgotten(value, false);
}

/// Rebinds the name where an enclosing block of the function has it, else makes it here.
void Frame::assign(const std::string& name, ValuePtr value, base::Span span) {
  Binding* binding = scopes().find(name);
  if (binding != nullptr && binding->captured) {
    base::fail(span, "a function cannot rebind `" + name + "`, which it captured",
               "use another name, or return the new value");
  }
  if (is_oversized(value)) base::fail(span, "this value has too many parts");
  value = opened_here(name, value, span);
  const bool top = around_->top;
  if (binding != nullptr && !(top && binding == scopes().find_outermost(name))) {
    binding->value = std::move(value);
    return;
  }
  const bool session = top && state_.globals.defines(around_->module, name);
  if (at_top_level() || (top && binding != nullptr) || session) {
    scopes().define_outermost(name, std::move(value));
    if (std::find(assigned_.begin(), assigned_.end(), name) == assigned_.end()) {
      assigned_.push_back(name);
    }
    return;
  }
  scopes().define(name, std::move(value));
}

}  // namespace calc::elab
