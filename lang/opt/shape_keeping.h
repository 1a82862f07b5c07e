#pragma once
// Carried arrays whose shape no iteration changes: their sizes are those of the initial value,
// known or not. `y = zeros(n); for i in 0..n { y[i] = … }` keeps the shape of `y`.
#include "lang/core/ir.h"

namespace calc::opt {

/// Carried value k of a loop (for or while) has the initial value's shape in every iteration.
std::vector<bool> kept_shapes(const core::Function& function, const core::Op& loop);

}  // namespace calc::opt
