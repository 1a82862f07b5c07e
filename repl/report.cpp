#include "repl/report.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <unistd.h>

#include "lang/base/json.h"

namespace calc::repl {
namespace {

/// https://no-color.org
bool in_color() {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (refused != nullptr && *refused != '\0') return false;
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return isatty(STDERR_FILENO) != 0;
}

/// Of the process, as its standard error is.
bool json = false;

}  // namespace

void report_as_json() { json = true; }

void write_out(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void show_errors(const base::Sources& sources, const std::vector<base::Diagnostic>& errors) {
  std::fflush(stdout);
  for (const base::Diagnostic& error : errors) {
    const std::string text =
        json ? base::render_json(sources, error) : base::render(sources, error, in_color());
    std::fputs(text.c_str(), stderr);
  }
}

void show(const driver::Session& session, const driver::Outcome& outcome) {
  show_errors(session.sources(), outcome.errors);
  if (outcome.interrupted) {
    std::fputs(json ? "{\"severity\": \"error\", \"message\": \"interrupted\"}\n" : "interrupted\n",
               stderr);
  }
}

void note(const std::string& text) {
  std::fflush(stdout);
  std::fputs(text.c_str(), stderr);
}

void complain(const std::string& message, const std::string& hint) {
  base::Diagnostic error;
  error.message = message;
  error.hint = hint;
  show_errors(base::Sources(), {error});
}

int usage(const std::string& message) {
  std::fflush(stdout);
  if (json) {
    complain(message);
    return 2;
  }
  std::fprintf(stderr, "calc: %s\n", message.c_str());
  return 2;
}

int finish(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  std::fprintf(stderr, "calc: cannot write the results: %s\n", std::strerror(errno));
  return status == 0 ? 1 : status;
}

}  // namespace calc::repl
