#pragma once
// What the linear algebra families (solvers.cpp, factorisations.cpp) share.
#include <cstdint>

#include "lang/prim/loops.h"
#include "lang/prim/rules.h"

namespace calc::prim {

/// The type of a square matrix, both sizes known where one is.
Type square(const Type& type);
void require_square(const Array& a);

}  // namespace calc::prim
