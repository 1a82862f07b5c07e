#pragma once
// Passes that only the pipeline runs.
#include "lang/core/ir.h"

namespace calc::opt {

/// Marks what cannot fail.
bool prove(core::Module& module, core::Function& function);
/// Loop-invariant operations leave loops.
bool hoist_invariants(core::Module& module, core::Function& function);
/// Small arrays of constant shape become scalars.
bool scalarise(core::Module& module, core::Function& function);
/// Renumbers the values densely.
void compact(core::Function& function);

}  // namespace calc::opt
