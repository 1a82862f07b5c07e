#include "runtime/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <vector>

#include "runtime/context.h"
#include "runtime/files.h"

namespace calc::rt {
namespace {

[[noreturn]] void fail(std::string message, std::string hint = "") {
  throw Failure{std::move(message), std::move(hint)};
}

// ---- the text -----------------------------------------------------------------------------------

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// For a message: not longer than a glance.
std::string quoted(std::string_view cell) {
  constexpr size_t most = 40;
  if (cell.size() <= most) return fmt::format("`{}`", cell);
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(cell[end]) & 0xc0) == 0x80) --end;
  return fmt::format("`{}…`", cell.substr(0, end));
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view name, const CsvOptions& options)
      : at_(text.data()), end_(text.data() + text.size()), name_(name), options_(options) {
    if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;
    values_.reserve(text.size() / 8);
  }

  Array parse() {
    if (options_.header) skip_line();
    while (at_ != end_) {
      ++line_;
      if (!blank_line()) row();
    }
    if (rows_ == 0) {
      const bool only_header = options_.header && line_ > 0;
      fail(fmt::format("`{}` {}", name_, only_header ? "has no row below its header" : "is empty"));
    }
    const std::array<int64_t, 2> dims = {rows_, columns_};
    return Array::reals(dims, values_);
  }

 private:
  const char* line_end() const {
    const void* found = std::memchr(at_, '\n', static_cast<size_t>(end_ - at_));
    return found == nullptr ? end_ : static_cast<const char*>(found);
  }
  void skip_line() {
    if (at_ == end_) return;
    ++line_;
    const char* stop = line_end();
    at_ = stop == end_ ? end_ : stop + 1;
  }
  bool blank_line() {
    const char* p = at_;
    while (p != end_ && (is_blank(*p) || *p == '\r')) ++p;
    if (p != end_ && *p != '\n') return false;
    at_ = p == end_ ? end_ : p + 1;
    return true;
  }

  void row() {
    int64_t columns = 0;
    for (;;) {
      ++columns;
      number(columns);
      if (at_ != end_ && *at_ == options_.separator) {
        ++at_;
        continue;
      }
      break;
    }
    if (at_ != end_) ++at_;
    ++rows_;
    if (columns_ == 0) columns_ = columns;
    if (columns == columns_) return;
    fail(fmt::format("line {} of `{}` has {} cell{}, the lines before it have {}", line_, name_,
                     columns, columns == 1 ? "" : "s", columns_));
  }

  bool at_cell_end(const char* p) const {
    return p == end_ || *p == options_.separator || *p == '\n' ||
           (*p == '\r' && (p + 1 == end_ || p[1] == '\n'));
  }

  /// Reads a cell and stops at its separator, the line's LF, or the end.
  void number(int64_t column) {
    const char* start = at_;
    while (at_ != end_ && is_blank(*at_)) ++at_;
    if (at_ != end_ && *at_ == '+' && at_ + 1 != end_ && at_[1] != '-') ++at_;
    double value = 0;
    const auto result = std::from_chars(at_, end_, value);
    const char* stop = result.ptr;
    while (stop != end_ && is_blank(*stop) && !at_cell_end(stop)) ++stop;
    if (result.ec == std::errc::invalid_argument || !at_cell_end(stop)) bad_cell(start, column);
    if (result.ec == std::errc::result_out_of_range) value = beyond_range(at_, result.ptr);
    values_.push_back(value);
    at_ = stop != end_ && *stop == '\r' ? stop + 1 : stop;
  }

  /// from_chars leaves what is too large or too small alone: an infinity or a zero.
  static double beyond_range(const char* begin, const char* end) {
    return std::strtod(std::string(begin, end).c_str(), nullptr);
  }

  [[noreturn]] void bad_cell(const char* start, int64_t column) const {
    const char* stop = start;
    while (!at_cell_end(stop)) ++stop;
    const std::string_view cell =
        trimmed(std::string_view(start, static_cast<size_t>(stop - start)));
    const std::string where = fmt::format("line {}, column {} of `{}`", line_, column, name_);
    if (cell.empty()) fail(where + " is empty, where a number is expected");
    fail(fmt::format("{} is {}, not a number", where, quoted(cell)),
         line_ == 1 ? "if the first line holds names, skip it with `header: true`" : "");
  }

  const char* at_;
  const char* end_;
  std::string_view name_;
  const CsvOptions& options_;
  std::vector<double> values_;
  int64_t line_ = 0, rows_ = 0, columns_ = 0;
};

}  // namespace

Array parse_csv(std::string_view text, std::string_view name, const CsvOptions& options) {
  return Parser(text, name, options).parse();
}

Array read_csv(const std::string& path, const CsvOptions& options) {
  return parse_csv(read_file(path), path, options);
}

}  // namespace calc::rt
