#pragma once
// Diagnostics for tools: one JSON object (RFC 8259) a diagnostic, on one line.
//
//   {"severity": "error", "message": …, "file": …, "line": 7, "column": 12, "end_line": 7,
//    "end_column": 19, "note": …, "hint": …, "labels": [{"file", "line", …, "text"}],
//    "frames": [{"function": "loss", "file", "line", "column"}]}
//
// Lines and columns count from 1, columns in characters; the end is exclusive. What is not known
// (a place, a hint) is left out.
#include <string>

#include "lang/base/diagnostic.h"

namespace calc::base {

/// Ends in a newline.
std::string render_json(const Sources& sources, const Diagnostic& diagnostic);

}  // namespace calc::base
