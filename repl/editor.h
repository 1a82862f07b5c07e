#pragma once
// The line editor: an entry of one or several lines is typed, pasted, recalled and mended in place.
// Enter ends it when it is whole and else begins another line of it; an empty line or Ctrl-C gives
// it up.
#include <functional>
#include <string>
#include <vector>

#include "repl/completion.h"
#include "repl/line_buffer.h"
#include "repl/terminal.h"

namespace calc::repl {

class Editor {
 public:
  struct Hooks {
    /// Does the text need more lines?
    std::function<bool(const std::string&)> incomplete;
    std::function<Completion(std::string_view before_cursor)> complete;
  };
  explicit Editor(Hooks hooks) : hooks_(std::move(hooks)) {}

  enum class End { Entry, GivenUp, EndOfInput };
  /// `text` is what was typed, when it is an entry.
  End read(std::string& text);

 private:
  enum class Step { Go, Entry, GivenUp, EndOfInput };
  Step take(const Key& key);
  Step control(char letter);
  Step enter();
  void move(KeyKind kind);
  void older();
  void newer();
  void recall(size_t at);
  void complete();
  void list(const std::vector<std::string>& choices);
  void draw();
  void leave_block(const char* mark);
  void remember(const std::string& text);

  Hooks hooks_;
  Terminal terminal_;
  LineBuffer buffer_;
  std::vector<std::string> history_;
  /// In history_; its size: the entry being typed, kept in draft_ meanwhile.
  size_t at_ = 0;
  std::string draft_;
  /// Rows of the drawn block above the cursor.
  size_t rows_above_ = 0;
};

}  // namespace calc::repl
