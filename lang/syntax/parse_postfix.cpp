// What follows a value without a blank in mind: calls, indices, fields, `'` and superscripts; and
// the operators that stand before a function, `∇f`, `∇[x] f`, `∂[x] f`, `∇²f`.
#include <algorithm>

#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

ExprPtr Parser::postfix() { return postfixes(primary()); }

ExprPtr Parser::postfixes(ExprPtr base) {
  for (;;) {
    switch (peek().kind) {
      case TokenKind::LeftParen:
        base = call(std::move(base));
        break;
      case TokenKind::LeftBracket:
        base = index(std::move(base));
        break;
      case TokenKind::Point:
        base = field(std::move(base));
        break;
      case TokenKind::Prime:
        base = prime(std::move(base));
        break;
      case TokenKind::Superscript:
        base = superscript(std::move(base));
        break;
      default:
        return base;
    }
  }
}

ExprPtr Parser::call(ExprPtr callee) {
  if (callee->kind == ExprKind::Int || callee->kind == ExprKind::Real) {
    const std::string number = source_text(callee->span);
    const bool power = pos_ > 2 && tokens_.list[pos_ - 2].kind == TokenKind::Caret &&
                       tokens_.list[pos_ - 3].kind == TokenKind::Name;
    const std::string base = power ? tokens_.list[pos_ - 3].text : "";
    fail(peek().span, "a number is not a function",
         power ? "the power of a value is written `" + base + "(…)^" + number + "`"
               : "a product needs its sign: `" + number + "*(…)`");
  }
  auto node = std::make_unique<Call>(Span{});
  const Span first = callee->span;
  node->callee = std::move(callee);
  bool named = false;
  list("`,` or `)`", [&] {
    Arg arg = argument();
    if (named && arg.name.empty()) {
      fail(arg.span, "an argument without a name follows one with a name");
    }
    named = named || !arg.name.empty();
    const bool twice =
        named && std::any_of(node->args.begin(), node->args.end(),
                             [&](const Arg& other) { return other.name == arg.name; });
    if (twice && !arg.name.empty())
      fail(arg.span, "the argument `" + arg.name + "` is given twice");
    node->args.push_back(std::move(arg));
  });
  return finished(std::move(node), Span::join(first, previous().span));
}

Arg Parser::argument() {
  const uint32_t first = pos_;
  Arg arg;
  if (at(TokenKind::Name) && peek(1).kind == TokenKind::Colon) {
    arg.name = take().text;
    take();
    arg.expr = expression();
    arg.span = span_from(first);
    return arg;
  }
  arg = item();
  if (at(TokenKind::Assign) && arg.expr->kind == ExprKind::Name) {
    const std::string name = source_text(arg.expr->span);
    unexpected("`,` or `)`", "a named argument is written `" + name + ": …`, and `==` compares");
  }
  return arg;
}

/// A value, or a tuple spread out: `...args`.
Arg Parser::item() {
  const uint32_t first = pos_;
  Arg arg;
  arg.spread = take_if(TokenKind::Ellipsis);
  arg.expr = expression();
  arg.span = span_from(first);
  return arg;
}

ExprPtr Parser::index(ExprPtr base) {
  auto node = std::make_unique<Index>(Span{});
  const Span first = base->span;
  const Span opener = peek().span;
  node->base = std::move(base);
  list("`,` or `]`", [&] { node->items.push_back(index_item()); });
  if (node->items.empty()) {
    fail(Span::join(opener, previous().span), "there is nothing in these brackets",
         at(TokenKind::LeftParen) ? "without brackets an operator takes all parameters: `grad(f)`"
                                  : "all entries are `x[:]`, or `x` itself");
  }
  return finished(std::move(node), Span::join(first, previous().span));
}

/// `i`, or a slice: `a:b`, `:`, `::2`.
ExprPtr Parser::index_item() {
  const uint32_t first = pos_;
  const auto part = [this]() -> ExprPtr {
    const bool absent = at(TokenKind::Colon) || at(TokenKind::Comma) || at(TokenKind::RightBracket);
    return absent ? nullptr : expression();
  };
  if (at(TokenKind::Comma)) unexpected("an index", "`:` takes the whole axis: `A[:, 2]`");
  ExprPtr start = part();
  if (!at(TokenKind::Colon)) return start;
  auto node = std::make_unique<Colon>(Span{});
  node->start = std::move(start);
  mark(Role::Slice);
  take();
  node->stop = part();
  if (at(TokenKind::Colon)) {
    mark(Role::Slice);
    take();
    node->step = part();
  }
  return finished(std::move(node), span_from(first));
}

ExprPtr Parser::field(ExprPtr base) {
  take();
  auto node = std::make_unique<Field>(Span{});
  const Span first = base->span;
  node->base = std::move(base);
  const Token& name = expect(TokenKind::Name, "the name of a field after `.`");
  node->name = name.text;
  node->name_span = name.span;
  return finished(std::move(node), Span::join(first, name.span));
}

ExprPtr Parser::prime(ExprPtr base) {
  const Span span = Span::join(base->span, take().span);
  return finished(std::make_unique<Prime>(Span{}, std::move(base)), span);
}

/// `x²` is `x^2`.
ExprPtr Parser::superscript(ExprPtr base) {
  const Token& token = take();
  const Span span = Span::join(base->span, token.span);
  ExprPtr exponent = std::make_unique<IntLit>(token.span, token.integer);
  return finished(std::make_unique<Binary>(Span{}, BinaryOp::Pow, token.span, std::move(base),
                                           std::move(exponent)),
                  span);
}

/// The operator takes the nearest function, a name, a field or brackets: `∇f(x)` is `(∇f)(x)`.
ExprPtr Parser::derivative_operator() {
  const Nesting nesting(*this);
  const uint32_t first = pos_;
  const TokenKind symbol = take().kind;
  const char* name = symbol == TokenKind::Nabla     ? "grad"
                     : symbol == TokenKind::Partial ? "partial"
                                                    : "hessian";
  ExprPtr op = std::make_unique<Name>(previous().span, name);
  if (at(TokenKind::LeftBracket)) op = index(std::move(op));
  const bool operand = at(TokenKind::Name) || at(TokenKind::Nabla) || at(TokenKind::Partial) ||
                       at(TokenKind::NablaSquared);
  // With parentheses it is a call like any other.
  if (!operand) return op;
  auto node = std::make_unique<Call>(Span{});
  node->callee = std::move(op);
  Arg arg;
  arg.expr = is_lambda() ? lambda() : primary();
  while (at(TokenKind::Point)) arg.expr = field(std::move(arg.expr));
  arg.span = arg.expr->span;
  node->args.push_back(std::move(arg));
  return finished(std::move(node), span_from(first));
}

}  // namespace calc::syntax
