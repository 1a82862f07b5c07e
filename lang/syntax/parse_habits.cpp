// Spellings from Python, MATLAB, Julia, C and others where the text does not parse, and what they
// are here. Words are recognised by where they stand: before a value (`let x`), or where a
// statement should have ended (`x is y`).
#include <algorithm>
#include <array>

#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

namespace {

struct Habit {
  std::string_view word;
  std::string_view hint;
};

constexpr std::string_view kDefine = "a function is defined `f(x) = x^2`";
constexpr std::string_view kBind = "a name is bound by `x = 1`";
constexpr std::string_view kPrint = "a value is printed by `print(x)`";
constexpr std::string_view kChoose = "`if a { … } else if b { … } else { … }` chooses";
constexpr std::string_view kRepeat = "`while c { … }` and `for x in xs { … }` repeat";
constexpr std::string_view kNoExceptions =
    "there are no exceptions: an error ends the run; `assert c, \"why\"` states what must hold";
constexpr std::string_view kRecord = "a record holds values by name: `{w: 1.0, b: 0.0}`";
constexpr std::string_view kImport = "write `import optim`, or `import optim: adam`";

// Before a name, a number, a string or a block.
constexpr std::array kWords{
    Habit{"def", kDefine},
    Habit{"function", kDefine},
    Habit{"func", kDefine},
    Habit{"fn", kDefine},
    Habit{"fun", kDefine},
    Habit{"define", kDefine},
    Habit{"proc", kDefine},
    Habit{"let", kBind},
    Habit{"var", kBind},
    Habit{"const", kBind},
    Habit{"local", kBind},
    Habit{"auto", kBind},
    Habit{"val", kBind},
    Habit{"int", kBind},
    Habit{"float", kBind},
    Habit{"double", kBind},
    Habit{"set", kBind},
    Habit{"lambda", "a function is written `x -> x^2`"},
    Habit{"from", kImport},
    Habit{"using", kImport},
    Habit{"include", kImport},
    Habit{"require", kImport},
    Habit{"use", kImport},
    Habit{"print", "a call needs parentheses: `print(x)`"},
    Habit{"println", kPrint},
    Habit{"printf", kPrint},
    Habit{"echo", kPrint},
    Habit{"disp", kPrint},
    Habit{"puts", kPrint},
    Habit{"switch", kChoose},
    Habit{"match", kChoose},
    Habit{"case", kChoose},
    Habit{"unless", kChoose},
    Habit{"do", kRepeat},
    Habit{"repeat", kRepeat},
    Habit{"until", kRepeat},
    Habit{"loop", kRepeat},
    Habit{"foreach", kRepeat},
    Habit{"try", kNoExceptions},
    Habit{"catch", kNoExceptions},
    Habit{"throw", kNoExceptions},
    Habit{"raise", kNoExceptions},
    Habit{"except", kNoExceptions},
    Habit{"finally", kNoExceptions},
    Habit{"class", kRecord},
    Habit{"struct", kRecord},
    Habit{"del", "a name goes when its block ends; nothing has to be deleted"},
    Habit{"global", "functions see top-level names, and cannot rebind them"},
    Habit{"nonlocal", "return the new value: a function cannot rebind what it captured"},
};

// After a value, where a statement should have ended.
constexpr std::array kInfixWords{
    Habit{"is", "`==` compares"},
    Habit{"eq", "`==` compares"},
    Habit{"mod", "the remainder is `a % b`"},
    Habit{"rem", "the remainder is `a % b`"},
    Habit{"div", "the whole quotient is `a // b`"},
    Habit{"xor", "`a != b` on Bools is true when one of them is"},
    Habit{"to", "a range is written `0..n`"},
    Habit{"do", "a block stands in braces: `{ … }`"},
    Habit{"end", "a block stands in braces: `{ … }`"},
    Habit{"endif", "a block stands in braces: `{ … }`"},
    Habit{"elif", "write `else if`"},
    Habit{"elseif", "write `else if`"},
    Habit{"elsif", "write `else if`"},
};

constexpr std::array kSymbols{
    Habit{"=", "`==` compares"},
    Habit{"'", "strings stand in double quotes"},
    Habit{"in", "`in` stands only in `for x in xs`; `any(xs == x)` looks for a value"},
    Habit{"for", "a comprehension stands in brackets: `[x^2 for x in xs]`"},
    Habit{"if", "a choice is written `if c then a else b`"},
    Habit{"not", "put it in parentheses: `(not x)`"},
    Habit{"...", "a range is written `0..n`"},
    Habit{"else", "`else` follows the `}` of its `if`"},
    Habit{"+=", "an update is a statement of its own: `x += 1`"},
    Habit{"-=", "an update is a statement of its own: `x -= 1`"},
    Habit{"*=", "an update is a statement of its own: `x *= 2`"},
    Habit{"/=", "an update is a statement of its own: `x /= 2`"},
};

template <size_t n>
std::string hint_for(const std::array<Habit, n>& habits, std::string_view word) {
  const auto found = std::find_if(habits.begin(), habits.end(),
                                  [word](const Habit& habit) { return habit.word == word; });
  return found == habits.end() ? std::string() : std::string(found->hint);
}

bool is_number(TokenKind kind) { return kind == TokenKind::Int || kind == TokenKind::Real; }
bool is_text(TokenKind kind) { return kind == TokenKind::String || kind == TokenKind::StringHead; }
bool is_update(TokenKind kind) {
  return kind >= TokenKind::PlusAssign && kind <= TokenKind::DivideAssign;
}

}  // namespace

