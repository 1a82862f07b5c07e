#pragma once
// Taylor mode: every value that depends on the variable carries its coefficients 1…n beside it, in
// one sweep through every construct. Primitives: series.h.
#include "lang/ad/activity.h"
#include "lang/ad/series.h"

namespace calc::ad {

class Taylor {
 public:
  Taylor(Engine& engine, const Function& source, const Mask& active, size_t order);
  /// (inputs…, coefficients of each active input…) -> (outputs…, those of each active output…)
  Expanded run(FunctionId id);
  /// inputs -> for each output its coefficients 0…n, when the only active input, a scalar, is the
  /// variable.
  FunctionId run_from_variable();

 private:
  using Values = std::vector<ValueId>;
  using Coefficients = std::vector<MaybeValue>;

  void block(const Block& block);
  void operation(const Op& op);
  void copy(const Op& op);
  void primitive(const Op& op);
  ValueId axes_in_front(ValueId x, const std::vector<int64_t>& axes);
  Values products(const Values& factors, bool from_end);
  void product(const Op& op, bool running);
  void branch(const Op& op);
  void loop(const Op& op);
  void call(const Op& op);
  void call_given(const Op& op);
  Values rate_arguments(const Op& op, const Mask& active);
  void enter_results(std::span<const ValueId> results, const Mask& active,
                     std::span<const ValueId> values);
  Values open_body(std::span<const ValueId> params, size_t leading);

  ValueId mapped(ValueId value) const { return map_.at(value); }
  Values mapped(std::span<const ValueId> values) const;
  /// Coefficients 1…n; null when all are zero.
  const Coefficients* coefficients(ValueId value) const;
  ValueId coefficient_or_zeros(ValueId value, size_t k);
  void append(Values& out, std::span<const ValueId> values, const Mask& active);

  Engine& engine_;
  const Function& source_;
  const size_t order_;
  Mask active_params_;
  Activity active_;
  std::unique_ptr<Function> target_;
  Builder builder_;
  ValueMap map_;
  std::unordered_map<ValueId, Coefficients> coefficients_;
};

/// inputs -> for each output its coefficients 0…n by the only active input, a scalar.
FunctionId make_taylor(Engine& engine, FunctionId function, const Mask& active, size_t order);

}  // namespace calc::ad
