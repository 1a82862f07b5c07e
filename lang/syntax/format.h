#pragma once
// `calc fmt`: the same program in one layout.
//
// The formatter never breaks or joins lines; it decides the blanks between tokens, the indentation,
// blank lines (at most one) and where comments at line ends stand. Around `+ - * / // % @ ·` the
// writer chooses: `2*x + 1` shows what binds tighter, and stays.
#include <cstdint>
#include <string>

#include "lang/base/source.h"

namespace calc::syntax {

/// A text that does not parse comes back as it is. Formatting twice changes nothing more, and the
/// tokens of the result are those of the text.
std::string format(const base::Sources& sources, uint32_t source);

}  // namespace calc::syntax
