#pragma once
// A function, linearized inside another function that is being built: the primal runs once, then
// any number of tangents are pushed and cotangents pulled through the linear part, everything
// inlined.
#include "lang/ad/engine.h"

namespace calc::ad {

/// The values of one primal run.
struct Linearization {
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<ValueId> residuals;
};

/// The linear part in the direction of one input.
struct Direction {
  FunctionId linear;
  std::vector<ValueId> residuals;
  /// The outputs whose tangents it returns.
  Mask outputs;
};

ValueId zeros_like(Builder& builder, ValueId value);

class Pullback {
 public:
  Pullback(Engine& engine, FunctionId function, const Mask& active);

  /// Adds the function's parameters to the one being built.
  Linearization enter(Builder& builder) const;
  void run_primal(Builder& builder, Linearization& at) const;
  /// Cotangents of the active inputs from those of the outputs; zeros where they are none.
  std::vector<ValueId> pull(Builder& builder, const Linearization& at,
                            const std::vector<MaybeValue>& cotangents) const;
  Direction direction(const Linearization& at, size_t input) const;
  /// Tangents of the chosen outputs when only that input moves; none where zero or not chosen.
  std::vector<MaybeValue> push(Builder& builder, const Direction& direction, ValueId tangent,
                               const Mask& outputs) const;

  const Mask& active() const { return active_; }

 private:
  /// The linear parameters: first the residuals.
  Mask linear_params() const;
  /// The outputs whose tangents the linear part returns.
  Mask moving_outputs() const;

  Engine& engine_;
  FunctionId function_;
  Mask active_;
  const Forward& forward_;
  const Split& split_;
};

bool is_one_scalar(Engine& engine, FunctionId id, const Mask& active);
/// The outputs at the parameters of the function being built, and their derivatives by the only
/// active input, a scalar.
std::pair<std::vector<ValueId>, std::vector<MaybeValue>> by_one_scalar(Engine& engine,
                                                                       Builder& builder,
                                                                       FunctionId id,
                                                                       const Mask& active);

/// Cuts the loops of a checkpoint into segments (segments.cpp).
void segment_loops(Engine& engine, FunctionId function);
FunctionId full_transpose(Engine& engine, FunctionId function, size_t known);
FunctionId make_gradient(Engine& engine, FunctionId function, const Mask& active);
FunctionId make_jacobian(Engine& engine, FunctionId function, const Mask& active);
/// From the gradient: inputs -> (value, gradient by the active inputs…).
FunctionId make_hessian(Engine& engine, FunctionId gradient, const Mask& active);

}  // namespace calc::ad
