// Literals, names and operators.
#include <stdexcept>

#include "lang/elaborate/builtins.h"
#include "lang/elaborate/foreign.h"
#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::ExprKind;

ValuePtr Frame::expr(const syntax::Expr& e, Want want) {
  state_.check_stack(e.span);
  at(e.span);
  switch (e.kind) {
    case ExprKind::Int: {
      const int64_t value = static_cast<const syntax::IntLit&>(e).value;
      return literal(builder_->integer(value), Known{Known::Kind::Int, value, 0});
    }
    case ExprKind::Real: {
      const double value = static_cast<const syntax::RealLit&>(e).value;
      return literal(builder_->real(value), Known{Known::Kind::Real, 0, value});
    }
    case ExprKind::Bool: {
      const bool value = static_cast<const syntax::BoolLit&>(e).value;
      return literal(builder_->boolean(value), Known{Known::Kind::Bool, value ? 1 : 0, 0});
    }
    case ExprKind::String:
      return string_literal(static_cast<const syntax::StringLit&>(e));
    case ExprKind::Name:
      return name(static_cast<const syntax::Name&>(e));
    case ExprKind::Unary: {
      const auto& node = static_cast<const syntax::Unary&>(e);
      return unary(*this, node.op, expr(*node.operand), e.span);
    }
    case ExprKind::Binary:
      return binary_expr(static_cast<const syntax::Binary&>(e));
    case ExprKind::Compare:
      return comparison(static_cast<const syntax::Compare&>(e));
    case ExprKind::Call:
      return call_expr(static_cast<const syntax::Call&>(e));
    default:
      return compound(e, want);
  }
}

ValuePtr Frame::compound(const syntax::Expr& e, Want want) {
  switch (e.kind) {
    case ExprKind::Index:
      return index_expr(static_cast<const syntax::Index&>(e));
    case ExprKind::Field:
      return field(static_cast<const syntax::Field&>(e));
    case ExprKind::Prime:
      return prime(*this, expr(*static_cast<const syntax::Prime&>(e).base), e.span);
    case ExprKind::Tuple:
      return tuple_expr(static_cast<const syntax::Tuple&>(e));
    case ExprKind::Array:
      return array_expr(static_cast<const syntax::ArrayLit&>(e));
    case ExprKind::Comprehension:
      return comprehension(static_cast<const syntax::Comprehension&>(e));
    case ExprKind::Record:
      return record_expr(static_cast<const syntax::Record&>(e));
    case ExprKind::Block:
      return block(static_cast<const syntax::Block&>(e), want);
    case ExprKind::If:
      return if_then(static_cast<const syntax::If&>(e), Rest{nullptr, nullptr, {}, want});
    case ExprKind::Lambda:
      return lambda(static_cast<const syntax::Lambda&>(e), {});
    case ExprKind::Range:
      return range_expr(static_cast<const syntax::Range&>(e));
    default:
      // The parser makes slices inside an index only.
      throw std::logic_error("a slice outside an index");
  }
}

ValuePtr Frame::literal(core::ValueId id, std::optional<Known> known) {
  return tensor(Leaf{id, builder_->type(id), known, true});
}

ValuePtr Frame::string_literal(const syntax::StringLit& e) {
  Value value;
  value.kind = ValueKind::String;
  auto text = [&](const std::string& piece) {
    if (!piece.empty()) value.pieces.push_back({piece, nullptr, {}});
  };
  for (size_t k = 0; k < e.pieces.size(); ++k) {
    text(e.pieces[k]);
    if (k == e.holes.size()) break;
    const std::string& format = e.holes[k].format;
    StringPiece piece{{}, expr(*e.holes[k].expr), format};
    check_format(piece, e.holes[k].expr->span);
    const ValueKind kind = piece.hole->kind;
    const bool is_aggregate = kind == ValueKind::Tuple || kind == ValueKind::Record;
    if (kind == ValueKind::String || (is_aggregate && !format.empty())) {
      append_pieces(piece.hole, format, value.pieces);
    } else {
      value.pieces.push_back(std::move(piece));
    }
  }
  return std::make_shared<const Value>(std::move(value));
}

// ---- names -------------------------------------------------------------------------------------

ValuePtr Frame::name(const syntax::Name& e) { return look_up(e.text, e.span); }

namespace {

[[noreturn]] void read_too_early(const std::string& name, base::Span span, bool top_level) {
  if (!top_level) {
    base::fail(span, "`" + name + "` is read here before it has a value",
               "a name first assigned in a block is local to it; give it a value before the block");
  }
  base::fail(span,
             "`" + name +
                 "` is read here before it has a value: assigning to it in this function "
                 "makes it a local name, not the top-level one",
             "a function cannot rebind a top-level name; take `" + name +
                 "` as a parameter and return the new value");
}

}  // namespace

