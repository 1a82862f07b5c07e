#pragma once
// What sample points are written with.
#include <initializer_list>
#include <vector>

#include "lang/core/primitive.h"

namespace calc::prim {

using core::Sample;

inline rt::Array real(double value) { return rt::Array::of(value); }
inline rt::Array integer(int64_t value) { return rt::Array::of(value); }
inline rt::Array boolean(bool value) { return rt::Array::of(value); }
/// A vector, or a tensor of the given sizes.
inline rt::Array reals(std::vector<double> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  return rt::Array::reals({&n, 1}, values);
}
inline rt::Array reals(rt::Dims dims, std::vector<double> values) {
  return rt::Array::reals(dims, values);
}
inline rt::Array ints(std::vector<int64_t> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  return rt::Array::ints({&n, 1}, values);
}
inline rt::Array ints(rt::Dims dims, std::vector<int64_t> values) {
  return rt::Array::ints(dims, values);
}
inline rt::Array bools(rt::Dims dims, std::vector<int64_t> values) {
  return rt::Array::ints(dims, values).converted(rt::Elem::Bool);
}
inline rt::Array real32(const rt::Array& array) { return array.converted(rt::Elem::F32); }

/// Scalars, a vector, a matrix, an empty vector and Real32 of ordinary points; special ones apart.
std::vector<Sample> samples_at(const std::vector<double>& ordinary,
                               const std::vector<double>& special);

}  // namespace calc::prim
