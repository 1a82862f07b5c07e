#pragma once
// Power series of values: x(t) = x₀ + x₁ t + x₂ t² + …, coefficient by coefficient, each emitted
// when it is first asked for.
//
// An operation on series is a small graph of nodes. Structural operations act on each coefficient,
// products are Cauchy sums, quotients solve theirs. Every other primitive follows from its own
// derivative rule: z = f(x) obeys z' = f'(x) x', and coefficient k - 1 of the right side is made of
// coefficients of x and z below k. See Note [Series from rules].
#include <memory>

#include "lang/ad/engine.h"

namespace calc::ad {

ValueId scaled(Builder& builder, ValueId value, double factor);

/// One value's series. Nodes live in an arena and may refer to one another in circles.
class Series {
 public:
  virtual ~Series() = default;
  /// None where it is zero by structure.
  MaybeValue at(size_t k);
  ValueId value() { return *at(0); }
  /// False when all coefficients but the first are zero by structure.
  virtual bool moves() const = 0;

 protected:
  virtual MaybeValue make(size_t k) = 0;

 private:
  std::vector<std::optional<MaybeValue>> made_;
};

class SeriesArena {
 public:
  SeriesArena(Engine& engine, Builder& builder) : engine_(engine), builder_(builder) {}

  /// `rest`: coefficients 1, 2, …
  Series* given(ValueId value, std::vector<MaybeValue> rest);
  /// The results of a primitive operation.
  std::vector<Series*> results(const Op& op, const std::vector<Series*>& args,
                               const std::vector<Type>& types);

  // -- for the nodes
  Engine& engine() { return engine_; }
  Builder& builder() { return builder_; }
  Series* rate(Series* x);
  ValueId zeros_of(Series* x);
  template <typename Node, typename... Args>
  Node* make(Args&&... args) {
    auto node = std::make_unique<Node>(*this, std::forward<Args>(args)...);
    Node* made = node.get();
    nodes_.push_back(std::move(node));
    return made;
  }

 private:
  struct Entry {
    const core::Primitive* primitive;
    core::Attrs attrs;
    std::vector<Series*> args;
    std::vector<Series*> results;
  };
  std::vector<Series*> made_results(const Op& op, const std::vector<Series*>& args,
                                    const std::vector<Type>& types);
  Series* integer_power(const std::vector<Series*>& args);

  Engine& engine_;
  Builder& builder_;
  std::vector<std::unique_ptr<Series>> nodes_;
  /// Equal operations on the same series are one node: `sin` and `cos` find each other.
  std::vector<Entry> entries_;
};

}  // namespace calc::ad
