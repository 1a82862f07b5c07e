#pragma once
// The interactive prompt: reads an entry (more lines while it is incomplete), runs it, goes on.
#include "lang/driver/session.h"

namespace calc::repl {

/// Until the end of input or `:quit`. In a pipe no prompts are printed; the status is 1 if an entry
/// failed there.
int prompt(driver::Session& session);

}  // namespace calc::repl
