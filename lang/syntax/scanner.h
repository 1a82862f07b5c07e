#pragma once
// The inside of the lexer: one pass over the text with a stack of open brackets. Only the three
// lexer*.cpp include this.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/syntax/lexer.h"

namespace calc::syntax {

class Scanner {
 public:
  Scanner(const base::Sources& sources, uint32_t source, std::vector<uint32_t> unclosed);
  Tokens run();

 private:
  // lexer.cpp
  void next();
  void newline();
  bool next_line_continues() const;
  void give_up_brackets();
  uint32_t indentation(size_t line_start) const;
  void comment();
  bool foreign_comment();
  void attach_documentation(Token& token);

  // lexer_symbols.cpp
  void word();
  void symbol();
  bool increment();
  bool foreign_symbol();
  void unknown_character();
  void open(TokenKind kind, uint32_t begin);
  size_t partner(TokenKind kind) const;
  void close(TokenKind kind, uint32_t begin);

  // lexer_literals.cpp
  void number();
  void integer(uint32_t begin);
  void real(uint32_t begin);
  void superscript();
  bool exponent_follows() const;
  void skip_digits();
  /// From `pos_` to the next hole or the closing quote.
  void string_part(uint32_t begin, TokenKind closed, TokenKind with_hole);
  void begin_string();
  /// `begin`: of the `}`, or of the format before it.
  void resume_string(uint32_t begin);
  void string_format();
  void escape(std::string& text);
  void unicode_escape(uint32_t begin, std::string& text);
  void unclosed_string(uint32_t begin);

  // small things
  char at(uint32_t ahead = 0) const;
  bool starts_with(std::string_view prefix) const { return text_.substr(pos_).starts_with(prefix); }
  bool in_hole() const;
  Span span_from(uint32_t begin) const { return {source_, begin, pos_}; }
  Token& push(TokenKind kind, uint32_t begin);
  void error(Span span, std::string message, std::string hint = {});

  std::string_view text_;
  uint32_t source_;
  std::vector<uint32_t> unclosed_;
  uint32_t pos_ = 0;
  uint32_t line_start_ = 0;
  bool after_newline_ = true;
  /// 1 + the start of the last line with an unknown character.
  uint32_t unknown_line_ = 0;
  /// Indices of the open brackets and StringHeads in `out_.list`.
  std::vector<uint32_t> open_;
  /// How many of `open_` are StringHeads; all of them stand on the current line.
  int holes_ = 0;
  std::string documentation_;
  uint32_t documentation_end_ = 0;
  std::string pending_format_;
  Tokens out_;
};

bool is_digit(char c);

}  // namespace calc::syntax
