#include "lang/base/utf8.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace calc::base {

namespace {

struct CodeRange {
  char32_t first, last;
};

template <size_t n>
bool in_ranges(const std::array<CodeRange, n>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const CodeRange& range) {
    return range.first <= code && code <= range.last;
  });
}

constexpr std::array<CodeRange, 4> kCombining{
    {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}}};

constexpr std::array<CodeRange, 9> kWide{{{0x1100, 0x115F},
                                          {0x2E80, 0xA4CF},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1F9FF},
                                          {0x20000, 0x3FFFD}}};

// Latin without × and ÷, Greek, Cyrillic, Hebrew, Arabic, letterlike symbols (ℝ, ℓ), CJK, kana,
// hangul and the mathematical alphabets.
constexpr std::array<CodeRange, 12> kLetters{{{0xC0, 0xD6},
                                              {0xD8, 0xF6},
                                              {0xF8, 0x2AF},
                                              {0x370, 0x37D},
                                              {0x37F, 0x52F},
                                              {0x5D0, 0x6D3},
                                              {0x1E00, 0x1FFF},
                                              {0x2100, 0x214F},
                                              {0x3041, 0x30FF},
                                              {0x3400, 0x9FFF},
                                              {0xAC00, 0xD7A3},
                                              {0x1D400, 0x1D7FF}}};

constexpr std::array<CodeRange, 3> kSubscripts{
    {{0x2080, 0x2089}, {0x2090, 0x209C}, {0x1D62, 0x1D6A}}};

bool is_ascii_letter(char32_t code) {
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code == '_';
}

/// The length that the first byte announces, and the bits of the code that it holds.
Decoded leading(unsigned char byte) {
  if (byte < 0x80) return {byte, 1};
  if (byte >= 0xC2 && byte < 0xE0) return {byte & 0x1Fu, 2};
  if (byte >= 0xE0 && byte < 0xF0) return {byte & 0x0Fu, 3};
  if (byte >= 0xF0 && byte < 0xF5) return {byte & 0x07u, 4};
  return {0xFFFD, 0};
}

}  // namespace

Decoded decode(std::string_view text, size_t at) {
  if (at >= text.size()) return {0, 0};
  Decoded result = leading(static_cast<unsigned char>(text[at]));
  if (result.length == 0 || at + result.length > text.size()) return {0xFFFD, 0};
  for (uint32_t i = 1; i < result.length; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return {0xFFFD, 0};
    result.code = (result.code << 6) | (byte & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool overlong = result.code < kSmallest[result.length];
  const bool surrogate = result.code >= 0xD800 && result.code <= 0xDFFF;
  if (overlong || surrogate || result.code > 0x10FFFF) return {0xFFFD, 0};
  return result;
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

size_t first_invalid(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    if (next.length == 0) return at;
    at += next.length;
  }
  return std::string_view::npos;
}

int column_width(char32_t code) {
  if (code < 0x300) return 1;
  if (in_ranges(kCombining, code)) return 0;
  return in_ranges(kWide, code) ? 2 : 1;
}

int text_width(std::string_view text) {
  int width = 0;
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    width += next.length == 0 ? 1 : column_width(next.code);
    at += std::max<uint32_t>(next.length, 1);
  }
  return width;
}

bool is_name_start(char32_t code) {
  return code < 0x80 ? is_ascii_letter(code) : in_ranges(kLetters, code);
}

bool is_name_part(char32_t code) {
  if (is_name_start(code) || (code >= '0' && code <= '9')) return true;
  return in_ranges(kSubscripts, code) || (code >= 0x300 && code <= 0x36F);
}

}  // namespace calc::base
