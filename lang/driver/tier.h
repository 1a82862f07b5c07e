#pragma once
// Which statements are worth compiling, and which of their inputs may be updated in place.
#include <vector>

#include "lang/core/ir.h"

namespace calc::driver {

/// A rough count of scalar operations that running the function takes; loops whose length is not
/// known count as long.
double estimated_work(const core::Module& module, core::FunctionId function);

/// Beyond this much work compiling (some milliseconds) pays.
inline constexpr double kCompileAbove = 200'000;

/// Parameters whose block the function may write into when the session gives them up: those that
/// are updated before anything could still fail, so that a failing statement changes nothing.
std::vector<bool> safe_to_donate(const core::Module& module, const core::Function& function);

}  // namespace calc::driver
