#include "lang/driver/run.h"

#include <chrono>

#include "lang/core/big_stack.h"
#include "lang/core/calls.h"
#include "lang/core/tools.h"
#include "lang/driver/tier.h"
#include "lang/lower/lower.h"

namespace calc::driver {
namespace {

/// Adds the milliseconds that `body` takes.
template <typename Body>
auto timed(double& ms, Body body) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = body();
  ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace

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

std::vector<rt::Array> Runner::run(core::FunctionId function, std::vector<rt::Array>& args,
                                   rt::Context& context) {
  if (core::recursive_functions(module_, function).empty())
    return run_here(function, args, context);
  std::vector<rt::Array> results;
  core::on_big_stack([&] { results = run_here(function, args, context); });
  return results;
}

std::vector<rt::Array> Runner::run_here(core::FunctionId function, std::vector<rt::Array>& args,
                                        rt::Context& context) {
  if (!compiles(function)) {
    return timed(run_ms_, [&] { return core::evaluate_lent(module_, function, args, context); });
  }
  // Compiled code may be interrupted half way through an update: it borrows its arguments.
  const std::vector<bool> donated(args.size(), false);
  const std::unique_ptr<codegen::Compiled> code =
      timed(compile_ms_, [&] { return jit_.compile(lower::lower(module_, function, donated)); });
  const core::Function& f = module_.get(function);
  return timed(run_ms_, [&] {
    return codegen::run(*code, f.param_types(), f.result_types(), args, donated, context);
  });
}

}  // namespace calc::driver
