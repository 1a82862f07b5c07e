#include "lang/driver/run.h"

#include <chrono>

#include "lang/core/tools.h"
#include "lang/driver/tier.h"
#include "lang/lower/lower.h"

namespace calc::driver {

bool Runner::compiles(core::FunctionId function) const {
  switch (tier_) {
    case Tier::Evaluate:
      return false;
    case Tier::Compile:
      return true;
    case Tier::Auto:
      return estimated_work(module_, function) > kCompileAbove;
  }
  return true;
}

std::vector<rt::Array> Runner::run(core::FunctionId function, std::vector<rt::Array> args,
                                   const std::vector<bool>& donated, rt::Context& context) {
  if (!compiles(function)) return core::evaluate(module_, function, std::move(args), context);
  const auto begin = std::chrono::steady_clock::now();
  const loop::Program program = lower::lower(module_, function, donated);
  const std::unique_ptr<codegen::Compiled> code = jit_.compile(program);
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
  compile_ms_ += spent.count();
  const core::Function& f = module_.get(function);
  return codegen::run(*code, f.param_types(), f.result_types(), std::move(args), donated, context);
}

}  // namespace calc::driver