/// The token that stands where it should not is the current one.
std::string Parser::habit() const {
  if (at(TokenKind::Newline) && peek(1).kind == TokenKind::LeftBrace) {
    return "the `{` stands on the same line";
  }
  const bool words = at(TokenKind::Name) && pos_ > 0 && previous().kind == TokenKind::Name;
  if (words && comment_on_line()) return "a comment begins with `#`";
  const std::string known = habit_of_words();
  return known.empty() ? habit_of_symbol() : known;
}

/// `x = 1 // the first`, `x = 1 % the first`.
bool Parser::comment_on_line() const {
  for (uint32_t at = pos_; at-- > 0 && tokens_.list[at].kind != TokenKind::Newline;) {
    const TokenKind kind = tokens_.list[at].kind;
    if (kind == TokenKind::FloorDivide || kind == TokenKind::Percent) return true;
  }
  return false;
}

std::string Parser::habit_of_symbol() const {
  const TokenKind before = previous().kind;
  const bool after_operator = before >= TokenKind::Plus && before <= TokenKind::Caret;
  if (at(TokenKind::Assign) && after_operator) {
    return "write `x = x " + std::string(spelling(before)) + " …`";
  }
  if (before == TokenKind::Point) {
    const bool entrywise = at(TokenKind::Star) || at(TokenKind::Slash) || at(TokenKind::Caret);
    if (entrywise)
      return "`" + std::string(spelling(peek().kind)) + "` goes entry by entry already";
    if (at(TokenKind::Prime)) return "`A'` is the transpose";
    return {};
  }
  if (at(TokenKind::Comma)) return habit_of_comma();
  if (at(TokenKind::Colon)) return habit_of_colon();
  if (at(TokenKind::LeftBrace) && before == TokenKind::RightParen) {
    return "a function is defined `f(x) = { … }`";
  }
  return hint_for(kSymbols, spelling(peek().kind));
}

std::string Parser::habit_of_comma() const {
  if (peek().level == 0) return "a tuple stands in parentheses: `(a, b)`";
  return "an array is written `[1, 2]`, a tuple `(1, 2)`, a record `{w: 1.0}`";
}

std::string Parser::habit_of_colon() const {
  const TokenKind before = previous().kind;
  if (is_text(before)) return "the name of a field has no quotes: `{w: 1.0}`";
  const TokenKind next = peek(1).kind;
  const bool ends = next == TokenKind::Newline || next == TokenKind::End;
  if (ends) return "a block stands in braces: `{ … }`";
  if (before == TokenKind::RightParen && next == TokenKind::Name) {
    return "a result type follows `->`: `f(x) -> Real = x^2`";
  }
  const bool range = (is_number(before) || before == TokenKind::Name) &&
                     (is_number(next) || next == TokenKind::Name || next == TokenKind::Minus);
  return range ? "a range is written `0..n`, up to `n` itself `0..=n`" : "";
}

/// Two values side by side, or a word where a statement should end.
std::string Parser::habit_of_words() const {
  if (at(TokenKind::Break) || at(TokenKind::Continue) || at(TokenKind::Return)) {
    return "a statement stands in braces: `if c { " + std::string(spelling(peek().kind)) + " }`";
  }
  const Token& before = previous();
  const std::string left = source_text(before.span);
  const std::string here = source_text(peek().span);
  const bool starts_value = at(TokenKind::Name) || is_number(peek().kind) || is_text(peek().kind);
  if (pos_ > 0 && before.kind == TokenKind::Name) {
    const std::string known = hint_for(kWords, before.text);
    if (!known.empty() && (starts_value || at(TokenKind::LeftBrace))) return known;
    const bool operand = starts_value || at(TokenKind::True) || at(TokenKind::False) ||
                         at(TokenKind::Not) || at(TokenKind::If);
    const std::string keyword = operand ? near_keyword(before) : "";
    if (!keyword.empty()) return keyword;
    const bool prefix = is_text(peek().kind) && before.span.end == peek().span.begin;
    if (prefix) return "a string has no letter before it: `\"n = {n}\"` fills in values already";
  }
  if (at(TokenKind::Name)) {
    const std::string known = hint_for(kInfixWords, peek().text);
    if (!known.empty()) return known;
    const std::string keyword = near_keyword(peek());
    if (!keyword.empty()) return keyword;
    const TokenKind next = peek(1).kind;
    if (next == TokenKind::Colon) return "a comma is missing here";
    const bool assigns = next == TokenKind::Assign || is_update(next);
    if (assigns && pos_ > 0) return "`;` separates statements on a line";
  }
  return habit_of_neighbours(left, here, starts_value);
}

std::string Parser::habit_of_neighbours(const std::string& left, const std::string& here,
                                        bool starts_value) const {
  const Token& before = previous();
  if (pos_ == 0 || peek().after_newline) return {};
  const bool touching = before.span.end == peek().span.begin;
  if (is_number(before.kind)) {
    const bool other_base = left == "0" && at(TokenKind::Name) && touching &&
                            (here[0] == 'x' || here[0] == 'b' || here[0] == 'o');
    if (other_base) return "numbers are written in decimal";
    if (at(TokenKind::Real) && here.starts_with(".")) return "a number has one point";
    if (at(TokenKind::Name) && (here == "e" || here == "E") && touching) {
      return "an exponent has digits, `1e-3`; a product its sign, `" + left + "*e`";
    }
    if (starts_value && !is_text(peek().kind)) {
      return "a product needs its sign: `" + left + "*" + here + "`";
    }
  }
  if (before.kind != TokenKind::Name || !starts_value || is_text(peek().kind)) return {};
  if (at(TokenKind::Real) && here.starts_with(".")) return "an entry is `" + left + "[0]`";
  return "a call is written `" + left + "(" + here + ")`, a product `" + left + "*" + here + "`";
}

/// "did you mean `else`?" for `esle`.
std::string Parser::near_keyword(const Token& word) const {
  static const std::vector<std::string> keywords = [] {
    std::vector<std::string> words;
    for (int kind = int(TokenKind::If); kind <= int(TokenKind::False); ++kind) {
      words.emplace_back(spelling(TokenKind(kind)));
    }
    return words;
  }();
  constexpr size_t kShortest = 4;
  if (word.text.size() < kShortest) return {};
  const std::string near = base::nearest(word.text, keywords);
  return near.empty() ? "" : "did you mean `" + near + "`?";
}

}  // namespace calc::syntax
