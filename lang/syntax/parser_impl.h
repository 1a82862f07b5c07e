#pragma once
// The inside of the parser: recursive descent over a token list, a file for each construct.
//
//   parse_statement.cpp   statements, blocks, recovery      parse_pattern.cpp   patterns,
//   parameters parse_expression.cpp  operators by precedence           parse_type.cpp annotations
//   parse_postfix.cpp     calls, indices, fields, primes    parse_error.cpp     messages and hints
//   parse_primary.cpp     literals, brackets, `if`          parser.cpp          the door
//
// Every construct function takes its tokens and returns a node, or throws ParseFailure, which the
// statement loop catches: it notes the diagnostic and skips to the end of the statement. All
// recursion passes a Nesting guard, and every node's depth is checked when it is finished, so
// neither the parser nor a later walker can run out of stack.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/syntax/lexer.h"
#include "lang/syntax/parser.h"

namespace calc::syntax {

/// Without a diagnostic: the cause is already reported.
struct ParseFailure {
  std::optional<base::Diagnostic> diagnostic;
  /// The text ends inside a bracket or after an operator.
  bool at_end = false;
  /// The blocks around the statement cannot go on either.
  bool whole = false;
};

class Parser {
 public:
  Parser(const base::Sources& sources, uint32_t source, const std::vector<uint32_t>& unclosed = {})
      : text_(sources.get(source).text), source_(source), tokens_(lex(sources, source, unclosed)) {}
  ParseResult run();
  /// After `run`, with their roles.
  const Tokens& tokens() const { return tokens_; }

  /// A text with more errors than this is not a program; the rest is not told.
  static constexpr size_t kMaxErrors = 20;

 private:
  friend class Nesting;

  // ---- statements: parse_statement.cpp
  /// Up to the closing bracket of the block, whose statements stand at `level`.
  void statements(std::vector<StmtPtr>& out, uint32_t level);
  void one_statement(std::vector<StmtPtr>& out);
  void finish_statement(Stmt& stmt, uint32_t first);
  void recover(uint32_t first);
  StmtPtr statement();
  StmtPtr name_statement();
  StmtPtr expression_or_assignment();
  StmtPtr pattern_assignment();
  StmtPtr typed_assignment();
  StmtPtr assignment(ExprPtr place);
  StmtPtr definition();
  StmtPtr for_loop();
  void check_loop_head() const;
  StmtPtr while_loop();
  StmtPtr return_statement();
  StmtPtr assertion();
  StmtPtr test();
  StmtPtr import();
  void import_names(Import& node);
  void check_place(const Expr& place) const;
  ExprPtr block(std::string_view after);
  bool is_definition() const;

  // ---- expressions: parse_expression.cpp
  ExprPtr expression();
  ExprPtr binary(int level);
  ExprPtr negation(int level);
  ExprPtr comparison(ExprPtr first);
  ExprPtr range(ExprPtr lo);
  ExprPtr unary();
  ExprPtr sign(ExprPtr (Parser::*operand)());
  ExprPtr root();
  ExprPtr composition();
  ExprPtr power();
  ExprPtr exponent();

  // ---- parse_postfix.cpp
  ExprPtr postfix();
  ExprPtr postfixes(ExprPtr base);
  ExprPtr call(ExprPtr callee);
  ExprPtr index(ExprPtr base);
  ExprPtr index_item();
  ExprPtr field(ExprPtr base);
  ExprPtr prime(ExprPtr base);
  ExprPtr superscript(ExprPtr base);
  Arg argument();
  Arg item();
  ExprPtr derivative_operator();

  // ---- parse_primary.cpp
  ExprPtr primary();
  ExprPtr number();
  ExprPtr string();
  ExprPtr name();
  ExprPtr parenthesised();
  ExprPtr array();
  ExprPtr comprehension(uint32_t opener, ExprPtr body);
  ExprPtr brace();
  bool is_record() const;
  ExprPtr record();
  Record::Entry record_entry();
  ExprPtr conditional();
  ExprPtr lambda();
  bool is_lambda() const;

