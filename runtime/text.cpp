#include "runtime/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

namespace calc::rt {
namespace {

/// |x| = 0.d₁d₂d₃… · 10^(exponent + 1): `digits` without trailing zeros, "0" for zero.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

Decimal read_scientific(const char* begin, const char* end) {
  const char* mark = std::find(begin, end, 'e');
  Decimal decimal;
  std::copy_if(begin, mark, std::back_inserter(decimal.digits), [](char c) { return c != '.'; });
  const size_t last = decimal.digits.find_last_not_of('0');
  decimal.digits.erase(last == std::string::npos ? 1 : last + 1);
  const char* sign = mark + 1;
  std::from_chars(*sign == '+' ? sign + 1 : sign, end, decimal.exponent);
  return decimal;
}

template <typename T>
Decimal shortest(T x) {
  std::array<char, 64> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(x),
                                    std::chars_format::scientific);
  return read_scientific(buffer.data(), result.ptr);
}

/// Correctly rounded to so many digits.
Decimal rounded(double x, int digits) {
  std::string buffer(static_cast<size_t>(digits) + 32, '\0');
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(x),
                                    std::chars_format::scientific, digits - 1);
  return read_scientific(buffer.data(), result.ptr);
}

std::string scientific(const Decimal& decimal) {
  std::string text = decimal.digits.substr(0, 1);
  if (decimal.digits.size() > 1) text += "." + decimal.digits.substr(1);
  return text + "e" + std::to_string(decimal.exponent);
}

std::string positional(const Decimal& decimal) {
  if (decimal.exponent < 0) {
    return "0." + std::string(static_cast<size_t>(-decimal.exponent - 1), '0') + decimal.digits;
  }
  const size_t whole = static_cast<size_t>(decimal.exponent) + 1;
  if (decimal.digits.size() <= whole) {
    return decimal.digits + std::string(whole - decimal.digits.size(), '0') + ".0";
  }
  return decimal.digits.substr(0, whole) + "." + decimal.digits.substr(whole);
}

/// Positional for exponents -4 … 15 as in Python; never with zeros where digits were rounded away.
std::string laid_out(const Decimal& decimal, int known_digits) {
  const bool fits = decimal.exponent >= -4 && decimal.exponent < 16;
  return fits && decimal.exponent < known_digits ? positional(decimal) : scientific(decimal);
}

constexpr int all_known = 1000;

template <typename T>
std::string text_of(T x, int digits) {
  if (std::isnan(x)) return "nan";
  const std::string sign = std::signbit(x) ? "-" : "";
  if (std::isinf(x)) return sign + "inf";
  const Decimal full = shortest(x);
  if (digits <= 0 || full.digits.size() <= static_cast<size_t>(digits)) {
    return sign + laid_out(full, all_known);
  }
  return sign + laid_out(rounded(static_cast<double>(x), digits), digits);
}

}  // namespace

std::string real_text(double x) { return text_of(x, 0); }
std::string real_text(float x) { return text_of(x, 0); }
std::string real_text(double x, int digits) { return text_of(x, digits); }
std::string real_text(float x, int digits) { return text_of(x, digits); }
std::string int_text(int64_t x) { return std::to_string(x); }

std::string_view elem_text(Elem elem) {
  switch (elem) {
    case Elem::Bool:
      return "Bool";
    case Elem::I64:
      return "Int";
    case Elem::F64:
      return "Real";
    case Elem::F32:
      return "Real32";
  }
  throw std::logic_error("no such element type");
}

std::string type_text(Elem elem, std::span<const int64_t> dims) {
  if (dims.empty()) return std::string(elem_text(elem));
  return fmt::format("{}[{}]", elem_text(elem), fmt::join(dims, ", "));
}

}  // namespace calc::rt
