// What is said about text that does not parse. `unexpected` names what was expected and what stands
// there, with a hint where the spelling of another language is recognised (parse_habits.cpp).
#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

void Parser::fail(Span span, std::string message, std::string hint) const {
  base::Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.span = span;
  diagnostic.hint = std::move(hint);
  throw ParseFailure{std::move(diagnostic)};
}

void Parser::too_deep() const {
  base::Diagnostic diagnostic;
  diagnostic.message = "this is nested too deeply";
  diagnostic.span = peek().span;
  diagnostic.hint =
      "the limit is " + std::to_string(kMaxDepth) + " levels; give a part of it a name";
  throw ParseFailure{std::move(diagnostic), false, true};
}

/// A stray `else` after an error belongs to the `if` that was in it.
bool Parser::follows_error() const {
  const bool belongs =
      at(TokenKind::Else) || at_name("elif") || at_name("elseif") || at_name("end");
  return belongs && (!errors_.empty() || !tokens_.errors.empty());
}

void Parser::keyword_as_name() const {
  const std::string word(spelling(peek().kind));
  fail(peek().span, "`" + word + "` is a keyword, it cannot be a name",
       "`" + word + "_` can be one");
}

const Token& Parser::innermost_unclosed() const {
  uint32_t index = pos_;
  do {
    --index;
  } while (!is_opener(tokens_.list[index].kind) || tokens_.list[index].match != kNoMatch);
  return tokens_.list[index];
}

void Parser::unexpected(std::string_view expected, std::string_view hint) const {
  if (at(TokenKind::Error) || follows_error()) throw ParseFailure{};
  const Token& token = peek();
  const bool stray = is_closer(token.kind) && token.match == kNoMatch;
  if (stray) fail(token.span, found() + " closes nothing");
  base::Diagnostic diagnostic;
  diagnostic.span = token.span;
  if (at(TokenKind::End) && token.level > 0) {
    diagnostic.span = innermost_unclosed().span;
    diagnostic.message = "`" + source_text(diagnostic.span) + "` is never closed";
    throw ParseFailure{std::move(diagnostic), true, true};
  }
  diagnostic.message = "expected " + std::string(expected) + ", found " + found();
  diagnostic.hint = hint.empty() ? habit() : std::string(hint);
  const bool more = continues_line(previous().kind) && diagnostic.hint.empty();
  throw ParseFailure{std::move(diagnostic), at(TokenKind::End) && more};
}

void Parser::not_closed(uint32_t opener, std::string_view expected, std::string_view hint) const {
  const Token& open = tokens_.list[opener];
  if (errors_.size() >= kMaxErrors) throw ParseFailure{std::nullopt, false, true};
  if (at(TokenKind::Error) || at(TokenKind::End)) unexpected(expected);
  if (open.match == kNoMatch) fail(open.span, "`" + source_text(open.span) + "` is never closed");
  if (!is_closer(peek().kind)) unexpected(expected, hint);
  base::Diagnostic diagnostic;
  diagnostic.message =
      "expected `" + std::string(spelling(closer_of(open.kind))) + "`, found " + found();
  diagnostic.span = peek().span;
  diagnostic.labels.push_back({open.span, "opened here"});
  throw ParseFailure{std::move(diagnostic)};
}

std::string Parser::found() const {
  switch (peek().kind) {
    case TokenKind::Newline:
    case TokenKind::End:
    case TokenKind::String:
    case TokenKind::StringHead:
    case TokenKind::StringMid:
    case TokenKind::StringTail:
      return std::string(spelling(peek().kind));
    default:
      return "`" + source_text(peek().span) + "`";
  }
}

void Parser::report(const ParseFailure& failure) {
  if (!failure.diagnostic) return;
  errors_.push_back(*failure.diagnostic);
  only_ends_early_ = only_ends_early_ && failure.at_end;
}

std::string Parser::source_text(Span span) const {
  constexpr size_t kLongest = 40;
  const std::string_view text = text_.substr(span.begin, span.end - span.begin);
  if (text.size() <= kLongest) return std::string(text);
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace calc::syntax
