#pragma once
// The contract inside the elaborator: what operators, indexing, builtins and derivative operators
// (tensor_ops.h, indexing.h, builtins.h, derivatives.h) build with, and what the walker over the
// syntax (elaborator.h) offers them.
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lang/ad/ad.h"
#include "lang/base/diagnostic.h"
#include "lang/core/builder.h"
#include "lang/elaborate/value.h"

namespace calc::elab {

struct CallArgs {
  std::vector<ValuePtr> positional;
  std::vector<std::pair<std::string, ValuePtr>> named;
  /// The whole call, and each positional argument (may be empty for calls the system makes).
  base::Span span;
  std::vector<base::Span> spans;
  /// Of each named argument; may be empty as well.
  std::vector<base::Span> named_spans = {};

  /// Of the k-th positional or named argument, failing that of the call.
  base::Span span_of(size_t k) const { return k < spans.size() ? spans[k] : span; }
  base::Span span_of_named(size_t k) const {
    return k < named_spans.size() ? named_spans[k] : span;
  }
};

struct ParamInfo {
  /// "" for a pattern.
  std::string name;
  bool optional = false;
};

/// A function value specialised to argument values: Core whose parameters are the leaves of the
/// arguments, in order, then `extra`, values of the frame that asked (captures and globals).
struct Specialised {
  core::FunctionId function;
  std::vector<core::ValueId> extra;
  /// The structure of the result; its leaves carry types, their ids mean nothing here.
  ValuePtr result;
};

/// One Core function under construction, and the services around it.
class Emit {
 public:
  virtual ~Emit() = default;
  virtual core::Builder& builder() = 0;
  virtual core::Module& module() = 0;
  virtual ad::Differentiator& differentiator() = 0;
  /// Operations emitted from now on come from this span.
  virtual void at(base::Span span) = 0;

