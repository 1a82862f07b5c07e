// Statements and blocks, and how parsing goes on after an error.
#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

namespace {

std::optional<BinaryOp> update_operator(TokenKind kind) {
  switch (kind) {
    case TokenKind::PlusAssign:
      return BinaryOp::Add;
    case TokenKind::MinusAssign:
      return BinaryOp::Sub;
    case TokenKind::TimesAssign:
      return BinaryOp::Mul;
    case TokenKind::DivideAssign:
      return BinaryOp::Div;
    default:
      return std::nullopt;
  }
}

}  // namespace

// ---- sequences ---------------------------------------------------------------------------------

void Parser::statements(std::vector<StmtPtr>& out, uint32_t level) {
  while (errors_.size() < kMaxErrors) {
    while (at(TokenKind::Newline) || at(TokenKind::Semicolon)) take();
    if (at(TokenKind::End)) return;
    const bool closed = is_closer(peek().kind) && peek().match != kNoMatch;
    if (closed && peek().level < level) return;
    one_statement(out);
  }
}

void Parser::one_statement(std::vector<StmtPtr>& out) {
  const uint32_t first = pos_;
  const size_t errors_before = errors_.size();
  try {
    StmtPtr stmt = statement();
    finish_statement(*stmt, first);
    // An error inside a block of it is already reported, and the rest of it was read.
    if (errors_.size() == errors_before) out.push_back(std::move(stmt));
  } catch (const ParseFailure& failure) {
    if (failure.whole && tokens_.list[first].level > 0) throw;
    report(failure);
    recover(first);
  }
}

void Parser::finish_statement(Stmt& stmt, uint32_t first) {
  stmt.span = span_from(first);
  stmt.depth = depth_of(stmt);
  const bool again = stmt.kind == StmtKind::Assign && at(TokenKind::Assign);
  if (!at_statement_end()) {
    unexpected("the end of the statement",
               again ? "a statement assigns once: `a = b; c = b`; `==` compares" : "");
  }
  stmt.silent = take_if(TokenKind::Semicolon);
}

/// To the end of the statement that began at `first`: a line end or `;` at its level, or the end of
/// the block around it.
void Parser::recover(uint32_t first) {
  const uint32_t level = tokens_.list[first].level;
  while (!at(TokenKind::End) && peek().level >= level) {
    const bool separator = at(TokenKind::Newline) || at(TokenKind::Semicolon);
    if (separator && peek().level == level) return;
    take();
  }
}

ExprPtr Parser::block(std::string_view after) {
  const Nesting nesting(*this);
  const uint32_t opener = pos_;
  if (!at(TokenKind::LeftBrace)) {
    // `for i in 1:n {`, but not `for i in xs: …`.
    const bool range = at(TokenKind::Colon) && peek(2).kind == TokenKind::LeftBrace;
    const bool telling = at(TokenKind::Assign) || at(TokenKind::Newline) || at_name("elif") ||
                         at_name("to") || range;
    unexpected("`{` " + std::string(after), telling ? "" : "a block stands in braces: `{ … }`");
  }
  mark(Role::Block);
  const uint32_t level = take().level + 1;
  auto node = std::make_unique<Block>(Span{});
  statements(node->stmts, level);
  close(opener, "`}`");
  return finished(std::move(node), span_from(opener));
}

// ---- one statement -----------------------------------------------------------------------------

StmtPtr Parser::statement() {
  const uint32_t first = pos_;
  const bool assigns = peek(1).kind == TokenKind::Assign || update_operator(peek(1).kind);
  if (assigns && is_keyword(peek().kind)) keyword_as_name();
  switch (peek().kind) {
    case TokenKind::For:
      return for_loop();
    case TokenKind::While:
      return while_loop();
    case TokenKind::Break:
      take();
      return std::make_unique<Break>(span_from(first));
    case TokenKind::Continue:
      take();
      return std::make_unique<Continue>(span_from(first));
    case TokenKind::Return:
      return return_statement();
    case TokenKind::Assert:
      return assertion();
    case TokenKind::Import:
      return import();
    case TokenKind::Name:
      return name_statement();
    case TokenKind::LeftParen:
    case TokenKind::LeftBrace:
      if (const Token* next = after_bracket(); next && next->kind == TokenKind::Assign) {
        return pattern_assignment();
      }
      return expression_or_assignment();
    default:
      return expression_or_assignment();
  }
}

StmtPtr Parser::name_statement() {
  if (is_definition()) return definition();
  const TokenKind next = peek(1).kind;
  if (next == TokenKind::Assign) return pattern_assignment();
  if (next == TokenKind::Colon) return typed_assignment();
  const bool string = next == TokenKind::String || next == TokenKind::StringHead;
  if (string && peek().text == "test") return test();
  if (next == TokenKind::Comma && peek().level == 0) {
    take();
    unexpected("the end of the statement", "a tuple stands in parentheses: `(a, b) = (b, a)`");
  }
  return expression_or_assignment();
}

/// `f(…) =` or `f(…) ->`: no lambda begins with a call.
bool Parser::is_definition() const {
  if (!at(TokenKind::Name) || peek(1).kind != TokenKind::LeftParen) return false;
  const Token* next = after_bracket(1);
  return next && (next->kind == TokenKind::Assign || next->kind == TokenKind::Arrow);
}

StmtPtr Parser::definition() {
  auto node = std::make_unique<FuncDef>(Span{});
  const Token& name = take();
  node->name = name.text;
  node->name_span = name.span;
  if (name.extra >= 0) node->documentation = tokens_.extras[static_cast<size_t>(name.extra)];
  node->params = parameters();
  if (take_if(TokenKind::Arrow)) node->result = type();
  expect(TokenKind::Assign, "`=` and the body of `" + node->name + "`",
         "with its result type a function is defined `f(x) -> Real = x^2`");
  node->body = expression();
  return node;
}

