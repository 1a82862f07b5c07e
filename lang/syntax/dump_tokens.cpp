// `--emit=tokens`: a token a line, with its place and how it is written.
#include "lang/syntax/lexer.h"
#include "lang/syntax/parser.h"

namespace calc::syntax {

std::string dump_tokens(const base::Sources& sources, uint32_t source) {
  std::string text;
  for (const Token& token : lex(sources, source).list) {
    const base::LineColumn at = sources.position(source, token.span.begin);
    text += std::to_string(at.line) + ":" + std::to_string(at.column) + " ";
    text += std::string(spelling(token.kind));
    const std::string_view written = sources.text(token.span);
    const bool tells = written != spelling(token.kind) && token.kind != TokenKind::Newline;
    if (tells && !written.empty()) text += " " + std::string(written);
    text += "\n";
  }
  return text;
}

}  // namespace calc::syntax
