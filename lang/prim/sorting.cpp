// Order: argmax argmin argsort. Their results are indices; the derivative of a sort goes through
// the `take` that applies them.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;
using core::Reduction;
using core::ReductionLowering;
using core::ZeroDerivative;

std::vector<Type> arg_extreme_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  require_number(args[0]);
  const int64_t axis[] = {axis_of(attrs, args[0].rank())};
  return {{Elem::I64, pick(args[0].dims, other_axes(axis, args[0].rank()))}};
}

std::vector<Type> argsort_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  require_number(args[0]);
  axis_of(attrs, args[0].rank());
  return {{Elem::I64, args[0].dims}};
}

template <typename T>
bool is_nan(T x) {
  return x != x;
}

/// The first of the best; a nan is better than any number.
template <bool greatest, typename T>
int64_t best_of(const T* a, int64_t n, int64_t stride) {
  int64_t best = 0;
  for (int64_t k = 1; k < n; ++k) {
    const T x = a[k * stride];
    const T y = a[best * stride];
    if (is_nan(y)) break;
    if (is_nan(x) || (greatest ? x > y : x < y)) best = k;
  }
  return best;
}

/// Calls f(first element's offset, place in the order of the rows) for each row along an axis.
template <typename F>
void for_each_line(const Array& array, size_t axis, F f) {
  const int64_t n = array.dims()[axis];
  const int64_t stride = dense(array.dims()).strides[axis];
  const int64_t lines = n == 0 ? 0 : array.size() / n;
  for (int64_t k = 0; k < lines; ++k) f((k / stride) * n * stride + k % stride, k);
}

template <bool greatest>
void evaluate_arg_extreme(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const auto axis = static_cast<size_t>(attrs.integer("axis"));
  const int64_t n = args[0].dims()[axis];
  const int64_t axes[] = {attrs.integer("axis")};
  const Dims dims = pick(args[0].dims(), other_axes(axes, args[0].rank()));
  if (n == 0 && count_of(dims) > 0) {
    fail(greatest ? "an empty tensor has no maximum" : "an empty tensor has no minimum");
  }
  Array result = Array::uninitialised(Elem::I64, dims);
  int64_t* out = result.writable<int64_t>();
  const int64_t stride = dense(args[0].dims()).strides[axis];
  for_number(args[0].elem(), [&]<typename T>(T) {
    const T* a = args[0].data<T>();
    for_each_line(args[0], axis, [&](int64_t start, int64_t line) {
      out[line] = best_of<greatest>(a + start, n, stride);
    });
  });
  results[0] = std::move(result);
}

void evaluate_argsort(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const auto axis = static_cast<size_t>(attrs.integer("axis"));
  const int64_t n = args[0].dims()[axis];
  const int64_t stride = dense(args[0].dims()).strides[axis];
  Array result = Array::uninitialised(Elem::I64, args[0].dims());
  int64_t* out = result.writable<int64_t>();
  for_number(args[0].elem(), [&]<typename T>(T) {
    const T* a = args[0].data<T>();
    Ints order(static_cast<size_t>(n));
    for_each_line(args[0], axis, [&](int64_t start, int64_t) {
      std::iota(order.begin(), order.end(), int64_t{0});
      std::ranges::stable_sort(order, [&](int64_t i, int64_t j) {
        const T x = a[start + i * stride];
        const T y = a[start + j * stride];
        return is_nan(y) ? !is_nan(x) : x < y;
      });
      for (int64_t k = 0; k < n; ++k) out[start + k * stride] = order[static_cast<size_t>(k)];
    });
  });
  results[0] = std::move(result);
}

std::vector<Sample> order_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, -3.0, 4.0, 0.5, 6.0});
  return {{{reals({1.0, 3.0, 3.0, -2.0})}, axis_attrs(0)},
          {{six}, axis_attrs(0)},
          {{six}, axis_attrs(1)},
          {{reals({2, 0, 3}, {})}, axis_attrs(2)},
          {{real32(six)}, axis_attrs(1)},
          {{ints({3, 5, 4})}, axis_attrs(0)},
          {{reals({1.0, NAN, 2.0, NAN})}, axis_attrs(0), true}};
}

Primitive order(std::string_view name, std::string_view doc, core::TypeRule rule,
                core::Evaluate evaluate, core::Lowering lowering,
                core::MayFail may_fail = nullptr) {
  return {.name = name,
          .params = {"a"},
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = ZeroDerivative{"it is constant while the order stays"},
          .transpose = NotLinear{},
          .lowering = std::move(lowering),
          .samples = order_samples,
          .effect = may_fail == nullptr ? core::Effect::None : core::Effect::Fails,
          .may_fail = may_fail};
}

}  // namespace

void add_sorting(core::Registry& registry) {
  static const Primitive records[] = {
      order("argmax", "Where along {axis} the greatest stands first; nan is greatest.",
            checked<arg_extreme_rule>, evaluate_arg_extreme<true>,
            ReductionLowering{Reduction::ArgMax}, may_be_of_nothing),
      order("argmin", "Where along {axis} the least stands first; nan is least.",
            checked<arg_extreme_rule>, evaluate_arg_extreme<false>,
            ReductionLowering{Reduction::ArgMin}, may_be_of_nothing),
      order("argsort", "The indices that sort along {axis}, equals in their order, nan last.",
            checked<argsort_rule>, evaluate_argsort, OpaqueLowering{})};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim
