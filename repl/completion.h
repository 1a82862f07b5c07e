#pragma once
// What the tab key makes of the text before the cursor.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace calc::repl {

struct Completion {
  /// That many bytes before the cursor become `text`.
  size_t replaces = 0;
  std::string text;
  /// What there is to choose from, when the text could not be completed further.
  std::vector<std::string> choices;
};

/// `names`: all that may stand in a program. `commands`: those that begin with `:`.
Completion complete(std::string_view before_cursor, const std::vector<std::string>& names,
                    const std::vector<std::string>& commands);

}  // namespace calc::repl
