#pragma once
// Files of program text, read whole.
#include <string>
#include <vector>

namespace calc::repl {

/// Larger texts are refused: they are data, not programs.
inline constexpr size_t kMostSource = size_t{256} << 20;

struct FileText {
  std::string text;
  /// Why there is none: "no such file or directory".
  std::string error;
};

/// `-` is standard input.
FileText read_file(const std::string& path);

bool is_folder(const std::string& path);
/// Every `.calc` file below a folder, sorted; hidden ones and hidden folders left out.
std::vector<std::string> programs_below(const std::string& folder);

/// "" or why not. The file is replaced whole or not at all.
std::string write_file(const std::string& path, const std::string& text);

}  // namespace calc::repl
