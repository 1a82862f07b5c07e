// The smallest expressions: literals, names, brackets, `if`, lambdas.
//
// A `{` opens a record when it begins with `name:`, `name,` or `...`, when it is empty, or when it
// is one name on one line, `{w}`; otherwise a block. After `if c`, `else`, `for`, `while` and
// `test` it is always a block. See Note [Records and blocks].
#include <algorithm>

#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

ExprPtr Parser::primary() {
  switch (peek().kind) {
    case TokenKind::Int:
    case TokenKind::Real:
      return number();
    case TokenKind::True:
    case TokenKind::False:
      take();
      return std::make_unique<BoolLit>(previous().span, previous().kind == TokenKind::True);
    case TokenKind::String:
    case TokenKind::StringHead:
      return string();
    case TokenKind::Name:
      return name();
    case TokenKind::Root:
      return std::make_unique<Name>(take().span, "sqrt");
    case TokenKind::Nabla:
    case TokenKind::NablaSquared:
    case TokenKind::Partial:
      return derivative_operator();
    case TokenKind::LeftParen:
      return parenthesised();
    case TokenKind::LeftBracket:
      return array();
    case TokenKind::LeftBrace:
      return brace();
    case TokenKind::If:
      return conditional();
    default:
      unexpected("a value");
  }
}

// ---- literals and names ------------------------------------------------------------------------

ExprPtr Parser::number() {
  const Token& token = take();
  if (token.kind == TokenKind::Real) return std::make_unique<RealLit>(token.span, token.real);
  if (token.integer == INT64_MIN) {
    fail(token.span, "this number is too large for an `Int`",
         "with a point, `" + source_text(token.span) + ".0`, it is a `Real`");
  }
  return std::make_unique<IntLit>(token.span, token.integer);
}

ExprPtr Parser::string() {
  const uint32_t first = pos_;
  auto node = std::make_unique<StringLit>(Span{});
  node->pieces.push_back(peek().text);
  bool more = take().kind == TokenKind::StringHead;
  while (more) {
    const bool empty = at(TokenKind::StringMid) || at(TokenKind::StringTail);
    if (empty)
      fail(peek().span, "there is no expression in these braces", "the character is written `\\{`");
    StringLit::Hole hole;
    hole.expr = expression();
    if (!at(TokenKind::StringMid) && !at(TokenKind::StringTail)) unexpected("`}` in the string");
    const Token& part = take();
    hole.format = tokens_.extras[static_cast<size_t>(part.extra)];
    node->holes.push_back(std::move(hole));
    node->pieces.push_back(part.text);
    more = part.kind == TokenKind::StringMid;
  }
  return finished(std::move(node), span_from(first));
}

ExprPtr Parser::name() {
  const Token& token = take();
  if (token.text == "_")
    fail(token.span, "`_` has no value", "it stands for a value that is not wanted");
  return std::make_unique<Name>(token.span, token.text);
}

// ---- brackets ----------------------------------------------------------------------------------

ExprPtr Parser::parenthesised() {
  const uint32_t opener = pos_;
  auto node = std::make_unique<Tuple>(Span{});
  list("`,` or `)`", [&] {
    node->items.push_back(item());
    if (at(TokenKind::Colon)) unexpected("`,` or `)`", "a record stands in braces: `{w: 1.0}`");
  });
  const Span span = span_from(opener);
  if (node->items.empty())
    fail(span, "there is no value in these parentheses", "the empty value is `{}`");
  const bool comma = tokens_.list[pos_ - 2].kind == TokenKind::Comma;
  if (node->items.size() > 1 || comma || node->items[0].spread)
    return finished(std::move(node), span);
  // The parentheses belong to what an error underlines.
  ExprPtr inner = std::move(node->items[0].expr);
  inner->span = span;
  return inner;
}

ExprPtr Parser::array() {
  const uint32_t opener = pos_;
  auto node = std::make_unique<ArrayLit>(Span{});
  take();
  while (!at(TokenKind::RightBracket)) {
    node->items.push_back(item());
    const bool alone = node->items.size() == 1 && !node->items[0].spread;
    if (alone && at(TokenKind::For)) return comprehension(opener, std::move(node->items[0].expr));
    if (!take_if(TokenKind::Comma)) break;
  }
  close(opener, "`,` or `]`", habit_in_array());
  return finished(std::move(node), span_from(opener));
}

std::string Parser::habit_in_array() const {
  const TokenKind kind = peek().kind;
  if (kind == TokenKind::Semicolon) return "a matrix is written `[[1, 2], [3, 4]]`";
  const bool value = kind == TokenKind::Int || kind == TokenKind::Real || kind == TokenKind::Name;
  return value ? "entries are separated by commas: `[1, 2]`" : "";
}

