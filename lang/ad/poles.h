#pragma once
// Which values of a function may be infinite or nan although its inputs are ordinary numbers: they
// come after a logarithm, a quotient, an exponential. As a factor of a tangent such a value is
// singular: times a cotangent that is an exact zero it would make a nan (mask.cpp). Products of
// large numbers, which may overflow as well, are not looked at.
#include "lang/ad/engine.h"

namespace calc::ad {

class Poles {
 public:
  explicit Poles(const Function& function);
  bool operator()(ValueId value) const { return marked_[value.index]; }
  /// May the derivative of an elementwise operation be infinite or nan?
  bool singular(const Op& op) const;

 private:
  void block(const Block& block);
  void operation(const Op& op);
  void carry(std::span<const ValueId> from, std::span<const ValueId> to);
  void mark(ValueId value);
  bool any(const std::vector<ValueId>& values) const;
  bool makes_poles(const Op& op) const;
  void note_constant(const Op& op);

  const Function& function_;
  std::vector<bool> marked_;
  /// Constants without a zero or negative element: harmless divisors and exponents.
  std::vector<bool> positive_;
  size_t marks_ = 0;
};

}  // namespace calc::ad
