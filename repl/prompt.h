#pragma once
// The interactive prompt: reads an entry, carries it out, goes on. An entry is program text, a
// `?name`, or a command that begins with a colon.
#include "lang/driver/session.h"

namespace calc::repl {

/// Until the end of input or `:quit`. In a pipe no prompts are printed; the status is 1 if an entry
/// failed there.
int prompt(const driver::Options& options);

/// What `?name` and `calc doc` show; false, after a complaint, when there is nothing.
bool show_documentation(const driver::Session& session, const std::string& name);

}  // namespace calc::repl
