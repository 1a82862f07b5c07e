#pragma once
// What the command line asks for, carried out.
#include <optional>
#include <string>
#include <vector>

namespace calc::repl {

struct Request {
  /// `-e`.
  std::optional<std::string> text;
  /// `--emit`.
  std::string stage;
  std::string tier = "auto";
  bool verify = false;
  /// The script and its arguments.
  std::vector<std::string> rest;
};

/// The exit status.
int run(const Request& request);

/// "core, llvm, …", for the help text.
std::string stage_names();

}  // namespace calc::repl
