// Patterns (what stands left of `=`, after `for`, in parameter lists) and parameters.
#include <algorithm>

#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

namespace {

struct Bound {
  const std::string* name;
  Span span;
};

void collect(const Pattern& pattern, std::vector<Bound>& out) {
  if (pattern.kind == Pattern::Kind::Name) out.push_back({&pattern.name, pattern.span});
  for (const Pattern& item : pattern.items) collect(item, out);
}

/// The second of two equal names, or null.
const Bound* repeated(const std::vector<Bound>& names) {
  for (auto at = names.begin(); at != names.end(); ++at) {
    const bool seen = std::any_of(names.begin(), at,
                                  [&](const Bound& other) { return *other.name == *at->name; });
    if (seen) return &*at;
  }
  return nullptr;
}

}  // namespace

Pattern Parser::pattern() {
  const Nesting nesting(*this);
  Pattern node{Pattern::Kind::Name, peek().span, {}, {}, {}};
  if (at(TokenKind::LeftBrace)) return record_pattern();
  if (at(TokenKind::LeftParen)) {
    const uint32_t opener = pos_;
    list("`,` or `)`", [&] { node.items.push_back(pattern()); });
    const bool comma = tokens_.list[pos_ - 2].kind == TokenKind::Comma;
    if (node.items.size() == 1 && !comma) return std::move(node.items[0]);
    node.span = span_from(opener);
    node.kind = Pattern::Kind::Tuple;
    if (node.items.empty()) fail(node.span, "there is no name in this pattern");
    return node;
  }
  const Token& name = expect(TokenKind::Name, "a name, `(…)` or `{…}`");
  const bool place = at(TokenKind::LeftBracket) || at(TokenKind::Point);
  if (place) {
    fail(Span::join(name.span, peek().span), "an entry or a field cannot stand in a pattern",
         "assign to it in a statement of its own");
  }
  node.kind = name.text == "_" ? Pattern::Kind::Ignore : Pattern::Kind::Name;
  if (node.kind == Pattern::Kind::Name) node.name = name.text;
  return node;
}

/// `{w, b}`, `{w: pattern}`.
Pattern Parser::record_pattern() {
  const uint32_t opener = pos_;
  Pattern node{Pattern::Kind::Record, {}, {}, {}, {}};
  list("`,` or `}`", [&] {
    const Token& name = expect(TokenKind::Name, "the name of a field");
    node.fields.push_back(name.text);
    Pattern item{Pattern::Kind::Name, name.span, name.text, {}, {}};
    node.items.push_back(take_if(TokenKind::Colon) ? pattern() : std::move(item));
  });
  node.span = span_from(opener);
  return node;
}

std::vector<Param> Parser::parameters() {
  std::vector<Param> params;
  list("`,` or `)`", [&] { params.push_back(parameter()); });
  check_distinct(params);
  return params;
}

Param Parser::parameter() {
  const uint32_t first = pos_;
  Param param;
  if (at(TokenKind::Int) || at(TokenKind::Real) || at(TokenKind::String)) {
    unexpected("the name of a parameter", "a function is defined for every value: `f(x) = …`");
  }
  param.pattern = pattern();
  if (take_if(TokenKind::Colon)) param.type = type();
  if (take_if(TokenKind::Assign)) param.default_value = expression();
  param.span = span_from(first);
  return param;
}

void Parser::check_distinct(const std::vector<Param>& params) const {
  std::vector<Bound> names;
  for (const Param& param : params) collect(param.pattern, names);
  const Bound* twice = repeated(names);
  if (twice) fail(twice->span, "two parameters are named `" + *twice->name + "`");
}

void Parser::check_distinct(const Pattern& pattern) const {
  std::vector<Bound> names;
  collect(pattern, names);
  const Bound* twice = repeated(names);
  if (twice) fail(twice->span, "`" + *twice->name + "` is bound twice in this pattern");
}

}  // namespace calc::syntax
