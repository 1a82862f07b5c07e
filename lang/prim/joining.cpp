// concat and stack: many tensors into one.
#include <algorithm>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::LinearOp;
using core::Primitive;
using core::Structural;
using core::StructuralLowering;

// ---- concat -------------------------------------------------------------------------------------

std::vector<Type> concat_rule(Types args, const Attrs& attrs) {
  if (args.empty()) require_count(args, 1);
  const auto axis = static_cast<size_t>(axis_of(attrs, args[0].rank()));
  Type result = args[0];
  int64_t total = args[0].dims[axis];
  for (const Type& arg : args.subspan(1)) {
    if (arg.rank() != result.rank()) common_dims(result, arg);
    const int64_t size = arg.dims[axis];
    total = total == kDynamic || size == kDynamic ? kDynamic : total + size;
    Type aligned = arg;
    aligned.dims[axis] = result.dims[axis];
    const Type both[] = {result, aligned};
    result = common_type(both);
  }
  result.dims[axis] = total;
  return {result};
}

void evaluate_concat(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const int axis = static_cast<int>(attrs.integer("axis"));
  const auto at = static_cast<size_t>(axis);
  Dims dims(args[0].dims().begin(), args[0].dims().end());
  for (const Array& arg : args.subspan(1)) dims[at] += arg.dims()[at];
  Array result = Array::uninitialised(args[0].elem(), dims);
  int64_t start = 0;
  for (const Array& arg : args) {
    Dims fitting = dims;
    fitting[at] = arg.dims()[at];
    if (!std::ranges::equal(fitting, arg.dims())) {
      fail(fmt::format("shapes do not fit: {} and {} along axis {}", dims_text(args[0].dims()),
                       dims_text(arg.dims()), axis));
    }
    copy_elements(arg.dims(), result, stepped(dims, axis, start, 1), arg, dense(arg.dims()));
    start += arg.dims()[at];
  }
  results[0] = std::move(result);
}

/// The value of an operand's size along an axis.
ValueId size_of(TransposeContext& context, ValueId original, bool linear, int axis) {
  if (!linear) return context.build().dim(context.known(original), axis);
  const Type type = context.type(original);
  const int64_t known = type.dims[static_cast<size_t>(axis)];
  if (known != kDynamic) return context.build().integer(known);
  size_t dynamic_before = 0;
  for (int k = 0; k < axis; ++k) dynamic_before += type.dims[static_cast<size_t>(k)] == kDynamic;
  return context.sizes(original)[dynamic_before];
}

/// Each linear operand receives its part of the cotangent.
MaybeValues transpose_concat(TransposeContext& context, const Op& op,
                             const std::vector<bool>& linear, Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  const int axis = static_cast<int>(op.attrs.integer("axis"));
  ValueId start = build.integer(0);
  int64_t known_start = 0;
  for (size_t k = 0; k < op.args.size(); ++k) {
    const int64_t known = context.type(op.args[k]).dims[static_cast<size_t>(axis)];
    ValueId size = size_of(context, op.args[k], linear[k], axis);
    if (linear[k]) {
      Attrs attrs{{"axis", int64_t{axis}}, {"step", int64_t{1}}, {"size", known}};
      result[k] = build.op("slice", {*cotangents[0], start, size}, std::move(attrs));
    }
    known_start = known == kDynamic || known_start == kDynamic ? kDynamic : known_start + known;
    start = known_start == kDynamic ? build.add(start, size) : build.integer(known_start);
  }
  return result;
}

std::vector<Sample> concat_samples() {
  Attrs first = axis_attrs(0);
  return {{{reals({1.0, 2.0}), reals({3.0, 4.0, 5.0})}, first},
          {{reals({1.0, 2.0})}, first},
          {{reals({0}, {}), reals({1.0}), reals({0}, {})}, first},
          {{reals({2, 1}, {1.0, 2.0}), reals({2, 2}, {3.0, 4.0, 5.0, 6.0})}, axis_attrs(1)},
          {{reals({1, 2}, {1.0, 2.0}), reals({2, 2}, {3.0, 4.0, 5.0, 6.0})}, first},
          {{ints({1}), ints({2, 3})}, first},
          {{real32(reals({1.0})), real32(reals({2.0}))}, first},
          {{bools({1}, {1}), bools({1}, {0})}, first}};
}

// ---- stack --------------------------------------------------------------------------------------

std::vector<Type> stack_rule(Types args, const Attrs&) {
  Type result = common_type(args);
  result.dims.insert(result.dims.begin(), static_cast<int64_t>(args.size()));
  return {result};
}

void evaluate_stack(rt::Context&, Args args, const Attrs&, Args results) {
  require_same_dims(args);
  Dims dims(args[0].dims().begin(), args[0].dims().end());
  dims.insert(dims.begin(), static_cast<int64_t>(args.size()));
  Array result = Array::uninitialised(args[0].elem(), dims);
  View view = dense(args[0].dims());
  for (const Array& arg : args) {
    copy_elements(arg.dims(), result, view, arg, dense(arg.dims()));
    view.offset += arg.size();
  }
  results[0] = std::move(result);
}

MaybeValues transpose_stack(TransposeContext& context, const Op& op,
                            const std::vector<bool>& linear, Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  for (size_t k = 0; k < op.args.size(); ++k) {
    if (!linear[k]) continue;
    ValueId position = build.integer(static_cast<int64_t>(k));
    result[k] = build.op("index", {*cotangents[0], position}, {{"axes", Ints{0}}});
  }
  return result;
}

std::vector<Sample> stack_samples() {
  return {{{real(1.0), real(2.0), real(3.0)}, {}},
          {{reals({1.0, 2.0}), reals({3.0, 4.0})}, {}},
          {{reals({0}, {}), reals({0}, {})}, {}},
          {{ints({1, 2}), ints({3, 4})}, {}},
          {{real32(real(1.0))}, {}},
          {{boolean(true), boolean(false)}, {}}};
}

}  // namespace

void add_joining(core::Registry& registry) {
  static const Primitive records[] = {
      {.name = "concat",
       .params = {"a…"},
       .doc = "The operands one after another along {axis}.",
       .type_rule = checked<concat_rule>,
       .evaluate = evaluate_concat,
       .derivative = LinearOp{},
       .transpose = transpose_concat,
       .lowering = StructuralLowering{Structural::Concat},
       .samples = concat_samples},
      {.name = "stack",
       .params = {"a…"},
       .doc = "The operands, all of one shape, along a new first axis.",
       .type_rule = checked<stack_rule>,
       .evaluate = evaluate_stack,
       .derivative = LinearOp{},
       .transpose = transpose_stack,
       .lowering = StructuralLowering{Structural::Stack},
       .samples = stack_samples}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim
