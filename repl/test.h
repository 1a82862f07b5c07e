#pragma once
// `calc test`.
#include "lang/driver/session.h"
#include "repl/arguments.h"

namespace calc::repl {

/// The exit status.
int test(const Request& request, const driver::Options& options);

}  // namespace calc::repl
