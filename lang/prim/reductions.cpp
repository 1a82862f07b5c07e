// Reductions over axes: reduce_sum reduce_prod reduce_max reduce_min reduce_any reduce_all.
#include <cmath>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"
#include "runtime/arithmetic.h"

namespace calc::prim {

namespace {

using core::LinearOp;
using core::NotLinear;
using core::Primitive;
using core::Reduction;
using core::ReductionLowering;
using core::ZeroDerivative;

// ---- types and values ---------------------------------------------------------------------------

std::vector<Type> reduced(Types args, const Attrs& attrs) {
  require_count(args, 1);
  const Ints axes = axes_of(attrs, args[0].rank());
  return {{args[0].elem, pick(args[0].dims, other_axes(axes, args[0].rank()))}};
}

std::vector<Type> number_reduction_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  require_number(args[0]);
  return reduced(args, attrs);
}

std::vector<Type> bool_reduction_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  require_elem(args[0], Elem::Bool);
  return reduced(args, attrs);
}

/// Applies `f(pointer, count)` to each group of elements that becomes one, made contiguous.
template <typename T, typename F>
Array reduce(const Array& array, const Ints& axes, F f) {
  const Ints kept = other_axes(axes, array.rank());
  Ints perm = kept;
  perm.insert(perm.end(), axes.begin(), axes.end());
  const Array rows = permuted(array, perm);
  const int64_t count = count_of(pick(array.dims(), axes));
  Array result = Array::uninitialised(array.elem(), pick(array.dims(), kept));
  T* out = result.writable<T>();
  for (int64_t k = 0; k < result.size(); ++k) out[k] = f(rows.data<T>() + k * count, count);
  return result;
}

/// Pairwise: the error grows with log n, not n.
template <typename T>
T pairwise_sum(const T* a, int64_t n) {
  if (n > 64) return pairwise_sum(a, n / 2) + pairwise_sum(a + n / 2, n - n / 2);
  T total = 0;
  for (int64_t k = 0; k < n; ++k) total += a[k];
  return total;
}

struct Sum {
  static int64_t of(const int64_t* a, int64_t n) {
    int64_t total = 0;
    for (int64_t k = 0; k < n; ++k) total = checked_add(total, a[k]);
    return total;
  }
  template <typename T>
  static T of(const T* a, int64_t n) {
    return pairwise_sum(a, n);
  }
};
struct Prod {
  static int64_t of(const int64_t* a, int64_t n) {
    int64_t total = 1;
    for (int64_t k = 0; k < n; ++k) {
      std::optional<int64_t> product = rt::checked_mul(total, a[k]);
      if (!product) overflow(total, "*", a[k]);
      total = *product;
    }
    return total;
  }
  template <typename T>
  static T of(const T* a, int64_t n) {
    T total = 1;
    for (int64_t k = 0; k < n; ++k) total *= a[k];
    return total;
  }
};

template <typename T>
T greater(T a, T b) {
  if constexpr (std::is_same_v<T, int64_t>)
    return a > b ? a : b;
  else
    return rt::maximum(a, b);
}
template <typename T>
T smaller(T a, T b) {
  if constexpr (std::is_same_v<T, int64_t>)
    return a < b ? a : b;
  else
    return rt::minimum(a, b);
}

template <bool greatest>
struct Extreme {
  template <typename T>
  static T of(const T* a, int64_t n) {
    if (n == 0)
      fail(greatest ? "an empty tensor has no maximum" : "an empty tensor has no minimum");
    T best = a[0];
    for (int64_t k = 1; k < n; ++k) best = greatest ? greater(best, a[k]) : smaller(best, a[k]);
    return best;
  }
};

template <typename F>
void evaluate_reduction(rt::Context&, Args args, const Attrs& attrs, Args results) {
  if (attrs.ints("axes").empty()) {
    results[0] = std::move(args[0]);
    return;
  }
  results[0] = for_number(args[0].elem(), [&]<typename T>(T) {
    return reduce<T>(args[0], attrs.ints("axes"),
                     [](const T* a, int64_t n) { return F::of(a, n); });
  });
}

template <bool all>
void evaluate_quantifier(rt::Context&, Args args, const Attrs& attrs, Args results) {
  results[0] = reduce<uint8_t>(args[0], attrs.ints("axes"), [](const uint8_t* a, int64_t n) {
    uint8_t result = all;
    for (int64_t k = 0; k < n; ++k) result = all ? result & a[k] : result | a[k];
    return result;
  });
}

// ---- derivatives --------------------------------------------------------------------------------