  /// Applies any function value: closure, builtin, derived, choice.
  virtual ValuePtr call(const ValuePtr& function, CallArgs args) = 0;
  /// Parameters by name, for named arguments, subscripts and error texts.
  virtual std::vector<ParamInfo> parameters(const ValuePtr& function) = 0;
  /// The arguments in parameter order, defaults filled in; errors as in a call.
  virtual std::vector<ValuePtr> bind(const ValuePtr& function, const CallArgs& args) = 0;
  /// `args`: one a parameter, as from `bind`. Memoised.
  virtual Specialised specialise(const ValuePtr& function, const std::vector<ValuePtr>& args,
                                 base::Span span) = 0;
  /// For the subscript of an operator: the function with each name that is no parameter, but is
  /// bound once by its body, as a further optional parameter: what is given for it is added to the
  /// value there, and the default is zero.
  virtual ValuePtr opened(const ValuePtr& function, const std::vector<std::string>& names) = 0;
  /// A function of the prelude written in calc.
  virtual ValuePtr library(std::string_view name) = 0;
  /// The value of a known Int or Bool; marks it as having shaped the code (so that the enclosing
  /// specialisation is keyed by it). Empty when it is known only at run time.
  virtual std::optional<Known> known(const ValuePtr& value) = 0;
  /// The code depends on the world outside as it is now (a file): it serves this statement only.
  virtual void reads_world(base::Span span) = 0;
  /// The code changes the world outside, when it runs.
  virtual void writes_world() = 0;
};

// -- tensor_ops.h's subject: operators with promotion and broadcasting (tensor_ops*.cpp)

ValuePtr unary(Emit& emit, syntax::UnaryOp op, const ValuePtr& a, base::Span span);
struct BinarySpans {
  base::Span whole, op, lhs, rhs;
};
ValuePtr binary(Emit& emit, syntax::BinaryOp op, const ValuePtr& a, const ValuePtr& b,
                const BinarySpans& spans);
ValuePtr compare(Emit& emit, syntax::CompareOp op, const ValuePtr& a, const ValuePtr& b,
                 const BinarySpans& spans);
/// `A'` or `f'`.
ValuePtr prime(Emit& emit, const ValuePtr& a, base::Span span);
/// `[a, b, ...c]`
struct ArrayItem {
  ValuePtr value;
  bool spread = false;
  base::Span span;
};
ValuePtr array_literal(Emit& emit, const std::vector<ArrayItem>& items, base::Span span);
/// A Range as the Int vector it stands for; any other value unchanged.
ValuePtr as_tensor(Emit& emit, const ValuePtr& a);
/// A tensor leaf of element type `elem` (Bool -> Int -> Real; literals adapt to Real32).
ValuePtr convert(Emit& emit, const ValuePtr& a, core::Elem elem, base::Span span);
/// Every numeric leaf of a tree as Real (Int and Bool leaves converted).
ValuePtr as_real(Emit& emit, const ValuePtr& a, base::Span span);
/// A scalar Bool for a condition; Int and Real conditions are errors with a hint.
core::ValueId condition(Emit& emit, const ValuePtr& a, base::Span span);
/// A scalar i64 (a count, an index); a Real is an error with a hint.
core::ValueId integer(Emit& emit, const ValuePtr& a, base::Span span, std::string_view role);
/// The least type both values convert to, for branches and loop carries: Int and Real join to Real,
/// different sizes to dynamic. Null when there is none.
ValuePtr join_types(const ValuePtr& a, const ValuePtr& b);
/// Converts a value to a joined type (leaf by leaf).
ValuePtr coerce(Emit& emit, const ValuePtr& a, const ValuePtr& type, base::Span span);

// -- indexing

struct IndexItem {
  /// An index value (Int scalar, Int tensor, Bool tensor, Range), or null for a slice.
  ValuePtr at;
  /// Parts of a slice, null where absent.
  ValuePtr start, stop, step;
  base::Span span;
};
ValuePtr index(Emit& emit, const ValuePtr& base, const std::vector<IndexItem>& items,
               base::Span span);
/// `base[items] = value`, or with `op` `base[items] op= value`; the updated base.
ValuePtr index_update(Emit& emit, const ValuePtr& base, const std::vector<IndexItem>& items,
                      const ValuePtr& value, std::optional<syntax::BinaryOp> op, base::Span span);
/// Element i of a tensor's first axis for loops (`i` in range by construction), and its count.
ValuePtr element(Emit& emit, const ValuePtr& tensor, core::ValueId i);
core::ValueId length(Emit& emit, const ValuePtr& tensor, base::Span span);

// -- builtins

/// A function or operator of the system. `function` gets the arguments as written.
struct Builtin {
  std::string_view name;
  /// "x, axis = none, keepdims = false": for named arguments, errors and `?name`.
  std::string_view signature;
  std::string_view documentation;
  ValuePtr (*function)(Emit& emit, const Builtin& self, const CallArgs& args);
  /// A derivative operator: takes a subscript.
  bool is_operator = false;
};
const Builtin* find_builtin(std::string_view name);
std::vector<const Builtin*> all_builtins();
/// The constants `pi e inf nan tau none` and the module record `data`; null for any other name.
/// Looked up after locals, globals and the prelude, beside `find_builtin`.
ValuePtr find_constant(Emit& emit, std::string_view name);
/// What `Emit::parameters` and `Emit::bind` answer for a builtin: one value a parameter, `none` for
/// an absent optional one (builtins take `none` as absent); variadic ones append the rest.
std::vector<ParamInfo> builtin_parameters(const Builtin& builtin);
std::vector<ValuePtr> bind_builtin(const Builtin& builtin, const CallArgs& args);

// -- derivative operators

/// An operator with a subscript applied to arguments: `grad[w](f)`.
ValuePtr apply_operator(Emit& emit, const Builtin& op, const std::vector<std::string>& subscript,
                        const CallArgs& args);
/// Calls a Derived function value (`grad(f)(x)`, a composition, a pullback).
ValuePtr call_derived(Emit& emit, const std::shared_ptr<const Derived>& derived,
                      const CallArgs& args);
/// Its parameters: those of the function underneath.
std::vector<ParamInfo> derived_parameters(Emit& emit, const Derived& derived);
/// What `Emit::bind` answers for it.
std::vector<ValuePtr> bind_derived(Emit& emit, const Derived& derived, const CallArgs& args);
/// How it prints: `grad(f)`.
std::string function_text(const Value& function);

}  // namespace calc::elab
