#pragma once
// The words after `calc`, understood. Options stand before the script, what follows it is the
// script's own.
#include <string>
#include <vector>

namespace calc::repl {

enum class Action { Prompt, Script, Text, Check, Test, Format, Document, Help, Version };

struct Request {
  Action action = Action::Prompt;
  /// `-e`; several are lines of one text.
  std::string text;
  /// `--emit`, "" to run.
  std::string stage;
  std::string tier = "auto";
  bool verify = false;
  /// `fmt --check`.
  bool only_check = false;
  /// `test --filter`.
  std::string filter;
  /// `--error-format json`.
  bool json_errors = false;
  /// The script and its arguments, or the files or name a command is about.
  std::vector<std::string> rest;
  /// A sentence when the words mean nothing; all else is void then.
  std::string error;
};

Request understand(const std::vector<std::string>& words);

std::string help_text();

}  // namespace calc::repl
