// Numbers and strings.
#include <algorithm>
#include <charconv>
#include <limits>

#include "lang/base/utf8.h"
#include "lang/syntax/scanner.h"

namespace calc::syntax {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// The value of a superscript digit, or -1.
int superscript_digit(char32_t code) {
  if (code == U'¹') return 1;
  if (code == U'²' || code == U'³') return static_cast<int>(code - U'²') + 2;
  if (code == U'⁰' || (code >= U'⁴' && code <= U'⁹')) return static_cast<int>(code - U'⁰');
  return -1;
}

}  // namespace

// ---- numbers -----------------------------------------------------------------------------------

void Scanner::skip_digits() {
  while (is_digit(at())) ++pos_;
}

bool Scanner::exponent_follows() const {
  if (at() != 'e' && at() != 'E') return false;
  const bool sign = at(1) == '+' || at(1) == '-';
  return is_digit(at(sign ? 2 : 1));
}

/// `2.` is a Real, but `0..n` is a range.
void Scanner::number() {
  const uint32_t begin = pos_;
  skip_digits();
  bool whole = true;
  const bool range = at(1) == '.';
  if (at() == '.' && !range) {
    ++pos_;
    const bool field = is_letter(at()) && !exponent_follows();
    if (field) {
      --pos_;
    } else {
      whole = false;
      skip_digits();
    }
  }
  if (exponent_follows()) {
    whole = false;
    pos_ += 2;
    skip_digits();
  }
  if (at() == '_' && is_digit(at(1))) {
    while (at() == '_' || is_digit(at())) ++pos_;
    error(span_from(begin), "the digits of a number are not grouped", "leave the `_` out");
    push(TokenKind::Int, begin);
    return;
  }
  whole ? integer(begin) : real(begin);
}

void Scanner::integer(uint32_t begin) {
  const std::string digits(text_.substr(begin, pos_ - begin));
  uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  constexpr auto kLargest = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  const bool overflow = parsed.ec != std::errc() || value > kLargest + 1;
  if (overflow) {
    error(span_from(begin), "this number is too large for an `Int`",
          "with a point, `" + digits + ".0`, it is a `Real`");
  }
  push(TokenKind::Int, begin).integer = overflow ? 0 : static_cast<int64_t>(value);
}

void Scanner::real(uint32_t begin) {
  const std::string_view digits = text_.substr(begin, pos_ - begin);
  double value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) {
    const size_t significant = digits.find_first_not_of("0");
    const bool tiny = digits.find("e-") != std::string_view::npos ||
                      digits.find("E-") != std::string_view::npos || digits[significant] == '.';
    value = 0;
    if (!tiny)
      error(span_from(begin), "this number is too large for a `Real`", "infinity is `inf`");
  }
  push(TokenKind::Real, begin).real = value;
}

