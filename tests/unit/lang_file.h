#pragma once
// A language test: a `.calc` file whose comments are its expectation.
//
//   f(2)        # => 4.0          what the statement ending on this line prints; further lines of
//   # => 5.0                      output stand on comment lines that follow
//   f([1, 2])   # error: 3: text  the run fails here: column of the error's span, its message
//   # hint: text                  and its hint (not checked when the line is absent);
//   # note: text                  what stands under the span,
//   # label: 1:3: text            what stands under others, by line and column,
//   # in: f, 7:1                  and the calls it is in: checked if any of the kind is there
//
// An error inside a module stands at the import or call that led to it, after its own place in
// brackets.
//
// A file that must fail is named `fail_*`, and only such a file may. Each file runs evaluated and
// compiled, with the verifier after every pass, and must do the same.
#include <string>
#include <vector>

#include "lang/driver/session.h"

namespace calc::tests {

/// "" when the file does what it says, else what differs.
std::string check_file(const std::string& path, driver::Tier tier);
/// Rewrites the expectations of a file to what it does.
void update_file(const std::string& path);
/// Every `.calc` file below a folder of the source tree, sorted.
std::vector<std::string> files_below(const std::string& folder);

}  // namespace calc::tests
