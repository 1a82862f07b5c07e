// Annotations: `Real`, `Real[m, n]`, `(A, B)`, `{w: A}`, `A -> B`, `(A, B) -> C`.
#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

namespace {

TypeExpr type_node(TypeExpr::Kind kind, Span span) { return {kind, span, {}, {}, {}, {}}; }

}  // namespace

TypeExpr Parser::type() {
  const Nesting nesting(*this);
  const uint32_t first = pos_;
  TypeExpr result = type_node(TypeExpr::Kind::Function, {});
  const Token* next = after_bracket();
  if (at(TokenKind::LeftParen) && next && next->kind == TokenKind::Arrow) {
    list("`,` or `)`", [&] { result.items.push_back(type()); });
  } else {
    TypeExpr atom = type_atom();
    if (!at(TokenKind::Arrow)) return atom;
    result.items.push_back(std::move(atom));
  }
  take();
  result.items.push_back(type());
  result.span = span_from(first);
  return result;
}

TypeExpr Parser::type_atom() {
  if (at(TokenKind::LeftParen)) return type_in_parens();
  if (at(TokenKind::LeftBrace)) return record_type();
  const uint32_t first = pos_;
  TypeExpr node = type_node(TypeExpr::Kind::Named, {});
  node.name = expect(TokenKind::Name, "a type").text;
  if (at(TokenKind::LeftBracket)) {
    list("`,` or `]`", [&] { node.dims.push_back(dimension()); });
    if (node.dims.empty()) fail(span_from(first), "this type has no sizes in its brackets");
  }
  node.span = span_from(first);
  return node;
}

TypeExpr Parser::type_in_parens() {
  const uint32_t first = pos_;
  TypeExpr node = type_node(TypeExpr::Kind::Tuple, {});
  list("`,` or `)`", [&] { node.items.push_back(type()); });
  const bool comma = tokens_.list[pos_ - 2].kind == TokenKind::Comma;
  if (node.items.size() == 1 && !comma) return std::move(node.items[0]);
  node.span = span_from(first);
  if (node.items.empty()) fail(node.span, "there is no type in these parentheses");
  return node;
}

TypeExpr Parser::record_type() {
  const uint32_t first = pos_;
  TypeExpr node = type_node(TypeExpr::Kind::Record, {});
  list("`,` or `}`", [&] {
    node.fields.push_back(expect(TokenKind::Name, "the name of a field").text);
    expect(TokenKind::Colon, "`:` and the type of the field");
    node.items.push_back(type());
  });
  node.span = span_from(first);
  return node;
}

DimExpr Parser::dimension() {
  const Token& token = peek();
  DimExpr dim{DimExpr::Kind::Any, 0, {}, token.span};
  if (token.kind == TokenKind::Int && token.integer >= 0) {
    dim.kind = DimExpr::Kind::Number;
    dim.number = token.integer;
  } else if (token.kind == TokenKind::Name) {
    if (token.text != "_") dim.kind = DimExpr::Kind::Name;
    if (token.text != "_") dim.name = token.text;
  } else {
    unexpected("a size: a number, a name or `_`");
  }
  take();
  return dim;
}

}  // namespace calc::syntax
