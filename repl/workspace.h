#pragma once
// What the commands of the prompt act on: the session, and the entries that made it what it is.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lang/driver/session.h"
#include "repl/interrupt.h"

namespace calc::repl {

class Workspace {
 public:
  explicit Workspace(const driver::Options& options);

  driver::Session& session() { return *session_; }
  /// Program text: carried out whole or not at all. Shows its errors.
  bool enter(const std::string& name, const std::string& text);
  /// The same for a text that is not kept as an entry; `run` runs it on the session.
  template <typename Run>
  bool attempt(Run run) {
    driver::Outcome outcome;
    {
      const Running running(*session_);
      outcome = run(*session_);
    }
    return shown(outcome);
  }
  /// The next entry's name in errors: `<3>`.
  std::string next_name() { return "<" + std::to_string(++entries_) + ">"; }

  void reset();
  /// The entries that succeeded, as a script.
  std::string script() const;
  /// Files of this session, which `:save` may replace.
  std::set<std::string>& files() { return files_; }
  bool quits = false;

 private:
  bool shown(const driver::Outcome& outcome);

  driver::Options options_;
  std::unique_ptr<driver::Session> session_;
  std::vector<std::string> done_;
  std::set<std::string> files_;
  int entries_ = 0;
};

}  // namespace calc::repl
