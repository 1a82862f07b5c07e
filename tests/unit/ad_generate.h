#pragma once
// Programs for tests: every construct in every other, values captured, carried, swapped, returned
// twice, dropped, updated in place. One seed, the same program everywhere.
#include <random>

#include "lang/core/builder.h"
#include "tests/unit/ad_laws.h"

namespace calc::test {

using core::Builder;
using core::Type;
using core::ValueId;

inline const Type kScalar = core::scalar_type(core::Elem::F64);
inline const Type kVector{core::Elem::F64, {3}};
inline const Type kDynamic{core::Elem::F64, {core::kDynamic}};
inline const Type kInt = core::scalar_type(core::Elem::I64);

class ProgramGenerator {
 public:
  ProgramGenerator(core::Module& module, uint32_t seed) : module_(module), random_(seed) {}

  /// (f64, f64[3], i64) -> some results
  core::FunctionId function(int depth, int length) {
    auto function = std::make_unique<core::Function>();
    function->name = "f" + std::to_string(module_.size());
    Builder builder(module_, *function);
    builder_ = &builder;
    scalars_ = {builder.add_param(kScalar)};
    vectors_ = {builder.add_param(kVector)};
    ints_ = {builder.add_param(kInt)};
    dynamics_.clear();
    operations(depth, length);
    std::vector<ValueId> results = {pick(scalars_), pick(vectors_), pick(scalars_)};
    if (!dynamics_.empty()) results.push_back(pick(dynamics_));
    if (chance(3)) results.push_back(results[0]);
    builder.set_results(results);
    core::FunctionId id = module_.add(std::move(function));
    callees_.push_back(id);
    return id;
  }

 private:
  struct Scope {
    std::vector<ValueId> scalars, vectors, dynamics, ints;
  };
  Scope save() const { return {scalars_, vectors_, dynamics_, ints_}; }
  void restore(const Scope& scope) {
    scalars_ = scope.scalars;
    vectors_ = scope.vectors;
    dynamics_ = scope.dynamics;
    ints_ = scope.ints;
  }

  int below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool chance(int n) { return below(n) == 0; }
  /// Prefers recent values.
  ValueId pick(const std::vector<ValueId>& values) {
    const int n = static_cast<int>(values.size());
    return values[static_cast<size_t>(std::max(below(n), below(n)))];
  }
  Builder& b() { return *builder_; }
  void keep(ValueId value) {
    const Type& type = b().type(value);
    if (type == kInt) ints_.push_back(value);
    if (type == kScalar) scalars_.push_back(value);
    if (type == kVector) vectors_.push_back(value);
    if (type == kDynamic) dynamics_.push_back(value);
  }
  ValueId three() { return b().integer(3); }
  ValueId place() { return b().op("mod", {pick(ints_), three()}); }
  ValueId condition() {
    if (chance(2))
      return b().op("eq", {b().op("mod", {pick(ints_), b().integer(2)}), b().integer(0)});
    return b().op("lt", {pick(scalars_), b().real(chance(2) ? 50.0 : -50.0)});
  }

  void operations(int depth, int length) {
    for (int k = 0; k < length; ++k) operation(depth);
  }
  void operation(int depth) {
    const int kind = below(depth > 0 ? 14 : 8);
    if (kind < 3) return scalar_operation();
    if (kind < 6) return vector_operation();
    if (kind < 7) return dynamic_operation();
    if (kind < 8) return keep(b().add(pick(ints_), b().integer(1)));
    if (kind < 10) return counted_loop(depth - 1);
    if (kind < 11) return while_loop(depth - 1);
    if (kind < 13) return branch(depth - 1);
    return call();
  }

  void scalar_operation() {
    ValueId x = pick(scalars_);
    ValueId y = pick(scalars_);
    switch (below(9)) {
      case 0:
        return keep(b().add(x, y));
      case 1:
        return keep(b().sub(x, y));
      case 2:
        return keep(b().mul(b().op("sin", {x}), y));
      case 3:
        return keep(b().op("sin", {b().mul(x, y)}));
      case 4:
        return keep(b().op("tanh", {x}));
      case 5:
        return keep(b().div(x, b().add(b().real(2.5), b().op("sin", {y}))));
      case 6:
        return keep(b().select(condition(), x, y));
      case 7:
        return keep(
            b().op("index", {pick(vectors_), place()}, {{"axes", std::vector<int64_t>{0}}}));
      default:
        return keep(b().mul(b().convert(pick(ints_), core::Elem::F64), b().op("tanh", {x})));
    }
  }
  void vector_operation() {
    ValueId v = pick(vectors_);
    ValueId w = pick(vectors_);
    const core::Attrs first{{"axes", std::vector<int64_t>{0}}};
    switch (below(10)) {
      case 0:
        return keep(b().add(v, w));
      case 1:
        return keep(b().mul(b().op("sin", {v}), w));
      case 2:
        return keep(b().fill_like(pick(scalars_), v));
      case 3:
        return keep(b().op("index_set", {v, pick(scalars_), place()}, first));
      case 4:
        return keep(b().op("index_add", {v, b().op("tanh", {pick(scalars_)}), place()}, first));
      case 5:
        return keep(b().op(
            "tanh", {b().op("cumsum", {v}, {{"axis", int64_t{0}}, {"reverse", chance(2)}})}));
      case 6:
        return keep(b().op("reverse", {v}, first));
      case 7:
        return keep(b().op("tanh", {b().reduce_sum(b().mul(v, w), {0})}));
      case 8:
        return keep(b().op("stack", {pick(scalars_), pick(scalars_), pick(scalars_)}));
      default:
        return keep(b().op("take",
                           {v, b().constant(rt::Array::ints(std::vector<int64_t>{3},
                                                            std::vector<int64_t>{2, 0, 2}))},
                           {{"axis", int64_t{0}}}));
    }
  }
  void dynamic_operation() {
    if (dynamics_.empty() || chance(3)) {
      ValueId size = b().op("mod", {pick(ints_), b().integer(4)});
      return keep(b().op("broadcast", {pick(scalars_), size},
                         {{"dims", core::Dims{-1}}, {"axes", std::vector<int64_t>{}}}));
    }
    ValueId v = pick(dynamics_);
    switch (below(5)) {
      case 0:
        return keep(b().op("tanh", {b().reduce_sum(v, {0})}));
      case 1:
        return keep(b().mul(b().op("sin", {v}), v));
      case 2:
        return keep(b().op("concat", {v, pick(vectors_)}, {{"axis", int64_t{0}}}));
      case 3: {
        ValueId n = b().op("floordiv", {b().dim(v, 0), b().integer(2)});
        return keep(b().op("slice", {v, b().integer(0), n},
                           {{"axis", int64_t{0}}, {"step", int64_t{1}}, {"size", int64_t{-1}}}));
      }
      default:
        return keep(b().op("reverse", {v}, {{"axes", std::vector<int64_t>{0}}}));
    }
  }

