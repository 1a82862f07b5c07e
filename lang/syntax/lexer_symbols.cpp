// Words, symbols and brackets.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "lang/base/utf8.h"
#include "lang/syntax/scanner.h"

namespace calc::syntax {

namespace {

struct Symbol {
  std::string_view text;
  TokenKind kind;
};

// The first that fits is taken, so a longer one stands before its beginnings.
constexpr std::array kSymbols{
    Symbol{"...", TokenKind::Ellipsis},
    Symbol{"..=", TokenKind::RangeInclusive},
    Symbol{"..", TokenKind::Range},
    Symbol{".", TokenKind::Point},
    Symbol{"->", TokenKind::Arrow},
    Symbol{"→", TokenKind::Arrow},
    Symbol{"==", TokenKind::Equal},
    Symbol{"!=", TokenKind::NotEqual},
    Symbol{"<=", TokenKind::LessEqual},
    Symbol{">=", TokenKind::GreaterEqual},
    Symbol{"+=", TokenKind::PlusAssign},
    Symbol{"-=", TokenKind::MinusAssign},
    Symbol{"*=", TokenKind::TimesAssign},
    Symbol{"//", TokenKind::FloorDivide},
    Symbol{"/=", TokenKind::DivideAssign},
    Symbol{"|>", TokenKind::Pipe},
    Symbol{"=", TokenKind::Assign},
    Symbol{"<", TokenKind::Less},
    Symbol{">", TokenKind::Greater},
    Symbol{"+", TokenKind::Plus},
    Symbol{"-", TokenKind::Minus},
    Symbol{"*", TokenKind::Star},
    Symbol{"/", TokenKind::Slash},
    Symbol{"%", TokenKind::Percent},
    Symbol{"@", TokenKind::At},
    Symbol{"^", TokenKind::Caret},
    Symbol{"'", TokenKind::Prime},
    Symbol{",", TokenKind::Comma},
    Symbol{";", TokenKind::Semicolon},
    Symbol{":", TokenKind::Colon},
    Symbol{"·", TokenKind::CenterDot},
    Symbol{"⋅", TokenKind::CenterDot},
    Symbol{"∘", TokenKind::Compose},
    Symbol{"≤", TokenKind::LessEqual},
    Symbol{"≥", TokenKind::GreaterEqual},
    Symbol{"≠", TokenKind::NotEqual},
    Symbol{"≈", TokenKind::Close},
    Symbol{"∈", TokenKind::In},
    Symbol{"∇²", TokenKind::NablaSquared},
    Symbol{"∇", TokenKind::Nabla},
    Symbol{"∂", TokenKind::Partial},
    Symbol{"√", TokenKind::Root},
    Symbol{"−", TokenKind::Minus},
    Symbol{"×", TokenKind::Star},
    Symbol{"′", TokenKind::Prime},
};

/// A spelling from another language: reported, then read as what was meant.
struct ForeignSymbol {
  std::string_view text;
  TokenKind meant;
  std::string_view message;
  std::string_view hint;
};

constexpr std::array kForeignSymbols{
    ForeignSymbol{"**", TokenKind::Caret, "`**` is not an operator", "a power is written `x^2`"},
    ForeignSymbol{"&&", TokenKind::And, "`&&` is not an operator", "write `and`"},
    ForeignSymbol{"||", TokenKind::Or, "`||` is not an operator", "write `or`"},
    ForeignSymbol{"~=", TokenKind::NotEqual, "`~=` is not an operator", "write `!=`"},
    ForeignSymbol{"<>", TokenKind::NotEqual, "`<>` is not an operator", "write `!=`"},
    ForeignSymbol{":=", TokenKind::Assign, "`:=` is not an operator", "write `=`"},
    ForeignSymbol{"=>", TokenKind::Arrow, "`=>` is not an operator",
                  "a function is written `x -> x^2`"},
    ForeignSymbol{"!", TokenKind::Not, "`!` is not an operator", "write `not`"},
};

/// What a character that means nothing here may have been meant to be.
struct ForeignCharacter {
  std::string_view text;
  std::string_view hint;
};

constexpr std::array kForeignCharacters{
    ForeignCharacter{"?", "a choice is written `if c then a else b`"},
    ForeignCharacter{"|", "the absolute value is `abs(x)`, the other of two `a or b`"},
    ForeignCharacter{"&", "write `and`"},
    ForeignCharacter{"~", "write `not`; `≈` compares approximately"},
    ForeignCharacter{"\\", "`solve(A, b)` solves `A @ x = b`"},
    ForeignCharacter{"…", "write `...`"},
    ForeignCharacter{"“", "strings stand in straight quotes, `\"…\"`"},
    ForeignCharacter{"”", "strings stand in straight quotes, `\"…\"`"},
    ForeignCharacter{"„", "strings stand in straight quotes, `\"…\"`"},
    ForeignCharacter{"‘", "strings stand in double quotes"},
    ForeignCharacter{"’", "a derivative is written `f'`, with a straight quote"},
    ForeignCharacter{"÷", "write `/`"},
    ForeignCharacter{"∑", "write `sum(x)`"},
    ForeignCharacter{"∏", "write `prod(x)`"},
    ForeignCharacter{"¬", "write `not`"},
    ForeignCharacter{"∧", "write `and`"},
    ForeignCharacter{"∨", "write `or`"},
    ForeignCharacter{"≡", "write `==`"},
    ForeignCharacter{"←", "write `=`"},
    ForeignCharacter{"⊙", "`*` goes entry by entry already"},
    ForeignCharacter{"⊗", "write `outer(u, v)` or `kron(A, B)`"},
    ForeignCharacter{"‖", "write `norm(x)`"},
};

const std::unordered_map<std::string_view, TokenKind>& keywords() {
  static const std::unordered_map<std::string_view, TokenKind> table = [] {
    std::unordered_map<std::string_view, TokenKind> words;
    for (int kind = int(TokenKind::If); kind <= int(TokenKind::False); ++kind) {
      words.emplace(spelling(TokenKind(kind)), TokenKind(kind));
    }
    return words;
  }();
  return table;
}

}  // namespace

// ---- words and symbols -------------------------------------------------------------------------

void Scanner::word() {
  const uint32_t begin = pos_;
  std::string name;
  while (pos_ < text_.size()) {
    const base::Decoded next = base::decode(text_, pos_);
    const bool micro = next.code == 0xB5;
    if (!micro && !base::is_name_part(next.code)) break;
    base::append_utf8(name, micro ? U'μ' : next.code);
    pos_ += next.length;
  }
  const auto keyword = keywords().find(name);
  if (keyword != keywords().end()) {
    push(keyword->second, begin);
  } else {
    push(TokenKind::Name, begin).text = name == "π" ? "pi" : std::move(name);
  }
}

void Scanner::symbol() {
  const uint32_t begin = pos_;
  switch (at()) {
    case '(':
      return open(TokenKind::LeftParen, begin);
    case '[':
      return open(TokenKind::LeftBracket, begin);
    case '{':
      return open(TokenKind::LeftBrace, begin);
    case ')':
      return close(TokenKind::RightParen, begin);
    case ']':
      return close(TokenKind::RightBracket, begin);
    case '}':
      return close(TokenKind::RightBrace, begin);
    default:
      break;
  }
  if (starts_with("∞")) {
    pos_ += 3;
    push(TokenKind::Name, begin).text = "inf";
    return;
  }
  if (increment() || (!starts_with("!=") && foreign_symbol())) return;
  for (const Symbol& symbol : kSymbols) {
    if (!starts_with(symbol.text)) continue;
    pos_ += static_cast<uint32_t>(symbol.text.size());
    push(symbol.kind, begin);
    return;
  }
  superscript();
}

/// `x++` at the end of a statement, `++x` at its beginning.
bool Scanner::increment() {
  if (!starts_with("++") && !starts_with("--")) return false;
  const size_t rest = text_.find_first_not_of(" \t\r", pos_ + 2);
  const bool ends = rest == std::string_view::npos || text_[rest] == '\n' || text_[rest] == ';';
  const bool begins = starts_with("++") && (out_.list.empty() || after_newline_ ||
                                            out_.list.back().kind == TokenKind::Semicolon);
  if (!ends && !begins) return false;
  const uint32_t begin = pos_;
  pos_ += 2;
  const std::string sign(1, text_[begin]);
  error(span_from(begin), "`" + sign + sign + "` is not an operator", "write `x " + sign + "= 1`");
  push(TokenKind::Error, begin);
  return true;
}

bool Scanner::foreign_symbol() {
  for (const ForeignSymbol& foreign : kForeignSymbols) {
    if (!starts_with(foreign.text)) continue;
    const uint32_t begin = pos_;
    pos_ += static_cast<uint32_t>(foreign.text.size());
    push(foreign.meant, begin);
    error(span_from(begin), std::string(foreign.message), std::string(foreign.hint));
    return true;
  }
  return false;
}

void Scanner::unknown_character() {
  const uint32_t begin = pos_;
  const base::Decoded next = base::decode(text_, pos_);
  pos_ += next.length;
  const bool control = next.code < 0x20 || (next.code >= 0x7F && next.code < 0xA0);
  const std::string_view character = text_.substr(begin, next.length);
  const std::string shown = control ? "this control character" : "`" + std::string(character) + "`";
  push(TokenKind::Error, begin);
  // One such character often comes with more, as “ with ”.
  if (unknown_line_ == line_start_ + 1) return;
  unknown_line_ = line_start_ + 1;
  const auto* const known =
      std::find_if(kForeignCharacters.begin(), kForeignCharacters.end(),
                   [character](const ForeignCharacter& other) { return other.text == character; });
  error(span_from(begin), shown + " has no meaning here",
        known == kForeignCharacters.end() ? "" : std::string(known->hint));
}

// ---- brackets ----------------------------------------------------------------------------------

void Scanner::open(TokenKind kind, uint32_t begin) {
  ++pos_;
  push(kind, begin);
  open_.push_back(static_cast<uint32_t>(out_.list.size() - 1));
}

/// The place in `open_` of the bracket that a closer of this kind closes, or its size. That is the
/// nearest of its kind, leaving those inside unmatched, but `)` and `]` do not reach out of braces;
/// failing that, wrongly, the last one if it stands on this line, which the parser reports.
size_t Scanner::partner(TokenKind kind) const {
  for (size_t at = open_.size(); at-- > 0;) {
    const TokenKind opener = out_.list[open_[at]].kind;
    if (opener == TokenKind::StringHead) break;
    if (closer_of(opener) == kind) return at;
    if (opener == TokenKind::LeftBrace) break;
  }
  if (open_.empty()) return open_.size();
  const Token& last = out_.list[open_.back()];
  const bool same_line = last.span.begin >= line_start_;
  return is_opener(last.kind) && same_line ? open_.size() - 1 : open_.size();
}

void Scanner::close(TokenKind kind, uint32_t begin) {
  ++pos_;
  const size_t place = partner(kind);
  if (place == open_.size()) {
    push(kind, begin);
    return;
  }
  const uint32_t match = open_[place];
  open_.resize(place);
  push(kind, begin).match = match;
  out_.list[match].match = static_cast<uint32_t>(out_.list.size() - 1);
}

}  // namespace calc::syntax
