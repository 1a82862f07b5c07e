#pragma once
// Core -> loops: fuses elementwise chains, broadcasts, gathers and the reductions that end them
// into one nest, places arrays in buffers, updates in place what dies.
#include <vector>

#include "lang/loop/ir.h"

namespace calc::lower {

/// The function and all its callees. `donated[k]`: the caller gives parameter k away, so its block
/// may be reused when it is unique.
loop::Program lower(const core::Module& module, core::FunctionId entry,
                    const std::vector<bool>& donated);

}  // namespace calc::lower
