#pragma once
// The little of Unicode that source texts need: decoding, encoding, and how many terminal columns
// a character takes. Texts are checked once by `first_invalid`; after that decoding cannot fail.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace calc::base {

struct Decoded {
  char32_t code;
  /// In bytes; 0 for a malformed sequence or at the end of the text.
  uint32_t length;
};

Decoded decode(std::string_view text, size_t at);

void append_utf8(std::string& out, char32_t code);

/// The offset of the first byte that is not UTF-8, or npos.
size_t first_invalid(std::string_view text);

/// 0 for combining marks, 2 for wide characters (CJK, emoji), 1 otherwise.
int column_width(char32_t code);

/// The columns that the whole text takes; malformed bytes count one each.
int text_width(std::string_view text);

/// A letter that may stand in a name: ASCII, Greek and other scripts, `_`.
bool is_name_start(char32_t code);
/// Also digits, subscripts (x₁) and combining marks (x̂).
bool is_name_part(char32_t code);

}  // namespace calc::base
