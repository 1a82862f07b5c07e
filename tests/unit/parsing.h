#pragma once
// Texts to trees and errors in one line each, so that a test is a table.
#include <string>
#include <string_view>
#include <vector>

#include "lang/syntax/parser.h"

namespace calc::test {

/// The dump of a text without errors: `x^2 + 1` is "(+ (^ x 2) 1)"; statements are joined by " ; ".
/// With errors, the first message.
std::string tree(std::string_view text);

/// "line:column message | hint" for each error.
std::vector<std::string> errors(std::string_view text);

bool incomplete(std::string_view text);

/// Names repeated.
std::string repeat(std::string_view part, int count);

}  // namespace calc::test
