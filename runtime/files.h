#pragma once
// Files as whole texts. What goes wrong is one sentence, a Failure.
#include <string>
#include <string_view>

namespace calc::rt {

/// The bytes of a file.
std::string read_file(const std::string& path);

/// Replaces the file, or adds to its end; it is made when there is none.
void write_file(const std::string& path, std::string_view text, bool append);

}  // namespace calc::rt
