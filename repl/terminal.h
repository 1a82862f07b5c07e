#pragma once
// The terminal: bytes in raw mode, its size, and the promise that its settings come back whatever
// happens.
#include <string>

#include "repl/keys.h"

namespace calc::repl {

class Terminal {
 public:
  /// Can lines be edited on standard input and output?
  static bool usable();

  /// While it lives bytes come one by one, unechoed, and pastes are marked.
  class Raw {
   public:
    Raw();
    ~Raw();
    Raw(const Raw&) = delete;
    Raw& operator=(const Raw&) = delete;
  };

  Byte next(int wait_ms);
  /// Are there bytes that came already?
  bool pending();
  /// Are some of them read already?
  bool buffered() const { return at_ < unread_.size(); }
  void write(const std::string& text);
  struct Size {
    int rows;
    int columns;
  };
  Size size() const;
  /// Ctrl-Z.
  void suspend();

 private:
  std::string unread_;
  size_t at_ = 0;
};

}  // namespace calc::repl