  // ---- parse_pattern.cpp, parse_type.cpp
  Pattern pattern();
  Pattern record_pattern();
  std::vector<Param> parameters();
  Param parameter();
  void check_distinct(const std::vector<Param>& params) const;
  void check_distinct(const Pattern& pattern) const;
  TypeExpr type();
  TypeExpr type_atom();
  TypeExpr type_in_parens();
  TypeExpr record_type();
  DimExpr dimension();

  // ---- errors: parse_error.cpp
  [[noreturn]] void fail(Span span, std::string message, std::string hint = {}) const;
  /// Without a hint: the habit from another language that the tokens here suggest.
  [[noreturn]] void unexpected(std::string_view expected, std::string_view hint = {}) const;
  [[noreturn]] void too_deep() const;
  [[noreturn]] void not_closed(uint32_t opener, std::string_view expected,
                               std::string_view hint) const;
  std::string found() const;
  [[noreturn]] void keyword_as_name() const;
  std::string habit_in_array() const;
  // ---- spellings of other languages: parse_habits.cpp
  std::string habit() const;
  std::string habit_of_symbol() const;
  std::string habit_of_comma() const;
  std::string habit_of_colon() const;
  std::string habit_of_words() const;
  std::string habit_of_neighbours(const std::string& left, const std::string& here,
                                  bool starts_value) const;
  std::string near_keyword(const Token& word) const;
  bool comment_on_line() const;
  bool follows_error() const;
  const Token& innermost_unclosed() const;
  void report(const ParseFailure& failure);

  // ---- tokens: parser.cpp
  const Token& peek(uint32_t ahead = 0) const;
  const Token& previous() const { return tokens_.list[pos_ > 0 ? pos_ - 1 : 0]; }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool take_if(TokenKind kind);
  void mark(Role role) { tokens_.list[pos_].role = role; }
  const Token& take() { return tokens_.list[at(TokenKind::End) ? pos_ : pos_++]; }
  const Token& expect(TokenKind kind, std::string_view expected, std::string_view hint = {});
  /// The token after the partner of the bracket at `pos_ + ahead`, or null.
  const Token* after_bracket(uint32_t ahead = 0) const;
  void skip_newlines();
  bool at_statement_end() const;
  bool at_name(std::string_view name) const { return at(TokenKind::Name) && peek().text == name; }
  std::string source_text(Span span) const;
  Span span_from(uint32_t first) const;

  /// The items of a bracket, separated by commas, a last comma allowed; takes both brackets.
  template <class Item>
  void list(std::string_view expected, Item item);
  void close(uint32_t opener, std::string_view expected, std::string_view hint = {});

  /// Sets span and depth, and refuses what is too deep for the walkers to come.
  template <class Node>
  std::unique_ptr<Node> finished(std::unique_ptr<Node> node, Span span) const;

  std::string_view text_;
  uint32_t source_;
  Tokens tokens_;
  uint32_t pos_ = 0;
  int nesting_ = 0;
  std::vector<base::Diagnostic> errors_;
  /// Every error so far is that the text ends too early.
  bool only_ends_early_ = true;
};

/// Counts one level of the parser's own recursion.
class Nesting {
 public:
  explicit Nesting(Parser& parser) : parser_(parser) {
    if (++parser_.nesting_ <= kMaxDepth) return;
    --parser_.nesting_;
    parser_.too_deep();
  }
  ~Nesting() { --parser_.nesting_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  Parser& parser_;
};

/// 1 + the depth of the deepest child.
int depth_of(const Expr& expr);
int depth_of(const Stmt& stmt);

template <class Node>
std::unique_ptr<Node> Parser::finished(std::unique_ptr<Node> node, Span span) const {
  node->span = span;
  node->depth = depth_of(*node);
  if (node->depth > kMaxDepth) too_deep();
  return node;
}

template <class Item>
void Parser::list(std::string_view expected, Item item) {
  const uint32_t opener = pos_;
  const TokenKind closer = closer_of(take().kind);
  // In the others a line end is a token only where the bracket was given up.
  const auto next_line = [&] {
    if (closer == TokenKind::RightBrace) skip_newlines();
  };
  for (next_line(); !at(closer); next_line()) {
    item();
    next_line();
    if (!take_if(TokenKind::Comma)) break;
  }
  close(opener, expected);
}

}  // namespace calc::syntax
