#include "repl/colon_commands.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <unistd.h>

#include "repl/files.h"
#include "repl/report.h"

namespace calc::repl {
namespace {

using Clock = std::chrono::steady_clock;

struct Command {
  std::string_view name;
  /// What must follow; "" for nothing.
  std::string_view argument;
  std::string_view help;
  bool (*action)(Workspace&, const std::string&);
};

const std::vector<Command>& table();

bool help(Workspace&, const std::string&) {
  std::string text =
      "Type a statement or an expression; it may go over several lines, an empty line or Ctrl-C\n"
      "gives it up. A `;` at the end keeps its value from being shown.\n\n";
  const auto row = [&](std::string left, std::string_view right) {
    left.resize(std::max<size_t>(left.size(), 20), ' ');
    text += "  " + left + std::string(right) + "\n";
  };
  row("?name", "what a function does");
  for (const Command& command : table()) {
    row(":" + std::string(command.name) + " " + std::string(command.argument), command.help);
  }
  row("\\alpha<tab>", "writes α; so \\nabla ∇, \\partial ∂, \\sqrt √, \\pi π, \\in ∈ and others");
  row("<tab>", "completes a name");
  row("Ctrl-C, Ctrl-D", "stops what runs or clears the line; ends calc");
  write_out(text);
  return true;
}

bool show_type(Workspace& workspace, const std::string& text) {
  return workspace.attempt([&](driver::Session& s) { return s.type_of(text); });
}

bool show_time(Workspace& workspace, const std::string& text) {
  const auto begin = Clock::now();
  const bool fine = workspace.enter(workspace.next_name(), text);
  const double all = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  if (!fine) return false;
  const driver::Session& session = workspace.session();
  char line[120];
  std::snprintf(line, sizeof line, "%.3g ms: %.3g ms compiling, %.3g ms running\n", all,
                session.compile_ms(), session.run_ms());
  write_out(line);
  return true;
}

template <const char* stage>
bool show_stage(Workspace& workspace, const std::string& text) {
  return workspace.attempt(
      [&](driver::Session& s) { return s.emit(stage, workspace.next_name(), text); });
}
constexpr char kCore[] = "core";
constexpr char kLlvm[] = "llvm";
constexpr char kAssembly[] = "asm";

bool show_variables(Workspace& workspace, const std::string&) {
  for (const auto& [name, value] : workspace.session().variables()) {
    const bool is_function = value.starts_with(name + "(");
    write_out((is_function ? value : name + " = " + value) + "\n");
  }
  return true;
}

bool load(Workspace& workspace, const std::string& path) {
  const FileText file = read_file(path);
  if (!file.error.empty()) {
    complain("cannot read `" + path + "`: " + file.error);
    return false;
  }
  workspace.files().insert(path);
  return workspace.enter(path, file.text);
}

bool write(Workspace& workspace, const std::string& path) {
  const std::string error = write_file(path, workspace.script());
  if (error.empty()) {
    workspace.files().insert(path);
    return true;
  }
  complain("cannot write `" + path + "`: " + error);
  return false;
}

bool save(Workspace& workspace, const std::string& path) {
  if (workspace.files().contains(path) || ::access(path.c_str(), F_OK) != 0) {
    return write(workspace, path);
  }
  complain("`" + path + "` is there already", "`:save! " + path + "` replaces it");
  return false;
}

bool set(Workspace& workspace, const std::string& words) {
  const std::string_view rest = std::string_view(words).substr(words.find(' ') + 1);
  int digits = -1;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), digits);
  const bool number = error == std::errc() && end == rest.data() + rest.size();
  if (!words.starts_with("digits ") || !number || digits < 0 || digits > 17) {
    complain("`:set digits n` takes a number of significant digits from 1 to 17",
             "`:set digits 0` shows values as at the start");
    return false;
  }
  workspace.session().set_digits(digits);
  return true;
}

bool reset(Workspace& workspace, const std::string&) {
  workspace.reset();
  return true;
}

bool quit(Workspace& workspace, const std::string&) {
  workspace.quits = true;
  return true;
}

const std::vector<Command>& table() {
  static const std::vector<Command> commands = {
      {"help", "", "this list", help},
      {"type", "e", "the type of an expression, which is not run", show_type},
      {"time", "e", "run an entry, and say how long it took", show_time},
      {"core", "e", "the intermediate code of an expression, or of a function's calls so far",
       show_stage<kCore>},
      {"llvm", "e", "the same as LLVM IR", show_stage<kLlvm>},
      {"asm", "e", "the same as assembly", show_stage<kAssembly>},
      {"vars", "", "what you have defined", show_variables},
      {"load", "file", "run a script as one entry", load},
      {"save", "file", "write the entries that succeeded as a script", save},
      {"save!", "file", "the same over a file that is there", write},
      {"set", "digits n", "how many significant digits reals show", set},
      {"reset", "", "forget everything", reset},
      {"quit", "", "end calc", quit},
  };
  return commands;
}

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool unknown(const std::string& name) {
  const std::string near = base::nearest(":" + name, colon_command_names());
  complain("there is no command `:" + name + "`",
           near.empty() ? "`:help` lists them" : "did you mean `" + near + "`?");
  return false;
}

}  // namespace

std::vector<std::string> colon_command_names() {
  std::vector<std::string> names;
  for (const Command& command : table()) names.push_back(":" + std::string(command.name));
  return names;
}

bool colon_command(Workspace& workspace, const std::string& line) {
  const std::string words = trimmed(std::string_view(line).substr(1));
  const size_t blank = std::min(words.find_first_of(" \t\n"), words.size());
  std::string name = words.substr(0, blank);
  if (name == "q") name = "quit";
  const std::string argument = trimmed(std::string_view(words).substr(blank));
  for (const Command& command : table()) {
    if (command.name != name) continue;
    if (command.argument.empty() == argument.empty()) return command.action(workspace, argument);
    complain("`:" + name + "` " +
             (argument.empty() ? "needs more: `:" + name + " " + std::string(command.argument) + "`"
                               : "stands alone"));
    return false;
  }
  return unknown(name);
}

}  // namespace calc::repl
