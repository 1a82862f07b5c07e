#include "repl/workspace.h"

#include "repl/report.h"

namespace calc::repl {

Workspace::Workspace(const driver::Options& options)
    : options_(options), session_(std::make_unique<driver::Session>(options)) {}

bool Workspace::shown(const driver::Outcome& outcome) {
  show(*session_, outcome);
  if (outcome.incomplete && outcome.errors.empty()) {
    complain("the entry ends in the middle of a statement");
  }
  return outcome.ok() && !outcome.incomplete;
}

bool Workspace::enter(const std::string& name, const std::string& text) {
  const bool fine = attempt([&](driver::Session& s) { return s.enter(name, text); });
  if (fine) done_.push_back(text);
  return fine;
}

void Workspace::reset() {
  session_ = std::make_unique<driver::Session>(options_);
  done_.clear();
}

std::string Workspace::script() const {
  std::string text;
  for (const std::string& entry : done_) {
    text += entry;
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  return text;
}

}  // namespace calc::repl
