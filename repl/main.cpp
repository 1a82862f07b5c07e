// The command line. Results go to stdout, everything else to stderr; exit status 0 fine, 1 the
// program failed, 2 wrong usage (language.md, section 8).
#include <CLI/CLI.hpp>
#include <cstdio>

#include "repl/big_stack.h"
#include "repl/commands.h"

namespace {

constexpr const char* kVersion = "calc 0.1.0";

int wrong_usage(CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::fprintf(stderr, "calc: %s\nTry 'calc --help'.\n", error.what());
  return 2;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{"calc: a small language in which derivatives are operators"};
  app.set_version_flag("--version", kVersion);
  app.prefix_command();
  calc::repl::Request request;
  std::string expression;
  auto* e = app.add_option("-e", expression, "run the text and show its value");
  app.add_option("--emit", request.stage,
                 "show a stage of each expression: " + calc::repl::stage_names());
  app.add_option("--tier", request.tier, "evaluate, compile or auto (the default)")
      ->check(CLI::IsMember({"auto", "evaluate", "compile"}));
  app.add_flag("--verify", request.verify, "check the intermediate code after every pass");
  app.footer(
      "calc               the prompt\n"
      "calc FILE [ARGS]   run a script ('-': standard input)\n"
      "calc -e EXPR       run a text");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return wrong_usage(app, error);
  }
  if (e->count() > 0) request.text = expression;
  request.rest = app.remaining();
  return calc::repl::run(request);
}

}  // namespace

int main(int argc, char** argv) {
  // Deep programs are bounded by limits of ours, which need more stack than a main thread has.
  return calc::repl::on_big_stack([&] { return parse_and_run(argc, argv); });
}
