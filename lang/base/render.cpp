// The one renderer of diagnostics. A diagnostic becomes marks (the primary span, then the labels);
// marks are grouped by text and by line, and each line is shown once with its underlines below.
#include <algorithm>
#include <map>

#include "lang/base/diagnostic.h"
#include "lang/base/utf8.h"

namespace calc::base {

namespace {

/// Longer source lines are cut to a window around what is marked.
constexpr int kMaxColumns = 120;
constexpr int kColumnsBefore = 50;

struct Mark {
  Span span;
  std::string_view text;
  bool primary;
};

/// The text of a line as a terminal shows it: tabs as four spaces, nothing that controls it.
std::string displayed(std::string_view line) {
  std::string out;
  for (size_t at = 0; at < line.size();) {
    const Decoded next = decode(line, at);
    const size_t length = std::max<uint32_t>(next.length, 1);
    const bool control = next.code < 0x20 || (next.code >= 0x7F && next.code < 0xA0);
    if (next.code == '\t') {
      out += "    ";
    } else if (next.code != '\r') {
      out += next.length == 0 || control ? std::string("\uFFFD")
                                         : std::string(line.substr(at, length));
    }
    at += length;
  }
  return out;
}

int width_of(std::string_view line) { return text_width(displayed(line)); }

/// The part of `line` between two columns.
std::string window(const std::string& line, int begin, int end) {
  std::string out;
  int column = 0;
  for (size_t at = 0; at < line.size();) {
    const Decoded next = decode(line, at);
    const size_t length = std::max<uint32_t>(next.length, 1);
    if (column >= begin && column < end) out += line.substr(at, length);
    column += column_width(next.code);
    at += length;
  }
  return out;
}

class Renderer {
 public:
  Renderer(const Sources& sources, bool color) : sources_(sources), color_(color) {}
  std::string run(const Diagnostic& diagnostic);

 private:
  static constexpr const char* kRed = "1;31";
  static constexpr const char* kYellow = "1;33";
  static constexpr const char* kBlue = "1;34";
  static constexpr const char* kCyan = "1;36";
  static constexpr const char* kBold = "1";

  std::string paint(const char* code, std::string_view text) const;
  std::string place(Span span) const;
  std::string_view line_text(const Source& source, uint32_t line) const;
  void header(const Diagnostic& diagnostic);
  void snippet(const std::vector<Mark>& marks, bool first);
  void source_line(const std::vector<Mark>& marks, uint32_t line);
  struct Drawn {
    int begin;
    int end;
    Mark mark;
  };
  Drawn drawn(const Mark& mark, std::string_view line, uint32_t begin, int shift) const;
  void underline(std::vector<Drawn> row);
  void hang(const std::vector<Drawn>& row, std::string_view text);
  void begin_row();
  void footer(std::string_view title, std::string_view text);

