#pragma once
// The graph of calls between functions of a module.
#include <unordered_set>
#include <vector>

#include "lang/core/ir.h"

namespace calc::core {

/// Each function called, once, in order of the first call.
std::vector<FunctionId> callees(const Function& function);
/// Those of the functions that a function reaches, itself included, that reach themselves.
std::unordered_set<FunctionId> recursive_functions(const Module& module, FunctionId from);

}  // namespace calc::core
