#pragma once
// The blanks between two neighbours on a line; only format.cpp includes this.
#include "lang/syntax/lexer.h"

namespace calc::syntax {

struct Neighbours {
  const Token& left;
  const Token& right;
  /// Of the `{` that `left` closes, or that `left` or `right` is; Plain for other tokens.
  Role brace = Role::Plain;
  /// Blanks stand between them in the text.
  bool apart = false;
};

/// `+ - * / // % @ ·` between two operands.
bool is_arithmetic(const Token& token);

bool needs_blank(const Neighbours& pair);

}  // namespace calc::syntax