  const Sources& sources_;
  bool color_;
  const char* accent_ = kRed;
  size_t gutter_ = 1;
  std::string out_;
};

std::string Renderer::paint(const char* code, std::string_view text) const {
  if (!color_ || text.empty()) return std::string(text);
  return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

std::string Renderer::place(Span span) const {
  const LineColumn at = sources_.position(span.source, span.begin);
  return sources_.get(span.source).name + ":" + std::to_string(at.line) + ":" +
         std::to_string(at.column);
}

std::string_view Renderer::line_text(const Source& source, uint32_t line) const {
  const uint32_t begin = source.lines[line - 1];
  const bool last = line == source.lines.size();
  const size_t end = last ? source.text.size() : source.lines[line] - 1;
  return std::string_view(source.text).substr(begin, end - begin);
}

void Renderer::header(const Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == Severity::Error;
  accent_ = error ? kRed : kYellow;
  out_ += paint(accent_, error ? "error:" : "warning:");
  out_ += " " + paint(kBold, diagnostic.message) + "\n";
}

/// The columns of a mark, relative to the window.
Renderer::Drawn Renderer::drawn(const Mark& mark, std::string_view line, uint32_t begin,
                                int shift) const {
  const size_t from = std::min<size_t>(mark.span.begin - begin, line.size());
  const size_t to = std::clamp<size_t>(mark.span.end - begin, from, line.size());
  const int start = std::max(0, width_of(line.substr(0, from)) - shift);
  const int length = std::max(1, width_of(line.substr(from, to - from)));
  return {start, start + std::clamp(kMaxColumns - start, 1, length), mark};
}

/// One row of underlines that do not overlap. The last has its text beside it, the texts of the
/// others hang below, the right ones higher. See Note [Hanging texts].
void Renderer::underline(std::vector<Drawn> row) {
  std::sort(row.begin(), row.end(),
            [](const Drawn& a, const Drawn& b) { return a.begin < b.begin; });
  int column = 0;
  begin_row();
  for (const Drawn& mark : row) {
    out_ += std::string(static_cast<size_t>(mark.begin - column), ' ');
    const std::string carets(static_cast<size_t>(mark.end - mark.begin),
                             mark.mark.primary ? '^' : '-');
    const bool beside = &mark == &row.back() && !mark.mark.text.empty();
    const std::string text = beside ? " " + std::string(mark.mark.text) : "";
    out_ += paint(mark.mark.primary ? accent_ : kBlue, carets + text);
    column = mark.end;
  }
  out_ += "\n";
  row.pop_back();
  std::erase_if(row, [](const Drawn& mark) { return mark.mark.text.empty(); });
  if (!row.empty()) hang(row, "|");
  for (; !row.empty(); row.pop_back()) hang(row, row.back().mark.text);
}

/// Bars under all but the last, which has `text` under it.
void Renderer::hang(const std::vector<Drawn>& row, std::string_view text) {
  int column = 0;
  begin_row();
  for (const Drawn& mark : row) {
    const bool last = &mark == &row.back();
    out_ += std::string(static_cast<size_t>(mark.begin - column), ' ');
    out_ += paint(mark.mark.primary ? accent_ : kBlue, last ? text : "|");
    column = mark.begin + 1;
  }
  out_ += "\n";
}

void Renderer::begin_row() { out_ += std::string(gutter_ + 2, ' ') + paint(kBlue, "|") + " "; }

void Renderer::source_line(const std::vector<Mark>& marks, uint32_t line) {
  const Source& source = sources_.get(marks.front().span.source);
  const std::string_view text = line_text(source, line);
  const uint32_t begin = source.lines[line - 1];
  std::string shown = displayed(text);
  const int width = text_width(shown);
  int shift = 0;
  if (width > kMaxColumns) {
    const size_t from = std::min<size_t>(marks.front().span.begin - begin, text.size());
    shift = std::max(0, width_of(text.substr(0, from)) - kColumnsBefore);
    const bool cut = width - shift > kMaxColumns;
    shown = window(shown, shift, shift + kMaxColumns) + (cut ? "…" : "");
  }
  const std::string number = std::to_string(line);
  out_ += " " + std::string(gutter_ - number.size(), ' ') + paint(kBlue, number + " |");
  out_ += shown.empty() ? "\n" : " " + shown + "\n";
  std::vector<Drawn> waiting;
  for (const Mark& mark : marks) waiting.push_back(drawn(mark, text, begin, shift));
  while (!waiting.empty()) {
    std::vector<Drawn> row, later;
    for (const Drawn& mark : waiting) {
      const bool overlaps = std::any_of(row.begin(), row.end(), [&](const Drawn& other) {
        return mark.begin < other.end && other.begin < mark.end;
      });
      (overlaps ? later : row).push_back(mark);
    }
    underline(std::move(row));
    waiting = std::move(later);
  }
}

/// All marks lie in one text; the first decides the position that is named.
void Renderer::snippet(const std::vector<Mark>& marks, bool first) {
  out_ += std::string(gutter_ + 1, ' ') + paint(kBlue, first ? "-->" : ":::");
  out_ += " " + place(marks.front().span) + "\n";
  out_ += std::string(gutter_ + 2, ' ') + paint(kBlue, "|") + "\n";
  std::map<uint32_t, std::vector<Mark>> by_line;
  for (const Mark& mark : marks) {
    by_line[sources_.position(mark.span.source, mark.span.begin).line].push_back(mark);
  }
  uint32_t previous = 0;
  for (const auto& [line, in_line] : by_line) {
    if (previous != 0 && line > previous + 1) out_ += paint(kBlue, "...") + "\n";
    source_line(in_line, line);
    previous = line;
  }
}

void Renderer::footer(std::string_view title, std::string_view text) {
  out_ += std::string(gutter_ + 2, ' ') + paint(kBlue, "=") + " ";
  out_ += paint(kCyan, title) + std::string(text) + "\n";
}

std::string Renderer::run(const Diagnostic& diagnostic) {
  header(diagnostic);
  std::vector<Mark> marks;
  if (diagnostic.span.known()) marks.push_back({diagnostic.span, diagnostic.note, true});
  for (const Label& label : diagnostic.labels) {
    if (label.span.known()) marks.push_back({label.span, label.text, false});
  }
  for (const Mark& mark : marks) {
    const uint32_t line = sources_.position(mark.span.source, mark.span.begin).line;
    gutter_ = std::max(gutter_, std::to_string(line).size());
  }
  for (bool first = true; !marks.empty(); first = false) {
    const uint32_t source = marks.front().span.source;
    std::vector<Mark> here, elsewhere;
    for (const Mark& mark : marks) (mark.span.source == source ? here : elsewhere).push_back(mark);
    snippet(here, first);
    marks = std::move(elsewhere);
  }
  // Without a snippet the note has no carets to stand under.
  if (!diagnostic.span.known() && !diagnostic.note.empty()) footer("", diagnostic.note);
  if (!diagnostic.hint.empty()) footer("hint: ", diagnostic.hint);
  for (const Frame& frame : diagnostic.frames) {
    const std::string from = frame.call.known() ? ", called from " + place(frame.call) : "";
    footer("", "in `" + frame.function + "`" + from);
  }
  return std::move(out_);
}

// Note [Hanging texts]
//
//     A * x + f(b)
//     -   -   ---- Real[2]
//     |   |
//     |   Int[3]
//     Int[2, 2]
//
// Marks that overlap those of a row make a row of their own below it: the operands of an expression
// that is underlined as a whole.

}  // namespace

std::string render(const Sources& sources, const Diagnostic& diagnostic, bool color) {
  return Renderer(sources, color).run(diagnostic);
}

}  // namespace calc::base
