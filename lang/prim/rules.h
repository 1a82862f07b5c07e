#pragma once
// What type rules are written with. A rule is a plain function from argument types to result types
// that calls `reject` when something does not fit; `checked<rule>` turns it into a core::TypeRule.
#include <fmt/format.h>
#include <span>
#include <string>
#include <vector>

#include "lang/core/primitive.h"

namespace calc::prim {

using core::Attrs;
using core::Dims;
using core::Elem;
using core::kDynamic;
using core::Type;
using Types = std::span<const Type>;
using Ints = std::vector<int64_t>;

using Rule = std::vector<Type> (*)(Types args, const Attrs& attrs);

template <Rule rule>
core::TypeResult checked(Types args, const Attrs& attrs) {
  try {
    return rule(args, attrs);
  } catch (core::TypeError& error) {
    return std::move(error);
  }
}

[[noreturn]] inline void reject(std::string message, std::string hint = {}) {
  throw core::TypeError{std::move(message), std::move(hint)};
}

void require_count(Types args, size_t count);
void require_rank(const Type& type, int rank);
void require_elem(const Type& type, Elem elem);
/// f64 or f32.
void require_real(const Type& type);
/// f64, f32 or i64.
void require_number(const Type& type);
/// i64 of rank 0.
void require_index(const Type& type);
/// Each of `args` from `first` on is an i64 scalar.
void require_indices(Types args, size_t first);

/// The size both stand for; they must not be different constants.
int64_t join_size(int64_t a, int64_t b, std::string_view what);
/// The type all of `args` have, dynamic sizes made known where one of them knows.
Type common_type(Types args);
/// The sizes of both, as `common_type`, whatever the element types.
Dims common_dims(const Type& a, const Type& b);

/// {axis}, 0 <= axis < rank.
int axis_of(const Attrs& attrs, int rank, std::string_view name = "axis");
/// {axes}, increasing, within the rank.
Ints axes_of(const Attrs& attrs, int rank, std::string_view name = "axes");
bool contains(std::span<const int64_t> axes, int64_t axis);
/// The axes 0..rank that `axes` does not hold.
Ints other_axes(std::span<const int64_t> axes, int rank);
/// The sizes of a shape at the given axes.
Dims pick(std::span<const int64_t> dims, std::span<const int64_t> axes);

/// {dims}, checked: as many i64 operands from `first` on as there are sizes of -1.
Dims dims_of(const Attrs& attrs, Types args, size_t first);

/// The element type that {elem} names.
Elem elem_of(const Attrs& attrs);
std::string_view elem_name(Elem elem);

// Which operations may fail (Primitive::may_fail).

/// Arithmetic that is checked on Ints.
inline bool overflows_on_ints(Types args, const Attrs&) { return args[0].elem == Elem::I64; }
/// Some entry of nothing: unless every one of the {axes} or {axis} that go is known not to be
/// empty.
bool may_be_of_nothing(Types args, const Attrs& attrs);

// Rules that many primitives share: `count` arguments of one type, which is the result's.

template <size_t count>
std::vector<Type> same_real(Types args, const Attrs&) {
  require_count(args, count);
  Type type = common_type(args);
  require_real(type);
  return {type};
}
template <size_t count>
std::vector<Type> same_number(Types args, const Attrs&) {
  require_count(args, count);
  Type type = common_type(args);
  require_number(type);
  return {type};
}
template <size_t count>
std::vector<Type> same_any(Types args, const Attrs&) {
  require_count(args, count);
  return {common_type(args)};
}

}  // namespace calc::prim