ExprPtr Parser::comprehension(uint32_t opener, ExprPtr body) {
  auto node = std::make_unique<Comprehension>(Span{});
  node->body = std::move(body);
  take();
  do {
    Comprehension::Clause clause;
    clause.pattern = pattern();
    check_distinct(clause.pattern);
    expect(TokenKind::In, "`in`");
    clause.iterable = expression();
    node->clauses.push_back(std::move(clause));
  } while (take_if(TokenKind::Comma));
  if (take_if(TokenKind::If)) node->condition = expression();
  if (at(TokenKind::For))
    unexpected("`,` or `]`", "each further variable follows a comma: `for a in u, b in v`");
  close(opener, "`,` or `]`");
  return finished(std::move(node), span_from(opener));
}

// ---- braces ------------------------------------------------------------------------------------

ExprPtr Parser::brace() { return is_record() ? record() : block(""); }

bool Parser::is_record() const {
  const Token& first = peek(1);
  if (first.kind == TokenKind::RightBrace || first.kind == TokenKind::Ellipsis) return true;
  const Token& second = peek(2);
  // `{if: 1}` is a record too, with a name that is wrong.
  if (is_keyword(first.kind)) return second.kind == TokenKind::Colon;
  if (first.kind != TokenKind::Name) return false;
  if (second.kind == TokenKind::Comma) return true;
  if (second.kind == TokenKind::RightBrace) return !first.after_newline;
  if (second.kind != TokenKind::Colon) return false;
  // `{x: Real = 1.0; …}` is a block that begins with an annotated assignment.
  for (uint32_t at = pos_ + 3; at < tokens_.list.size(); ++at) {
    const Token& token = tokens_.list[at];
    if (token.level < first.level || token.kind == TokenKind::Comma) return true;
    if (token.kind == TokenKind::Assign) return false;
    if (token.kind == TokenKind::Newline || token.kind == TokenKind::Semicolon) return true;
    if (is_opener(token.kind) && token.match != kNoMatch) at = token.match;
  }
  return true;
}

ExprPtr Parser::record() {
  const uint32_t opener = pos_;
  auto node = std::make_unique<Record>(Span{});
  list("`,` or `}`", [&] {
    Record::Entry entry = record_entry();
    const bool twice =
        !entry.spread && std::any_of(node->entries.begin(), node->entries.end(),
                                     [&](const auto& other) { return other.name == entry.name; });
    if (twice) fail(entry.span, "the field `" + entry.name + "` is given twice");
    node->entries.push_back(std::move(entry));
  });
  return finished(std::move(node), span_from(opener));
}

Record::Entry Parser::record_entry() {
  const uint32_t first = pos_;
  Record::Entry entry;
  entry.spread = take_if(TokenKind::Ellipsis);
  if (entry.spread) {
    entry.value = expression();
  } else {
    entry.name = expect(TokenKind::Name, "the name of a field").text;
    if (at(TokenKind::Assign)) unexpected("`:`", "a field is written `" + entry.name + ": …`");
    if (take_if(TokenKind::Colon)) entry.value = expression();
  }
  entry.span = span_from(first);
  return entry;
}

// ---- if and lambda -----------------------------------------------------------------------------

ExprPtr Parser::conditional() {
  const Nesting nesting(*this);
  const uint32_t first = pos_;
  auto node = std::make_unique<syntax::If>(Span{});
  take();
  node->condition = expression();
  if (take_if(TokenKind::Then)) {
    node->then_branch = expression();
    if (take_if(TokenKind::Else)) node->else_branch = expression();
    return finished(std::move(node), span_from(first));
  }
  node->then_branch = block("or `then` after the condition");
  if (take_if(TokenKind::Else)) {
    node->else_branch = at(TokenKind::If) ? conditional() : block("or `if` after `else`");
  }
  return finished(std::move(node), span_from(first));
}

/// `x ->`, `(x, y) ->`, `{w, b} ->`.
bool Parser::is_lambda() const {
  if (at(TokenKind::Name)) return peek(1).kind == TokenKind::Arrow;
  if (!at(TokenKind::LeftParen) && !at(TokenKind::LeftBrace)) return false;
  const Token* next = after_bracket();
  return next && next->kind == TokenKind::Arrow;
}

ExprPtr Parser::lambda() {
  const Nesting nesting(*this);
  const uint32_t first = pos_;
  auto node = std::make_unique<Lambda>(Span{});
  if (at(TokenKind::LeftParen)) {
    node->params = parameters();
  } else {
    Param param;
    param.pattern = pattern();
    param.span = param.pattern.span;
    node->params.push_back(std::move(param));
    check_distinct(node->params);
  }
  expect(TokenKind::Arrow, "`->`");
  node->body = expression();
  return finished(std::move(node), span_from(first));
}

// Note [Records and blocks]
// `{w}` on one line is the record of that one value, as `{w, b}` is of two, also as the body of a
// function or a lambda: a block of a single name would be the name itself, so nobody needs one
// there. Spread over lines, `{⏎ w ⏎}`, it is a block, since that is how the body of a function
// looks.

}  // namespace calc::syntax
