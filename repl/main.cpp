// The command line. Results go to stdout, everything else to stderr; exit status 0 fine, 1 the
// program failed, 2 wrong usage (language.md, section 8).
#include <cstdio>
#include <exception>

#include "lang/base/diagnostic.h"
#include "lang/core/big_stack.h"
#include "repl/commands.h"

namespace {

int internal_error(const char* what) {
  std::fflush(stdout);
  std::fprintf(stderr,
               "calc: internal error: %s\nThis is a bug in calc: please report it with the "
               "program that shows it.\n",
               what);
  return 1;
}

int guarded(const std::vector<std::string>& words) {
  try {
    return calc::repl::run(calc::repl::understand(words));
  } catch (const calc::base::DiagnosticError& error) {
    return internal_error(error.diagnostic.message.c_str());
  } catch (const std::exception& error) {
    return internal_error(error.what());
  } catch (...) {
    return internal_error("an unknown exception");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  // Deep programs are bounded by limits of ours, which need more stack than a main thread has.
  int status = 0;
  calc::core::on_big_stack([&] { status = guarded(words); });
  return status;
}
