#pragma once
// How a session's value shows (language.md section 8): tensors by runtime/text.h, tuples and
// records on a line if it fits, else an item a line, functions as their signatures.
#include <span>
#include <string>

#include "lang/base/source.h"
#include "lang/elaborate/value.h"

namespace calc::driver {

/// `leaves`: the arrays at the tree's leaves, in order. `digits`: as rt::DisplayOptions has it.
std::string display(const base::Sources& sources, const elab::Value& tree,
                    std::span<const rt::Array> leaves, int digits = 0);

/// `f(x, n = 3)`, `grad(f)(x, n = 3)`.
std::string signature(const base::Sources& sources, const elab::Value& function);

}  // namespace calc::driver
