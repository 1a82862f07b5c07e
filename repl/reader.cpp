#include "repl/reader.h"

#include <cstdio>
#include <unistd.h>

#include "repl/interrupt.h"
#include "repl/layout.h"

namespace calc::repl {
namespace {

class EditedLines : public Reader {
 public:
  explicit EditedLines(Editor::Hooks hooks) : editor_(std::move(hooks)) {}

  std::optional<std::string> next() override {
    std::string text;
    while (true) {
      switch (editor_.read(text)) {
        case Editor::End::Entry:
          return text;
        case Editor::End::GivenUp:
          continue;
        case Editor::End::EndOfInput:
          return std::nullopt;
      }
    }
  }

 private:
  Editor editor_;
};

/// Does the line go on with the statement before it, which looked whole?
bool continues(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  line.remove_prefix(begin);
  if (line.starts_with("|>")) return true;
  if (line.starts_with("else")) return line.size() == 4 || line[4] == ' ' || line[4] == '{';
  return line.size() > 1 && line[0] == '.' && line[1] != '.' && (line[1] < '0' || line[1] > '9');
}

class PlainLines : public Reader {
 public:
  PlainLines(Editor::Hooks hooks, bool prompts) : hooks_(std::move(hooks)), prompts_(prompts) {}

  std::optional<std::string> next() override {
    std::string text;
    while (true) {
      ask(text.empty() ? kPrompt : kContinuation);
      Byte end;
      const std::string line = read_line(end);
      if (end.kind == ByteKind::Interrupted) {
        std::fputs("\n", stdout);
        text.clear();
        continue;
      }
      const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
      if (prompts_ && !text.empty() && blank) {
        text.clear();
        continue;
      }
      text += line;
      if (end.kind == ByteKind::End) return text.empty() ? std::nullopt : std::optional(text);
      text += '\n';
      if (whole(text)) return text;
    }
  }

 private:
  void ask(std::string_view prompt) {
    std::fflush(stdout);
    if (!prompts_) return;
    std::fputs(std::string(prompt).c_str(), stdout);
    std::fflush(stdout);
  }

  bool whole(const std::string& text) {
    if (text[0] == ':' || text[0] == '?') return true;
    if (hooks_.incomplete(text)) return false;
    return prompts_ || !continues(peeked());
  }

  /// The next line as far as it has come already: somebody may wait for an answer before sending
  /// it.
  std::string peeked() {
    if (at_ == unread_.size() && terminal_.pending()) fill();
    const size_t end = unread_.find('\n', at_);
    return unread_.substr(at_, end == std::string::npos ? end : end - at_);
  }

  Byte fill() {
    const Byte first = terminal_.next(-1);
    if (first.kind != ByteKind::Byte) return first;
    unread_.assign(1, first.value);
    at_ = 0;
    while (terminal_.buffered()) unread_ += terminal_.next(0).value;
    return first;
  }

  /// Up to the line end; `end` says what ended it.
  std::string read_line(Byte& end) {
    std::string line;
    while (true) {
      if (at_ == unread_.size()) {
        end = fill();
        if (end.kind != ByteKind::Byte) return line;
      }
      const size_t newline = unread_.find('\n', at_);
      line.append(unread_, at_, newline == std::string::npos ? newline : newline - at_);
      at_ = newline == std::string::npos ? unread_.size() : newline + 1;
      if (newline != std::string::npos) return line;
    }
  }

  Editor::Hooks hooks_;
  bool prompts_;
  Terminal terminal_;
  std::string unread_;
  size_t at_ = 0;
};

}  // namespace

bool is_interactive() { return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0; }

std::unique_ptr<Reader> make_reader(Editor::Hooks hooks) {
  if (Terminal::usable()) return std::make_unique<EditedLines>(std::move(hooks));
  return std::make_unique<PlainLines>(std::move(hooks), is_interactive());
}

}  // namespace calc::repl
