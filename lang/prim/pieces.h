#pragma once
// Texts with values in them, as attributes: text pieces `p`0 `p`1 … and, between them, the values
// in the formats `f`0 … (the letters differ where an operation has two texts).
#include <string>

#include "lang/prim/loops.h"

namespace calc::prim {

/// Checks that the attributes of a text with that many values are there.
void require_pieces(const Attrs& attrs, size_t count, const char* pieces, const char* formats);
std::string pieced(Args values, const Attrs& attrs, const char* pieces, const char* formats);

}  // namespace calc::prim
