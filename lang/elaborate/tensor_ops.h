#pragma once
// What operators, indexing and builtins share: shapes whose sizes may be values of the running
// program, elementwise promotion and broadcasting, and the making of small values.
//
// A size is a constant where the type knows it, otherwise an i64 value. Shapes are lists of sizes,
// so that axes can be inserted, dropped and compared without asking which of the two each one is.
// Static sizes broadcast as in NumPy; sizes known only at run time must agree, which is checked.
#include <string>
#include <string_view>
#include <vector>

#include "lang/elaborate/emit.h"

namespace calc::elab {

struct Size {
  int64_t constant = core::kDynamic;
  core::ValueId value;
  bool is_static() const { return constant != core::kDynamic; }
  bool is(int64_t n) const { return constant == n; }
};
using Sizes = std::vector<Size>;

Size known_size(int64_t n);
Sizes sizes_of(Emit& emit, core::ValueId value);
core::Dims dims_of(const Sizes& sizes);
/// The values of the dynamic ones, in order: the operands of an op with `dims`.
std::vector<core::ValueId> operands_of(const Sizes& sizes);
core::ValueId size_value(Emit& emit, const Size& size);
/// The number of elements.
Size count_of(Emit& emit, const Sizes& sizes);
/// The same numbers, certainly (equal constants or one and the same value).
bool same_size(const Size& a, const Size& b);

/// Fails at run time when the sizes differ; `what` is the start of the message.
void check_sizes(Emit& emit, const Size& a, const Size& b, const std::string& what);
core::ValueId reshape(Emit& emit, core::ValueId a, const Sizes& sizes);
core::ValueId broadcast(Emit& emit, core::ValueId a, const Sizes& sizes, std::vector<int64_t> axes);
/// A scalar spread over a shape.
core::ValueId fill(Emit& emit, core::ValueId scalar, const Sizes& sizes);
/// Gives `a`, whose shape agrees, exactly the type that `sizes` says.
core::ValueId refine(Emit& emit, core::ValueId a, const Sizes& sizes);

// -- values
ValuePtr int_value(Emit& emit, int64_t n);
ValuePtr real_value(Emit& emit, double x);
ValuePtr bool_value(Emit& emit, bool b);
ValuePtr wrap(Emit& emit, core::ValueId id);
std::optional<int64_t> known_int(Emit& emit, const ValuePtr& value);
/// A literal's value, which shapes code without being asked for.
std::optional<int64_t> literal_int(const Leaf& leaf);
bool is_tensor(const ValuePtr& value);
bool is_number(const ValuePtr& value);

// -- promotion and broadcasting
std::string_view op_text(syntax::BinaryOp op);
std::string_view op_text(syntax::CompareOp op);
/// The element type two operands meet in (Bool < Int < Real32, Real).
core::Elem meet(const Leaf& a, const Leaf& b);
/// The real type a function of reals works in: Real32 stays, everything else is Real.
core::Elem real_elem(const Leaf& a);
/// A tensor's id converted to an element type; literals give constants.
core::ValueId converted(Emit& emit, const Leaf& a, core::Elem elem);
/// The operands spread to their common shape. `what`: "`+`"; spans: of each operand, for labels.
std::vector<core::ValueId> broadcast_all(Emit& emit, std::vector<core::ValueId> operands,
                                         const std::string& what, base::Span span,
                                         const std::vector<base::Span>& spans);
/// `a` spread to a given shape (for updates and fills); fails when it does not fit.
core::ValueId broadcast_to(Emit& emit, core::ValueId a, const Sizes& sizes, const std::string& what,
                           base::Span span);
/// An elementwise operation of two tensors after promotion to `elem`.
core::ValueId elementwise(Emit& emit, std::string_view primitive, const Leaf& a, const Leaf& b,
                          core::Elem elem, const std::string& what, const BinarySpans& spans,
                          core::Attrs attrs = {});
/// `@` and `·` (tensor_ops_product.cpp).
ValuePtr matmul(Emit& emit, const ValuePtr& a, const ValuePtr& b, const BinarySpans& spans);
ValuePtr dot(Emit& emit, const ValuePtr& a, const ValuePtr& b, const BinarySpans& spans);
/// max and min of two tensors: a literal wins ties.
ValuePtr extremum(Emit& emit, bool is_max, const ValuePtr& a, const ValuePtr& b,
                  const BinarySpans& spans);
ValuePtr power(Emit& emit, const ValuePtr& a, const ValuePtr& b, const BinarySpans& spans);
/// One Bool: structures, shapes and all entries equal, or near for `close`.
struct Tolerance {
  /// Scalars of type f64.
  core::ValueId relative, absolute;
};
inline constexpr double kRelative = 1e-9;
inline constexpr double kAbsolute = 1e-12;
core::ValueId all_equal(Emit& emit, const ValuePtr& a, const ValuePtr& b, const Tolerance* close);
/// `f ∘ g`
ValuePtr compose(const ValuePtr& f, const ValuePtr& g);
/// Fails when a value is not a tensor: "`sin` needs a number or tensor, this is a String".
void require_tensor(const ValuePtr& value, std::string_view what, base::Span span);
/// An operation whose type rule decides about user's input: its TypeError becomes a diagnostic.
std::vector<core::ValueId> checked(Emit& emit, std::string_view primitive,
                                   std::vector<core::ValueId> args, core::Attrs attrs,
                                   base::Span span);

}  // namespace calc::elab
