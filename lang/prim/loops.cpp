#include "lang/prim/loops.h"

#include <algorithm>
#include <numeric>

#include "runtime/arithmetic.h"

namespace calc::prim {

void require_same_dims(Args args) {
  for (const Array& arg : args.subspan(1)) {
    if (!std::ranges::equal(arg.dims(), args[0].dims())) {
      fail(fmt::format("shapes do not fit: {} and {}", dims_text(args[0].dims()),
                       dims_text(arg.dims())));
    }
  }
}

View dense(std::span<const int64_t> dims) {
  View view{0, Ints(dims.size())};
  int64_t stride = 1;
  for (size_t k = dims.size(); k-- > 0;) {
    view.strides[k] = stride;
    stride *= dims[k];
  }
  return view;
}

View fixed(std::span<const int64_t> dims, std::span<const int64_t> axes,
           std::span<const int64_t> indices) {
  const View whole = dense(dims);
  View view;
  for (size_t k = 0; k < axes.size(); ++k) {
    view.offset += indices[k] * whole.strides[static_cast<size_t>(axes[k])];
  }
  for (int64_t axis : other_axes(axes, static_cast<int>(dims.size()))) {
    view.strides.push_back(whole.strides[static_cast<size_t>(axis)]);
  }
  return view;
}

View stepped(std::span<const int64_t> dims, int axis, int64_t start, int64_t step) {
  View view = dense(dims);
  int64_t& stride = view.strides[static_cast<size_t>(axis)];
  view.offset = start * stride;
  stride *= step;
  return view;
}

void copy_elements(std::span<const int64_t> dims, Array& to, const View& to_view, const Array& from,
                   const View& from_view) {
  for_any(to.elem(), [&]<typename T>(T) {
    T* out = to.writable<T>();
    const T* in = from.data<T>();
    for_each_row(dims, to_view, from_view,
                 [&](int64_t at, int64_t from_at, int64_t n, int64_t stride, int64_t from_stride) {
                   for (int64_t k = 0; k < n; ++k) {
                     out[at + k * stride] = in[from_at + k * from_stride];
                   }
                 });
  });
}

void add_elements(std::span<const int64_t> dims, Array& to, const View& to_view, const Array& from,
                  const View& from_view) {
  for_number(to.elem(), [&]<typename T>(T) {
    T* out = to.writable<T>();
    const T* in = from.data<T>();
    for_each_row(dims, to_view, from_view,
                 [&](int64_t at, int64_t from_at, int64_t n, int64_t stride, int64_t from_stride) {
                   for (int64_t k = 0; k < n; ++k) {
                     T& sum = out[at + k * stride];
                     sum = sum_of(sum, in[from_at + k * from_stride]);
                   }
                 });
  });
}

Array gathered(const Array& from, std::span<const int64_t> dims, const View& view) {
  Array result = Array::uninitialised(from.elem(), dims);
  copy_elements(dims, result, dense(dims), from, view);
  return result;
}

Array permuted(const Array& array, std::span<const int64_t> perm) {
  if (std::ranges::is_sorted(perm)) return array;
  const View whole = dense(array.dims());
  View view{0, pick(whole.strides, perm)};
  return gathered(array, pick(array.dims(), perm), view);
}

Ints index_values(Args args, size_t first) {
  Ints values;
  for (const Array& arg : args.subspan(first)) values.push_back(arg.as_int());
  return values;
}

Dims runtime_dims(const Attrs& attrs, Args args, size_t first) {
  Dims dims = attrs.ints("dims");
  for (int64_t& size : dims) {
    if (size != kDynamic) continue;
    size = args[first++].as_int();
    if (size < 0) fail(fmt::format("a size cannot be negative: {}", size));
  }
  return dims;
}

int64_t count_of(std::span<const int64_t> dims) { return rt::element_count(dims); }

std::string dims_text(std::span<const int64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

void overflow(int64_t a, std::string_view op, int64_t b) {
  // The operand that is likelier to be written in the program.
  const bool first = op == "^" || (a > INT64_MIN && std::abs(a) < std::abs(b));
  const int64_t operand = first ? a : b;
  fail(fmt::format("integer overflow in {} {} {}", a, op, b),
       fmt::format("use a Real: `{}.0` for `{}`, or `Real(x)`", operand, operand));
}

void division_by_zero(int64_t a, std::string_view op) {
  fail(fmt::format("integer division by zero in {} {} 0", a, op));
}

int64_t checked_add(int64_t a, int64_t b) {
  std::optional<int64_t> sum = rt::checked_add(a, b);
  if (!sum) overflow(a, "+", b);
  return *sum;
}

}  // namespace calc::prim