StmtPtr Parser::expression_or_assignment() {
  const uint32_t first = pos_;
  ExprPtr expr = expression();
  if (at(TokenKind::Assign) || update_operator(peek().kind)) return assignment(std::move(expr));
  return std::make_unique<ExprStmt>(span_from(first), std::move(expr));
}

StmtPtr Parser::pattern_assignment() {
  auto node = std::make_unique<syntax::Assign>(Span{});
  node->pattern = pattern();
  check_distinct(*node->pattern);
  expect(TokenKind::Assign, "`=`");
  node->value = expression();
  return node;
}

StmtPtr Parser::typed_assignment() {
  auto node = std::make_unique<syntax::Assign>(Span{});
  node->pattern = pattern();
  take();
  node->type = type();
  expect(TokenKind::Assign, "`=` and a value", "a type alone declares nothing");
  node->value = expression();
  return node;
}

StmtPtr Parser::assignment(ExprPtr place) {
  check_place(*place);
  auto node = std::make_unique<syntax::Assign>(Span{});
  node->place = std::move(place);
  node->op = update_operator(take().kind);
  node->value = expression();
  return node;
}

/// A name, or an entry or field of a place.
void Parser::check_place(const Expr& place) const {
  const Expr* at_place = &place;
  while (at_place->kind == ExprKind::Index || at_place->kind == ExprKind::Field) {
    at_place = at_place->kind == ExprKind::Index ? static_cast<const Index*>(at_place)->base.get()
                                                 : static_cast<const Field*>(at_place)->base.get();
  }
  if (at_place->kind == ExprKind::Name) return;
  const bool call = at_place->kind == ExprKind::Call;
  if (call && static_cast<const Call*>(at_place)->callee->kind == ExprKind::Prime) {
    fail(place.span, "a derivative cannot be assigned to",
         "it follows from the function; `with_derivative(f, df)` gives it another one");
  }
  const std::string subject = call ? "a call" : "this";
  fail(place.span, subject + " cannot be assigned to",
       call ? "a function is defined `f(x) = …`, with a name and its parameters"
            : "`==` compares; a name, an entry `A[i]` or a field `p.w` can be assigned to");
}

StmtPtr Parser::for_loop() {
  auto node = std::make_unique<syntax::For>(Span{});
  take();
  check_loop_head();
  node->pattern = pattern();
  check_distinct(node->pattern);
  expect(TokenKind::In, "`in`", "a loop is written `for x in xs { … }`");
  node->iterable = expression();
  node->body = block("and the body of the loop");
  return node;
}

/// `for (i = 0; i < n; i++)`, `for (x in xs)`
void Parser::check_loop_head() const {
  if (!at(TokenKind::LeftParen) || peek().match == kNoMatch) return;
  const Span head = Span::join(peek().span, tokens_.list[peek().match].span);
  for (uint32_t k = pos_ + 1; k < peek().match; ++k) {
    const TokenKind kind = tokens_.list[k].kind;
    if (kind == TokenKind::Semicolon) {
      fail(head, "this is no head of a loop", "a loop is written `for i in 0..n { … }`");
    }
    if (kind == TokenKind::In) {
      fail(head, "the head of a loop stands without parentheses", "write `for x in xs { … }`");
    }
  }
}

StmtPtr Parser::while_loop() {
  auto node = std::make_unique<syntax::While>(Span{});
  take();
  node->condition = expression();
  node->body = block("and the body of the loop");
  return node;
}

StmtPtr Parser::return_statement() {
  auto node = std::make_unique<syntax::Return>(Span{});
  take();
  if (!at_statement_end()) node->value = expression();
  return node;
}

StmtPtr Parser::assertion() {
  auto node = std::make_unique<syntax::Assert>(Span{});
  take();
  node->condition = expression();
  if (take_if(TokenKind::Comma)) node->message = expression();
  return node;
}

StmtPtr Parser::test() {
  auto node = std::make_unique<Test>(Span{});
  take();
  if (at(TokenKind::StringHead)) fail(peek().span, "the name of a test has no holes");
  node->name = take().text;
  node->body = block("and the body of the test");
  return node;
}

StmtPtr Parser::import() {
  auto node = std::make_unique<syntax::Import>(Span{});
  take();
  node->is_path = at(TokenKind::String);
  if (at(TokenKind::StringHead)) fail(peek().span, "the path of an import has no holes");
  if (!node->is_path && !at(TokenKind::Name)) unexpected("a module name or a path in quotes");
  node->module_span = peek().span;
  node->module = take().text;
  if (node->module.empty()) fail(node->module_span, "the path of the import is empty");
  if (at_name("as")) {
    take();
    node->alias = expect(TokenKind::Name, "a name for the module", "as in `import nn as n`").text;
  } else if (take_if(TokenKind::Colon)) {
    import_names(*node);
  }
  if (at_statement_end()) return node;
  std::string hint;
  if (at(TokenKind::Comma)) hint = "an `import` is of one module";
  if (at(TokenKind::Point)) hint = "names are imported by `import " + node->module + ": name`";
  if (at_name("as")) hint = "a name keeps its name; another one is given by `new = old`";
  unexpected("the end of the statement", hint);
}

void Parser::import_names(syntax::Import& node) {
  do {
    if (at(TokenKind::Star)) {
      unexpected("a name to import", "without names the module is a value: `" +
                                         (node.is_path ? "m" : node.module) + ".name`");
    }
    const Token& name = expect(TokenKind::Name, "a name to import");
    node.names.push_back(name.text);
    node.name_spans.push_back(name.span);
  } while (take_if(TokenKind::Comma));
}

}  // namespace calc::syntax
