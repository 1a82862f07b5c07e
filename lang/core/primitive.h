#pragma once
// A primitive is one record: what it computes, its type rule, derivative, transpose, lowering,
// documentation and sample points. Nothing about it stands anywhere else; the verifier, evaluator,
// differentiator, lowering, law tests and manual all read the record.
//
// The rule types have no default constructor: a record that forgets one does not compile, and an
// absent rule is stated with its reason.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/core/ir.h"
#include "runtime/context.h"
#include "runtime/math.h"

namespace calc::core {

class Builder;

// ---- type and value ----------------------------------------------------------------------------

struct TypeError {
  std::string message;
  std::string hint;
};
using TypeResult = std::variant<std::vector<Type>, TypeError>;
using TypeRule = TypeResult (*)(std::span<const Type> args, const Attrs& attrs);

/// Computes the results; may take over (move from) an argument, which then must be unique to be
/// written in place. Throws rt::Failure.
using Evaluate = void (*)(rt::Context& context, std::span<rt::Array> args, const Attrs& attrs,
                          std::span<rt::Array> results);

// ---- derivative --------------------------------------------------------------------------------

/// A tangent or cotangent; none is the symbolic zero.
using MaybeValue = std::optional<ValueId>;

/// What a linear rule builds with: primal operations go to `primal()`, linear ones to `linear()`
/// (one and the same builder in jvp).
class RuleContext {
 public:
  virtual ~RuleContext() = default;
  virtual Builder& primal() = 0;
  virtual Builder& linear() = 0;
  /// Makes a value of the primal block usable in the linear block.
  virtual ValueId residual(ValueId primal_value) = 0;
};

/// Tangents of the results. `in`, `out`: the primal values in the function being built; at least
/// one tangent is present.
using LinearRule = std::vector<MaybeValue> (*)(RuleContext& context, const Op& op,
                                               std::span<const ValueId> in,
                                               std::span<const ValueId> out,
                                               std::span<const MaybeValue> tangents);

/// Elementwise: the partial derivative for each argument, as calc text over the parameter names and
/// `result` ("cos(x)", "result", "y*x^(y - 1)"). `singular`: it may be infinite or nan somewhere,
/// so that a mask must be applied again (differentiation.md, "Kinks, masks and nans").
struct Partials {
  std::vector<std::string_view> texts;
  bool singular = false;
};
/// The operation is linear in all its real arguments together: its tangent is itself.
struct LinearOp {};
/// Linear in each real argument alone: the tangent is a sum of itself with one argument replaced.
struct Multilinear {};
/// The derivative is zero wherever it exists, or the results are not real.
struct ZeroDerivative {
  std::string_view reason;
};

struct Derivative {
  std::variant<Partials, LinearOp, Multilinear, ZeroDerivative, LinearRule> rule;
  Derivative(Partials r) : rule(std::move(r)) {}
  Derivative(LinearOp r) : rule(r) {}
  Derivative(Multilinear r) : rule(r) {}
  Derivative(ZeroDerivative r) : rule(r) {}
  Derivative(LinearRule r) : rule(r) {}
};

/// What a transpose rule builds with.
class TransposeContext {
 public:
  virtual ~TransposeContext() = default;
  virtual Builder& build() = 0;
  /// The copy of a non-linear operand in the transposed function.
  virtual ValueId known(ValueId original) = 0;
  virtual const Type& type(ValueId original) = 0;
  /// The values of the dynamic sizes of a linear operand, in order (none when its type is static):
  /// what follows as operands an op with a `dims` attribute.
  virtual std::vector<ValueId> sizes(ValueId original) = 0;
};
/// Cotangents of the arguments (none where the argument is not linear, or the cotangent zero).
/// `linear[k]`: argument k is linear. At least one cotangent is present.
using TransposeRule = std::vector<MaybeValue> (*)(TransposeContext& context, const Op& op,
                                                  const std::vector<bool>& linear,
                                                  std::span<const MaybeValue> cotangents);
struct NotLinear {};

struct Transpose {
  std::variant<TransposeRule, NotLinear> rule;
  Transpose(TransposeRule r) : rule(r) {}
  Transpose(NotLinear r) : rule(r) {}
};

// ---- lowering ----------------------------------------------------------------------------------

/// One scalar operation of the machine; operand types decide between integer and real forms.
/// Integer Add/Sub/Mul/Neg/Pow/FloorDiv/Mod are checked (overflow, division by zero fail).
enum class ScalarOp : uint8_t {
  Add,
  Sub,
  Mul,
  Div,
  FloorDiv,
  Mod,
  Neg,
  Abs,
  Sign,
  Min,
  Max,
  /// x^n with Int n: for reals by repeated squaring in a fixed order (runtime/math.h `power_int`).
  PowInt,
  Sqrt,
  Floor,
  Ceil,
  Round,
  Trunc,
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  And,
  Or,
  Not,
  Select,
  Convert,
  /// (i, n) -> i or i + n when negative; fails out of range.
  CheckIndex,
  /// A function of runtime/math.h.
  Call
};

/// How a structural primitive reads or writes; the names are those of the primitives.
enum class Structural : uint8_t {
  Broadcast,
  Reshape,
  Transpose,
  Reverse,
  Slice,
  Concat,
  Stack,
  Iota,
  Index,
  Take,
  Dim,
  IndexSet,
  IndexAdd,
  SliceSet,
  SliceAdd,
  TakeSet,
  TakeAdd,
  Copy
};
enum class Reduction : uint8_t { Sum, Prod, Max, Min, Any, All, ArgMax, ArgMin };

struct ElementwiseLowering {
  ScalarOp op;
  const rt::ScalarFunction* function = nullptr;
};
struct StructuralLowering {
  Structural form;
};
struct ReductionLowering {
  Reduction reduction;
};
/// Inclusive running sum along {axis}, {reverse} from the end.
struct CumulativeLowering {};
/// `dot_general`: a kernel above a small size, loops below.
struct DotLowering {};
/// Compiled code calls the record's `evaluate`.
struct OpaqueLowering {};

using Lowering = std::variant<ElementwiseLowering, StructuralLowering, ReductionLowering,
                              CumulativeLowering, DotLowering, OpaqueLowering>;

// ---- laws --------------------------------------------------------------------------------------

/// Arguments and attributes to check a primitive at. Real arguments are differentiated.
struct Sample {
  std::vector<rt::Array> args;
  Attrs attrs;
  /// A kink, pole or edge: values are compared, differences are not.
  bool special = false;
};
using Samples = std::vector<Sample> (*)();

enum class Effect : uint8_t {
  None,
  /// May fail, where `may_fail` does not say otherwise: kept even when its result is unused, and
  /// never run where the program would not run it.
  Fails,
  /// Prints, draws random numbers: kept and kept in order.
  State
};

/// May an operation on arguments of these types fail? Ints overflow where reals do not.
using MayFail = bool (*)(std::span<const Type> args, const Attrs& attrs);

struct Primitive {
  std::string_view name;
  /// Parameter names, as `Partials` uses them; variadic ones end in `…`.
  std::vector<std::string_view> params;
  std::string_view doc;
  TypeRule type_rule;
  Evaluate evaluate;
  Derivative derivative;
  Transpose transpose;
  Lowering lowering;
  Samples samples;
  Effect effect = Effect::None;
  /// Of an effect `Fails`: which operations it concerns (absent: all). Ask `effect_of` (tools.h).
  MayFail may_fail = nullptr;
};

/// All primitives, by name. Filled once by prim::install(), then read only.
class Registry {
 public:
  const Primitive* find(std::string_view name) const;
  /// A missing name is a programmer's error.
  const Primitive& get(std::string_view name) const;
  const std::vector<const Primitive*>& all() const { return all_; }
  void add(const Primitive& primitive);

 private:
  /// Sorted by name.
  std::vector<const Primitive*> all_;
};
Registry& registry();

}  // namespace calc::core
