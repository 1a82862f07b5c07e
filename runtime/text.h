#pragma once
// Values as text: numbers, formats, whole tensors. Independent of the locale and the terminal;
// docs/printing.md has the rules with examples.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/array.h"

namespace calc::rt {

/// The shortest text that reads back to the number, with a point or an exponent: `1.0`, `1e-10`,
/// `0.30000000000000004`, `inf`, `nan`, `-0.0`.
std::string real_text(double x);
std::string real_text(float x);
/// At most `digits` significant digits; what is exact with fewer stays short.
std::string real_text(double x, int digits);
std::string real_text(float x, int digits);
std::string int_text(int64_t x);

/// `Bool`, `Int`, `Real`, `Real32`.
std::string_view elem_text(Elem elem);
/// `Real`, `Int[3]`, `Real[2, 2]`.
std::string type_text(Elem elem, std::span<const int64_t> dims);

/// By a specification as std::format has it: `[[fill]align][sign][#][0][width][.precision][type]`,
/// types `d x o b` (Int), `e f g %` (Int and Real), `s` (String, Bool). Empty: as the value prints.
/// Throws a Failure on a specification that is none, or none for such a value.
std::string format_value(double x, std::string_view spec);
std::string format_value(float x, std::string_view spec);
std::string format_value(int64_t x, std::string_view spec);
std::string format_value(bool x, std::string_view spec);
std::string format_value(std::string_view text, std::string_view spec);

struct DisplayOptions {
  /// Significant digits of reals; 0: scalars in full, tensors 6.
  int digits = 0;
  /// Every element, however many.
  bool all = false;
  /// A format for every element instead.
  std::string_view spec = {};
};

/// An array as the prompt shows it; several lines for matrices, no newline at the end.
std::string display(const Array& array, const DisplayOptions& options = {});

}  // namespace calc::rt
