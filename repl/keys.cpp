#include "repl/keys.h"

#include <string_view>

namespace calc::repl {
namespace {

/// The rest of what a key sends comes at once; a lone Escape is followed by nothing.
constexpr int kEscapeMs = 50;
constexpr int kPasteMs = 2000;
constexpr std::string_view kPasteEnd = "\x1b[201~";

Key key(KeyKind kind) { return {kind, "", 0}; }

Key pasted(const ByteSource& next) {
  Key result = key(KeyKind::Paste);
  while (!result.text.ends_with(kPasteEnd)) {
    const Byte byte = next(kPasteMs);
    // A paste whose end never comes is what came of it.
    if (byte.kind != ByteKind::Byte) return result;
    result.text += byte.value;
  }
  result.text.resize(result.text.size() - kPasteEnd.size());
  return result;
}

/// Of `ESC [ 1 ; 5 C` the final letter and whether Ctrl or Alt was held.
Key arrow(char final, bool by_words) {
  switch (final) {
    case 'A':
      return key(KeyKind::Up);
    case 'B':
      return key(KeyKind::Down);
    case 'C':
      return key(by_words ? KeyKind::WordRight : KeyKind::Right);
    case 'D':
      return key(by_words ? KeyKind::WordLeft : KeyKind::Left);
    case 'H':
      return key(KeyKind::Home);
    case 'F':
      return key(KeyKind::End);
    default:
      return key(KeyKind::Unknown);
  }
}

Key numbered(const std::string& number, const ByteSource& next) {
  if (number == "200") return pasted(next);
  if (number == "1" || number == "7") return key(KeyKind::Home);
  if (number == "4" || number == "8") return key(KeyKind::End);
  if (number == "3") return key(KeyKind::Delete);
  return key(KeyKind::Unknown);
}

/// After `ESC [`: parameters, then a final byte.
Key control_sequence(const ByteSource& next) {
  std::string parameters;
  while (parameters.size() < 16) {
    const Byte byte = next(kEscapeMs);
    if (byte.kind != ByteKind::Byte) break;
    if (byte.value >= 0x40 && byte.value <= 0x7E) {
      const std::string first = parameters.substr(0, parameters.find(';'));
      if (byte.value == '~') return numbered(first, next);
      return arrow(byte.value, parameters.find(';') != std::string::npos);
    }
    parameters += byte.value;
  }
  return key(KeyKind::Unknown);
}

Key escape(const ByteSource& next) {
  const Byte byte = next(kEscapeMs);
  if (byte.kind != ByteKind::Byte) return key(KeyKind::Unknown);
  switch (byte.value) {
    case '[':
      return control_sequence(next);
    case 'O': {
      const Byte final = next(kEscapeMs);
      return final.kind == ByteKind::Byte ? arrow(final.value, false) : key(KeyKind::Unknown);
    }
    case 'b':
      return key(KeyKind::WordLeft);
    case 'f':
      return key(KeyKind::WordRight);
    case 'd':
      return key(KeyKind::KillWordAfter);
    case '\x7f':
    case '\b':
      return key(KeyKind::KillWordBefore);
    case '\r':
    case '\n':
      return key(KeyKind::NewLine);
    default:
      return key(KeyKind::Unknown);
  }
}

/// The bytes that follow the first of a character.
Key character(char first, const ByteSource& next) {
  Key result = key(KeyKind::Text);
  result.text = first;
  const auto lead = static_cast<unsigned char>(first);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  for (int k = 0; k < more; ++k) {
    const Byte byte = next(kEscapeMs);
    if (byte.kind != ByteKind::Byte) break;
    result.text += byte.value;
  }
  return result;
}

}  // namespace

Key read_key(const ByteSource& next) {
  const Byte byte = next(-1);
  if (byte.kind == ByteKind::Interrupted) return key(KeyKind::Interrupt);
  if (byte.kind != ByteKind::Byte) return key(KeyKind::EndOfInput);
  const auto code = static_cast<unsigned char>(byte.value);
  switch (code) {
    case '\r':
    case '\n':
      return key(KeyKind::Enter);
    case '\t':
      return key(KeyKind::Tab);
    case 0x7F:
    case '\b':
      return key(KeyKind::Backspace);
    case 0x1B:
      return escape(next);
    case 0x03:
      return key(KeyKind::Interrupt);
    default:
      break;
  }
  if (code >= 0x20) return character(byte.value, next);
  return {KeyKind::Control, "", static_cast<char>(code == 0 ? ' ' : 'a' + code - 1)};
}

}  // namespace calc::repl
