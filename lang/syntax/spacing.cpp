#include "lang/syntax/spacing.h"

namespace calc::syntax {

namespace {

/// What a call or an index may follow directly.
bool ends_operand(TokenKind kind) {
  switch (kind) {
    case TokenKind::Int:
    case TokenKind::Real:
    case TokenKind::String:
    case TokenKind::StringTail:
    case TokenKind::Name:
    case TokenKind::Superscript:
    case TokenKind::True:
    case TokenKind::False:
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
    case TokenKind::RightBrace:
    case TokenKind::Prime:
      return true;
    default:
      return false;
  }
}

bool is_symbol_operator(TokenKind kind) {
  return kind == TokenKind::Nabla || kind == TokenKind::NablaSquared ||
         kind == TokenKind::Partial || kind == TokenKind::Root;
}

/// Nothing stands between these and their right neighbour.
bool hugs_right(const Token& token) {
  switch (token.kind) {
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
    case TokenKind::StringHead:
    case TokenKind::StringMid:
    case TokenKind::Point:
    case TokenKind::Range:
    case TokenKind::RangeInclusive:
    case TokenKind::Ellipsis:
    case TokenKind::Caret:
      return true;
    case TokenKind::Colon:
      return token.role == Role::Slice;
    default:
      return token.role == Role::Prefix || is_symbol_operator(token.kind);
  }
}

bool hugs_left(const Token& token) {
  switch (token.kind) {
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
    case TokenKind::StringMid:
    case TokenKind::StringTail:
    case TokenKind::Point:
    case TokenKind::Range:
    case TokenKind::RangeInclusive:
    case TokenKind::Caret:
    case TokenKind::Prime:
    case TokenKind::Superscript:
    case TokenKind::Comma:
    case TokenKind::Semicolon:
    case TokenKind::Colon:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool is_arithmetic(const Token& token) {
  return token.kind >= TokenKind::Plus && token.kind <= TokenKind::CenterDot &&
         token.role != Role::Prefix;
}

bool needs_blank(const Neighbours& pair) {
  const TokenKind left = pair.left.kind;
  const TokenKind right = pair.right.kind;
  // `2. .. 3` would become three points.
  const bool range = right == TokenKind::Range || right == TokenKind::RangeInclusive;
  if (left == TokenKind::Real && range) return pair.apart;
  // A comma before a slice without a start, `A[i, :]`.
  if (left == TokenKind::Comma && right == TokenKind::Colon) return true;
  if (hugs_right(pair.left) || hugs_left(pair.right)) return false;
  if (left == TokenKind::LeftBrace && right == TokenKind::RightBrace) return false;
  if (left == TokenKind::LeftBrace || right == TokenKind::RightBrace) {
    return pair.brace == Role::Block;
  }
  const bool bracket = right == TokenKind::LeftParen || right == TokenKind::LeftBracket;
  if (bracket) return !ends_operand(left);
  return true;
}

}  // namespace calc::syntax
