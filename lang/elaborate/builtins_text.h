#pragma once
// What the functions on texts and files share. A text is known before the program runs, but for the
// numbers in its holes: so files are read, and texts taken apart, while a statement is elaborated.
#include <span>
#include <string>

#include "lang/elaborate/value.h"

namespace calc::elab {

/// The text of a String without holes; null for everything else.
const std::string* plain_text(const ValuePtr& value);
/// The number that a text is: `Real("1.5")`, `Int("3")`.
ValuePtr parsed_number(class Emit& emit, const ValuePtr& text, core::Elem elem, base::Span span);

std::span<const Builtin> file_builtins();
std::span<const Builtin> string_builtins();

}  // namespace calc::elab
