#pragma once
// The text that is being edited, one or several lines, and the place in it. Knows nothing of
// terminals; moves by characters as a reader sees them: a mark that combines belongs to the letter
// before it.
#include <string>
#include <string_view>

namespace calc::repl {

class LineBuffer {
 public:
  const std::string& text() const { return text_; }
  /// In bytes.
  size_t cursor() const { return cursor_; }
  /// The cursor goes to the end.
  void set(std::string text);
  void clear() { set(""); }

  /// Line ends become `\n`, tabs blanks; other control characters and what is not UTF-8 are
  /// dropped.
  void insert(std::string_view text);
  /// `count` bytes before the cursor become `text`.
  void replace_before(size_t count, std::string_view text);

  void left();
  void right();
  void word_left();
  void word_right();
  /// Within the line.
  void home();
  void end();
  /// To the line above or below, or false when there is none.
  bool up();
  bool down();

  void erase_before();
  void erase_after();
  // What these take away, `yank` puts back.
  void kill_to_end();
  void kill_to_begin();
  void kill_word_before();
  void kill_word_after();
  void yank();

  std::string_view line() const;

 private:
  size_t line_begin(size_t at) const;
  size_t line_end(size_t at) const;
  size_t before(size_t at) const;
  size_t after(size_t at) const;
  size_t word_before(size_t at) const;
  size_t word_after(size_t at) const;
  void kill(size_t begin, size_t end);
  void go_to_column(size_t begin, int column);

  std::string text_;
  size_t cursor_ = 0;
  std::string killed_;
};

}  // namespace calc::repl
