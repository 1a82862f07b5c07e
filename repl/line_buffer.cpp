#include "repl/line_buffer.h"

#include <algorithm>

#include "lang/base/utf8.h"

namespace calc::repl {
namespace {

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

std::string cleaned(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const base::Decoded next = base::decode(text, at);
    if (next.code == '\r') {
      // The line feed that may follow is the same line end.
      if (at + 1 >= text.size() || text[at + 1] != '\n') out += '\n';
    } else if (next.code == '\t') {
      out += "    ";
    } else if (next.code == '\n' || (next.length > 0 && !is_control(next.code))) {
      out += text.substr(at, next.length);
    }
    at += std::max<uint32_t>(next.length, 1);
  }
  return out;
}

}  // namespace

void LineBuffer::set(std::string text) {
  text_ = std::move(text);
  cursor_ = text_.size();
}

void LineBuffer::insert(std::string_view text) {
  const std::string clean = cleaned(text);
  text_.insert(cursor_, clean);
  cursor_ += clean.size();
}

void LineBuffer::replace_before(size_t count, std::string_view text) {
  text_.replace(cursor_ - count, count, text);
  cursor_ = cursor_ - count + text.size();
}

// ---- places ------------------------------------------------------------------------------------

size_t LineBuffer::before(size_t at) const {
  while (at > 0) {
    --at;
    while (at > 0 && (static_cast<unsigned char>(text_[at]) & 0xC0) == 0x80) --at;
    if (base::column_width(base::decode(text_, at).code) > 0) break;
  }
  return at;
}

size_t LineBuffer::after(size_t at) const {
  if (at >= text_.size()) return text_.size();
  at += base::decode(text_, at).length;
  while (at < text_.size()) {
    const base::Decoded next = base::decode(text_, at);
    if (base::column_width(next.code) > 0) break;
    at += next.length;
  }
  return at;
}

size_t LineBuffer::word_before(size_t at) const {
  const auto is_word = [&](size_t k) { return base::is_name_part(base::decode(text_, k).code); };
  while (at > 0 && !is_word(before(at))) at = before(at);
  while (at > 0 && is_word(before(at))) at = before(at);
  return at;
}

size_t LineBuffer::word_after(size_t at) const {
  const auto is_word = [&](size_t k) { return base::is_name_part(base::decode(text_, k).code); };
  while (at < text_.size() && !is_word(at)) at = after(at);
  while (at < text_.size() && is_word(at)) at = after(at);
  return at;
}

size_t LineBuffer::line_begin(size_t at) const {
  const size_t newline = at == 0 ? std::string::npos : text_.rfind('\n', at - 1);
  return newline == std::string::npos ? 0 : newline + 1;
}

size_t LineBuffer::line_end(size_t at) const {
  return std::min(text_.find('\n', at), text_.size());
}

std::string_view LineBuffer::line() const {
  const size_t begin = line_begin(cursor_);
  return std::string_view(text_).substr(begin, line_end(cursor_) - begin);
}

// ---- moves -------------------------------------------------------------------------------------

void LineBuffer::left() { cursor_ = before(cursor_); }
void LineBuffer::right() { cursor_ = after(cursor_); }
void LineBuffer::word_left() { cursor_ = word_before(cursor_); }
void LineBuffer::word_right() { cursor_ = word_after(cursor_); }
void LineBuffer::home() { cursor_ = line_begin(cursor_); }
void LineBuffer::end() { cursor_ = line_end(cursor_); }

void LineBuffer::go_to_column(size_t begin, int column) {
  const size_t end = line_end(begin);
  cursor_ = begin;
  while (cursor_ < end) {
    const std::string_view passed(text_.data() + begin, after(cursor_) - begin);
    if (base::text_width(passed) > column) break;
    cursor_ = after(cursor_);
  }
}

bool LineBuffer::up() {
  const size_t begin = line_begin(cursor_);
  if (begin == 0) return false;
  const int column = base::text_width(std::string_view(text_.data() + begin, cursor_ - begin));
  go_to_column(line_begin(begin - 1), column);
  return true;
}

bool LineBuffer::down() {
  const size_t end = line_end(cursor_);
  if (end == text_.size()) return false;
  const size_t begin = line_begin(cursor_);
  const int column = base::text_width(std::string_view(text_.data() + begin, cursor_ - begin));
  go_to_column(end + 1, column);
  return true;
}

// ---- taking away -------------------------------------------------------------------------------

void LineBuffer::erase_before() {
  const size_t begin = before(cursor_);
  text_.erase(begin, cursor_ - begin);
  cursor_ = begin;
}

void LineBuffer::erase_after() { text_.erase(cursor_, after(cursor_) - cursor_); }

void LineBuffer::kill(size_t begin, size_t end) {
  if (begin == end) return;
  killed_ = text_.substr(begin, end - begin);
  text_.erase(begin, end - begin);
  cursor_ = begin;
}

/// At the end of a line, its line end.
void LineBuffer::kill_to_end() {
  const size_t end = line_end(cursor_);
  kill(cursor_, end == cursor_ ? std::min(end + 1, text_.size()) : end);
}

void LineBuffer::kill_to_begin() { kill(line_begin(cursor_), cursor_); }

/// To the blank before it, as in shells.
void LineBuffer::kill_word_before() {
  size_t at = cursor_;
  while (at > 0 && text_[at - 1] == ' ') --at;
  if (at > 0 && text_[at - 1] == '\n' && at == cursor_) --at;
  while (at > 0 && text_[at - 1] != ' ' && text_[at - 1] != '\n') --at;
  kill(at, cursor_);
}

void LineBuffer::kill_word_after() { kill(cursor_, word_after(cursor_)); }

void LineBuffer::yank() { insert(killed_); }

}  // namespace calc::repl