ValuePtr Frame::look_up(const std::string& text, base::Span span) {
  if (const Binding* binding = scopes().find(text)) return binding->value;
  const bool local = around_->assigned.count(text) != 0;
  ValuePtr value = global(around_->module, text);
  if (local) read_too_early(text, span, value != nullptr);
  if (value) return value;
  at(span);
  if (ValuePtr constant = find_constant(*this, text)) return constant;
  if (const Builtin* function = find_builtin(text)) return builtin(function);
  undefined(text, span);
}

void Frame::undefined(const std::string& text, base::Span span) {
  const Globals& globals = state_.globals;
  for (const std::string& module : globals.modules()) {
    if (module != text) continue;
    base::fail(span, "the module `" + text + "` is not imported", "`import " + text + "` does it");
  }
  std::vector<std::string> candidates = globals.names(around_->module);
  for (std::string& module : globals.modules()) candidates.push_back(std::move(module));
  scopes().names(candidates);
  for (const Builtin* function : all_builtins()) candidates.emplace_back(function->name);
  std::string hint = undefined_hint(text, candidates);
  if (const std::string module = globals.module_with(text); !module.empty()) {
    hint = "it is in the module `" + module + "`: `import " + module + ": " + text + "`";
  }
  base::fail(span, "`" + text + "` is not defined", hint);
}

// ---- operators ---------------------------------------------------------------------------------

ValuePtr Frame::binary_expr(const syntax::Binary& e) {
  using syntax::BinaryOp;
  if (e.op == BinaryOp::And || e.op == BinaryOp::Or) return logical(e);
  const ValuePtr lhs = expr(*e.lhs);
  const ValuePtr rhs = expr(*e.rhs);
  at(e.span);
  if (e.op == BinaryOp::Pipe) return call(rhs, CallArgs{{lhs}, {}, e.span, {e.lhs->span}});
  return binary(*this, e.op, lhs, rhs, {e.span, e.op_span, e.lhs->span, e.rhs->span});
}

namespace {

/// Cheap and sure not to fail: evaluating it in vain does no harm.
bool harmless(const syntax::Expr& e) {
  switch (e.kind) {
    case ExprKind::Int:
    case ExprKind::Real:
    case ExprKind::Bool:
    case ExprKind::Name:
      return true;
    case ExprKind::Field:
      return harmless(*static_cast<const syntax::Field&>(e).base);
    case ExprKind::Unary:
      return static_cast<const syntax::Unary&>(e).op == syntax::UnaryOp::Not &&
             harmless(*static_cast<const syntax::Unary&>(e).operand);
    case ExprKind::Compare:
      for (const auto& operand : static_cast<const syntax::Compare&>(e).operands) {
        if (!harmless(*operand)) return false;
      }
      return true;
    default:
      return false;
  }
}

bool is_scalar(const Value& value) {
  return value.kind == ValueKind::Tensor && value.leaf.type.is_scalar();
}

}  // namespace

/// `and`, `or`: the right side runs only where the left does not decide; on tensors, elementwise.
ValuePtr Frame::logical(const syntax::Binary& e) {
  const bool is_and = e.op == syntax::BinaryOp::And;
  const ValuePtr lhs = expr(*e.lhs);
  const BinarySpans spans{e.span, e.op_span, e.lhs->span, e.rhs->span};
  if (!is_scalar(*lhs)) return binary(*this, e.op, lhs, expr(*e.rhs), spans);
  const core::ValueId left = condition(*this, lhs, e.lhs->span);
  if (const auto decided = known(lhs)) {
    if ((decided->integer != 0) != is_and) return lhs;
    const ValuePtr rhs = expr(*e.rhs);
    if (is_scalar(*rhs)) condition(*this, rhs, e.rhs->span);
    return rhs;
  }
  if (harmless(*e.rhs)) return binary(*this, e.op, lhs, expr(*e.rhs), spans);

  Names names;
  assigned_names(*e.rhs, names);
  auto right = [&]() -> ValuePtr {
    const ValuePtr rhs = expr(*e.rhs);
    const core::ValueId id = condition(*this, rhs, e.rhs->span);
    return tensor(id, builder_->type(id));
  };
  auto decided = [&]() -> ValuePtr { return literal(builder_->boolean(!is_and), std::nullopt); };
  if (is_and) return branch(left, e.span, names, Want::Value, right, decided);
  return branch(left, e.span, names, Want::Value, decided, right);
}

/// `a < b <= c` is `a < b and b <= c`, each operand evaluated once.
ValuePtr Frame::comparison(const syntax::Compare& e) {
  ValuePtr lhs = expr(*e.operands[0]);
  ValuePtr result;
  for (size_t k = 0; k < e.ops.size(); ++k) {
    const ValuePtr rhs = expr(*e.operands[k + 1]);
    const base::Span left = e.operands[k]->span;
    const base::Span right = e.operands[k + 1]->span;
    const BinarySpans spans{base::Span::join(left, right), base::Span::join(left, right), left,
                            right};
    const ValuePtr link = compare(*this, e.ops[k], lhs, rhs, spans);
    result = result
                 ? binary(*this, syntax::BinaryOp::And, result, link, {e.span, e.span, left, right})
                 : link;
    lhs = rhs;
  }
  return result;
}

}  // namespace calc::elab
