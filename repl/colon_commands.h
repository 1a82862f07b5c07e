#pragma once
// The commands of the prompt that begin with a colon: a table of name, help and action.
#include <string>
#include <vector>

#include "repl/workspace.h"

namespace calc::repl {

/// `line` begins with a colon. False when it failed.
bool colon_command(Workspace& workspace, const std::string& line);

/// ":help", ":load", …
std::vector<std::string> colon_command_names();

}  // namespace calc::repl
