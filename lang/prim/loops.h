#pragma once
// What `evaluate` functions are written with: dispatch over element types, elementwise loops over
// contiguous data, strided copies for everything that moves elements.
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "lang/core/primitive.h"
#include "lang/prim/rules.h"

namespace calc::prim {

using rt::Array;
using Args = std::span<Array>;

[[noreturn]] inline void fail(std::string message, std::string hint = {}) {
  throw rt::Failure{std::move(message), std::move(hint)};
}

// ---- element types ------------------------------------------------------------------------------

template <typename T>
inline constexpr Elem elem_of_type = std::is_same_v<T, double>    ? Elem::F64
                                     : std::is_same_v<T, float>   ? Elem::F32
                                     : std::is_same_v<T, int64_t> ? Elem::I64
                                                                  : Elem::Bool;

/// Calls `f(T{})` for the C++ type of an element type; a Bool is a uint8_t.
template <typename F>
decltype(auto) for_real(Elem elem, F&& f) {
  return elem == Elem::F32 ? f(float{}) : f(double{});
}
template <typename F>
decltype(auto) for_number(Elem elem, F&& f) {
  return elem == Elem::I64 ? f(int64_t{}) : for_real(elem, f);
}
template <typename F>
decltype(auto) for_any(Elem elem, F&& f) {
  return elem == Elem::Bool ? f(uint8_t{}) : for_number(elem, f);
}

// ---- elementwise --------------------------------------------------------------------------------

/// Fails unless all have the sizes of the first: sizes known only at run time do not stretch.
void require_same_dims(Args args);

/// A block for an elementwise result: that of an argument nobody else holds, or a new one. The data
/// of the arguments stays readable; element k must be read before it is written.
template <typename Out>
Array result_block(Args args) {
  for (Array& arg : args) {
    if (arg.elem() == elem_of_type<Out> && arg.unique()) return std::move(arg);
  }
  return Array::uninitialised(elem_of_type<Out>, args[0].dims());
}

template <typename Out, typename T, typename F>
Array map1(Args args, F f) {
  const int64_t n = args[0].size();
  const T* a = args[0].data<T>();
  Array result = result_block<Out>(args.first(1));
  Out* out = result.writable<Out>();
  for (int64_t k = 0; k < n; ++k) out[k] = static_cast<Out>(f(a[k]));
  return result;
}

template <typename Out, typename T, typename U, typename F>
Array map2(Args args, F f) {
  require_same_dims(args);
  const int64_t n = args[0].size();
  const T* a = args[0].data<T>();
  const U* b = args[1].data<U>();
  Array result = result_block<Out>(args.first(2));
  Out* out = result.writable<Out>();
  for (int64_t k = 0; k < n; ++k) out[k] = static_cast<Out>(f(a[k], b[k]));
  return result;
}

// ---- moving elements ----------------------------------------------------------------------------

/// Where the elements of a shape stand in a block: offset + sum of index * stride, in elements.
struct View {
  int64_t offset = 0;
  Ints strides;
};
/// Row-major.
View dense(std::span<const int64_t> dims);
/// The part of `dims`' row-major block with the given axes fixed at indices.
View fixed(std::span<const int64_t> dims, std::span<const int64_t> axes,
           std::span<const int64_t> indices);
/// start, start + step, … along one axis.
View stepped(std::span<const int64_t> dims, int axis, int64_t start, int64_t step);

/// Calls f(offset a, offset b, count, stride a, stride b) for each row of the last axis.
template <typename F>
void for_each_row(std::span<const int64_t> dims, const View& a, const View& b, F f) {
  const size_t outer = dims.empty() ? 0 : dims.size() - 1;
  for (int64_t size : dims) {
    if (size == 0) return;
  }
  Ints index(outer, 0);
  int64_t at_a = a.offset;
  int64_t at_b = b.offset;
  for (;;) {
    if (dims.empty()) return f(at_a, at_b, int64_t{1}, int64_t{0}, int64_t{0});
    f(at_a, at_b, dims[outer], a.strides[outer], b.strides[outer]);
    size_t axis = outer;
    while (axis > 0) {
      --axis;
      at_a += a.strides[axis];
      at_b += b.strides[axis];
      if (++index[axis] < dims[axis]) break;
      index[axis] = 0;
      at_a -= dims[axis] * a.strides[axis];
      at_b -= dims[axis] * b.strides[axis];
      if (axis == 0) return;
    }
    if (outer == 0) return;
  }
}

/// to[view] = from[view], over a shape; `to` is written in place and must be unique.
void copy_elements(std::span<const int64_t> dims, Array& to, const View& to_view, const Array& from,
                   const View& from_view);
/// to[view] += from[view], Ints checked.
void add_elements(std::span<const int64_t> dims, Array& to, const View& to_view, const Array& from,
                  const View& from_view);
/// A new dense block of the elements a view selects.
Array gathered(const Array& from, std::span<const int64_t> dims, const View& view);
/// The axes in another order; the array itself when the order is the same.
Array permuted(const Array& array, std::span<const int64_t> perm);

// ---- sizes and indices --------------------------------------------------------------------------

/// {dims} with the operands from `first` on in the place of each -1.
Dims runtime_dims(const Attrs& attrs, Args args, size_t first);
/// The values of the i64 scalars from `first` on.
Ints index_values(Args args, size_t first);
int64_t count_of(std::span<const int64_t> dims);
std::string dims_text(std::span<const int64_t> dims);

/// Fails: "integer overflow in a + b".
[[noreturn]] void overflow(int64_t a, std::string_view op, int64_t b);
/// Fails: "integer division by zero in a // 0".
[[noreturn]] void division_by_zero(int64_t a, std::string_view op);
int64_t checked_add(int64_t a, int64_t b);
/// The sum; of Ints checked.
template <typename T>
T sum_of(T a, T b) {
  if constexpr (std::is_same_v<T, int64_t>) {
    return checked_add(a, b);
  } else {
    return static_cast<T>(a + b);
  }
}

}  // namespace calc::prim
