#pragma once
// Runs one optimised Core function on arrays, evaluated or compiled.
#include <vector>

#include "lang/codegen/jit.h"
#include "lang/core/ir.h"
#include "lang/driver/session.h"

namespace calc::driver {

class Runner {
 public:
  Runner(const core::Module& module, Tier tier) : module_(module), tier_(tier) {}

  /// Throws core::EvaluationError and rt::Interrupted. Arguments that nobody else holds may be
  /// updated in place; when it throws, `args` holds them again, unchanged (see safe_to_donate).
  std::vector<rt::Array> run(core::FunctionId function, std::vector<rt::Array>& args,
                             rt::Context& context);
  codegen::Jit& jit() { return jit_; }
  double compile_ms() const { return compile_ms_; }
  double run_ms() const { return run_ms_; }
  void reset_clock() { compile_ms_ = run_ms_ = 0; }

 private:
  std::vector<rt::Array> run_here(core::FunctionId function, std::vector<rt::Array>& args,
                                  rt::Context& context);
  bool compiles(core::FunctionId function) const;

  const core::Module& module_;
  Tier tier_;
  codegen::Jit jit_;
  double compile_ms_ = 0;
  double run_ms_ = 0;
};

}  // namespace calc::driver
