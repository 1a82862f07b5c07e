#include "lang/syntax/lexer.h"

#include <algorithm>

#include "lang/base/utf8.h"
#include "lang/syntax/scanner.h"

namespace calc::syntax {

namespace {

bool is_blank(char32_t code) {
  return code == ' ' || code == '\t' || code == '\r' || code == 0xA0 || code == 0xFEFF ||
         (code >= 0x2000 && code <= 0x200B) || code == 0x202F || code == 0x3000;
}

bool starts_name(std::string_view text, size_t at) {
  const base::Decoded next = base::decode(text, at);
  return next.length > 0 && base::is_name_start(next.code);
}

}  // namespace

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Scanner::Scanner(const base::Sources& sources, uint32_t source, std::vector<uint32_t> unclosed)
    : text_(sources.get(source).text), source_(source), unclosed_(std::move(unclosed)) {}

char Scanner::at(uint32_t ahead) const {
  return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
}

bool Scanner::in_hole() const {
  return !open_.empty() && out_.list[open_.back()].kind == TokenKind::StringHead;
}

void Scanner::error(Span span, std::string message, std::string hint) {
  base::Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.span = span;
  diagnostic.hint = std::move(hint);
  out_.errors.push_back(std::move(diagnostic));
}

Token& Scanner::push(TokenKind kind, uint32_t begin) {
  Token token;
  token.kind = kind;
  token.span = span_from(begin);
  token.level = static_cast<uint32_t>(open_.size());
  token.after_newline = after_newline_;
  after_newline_ = false;
  attach_documentation(token);
  out_.list.push_back(std::move(token));
  return out_.list.back();
}

Tokens Scanner::run() {
  const size_t invalid = base::first_invalid(text_);
  if (invalid != std::string_view::npos) {
    const auto begin = static_cast<uint32_t>(invalid);
    error({source_, begin, begin + 1}, "this byte is not UTF-8 text");
    pos_ = static_cast<uint32_t>(text_.size());
  }
  while (pos_ < text_.size()) next();
  if (holes_ > 0) unclosed_string(pos_);
  const uint32_t end = out_.list.empty() ? 0 : out_.list.back().span.end;
  push(TokenKind::End, pos_).span = {source_, end, end};
  return std::move(out_);
}

void Scanner::next() {
  const char c = at();
  if (c == '\n') return newline();
  if (c == '#') return comment();
  if (foreign_comment()) return;
  if (is_digit(c) || (c == '.' && is_digit(at(1)))) return number();
  if (c == '"') return begin_string();
  if (c == '}' && in_hole()) return resume_string(pos_);
  if (c == ':' && in_hole()) return string_format();
  const base::Decoded next = base::decode(text_, pos_);
  if (is_blank(next.code)) {
    pos_ += next.length;
    return;
  }
  if (base::is_name_start(next.code) || next.code == 0xB5) return word();
  symbol();
}

// ---- lines -------------------------------------------------------------------------------------

void Scanner::newline() {
  if (holes_ > 0) unclosed_string(pos_);
  const uint32_t begin = pos_++;
  if (!unclosed_.empty()) give_up_brackets();
  line_start_ = pos_;
  after_newline_ = true;
  if (!open_.empty() && out_.list[open_.back()].kind != TokenKind::LeftBrace) return;
  if (out_.list.empty()) return;
  const Token& last = out_.list.back();
  if (last.kind == TokenKind::Newline || continues_line(last.kind)) return;
  if (next_line_continues()) return;
  // The carets of an error here stand right after the statement, not after a comment.
  const uint32_t end = last.span.end;
  push(TokenKind::Newline, begin).span = {source_, end, end};
  after_newline_ = true;
}

/// The next line begins a statement as far as its indentation tells.
void Scanner::give_up_brackets() {
  while (!open_.empty()) {
    const uint32_t begin = out_.list[open_.back()].span.begin;
    if (std::find(unclosed_.begin(), unclosed_.end(), begin) == unclosed_.end()) return;
    const size_t before = text_.rfind('\n', begin);
    const size_t line = before == std::string_view::npos ? 0 : before + 1;
    if (indentation(pos_) > indentation(line)) return;
    open_.pop_back();
  }
}

uint32_t Scanner::indentation(size_t line_start) const {
  const size_t first = text_.find_first_not_of(" \t", line_start);
  return static_cast<uint32_t>(std::min(first, text_.size()) - line_start);
}

bool Scanner::next_line_continues() const {
  size_t at = pos_;
  while (at < text_.size()) {
    const char c = text_[at];
    if (c == '#') {
      at = std::min(text_.find('\n', at), text_.size());
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++at;
    } else {
      break;
    }
  }
  const std::string_view rest = text_.substr(at);
  if (rest.starts_with("|>")) return true;
  if (rest.starts_with(".")) return starts_name(text_, at + 1);
  if (!rest.starts_with("else")) return false;
  return !base::is_name_part(base::decode(rest, 4).code);
}

void Scanner::comment() {
  const uint32_t begin = pos_;
  pos_ = static_cast<uint32_t>(std::min(text_.find('\n', pos_), text_.size()));
  const std::string_view before = text_.substr(line_start_, begin - line_start_);
  const bool own_line = before.find_first_not_of(" \t\r") == std::string_view::npos;
  out_.comments.push_back({span_from(begin), own_line});
  std::string_view content = text_.substr(begin, pos_ - begin);
  if (!own_line || !content.starts_with("##") || content.starts_with("###")) return;
  content.remove_prefix(2);
  if (content.starts_with(' ')) content.remove_prefix(1);
  if (content.ends_with('\r')) content.remove_suffix(1);
  const bool adjacent =
      std::count(text_.begin() + documentation_end_, text_.begin() + begin, '\n') == 1;
  if (!adjacent) documentation_.clear();
  if (!documentation_.empty()) documentation_ += '\n';
  documentation_ += content;
  documentation_end_ = pos_;
}

/// `// …`, `% …`, `-- …` on a line of its own, `/* … */`: reported, then left out.
bool Scanner::foreign_comment() {
  const bool block = starts_with("/*");
  const bool dashes = starts_with("-- ");
  const bool begins = block || dashes || starts_with("//") || starts_with("%");
  const bool in_brackets = !open_.empty() && out_.list[open_.back()].kind != TokenKind::LeftBrace;
  if (!begins || in_brackets || (!after_newline_ && !block)) return false;
  const uint32_t begin = pos_;
  const size_t end = block ? text_.find("*/", pos_ + 2) : text_.find('\n', pos_);
  const size_t length = block || dashes || starts_with("//") ? 2 : 1;
  pos_ = begin + static_cast<uint32_t>(length);
  const std::string mark(text_.substr(begin, length));
  error(span_from(begin), "`" + mark + "` does not begin a comment", "a comment begins with `#`");
  pos_ =
      static_cast<uint32_t>(end == std::string_view::npos ? text_.size() : end + (block ? 2 : 0));
  return true;
}

/// Documentation belongs to what begins on the next line.
void Scanner::attach_documentation(Token& token) {
  if (documentation_.empty() || token.kind == TokenKind::Newline) return;
  const auto lines =
      std::count(text_.begin() + documentation_end_,
                 text_.begin() + std::max(documentation_end_, token.span.begin), '\n');
  if (lines == 1) {
    token.extra = static_cast<int32_t>(out_.extras.size());
    out_.extras.push_back(documentation_);
  }
  documentation_.clear();
}

Tokens lex(const base::Sources& sources, uint32_t source, const std::vector<uint32_t>& unclosed) {
  return Scanner(sources, source, unclosed).run();
}

}  // namespace calc::syntax
