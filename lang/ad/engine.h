#pragma once
// The three passes behind every operator, each Core -> Core and memoised:
//
//   forward    f(x)          ->  f(x), f'(x) dx        one block; zeros stay symbolic
//   split      g(known, t)   ->  known half + residuals, linear half
//   transpose  l(known, t)   ->  l'(known, cotangents)
//
// linearize is forward, then split: the tangent operations of a jvp depend on the primal ones,
// never the reverse, so one mechanical cut gives the two blocks of differentiation.md, for every
// construct alike. Masks say which parameters are active (linear) and which results have a tangent,
// so that the zeros of callees are symbolic too.
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lang/core/builder.h"
#include "lang/core/ir.h"
#include "lang/core/tools.h"

namespace calc::ad {

using core::Block;
using core::Builder;
using core::Function;
using core::FunctionId;
using core::MaybeValue;
using core::Module;
using core::Op;
using core::OpKind;
using core::Type;
using core::ValueId;
using core::ValueMap;
/// One flag a parameter or result.
using Mask = std::vector<bool>;

/// (inputs…, tangents of the active inputs…) -> (outputs…, tangents of the outputs that have one…)
struct Forward {
  FunctionId function;
  Mask tangents;
};

struct Split {
  /// (known parameters…) -> (known results…, residuals…)
  FunctionId known;
  /// (residuals…, linear parameters…) -> linear results…
  FunctionId linear;
  int residuals = 0;
  /// Which results of the whole are linear.
  Mask results;
};

/// (known parameters…, cotangents of the chosen results…, accumulators…)
///   -> cotangents of those linear parameters that get one…
/// A parameter with an accumulator always gets one: its cotangent added to the accumulator.
struct Transposed {
  FunctionId function;
  /// One flag for each parameter of the linear function; false for the known ones.
  Mask cotangents;
};

/// (known parameters…, moving parameters…) -> results that move…
struct Restricted {
  FunctionId function;
  /// Which results of the whole move.
  Mask results;
};

/// A function with only the results that are used and the parameters those need.
struct Trimmed {
  FunctionId function;
  /// Which parameters of the whole remain.
  Mask params;
};

class Engine {
 public:
  explicit Engine(Module& module) : module_(module) {}

  Module& module() { return module_; }
  const Forward& forward(FunctionId function, const Mask& active);
  const Split& split(FunctionId function, const Mask& linear);
  /// `results`: those whose cotangents are given. `accumulated`: parameters with an accumulator.
  const Transposed& transpose(FunctionId function, const Mask& linear, const Mask& results,
                              const Mask& accumulated);
  /// Which results depend on the active parameters.
  const Mask& active_results(FunctionId function, const Mask& active);
  /// A linear function with symbolic zeros for the linear parameters that do not move.
  const Restricted& restrict_params(FunctionId function, const Mask& linear, const Mask& moving);
  /// `results`: those that are used. The function itself when nothing can go.
  const Trimmed& trim(FunctionId function, const Mask& results);
  /// The function with only the chosen results (itself when all are).
  FunctionId restrict_results(FunctionId function, const Mask& results);

  /// For each parameter of a linear function made by `linearize`: the known parameters that hold
  /// its dynamic sizes.
  std::map<uint32_t, std::vector<std::vector<size_t>>> sizes_of_params;

  /// Optimises a function once; later calls do nothing.
  void optimize(FunctionId function);
  FunctionId define(std::unique_ptr<Function> function);
  /// As the Differentiator's.
  bool mark(std::vector<bool>& live) const;
  void keep(const std::vector<bool>& live);

 private:
  using Key = std::pair<FunctionId, std::vector<Mask>>;
  struct Less {
    bool operator()(const Key& a, const Key& b) const;
  };
  template <typename T>
  using Memo = std::map<Key, std::unique_ptr<T>, Less>;
  /// Every memo but `actives_`, which holds no functions: visit(memo, functions_of_value).
  template <typename Self, typename Visit>
  static void each_memo(Self& self, Visit visit);
  /// The memoised value; `make` runs once. Asking again while it runs means recursion.
  template <typename T>
  const T& remember(Memo<T>& memo, Key key, const std::function<T()>& make);

  Module& module_;
  Memo<Forward> forwards_;
  Memo<Split> splits_;
  Memo<Restricted> restricted_params_;
  Memo<Transposed> transposes_;
  Memo<Mask> actives_;
  Memo<Trimmed> trimmed_;
  Memo<FunctionId> restricted_;
  std::set<uint32_t> optimized_;
};

// The passes themselves, without memory.
Forward make_forward(Engine& engine, const Function& function, const Mask& active);
/// `results`: those the linear half returns, be they linear or not; by default the linear ones.
Split make_split(Engine& engine, const Function& function, const Mask& linear,
                 const std::optional<Mask>& results = std::nullopt);
/// Takes the cotangents of all results.
Transposed make_transpose(Engine& engine, const Function& function, const Mask& linear,
                          const Mask& accumulated);

Restricted make_restriction(Engine& engine, const Function& function, const Mask& linear,
                            const Mask& moving);

Trimmed make_trimmed(Engine& engine, FunctionId function, const Mask& results);
/// Removes dead code, also what is dead in the callees for want of use here.
void trim_calls(Engine& engine, Function& function);

/// The value, recorded with the sizes that a type knows: those it must have at run time.
ValueId fitted(Builder& builder, ValueId value, const Type& type);

/// "" when a function is linear in the marked parameters: only operations that have a transpose,
/// with at most one linear factor each.
std::string verify_linear(Engine& engine, const Function& function, const Mask& linear);

}  // namespace calc::ad