MaybeValues transpose_sum(TransposeContext& context, const Op& op, const std::vector<bool>&,
                          Tangents cotangents) {
  const Type type = context.type(op.args[0]);
  const Ints kept = other_axes(op.attrs.ints("axes"), type.rank());
  std::vector<ValueId> sizes = context.sizes(op.args[0]);
  return {context.build().broadcast(*cotangents[0], type.dims, kept, std::move(sizes))};
}

/// A reduced value spread over the axes it came from.
ValueId spread(Builder& builder, ValueId reduced_value, ValueId whole, const Ints& axes) {
  Dims dims = builder.type(whole).dims;
  const Ints kept = other_axes(axes, static_cast<int>(dims.size()));
  return builder.broadcast(reduced_value, dims, kept, builder.dynamic_sizes(whole));
}

/// The tied entries share equally. A nan wins without being equal to itself: 0/0, a visible nan.
MaybeValues extreme_tangent(RuleContext& context, const Op& op, Values in, Values out,
                            Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  const Ints& axes = op.attrs.ints("axes");
  ValueId mask = primal.op("eq", {in[0], spread(primal, out[0], in[0], axes)});
  ValueId ones = primal.convert(mask, primal.type(in[0]).elem);
  ValueId count = context.residual(primal.reduce_sum(ones, axes));
  ValueId winners = masked(linear, context.residual(mask), *tangents[0]);
  return {linear.div(linear.reduce_sum(winners, axes), count)};
}

/// The reduced axes of `a` as one last axis: [kept…, n].
ValueId as_rows(Builder& builder, ValueId a, const Ints& axes) {
  const Ints kept = other_axes(axes, builder.type(a).rank());
  Ints perm = kept;
  perm.insert(perm.end(), axes.begin(), axes.end());
  ValueId ordered = builder.transpose(a, perm);
  const Type type = builder.type(ordered);
  Dims dims(type.dims.begin(), type.dims.begin() + std::ssize(kept));
  std::vector<ValueId> sizes;
  for (size_t k = 0; k < dims.size(); ++k) {
    if (dims[k] == kDynamic) sizes.push_back(builder.dim(ordered, static_cast<int>(k)));
  }
  const Type merged{type.elem, Dims(type.dims.begin() + std::ssize(kept), type.dims.end())};
  if (!merged.is_static()) {
    ValueId product = builder.integer(1);
    for (int k = static_cast<int>(kept.size()); k < type.rank(); ++k) {
      product = builder.mul(product, builder.dim(ordered, k));
    }
    sizes.push_back(product);
  }
  dims.push_back(merged.count());
  return builder.reshape(ordered, std::move(dims), std::move(sizes));
}

/// Products of all entries before (or after) each along the last axis: the inclusive running
/// products of the entries with a 1 at the end that they run from.
ValueId exclusive_product(Builder& builder, ValueId rows, bool from_end) {
  const Type type = builder.type(rows);
  const int64_t axis = type.rank() - 1;
  Type edge = type;
  edge.dims.back() = 1;
  std::vector<ValueId> sizes = builder.dynamic_sizes(rows);
  if (type.dims.back() == kDynamic) sizes.pop_back();
  rt::Array one = rt::Array::of(1.0).converted(type.elem);
  ValueId ones = builder.broadcast(builder.constant(std::move(one)), edge.dims, {}, sizes);
  std::vector<ValueId> parts = {ones, rows};
  if (from_end) std::swap(parts[0], parts[1]);
  ValueId padded = builder.op("concat", parts, axis_attrs(axis));
  ValueId running = builder.op("cumprod", {padded}, {{"axis", axis}, {"reverse", from_end}});
  ValueId start = builder.integer(from_end ? 1 : 0);
  ValueId size = builder.dim(rows, static_cast<int>(axis));
  return builder.op("slice", {running, start, size},
                    {{"axis", axis}, {"step", int64_t{1}}, {"size", type.dims.back()}});
}

/// The sum of da_k times the product of all others, which needs no division, so that zeros are
/// right: [2, 0, 3] has the gradient [0, 6, 0].
MaybeValues product_tangent(RuleContext& context, const Op& op, Values in, Values,
                            Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  const Ints& axes = op.attrs.ints("axes");
  ValueId rows = as_rows(primal, in[0], axes);
  ValueId before = exclusive_product(primal, rows, false);
  ValueId after = exclusive_product(primal, rows, true);
  ValueId others = context.residual(primal.mul(before, after));
  ValueId terms = linear.mul(others, as_rows(linear, *tangents[0], axes));
  return {linear.reduce_sum(terms, {linear.type(terms).rank() - 1})};
}

