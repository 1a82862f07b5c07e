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

#include "lang/ad/memo.h"
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
  /// Of a checkpoint: the residuals are these known parameters, and `known` returns none.
  std::optional<Mask> inputs;
};

/// Taylor mode: (inputs…, coefficients 1…n of each active input…)
///   -> (outputs…, coefficients 1…n of each output that has them…)
struct Expanded {
  FunctionId function;
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

/// Each pass is made once for a function and masks. A recursive function asks for itself: the
/// passes declare what they make before they make it, see Note [Recursion] in engine.cpp.
class Engine {
 public:
  explicit Engine(Module& module) : module_(module) {}

  Module& module() { return module_; }
  const Forward& forward(FunctionId function, const Mask& active);
  const Split& split(FunctionId function, const Mask& linear);
  const Expanded& expand(FunctionId function, const Mask& active, size_t order);
  /// `results`: those whose cotangents are given. `accumulated`: parameters with an accumulator.
  const Transposed& transpose(FunctionId function, const Mask& linear, const Mask& results,
                              const Mask& accumulated);
  /// Which results depend on the active parameters.
  const Mask& active_results(FunctionId function, const Mask& active);
  /// A linear function with symbolic zeros for the linear parameters that do not move.
  const Restricted& restrict_params(FunctionId function, const Mask& linear, const Mask& moving);
  /// `results`: those that are used. Which parameters matter then; an empty mask: all.
  const Mask& needs(FunctionId function, const Mask& results);
  /// The function with those results and parameters; itself when nothing can go.
  FunctionId trim(FunctionId function, const Mask& results);
  /// The function with only the chosen results (itself when all are).
  FunctionId restrict_results(FunctionId function, const Mask& results);
  /// The function without the derivative it was given.
  FunctionId plain(FunctionId function);

  /// For each parameter of a linear function made by `linearize`: the known parameters that hold
  /// its dynamic sizes.
  std::map<uint32_t, std::vector<std::vector<size_t>>> sizes_of_params;

  /// Optimises a function once; later calls do nothing.
  void optimize(FunctionId function);
  FunctionId define(std::unique_ptr<Function> function);
  void define(FunctionId id, std::unique_ptr<Function> function);
  /// May it call itself, directly or not? Of finished functions.
  bool is_recursive(FunctionId function) const;
  /// As the Differentiator's.
  bool mark(std::vector<bool>& live) const;
  void keep(const std::vector<bool>& live);

 private:
  /// Gives a function that is still being made a body that says no more than the types of its
  /// results, so that it can be called.
  void promise(FunctionId id, const std::vector<Type>& results);
  Forward promised_forward(FunctionId function, const Mask& active);
  Split promised_split(FunctionId function, const Mask& linear);
  std::unique_ptr<Function> trimmed(FunctionId function, const Mask& results, const Mask& params);

  Module& module_;
  Memo<Forward> forwards_;
  Memo<Split> splits_;
  Memo<Restricted> restricted_params_;
  Memo<Transposed> transposes_;
  Memo<Mask> actives_;
  Memo<Mask> needs_;
  std::map<PassKey, FunctionId> trimmed_;
  std::map<PassKey, FunctionId> restricted_;
  Memo<Expanded> expanded_;
  std::map<uint32_t, FunctionId> plain_;
  std::set<uint32_t> optimized_;
  std::set<uint32_t> promised_;
};

inline bool same_promise(const Forward&, const Forward&) { return true; }
inline bool same_promise(const Split&, const Split&) { return true; }
inline bool same_promise(const Expanded&, const Expanded&) { return true; }
inline bool same_promise(const Restricted&, const Restricted&) { return true; }
inline bool same_promise(const Transposed& a, const Transposed& b) {
  return a.cotangents == b.cotangents;
}

// The passes themselves, without memory. They fill in the functions whose ids are given.
Forward make_forward(Engine& engine, const Function& function, const Mask& active, FunctionId id);
/// Of a function that was given its derivative (given_rule.cpp).
Forward make_given_forward(Engine& engine, FunctionId function, const Mask& active, FunctionId id);
Mask given_active_results(Engine& engine, FunctionId function, const Mask& active);
Expanded make_expanded(Engine& engine, const Function& function, const Mask& active, size_t order,
                       FunctionId id);

/// How a function is cut in two.
struct Cut {
  Mask linear;
  /// Results of the linear half, be they linear or not; by default the linear ones.
  std::optional<Mask> results;
  FunctionId known;
  FunctionId linear_half;
  /// The residuals travel in two arrays, of reals and of integers: recursion has any number.
  bool packed = false;
};
Split make_split(Engine& engine, const Function& function, const Cut& cut);
/// Of a checkpoint (recompute.cpp).
Split make_recomputing_split(Engine& engine, FunctionId function, const Cut& cut);
/// Takes the cotangents of all results.
Transposed make_transpose(Engine& engine, const Function& function, const Mask& linear,
                          const Mask& accumulated, FunctionId id);
Restricted make_restriction(Engine& engine, const Function& function, const Mask& linear,
                            const Mask& moving, FunctionId id);
/// Removes dead code, also what is dead in the callees for want of use here.
void trim_calls(Engine& engine, Function& function);
Mask needed_params(Engine& engine, const Function& function, const Mask& results);

/// The value, recorded with the sizes that a type knows: those it must have at run time.
ValueId fitted(Builder& builder, ValueId value, const Type& type);

/// "" when a function is linear in the marked parameters: only operations that have a transpose,
/// with at most one linear factor each.
std::string verify_linear(Engine& engine, const Function& function, const Mask& linear);

}  // namespace calc::ad
