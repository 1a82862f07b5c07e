#include "lang/base/diagnostic.h"

#include <algorithm>

#include "lang/base/utf8.h"

namespace calc::base {

namespace {

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    out += next.code;
    at += std::max<uint32_t>(next.length, 1);
  }
  return out;
}

/// Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. See
/// Note [Three rows].
size_t edit_distance(const std::u32string& a, const std::u32string& b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = last[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

bool same_letters(const std::u32string& a, const std::u32string& b) {
  const auto lower = [](char32_t c) { return c >= U'A' && c <= U'Z' ? c + (U'a' - U'A') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char32_t x, char32_t y) { return lower(x) == lower(y); });
}

}  // namespace

void fail(Span span, std::string message, std::string hint, std::string note) {
  Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.span = span;
  diagnostic.note = std::move(note);
  diagnostic.hint = std::move(hint);
  throw DiagnosticError{std::move(diagnostic)};
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  const std::u32string wanted = code_points(name);
  const size_t allowed = wanted.size() / 3;
  size_t best = allowed + 1;
  std::string result;
  for (const std::string& candidate : candidates) {
    // A length that differs by more cannot be near, and long names need no table.
    const std::u32string other = code_points(candidate);
    const size_t gap =
        std::max(wanted.size(), other.size()) - std::min(wanted.size(), other.size());
    if (gap >= best || other == wanted) continue;
    if (same_letters(wanted, other)) {
      best = 0;
      result = candidate;
      continue;
    }
    const size_t distance = edit_distance(wanted, other);
    if (distance >= best) continue;
    best = distance;
    result = candidate;
  }
  return result;
}

// Note [Three rows]
// The table of distances between prefixes is filled row by row; a row looks back one row, and two
// for a swap. After the two exchanges `row` holds the oldest row, which is overwritten.

}  // namespace calc::base
