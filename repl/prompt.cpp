#include "repl/prompt.h"

#include <cstdio>

#include "repl/colon_commands.h"
#include "repl/interrupt.h"
#include "repl/reader.h"
#include "repl/report.h"

namespace calc::repl {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// A `##` comment waits for the definition that it describes.
bool ends_in_documentation(const std::string& text) {
  const std::string_view whole = trimmed(text);
  return trimmed(whole.substr(whole.rfind('\n') + 1)).starts_with("##");
}

/// False when it failed.
bool carry_out(Workspace& workspace, const std::string& entry) {
  const std::string_view text = trimmed(entry);
  if (text.empty()) return true;
  if (text[0] == ':') return colon_command(workspace, std::string(text));
  if (text[0] == '?') {
    return show_documentation(workspace.session(), std::string(trimmed(text.substr(1))));
  }
  return workspace.enter(workspace.next_name(), entry);
}

}  // namespace

bool show_documentation(const driver::Session& session, const std::string& name) {
  const std::string text = session.documentation(name);
  if (!text.empty()) {
    write_out(text.back() == '\n' ? text : text + "\n");
    return true;
  }
  if (name.empty()) {
    complain("`?` needs a name", "`?sum` says what `sum` does");
    return false;
  }
  const std::string near = base::nearest(name, session.names());
  complain("there is no documentation of `" + name + "`",
           near.empty() ? "" : "did you mean `" + near + "`?");
  return false;
}

int prompt(const driver::Options& options) {
  const bool person = is_interactive();
  take_interrupts(person);
  Workspace workspace(options);
  Editor::Hooks hooks;
  hooks.incomplete = [&](const std::string& text) {
    return ends_in_documentation(text) || workspace.session().incomplete(text);
  };
  hooks.complete = [&](std::string_view before) {
    return complete(before, workspace.session().names(), colon_command_names());
  };
  const std::unique_ptr<Reader> reader = make_reader(std::move(hooks));
  int status = 0;
  while (!workspace.quits) {
    const std::optional<std::string> entry = reader->next();
    if (!entry) break;
    const bool fine = carry_out(workspace, *entry);
    if (!fine && !person) status = 1;
    std::fflush(stdout);
  }
  return status;
}

}  // namespace calc::repl
