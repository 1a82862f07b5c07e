#pragma once
// Where an entry stands on the screen: its lines behind their prompts, broken at the width of the
// terminal.
#include <string>
#include <string_view>
#include <vector>

namespace calc::repl {

struct Layout {
  std::vector<std::string> rows;
  size_t cursor_row = 0;
  int cursor_column = 0;
};

inline constexpr std::string_view kPrompt = "calc> ";
inline constexpr std::string_view kContinuation = "....> ";

Layout lay_out(std::string_view text, size_t cursor, int columns);

}  // namespace calc::repl
