// `assert`: a `check` with the values that tell what went wrong.
#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::ExprKind;

void Frame::emit_check(core::ValueId condition, std::string message, std::string hint,
                       std::vector<core::ValueId> values) {
  values.insert(values.begin(), condition);
  core::Attrs attrs{{"message", std::move(message)}};
  if (!hint.empty()) attrs.set("hint", std::move(hint));
  builder_->emit(core::registry().get("check"), std::move(values), std::move(attrs));
}

namespace {

bool is_shown(const ValuePtr& value) {
  return value->kind == ValueKind::Tensor && value->leaf.type.is_scalar() &&
         value->leaf.type.elem != core::Elem::Bool;
}

const char* symbol(syntax::CompareOp op) {
  switch (op) {
    case syntax::CompareOp::Eq:
      return "==";
    case syntax::CompareOp::Ne:
      return "!=";
    case syntax::CompareOp::Lt:
      return "<";
    case syntax::CompareOp::Le:
      return "<=";
    case syntax::CompareOp::Gt:
      return ">";
    case syntax::CompareOp::Ge:
      return ">=";
    case syntax::CompareOp::Close:
      return "≈";
  }
  return "?";
}

}  // namespace

/// A number as an operand of `check`, which takes i64 and f64.
core::ValueId Frame::shown_number(core::ValueId id) {
  return builder_->type(id).elem == core::Elem::F32 ? builder_->convert(id, core::Elem::F64) : id;
}

/// The text of a message, with a hole for each number in it.
std::string Frame::message_text(const syntax::Expr& message, std::vector<core::ValueId>& values) {
  const ValuePtr value = expr(message);
  if (value->kind != ValueKind::String) {
    base::fail(message.span,
               "the message of `assert` is a string, and this is " + type_text(*value));
  }
  std::string text;
  for (const StringPiece& piece : value->pieces) {
    text += piece.text;
    if (!piece.hole) continue;
    if (!is_shown(piece.hole)) {
      base::fail(message.span, "the message of `assert` shows single numbers only");
    }
    text += "{}";
    values.push_back(shown_number(piece.hole->leaf.id));
  }
  return text;
}

void Frame::assert_stmt(const syntax::Assert& s) {
  const bool is_comparison = s.condition->kind == ExprKind::Compare &&
                             static_cast<const syntax::Compare&>(*s.condition).ops.size() == 1;
  std::vector<core::ValueId> values;
  std::string sides;
  ValuePtr holds;
  if (is_comparison) {
    holds = compared(static_cast<const syntax::Compare&>(*s.condition), sides, values);
  } else {
    holds = expr(*s.condition);
  }
  const core::ValueId id = condition(*this, holds, s.condition->span);
  std::string text = "assertion failed";
  std::vector<core::ValueId> shown;
  if (s.message) text += ": " + message_text(*s.message, shown);
  if (!sides.empty()) {
    text += (s.message ? " (" : ": ") + sides + (s.message ? ")" : "");
    shown.insert(shown.end(), values.begin(), values.end());
  }
  at(s.condition->span);
  emit_check(id, std::move(text), "", std::move(shown));
}

/// A comparison, and what to say of its sides when it fails.
ValuePtr Frame::compared(const syntax::Compare& e, std::string& text,
                         std::vector<core::ValueId>& values) {
  const ValuePtr a = expr(*e.operands[0]);
  const ValuePtr b = expr(*e.operands[1]);
  const base::Span left = e.operands[0]->span;
  const base::Span right = e.operands[1]->span;
  at(e.span);
  const ValuePtr holds = compare(*this, e.ops[0], a, b, {e.span, e.span, left, right});
  if (!is_shown(a) || !is_shown(b)) return holds;
  text = std::string("{} ") + symbol(e.ops[0]) + " {}";
  values = {shown_number(a->leaf.id), shown_number(b->leaf.id)};
  if (e.ops[0] != syntax::CompareOp::Close) return holds;
  const core::ValueId x = builder_->convert(values[0], core::Elem::F64);
  const core::ValueId y = builder_->convert(values[1], core::Elem::F64);
  text += ", the difference is {}";
  values.push_back(builder_->sub(x, y));
  return holds;
}

}  // namespace calc::elab
