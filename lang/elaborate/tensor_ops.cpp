#include "lang/elaborate/tensor_ops.h"

#include <cmath>

namespace calc::elab {

using core::Elem;
using core::ValueId;
using syntax::BinaryOp;
using syntax::UnaryOp;

std::string_view op_text(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
      return "+";
    case BinaryOp::Sub:
      return "-";
    case BinaryOp::Mul:
      return "*";
    case BinaryOp::Div:
      return "/";
    case BinaryOp::FloorDiv:
      return "//";
    case BinaryOp::Mod:
      return "%";
    case BinaryOp::MatMul:
      return "@";
    case BinaryOp::Dot:
      return "·";
    case BinaryOp::Pow:
      return "^";
    case BinaryOp::And:
      return "and";
    case BinaryOp::Or:
      return "or";
    case BinaryOp::Pipe:
      return "|>";
    case BinaryOp::Compose:
      return "∘";
  }
  return "?";
}

namespace {

std::string quoted(BinaryOp op) { return "`" + std::string(op_text(op)) + "`"; }

std::string_view primitive_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
      return "add";
    case BinaryOp::Sub:
      return "sub";
    case BinaryOp::Mul:
      return "mul";
    case BinaryOp::Div:
      return "div";
    case BinaryOp::FloorDiv:
      return "floordiv";
    case BinaryOp::Mod:
      return "mod";
    case BinaryOp::And:
      return "and";
    default:
      return "or";
  }
}

bool is_aggregate(const ValuePtr& a) {
  return a->kind == ValueKind::Tuple || a->kind == ValueKind::Record;
}

ValuePtr with_items(const ValuePtr& like, std::vector<ValuePtr> items) {
  return like->kind == ValueKind::Tuple ? tuple(std::move(items))
                                        : record(like->fields, std::move(items));
}

// ---- known values ------------------------------------------------------------------------------

std::optional<int64_t> folded(BinaryOp op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case BinaryOp::Add:
      if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
      return result;
    case BinaryOp::Sub:
      if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
      return result;
    case BinaryOp::Mul:
      if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
      return result;
    case BinaryOp::FloorDiv:
    case BinaryOp::Mod: {
      if (b == 0 || (b == -1 && a == INT64_MIN)) return std::nullopt;
      const bool adjust = a % b != 0 && (a < 0) != (b < 0);
      return op == BinaryOp::FloorDiv ? a / b - adjust : a % b + (adjust ? b : 0);
    }
    default:
      return std::nullopt;
  }
}

std::optional<Known> folded(BinaryOp op, const Leaf& a, const Leaf& b) {
  if (!a.known || !b.known) return std::nullopt;
  if (a.known->kind == Known::Kind::Real || b.known->kind == Known::Kind::Real) return std::nullopt;
  if (op == BinaryOp::And || op == BinaryOp::Or) {
    const bool both = a.known->integer != 0 && b.known->integer != 0;
    const bool any = a.known->integer != 0 || b.known->integer != 0;
    return Known{Known::Kind::Bool, op == BinaryOp::And ? both : any, 0};
  }
  std::optional<int64_t> value = folded(op, a.known->integer, b.known->integer);
  if (!value) return std::nullopt;
  return Known{Known::Kind::Int, *value, 0};
}

// ---- errors ------------------------------------------------------------------------------------

