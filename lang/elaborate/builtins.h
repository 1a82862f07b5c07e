#pragma once
// The functions of the system: a table of records, a file a family. A builtin gets its arguments as
// written and binds them by its signature, "x, axis = none, keepdims = false"; a parameter written
// `...xs` takes the remaining positional arguments. `none` counts as absent.
#include <span>

#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

struct BuiltinParam {
  std::string_view name;
  bool optional = false;
  bool variadic = false;
};
std::vector<BuiltinParam> signature_params(std::string_view signature);

/// The arguments of one call, by parameter.
class BuiltinArgs {
 public:
  BuiltinArgs(const Builtin& self, const CallArgs& args);

  bool has(size_t k) const { return values_[k] && values_[k]->kind != ValueKind::None; }
  const ValuePtr& operator[](size_t k) const { return values_[k]; }
  base::Span span(size_t k) const { return spans_[k].known() ? spans_[k] : whole_; }
  base::Span whole() const { return whole_; }
  /// What a variadic parameter took.
  const std::vector<ValuePtr>& rest() const { return rest_; }
  base::Span rest_span(size_t k) const { return rest_spans_[k].known() ? rest_spans_[k] : whole_; }
  /// "`sum`"
  std::string name() const { return "`" + std::string(self_.name) + "`"; }

  /// A tensor (a range becomes one); anything else is an error.
  Leaf tensor(Emit& emit, size_t k) const;
  /// A tensor of reals.
  core::ValueId real(Emit& emit, size_t k) const;
  /// A known Int, or `otherwise` when absent.
  int64_t integer(Emit& emit, size_t k, int64_t otherwise) const;
  bool flag(Emit& emit, size_t k, bool otherwise) const;
  /// A known axis of a tensor of that rank, wrapped.
  int64_t axis(Emit& emit, size_t k, int rank, int64_t otherwise) const;
  /// Known axes, ascending; all when absent.
  std::vector<int64_t> axes(Emit& emit, size_t k, int rank) const;
  const ValuePtr& function(size_t k) const;

 private:
  void give(size_t k, ValuePtr value, base::Span span);
  int64_t wrapped_axis(Emit& emit, const ValuePtr& value, int rank, base::Span span) const;
  const Builtin& self_;
  base::Span whole_;
  std::vector<BuiltinParam> params_;
  std::vector<ValuePtr> values_;
  std::vector<base::Span> spans_;
  std::vector<ValuePtr> rest_;
  std::vector<base::Span> rest_spans_;
};

/// Sizes from `2, 3`, from `(2, 3)` or from a literal `[2, 3]`.
Sizes shape_from(Emit& emit, const std::vector<ValuePtr>& values, const BuiltinArgs& args,
                 bool allow_infer = false);
Size size_from(Emit& emit, const ValuePtr& value, base::Span span);
core::ValueId iota(Emit& emit, const Size& size);
/// Spans of a call the system makes.
BinarySpans all_spans(base::Span span);
ValuePtr sum_of(Emit& emit, core::ValueId a, const std::vector<int64_t>& axes);
/// The named texts of a value, for `print` and `format` (builtins_print.cpp).
void append_pieces(const ValuePtr& value, const std::string& format,
                   std::vector<StringPiece>& pieces);
/// A format that does not fit its value is told before the program runs.
void check_format(const StringPiece& piece, base::Span span);

// -- loops that carry and stack values (builtins_vmap.cpp)

/// Only numbers in tuples and records can be carried or stacked; `name`: who was given a function.
void require_numbers(const ValuePtr& value, const std::string& name, base::Span span);
std::vector<core::ValueId> leaf_ids(const ValuePtr& value);
ValuePtr with_ids(Emit& emit, const ValuePtr& like, std::span<const core::ValueId> ids);
/// body(0), body(1) … stacked along a new first axis, leaf by leaf.
ValuePtr stacked_loop(Emit& emit, const std::string& name, base::Span span, const Size& count,
                      const std::function<ValuePtr(core::ValueId)>& body);

// -- the families
std::span<const Builtin> elementwise_builtins();
std::span<const Builtin> reduction_builtins();
std::span<const Builtin> shape_builtins();
std::span<const Builtin> making_builtins();
std::span<const Builtin> joining_builtins();
std::span<const Builtin> linear_algebra_builtins();
std::span<const Builtin> einsum_builtins();
std::span<const Builtin> tree_builtins();
std::span<const Builtin> functional_builtins();
std::span<const Builtin> text_builtins();
std::span<const Builtin> operator_builtins();

}  // namespace calc::elab
