// Blocks, statements, assignment to names.
#include <algorithm>
#include <stdexcept>

#include "lang/elaborate/frame.h"
#include "lang/syntax/exits.h"

namespace calc::elab {

using syntax::StmtKind;

ValuePtr Frame::block(const syntax::Block& e, Want want) {
  scopes().push();
  ValuePtr value = statements(e.stmts, want);
  scopes().pop();
  return value;
}

ValuePtr Frame::statements(Statements list, Want want) {
  ValuePtr value = unit();
  while (!list.empty()) {
    const syntax::Stmt& s = *list.front();
    list = list.subspan(1);
    if (syntax::has_exits(s)) return with_exits(s, list, want);
    value = statement(s, list.empty() ? want : Want::Nothing);
    if (list.empty() && want == Want::Result) note_result(s.span, value);
  }
  return value;
}

ValuePtr Frame::statement(const syntax::Stmt& s, Want want) {
  at(s.span);
  switch (s.kind) {
    case StmtKind::Expr:
      return expr(*static_cast<const syntax::ExprStmt&>(s).expr, want);
    case StmtKind::Assign:
      assign_stmt(static_cast<const syntax::Assign&>(s),
                  assigned_value(static_cast<const syntax::Assign&>(s)));
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
    case StmtKind::Break:
    case StmtKind::Continue:
    case StmtKind::Return:
      break;
  }
  throw std::logic_error("an exit outside `with_exits`");
}

/// `calc test` runs its block; everybody else passes by.
void Frame::test_stmt(const syntax::Test& s) {
  if (!at_top_level()) {
    base::fail(s.span, "a `test` stands at the top level of a file",
               "`assert` checks inside functions and blocks");
  }
  if (state_.testing) expr(*s.body, Want::Nothing);
}

void Frame::assign_stmt(const syntax::Assign& s, const ValuePtr& value) {
  if (s.place) return assign_place(s, value);
  ValuePtr given = value;
  if (s.type) {
    Sizes sizes;
    const bool named = s.pattern->kind == syntax::Pattern::Kind::Name;
    const std::string what = named ? "`" + s.pattern->name + "`" : "the value";
    given = annotated(*s.type, value, what, s.value->span, sizes);
  }
  // A name is no literal, whatever it was given.
  bind_pattern(*s.pattern, forgotten(given, false), false);
}

ValuePtr Frame::assigned_value(const syntax::Assign& s) {
  if (s.place) return expr(*s.value);
  if (s.pattern->kind == syntax::Pattern::Kind::Name && s.value->kind == syntax::ExprKind::Lambda) {
    return lambda(static_cast<const syntax::Lambda&>(*s.value), s.pattern->name);
  }
  ValuePtr value = expr(*s.value);
  const bool no_value = value->kind == ValueKind::Unit && s.value->kind == syntax::ExprKind::If;
  if (no_value) base::fail(s.value->span, "this `if` has no value", "add an `else`");
  return value;
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
