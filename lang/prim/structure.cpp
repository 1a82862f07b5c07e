// Moving elements without computing: broadcast reshape transpose reverse slice, and iota, dim.
#include <algorithm>
#include <numeric>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::LinearOp;
using core::NotLinear;
using core::Primitive;
using core::Structural;
using core::StructuralLowering;
using core::ZeroDerivative;

Primitive structural(std::string_view name, std::vector<std::string_view> params,
                     std::string_view doc, core::TypeRule rule, core::Evaluate evaluate,
                     core::TransposeRule transpose, Structural form, core::Samples samples) {
  return {.name = name,
          .params = std::move(params),
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = LinearOp{},
          .transpose = transpose,
          .lowering = StructuralLowering{form},
          .samples = samples};
}

// ---- broadcast ----------------------------------------------------------------------------------

std::vector<Type> broadcast_rule(Types args, const Attrs& attrs) {
  if (args.empty()) require_count(args, 1);
  Dims dims = dims_of(attrs, args, 1);
  const Ints axes = axes_of(attrs, static_cast<int>(dims.size()));
  if (axes.size() != args[0].dims.size()) {
    reject(fmt::format("{} axes named for `{}`", axes.size(), core::user_text(args[0])));
  }
  for (size_t k = 0; k < axes.size(); ++k) {
    int64_t& size = dims[static_cast<size_t>(axes[k])];
    size = join_size(size, args[0].dims[k], "sizes");
  }
  return {{args[0].elem, std::move(dims)}};
}

void require_sizes(const Array& array, std::span<const int64_t> expected) {
  if (std::ranges::equal(array.dims(), expected)) return;
  fail(fmt::format("shapes do not fit: {} and {}", dims_text(array.dims()), dims_text(expected)));
}

void evaluate_broadcast(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const Dims dims = runtime_dims(attrs, args, 1);
  const Ints& axes = attrs.ints("axes");
  require_sizes(args[0], pick(dims, axes));
  View view{0, Ints(dims.size(), 0)};
  const View source = dense(args[0].dims());
  for (size_t k = 0; k < axes.size(); ++k) {
    view.strides[static_cast<size_t>(axes[k])] = source.strides[k];
  }
  results[0] = gathered(args[0], dims, view);
}

MaybeValues transpose_broadcast(TransposeContext& context, const Op& op, const std::vector<bool>&,
                                Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  const int rank = build.type(*cotangents[0]).rank();
  result[0] = build.reduce_sum(*cotangents[0], other_axes(op.attrs.ints("axes"), rank));
  return result;
}

std::vector<Sample> broadcast_samples() {
  Attrs scalar{{"dims", Ints{2, 3}}, {"axes", Ints{}}};
  Attrs rows{{"dims", Ints{2, 3}}, {"axes", Ints{1}}};
  Attrs columns{{"dims", Ints{3, 2}}, {"axes", Ints{0}}};
  Attrs dynamic{{"dims", Ints{-1, 3, -1}}, {"axes", Ints{1}}};
  Attrs empty{{"dims", Ints{0, 3}}, {"axes", Ints{1}}};
  rt::Array vector = reals({1.0, -2.0, 3.0});
  return {{{real(1.5)}, scalar},
          {{vector}, rows},
          {{vector}, columns},
          {{vector, integer(2), integer(4)}, dynamic},
          {{vector}, empty},
          {{real(2.0)}, {{"dims", Ints{}}, {"axes", Ints{}}}},
          {{ints({1, 2, 3})}, rows},
          {{real32(vector)}, rows},
          {{bools({3}, {1, 0, 1})}, columns}};
}

// ---- reshape ------------------------------------------------------------------------------------

std::vector<Type> reshape_rule(Types args, const Attrs& attrs) {
  if (args.empty()) require_count(args, 1);
  Type result{args[0].elem, dims_of(attrs, args, 1)};
  if (args[0].is_static() && result.is_static() && args[0].count() != result.count()) {
    reject(fmt::format("`{}` does not fit into the shape {}", core::user_text(args[0]),
                       dims_text(result.dims)));
  }
  return {result};
}

void evaluate_reshape(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const Dims dims = runtime_dims(attrs, args, 1);
  if (count_of(dims) != args[0].size()) {
    fail(fmt::format("a tensor of shape {} does not fit into the shape {}",
                     dims_text(args[0].dims()), dims_text(dims)));
  }
  results[0] = args[0].reshaped(dims);
}

MaybeValues transpose_reshape(TransposeContext& context, const Op& op, const std::vector<bool>&,
                              Tangents cotangents) {
  MaybeValues result = no_cotangents(op);
  std::vector<ValueId> sizes = context.sizes(op.args[0]);
  Dims dims = context.type(op.args[0]).dims;
  result[0] = context.build().reshape(*cotangents[0], std::move(dims), std::move(sizes));
  return result;
}

