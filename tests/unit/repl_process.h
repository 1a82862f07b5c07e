#pragma once
// Runs the program itself: with pipes, as a script does, or in a terminal of its own, as a person.
#include <string>
#include <sys/types.h>
#include <vector>

namespace calc::tests {

struct Result {
  /// The exit status; 128 + the signal that ended it.
  int status = -1;
  std::string out;
  std::string err;
};

/// The whole run, with `input` on standard input.
Result run_calc(const std::vector<std::string>& words, const std::string& input = "");

/// A folder for the files of one test, removed with everything in it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  /// The path of a new file with that text.
  std::string file(const std::string& name, const std::string& text) const;
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

std::string contents(const std::string& path);

/// calc in a terminal.
class Console {
 public:
  explicit Console(const std::vector<std::string>& words = {}, const std::string& kind = "xterm");
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void send(const std::string& keys);
  /// Waits until `text` has come since the last such text; false when it does not.
  bool expect(const std::string& text, int wait_ms = 10'000);
  /// Milliseconds until `text` came, or -1.
  double time_to(const std::string& text);
  /// After it ended: its exit status.
  int wait();
  /// What came since the last expected text.
  const std::string& seen() const { return seen_; }
  /// Does the terminal echo and edit lines, as shells leave it?
  bool is_cooked() const;
  pid_t process() const { return process_; }

 private:
  bool read_some(int wait_ms);
  int terminal_ = -1;
  pid_t process_ = -1;
  std::string seen_;
};

}  // namespace calc::tests