// ---- samples ------------------------------------------------------------------------------------

std::vector<Sample> number_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, -3.0, 4.0, 0.5, 6.0});
  rt::Array cube = reals({2, 2, 2}, {1.0, 2.0, -3.0, 4.0, 0.5, 6.0, 1.5, -2.5});
  return {{{reals({1.0, -2.0, 3.0})}, {{"axes", Ints{0}}}},
          {{six}, {{"axes", Ints{0}}}},
          {{six}, {{"axes", Ints{1}}}},
          {{six}, {{"axes", Ints{0, 1}}}},
          {{cube}, {{"axes", Ints{0, 2}}}},
          {{cube}, {{"axes", Ints{1}}}},
          {{real(2.0)}, {{"axes", Ints{}}}},
          {{real32(six)}, {{"axes", Ints{1}}}},
          {{ints({3, 4, 5})}, {{"axes", Ints{0}}}},
          {{reals({0, 2}, {})}, {{"axes", Ints{1}}}}};
}

std::vector<Sample> sum_samples() {
  std::vector<Sample> samples = number_samples();
  samples.push_back({{reals({0, 2}, {})}, {{"axes", Ints{0}}}});
  return samples;
}

std::vector<Sample> product_samples() {
  std::vector<Sample> samples = sum_samples();
  samples.push_back({{reals({2.0, 0.0, 3.0})}, {{"axes", Ints{0}}}});
  samples.push_back({{reals({0.0, 2.0, 0.0, 5.0})}, {{"axes", Ints{0}}}});
  return samples;
}

std::vector<Sample> extreme_samples() {
  std::vector<Sample> samples = number_samples();
  samples.push_back({{reals({2.0, 5.0, 5.0})}, {{"axes", Ints{0}}}, true});
  samples.push_back({{reals({1.0, NAN, 2.0})}, {{"axes", Ints{0}}}, true});
  return samples;
}

std::vector<Sample> bool_samples() {
  rt::Array matrix = bools({2, 2}, {1, 0, 1, 1});
  return {{{matrix}, {{"axes", Ints{0}}}},
          {{matrix}, {{"axes", Ints{1}}}},
          {{matrix}, {{"axes", Ints{0, 1}}}},
          {{bools({0}, {})}, {{"axes", Ints{0}}}}};
}

Primitive reduction(std::string_view name, std::string_view doc, core::TypeRule rule,
                    core::Evaluate evaluate, core::Derivative derivative, core::Transpose transpose,
                    Reduction form, core::Samples samples, core::MayFail may_fail = nullptr) {
  return {.name = name,
          .params = {"a"},
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = std::move(derivative),
          .transpose = std::move(transpose),
          .lowering = ReductionLowering{form},
          .samples = samples,
          .effect = may_fail == nullptr ? core::Effect::None : core::Effect::Fails,
          .may_fail = may_fail};
}

}  // namespace

void add_reductions(core::Registry& registry) {
  constexpr auto numbers = checked<number_reduction_rule>;
  constexpr auto truths = checked<bool_reduction_rule>;
  constexpr ZeroDerivative not_real{"its result is not real"};
  static const Primitive records[] = {
      reduction("reduce_sum", "The sum over {axes}.", numbers, evaluate_reduction<Sum>, LinearOp{},
                transpose_sum, Reduction::Sum, sum_samples, overflows_on_ints),
      reduction("reduce_prod", "The product over {axes}.", numbers, evaluate_reduction<Prod>,
                product_tangent, NotLinear{}, Reduction::Prod, product_samples, overflows_on_ints),
      reduction("reduce_max", "The greatest over {axes}; fails when there is none.", numbers,
                evaluate_reduction<Extreme<true>>, extreme_tangent, NotLinear{}, Reduction::Max,
                extreme_samples, may_be_of_nothing),
      reduction("reduce_min", "The least over {axes}; fails when there is none.", numbers,
                evaluate_reduction<Extreme<false>>, extreme_tangent, NotLinear{}, Reduction::Min,
                extreme_samples, may_be_of_nothing),
      reduction("reduce_any", "Is any true over {axes}?", truths, evaluate_quantifier<false>,
                not_real, NotLinear{}, Reduction::Any, bool_samples),
      reduction("reduce_all", "Are all true over {axes}?", truths, evaluate_quantifier<true>,
                not_real, NotLinear{}, Reduction::All, bool_samples)};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim
