// `break`, `continue`, `return`: what follows them is walked where control comes to it.
//
// After an `if` of which one side always leaves, the rest of the block is walked inside the other
// side. Otherwise an exit sets a flag, a hidden name that branches and loops carry like the others,
// and the rest stands under a branch on the flags: `if` is all there is to it, also for
// derivatives. Where nothing but the function's end waits for a value (Want::Result), `return x` is
// `x`.
//
// A value on a path that has left is `Never`: it takes the type of whatever it is joined with, and
// zeros stand for it that nobody looks at.
#include "lang/syntax/exits.h"

#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::ExprKind;
using syntax::StmtKind;

namespace {

constexpr std::string_view kFlags[] = {kBreak, kContinue, kReturn};

}  // namespace

std::vector<ValuePtr> Frame::exits() {
  std::vector<ValuePtr> flags;
  for (std::string_view name : kFlags) flags.push_back(current(std::string(name)));
  return flags;
}

ValuePtr Frame::leave_by(std::string_view flag, Ended how) {
  restore(std::string(flag), literal(builder_->boolean(true), std::nullopt));
  ended_ = how;
  return never();
}

/// `rest`: the statements after it in its block.
ValuePtr Frame::with_exits(const syntax::Stmt& s, Statements rest, Want want) {
  at(s.span);
  switch (s.kind) {
    case StmtKind::Break:
      return leave_by(kBreak, Ended::Break);
    case StmtKind::Continue:
      return leave_by(kContinue, Ended::Continue);
    case StmtKind::Return:
      return return_stmt(static_cast<const syntax::Return&>(s), want);
    case StmtKind::Expr: {
      const syntax::Expr& e = *static_cast<const syntax::ExprStmt&>(s).expr;
      const Rest after{&s, nullptr, rest, want};
      if (e.kind == ExprKind::If) return if_then(static_cast<const syntax::If&>(e), after);
      const std::vector<ValuePtr> before = exits();
      return follow(before, after, expr(e, after.last()));
    }
    case StmtKind::Assign: {
      const auto& assignment = static_cast<const syntax::Assign&>(s);
      const std::vector<ValuePtr> before = exits();
      const ValuePtr value = assigned_value(assignment);
      return follow(before, {&s, [&] { assign_stmt(assignment, value); }, rest, want}, value);
    }
    default: {
      const std::vector<ValuePtr> before = exits();
      const ValuePtr value = statement(s, Want::Nothing);
      // Control does not get past an endless loop that only `return` leaves.
      return follow(before, {&s, nullptr, rest, want}, ended_ == Ended::No ? value : never());
    }
  }
}

ValuePtr Frame::return_stmt(const syntax::Return& s, Want want) {
  const ValuePtr value = s.value ? expr(*s.value) : unit();
  note_result(s.value ? s.value->span : s.span, value);
  ended_ = Ended::Return;
  if (want == Want::Result) return value;
  restore(std::string(kReturned), forgotten(value, false));
  return leave_by(kReturn, Ended::Return);
}

/// The statements to come, control being there. `value`: of what came before.
ValuePtr Frame::go_on(const Rest& rest, const ValuePtr& value) {
  if (rest.first) rest.first();
  if (rest.list.empty()) {
    const ValuePtr last = rest.first ? unit() : value;
    const bool at_end = rest.want == Want::Result && rest.of != nullptr;
    if (at_end && last->kind == ValueKind::Unit) note_result(rest.of->span, last);
    return last;
  }
  // Names made here are not those of the sides of a branch around it.
  scopes().push();
  const ValuePtr last = statements(rest.list, rest.want);
  scopes().pop();
  return last;
}

void Frame::rest_names(const Rest& rest, Names& names) {
  if (rest.first) assigned_names(*rest.of, names);
  for (const syntax::StmtPtr& s : rest.list) assigned_names(*s, names);
}

core::ValueId Frame::none_of(const std::vector<ValuePtr>& flags) {
  core::ValueId any = flags[0]->leaf.id;
  for (size_t k = 1; k < flags.size(); ++k) any = builder_->op("or", {any, flags[k]->leaf.id});
  return builder_->op("not", {any});
}

/// What comes after code that may have left: nothing, or it stands under a branch, where it may
/// have. `before`: the flags before that code.
ValuePtr Frame::follow(const std::vector<ValuePtr>& before, const Rest& rest,
                       const ValuePtr& value) {
  auto set_flags = [&](const std::vector<ValuePtr>& flags) {
    for (size_t k = 0; k < flags.size(); ++k) {
      if (flags[k]) restore(std::string(kFlags[k]), flags[k]);
    }
  };
  if (ended_ != Ended::No) {
    if (rest.want != Want::Result || value->kind != ValueKind::Never) return value;
    set_flags(before);
    return current(std::string(kReturned));
  }
  std::vector<ValuePtr> taken;
  const std::vector<ValuePtr> after = exits();
  for (size_t k = 0; k < after.size(); ++k) {
    if (after[k] != before[k]) taken.push_back(after[k]);
  }
  const bool nothing_to_do = !rest.first && rest.list.empty() && rest.want != Want::Result;
  if (taken.empty() || nothing_to_do) return go_on(rest, value);

  const bool returned = after[0] == before[0] && after[1] == before[1];
  Names names;
  rest_names(rest, names);
  for (std::string_view name : kFlags) names.emplace(name);
  names.emplace(kReturned);
  const base::Span span = rest.of != nullptr ? rest.of->span : base::Span{};
  at(span);
  const ValuePtr result = branch(
      none_of(taken), span, names, rest.want,
      [&] {
        set_flags(before);
        return go_on(rest, value);
      },
      [&] {
        ended_ = returned ? Ended::Return : Ended::Several;
        return rest.want == Want::Result ? current(std::string(kReturned)) : never();
      });
  if (rest.want == Want::Result) set_flags(before);
  return result;
}

// ---- if ----------------------------------------------------------------------------------------

/// A condition known while elaborating leaves one branch. `rest` is walked once, after the branches
/// or in one of them.
ValuePtr Frame::if_then(const syntax::If& e, const Rest& rest) {
  const ValuePtr value = expr(*e.condition);
  at(e.span);
  const core::ValueId id = condition(*this, value, e.condition->span);
  const std::vector<ValuePtr> before = exits();
  const bool has_else = e.else_branch != nullptr;
  if (const auto decided = known(value)) {
    return if_side(decided->integer != 0 ? e.then_branch : e.else_branch, has_else, before, rest);
  }
  Names names;
  assigned_names(*e.then_branch, names);
  if (has_else) assigned_names(*e.else_branch, names);
  const bool then_leaves = syntax::always_exits(*e.then_branch);
  const bool else_leaves = has_else && syntax::always_exits(*e.else_branch);
  if (then_leaves || else_leaves) {
    rest_names(rest, names);
    auto side = [&](const syntax::ExprPtr& code, bool leaves) {
      return leaves ? expr(*code, rest.want) : if_side(code, has_else, before, rest);
    };
    return branch(
        id, e.span, names, rest.want, [&] { return side(e.then_branch, then_leaves); },
        [&] { return side(e.else_branch, else_leaves); });
  }
  const Rest nothing{rest.of, nullptr, {}, has_else ? rest.last() : Want::Nothing};
  const ValuePtr chosen = branch(
      id, e.span, names, nothing.want,
      [&] { return if_side(e.then_branch, has_else, before, nothing); },
      [&] { return if_side(e.else_branch, has_else, before, nothing); });
  return follow(before, rest, chosen);
}

/// One side, null for the `else` that is not written, and what comes after it.
ValuePtr Frame::if_side(const syntax::ExprPtr& side, bool has_else,
                        const std::vector<ValuePtr>& before, const Rest& rest) {
  const Want want = has_else ? rest.last() : Want::Nothing;
  ValuePtr value = side ? expr(*side, want) : unit();
  if (want == Want::Nothing && ended_ == Ended::No) value = unit();
  const bool is_code = side && side->kind != ExprKind::Block && side->kind != ExprKind::If;
  if (want == Want::Result && is_code) note_result(side->span, value);
  return follow(before, rest, value);
}

// ---- results -----------------------------------------------------------------------------------

void Frame::note_result(base::Span span, const ValuePtr& value) {
  results_.emplace_back(span, forgotten(value, true));
}

void Frame::returns_differ(base::Span span, const ValuePtr& a, const ValuePtr& b) {
  const std::string name =
      function_->user_name.empty() ? "this function" : "`" + function_->user_name + "`";
  auto text = [](const ValuePtr& value) {
    return value->kind == ValueKind::Unit ? "no value" : type_text(*value);
  };
  base::Diagnostic error;
  error.span = span;
  error.message = name + " gives " + text(a) + " in one case and " + text(b) + " in another";
  for (size_t k = 0; k < results_.size(); ++k) {
    for (size_t j = 0; j < k; ++j) {
      const auto& [first, one] = results_[j];
      const auto& [second, other] = results_[k];
      if (join_trees(one, other)) continue;
      error.message =
          name + " gives " + text(one) + " in one case and " + text(other) + " in another";
      error.span = second;
      error.note = other->kind == ValueKind::Unit ? "the end is reached here, without a value"
                                                  : "this is " + text(other);
      error.labels.push_back(
          {first, one->kind == ValueKind::Unit ? "here without a value" : "this is " + text(one)});
      throw base::DiagnosticError{error};
    }
  }
  throw base::DiagnosticError{error};
}

}  // namespace calc::elab