void Scanner::superscript() {
  const uint32_t begin = pos_;
  const bool negative = starts_with("⁻");
  uint32_t at = pos_ + (negative ? 3 : 0);
  int64_t value = 0;
  int count = 0;
  for (base::Decoded next = base::decode(text_, at); superscript_digit(next.code) >= 0;
       next = base::decode(text_, at)) {
    value = std::min<int64_t>(value * 10 + superscript_digit(next.code), 1'000'000'000);
    at += next.length;
    ++count;
  }
  if (count == 0) return unknown_character();
  pos_ = at;
  if (count > 9) error(span_from(begin), "this exponent is too large", "write `x^n`");
  push(TokenKind::Superscript, begin).integer = negative ? -value : value;
}

// ---- strings -----------------------------------------------------------------------------------

void Scanner::begin_string() {
  const uint32_t begin = pos_++;
  string_part(begin, TokenKind::String, TokenKind::StringHead);
}

void Scanner::resume_string(uint32_t begin) {
  ++pos_;
  string_part(begin, TokenKind::StringTail, TokenKind::StringMid);
}

void Scanner::string_part(uint32_t begin, TokenKind closed, TokenKind with_hole) {
  std::string text;
  while (pos_ < text_.size() && at() != '\n' && at() != '"' && at() != '{') {
    if (at() == '\\') {
      escape(text);
    } else {
      text += text_[pos_++];
    }
  }
  if (at() != '"' && at() != '{') return unclosed_string(begin);
  const TokenKind kind = at() == '"' ? closed : with_hole;
  ++pos_;
  if (kind == TokenKind::StringTail) {
    open_.pop_back();
    --holes_;
  }
  Token& token = push(kind, begin);
  token.text = std::move(text);
  if (kind == TokenKind::StringMid) --token.level;
  if (kind == TokenKind::StringMid || kind == TokenKind::StringTail) {
    token.extra = static_cast<int32_t>(out_.extras.size());
    out_.extras.push_back(std::move(pending_format_));
    pending_format_.clear();
  }
  if (kind == TokenKind::StringHead) {
    open_.push_back(static_cast<uint32_t>(out_.list.size() - 1));
    ++holes_;
  }
}

/// `:.4f}` after the expression of a hole.
void Scanner::string_format() {
  const uint32_t begin = pos_++;
  const size_t end = text_.find_first_of("}\"\n", pos_);
  if (end == std::string_view::npos || text_[end] != '}') return unclosed_string(begin);
  pending_format_ = text_.substr(pos_, end - pos_);
  pos_ = static_cast<uint32_t>(end);
  resume_string(begin);
}

void Scanner::escape(std::string& text) {
  const uint32_t begin = pos_++;
  const char c = at();
  if (c == 'u') return unicode_escape(begin, text);
  if (c == '\n' || c == '\0') return;
  pos_ += base::decode(text_, pos_).length;
  constexpr std::string_view kLetters = "ntr\"\\{}'";
  constexpr std::string_view kMeanings = "\n\t\r\"\\{}'";
  const size_t which = kLetters.find(c);
  if (which != std::string_view::npos) {
    text += kMeanings[which];
    return;
  }
  const std::string escaped(text_.substr(begin, pos_ - begin));
  error(span_from(begin), "`" + escaped + "` is not an escape", "a backslash is written `\\\\`");
}

void Scanner::unicode_escape(uint32_t begin, std::string& text) {
  ++pos_;
  const size_t end = std::min(text_.find_first_of("}\"\n", pos_), text_.size());
  const std::string_view digits = text_.substr(pos_, end - pos_);
  const bool braced = digits.starts_with('{') && end < text_.size() && text_[end] == '}';
  uint32_t code = 0;
  const auto parsed =
      std::from_chars(digits.data() + braced, digits.data() + digits.size(), code, 16);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  const bool character = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  if (braced && whole && character) {
    pos_ = static_cast<uint32_t>(end + 1);
    return base::append_utf8(text, code);
  }
  if (braced) pos_ = static_cast<uint32_t>(end + 1);
  error(span_from(begin), "this escape names no character", "an example is `\\u{3c0}`, which is π");
}

/// Reports the outermost string of the line. Brackets opened on this line are given up with it, so
/// that the next line is read as a new statement.
void Scanner::unclosed_string(uint32_t begin) {
  pos_ = static_cast<uint32_t>(std::min(text_.find('\n', pos_), text_.size()));
  const auto kind_of = [this](uint32_t index) { return out_.list[index].kind; };
  const auto head = std::find_if(open_.begin(), open_.end(), [&](uint32_t index) {
    return kind_of(index) == TokenKind::StringHead;
  });
  const bool hole = head != open_.end();
  const uint32_t string = hole ? out_.list[*head].span.begin : begin;
  open_.erase(head, open_.end());
  holes_ = 0;
  while (!open_.empty() && kind_of(open_.back()) != TokenKind::LeftBrace &&
         out_.list[open_.back()].span.begin >= line_start_) {
    open_.pop_back();
  }
  error({source_, string, string + 1}, "this string is not closed",
        hole ? "`{` opens an expression in a string; the character is written `\\{`"
             : "a string ends on its line, with `\"`");
  push(TokenKind::Error, begin);
}

}  // namespace calc::syntax
