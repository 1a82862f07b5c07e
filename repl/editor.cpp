#include "repl/editor.h"

#include <algorithm>

#include "lang/base/utf8.h"
#include "repl/layout.h"

namespace calc::repl {
namespace {

std::string moved(size_t count, char direction) {
  return count == 0 ? "" : "\x1b[" + std::to_string(count) + direction;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \n") == std::string_view::npos;
}

}  // namespace

Editor::End Editor::read(std::string& text) {
  const Terminal::Raw raw;
  buffer_.clear();
  at_ = history_.size();
  rows_above_ = 0;
  draw();
  while (true) {
    const Key key = read_key([this](int wait_ms) { return terminal_.next(wait_ms); });
    switch (take(key)) {
      case Step::Go:
        // A burst of bytes is drawn once.
        if (!terminal_.pending()) draw();
        continue;
      case Step::Entry:
        text = buffer_.text();
        leave_block("");
        remember(text);
        return End::Entry;
      case Step::GivenUp:
        leave_block(key.kind == KeyKind::Interrupt ? "^C" : "");
        return End::GivenUp;
      case Step::EndOfInput:
        leave_block("");
        return End::EndOfInput;
    }
  }
}

Editor::Step Editor::take(const Key& key) {
  switch (key.kind) {
    case KeyKind::Text:
    case KeyKind::Paste:
      buffer_.insert(key.text);
      return Step::Go;
    case KeyKind::Control:
      return control(key.letter);
    case KeyKind::Enter:
      return enter();
    case KeyKind::NewLine:
      buffer_.insert("\n");
      return Step::Go;
    case KeyKind::Tab:
      complete();
      return Step::Go;
    case KeyKind::Interrupt:
      return Step::GivenUp;
    case KeyKind::EndOfInput:
      return Step::EndOfInput;
    default:
      move(key.kind);
      return Step::Go;
  }
}

void Editor::move(KeyKind kind) {
  switch (kind) {
    case KeyKind::Backspace:
      return buffer_.erase_before();
    case KeyKind::Delete:
      return buffer_.erase_after();
    case KeyKind::Left:
      return buffer_.left();
    case KeyKind::Right:
      return buffer_.right();
    case KeyKind::Up:
      return older();
    case KeyKind::Down:
      return newer();
    case KeyKind::Home:
      return buffer_.home();
    case KeyKind::End:
      return buffer_.end();
    case KeyKind::WordLeft:
      return buffer_.word_left();
    case KeyKind::WordRight:
      return buffer_.word_right();
    case KeyKind::KillWordBefore:
      return buffer_.kill_word_before();
    case KeyKind::KillWordAfter:
      return buffer_.kill_word_after();
    default:
      return;
  }
}

Editor::Step Editor::control(char letter) {
  switch (letter) {
    case 'a':
      buffer_.home();
      break;
    case 'b':
      buffer_.left();
      break;
    case 'd':
      if (buffer_.text().empty()) return Step::EndOfInput;
      buffer_.erase_after();
      break;
    case 'e':
      buffer_.end();
      break;
    case 'f':
      buffer_.right();
      break;
    case 'k':
      buffer_.kill_to_end();
      break;
    case 'l':
      terminal_.write("\x1b[H\x1b[2J");
      rows_above_ = 0;
      break;
    case 'n':
      newer();
      break;
    case 'p':
      older();
      break;
    case 'u':
      buffer_.kill_to_begin();
      break;
    case 'w':
      buffer_.kill_word_before();
      break;
    case 'y':
      buffer_.yank();
      break;
    case 'z':
      terminal_.suspend();
      rows_above_ = 0;
      break;
    default:
      break;
  }
  return Step::Go;
}

Editor::Step Editor::enter() {
  const std::string& text = buffer_.text();
  if (is_blank(text)) return Step::Entry;
  const bool command = text[0] == ':' || text[0] == '?';
  if (command || !hooks_.incomplete(text)) return Step::Entry;
  const bool at_end = buffer_.cursor() == text.size();
  if (at_end && is_blank(buffer_.line())) return Step::GivenUp;
  buffer_.insert("\n");
  return Step::Go;
}

// ---- history -----------------------------------------------------------------------------------

void Editor::older() {
  if (!buffer_.up() && at_ > 0) recall(at_ - 1);
}

void Editor::newer() {
  if (!buffer_.down() && at_ < history_.size()) recall(at_ + 1);
}

void Editor::recall(size_t at) {
  if (at_ == history_.size()) draft_ = buffer_.text();
  at_ = at;
  buffer_.set(at == history_.size() ? draft_ : history_[at]);
}

void Editor::remember(const std::string& text) {
  if (is_blank(text) || (!history_.empty() && history_.back() == text)) return;
  history_.push_back(text);
}

// ---- completion --------------------------------------------------------------------------------

void Editor::complete() {
  const std::string_view before(buffer_.text().data(), buffer_.cursor());
  const Completion completion = hooks_.complete(before);
  if (!completion.text.empty()) buffer_.replace_before(completion.replaces, completion.text);
  if (!completion.choices.empty()) list(completion.choices);
}

/// In columns, below the entry, which is then drawn anew.
void Editor::list(const std::vector<std::string>& choices) {
  constexpr size_t kMost = 200;
  int widest = 0;
  for (const std::string& choice : choices) widest = std::max(widest, base::text_width(choice));
  const int columns = std::max(1, terminal_.size().columns / (widest + 2));
  leave_block("");
  std::string text;
  for (size_t k = 0; k < std::min(choices.size(), kMost); ++k) {
    const bool last = (static_cast<int>(k) + 1) % columns == 0 || k + 1 == choices.size();
    const auto blanks = static_cast<size_t>(widest + 2 - base::text_width(choices[k]));
    text += choices[k] + (last ? "\n" : std::string(blanks, ' '));
  }
  if (choices.size() > kMost) {
    text += "\n… and " + std::to_string(choices.size() - kMost) + " more\n";
  }
  terminal_.write(text);
}

// ---- the screen --------------------------------------------------------------------------------

/// Draws the entry over what was drawn last. Of one that is taller than the screen, the part around
/// the cursor.
void Editor::draw() {
  const Terminal::Size size = terminal_.size();
  const Layout layout = lay_out(buffer_.text(), buffer_.cursor(), size.columns);
  const auto most = static_cast<size_t>(size.rows);
  size_t first = 0;
  if (layout.rows.size() > most && layout.cursor_row >= most) first = layout.cursor_row - most + 1;
  const size_t last = std::min(layout.rows.size(), first + most);
  std::string out = moved(rows_above_, 'A') + "\r\x1b[J";
  for (size_t row = first; row < last; ++row) {
    out += (row == first ? "" : "\r\n") + layout.rows[row];
  }
  out += moved(last - 1 - layout.cursor_row, 'A') + "\r";
  out += moved(static_cast<size_t>(layout.cursor_column), 'C');
  rows_above_ = layout.cursor_row - first;
  terminal_.write(out);
}

/// The cursor goes below the entry, after a mark at its end.
void Editor::leave_block(const char* mark) {
  const size_t cursor = buffer_.text().size();
  const Layout layout = lay_out(buffer_.text(), buffer_.cursor(), terminal_.size().columns);
  const Layout whole = lay_out(buffer_.text(), cursor, terminal_.size().columns);
  draw();
  const size_t down = whole.cursor_row - std::min(whole.cursor_row, layout.cursor_row);
  std::string out = moved(down, 'B') + "\r";
  out += moved(static_cast<size_t>(whole.cursor_column), 'C') + mark + "\n";
  terminal_.write(out);
  rows_above_ = 0;
}

}  // namespace calc::repl
