// Formats of interpolated values, as std::format has them: one parser of the specification, one
// function that pads, and between them the digits of each kind of value.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>

#include "runtime/context.h"
#include "runtime/text.h"

namespace calc::rt {
namespace {

constexpr int most = 10000;

struct Spec {
  std::string fill = " ";
  /// '<', '>', '^', or 0: the kind of value decides.
  char align = 0;
  char sign = '-';
  bool alternate = false;
  bool zero = false;
  int width = 0;
  int precision = -1;
  char type = 0;
};

[[noreturn]] void fail(std::string_view spec, std::string_view kind) {
  throw Failure{fmt::format("`{}` is no format for {}", spec, kind),
                "a format is `[fill][<^>][+][0][width][.precision][d e f g x b o % s]`, as in "
                "`{x:>10.3f}`"};
}

bool is_align(char c) { return c == '<' || c == '>' || c == '^'; }

/// Bytes of the UTF-8 character that begins here.
size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return std::min(bytes, text.size());
}

int64_t character_count(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

class Parser {
 public:
  Parser(std::string_view spec, std::string_view kind) : all_(spec), rest_(spec), kind_(kind) {}

  Spec parse() {
    alignment();
    if (at("+- ")) spec_.sign = take();
    if (at("#")) spec_.alternate = take() == '#';
    if (at("0")) spec_.zero = take() == '0';
    if (at("0123456789")) spec_.width = number();
    if (at(".")) {
      take();
      if (!at("0123456789")) fail(all_, kind_);
      spec_.precision = number();
    }
    if (at("dxobefgs%EGX")) spec_.type = take();
    if (!rest_.empty()) fail(all_, kind_);
    return spec_;
  }

 private:
  bool at(std::string_view any) const {
    return !rest_.empty() && any.find(rest_.front()) != std::string_view::npos;
  }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void alignment() {
    if (rest_.empty()) return;
    const size_t fill = character_bytes(rest_);
    if (rest_.size() > fill && is_align(rest_[fill])) {
      spec_.fill = rest_.substr(0, fill);
      spec_.align = rest_[fill];
      rest_.remove_prefix(fill + 1);
    } else if (is_align(rest_.front())) {
      spec_.align = take();
    }
  }
  int number() {
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value > most) {
      throw Failure{fmt::format("the format `{}` asks for more than {} characters", all_, most),
                    ""};
    }
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  std::string_view all_, rest_, kind_;
  Spec spec_;
};

std::string padded(const Spec& spec, const std::string& text, char default_align) {
  const int64_t missing = spec.width - character_count(text);
  if (missing <= 0) return text;
  const char align = spec.align != 0 ? spec.align : default_align;
  const int64_t before = align == '<' ? 0 : align == '>' ? missing : missing / 2;
  std::string result;
  for (int64_t i = 0; i < before; ++i) result += spec.fill;
  result += text;
  for (int64_t i = before; i < missing; ++i) result += spec.fill;
  return result;
}

/// `body`: the digits of the magnitude. Zeros go between sign and digits.
std::string numeric(const Spec& spec, bool negative, const std::string& prefix, std::string body,
                    bool finite = true) {
  std::string sign = negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  sign += prefix;
  if (spec.zero && spec.align == 0 && finite) {
    const int64_t missing = spec.width - static_cast<int64_t>(sign.size() + body.size());
    if (missing > 0) body.insert(0, static_cast<size_t>(missing), '0');
  }
  return padded(spec, sign + body, '>');
}

/// The magnitude in the notation of `type`. Alternate form keeps the point and `g`'s zeros.
std::string real_digits(double x, const Spec& spec) {
  const int precision = spec.precision < 0 ? 6 : spec.precision;
  const bool alternate = spec.alternate;
  switch (spec.type) {
    case 'e':
      return alternate ? fmt::format("{:#.{}e}", x, precision)
                       : fmt::format("{:.{}e}", x, precision);
    case 'E':
      return alternate ? fmt::format("{:#.{}E}", x, precision)
                       : fmt::format("{:.{}E}", x, precision);
    case 'f':
      return alternate ? fmt::format("{:#.{}f}", x, precision)
                       : fmt::format("{:.{}f}", x, precision);
    case 'G':
      return alternate ? fmt::format("{:#.{}G}", x, precision)
                       : fmt::format("{:.{}G}", x, precision);
    case '%':
      return fmt::format("{:.{}f}%", 100 * x, precision);
    default:
      return alternate ? fmt::format("{:#.{}g}", x, precision)
                       : fmt::format("{:.{}g}", x, precision);
  }
}

template <typename T>
std::string format_real(T x, const Spec& spec) {
  const bool negative = std::signbit(x) && !std::isnan(x);
  const T magnitude = std::abs(x);
  if (!std::isfinite(x)) {
    const std::string body = std::isnan(x) ? "nan" : "inf";
    return numeric(spec, negative, "", body + (spec.type == '%' ? "%" : ""), false);
  }
  if (spec.type == 0) {
    const int digits = spec.precision < 0 ? 0 : std::max(spec.precision, 1);
    return numeric(spec, negative, "", real_text(magnitude, digits));
  }
  return numeric(spec, negative, "", real_digits(static_cast<double>(magnitude), spec));
}

template <typename T>
std::string format_any_real(T x, std::string_view text, std::string_view kind) {
  const Spec spec = Parser(text, kind).parse();
  if (spec.type == 'd' || spec.type == 'x' || spec.type == 'X' || spec.type == 'o' ||
      spec.type == 'b') {
    throw Failure{fmt::format("`{}` is a format for whole numbers, not for {}", text, kind),
                  "`.0f` rounds to a whole number"};
  }
  if (spec.type == 's') fail(text, kind);
  return format_real(x, spec);
}

}  // namespace

std::string format_value(double x, std::string_view spec) {
  return format_any_real(x, spec, "a `Real`");
}

std::string format_value(float x, std::string_view spec) {
  return format_any_real(x, spec, "a `Real32`");
}

std::string format_value(int64_t x, std::string_view text) {
  const Spec spec = Parser(text, "an `Int`").parse();
  if (spec.type == 's') fail(text, "an `Int`");
  if (spec.type != 0 && std::string_view("efgEG%").find(spec.type) != std::string_view::npos) {
    return format_real(static_cast<double>(x), spec);
  }
  if (spec.precision >= 0) fail(text, "an `Int`");
  const uint64_t magnitude = x < 0 ? -static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  const bool alternate = spec.alternate;
  switch (spec.type) {
    case 'x':
      return numeric(spec, x < 0, alternate ? "0x" : "", fmt::format("{:x}", magnitude));
    case 'X':
      return numeric(spec, x < 0, alternate ? "0X" : "", fmt::format("{:X}", magnitude));
    case 'o':
      return numeric(spec, x < 0, alternate ? "0o" : "", fmt::format("{:o}", magnitude));
    case 'b':
      return numeric(spec, x < 0, alternate ? "0b" : "", fmt::format("{:b}", magnitude));
    default:
      return numeric(spec, x < 0, "", fmt::format("{}", magnitude));
  }
}

std::string format_value(bool x, std::string_view text) {
  const Spec spec = Parser(text, "a `Bool`").parse();
  if (spec.type == 'd') return numeric(spec, false, "", x ? "1" : "0");
  if ((spec.type != 0 && spec.type != 's') || spec.precision >= 0 || spec.zero) {
    fail(text, "a `Bool`");
  }
  return padded(spec, x ? "true" : "false", '<');
}

std::string format_value(std::string_view value, std::string_view text) {
  const Spec spec = Parser(text, "a `String`").parse();
  const bool numeric_only = spec.zero || spec.alternate || spec.sign != '-';
  if ((spec.type != 0 && spec.type != 's') || numeric_only) fail(text, "a `String`");
  std::string shown(value);
  if (spec.precision >= 0) {
    size_t end = 0;
    for (int i = 0; i < spec.precision && end < value.size(); ++i) {
      end += character_bytes(value.substr(end));
    }
    shown.resize(end);
  }
  return padded(spec, shown, '<');
}

}  // namespace calc::rt
