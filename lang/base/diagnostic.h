#pragma once
// A diagnostic is data first: what is wrong in a sentence, where, what else is involved, a hint.
// One renderer makes the text that a terminal, a test or a notebook shows (language.md, section 9).
#include <string>
#include <utility>
#include <vector>

#include "lang/base/source.h"

namespace calc::base {

enum class Severity { Error, Warning };

struct Label {
  Span span;
  std::string text;
};

/// A frame of the user's call chain: "in `loss`, called from fit.calc:9:8".
struct Frame {
  std::string function;
  Span call;
};

struct Diagnostic {
  Severity severity = Severity::Error;
  /// Lower case, states the situation, code in backticks, no final stop.
  std::string message;
  Span span;
  /// What stands under the underlined span; may be empty.
  std::string note;
  std::vector<Label> labels;
  std::string hint;
  std::vector<Frame> frames;
};

/// Thrown through the front end and the elaborator; caught where statements are run.
struct DiagnosticError {
  Diagnostic diagnostic;
};

/// Throws. The shape of every front-end failure.
[[noreturn]] void fail(Span span, std::string message, std::string hint = {},
                       std::string note = {});

/// The text of section 9, ending in a newline. `color`: ANSI escapes.
std::string render(const Sources& sources, const Diagnostic& diagnostic, bool color = false);

/// The candidate nearest to `name` (Damerau-Levenshtein, at most a third of its length), or "".
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace calc::base
