#pragma once
// Numbers from comma-separated text: a file becomes a Real matrix or one sentence that says what is
// wrong and where.
#include <string>
#include <string_view>

#include "runtime/array.h"

namespace calc::rt {

struct CsvOptions {
  /// The first row holds names and is skipped.
  bool header = false;
  char separator = ',';
};

/// Real[rows, columns]. Cells may have spaces around them; `nan`, `inf` and exponents are numbers,
/// an empty cell is not. Lines end in LF or CRLF, the last one may lack its end. Throws a Failure.
Array read_csv(const std::string& path, const CsvOptions& options = {});
/// The same from memory; `name` stands for the file in messages.
Array parse_csv(std::string_view text, std::string_view name, const CsvOptions& options = {});

}  // namespace calc::rt