std::vector<Sample> reshape_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{six}, {{"dims", Ints{6}}}},
          {{six}, {{"dims", Ints{3, 1, 2}}}},
          {{six, integer(3)}, {{"dims", Ints{-1, 2}}}},
          {{real(1.0)}, {{"dims", Ints{1, 1}}}},
          {{reals({1}, {2.0})}, {{"dims", Ints{}}}},
          {{reals({0, 3}, {})}, {{"dims", Ints{2, 0}}}},
          {{ints({1, 2, 3, 4})}, {{"dims", Ints{2, 2}}}}};
}

// ---- transpose ----------------------------------------------------------------------------------

std::vector<Type> transpose_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  const Ints& perm = attrs.ints("perm");
  Ints sorted = perm;
  std::ranges::sort(sorted);
  if (sorted != all_axes(args[0].rank())) {
    reject(fmt::format("{} is no order of the axes of `{}`", dims_text(perm),
                       core::user_text(args[0])));
  }
  return {{args[0].elem, pick(args[0].dims, perm)}};
}

void evaluate_transpose(rt::Context&, Args args, const Attrs& attrs, Args results) {
  results[0] = permuted(args[0], attrs.ints("perm"));
}

MaybeValues transpose_transpose(TransposeContext& context, const Op& op, const std::vector<bool>&,
                                Tangents cotangents) {
  return {context.build().transpose(*cotangents[0], inverse_permutation(op.attrs.ints("perm")))};
}

std::vector<Sample> transpose_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  rt::Array cube = reals({1, 2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {
      {{six}, {{"perm", Ints{1, 0}}}},     {{six}, {{"perm", Ints{0, 1}}}},
      {{cube}, {{"perm", Ints{2, 0, 1}}}}, {{reals({0, 3}, {})}, {{"perm", Ints{1, 0}}}},
      {{real(1.0)}, {{"perm", Ints{}}}},   {{ints({2, 2}, {1, 2, 3, 4})}, {{"perm", Ints{1, 0}}}}};
}

// ---- reverse ------------------------------------------------------------------------------------

std::vector<Type> reverse_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  axes_of(attrs, args[0].rank());
  return {args[0]};
}

void evaluate_reverse(rt::Context&, Args args, const Attrs& attrs, Args results) {
  View view = dense(args[0].dims());
  for (int64_t axis : attrs.ints("axes")) {
    int64_t& stride = view.strides[static_cast<size_t>(axis)];
    view.offset += (args[0].dims()[static_cast<size_t>(axis)] - 1) * stride;
    stride = -stride;
  }
  results[0] = gathered(args[0], args[0].dims(), view);
}

MaybeValues transpose_reverse(TransposeContext& context, const Op& op, const std::vector<bool>&,
                              Tangents cotangents) {
  return {again(context.build(), op, {*cotangents[0]})};
}

std::vector<Sample> reverse_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{reals({1.0, 2.0, 3.0})}, {{"axes", Ints{0}}}},
          {{six}, {{"axes", Ints{1}}}},
          {{six}, {{"axes", Ints{0, 1}}}},
          {{reals({0, 3}, {})}, {{"axes", Ints{0}}}},
          {{ints({1, 2})}, {{"axes", Ints{0}}}}};
}

// ---- slice --------------------------------------------------------------------------------------

std::vector<Type> slice_rule(Types args, const Attrs& attrs) {
  require_count(args, 3);
  require_indices(args, 1);
  const int axis = axis_of(attrs, args[0].rank());
  if (attrs.integer("step") == 0) reject("the step of a slice cannot be 0");
  const int64_t size = attrs.integer("size");
  if (size < kDynamic) reject(fmt::format("a size cannot be negative: {}", size));
  Type result = args[0];
  result.dims[static_cast<size_t>(axis)] = size;
  return {result};
}

void evaluate_slice(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const int axis = static_cast<int>(attrs.integer("axis"));
  Dims dims(args[0].dims().begin(), args[0].dims().end());
  const int64_t known = attrs.integer("size");
  dims[static_cast<size_t>(axis)] = known == kDynamic ? args[2].as_int() : known;
  const View view = stepped(args[0].dims(), axis, args[1].as_int(), attrs.integer("step"));
  results[0] = gathered(args[0], dims, view);
}

MaybeValues transpose_slice(TransposeContext& context, const Op& op, const std::vector<bool>&,
                            Tangents cotangents) {
  MaybeValues result = no_cotangents(op);
  Attrs attrs{{"axis", op.attrs.integer("axis")}, {"step", op.attrs.integer("step")}};
  result[0] = context.build().op(
      "slice_add", {zeros_of(context, op.args[0]), *cotangents[0], context.known(op.args[1])},
      std::move(attrs));
  return result;
}

