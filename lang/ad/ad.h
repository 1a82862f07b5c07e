#pragma once
// Differentiation: Core function -> Core function. Every operator of calculus is a composition of
// these (differentiation.md). `active[k]`: parameter k, which must be real, is differentiated.
//
// Results are ordinary Core, memoised per (function, active) in the Differentiator, so any order of
// any operators nests. A real result that does not depend on the active parameters has a zero
// tangent, as a value, so that signatures depend on types alone.
#include <map>
#include <memory>
#include <vector>

#include "lang/ad/linear_rule.h"

namespace calc::ad {

using Active = std::vector<bool>;

struct Linearized {
  /// inputs -> (outputs…, residuals…)
  FunctionId primal;
  /// (residuals…, tangents of the active inputs…) -> tangents of the real outputs…
  FunctionId tangent;
  int residuals = 0;
};

class Differentiator {
 public:
  explicit Differentiator(core::Module& module);
  ~Differentiator();

  /// (inputs…, tangents of the active inputs…) -> (outputs…, tangents of the real outputs…)
  FunctionId jvp(FunctionId function, const Active& active);
  const Linearized& linearize(FunctionId function, const Active& active);
  /// The transpose of a linear function whose first `known` parameters are not linear:
  /// (known…, cotangents of the results…) -> cotangents of the other parameters…
  FunctionId transpose(FunctionId linear, int known);
  /// (inputs…, cotangents of the real outputs…) -> (outputs…, cotangents of the active inputs…)
  FunctionId vjp(FunctionId function, const Active& active);
  /// For a function whose first output is a real scalar:
  /// inputs -> (outputs…, gradient by the active inputs…)
  FunctionId gradient(FunctionId function, const Active& active);
  /// For a function with real outputs only: inputs -> for each output o and active input a, in that
  /// order (o slow), the Jacobian of shape S(o) ++ S(a). Forward or reverse by cost.
  FunctionId jacobian(FunctionId function, const Active& active);
  /// For a function whose only output is a real scalar: inputs -> for each pair (a, b) of active
  /// inputs the block of shape S(a) ++ S(b).
  FunctionId hessian(FunctionId function, const Active& active);

  /// For one active input, a scalar: inputs -> for each output its Taylor coefficients 0…n.
  FunctionId taylor(FunctionId function, const Active& active, size_t order);

  /// The function whose derivative starts from its inputs and runs it again.
  FunctionId checkpointed(FunctionId function);
  /// Gives a function a rule (core::Function::rule); or tells why the rule is not linear in the
  /// tangents.
  std::optional<Nonlinearity> give_rule(FunctionId function, FunctionId rule, const Mask& ruled);

  /// Marks (by index) the functions derived from marked ones; whether there were any new.
  bool mark(std::vector<bool>& live) const;
  /// Forgets everything about functions that are not marked.
  void keep(const std::vector<bool>& live);

 private:
  struct Cache;
  std::unique_ptr<Cache> cache_;
};

}  // namespace calc::ad