  /// Carried values with their types.
  std::vector<ValueId> carried() {
    std::vector<ValueId> init = {pick(scalars_)};
    if (chance(2)) init.push_back(pick(scalars_));
    if (!chance(3)) init.push_back(pick(vectors_));
    if (chance(3)) init.push_back(pick(ints_));
    if (!dynamics_.empty() && chance(2)) init.push_back(pick(dynamics_));
    if (chance(4)) init.push_back(b().real(0.75));
    return init;
  }
  ValueId like(const Type& type) {
    if (type == kInt) return pick(ints_);
    if (type == kScalar) return pick(scalars_);
    if (type == kVector) return pick(vectors_);
    return pick(dynamics_);
  }
  std::vector<Type> types(const std::vector<ValueId>& values) {
    std::vector<Type> out;
    for (ValueId value : values) out.push_back(b().type(value));
    return out;
  }

  void counted_loop(int depth) {
    const std::vector<ValueId> init = carried();
    ValueId count =
        chance(2) ? b().integer(below(4)) : b().op("mod", {pick(ints_), b().integer(4)});
    std::vector<Type> params = types(init);
    params.insert(params.begin(), kInt);
    const Scope outer = save();
    const std::vector<ValueId> entered = b().open_block(params);
    for (ValueId value : entered) keep(value);
    operations(depth, 2 + below(4));
    std::vector<ValueId> results;
    for (size_t k = 1; k < params.size(); ++k) results.push_back(like(params[k]));
    if (chance(2)) results.push_back(pick(scalars_));
    if (chance(3)) results.push_back(results[0]);
    core::Block body = b().close_block(results);
    restore(outer);
    for (ValueId value : b().emit_for(count, init, std::move(body), chance(2))) {
      if (b().type(value).rank() == 1 && b().type(value) != kVector && chance(2)) {
        keep(b().op("tanh", {b().reduce_sum(value, {0})}));
      } else {
        keep(value);
      }
    }
  }

  void while_loop(int depth) {
    std::vector<ValueId> init = carried();
    init.insert(init.begin(), b().integer(0));
    const int limit = below(4);
    const std::vector<Type> params = types(init);
    const Scope outer = save();
    const std::vector<ValueId> tested = b().open_block(params);
    ValueId more = b().op("lt", {tested[0], b().integer(limit)});
    core::Block condition = b().close_block({more});
    const std::vector<ValueId> entered = b().open_block(params);
    for (ValueId value : entered) keep(value);
    operations(depth, 2 + below(4));
    std::vector<ValueId> results = {b().add(entered[0], b().integer(1))};
    for (size_t k = 1; k < params.size(); ++k) results.push_back(like(params[k]));
    core::Block body = b().close_block(results);
    restore(outer);
    for (ValueId value : b().emit_while(init, std::move(condition), std::move(body))) keep(value);
  }

  void branch(int depth) {
    ValueId when = condition();
    std::vector<Type> wanted = {kScalar};
    if (chance(2)) wanted.push_back(kVector);
    if (chance(3)) wanted.push_back(kScalar);
    if (chance(3)) wanted.push_back(kInt);
    if (!dynamics_.empty() && chance(3)) wanted.push_back(kDynamic);
    const Scope outer = save();
    std::vector<core::Block> blocks;
    for (int k = 0; k < 2; ++k) {
      b().open_block({});
      operations(depth, below(4));
      std::vector<ValueId> results;
      for (const Type& type : wanted) results.push_back(like(type));
      blocks.push_back(b().close_block(results));
      restore(outer);
    }
    for (ValueId value : b().emit_if(when, std::move(blocks[0]), std::move(blocks[1]))) keep(value);
  }

  void call() {
    if (callees_.empty()) return scalar_operation();
    core::FunctionId callee =
        callees_[static_cast<size_t>(below(static_cast<int>(callees_.size())))];
    for (ValueId value : b().call(callee, {pick(scalars_), pick(vectors_), pick(ints_)}))
      keep(value);
  }

  core::Module& module_;
  std::mt19937 random_;
  Builder* builder_ = nullptr;
  std::vector<ValueId> scalars_, vectors_, dynamics_, ints_;
  std::vector<core::FunctionId> callees_;
};

}  // namespace calc::test
