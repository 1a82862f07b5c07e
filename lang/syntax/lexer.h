#pragma once
// Text -> tokens. The lexer decides which line ends are tokens (language.md, section 4): one inside
// `(` or `[`, after an operator, a comma or `=`, or before `else`, `|>` or `.name` is not.
//
// It goes on after an error, having reported it: a spelling from another language (`**`, `&&`)
// becomes the right token, anything else an Error token, at which the parser gives up the statement
// without a word.
#include <string>
#include <vector>

#include "lang/base/diagnostic.h"
#include "lang/syntax/token.h"

namespace calc::syntax {

struct Comment {
  Span span;
  /// Nothing but blanks before it on its line.
  bool own_line;
};

struct Tokens {
  /// Ends with one End.
  std::vector<Token> list;
  std::vector<std::string> extras;
  std::vector<Comment> comments;
  std::vector<base::Diagnostic> errors;
};

/// `unclosed`: where brackets begin that an earlier reading found never to be closed. They end with
/// their line, or at the next one that is not indented more.
Tokens lex(const base::Sources& sources, uint32_t source,
           const std::vector<uint32_t>& unclosed = {});

}  // namespace calc::syntax
