#pragma once
// Passes that only the pipeline runs.
#include "lang/core/ir.h"

namespace calc::opt {

/// Renumbers the values densely.
void compact(core::Function& function);

}  // namespace calc::opt
