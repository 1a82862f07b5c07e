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

/// Makes functions with fewer results and parameters.
class CallTrimmer {
 public:
  virtual ~CallTrimmer() = default;
  /// Which parameters matter when only these results are used; those of its effects do too. An
  /// empty mask: all.
  virtual std::vector<bool> needs(core::FunctionId callee, const std::vector<bool>& results) = 0;
  /// The function with those results and parameters alone.
  virtual core::FunctionId trimmed(core::FunctionId callee, const std::vector<bool>& results) = 0;
};

// Single passes, for the stages that need one alone.
bool dead_code(core::Module& module, core::Function& function);
/// Across calls too: they give only the results that are used.
bool dead_code(core::Module& module, core::Function& function, CallTrimmer& trimmer);
/// What `CallTrimmer::needs` says of a function, given what it says of its callees.
std::vector<bool> needed_params(const core::Module& module, const core::Function& function,
                                const std::vector<bool>& results, CallTrimmer& trimmer);
bool common_subexpressions(core::Module& module, core::Function& function);
bool simplify(core::Module& module, core::Function& function);
bool inline_calls(core::Module& module, core::Function& function);

}  // namespace calc::opt
