#pragma once
// Core -> Core, better. The pipeline is a list: name, one sentence, function.
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lang/core/ir.h"

namespace calc::opt {

struct Pass {
  std::string_view name;
  std::string_view doc;
  /// Returns whether anything changed.
  bool (*run)(core::Module& module, core::Function& function);
};

std::span<const Pass> passes();

/// Runs the pipeline on one function (its callees are inlined where small, else left alone).
/// `verify`: check after each pass and name the guilty one (std::logic_error).
void optimize(core::Module& module, core::FunctionId function, bool verify);

// Single passes, for the stages that need one alone.
bool dead_code(core::Module& module, core::Function& function);
bool common_subexpressions(core::Module& module, core::Function& function);
bool simplify(core::Module& module, core::Function& function);
bool inline_calls(core::Module& module, core::Function& function);

}  // namespace calc::opt
