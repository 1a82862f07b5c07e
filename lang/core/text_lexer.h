#pragma once
// Tokens of textual Core (the form is shown in print.cpp). Comments run from `#` to the line's end.
#include <string>
#include <string_view>

#include "runtime/array.h"

namespace calc::core {

struct TextToken {
  enum class Kind { Name, Value, Number, String, Punctuation, End };
  Kind kind = Kind::End;
  /// Without the `%` of a value and the quotes of a string.
  std::string text;
  int line = 1;
};

class TextLexer {
 public:
  explicit TextLexer(std::string_view text) : text_(text) {}
  /// Throws std::runtime_error for a character that begins no token.
  TextToken next();

 private:
  void skip_blanks();
  std::string take_word();
  std::string take_string();
  std::string take_number();

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
};

[[noreturn]] void text_error(int line, const std::string& message);

/// The tokens with three of lookahead.
class TextTokens {
 public:
  using Kind = TextToken::Kind;

  explicit TextTokens(std::string_view text);
  const TextToken& peek(int k = 0) const { return ahead_[k]; }
  TextToken take();
  TextToken take(Kind kind, const char* what);
  /// Is the k-th next token this word or punctuation?
  bool at(std::string_view text, int k = 0) const;
  bool accept(std::string_view text);
  void expect(std::string_view text);
  [[noreturn]] void fail(const std::string& message) const;

 private:
  TextLexer lexer_;
  TextToken ahead_[3];
};

/// A literal as an element of an array.
void store_literal(rt::Array& array, int64_t k, const TextToken& token);
int64_t integer_literal(const TextToken& token);
double real_literal(const TextToken& token);
/// What a literal without a type is: `true`, `3`, `2.5`.
rt::Elem literal_elem(const TextToken& token);

}  // namespace calc::core
