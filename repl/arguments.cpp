#include "repl/arguments.h"

#include <algorithm>
#include <span>

#include "lang/base/diagnostic.h"
#include "lang/driver/session.h"

namespace calc::repl {
namespace {

const std::vector<std::string>& option_names() {
  static const std::vector<std::string> names = {
      "--emit", "--tier", "--verify", "--error-format", "--version", "--help", "-e"};
  return names;
}

std::string stage_names() {
  std::string names;
  for (const driver::Stage& stage : driver::stages()) {
    names += (names.empty() ? "" : ", ") + std::string(stage.name);
  }
  return names;
}

bool is_stage(const std::string& name) {
  const auto& stages = driver::stages();
  return std::any_of(stages.begin(), stages.end(),
                     [&](const driver::Stage& s) { return s.name == name; });
}

std::string unknown_option(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = base::nearest(word, known);
  return "unknown option `" + word + "`; " +
         (near.empty() ? "`calc --help` lists them" : "did you mean `" + near + "`?");
}

class Words {
 public:
  explicit Words(std::span<const std::string> words) : words_(words) {}

  Request run() {
    while (request_.error.empty() && at_ < words_.size() && is_option(words_[at_])) {
      const std::string word = words_[at_++];
      if (word == "--") break;
      option(word);
    }
    if (!request_.error.empty() || shows_only()) return request_;
    request_.rest.assign(words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end());
    choose();
    return request_;
  }

 private:
  static bool is_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

  bool shows_only() const {
    return request_.action == Action::Help || request_.action == Action::Version;
  }

  void option(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.starts_with("--") ? word.substr(0, equals) : word;
    const bool joined = name.size() < word.size();
    if (name == "--help" || name == "-h") {
      request_.action = Action::Help;
    } else if (name == "--version") {
      request_.action = Action::Version;
    } else if (name == "--verify") {
      request_.verify = true;
    } else if (name == "-e" || name == "--emit" || name == "--tier" || name == "--error-format") {
      valued(name, joined ? word.substr(equals + 1) : next(name));
    } else {
      request_.error = unknown_option(name, option_names());
    }
  }

  std::string next(const std::string& name) {
    if (at_ < words_.size()) return words_[at_++];
    request_.error = "`" + name + "` needs " +
                     (name == "-e"               ? "a text"
                      : name == "--tier"         ? "a tier"
                      : name == "--error-format" ? "a format"
                      : name == "--filter"       ? "a text"
                                                 : "a stage");
    return "";
  }

  void valued(const std::string& name, const std::string& value) {
    if (!request_.error.empty()) return;
    if (name == "-e") {
      request_.text += request_.action == Action::Text ? "\n" + value : value;
      request_.action = Action::Text;
    } else if (name == "--emit") {
      request_.stage = value;
      if (!is_stage(value)) {
        request_.error = "there is no stage `" + value + "`; the stages are " + stage_names();
      }
    } else if (name == "--error-format") {
      error_format(value);
    } else {
      request_.tier = value;
      if (value != "auto" && value != "evaluate" && value != "compile") {
        request_.error = "there is no tier `" + value + "`; there are auto, evaluate and compile";
      }
    }
  }

  void error_format(const std::string& value) {
    request_.json_errors = value == "json";
    if (value != "json" && value != "text") {
      request_.error = "there is no error format `" + value + "`; there are text and json";
    }
  }

  void choose() {
    if (request_.action == Action::Text) return;
    if (request_.rest.empty()) {
      if (!request_.stage.empty()) request_.error = "`--emit` needs a file or `-e`";
      return;
    }
    const std::string& first = request_.rest.front();
    // After `--` a word is a file, whatever it says.
    const bool forced = at_ > 0 && words_[at_ - 1] == "--";
    const bool is_command = first == "check" || first == "fmt" || first == "doc" || first == "test";
    if (!forced && is_command) return command(first);
    request_.action = Action::Script;
  }

  /// What stands behind a command: its own options, wherever they stand, and files or names.
  void command(const std::string name) {
    request_.action = name == "check"  ? Action::Check
                      : name == "fmt"  ? Action::Format
                      : name == "test" ? Action::Test
                                       : Action::Document;
    const std::vector<std::string> words(request_.rest.begin() + 1, request_.rest.end());
    request_.rest.clear();
    words_ = words;
    bool only_files = false;
    for (at_ = 0; at_ < words_.size() && request_.error.empty();) {
      const std::string word = words_[at_++];
      if (only_files || !is_option(word)) {
        request_.rest.push_back(word);
      } else if (word == "--") {
        only_files = true;
      } else {
        command_option(name, word);
      }
    }
    words_ = {};
    if (request_.error.empty() && request_.rest.empty() && name != "test") {
      request_.error = "`calc " + name + "` needs " + (name == "doc" ? "a name" : "a file");
    }
  }

  void command_option(const std::string& command, const std::string& word) {
    std::vector<std::string> known{"--error-format"};
    if (command == "fmt") known.emplace_back("--check");
    if (command == "test") known.emplace_back("--filter");
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      request_.error = unknown_option(name, known);
    } else if (name == "--check") {
      request_.only_check = true;
    } else {
      const std::string value = equals == std::string::npos ? next(name) : word.substr(equals + 1);
      if (!request_.error.empty()) return;
      if (name == "--filter") request_.filter = value;
      if (name == "--error-format") error_format(value);
    }
  }

  std::span<const std::string> words_;
  size_t at_ = 0;
  Request request_;
};

}  // namespace

Request understand(const std::vector<std::string>& words) { return Words(words).run(); }

std::string help_text() {
  std::string text =
      "calc: a small language in which derivatives are operators\n"
      "\n"
      "  calc                    the prompt; `:help` there says more\n"
      "  calc FILE [WORD...]     run a script, `-` is standard input; `args` holds the words\n"
      "  calc -e TEXT [WORD...]  run a text; several -e are lines of one text\n"
      "  calc check PATH...      find errors in files and folders, run nothing\n"
      "  calc test [PATH...]     run the tests of files and folders (of this one without a PATH);\n"
      "                          `--filter TEXT` those whose name holds a text\n"
      "  calc fmt PATH...        lay files out anew, in place; `-` from input to output\n"
      "  calc fmt --check PATH... only say which files would change\n"
      "  calc doc NAME...        what a function or module does; of `file.calc`, what it offers\n"
      "\n"
      "Options, before the file:\n"
      "  -e TEXT                 a text to run\n"
      "  --emit STAGE            show a stage of each expression instead of its value:\n";
  for (const driver::Stage& stage : driver::stages()) {
    std::string name(stage.name);
    name.resize(8, ' ');
    text += "                            " + name + std::string(stage.doc) + "\n";
  }
  return text +
         "  --tier TIER             evaluate, compile, or auto (the default): compile what is "
         "long\n"
         "  --error-format FORMAT   text (the default) or json: an object a line on standard "
         "error\n"
         "  --verify                check the intermediate code after every pass\n"
         "  --version, --help       this and that\n"
         "\n"
         "CALC_PATH holds folders, separated by `:`, where `import name` looks for name.calc.\n"
         "Results go to standard output, all else to standard error.\n"
         "Exit status: 0 fine, 1 the program failed, 2 wrong usage, 130 interrupted by Ctrl-C\n"
         "(a second Ctrl-C ends a script at once).\n";
}

}  // namespace calc::repl
