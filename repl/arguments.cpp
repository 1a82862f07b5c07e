#include "repl/arguments.h"

#include <algorithm>
#include <span>

#include "lang/base/diagnostic.h"
#include "lang/driver/session.h"

namespace calc::repl {
namespace {

const std::vector<std::string>& option_names() {
  static const std::vector<std::string> names = {"--emit",    "--tier", "--verify",
                                                 "--version", "--help", "-e"};
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
    } else if (name == "-e" || name == "--emit" || name == "--tier") {
      valued(name, joined ? word.substr(equals + 1) : next(name));
    } else {
      request_.error = unknown_option(name, option_names());
    }
  }

  std::string next(const std::string& name) {
    if (at_ < words_.size()) return words_[at_++];
    request_.error = "`" + name + "` needs " +
                     (name == "-e"       ? "a text"
                      : name == "--tier" ? "a tier"
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
    } else {
      request_.tier = value;
      if (value != "auto" && value != "evaluate" && value != "compile") {
        request_.error = "there is no tier `" + value + "`; there are auto, evaluate and compile";
      }
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
    if (!forced && (first == "check" || first == "fmt" || first == "doc")) return command(first);
    if (!forced && first == "test") {
      request_.error = "`calc test` is not there yet";
      return;
    }
    request_.action = Action::Script;
  }

  void command(const std::string name) {
    request_.action = name == "check" ? Action::Check
                      : name == "fmt" ? Action::Format
                                      : Action::Document;
    std::vector<std::string> rest;
    for (size_t k = 1; k < request_.rest.size(); ++k) {
      const std::string& word = request_.rest[k];
      if (!is_option(word)) {
        rest.push_back(word);
      } else if (name == "fmt" && word == "--check") {
        request_.only_check = true;
      } else {
        request_.error = unknown_option(
            word, name == "fmt" ? std::vector<std::string>{"--check"} : std::vector<std::string>{});
      }
    }
    request_.rest = std::move(rest);
    if (request_.error.empty() && request_.rest.empty()) {
      request_.error = "`calc " + name + "` needs " + (name == "doc" ? "a name" : "a file");
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
      "  calc check FILE...      find errors of syntax, run nothing\n"
      "  calc fmt FILE...        lay files out anew, in place; `-` from input to output\n"
      "  calc fmt --check FILE... only say which files would change\n"
      "  calc doc NAME           what a function does\n"
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
         "  --verify                check the intermediate code after every pass\n"
         "  --version, --help       this and that\n"
         "\n"
         "Results go to standard output, all else to standard error.\n"
         "Exit status: 0 fine, 1 the program failed, 2 wrong usage, 130 interrupted by Ctrl-C\n"
         "(a second Ctrl-C ends a script at once).\n";
}

}  // namespace calc::repl
