#pragma once
// What stands on standard error, and the end of standard output.
#include <string>
#include <string_view>

#include "lang/driver/session.h"

namespace calc::repl {

/// Standard output, where results and `print` go.
void write_out(std::string_view text);

/// From here on errors are objects of JSON, for tools (lang/base/json.h).
void report_as_json();

/// Errors, in colour on a terminal.
void show_errors(const base::Sources& sources, const std::vector<base::Diagnostic>& errors);
void show(const driver::Session& session, const driver::Outcome& outcome);

/// Words on standard error that are no error themselves.
void note(const std::string& text);

/// An error without a place: "error: there is no command `:foo`".
void complain(const std::string& message, const std::string& hint = {});

/// "calc: …", one line; the status of wrong usage.
int usage(const std::string& message);

/// The exit status, or 1 when the results could not be written.
int finish(int status);

}  // namespace calc::repl
