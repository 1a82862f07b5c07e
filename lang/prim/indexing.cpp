// Reading by index: check_index, index, take, nonzero. Indices are checked once, by check_index; an
// index out of range further on is a bug of the compiler, which the evaluator reports as such.
#include "lang/prim/indexing.h"

#include <algorithm>
#include <stdexcept>

#include "lang/prim/families.h"
#include "lang/prim/samples.h"

namespace calc::prim {

void require_inside(int64_t index, int64_t size) {
  if (index < 0 || index >= size) {
    throw std::logic_error(fmt::format("unchecked index {} into size {}", index, size));
  }
}

View indexed(const Array& array, const Ints& axes, const Ints& indices) {
  for (size_t k = 0; k < axes.size(); ++k) {
    require_inside(indices[k], array.dims()[static_cast<size_t>(axes[k])]);
  }
  return fixed(array.dims(), axes, indices);
}

Dims taken_dims(std::span<const int64_t> dims, int axis, std::span<const int64_t> ix_dims) {
  Dims result(dims.begin(), dims.begin() + axis);
  result.insert(result.end(), ix_dims.begin(), ix_dims.end());
  result.insert(result.end(), dims.begin() + axis + 1, dims.end());
  return result;
}

Ints indexed_axes(const Attrs& attrs, const Type& type, size_t indices) {
  Ints axes = axes_of(attrs, type.rank());
  if (axes.size() != indices) {
    reject(fmt::format("{} axes named for {} indices", axes.size(), indices));
  }
  return axes;
}

namespace {

using core::Effect;
using core::ElementwiseLowering;
using core::LinearOp;
using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;
using core::ScalarOp;
using core::Structural;
using core::StructuralLowering;
using core::ZeroDerivative;

// ---- check_index --------------------------------------------------------------------------------

std::vector<Type> check_index_rule(Types args, const Attrs& attrs) {
  require_count(args, 2);
  require_elem(args[0], Elem::I64);
  require_index(args[1]);
  attrs.integer("axis");
  return {args[0]};
}

[[noreturn]] void out_of_range(int64_t index, int64_t axis, int64_t size) {
  const char* from_zero = index == size ? "indices run from 0: " : "";
  fail(fmt::format("index {} is out of range for axis {} of size {}", index, axis, size),
       size == 0
           ? std::string("there are no entries")
           : fmt::format("{}valid indices are 0 to {}, or -{} to -1", from_zero, size - 1, size));
}

void evaluate_check_index(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const int64_t size = args[1].as_int();
  results[0] = map1<int64_t, int64_t>(args, [&](int64_t index) {
    const int64_t wrapped = index < 0 ? index + size : index;
    if (wrapped < 0 || wrapped >= size) out_of_range(index, attrs.integer("axis"), size);
    return wrapped;
  });
}

std::vector<Sample> check_index_samples() {
  return {{{integer(2), integer(3)}, axis_attrs(0)},
          {{ints({0, -1, 2, -3}), integer(3)}, axis_attrs(1)},
          {{ints({}), integer(0)}, axis_attrs(0)}};
}

// ---- index --------------------------------------------------------------------------------------

std::vector<Type> index_rule(Types args, const Attrs& attrs) {
  if (args.empty()) require_count(args, 1);
  require_indices(args, 1);
  const Ints axes = indexed_axes(attrs, args[0], args.size() - 1);
  return {{args[0].elem, pick(args[0].dims, other_axes(axes, args[0].rank()))}};
}

void evaluate_index(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const Ints& axes = attrs.ints("axes");
  const View view = indexed(args[0], axes, index_values(args, 1));
  const Dims dims = pick(args[0].dims(), other_axes(axes, args[0].rank()));
  results[0] = gathered(args[0], dims, view);
}

MaybeValues transpose_index(TransposeContext& context, const Op& op, const std::vector<bool>&,
                            Tangents cotangents) {
  std::vector<ValueId> args = {zeros_of(context, op.args[0]), *cotangents[0]};
  for (ValueId index : known_from(context, op, 1)) args.push_back(index);
  MaybeValues result = no_cotangents(op);
  result[0] = context.build().op("index_add", std::move(args), op.attrs);
  return result;
}

std::vector<Sample> index_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{reals({1.0, -2.0, 3.0}), integer(1)}, {{"axes", Ints{0}}}},
          {{six, integer(1)}, {{"axes", Ints{0}}}},
          {{six, integer(2)}, {{"axes", Ints{1}}}},
          {{six, integer(1), integer(2)}, {{"axes", Ints{0, 1}}}},
          {{reals({2, 0}, {}), integer(1)}, {{"axes", Ints{0}}}},
          {{real(2.0)}, {{"axes", Ints{}}}},
          {{ints({1, 2}), integer(1)}, {{"axes", Ints{0}}}}};
}