[[noreturn]] void no_operator(BinaryOp op, const ValuePtr& a, const ValuePtr& b,
                              const BinarySpans& spans) {
  const ValuePtr& odd = is_tensor(a) || is_aggregate(a) ? b : a;
  std::string hint;
  if (odd->kind == ValueKind::String && op == BinaryOp::Add) {
    hint = "`\"{a}{b}\"` joins texts";
  } else if (is_function(*odd)) {
    hint = op == BinaryOp::Compose ? "`∘` composes functions: `(f ∘ g)(x)` is `f(g(x))`"
           : op == BinaryOp::Mul
               ? "`f ∘ g` composes; `x -> f(x) * g(x)` multiplies the values"
               : "combine the values: `x -> f(x) " + std::string(op_text(op)) + " g(x)`";
  } else if (is_aggregate(a) != is_aggregate(b)) {
    hint = "records and tuples take `+` and `-` with their like, `*` and `/` with a number";
  }
  base::Diagnostic diagnostic;
  diagnostic.message =
      quoted(op) + " is not defined for " + type_text(*a) + " and " + type_text(*b);
  diagnostic.span = spans.op.known() ? spans.op : spans.whole;
  diagnostic.hint = std::move(hint);
  if (spans.lhs != spans.whole) diagnostic.labels.push_back({spans.lhs, type_text(*a)});
  if (spans.rhs != spans.whole) diagnostic.labels.push_back({spans.rhs, type_text(*b)});
  throw base::DiagnosticError{std::move(diagnostic)};
}

// ---- arithmetic of tensors ---------------------------------------------------------------------

Elem arithmetic_elem(BinaryOp op, const Leaf& a, const Leaf& b) {
  const Elem elem = meet(a, b);
  if (op == BinaryOp::Div && (elem == Elem::Bool || elem == Elem::I64)) return Elem::F64;
  return elem == Elem::Bool ? Elem::I64 : elem;
}

ValuePtr logic(Emit& emit, BinaryOp op, const ValuePtr& a, const ValuePtr& b,
               const BinarySpans& spans) {
  for (const auto& [value, span] : {std::pair{a, spans.lhs}, std::pair{b, spans.rhs}}) {
    if (is_tensor(value) && value->leaf.type.elem == Elem::Bool) continue;
    base::fail(span.known() ? span : spans.whole,
               quoted(op) + " needs Bools, this is " + type_text(*value),
               is_tensor(value) ? "compare it: `… != 0`" : "");
  }
  ValueId id = elementwise(emit, primitive_of(op), a->leaf, b->leaf, Elem::Bool, quoted(op), spans);
  return tensor(Leaf{id, emit.builder().type(id), folded(op, a->leaf, b->leaf), false});
}

ValuePtr arithmetic(Emit& emit, BinaryOp op, const ValuePtr& a, const ValuePtr& b,
                    const BinarySpans& spans) {
  const Elem elem = arithmetic_elem(op, a->leaf, b->leaf);
  ValueId id = elementwise(emit, primitive_of(op), a->leaf, b->leaf, elem, quoted(op), spans);
  Leaf leaf{id, emit.builder().type(id), std::nullopt, false};
  if (elem == Elem::I64) leaf.known = folded(op, a->leaf, b->leaf);
  return tensor(std::move(leaf));
}

// ---- records and tuples as vector spaces -------------------------------------------------------

std::string field_name(const ValuePtr& value, size_t k) {
  return value->kind == ValueKind::Record ? "field `" + value->fields[k] + "`"
                                          : "entry " + std::to_string(k);
}

[[noreturn]] void different_fields(BinaryOp op, const ValuePtr& a, const ValuePtr& b,
                                   const BinarySpans& spans) {
  base::fail(spans.whole, quoted(op) + " needs equal structures, " + type_text(*a) + " and " +
                              type_text(*b) + " differ");
}

ValuePtr add_trees(Emit& emit, BinaryOp op, const ValuePtr& a, const ValuePtr& b,
                   const BinarySpans& spans) {
  if (a->kind != b->kind || a->items.size() != b->items.size() || a->fields != b->fields) {
    different_fields(op, a, b, spans);
  }
  std::vector<ValuePtr> items;
  for (size_t k = 0; k < a->items.size(); ++k) {
    const ValuePtr& left = a->items[k];
    const ValuePtr& right = b->items[k];
    if (is_aggregate(left) && is_aggregate(right)) {
      items.push_back(add_trees(emit, op, left, right, spans));
      continue;
    }
    const bool fits =
        is_tensor(left) && is_tensor(right) && left->leaf.type.rank() == right->leaf.type.rank() &&
        join_types(left, right) != nullptr &&
        core::compatible({Elem::F64, left->leaf.type.dims}, {Elem::F64, right->leaf.type.dims});
    if (!is_tensor(left) || !is_tensor(right)) {
      base::fail(spans.whole, quoted(op) + " needs numbers at every leaf, " + field_name(a, k) +
                                  " is " + type_text(is_tensor(left) ? *right : *left));
    }
    if (!fits) {
      base::fail(spans.whole, quoted(op) + " needs equal shapes: " + field_name(a, k) + " is " +
                                  type_text(*left) + " on the left and " + type_text(*right) +
                                  " on the right");
    }
    items.push_back(arithmetic(emit, op, left, right, spans));
  }
  return with_items(a, std::move(items));
}