Attrs slice_attrs(int64_t axis, int64_t step, int64_t size) {
  return {{"axis", axis}, {"step", step}, {"size", size}};
}

std::vector<Sample> slice_samples() {
  rt::Array vector = reals({1.0, -2.0, 3.0, 4.0, 0.5});
  rt::Array matrix = reals({3, 2}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{vector, integer(1), integer(3)}, slice_attrs(0, 1, 3)},
          {{vector, integer(0), integer(3)}, slice_attrs(0, 2, -1)},
          {{vector, integer(4), integer(5)}, slice_attrs(0, -1, 5)},
          {{matrix, integer(1), integer(2)}, slice_attrs(0, 1, -1)},
          {{matrix, integer(1), integer(1)}, slice_attrs(1, 1, 1)},
          {{vector, integer(5), integer(0)}, slice_attrs(0, 1, 0)},
          {{ints({1, 2, 3}), integer(0), integer(2)}, slice_attrs(0, 2, 2)}};
}

// ---- iota, dim ----------------------------------------------------------------------------------

std::vector<Type> iota_rule(Types args, const Attrs& attrs) {
  Type result{Elem::I64, dims_of(attrs, args, 0)};
  require_rank(result, 1);
  return {result};
}

void evaluate_iota(rt::Context&, Args args, const Attrs& attrs, Args results) {
  results[0] = Array::uninitialised(Elem::I64, runtime_dims(attrs, args, 0));
  int64_t* out = results[0].writable<int64_t>();
  std::iota(out, out + results[0].size(), int64_t{0});
}

std::vector<Sample> iota_samples() {
  return {
      {{}, {{"dims", Ints{4}}}}, {{integer(3)}, {{"dims", Ints{-1}}}}, {{}, {{"dims", Ints{0}}}}};
}

std::vector<Type> dim_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  axis_of(attrs, args[0].rank());
  return {core::scalar_type(Elem::I64)};
}

void evaluate_dim(rt::Context&, Args args, const Attrs& attrs, Args results) {
  results[0] = Array::of(args[0].dims()[static_cast<size_t>(attrs.integer("axis"))]);
}

std::vector<Sample> dim_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{six}, {{"axis", int64_t{0}}}}, {{six}, {{"axis", int64_t{1}}}}};
}

void add_sizes(core::Registry& registry) {
  static const Primitive records[] = {{.name = "iota",
                                       .params = {"sizes…"},
                                       .doc = "The Ints 0, 1, … below a size.",
                                       .type_rule = checked<iota_rule>,
                                       .evaluate = evaluate_iota,
                                       .derivative = ZeroDerivative{"its result is not real"},
                                       .transpose = NotLinear{},
                                       .lowering = StructuralLowering{Structural::Iota},
                                       .samples = iota_samples},
                                      {.name = "dim",
                                       .params = {"a"},
                                       .doc = "The size along {axis}.",
                                       .type_rule = checked<dim_rule>,
                                       .evaluate = evaluate_dim,
                                       .derivative = ZeroDerivative{"its result is not real"},
                                       .transpose = NotLinear{},
                                       .lowering = StructuralLowering{Structural::Dim},
                                       .samples = dim_samples}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace

void add_structure(core::Registry& registry) {
  static const Primitive records[] = {
      structural("broadcast", {"a", "sizes…"},
                 "a in the shape {dims}: its axis k is the result's axis {axes}[k].",
                 checked<broadcast_rule>, evaluate_broadcast, transpose_broadcast,
                 Structural::Broadcast, broadcast_samples),
      structural("reshape", {"a", "sizes…"}, "The same elements, in order, in the shape {dims}.",
                 checked<reshape_rule>, evaluate_reshape, transpose_reshape, Structural::Reshape,
                 reshape_samples),
      structural("transpose", {"a"}, "The axes in the order {perm}.", checked<transpose_rule>,
                 evaluate_transpose, transpose_transpose, Structural::Transpose, transpose_samples),
      structural("reverse", {"a"}, "The elements along {axes} backwards.", checked<reverse_rule>,
                 evaluate_reverse, transpose_reverse, Structural::Reverse, reverse_samples),
      structural("slice", {"a", "start", "size"},
                 "{size} elements along {axis}: a[start], a[start + {step}], …",
                 checked<slice_rule>, evaluate_slice, transpose_slice, Structural::Slice,
                 slice_samples)};
  for (const Primitive& record : records) registry.add(record);
  add_sizes(registry);
}

}  // namespace calc::prim
