// What is said about text that does not parse. `unexpected` names what was expected and what stands
// there; `habit` recognises spellings from Python, MATLAB, C and Julia and gives ours.
#include <algorithm>
#include <array>

#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

namespace {

struct Habit {
  std::string_view word;
  std::string_view hint;
};

// Words of other languages at the start of a statement, with the same thing in ours.
constexpr std::array kWords{
    Habit{"def", "a function is defined `f(x) = x^2`"},
    Habit{"function", "a function is defined `f(x) = x^2`"},
    Habit{"func", "a function is defined `f(x) = x^2`"},
    Habit{"fn", "a function is defined `f(x) = x^2`"},
    Habit{"let", "a name is bound by `x = 1`"},
    Habit{"var", "a name is bound by `x = 1`"},
    Habit{"const", "a name is bound by `x = 1`"},
    Habit{"local", "a name is bound by `x = 1`"},
    Habit{"lambda", "a function is written `x -> x^2`"},
    Habit{"elif", "write `else if`"},
    Habit{"elseif", "write `else if`"},
    Habit{"from", "write `import optim: adam`"},
    Habit{"using", "write `import optim`"},
    Habit{"print", "a call needs parentheses: `print(x)`"},
};

constexpr std::array kSymbols{
    Habit{"=", "`==` compares"},
    Habit{"'", "strings stand in double quotes"},
    Habit{"in", "`in` only stands in `for x in xs`"},
    Habit{"for", "a comprehension stands in brackets: `[x^2 for x in xs]`"},
    Habit{"not", "put it in parentheses: `(not x)`"},
    Habit{"...", "a range is written `0..n`"},
    Habit{"else", "`else` follows the `}` of its `if`"},
};

template <size_t n>
std::string hint_for(const std::array<Habit, n>& habits, std::string_view word) {
  const auto found = std::find_if(habits.begin(), habits.end(),
                                  [word](const Habit& habit) { return habit.word == word; });
  return found == habits.end() ? std::string() : std::string(found->hint);
}

bool is_number(TokenKind kind) { return kind == TokenKind::Int || kind == TokenKind::Real; }

}  // namespace

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

std::string Parser::habit() const {
  if (at(TokenKind::Newline) && peek(1).kind == TokenKind::LeftBrace) {
    return "the `{` stands on the same line";
  }
  const bool first = pos_ == 0 || previous().kind == TokenKind::Newline;
  if (first && (at(TokenKind::Percent) || at(TokenKind::FloorDivide))) {
    return "a comment begins with `#`";
  }
  const std::string words = habit_of_words();
  return words.empty() ? habit_of_symbol() : words;
}

std::string Parser::habit_of_symbol() const {
  const TokenKind before = previous().kind;
  const bool updates = before >= TokenKind::Plus && before <= TokenKind::Caret;
  if (at(TokenKind::Assign) && updates) {
    return "write `x = x " + std::string(spelling(before)) + " …`";
  }
  if (before == TokenKind::Point && at(TokenKind::Star)) return "`*` goes entry by entry already";
  if (before == TokenKind::Point && at(TokenKind::Slash)) return "`/` goes entry by entry already";
  if (before == TokenKind::Point && at(TokenKind::Caret)) return "`^` goes entry by entry already";
  if (at(TokenKind::Comma)) {
    return peek().level == 0 ? "a tuple stands in parentheses: `(a, b)`"
                             : "a tuple stands in parentheses, and a field is written `w: 1.0`";
  }
  return hint_for(kSymbols, spelling(peek().kind));
}

/// Two values side by side.
std::string Parser::habit_of_words() const {
  if (at_name("elif") || at_name("elseif")) return "write `else if`";
  if (at(TokenKind::Name) && peek(1).kind == TokenKind::Colon) return "a comma is missing here";
  const Token& before = previous();
  const bool side_by_side = pos_ > 0 && !peek().after_newline && !peek().text.empty();
  const std::string here = source_text(peek().span);
  const std::string left = source_text(before.span);
  if (is_number(before.kind) && (side_by_side || at(TokenKind::Name))) {
    return "a product needs its sign: `" + left + "*" + here + "`";
  }
  if (before.kind != TokenKind::Name) return {};
  const std::string known = hint_for(kWords, before.text);
  const bool value = at(TokenKind::Name) || at(TokenKind::String) || is_number(peek().kind);
  if (!known.empty() && (value || at(TokenKind::StringHead))) return known;
  if (at(TokenKind::Real) && here.starts_with(".")) return "an entry is `" + left + "[0]`";
  if (!value || at(TokenKind::String)) return {};
  return "a call is written `" + left + "(" + here + ")`, a product `" + left + "*" + here + "`";
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
