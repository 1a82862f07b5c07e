#include "repl/prompt.h"

#include <cstdio>
#include <iostream>
#include <string>
#include <unistd.h>

namespace calc::repl {
namespace {

void show(const driver::Session& session, const driver::Outcome& outcome, bool color) {
  std::fflush(stdout);
  for (const base::Diagnostic& d : outcome.errors) {
    std::fputs(base::render(session.sources(), d, color).c_str(), stderr);
  }
  if (outcome.interrupted) std::fputs("interrupted\n", stderr);
}

}  // namespace

int prompt(driver::Session& session) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  int status = 0;
  int entry = 1;
  std::string text, line;
  while (true) {
    if (terminal) std::fputs(text.empty() ? "calc> " : "....> ", stdout);
    std::fflush(stdout);
    if (!std::getline(std::cin, line)) break;
    if (text.empty() && (line == ":quit" || line == ":q")) break;
    text += line + "\n";
    driver::Outcome outcome = session.run("<" + std::to_string(entry) + ">", text);
    if (outcome.incomplete) continue;
    show(session, outcome, terminal);
    if (!outcome.ok() && !terminal) status = 1;
    text.clear();
    ++entry;
  }
  return status;
}

}  // namespace calc::repl
