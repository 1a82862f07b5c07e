#pragma once
// What the comments of a program say that it prints:
//
//     f(2)      # => 4.0      what the statement ending on this line prints;
//     # => 5.0                further lines of it stand on comment lines that follow
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lang/base/source.h"

namespace calc::driver {

/// Lines by the line (from 1) of the statement's end.
using Expected = std::map<uint32_t, std::vector<std::string>>;

Expected expected_output(const base::Sources& sources, uint32_t source);
/// The lines of a text, without blanks at their ends.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace calc::driver
