// Operators, by precedence (language.md, section 3). Loosest first:
//
//   ->   or   and   not   == < ≈ …   |>   .. ..=   + -   * / // % @ ·   unary -   ∘   ^   postfix
//
// `binary` climbs the levels from `or` to `*`; the tighter ones have functions of their own. A
// lambda may be the last operand of any operator, where it reaches as far as it can.
#include <array>

#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

namespace {

constexpr int kOr = 1, kAnd = 2, kNot = 3, kCompare = 4, kPipe = 5, kRange = 6, kSum = 7,
              kProduct = 8;

struct Operator {
  TokenKind token;
  int level;
  /// Unused at the levels of comparisons and ranges.
  BinaryOp op = BinaryOp::Add;
};

constexpr std::array kOperators{
    Operator{TokenKind::Or, kOr, BinaryOp::Or},
    Operator{TokenKind::And, kAnd, BinaryOp::And},
    Operator{TokenKind::Equal, kCompare},
    Operator{TokenKind::NotEqual, kCompare},
    Operator{TokenKind::Less, kCompare},
    Operator{TokenKind::LessEqual, kCompare},
    Operator{TokenKind::Greater, kCompare},
    Operator{TokenKind::GreaterEqual, kCompare},
    Operator{TokenKind::Close, kCompare},
    Operator{TokenKind::Pipe, kPipe, BinaryOp::Pipe},
    Operator{TokenKind::Range, kRange},
    Operator{TokenKind::RangeInclusive, kRange},
    Operator{TokenKind::Plus, kSum, BinaryOp::Add},
    Operator{TokenKind::Minus, kSum, BinaryOp::Sub},
    Operator{TokenKind::Star, kProduct, BinaryOp::Mul},
    Operator{TokenKind::Slash, kProduct, BinaryOp::Div},
    Operator{TokenKind::FloorDivide, kProduct, BinaryOp::FloorDiv},
    Operator{TokenKind::Percent, kProduct, BinaryOp::Mod},
    Operator{TokenKind::At, kProduct, BinaryOp::MatMul},
    Operator{TokenKind::CenterDot, kProduct, BinaryOp::Dot},
};

const Operator* infix(TokenKind kind) {
  for (const Operator& candidate : kOperators) {
    if (candidate.token == kind) return &candidate;
  }
  return nullptr;
}

CompareOp compare_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::Equal:
      return CompareOp::Eq;
    case TokenKind::NotEqual:
      return CompareOp::Ne;
    case TokenKind::Less:
      return CompareOp::Lt;
    case TokenKind::LessEqual:
      return CompareOp::Le;
    case TokenKind::Greater:
      return CompareOp::Gt;
    case TokenKind::GreaterEqual:
      return CompareOp::Ge;
    default:
      return CompareOp::Close;
  }
}

/// What `√` takes without parentheses: √2, √x, √[1, 4].
bool starts_root_operand(TokenKind kind) {
  return kind == TokenKind::Name || kind == TokenKind::Int || kind == TokenKind::Real ||
         kind == TokenKind::Root || kind == TokenKind::LeftBracket || kind == TokenKind::Nabla ||
         kind == TokenKind::NablaSquared || kind == TokenKind::Partial;
}

std::unique_ptr<Binary> join(BinaryOp op, Span op_span, ExprPtr lhs, ExprPtr rhs) {
  const Span span = Span::join(lhs->span, rhs->span);
  return std::make_unique<Binary>(span, op, op_span, std::move(lhs), std::move(rhs));
}

}  // namespace

ExprPtr Parser::expression() { return binary(kOr); }

ExprPtr Parser::binary(int level) {
  ExprPtr left = at(TokenKind::Not) ? negation(level) : unary();
  for (;;) {
    const Operator* next = infix(peek().kind);
    if (!next || next->level < level) return left;
    if (next->level == kCompare) {
      left = comparison(std::move(left));
    } else if (next->level == kRange) {
      left = range(std::move(left));
    } else {
      const Span op_span = take().span;
      ExprPtr right = binary(next->level + 1);
      auto node = join(next->op, op_span, std::move(left), std::move(right));
      const Span span = node->span;
      left = finished(std::move(node), span);
    }
  }
}

