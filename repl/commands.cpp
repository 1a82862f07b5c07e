#include "repl/commands.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <unistd.h>

#include "lang/driver/session.h"
#include "repl/prompt.h"

namespace calc::repl {
namespace {

/// The session that Ctrl-C stops; a signal handler has nothing else to reach it by.
driver::Session* running = nullptr;

void on_interrupt(int) {
  if (running != nullptr) running->interrupt();
}

void write_out(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::optional<std::string> read_all(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  text << file.rdbuf();
  return text.str();
}

int usage(const std::string& message) {
  std::fprintf(stderr, "calc: %s\nTry 'calc --help'.\n", message.c_str());
  return 2;
}

int report(const driver::Session& session, const driver::Outcome& outcome) {
  std::fflush(stdout);
  const bool color = isatty(STDERR_FILENO) != 0;
  for (const base::Diagnostic& d : outcome.errors) {
    std::fputs(base::render(session.sources(), d, color).c_str(), stderr);
  }
  if (outcome.interrupted) std::fputs("interrupted\n", stderr);
  return outcome.ok() ? 0 : 1;
}

int run_text(driver::Session& session, const Request& request, const std::string& name,
             std::string text) {
  driver::Outcome outcome = request.stage.empty()
                                ? session.run(name, std::move(text))
                                : session.emit(request.stage, name, std::move(text));
  if (outcome.incomplete && outcome.errors.empty()) {
    std::fprintf(stderr, "error: %s ends in the middle of a statement\n", name.c_str());
    return 1;
  }
  return report(session, outcome);
}

}  // namespace

std::string stage_names() {
  std::string names;
  for (const driver::Stage& stage : driver::stages()) {
    names += (names.empty() ? "" : ", ") + std::string(stage.name);
  }
  return names;
}

int run(const Request& request) {
  const auto& stages = driver::stages();
  const bool known = std::any_of(stages.begin(), stages.end(),
                                 [&](const driver::Stage& s) { return s.name == request.stage; });
  if (!request.stage.empty() && !known) {
    return usage("there is no stage `" + request.stage + "`; the stages are " + stage_names());
  }
  if (request.text && !request.rest.empty()) return usage("-e takes one text and no file");
  if (!request.rest.empty() && request.rest[0].size() > 1 && request.rest[0][0] == '-') {
    return usage("unknown option " + request.rest[0]);
  }
  driver::Options options;
  options.out = write_out;
  options.verify = request.verify;
  options.tier = request.tier == "evaluate"  ? driver::Tier::Evaluate
                 : request.tier == "compile" ? driver::Tier::Compile
                                             : driver::Tier::Auto;
  if (request.rest.size() > 1)
    options.arguments.assign(request.rest.begin() + 1, request.rest.end());
  driver::Session session(std::move(options));
  running = &session;
  std::signal(SIGINT, on_interrupt);
  int status = 0;
  if (request.text) {
    status = run_text(session, request, "<command line>", *request.text);
  } else if (!request.rest.empty()) {
    std::optional<std::string> text = read_all(request.rest[0]);
    if (!text) return usage("cannot read " + request.rest[0]);
    const std::string name = request.rest[0] == "-" ? "<stdin>" : request.rest[0];
    status = run_text(session, request, name, std::move(*text));
  } else {
    status = prompt(session);
  }
  std::fflush(stdout);
  running = nullptr;
  return status;
}

}  // namespace calc::repl
