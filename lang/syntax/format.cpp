#include "lang/syntax/format.h"

#include <algorithm>
#include <string_view>

#include "lang/base/utf8.h"
#include "lang/syntax/parser_impl.h"
#include "lang/syntax/spacing.h"

namespace calc::syntax {

namespace {

constexpr int kStep = 2;

/// An open bracket: where the lines inside it begin, and a line that begins with its end.
struct Open {
  int content;
  int end;
};

struct Line {
  int indent = 0;
  std::string code;
  std::string comment;
  bool blank_before = false;
};

class Formatter {
 public:
  Formatter(std::string_view text, const Tokens& tokens) : text_(text), tokens_(tokens) {}
  std::string run();

 private:
  void token(const Token& token);
  void comment(const Comment& comment);
  void begin_line(const Token* first, uint32_t begin);
  int indent_of(const Token* first) const;
  void track(const Token& token, bool last_on_line);
  bool blank_before(const Token& token) const;
  bool keeps_tight(const Token& op) const;
  Role brace_role(const Token& token) const;
  bool ends_line(const Token& token) const;
  int column() const { return lines_.back().indent + base::text_width(lines_.back().code); }
  void align_comments();
  std::string joined() const;
  std::string_view slice(Span span) const {
    return text_.substr(span.begin, span.end - span.begin);
  }
  const Token& after(const Token& token) const { return *(&token + 1); }

  std::string_view text_;
  const Tokens& tokens_;
  std::vector<Line> lines_;
  std::vector<Open> open_;
  const Token* previous_ = nullptr;
  /// The end of what was written last, in the text.
  uint32_t end_ = 0;
};

std::string Formatter::run() {
  auto comment_at = tokens_.comments.begin();
  const auto comments_before = [&](uint32_t begin) {
    for (; comment_at != tokens_.comments.end() && comment_at->span.begin < begin; ++comment_at) {
      comment(*comment_at);
    }
  };
  for (const Token& next : tokens_.list) {
    if (next.kind == TokenKind::Newline || next.kind == TokenKind::End) continue;
    comments_before(next.span.begin);
    token(next);
  }
  comments_before(UINT32_MAX);
  align_comments();
  return joined();
}

// ---- lines -------------------------------------------------------------------------------------

/// `first` is null for a comment on its own line.
void Formatter::begin_line(const Token* first, uint32_t begin) {
  Line line;
  const std::string_view gap = text_.substr(end_, begin - end_);
  const bool opened = previous_ && is_opener(previous_->kind) && lines_.back().comment.empty();
  const bool closes = first && is_closer(first->kind);
  line.blank_before = std::count(gap.begin(), gap.end(), '\n') > 1 && !opened && !closes;
  line.blank_before = line.blank_before && !lines_.empty();
  line.indent = indent_of(first);
  lines_.push_back(std::move(line));
}

int Formatter::indent_of(const Token* first) const {
  if (first && is_closer(first->kind) && !open_.empty()) return open_.back().end;
  const int base = open_.empty() ? 0 : open_.back().content;
  const bool joins = first && (first->kind == TokenKind::Pipe || first->kind == TokenKind::Point);
  const bool operand = previous_ && continues_line(previous_->kind) &&
                       !is_opener(previous_->kind) && previous_->kind != TokenKind::Comma &&
                       previous_->kind != TokenKind::Semicolon;
  return first && (joins || operand) ? base + kStep : base;
}

void Formatter::comment(const Comment& comment) {
  std::string text(slice(comment.span));
  while (text.ends_with(' ') || text.ends_with('\t') || text.ends_with('\r')) text.pop_back();
  if (comment.own_line) {
    begin_line(nullptr, comment.span.begin);
    lines_.back().code = std::move(text);
  } else {
    lines_.back().comment = std::move(text);
  }
  end_ = comment.span.end;
}

void Formatter::token(const Token& token) {
  if (lines_.empty() || text_.substr(end_, token.span.begin - end_).find('\n') != text_.npos) {
    begin_line(&token, token.span.begin);
  } else if (blank_before(token)) {
    lines_.back().code += ' ';
  }
  track(token, ends_line(token));
  lines_.back().code += slice(token.span);
  end_ = token.span.end;
  previous_ = &token;
}

bool Formatter::ends_line(const Token& token) const {
  const size_t next = text_.find_first_not_of(" \t\r", token.span.end);
  return next == std::string_view::npos || text_[next] == '\n' || text_[next] == '#';
}

/// A bracket with nothing after it on its line indents by one step; otherwise what follows stands
/// under what it opens with, as the rows of a matrix do. A block always indents by a step.
void Formatter::track(const Token& token, bool last_on_line) {
  if (is_closer(token.kind)) {
    if (!open_.empty()) open_.pop_back();
    return;
  }
  if (!is_opener(token.kind)) return;
  const int line = lines_.back().indent;
  const bool step = last_on_line || token.role == Role::Block;
  const int inside = column() + 1;
  open_.push_back(step ? Open{line + kStep, line} : Open{inside, inside - 1});
}

// ---- blanks ------------------------------------------------------------------------------------

Role Formatter::brace_role(const Token& token) const {
  const bool closer = token.kind == TokenKind::RightBrace && token.match != kNoMatch;
  return closer ? tokens_.list[token.match].role : token.role;
}

/// The writer left the blanks out on both sides.
bool Formatter::keeps_tight(const Token& op) const {
  const Token& before = *(&op - 1);
  return before.span.end == op.span.begin && op.span.end == after(op).span.begin;
}

bool Formatter::blank_before(const Token& token) const {
  if (is_arithmetic(token)) return !keeps_tight(token);
  if (is_arithmetic(*previous_)) return !keeps_tight(*previous_);
  const bool opened = previous_->kind == TokenKind::LeftBrace;
  return needs_blank({*previous_, token, brace_role(opened ? *previous_ : token),
                      previous_->span.end != token.span.begin});
}

// ---- comments at line ends ---------------------------------------------------------------------

/// In lines that follow each other they stand under each other.
void Formatter::align_comments() {
  for (size_t first = 0; first < lines_.size();) {
    size_t last = first;
    int width = 0;
    while (last < lines_.size() && !lines_[last].comment.empty() &&
           (last == first || !lines_[last].blank_before)) {
      width = std::max(width, lines_[last].indent + base::text_width(lines_[last].code));
      ++last;
    }
    for (size_t at = first; at < last; ++at) {
      const int own = lines_[at].indent + base::text_width(lines_[at].code);
      lines_[at].code +=
          std::string(static_cast<size_t>(width - own + 2), ' ') + lines_[at].comment;
    }
    first = std::max(last, first + 1);
  }
}

std::string Formatter::joined() const {
  std::string out;
  for (const Line& line : lines_) {
    if (line.blank_before) out += '\n';
    out += std::string(static_cast<size_t>(line.indent), ' ') + line.code + "\n";
  }
  return out;
}

/// A line end at the end of the text does not count.
size_t significant(const Tokens& tokens) {
  const size_t end = tokens.list.size() - 1;
  return end > 0 && tokens.list[end - 1].kind == TokenKind::Newline ? end - 1 : end;
}

bool same_tokens(const Tokens& a, const Tokens& b) {
  const auto same = [](const Token& left, const Token& right) {
    return left.kind == right.kind && left.text == right.text && left.integer == right.integer &&
           left.real == right.real;
  };
  const auto a_end = a.list.begin() + static_cast<ptrdiff_t>(significant(a));
  const auto b_end = b.list.begin() + static_cast<ptrdiff_t>(significant(b));
  return a.extras == b.extras && a.comments.size() == b.comments.size() &&
         std::equal(a.list.begin(), a_end, b.list.begin(), b_end, same);
}

}  // namespace

std::string format(const base::Sources& sources, uint32_t source) {
  const std::string& text = sources.get(source).text;
  Parser parser(sources, source);
  if (!parser.run().errors.empty()) return text;
  std::string result = Formatter(text, parser.tokens()).run();
  // A layout that meant another program would be a mistake here; the text is then left alone.
  base::Sources check;
  return same_tokens(parser.tokens(), lex(check, check.add("", result))) ? result : text;
}

}  // namespace calc::syntax