ExprPtr Parser::negation(int level) {
  if (level > kNot) unexpected("a value");
  const Nesting nesting(*this);
  const uint32_t first = pos_;
  take();
  ExprPtr operand = binary(kNot);
  return finished(std::make_unique<Unary>(Span{}, UnaryOp::Not, std::move(operand)),
                  span_from(first));
}

/// `a < b <= c` is one node.
ExprPtr Parser::comparison(ExprPtr first) {
  auto node = std::make_unique<Compare>(Span{});
  Span span = first->span;
  node->operands.push_back(std::move(first));
  for (const Operator* next = infix(peek().kind); next && next->level == kCompare;
       next = infix(peek().kind)) {
    node->ops.push_back(compare_op(take().kind));
    node->operands.push_back(binary(kCompare + 1));
    span = Span::join(span, node->operands.back()->span);
  }
  return finished(std::move(node), span);
}

ExprPtr Parser::range(ExprPtr lo) {
  auto node = std::make_unique<syntax::Range>(Span{});
  node->inclusive = take().kind == TokenKind::RangeInclusive;
  node->lo = std::move(lo);
  node->hi = binary(kRange + 1);
  const bool again = at(TokenKind::Range) || at(TokenKind::RangeInclusive);
  if (again)
    fail(peek().span, "a range has two ends", "with a step, write `range(start, stop, step)`");
  const Span span = Span::join(node->lo->span, node->hi->span);
  return finished(std::move(node), span);
}

ExprPtr Parser::unary() {
  const Nesting nesting(*this);
  switch (peek().kind) {
    case TokenKind::Minus:
    case TokenKind::Plus:
      return sign(&Parser::unary);
    case TokenKind::Root:
      return starts_root_operand(peek(1).kind) ? root() : composition();
    default:
      return is_lambda() ? lambda() : composition();
  }
}

/// The sign of 2^63 belongs to the literal: it has no positive counterpart.
ExprPtr Parser::sign(ExprPtr (Parser::*operand)()) {
  const uint32_t first = pos_;
  mark(Role::Prefix);
  const bool minus = take().kind == TokenKind::Minus;
  if (minus && at(TokenKind::Int) && peek().integer == INT64_MIN) {
    take();
    return std::make_unique<IntLit>(span_from(first), INT64_MIN);
  }
  const UnaryOp op = minus ? UnaryOp::Neg : UnaryOp::Plus;
  ExprPtr value = (this->*operand)();
  const Span span = Span::join(tokens_.list[first].span, value->span);
  return finished(std::make_unique<Unary>(Span{}, op, std::move(value)), span);
}

/// `√x^2` is the root of x^2, but `√(x)^2` is sqrt(x)^2, as with every function.
ExprPtr Parser::root() {
  const uint32_t first = pos_;
  auto node = std::make_unique<Call>(Span{});
  node->callee = std::make_unique<Name>(take().span, "sqrt");
  Arg arg;
  arg.expr = exponent();
  arg.span = arg.expr->span;
  node->args.push_back(std::move(arg));
  return finished(std::move(node), span_from(first));
}

ExprPtr Parser::composition() {
  ExprPtr left = power();
  while (at(TokenKind::Compose)) {
    const Span op_span = take().span;
    ExprPtr right = exponent();
    auto node = join(BinaryOp::Compose, op_span, std::move(left), std::move(right));
    const Span span = node->span;
    left = finished(std::move(node), span);
  }
  return left;
}

ExprPtr Parser::power() {
  ExprPtr base = postfix();
  if (!at(TokenKind::Caret)) return base;
  const Span op_span = take().span;
  auto node = join(BinaryOp::Pow, op_span, std::move(base), exponent());
  const Span span = node->span;
  return finished(std::move(node), span);
}

/// The right side of `^` and `∘`: a power, and a sign may stand before it, `2^-1`.
ExprPtr Parser::exponent() {
  const Nesting nesting(*this);
  switch (peek().kind) {
    case TokenKind::Minus:
    case TokenKind::Plus:
      return sign(&Parser::exponent);
    case TokenKind::Root:
      return starts_root_operand(peek(1).kind) ? root() : power();
    default:
      return is_lambda() ? lambda() : power();
  }
}

}  // namespace calc::syntax
