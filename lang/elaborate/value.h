#pragma once
// Elaboration-time values. Tuples, records, functions, strings exist only here; at the leaves stand
// Core values. One tree type serves the elaborator (leaves are ids of the function being built) and
// the session (leaves are numbered, the arrays are kept beside the tree).
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lang/core/ir.h"
#include "lang/syntax/ast.h"

namespace calc::elab {

struct Value;
using ValuePtr = std::shared_ptr<const Value>;
struct Builtin;

enum class ValueKind : uint8_t {
  /// A tensor of any rank: `leaf`.
  Tensor,
  Tuple,
  Record,
  Unit,
  /// What has no value because control does not get past it (`{ return x }`); it joins with
  /// anything, and what then stands for it is never looked at.
  Never,
  /// `none`, the absent argument.
  None,
  String,
  /// `lo..hi`: items = {lo, hi} as Int tensors (exclusive end).
  Range,
  /// `zip(a, b)`, `enumerate(a)` (= zip(0..n, a)): items = the iterables, walked in step; an
  /// element is the tuple of theirs. Tuples alone are zipped at once to a tuple of tuples.
  Zip,
  /// A function written in calc: `closure`.
  Closure,
  /// A function or operator of the system: `builtin`.
  Builtin,
  /// An operator applied to a function (`grad[w](f)`, `f'`), a composition, a pullback …:
  /// `derived`.
  Derived,
  /// One of several functions or strings, chosen at run time: items[0] is the Int tag, the others
  /// the alternatives.
  Choice,
  /// What `import` names: `module`. Its fields are the names of that module's top level.
  Module
};

/// A value known while elaborating (Int or Bool scalars; Real literals). Whoever computes with
/// known operands emits the operation all the same and sets `known` on the result as well; code
/// that is shaped by a known value reads it through Emit::known, which finds the parameters it came
/// from.
struct Known {
  enum class Kind : uint8_t { Int, Bool, Real } kind = Kind::Int;
  int64_t integer = 0;
  double real = 0;
};

struct Leaf {
  core::ValueId id;
  core::Type type;
  std::optional<Known> known;
  /// Written as a literal: a Real literal adapts to Real32, a literal wins ties of max and min.
  bool literal = false;
};

struct StringPiece {
  std::string text;
  /// A hole when set: the value to print and its format.
  ValuePtr hole;
  std::string format;
};

/// Code and what it captured. Top-level functions capture nothing: they see globals by name.
struct Closure {
  std::string name;
  const std::vector<syntax::Param>* params = nullptr;
  const syntax::Expr* body = nullptr;
  const std::optional<syntax::TypeExpr>* result = nullptr;
  /// Keeps the syntax alive.
  std::shared_ptr<const syntax::Program> program;
  /// "" for user code, else the library module whose top level it sees.
  std::string module;
  std::vector<std::pair<std::string, ValuePtr>> captured;
  base::Span span;
  std::string documentation;
  /// Defined inside a function: it sees itself by its name.
  bool local = false;
  /// Names the body binds once that an operator's subscript made into further parameters: what is
  /// given (zero by default) is added to the value there.
  std::vector<std::string> opened;
  /// Not empty: the value of this name is the result.
  std::string observed;
};

/// `operator_[subscript](function)` and the like; `what` is the operator's name. `state` holds what
/// a pullback or linear map keeps (leaves of it are captured values). A composition `f ∘ g` has
/// what = "∘", function = f, state = g.
struct Derived {
  std::string what;
  std::vector<std::string> subscript;
  ValuePtr function;
  ValuePtr state;
  /// A Core function applied to state's leaves and then the arguments' (pullbacks).
  core::FunctionId code;
  /// The structure of the result of `code`, its leaves placeholders in order.
  ValuePtr result_shape;
  /// The structure of the one argument that a pullback or linear map takes.
  ValuePtr argument_shape;
  int64_t order = 1;
};

struct Value {
  ValueKind kind = ValueKind::Unit;
  Leaf leaf;
  std::vector<ValuePtr> items;
  /// Record: the field names, in order, beside items.
  std::vector<std::string> fields;
  std::vector<StringPiece> pieces;
  std::shared_ptr<const Closure> closure;
  const Builtin* builtin = nullptr;
  /// Builtin operators: a subscript given but not yet applied, `grad[w]`.
  std::vector<std::string> subscript;
  std::shared_ptr<const Derived> derived;
  /// Of a module: its name in the session (`nn`, or the path of a file).
  std::string module;
};

// -- making
ValuePtr tensor(core::ValueId id, core::Type type);
ValuePtr tensor(Leaf leaf);
ValuePtr tuple(std::vector<ValuePtr> items);
ValuePtr record(std::vector<std::string> fields, std::vector<ValuePtr> items);
ValuePtr unit();
ValuePtr never();
ValuePtr none();
ValuePtr string(std::string text);
ValuePtr builtin(const Builtin* builtin);
ValuePtr module_value(std::string name);

// -- looking
bool is_function(const Value& value);
/// Has the tree more parts than any program means it to have (tuples doubled in a loop)?
bool is_oversized(const ValuePtr& value);
/// The Core leaves of a value in order (tensors; tags; captured values of functions; string holes).
void collect_leaves(const ValuePtr& value, std::vector<Leaf>& leaves);
std::vector<Leaf> leaves_of(const ValuePtr& value);
/// The same tree with other leaves, taken in order.
ValuePtr with_leaves(const ValuePtr& value, const std::vector<Leaf>& leaves);
/// A key equal exactly for trees of the same structure, functions and leaf types (known values left
/// out, or put in with `known`).
std::string structure_key(const Value& value, bool known);
/// The user's name of its type: `Real[3]`, `(Real, Int)`, `{w: Real[3]}`, `String`, `function`.
std::string type_text(const Value& value);

}  // namespace calc::elab