/// `tree op scalar`, or `scalar * tree` when `left` is set.
ValuePtr scale_tree(Emit& emit, BinaryOp op, const ValuePtr& tree, const ValuePtr& scalar,
                    bool left, const BinarySpans& spans) {
  if (!is_tensor(scalar) || !scalar->leaf.type.is_scalar()) {
    no_operator(op, left ? scalar : tree, left ? tree : scalar, spans);
  }
  std::vector<ValuePtr> items;
  for (size_t k = 0; k < tree->items.size(); ++k) {
    const ValuePtr& item = tree->items[k];
    if (is_aggregate(item)) {
      items.push_back(scale_tree(emit, op, item, scalar, left, spans));
    } else if (is_tensor(item)) {
      items.push_back(left ? arithmetic(emit, op, scalar, item, spans)
                           : arithmetic(emit, op, item, scalar, spans));
    } else {
      base::fail(spans.whole, quoted(op) + " needs numbers at every leaf, " + field_name(tree, k) +
                                  " is " + type_text(*item));
    }
  }
  return with_items(tree, std::move(items));
}

ValuePtr tree_arithmetic(Emit& emit, BinaryOp op, const ValuePtr& a, const ValuePtr& b,
                         const BinarySpans& spans) {
  const bool additive = op == BinaryOp::Add || op == BinaryOp::Sub;
  if (additive && is_aggregate(a) && is_aggregate(b)) return add_trees(emit, op, a, b, spans);
  const bool scales = op == BinaryOp::Mul || op == BinaryOp::Div;
  if (scales && is_aggregate(a) && !is_aggregate(b)) {
    return scale_tree(emit, op, a, b, false, spans);
  }
  if (op == BinaryOp::Mul && is_aggregate(b) && !is_aggregate(a)) {
    return scale_tree(emit, op, b, a, true, spans);
  }
  no_operator(op, a, b, spans);
}

}  // namespace

// ---- entry -------------------------------------------------------------------------------------

ValuePtr binary(Emit& emit, BinaryOp op, const ValuePtr& lhs, const ValuePtr& rhs,
                const BinarySpans& spans) {
  emit.at(spans.whole);
  if (op == BinaryOp::Compose) {
    if (!is_function(*lhs) || !is_function(*rhs)) no_operator(op, lhs, rhs, spans);
    return compose(lhs, rhs);
  }
  if (op == BinaryOp::Pipe) return emit.call(rhs, CallArgs{{lhs}, {}, spans.whole, {spans.lhs}});
  const ValuePtr a = as_tensor(emit, lhs);
  const ValuePtr b = as_tensor(emit, rhs);
  if (op == BinaryOp::Dot) return dot(emit, a, b, spans);
  if (is_aggregate(a) || is_aggregate(b)) return tree_arithmetic(emit, op, a, b, spans);
  if (!is_tensor(a) || !is_tensor(b)) no_operator(op, a, b, spans);
  switch (op) {
    case BinaryOp::And:
    case BinaryOp::Or:
      return logic(emit, op, a, b, spans);
    case BinaryOp::Pow:
      return power(emit, a, b, spans);
    case BinaryOp::MatMul:
      return matmul(emit, a, b, spans);
    default:
      return arithmetic(emit, op, a, b, spans);
  }
}