// ---- take ---------------------------------------------------------------------------------------

std::vector<Type> take_rule(Types args, const Attrs& attrs) {
  require_count(args, 2);
  require_elem(args[1], Elem::I64);
  const int axis = axis_of(attrs, args[0].rank());
  return {{args[0].elem, taken_dims(args[0].dims, axis, args[1].dims)}};
}

void evaluate_take(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const int axis = static_cast<int>(attrs.integer("axis"));
  Array result =
      Array::uninitialised(args[0].elem(), taken_dims(args[0].dims(), axis, args[1].dims()));
  for_any(result.elem(), [&]<typename T>(T) {
    const T* from = args[0].data<T>();
    T* to = result.writable<T>();
    for_each_taken(args[0].dims(), axis, args[1], [&](int64_t at, int64_t part, int64_t count) {
      std::copy_n(from + at, count, to + part);
    });
  });
  results[0] = std::move(result);
}

MaybeValues transpose_take(TransposeContext& context, const Op& op, const std::vector<bool>&,
                           Tangents cotangents) {
  MaybeValues result = no_cotangents(op);
  result[0] = context.build().op(
      "take_add", {zeros_of(context, op.args[0]), *cotangents[0], context.known(op.args[1])},
      op.attrs);
  return result;
}

std::vector<Sample> take_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{reals({1.0, -2.0, 3.0}), ints({2, 0, 2})}, axis_attrs(0)},
          {{six, ints({1, 1, 0})}, axis_attrs(0)},
          {{six, ints({2, 2}, {0, 2, 1, 2})}, axis_attrs(1)},
          {{six, integer(1)}, axis_attrs(0)},
          {{six, ints({})}, axis_attrs(1)},
          {{ints({5, 6, 7}), ints({1})}, axis_attrs(0)}};
}

// ---- nonzero ------------------------------------------------------------------------------------

std::vector<Type> nonzero_rule(Types args, const Attrs&) {
  require_count(args, 1);
  require_elem(args[0], Elem::Bool);
  require_rank(args[0], 1);
  return {{Elem::I64, {kDynamic}}};
}

void evaluate_nonzero(rt::Context&, Args args, const Attrs&, Args results) {
  Ints found;
  for (int64_t k = 0; k < args[0].size(); ++k) {
    if (args[0].data<uint8_t>()[k]) found.push_back(k);
  }
  results[0] = ints(std::move(found));
}

std::vector<Sample> nonzero_samples() {
  return {{{bools({4}, {0, 1, 1, 0})}, {}}, {{bools({0}, {})}, {}}};
}

}  // namespace

void add_indexing(core::Registry& registry) {
  static const Primitive records[] = {
      {.name = "check_index",
       .params = {"i", "n"},
       .doc = "i, or i + n where i is negative; fails when out of range for {axis} of size n.",
       .type_rule = checked<check_index_rule>,
       .evaluate = evaluate_check_index,
       .derivative = ZeroDerivative{"its result is not real"},
       .transpose = NotLinear{},
       .lowering = ElementwiseLowering{ScalarOp::CheckIndex},
       .samples = check_index_samples,
       .effect = Effect::Fails},
      {.name = "index",
       .params = {"a", "i…"},
       .doc = "The part of a with {axes} fixed at the indices.",
       .type_rule = checked<index_rule>,
       .evaluate = evaluate_index,
       .derivative = LinearOp{},
       .transpose = transpose_index,
       .lowering = StructuralLowering{Structural::Index},
       .samples = index_samples},
      {.name = "take",
       .params = {"a", "ix"},
       .doc = "The entries of a along {axis} that ix lists, in ix's shape.",
       .type_rule = checked<take_rule>,
       .evaluate = evaluate_take,
       .derivative = LinearOp{},
       .transpose = transpose_take,
       .lowering = StructuralLowering{Structural::Take},
       .samples = take_samples},
      {.name = "nonzero",
       .params = {"c"},
       .doc = "The indices where c is true.",
       .type_rule = checked<nonzero_rule>,
       .evaluate = evaluate_nonzero,
       .derivative = ZeroDerivative{"its result is not real"},
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = nonzero_samples}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim
