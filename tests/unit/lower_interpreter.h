#pragma once
// Runs loop programs one statement at a time, so that the lowering is tested without code
// generation. Checks what compiled code takes for granted: indices in range, handles that hold a
// block, and that nothing is stored into a block that somebody else holds.
#include <map>
#include <stdexcept>
#include <vector>

#include "lang/loop/ir.h"
#include "runtime/array.h"
#include "runtime/context.h"

namespace calc::lower_test {

/// What happened, by kind of statement.
struct Counts {
  int allocated = 0;
  int copied = 0;
  int loops = 0;
  int opaque = 0;
};

std::vector<rt::Array> interpret(const loop::Program& program, std::vector<rt::Array> args,
                                 const std::vector<bool>& donated, rt::Context& context,
                                 Counts& counts);

}  // namespace calc::lower_test
