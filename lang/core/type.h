#pragma once
// A Core type: an element type and a shape. A size is a constant where it is known when the
// function is specialised, otherwise kDynamic: the value carries it at run time.
#include <string>

#include "runtime/array.h"

namespace calc::core {

using rt::Dims;
using rt::Elem;

inline constexpr int64_t kDynamic = -1;

struct Type {
  Elem elem = Elem::F64;
  Dims dims;

  int rank() const { return static_cast<int>(dims.size()); }
  bool is_scalar() const { return dims.empty(); }
  bool is_real() const { return elem == Elem::F64 || elem == Elem::F32; }
  /// Every size is a constant.
  bool is_static() const;
  /// The product of the sizes when static; -1 otherwise.
  int64_t count() const;
  bool operator==(const Type&) const = default;
};

Type scalar_type(Elem elem);
Type type_of(const rt::Array& array);

/// Equal but for sizes that are dynamic on one side or both.
bool compatible(const Type& a, const Type& b);
/// A value of type `a` may stand where one of type `b` is expected: equal, but for sizes that `b`
/// leaves dynamic.
bool refines(const Type& a, const Type& b);
/// The least type that both refine; they must be compatible in element type and rank.
Type join(const Type& a, const Type& b);

/// Core's spelling: `f64`, `f64[3, ?]`.
std::string to_string(const Type& type);
/// The user's spelling: `Real`, `Real[3, _]`.
std::string user_text(const Type& type);

}  // namespace calc::core
