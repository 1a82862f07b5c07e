#pragma once
// What the command line asks for, carried out.
#include "repl/arguments.h"

namespace calc::repl {

inline constexpr const char* kVersion = "calc 0.1.0";

/// The exit status.
int run(const Request& request);

}  // namespace calc::repl
