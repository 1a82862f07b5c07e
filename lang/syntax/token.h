#pragma once
// Tokens as the parser sees them.
//
// The lexer already knows the brackets: each token carries how many are open around it (`level`),
// and a bracket the index of its partner (`match`). So the parser looks over a whole bracket in one
// step (is `(a, b)` followed by `->`?), and after an error skips to the end of the statement.
//
// A string with holes, "a {x:.2f} b", is StringHead, the tokens of the expression, then StringMid
// or StringTail; these hold the text after the hole, and the hole's format in `extra`.
#include <cstdint>
#include <string>
#include <string_view>

#include "lang/base/source.h"

namespace calc::syntax {

using base::Span;

enum class TokenKind : uint8_t {
#define CALC_TOKEN(kind, spelling, continues) kind,
#include "lang/syntax/token.def"
#undef CALC_TOKEN
};

/// What the parser found out about a token; the formatter asks.
enum class Role : uint8_t {
  Plain,
  /// A `{` that opens a block, not a record.
  Block,
  /// A sign before its operand.
  Prefix,
  /// A `:` in a slice.
  Slice
};

inline constexpr uint32_t kNoMatch = UINT32_MAX;

struct Token {
  TokenKind kind = TokenKind::End;
  Role role = Role::Plain;
  /// A line end lies between this token and the one before.
  bool after_newline = false;
  Span span;
  /// Open brackets around the token; a bracket itself does not count.
  uint32_t level = 0;
  /// Of a bracket: the index of its partner, or kNoMatch.
  uint32_t match = kNoMatch;
  /// Documentation of any token, format of a StringMid or StringTail: an index into
  /// Tokens::extras, or -1.
  int32_t extra = -1;
  /// Int and Superscript. INT64_MIN stands for 2^63, which is only right after a minus.
  int64_t integer = 0;
  double real = 0;
  /// The name, or the decoded text of a string piece.
  std::string text;
};

/// How the token is written; a description in words for kinds without a fixed spelling.
std::string_view spelling(TokenKind kind);

/// An operator, comma or `=`: a newline after it does not end the statement.
bool continues_line(TokenKind kind);

/// `if` to `false`.
bool is_keyword(TokenKind kind);
bool is_opener(TokenKind kind);
bool is_closer(TokenKind kind);
/// `)` for `(`.
TokenKind closer_of(TokenKind opener);

}  // namespace calc::syntax
