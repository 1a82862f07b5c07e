#include "lang/core/text_lexer.h"

#include <cctype>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace calc::core {

void text_error(int line, const std::string& message) {
  throw std::runtime_error("line " + std::to_string(line) + ": " + message);
}

namespace {

bool is_word(char c) {
  const auto u = static_cast<unsigned char>(c);
  return std::isalnum(u) || c == '_' || c == '.' || c == '\'' || c == '~';
}

}  // namespace

void TextLexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (text_[at_] == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (text_[at_] == '\n') {
      ++line_;
      ++at_;
    } else if (std::isspace(static_cast<unsigned char>(text_[at_]))) {
      ++at_;
    } else {
      return;
    }
  }
}

std::string TextLexer::take_word() {
  const size_t begin = at_;
  while (at_ < text_.size() && is_word(text_[at_])) ++at_;
  return std::string(text_.substr(begin, at_ - begin));
}

std::string TextLexer::take_number() {
  const size_t begin = at_++;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const char before = text_[at_ - 1];
    const bool exponent_sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
    if (!is_word(c) && !exponent_sign) break;
    ++at_;
  }
  return std::string(text_.substr(begin, at_ - begin));
}

std::string TextLexer::take_string() {
  std::string out;
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\n') text_error(line_, "a string does not end");
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
      ++at_;
      out += text_[at_] == 'n' ? '\n' : text_[at_];
    } else {
      out += text_[at_];
    }
  }
  if (at_ == text_.size()) text_error(line_, "a string does not end");
  ++at_;
  return out;
}

TextToken TextLexer::next() {
  using Kind = TextToken::Kind;
  skip_blanks();
  const int line = line_;
  if (at_ == text_.size()) return {Kind::End, "", line};
  const char c = text_[at_];
  if (c == '%') {
    ++at_;
    return {Kind::Value, take_word(), line};
  }
  if (c == '"') return {Kind::String, take_string(), line};
  if (text_.substr(at_, 2) == "->") {
    at_ += 2;
    return {Kind::Punctuation, "->", line};
  }
  if (c == '-' || std::isdigit(static_cast<unsigned char>(c))) {
    return {Kind::Number, take_number(), line};
  }
  if (is_word(c)) return {Kind::Name, take_word(), line};
  if (std::string_view("(){}[],:=?").find(c) == std::string_view::npos) {
    text_error(line, std::string("unexpected `") + c + "`");
  }
  ++at_;
  return {Kind::Punctuation, std::string(1, c), line};
}

// ---- lookahead ---------------------------------------------------------------------------------

TextTokens::TextTokens(std::string_view text) : lexer_(text) {
  for (TextToken& token : ahead_) token = lexer_.next();
}

TextToken TextTokens::take() {
  TextToken token = std::move(ahead_[0]);
  ahead_[0] = std::move(ahead_[1]);
  ahead_[1] = std::move(ahead_[2]);
  ahead_[2] = lexer_.next();
  return token;
}

TextToken TextTokens::take(Kind kind, const char* what) {
  if (peek().kind != kind) fail(std::string("expected ") + what);
  return take();
}

bool TextTokens::at(std::string_view text, int k) const {
  const TextToken& token = ahead_[k];
  return (token.kind == Kind::Punctuation || token.kind == Kind::Name) && token.text == text;
}

bool TextTokens::accept(std::string_view text) {
  if (!at(text)) return false;
  take();
  return true;
}

void TextTokens::expect(std::string_view text) {
  if (!accept(text)) fail("expected `" + std::string(text) + "`");
}

void TextTokens::fail(const std::string& message) const {
  const std::string found = peek().kind == Kind::End ? "the end" : "`" + peek().text + "`";
  text_error(peek().line, message + ", found " + found);
}

// ---- literals ----------------------------------------------------------------------------------

namespace {

template <typename T>
T number(const TextToken& token) {
  T value{};
  const char* end = token.text.data() + token.text.size();
  auto [stop, error] = std::from_chars(token.text.data(), end, value);
  if (error != std::errc() || stop != end) text_error(token.line, "bad number " + token.text);
  return value;
}

/// `nan~0x…` spells the bits of an unusual nan.
template <typename Real, typename Bits>
Real real_number(const TextToken& token) {
  if (!token.text.starts_with("nan~0x")) return number<Real>(token);
  Bits bits{};
  std::from_chars(token.text.data() + 6, token.text.data() + token.text.size(), bits, 16);
  Real value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

int64_t integer_literal(const TextToken& token) { return number<int64_t>(token); }
double real_literal(const TextToken& token) { return real_number<double, uint64_t>(token); }

rt::Elem literal_elem(const TextToken& token) {
  if (token.text == "true" || token.text == "false") return rt::Elem::Bool;
  const bool whole = token.text.find_first_of(".en") == std::string::npos;
  return whole ? rt::Elem::I64 : rt::Elem::F64;
}

void store_literal(rt::Array& array, int64_t k, const TextToken& token) {
  switch (array.elem()) {
    case rt::Elem::Bool:
      array.writable<uint8_t>()[k] = token.text == "true";
      break;
    case rt::Elem::I64:
      array.writable<int64_t>()[k] = integer_literal(token);
      break;
    case rt::Elem::F64:
      array.writable<double>()[k] = real_literal(token);
      break;
    case rt::Elem::F32:
      array.writable<float>()[k] = real_number<float, uint32_t>(token);
      break;
  }
}

}  // namespace calc::core
