#include "repl/commands.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "lang/driver/outline.h"
#include "lang/driver/session.h"
#include "lang/syntax/format.h"
#include "lang/syntax/parser.h"
#include "repl/files.h"
#include "repl/interrupt.h"
#include "repl/prompt.h"
#include "repl/report.h"
#include "repl/test.h"

namespace calc::repl {
namespace {

/// CALC_PATH: folders, as PATH has them.
std::vector<std::string> search_path() {
  std::vector<std::string> folders;
  const char* value = std::getenv("CALC_PATH");
  std::string_view rest = value == nullptr ? "" : value;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    if (end > 0) folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return folders;
}

driver::Options options_of(const Request& request) {
  driver::Options options;
  options.out = write_out;
  options.verify = request.verify;
  options.tier = request.tier == "evaluate"  ? driver::Tier::Evaluate
                 : request.tier == "compile" ? driver::Tier::Compile
                                             : driver::Tier::Auto;
  options.search_path = search_path();
  const size_t own = request.action == Action::Script ? 1 : 0;
  for (size_t k = own; k < request.rest.size(); ++k) options.arguments.push_back(request.rest[k]);
  return options;
}

std::string source_name(const std::string& path) { return path == "-" ? "<stdin>" : path; }

int cannot_read(const std::string& path, const std::string& why) {
  return usage("cannot read `" + path + "`: " + why);
}

int run_text(const Request& request, const std::string& name, std::string text) {
  driver::Session session(options_of(request));
  driver::Outcome outcome;
  {
    const Running running(session);
    outcome = request.stage.empty() ? session.run(name, std::move(text))
                                    : session.emit(request.stage, name, std::move(text));
  }
  show(session, outcome);
  if (outcome.interrupted) return kInterruptedStatus;
  if (outcome.incomplete && outcome.errors.empty()) {
    complain(name + " ends in the middle of a statement");
    return 1;
  }
  return outcome.ok() ? 0 : 1;
}

int run_script(const Request& request) {
  const std::string& path = request.rest.front();
  FileText file = read_file(path);
  if (!file.error.empty()) return cannot_read(path, file.error);
  return run_text(request, source_name(path), std::move(file.text));
}

/// Shows the errors of syntax; is it free of them?
bool parses(const base::Sources& sources, uint32_t source) {
  const syntax::ParseResult parsed = syntax::parse(sources, source);
  show_errors(sources, parsed.errors);
  if (parsed.errors.empty() && parsed.incomplete) {
    complain(sources.get(source).name + " ends in the middle of a statement");
  }
  return parsed.errors.empty() && !parsed.incomplete;
}

/// The files that were named, and those of folders that were.
std::vector<std::string> named_files(const Request& request) {
  std::vector<std::string> files;
  for (const std::string& path : request.rest) {
    if (path == "-" || !is_folder(path)) {
      files.push_back(path);
      continue;
    }
    const std::vector<std::string> below = programs_below(path);
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

int check(const Request& request) {
  int status = 0;
  for (const std::string& path : named_files(request)) {
    FileText file = read_file(path);
    if (!file.error.empty()) return cannot_read(path, file.error);
    driver::Options options = options_of(request);
    options.out = [](std::string_view) {};
    driver::Session session(std::move(options));
    driver::Outcome outcome;
    {
      const Running running(session);
      outcome = session.check(source_name(path), std::move(file.text));
    }
    show(session, outcome);
    if (outcome.interrupted) return kInterruptedStatus;
    if (outcome.incomplete && outcome.errors.empty()) {
      complain(source_name(path) + " ends in the middle of a statement");
    }
    if (!outcome.ok() || outcome.incomplete) status = 1;
  }
  return status;
}

int format_file(const Request& request, const std::string& path) {
  FileText file = read_file(path);
  if (!file.error.empty()) return cannot_read(path, file.error);
  base::Sources sources;
  const uint32_t source = sources.add(source_name(path), file.text);
  if (!parses(sources, source)) return 1;
  const std::string formatted = syntax::format(sources, source);
  if (request.only_check) {
    if (formatted == file.text) return 0;
    std::fprintf(stderr, "%s would change\n", source_name(path).c_str());
    return 1;
  }
  if (path == "-") {
    write_out(formatted);
    return 0;
  }
  if (formatted == file.text) return 0;
  const std::string error = write_file(path, formatted);
  if (error.empty()) return 0;
  complain("cannot write `" + path + "`: " + error);
  return 1;
}

int format_files(const Request& request) {
  int status = 0;
  for (const std::string& path : named_files(request)) {
    status = std::max(status, format_file(request, path));
  }
  return status;
}

bool is_path(const std::string& word) {
  return word.ends_with(".calc") || word.find('/') != std::string::npos;
}

bool show_function(const driver::Outline& file, const std::string& name) {
  std::vector<std::string> names;
  for (const driver::Outlined& function : file.functions) {
    names.push_back(function.name);
    if (function.name != name) continue;
    write_out(function.signature + "\n" + function.documentation + "\n");
    return true;
  }
  const std::string near = base::nearest(name, names);
  complain("the file has no function `" + name + "`",
           near.empty() ? "" : "did you mean `" + near + "`?");
  return false;
}

/// Files tell what they offer; a name after a file is one of its functions.
int document(const Request& request) {
  const driver::Session session(options_of(request));
  std::optional<driver::Outline> file;
  int status = 0;
  for (size_t k = 0; k < request.rest.size(); ++k) {
    const std::string& name = request.rest[k];
    if (!is_path(name)) {
      const bool known = file ? show_function(*file, name) : show_documentation(session, name);
      if (!known) status = 1;
      continue;
    }
    FileText text = read_file(name);
    if (!text.error.empty()) return cannot_read(name, text.error);
    file = driver::outline_of(source_name(name), std::move(text.text));
    const bool alone = k + 1 == request.rest.size() || is_path(request.rest[k + 1]);
    if (alone) write_out(driver::overview(*file));
  }
  return status;
}

int act(const Request& request) {
  switch (request.action) {
    case Action::Help:
      write_out(help_text());
      return 0;
    case Action::Version:
      write_out(std::string(kVersion) + "\n");
      return 0;
    case Action::Prompt:
      return prompt(options_of(request));
    case Action::Text:
      return run_text(request, "<command line>", request.text);
    case Action::Script:
      return run_script(request);
    case Action::Check:
      return check(request);
    case Action::Test:
      return test(request, options_of(request));
    case Action::Format:
      return format_files(request);
    case Action::Document:
      return document(request);
  }
  return 0;
}

}  // namespace

int run(const Request& request) {
  if (request.json_errors) report_as_json();
  if (!request.error.empty()) return usage(request.error);
  take_interrupts(false);
  // Nobody reads on: end in silence, even where the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  return finish(act(request));
}

}  // namespace calc::repl
