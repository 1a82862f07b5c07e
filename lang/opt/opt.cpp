#include "lang/opt/opt.h"

#include <stdexcept>

#include "lang/core/tools.h"
#include "lang/opt/passes.h"

namespace calc::opt {

namespace {

constexpr Pass kPasses[] = {
    {"inline", "Small functions and those called once replace their calls.", inline_calls},
    {"simplify", "Equations: units, constants, broadcasts, known sizes, branches and indices.",
     simplify},
    {"prove", "Integer arithmetic that cannot fail, by the ranges of its operands, is marked so.",
     prove},
    {"cse", "Equal operations on equal arguments are computed once.", common_subexpressions},
    {"hoist", "What a loop computes again and again is computed before it.", hoist_invariants},
    {"scalarise", "Small arrays of constant shape become scalars.", scalarise},
    {"dce", "What no result and no effect needs goes away.", dead_code},
};

/// Each round makes the program smaller or leaves it; deep call trees take one a level.
constexpr int kMaxRounds = 12;

void check(const core::Module& module, const core::Function& function, std::string_view pass) {
  std::string problem = core::verify(module, function);
  if (!problem.empty()) throw std::logic_error("after " + std::string(pass) + ": " + problem);
}

}  // namespace

std::span<const Pass> passes() { return kPasses; }

void optimize(core::Module& module, core::FunctionId id, bool verify) {
  core::Function& function = module.get(id);
  if (verify) check(module, function, "what came before `opt`");
  bool changed = true;
  for (int round = 0; changed && round < kMaxRounds; ++round) {
    changed = false;
    for (const Pass& pass : kPasses) {
      changed = pass.run(module, function) || changed;
      if (verify) check(module, function, pass.name);
    }
  }
  compact(function);
}

}  // namespace calc::opt
