#include "lang/syntax/token.h"

namespace calc::syntax {

std::string_view spelling(TokenKind kind) {
  switch (kind) {
#define CALC_TOKEN(name, text, continues) \
  case TokenKind::name:                   \
    return text;
#include "lang/syntax/token.def"
#undef CALC_TOKEN
  }
  return {};
}

bool continues_line(TokenKind kind) {
  switch (kind) {
#define CALC_TOKEN(name, text, continues) \
  case TokenKind::name:                   \
    return continues;
#include "lang/syntax/token.def"
#undef CALC_TOKEN
  }
  return false;
}

bool is_keyword(TokenKind kind) { return kind >= TokenKind::If && kind <= TokenKind::False; }

bool is_opener(TokenKind kind) {
  return kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket ||
         kind == TokenKind::LeftBrace;
}

bool is_closer(TokenKind kind) {
  return kind == TokenKind::RightParen || kind == TokenKind::RightBracket ||
         kind == TokenKind::RightBrace;
}

TokenKind closer_of(TokenKind opener) {
  switch (opener) {
    case TokenKind::LeftParen:
      return TokenKind::RightParen;
    case TokenKind::LeftBracket:
      return TokenKind::RightBracket;
    default:
      return TokenKind::RightBrace;
  }
}

}  // namespace calc::syntax
