#include "lang/syntax/parser.h"

#include <algorithm>
#include <tuple>

#include "lang/syntax/exits.h"
#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

const Token& Parser::peek(uint32_t ahead) const {
  const size_t last = tokens_.list.size() - 1;
  return tokens_.list[std::min<size_t>(pos_ + ahead, last)];
}

bool Parser::take_if(TokenKind kind) {
  if (!at(kind)) return false;
  take();
  return true;
}

const Token& Parser::expect(TokenKind kind, std::string_view expected, std::string_view hint) {
  if (kind == TokenKind::Name && is_keyword(peek().kind)) keyword_as_name();
  if (!at(kind)) unexpected(expected, hint);
  return take();
}

const Token* Parser::after_bracket(uint32_t ahead) const {
  const Token& opener = peek(ahead);
  if (!is_opener(opener.kind) || opener.match == kNoMatch) return nullptr;
  return &tokens_.list[std::min<size_t>(opener.match + 1, tokens_.list.size() - 1)];
}

void Parser::skip_newlines() {
  while (at(TokenKind::Newline)) take();
}

bool Parser::at_statement_end() const {
  // A wrong closing bracket of the block around is told once, by the block.
  const bool closer = is_closer(peek().kind) && peek().match != kNoMatch;
  return at(TokenKind::Newline) || at(TokenKind::Semicolon) || at(TokenKind::End) || closer;
}

Span Parser::span_from(uint32_t first) const {
  return Span::join(tokens_.list[first].span, previous().span);
}

void Parser::close(uint32_t opener, std::string_view expected, std::string_view hint) {
  if (!at(closer_of(tokens_.list[opener].kind))) not_closed(opener, expected, hint);
  take();
}

ParseResult Parser::run() {
  auto program = std::make_shared<Program>();
  program->source = source_;
  std::vector<StmtPtr> stmts;
  statements(stmts, 0);
  // The lexer reported and went on; a statement with such a place in it is not whole.
  for (StmtPtr& stmt : stmts) {
    const bool broken = std::any_of(
        tokens_.errors.begin(), tokens_.errors.end(), [&](const base::Diagnostic& error) {
          return error.span.begin >= stmt->span.begin && error.span.begin < stmt->span.end;
        });
    const size_t errors = errors_.size();
    if (!broken) check_exits(*stmt, errors_);
    if (errors_.size() > errors) only_ends_early_ = false;
    if (!broken && errors_.size() == errors) program->stmts.push_back(std::move(stmt));
  }
  ParseResult result;
  result.program = std::move(program);
  result.errors = std::move(tokens_.errors);
  result.incomplete = result.errors.empty() && !errors_.empty() && only_ends_early_;
  for (base::Diagnostic& error : errors_) result.errors.push_back(std::move(error));
  const auto key = [](const base::Diagnostic& error) {
    return std::tie(error.span.begin, error.message);
  };
  std::sort(result.errors.begin(), result.errors.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (result.errors.size() > kMaxErrors) result.errors.resize(kMaxErrors);
  return result;
}

namespace {

/// Where a `(` or `[` begins that nothing closes.
std::vector<uint32_t> unclosed_brackets(const Tokens& tokens) {
  std::vector<uint32_t> unclosed;
  for (const Token& token : tokens.list) {
    const bool bracket = token.kind == TokenKind::LeftParen || token.kind == TokenKind::LeftBracket;
    if (bracket && token.match == kNoMatch) unclosed.push_back(token.span.begin);
  }
  return unclosed;
}

}  // namespace

/// A bracket that is never closed hides the rest of the text: for the errors in that, the text is
/// read again, as if the bracket ended where its statement seems to.
ParseResult parse(const base::Sources& sources, uint32_t source) {
  Parser parser(sources, source);
  ParseResult result = parser.run();
  constexpr size_t kMost = 100;
  const std::vector<uint32_t> unclosed = unclosed_brackets(parser.tokens());
  if (result.errors.empty() || unclosed.empty() || unclosed.size() > kMost) return result;
  ParseResult again = Parser(sources, source, unclosed).run();
  const bool only_adds =
      std::all_of(result.errors.begin(), result.errors.end(), [&](const base::Diagnostic& error) {
        return std::any_of(again.errors.begin(), again.errors.end(), [&](const auto& other) {
          return other.span == error.span && other.message == error.message;
        });
      });
  if (only_adds) result.errors = std::move(again.errors);
  return result;
}

}  // namespace calc::syntax
