#pragma once
// The bytes that a terminal sends, as keys.
#include <functional>
#include <optional>
#include <string>

namespace calc::repl {

enum class KeyKind {
  /// `text`: a character, or a paste between the terminal's marks.
  Text,
  Paste,
  /// `letter`: 'a' for Ctrl-A.
  Control,
  Enter,
  /// A line end inside the entry (Alt-Enter).
  NewLine,
  Tab,
  Backspace,
  Delete,
  Left,
  Right,
  Up,
  Down,
  Home,
  End,
  WordLeft,
  WordRight,
  KillWordBefore,
  KillWordAfter,
  Interrupt,
  EndOfInput,
  Unknown
};

struct Key {
  KeyKind kind = KeyKind::Unknown;
  std::string text;
  char letter = 0;
};

/// The next byte; waits `wait_ms` for it, forever when negative.
enum class ByteKind { Byte, Nothing, Interrupted, End };
struct Byte {
  ByteKind kind = ByteKind::Nothing;
  char value = 0;
};
using ByteSource = std::function<Byte(int wait_ms)>;

Key read_key(const ByteSource& next);

}  // namespace calc::repl