namespace {

ValuePtr negated_literal(Emit& emit, const Leaf& a) {
  Leaf leaf = a;
  if (a.known->kind == Known::Kind::Real) {
    leaf.known->real = -a.known->real;
    if (a.type.elem != Elem::F64) return nullptr;
    leaf.id = emit.builder().real(leaf.known->real);
  } else {
    if (a.known->integer == INT64_MIN) return nullptr;
    leaf.known->integer = -a.known->integer;
    leaf.id = emit.builder().integer(leaf.known->integer);
  }
  return tensor(std::move(leaf));
}

ValuePtr negated(Emit& emit, const ValuePtr& a, base::Span span) {
  if (is_aggregate(a)) {
    std::vector<ValuePtr> items;
    for (const ValuePtr& item : a->items) items.push_back(negated(emit, item, span));
    return with_items(a, std::move(items));
  }
  if (!is_tensor(a)) base::fail(span, "`-` is not defined for " + type_text(*a));
  if (a->leaf.literal && a->leaf.known && a->leaf.known->kind != Known::Kind::Bool) {
    if (ValuePtr literal = negated_literal(emit, a->leaf)) return literal;
  }
  const Elem elem = a->leaf.type.elem == Elem::Bool ? Elem::I64 : a->leaf.type.elem;
  const ValueId id = emit.builder().neg(converted(emit, a->leaf, elem));
  Leaf leaf{id, emit.builder().type(id), std::nullopt, false};
  if (elem == Elem::I64 && a->leaf.known)
    leaf.known = folded(BinaryOp::Sub, 0, a->leaf.known->integer)
                     ? std::optional(Known{Known::Kind::Int, -a->leaf.known->integer, 0})
                     : std::nullopt;
  return tensor(std::move(leaf));
}

ValuePtr inverted(Emit& emit, const ValuePtr& a, base::Span span) {
  if (!is_tensor(a) || a->leaf.type.elem != Elem::Bool) {
    base::fail(span, "`not` needs a Bool, this is " + type_text(*a),
               is_tensor(a) ? "compare it: `… == 0`" : "");
  }
  const ValueId id = emit.builder().op("not", {a->leaf.id});
  Leaf leaf{id, emit.builder().type(id), std::nullopt, false};
  if (a->leaf.known) leaf.known = Known{Known::Kind::Bool, !a->leaf.known->integer, 0};
  return tensor(std::move(leaf));
}

}  // namespace

ValuePtr unary(Emit& emit, UnaryOp op, const ValuePtr& operand, base::Span span) {
  emit.at(span);
  const ValuePtr a = as_tensor(emit, operand);
  switch (op) {
    case UnaryOp::Neg:
      return negated(emit, a, span);
    case UnaryOp::Not:
      return inverted(emit, a, span);
    case UnaryOp::Plus:
      if (!is_tensor(a) && !is_aggregate(a)) {
        base::fail(span, "`+` is not defined for " + type_text(*a));
      }
      return a;
  }
  return a;
}

ValuePtr prime(Emit& emit, const ValuePtr& a, base::Span span) {
  emit.at(span);
  if (is_function(*a)) {
    auto derived = std::make_shared<Derived>();
    derived->what = "'";
    derived->function = a;
    Value value;
    value.kind = ValueKind::Derived;
    value.derived = std::move(derived);
    return std::make_shared<const Value>(std::move(value));
  }
  if (!is_tensor(a)) {
    base::fail(span, "`'` is the derivative of a function or the transpose of a matrix, this is " +
                         type_text(*a));
  }
  const int rank = a->leaf.type.rank();
  if (rank == 2) return wrap(emit, emit.builder().transpose(a->leaf.id, {1, 0}));
  if (rank < 2) {
    base::fail(span, "`'` transposes a matrix, this is " + type_text(*a),
               rank == 1 ? "a vector needs no transpose in `@`; `v[none, :]` makes a row"
                         : "`'` is the derivative of a function: `f'(x)`, not `f(x)'`");
  }
  base::fail(span, "`'` transposes a matrix, this is " + type_text(*a),
             "`transpose(x, axes)` says where each axis goes");
}

}  // namespace calc::elab
