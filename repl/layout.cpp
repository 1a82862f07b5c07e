#include "repl/layout.h"

#include <algorithm>

#include "lang/base/utf8.h"

namespace calc::repl {

Layout lay_out(std::string_view text, size_t cursor, int columns) {
  Layout layout;
  layout.rows.emplace_back(kPrompt);
  int column = static_cast<int>(kPrompt.size());
  for (size_t at = 0; at <= text.size();) {
    const base::Decoded next = base::decode(text, at);
    const int width = at < text.size() && text[at] != '\n' ? base::column_width(next.code) : 0;
    // A full row ends here; the cursor stands where the next character will.
    const bool full = column + width > columns || (width == 0 && at == cursor && column == columns);
    if (full) {
      layout.rows.emplace_back();
      column = 0;
    }
    if (at == cursor) {
      layout.cursor_row = layout.rows.size() - 1;
      layout.cursor_column = column;
    }
    if (at == text.size()) break;
    const size_t length = std::max<uint32_t>(next.length, 1);
    if (text[at] == '\n') {
      layout.rows.emplace_back(kContinuation);
      column = static_cast<int>(kContinuation.size());
    } else {
      layout.rows.back() += text.substr(at, length);
      column += width;
    }
    at += length;
  }
  return layout;
}

}  // namespace calc::repl
