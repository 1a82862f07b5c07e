// Running sums and products: cumsum, cumprod.
#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"
#include "runtime/arithmetic.h"

namespace calc::prim {

namespace {

using core::CumulativeLowering;
using core::LinearOp;
using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;

std::vector<Type> scan_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  require_number(args[0]);
  axis_of(attrs, args[0].rank());
  attrs.flag("reverse");
  return {args[0]};
}

struct Sum {
  static int64_t of(int64_t a, int64_t b) { return checked_add(a, b); }
  template <typename T>
  static T of(T a, T b) {
    return a + b;
  }
};
struct Product {
  static int64_t of(int64_t a, int64_t b) {
    std::optional<int64_t> product = rt::checked_mul(a, b);
    if (!product) overflow(a, "*", b);
    return *product;
  }
  template <typename T>
  static T of(T a, T b) {
    return a * b;
  }
};

/// Element k becomes element k-1 (k+1 when from the end) combined with it, row by row.
template <typename F>
void evaluate_scan(rt::Context&, Args args, const Attrs& attrs, Args results) {
  Array result = std::move(args[0]);
  const auto axis = static_cast<size_t>(attrs.integer("axis"));
  const int64_t n = result.dims()[axis];
  const int64_t stride = dense(result.dims()).strides[axis];
  const bool from_end = attrs.flag("reverse");
  for_number(result.elem(), [&]<typename T>(T) {
    T* data = result.writable<T>();
    for (int64_t start = 0; n > 0 && start < result.size(); start += n * stride) {
      for (int64_t k = 1; k < n; ++k) {
        T* row = data + start + (from_end ? n - 1 - k : k) * stride;
        const T* before = from_end ? row + stride : row - stride;
        for (int64_t j = 0; j < stride; ++j) row[j] = F::of(before[j], row[j]);
      }
    }
  });
  results[0] = std::move(result);
}

MaybeValues transpose_cumsum(TransposeContext& context, const Op& op, const std::vector<bool>&,
                             Tangents cotangents) {
  Attrs attrs = op.attrs;
  attrs.set("reverse", !op.attrs.flag("reverse"));
  return {context.build().op("cumsum", {*cotangents[0]}, std::move(attrs))};
}

// ---- the derivative of cumprod: Note [Running products] -----------------------------------------

/// The axis brought to the front, so that a loop can index it.
Ints axis_first(int64_t axis, int rank) {
  Ints perm = all_axes(rank);
  perm.erase(perm.begin() + axis);
  perm.insert(perm.begin(), axis);
  return perm;
}

ValueId at(Builder& builder, ValueId array, ValueId i) {
  return builder.op("index", {array, i}, {{"axes", Ints{0}}});
}

/// A linear value has the sizes of a primal one, which the types may not know: stated, as the
/// transpose needs them.
ValueId sized_like(Builder& builder, ValueId linear, ValueId primal) {
  const Type type = builder.type(primal);
  if (type.is_static()) return linear;
  std::vector<ValueId> args = builder.dynamic_sizes(primal);
  args.insert(args.begin(), linear);
  return builder.op("reshape", std::move(args), {{"dims", type.dims}, {"sized", true}});
}

ValueId row_of_zeros(Builder& builder, ValueId x) {
  Type row = builder.type(x);
  std::vector<ValueId> sizes = builder.dynamic_sizes(x);
  if (row.dims[0] == kDynamic) sizes.erase(sizes.begin());
  row.dims.erase(row.dims.begin());
  return builder.zeros(row, sizes);
}

/// dy_i = dy_{i-1} x_i + y_{i-1} dx_i along the first axis, as a loop; y and x have it first too.
ValueId recurrence(Builder& builder, ValueId x, ValueId y_before, ValueId dx, bool from_end) {
  ValueId zeros = row_of_zeros(builder, x);
  ValueId count = builder.dim(x, 0);
  const Type params[] = {core::scalar_type(Elem::I64), builder.type(zeros)};
  std::vector<ValueId> in = builder.open_block(params);
  ValueId row = at(builder, x, in[0]);
  ValueId grown = builder.mul(row, sized_like(builder, in[1], row));
  ValueId added = builder.mul(at(builder, y_before, in[0]), at(builder, dx, in[0]));
  ValueId dy = builder.add(grown, added);
  core::Block body = builder.close_block({dy, dy});
  std::vector<ValueId> results = builder.emit_for(count, {zeros}, std::move(body), from_end);
  sized_like(builder, results[0], zeros);
  return sized_like(builder, results[1], x);
}

/// The running products before each element: those of all elements with a 1 in front.
ValueId products_before(Builder& builder, ValueId y, bool from_end) {
  Type edge = builder.type(y);
  std::vector<ValueId> sizes = builder.dynamic_sizes(y);
  if (edge.dims[0] == kDynamic) sizes.erase(sizes.begin());
  edge.dims[0] = 1;
  rt::Array one = rt::Array::of(1.0).converted(edge.elem);
  ValueId ones = builder.broadcast(builder.constant(std::move(one)), edge.dims, {}, sizes);
  std::vector<ValueId> parts = {ones, y};
  if (from_end) std::swap(parts[0], parts[1]);
  ValueId padded = builder.op("concat", parts, axis_attrs(0));
  ValueId start = builder.integer(from_end ? 1 : 0);
  return builder.op(
      "slice", {padded, start, builder.dim(y, 0)},
      {{"axis", int64_t{0}}, {"step", int64_t{1}}, {"size", builder.type(y).dims[0]}});
}

MaybeValues cumprod_tangent(RuleContext& context, const Op& op, Values in, Values out,
                            Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  const bool from_end = op.attrs.flag("reverse");
  const Ints perm = axis_first(op.attrs.integer("axis"), primal.type(in[0]).rank());
  ValueId y = primal.transpose(out[0], perm);
  ValueId y_before = context.residual(products_before(primal, y, from_end));
  ValueId x = context.residual(primal.transpose(in[0], perm));
  ValueId dx = linear.transpose(*tangents[0], perm);
  ValueId dy = recurrence(linear, x, y_before, dx, from_end);
  return {linear.transpose(dy, inverse_permutation(perm))};
}

// ---- samples and records ------------------------------------------------------------------------

std::vector<Sample> scan_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, -3.0, 4.0, 0.5, 6.0});
  std::vector<Sample> samples;
  for (bool from_end : {false, true}) {
    auto attrs = [&](int64_t axis) { return Attrs{{"axis", axis}, {"reverse", from_end}}; };
    samples.push_back({{reals({1.0, -2.0, 3.0, 0.5})}, attrs(0)});
    samples.push_back({{reals({2.0, 0.0, 3.0, 0.0, 1.5})}, attrs(0)});
    samples.push_back({{six}, attrs(0)});
    samples.push_back({{six}, attrs(1)});
    samples.push_back({{reals({0}, {})}, attrs(0)});
    samples.push_back({{reals({2, 0}, {})}, attrs(0)});
    samples.push_back({{real32(six)}, attrs(1)});
    samples.push_back({{ints({3, 4, 5})}, attrs(0)});
  }
  samples.push_back({{six}, axis_attrs(1)});
  return samples;
}

}  // namespace

void add_scans(core::Registry& registry) {
  static const Primitive records[] = {
      {.name = "cumsum",
       .params = {"a"},
       .doc = "The running sums along {axis}, from the end with {reverse}.",
       .type_rule = checked<scan_rule>,
       .evaluate = evaluate_scan<Sum>,
       .derivative = LinearOp{},
       .transpose = transpose_cumsum,
       .lowering = CumulativeLowering{},
       .samples = scan_samples,
       .effect = core::Effect::Fails,
       .may_fail = overflows_on_ints},
      {.name = "cumprod",
       .params = {"a"},
       .doc = "The running products along {axis}, from the end with {reverse}.",
       .type_rule = checked<scan_rule>,
       .evaluate = evaluate_scan<Product>,
       .derivative = cumprod_tangent,
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = scan_samples,
       .effect = core::Effect::Fails,
       .may_fail = overflows_on_ints}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim

// Note [Running products]
//
// y_i = y_{i-1} x_i gives dy_i = dy_{i-1} x_i + y_{i-1} dx_i, a linear recurrence with known
// factors. Written so it divides by nothing (zeros among x are right), takes O(n) in both
// directions, and is differentiable as often as one likes, because a loop is.
