// Writing by index: index_set index_add slice_set slice_add take_set take_add. Each takes over its
// first operand and writes in place when nobody else holds it.
//
// A set is linear in the old array and the new part together: its transpose cuts the cotangent in
// two, the written places for the part and the rest for the array.
#include <algorithm>

#include "lang/prim/families.h"
#include "lang/prim/indexing.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::LinearOp;
using core::Primitive;
using core::Structural;
using core::StructuralLowering;

/// The operand's block when it is unique, otherwise a copy.
Array taken_over(Array& array) {
  Array result = std::move(array);
  result.make_unique();
  return result;
}

void require_part(const Array& part, std::span<const int64_t> dims) {
  if (!std::ranges::equal(part.dims(), dims)) {
    fail(fmt::format("shapes do not fit: {} is written into a place of shape {}",
                     dims_text(part.dims()), dims_text(dims)));
  }
}

template <bool adds>
void write(std::span<const int64_t> dims, Array& to, const View& to_view, const Array& from,
           const View& from_view) {
  if constexpr (adds) {
    add_elements(dims, to, to_view, from, from_view);
  } else {
    copy_elements(dims, to, to_view, from, from_view);
  }
}

/// The updated array's type: the part's element type and sizes must be those of the place.
std::vector<Type> updated(const Type& array, const Type& part, Dims place, bool adds) {
  if (adds) require_number(array);
  const Type both[] = {{array.elem, std::move(place)}, part};
  common_type(both);
  return {array};
}

// ---- index_set, index_add -----------------------------------------------------------------------

/// Zeros in the shape of the part, which may be linear or known.
ValueId part_zeros(TransposeContext& context, const Op& op, const std::vector<bool>& linear) {
  if (linear[1]) return zeros_of(context, op.args[1]);
  return zeros_like(context.build(), context.known(op.args[1]));
}

template <bool adds>
std::vector<Type> index_update_rule(Types args, const Attrs& attrs) {
  if (args.size() < 2) require_count(args, 2);
  require_indices(args, 2);
  const Ints axes = indexed_axes(attrs, args[0], args.size() - 2);
  return updated(args[0], args[1], pick(args[0].dims, other_axes(axes, args[0].rank())), adds);
}

template <bool adds>
void evaluate_index_update(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const Ints& axes = attrs.ints("axes");
  const Ints indices = index_values(args, 2);
  Array result = taken_over(args[0]);
  const Dims dims = pick(result.dims(), other_axes(axes, result.rank()));
  require_part(args[1], dims);
  write<adds>(dims, result, indexed(result, axes, indices), args[1], dense(dims));
  results[0] = std::move(result);
}

template <bool adds>
MaybeValues transpose_index_update(TransposeContext& context, const Op& op,
                                   const std::vector<bool>& linear, Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  std::vector<ValueId> indices = known_from(context, op, 2);
  if (linear[1]) {
    std::vector<ValueId> args = indices;
    args.insert(args.begin(), *cotangents[0]);
    result[1] = build.op("index", std::move(args), op.attrs);
  }
  if (linear[0] && adds) result[0] = cotangents[0];
  if (linear[0] && !adds) {
    std::vector<ValueId> args = indices;
    args.insert(args.begin(), {*cotangents[0], part_zeros(context, op, linear)});
    result[0] = again(build, op, std::move(args));
  }
  return result;
}

std::vector<Sample> index_update_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{reals({1.0, -2.0, 3.0}), real(7.0), integer(1)}, {{"axes", Ints{0}}}},
          {{six, reals({7.0, 8.0, 9.0}), integer(1)}, {{"axes", Ints{0}}}},
          {{six, reals({7.0, 8.0}), integer(2)}, {{"axes", Ints{1}}}},
          {{six, real(7.0), integer(1), integer(0)}, {{"axes", Ints{0, 1}}}},
          {{reals({2, 0}, {}), reals({0}, {}), integer(1)}, {{"axes", Ints{0}}}},
          {{ints({1, 2}), integer(5), integer(1)}, {{"axes", Ints{0}}}}};
}

// ---- slice_set, slice_add -----------------------------------------------------------------------

template <bool adds>
std::vector<Type> slice_update_rule(Types args, const Attrs& attrs) {
  require_count(args, 3);
  require_index(args[2]);
  const int axis = axis_of(attrs, args[0].rank());
  if (attrs.integer("step") == 0) reject("the step of a slice cannot be 0");
  if (args[1].rank() != args[0].rank()) common_dims(args[0], args[1]);
  Dims place = args[0].dims;
  place[static_cast<size_t>(axis)] = args[1].dims[static_cast<size_t>(axis)];
  return updated(args[0], args[1], std::move(place), adds);
}

template <bool adds>
void evaluate_slice_update(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const int axis = static_cast<int>(attrs.integer("axis"));
  const auto at = static_cast<size_t>(axis);
  const int64_t start = args[2].as_int();
  const int64_t step = attrs.integer("step");
  Array result = taken_over(args[0]);
  Dims dims(result.dims().begin(), result.dims().end());
  if (const int64_t count = args[1].dims()[at]; count > 0) {
    require_inside(start, dims[at]);
    require_inside(start + (count - 1) * step, dims[at]);
  }
  const View view = stepped(result.dims(), axis, start, step);
  dims[at] = args[1].dims()[at];
  require_part(args[1], dims);
  write<adds>(dims, result, view, args[1], dense(dims));
  results[0] = std::move(result);
}

template <bool adds>
MaybeValues transpose_slice_update(TransposeContext& context, const Op& op,
                                   const std::vector<bool>& linear, Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  const int64_t axis = op.attrs.integer("axis");
  ValueId start = context.known(op.args[2]);
  if (linear[0]) {
    result[0] = adds ? *cotangents[0]
                     : again(build, op, {*cotangents[0], part_zeros(context, op, linear), start});
  }
  if (linear[1]) {
    // The zeros carry the part's size along the axis where the type does not know it.
    const int64_t size = context.type(op.args[1]).dims[static_cast<size_t>(axis)];
    ValueId count = size == kDynamic
                        ? build.dim(zeros_of(context, op.args[1]), static_cast<int>(axis))
                        : build.integer(size);
    Attrs attrs{{"axis", axis}, {"step", op.attrs.integer("step")}, {"size", size}};
    result[1] = build.op("slice", {*cotangents[0], start, count}, std::move(attrs));
  }
  return result;
}

std::vector<Sample> slice_update_samples() {
  auto attrs = [](int64_t axis, int64_t step) { return Attrs{{"axis", axis}, {"step", step}}; };
  rt::Array vector = reals({1.0, -2.0, 3.0, 4.0, 0.5});
  rt::Array matrix = reals({3, 2}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{vector, reals({7.0, 8.0}), integer(1)}, attrs(0, 1)},
          {{vector, reals({7.0, 8.0, 9.0}), integer(0)}, attrs(0, 2)},
          {{vector, reals({7.0, 8.0}), integer(4)}, attrs(0, -2)},
          {{matrix, reals({2, 2}, {7.0, 8.0, 9.0, 1.0}), integer(1)}, attrs(0, 1)},
          {{matrix, reals({3, 1}, {7.0, 8.0, 9.0}), integer(1)}, attrs(1, 1)},
          {{vector, reals({0}, {}), integer(0)}, attrs(0, 1)},
          {{ints({1, 2, 3}), ints({5}), integer(2)}, attrs(0, 1)}};
}

// ---- take_set, take_add -------------------------------------------------------------------------

template <bool adds>
std::vector<Type> take_update_rule(Types args, const Attrs& attrs) {
  require_count(args, 3);
  require_elem(args[2], Elem::I64);
  const int axis = axis_of(attrs, args[0].rank());
  return updated(args[0], args[1], taken_dims(args[0].dims, axis, args[2].dims), adds);
}

template <bool adds>
void evaluate_take_update(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const int axis = static_cast<int>(attrs.integer("axis"));
  Array result = taken_over(args[0]);
  require_part(args[1], taken_dims(result.dims(), axis, args[2].dims()));
  for_any(result.elem(), [&]<typename T>(T) {
    const T* from = args[1].data<T>();
    T* to = result.writable<T>();
    for_each_taken(result.dims(), axis, args[2], [&](int64_t at, int64_t part, int64_t count) {
      for (int64_t j = 0; j < count; ++j) {
        if constexpr (adds) {
          to[at + j] = sum_of(to[at + j], from[part + j]);
        } else {
          to[at + j] = from[part + j];
        }
      }
    });
  });
  results[0] = std::move(result);
}

/// A bool of the indices' shape: nobody after it writes the same place. Found by writing each
/// index's position and reading back who is left.
ValueId last_writers(TransposeContext& context, ValueId ix, ValueId written, int64_t axis) {
  Builder& build = context.build();
  const Type type = build.type(ix);
  std::vector<ValueId> count;
  if (!type.is_static()) {
    ValueId product = build.integer(1);
    for (int k = 0; k < type.rank(); ++k) product = build.mul(product, build.dim(ix, k));
    count.push_back(product);
  }
  ValueId counted = build.op("iota", count, {{"dims", Ints{type.count()}}});
  ValueId position = build.reshape(counted, type.dims, build.dynamic_sizes(ix));
  const int64_t size = build.type(written).dims[static_cast<size_t>(axis)];
  std::vector<ValueId> sizes;
  if (size == kDynamic) sizes.push_back(build.dim(written, static_cast<int>(axis)));
  ValueId nobody = build.zeros({Elem::I64, {size}}, sizes);
  ValueId owner = build.op("take_set", {nobody, position, ix}, axis_attrs(0));
  return build.op("eq", {build.op("take", {owner, ix}, axis_attrs(0)), position});
}

template <bool adds>
MaybeValues transpose_take_update(TransposeContext& context, const Op& op,
                                  const std::vector<bool>& linear, Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  const int64_t axis = op.attrs.integer("axis");
  ValueId ix = context.known(op.args[2]);
  if (linear[0]) {
    result[0] = adds ? *cotangents[0]
                     : again(build, op, {*cotangents[0], part_zeros(context, op, linear), ix});
  }
  if (!linear[1]) return result;
  ValueId part = build.op("take", {*cotangents[0], ix}, op.attrs);
  if (!adds) {
    ValueId mask = last_writers(context, ix, *cotangents[0], axis);
    Ints axes = all_axes(build.type(ix).rank());
    for (int64_t& k : axes) k += axis;
    Dims dims = build.type(part).dims;
    part = masked(build, build.broadcast(mask, dims, axes, build.dynamic_sizes(part)), part);
  }
  result[1] = part;
  return result;
}

std::vector<Sample> take_update_samples() {
  rt::Array six = reals({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {{{reals({1.0, -2.0, 3.0}), reals({7.0, 8.0}), ints({2, 0})}, axis_attrs(0)},
          {{reals({1.0, -2.0, 3.0}), reals({7.0, 8.0, 9.0}), ints({2, 0, 2})}, axis_attrs(0)},
          {{six, reals({2, 3}, {1.5, 2.5, 3.5, 4.5, 5.5, 6.5}), ints({1, 1})}, axis_attrs(0)},
          {{six, reals({2, 1, 2}, {1.5, 2.5, 3.5, 4.5}), ints({1, 2}, {0, 2})}, axis_attrs(1)},
          {{six, reals({7.0, 8.0}), integer(1)}, axis_attrs(1)},
          {{six, reals({2, 0}, {}), ints({})}, axis_attrs(1)},
          {{ints({5, 6, 7}), ints({1}), ints({1})}, axis_attrs(0)}};
}

Primitive update(std::string_view name, std::vector<std::string_view> params, std::string_view doc,
                 core::TypeRule rule, core::Evaluate evaluate, core::TransposeRule transpose,
                 Structural form, core::Samples samples) {
  const bool adds = name.ends_with("_add");
  return {.name = name,
          .params = std::move(params),
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = LinearOp{},
          .transpose = transpose,
          .lowering = StructuralLowering{form},
          .samples = samples,
          .effect = adds ? core::Effect::Fails : core::Effect::None,
          .may_fail = overflows_on_ints};
}

}  // namespace

void add_updates(core::Registry& registry) {
  static const Primitive records[] = {
      update("index_set", {"a", "v", "i…"}, "a with v in the place where {axes} are the indices.",
             checked<index_update_rule<false>>, evaluate_index_update<false>,
             transpose_index_update<false>, Structural::IndexSet, index_update_samples),
      update("index_add", {"a", "v", "i…"},
             "a with v added in the place where {axes} are the indices.",
             checked<index_update_rule<true>>, evaluate_index_update<true>,
             transpose_index_update<true>, Structural::IndexAdd, index_update_samples),
      update("slice_set", {"a", "v", "start"}, "a with v at start, start + {step}, … along {axis}.",
             checked<slice_update_rule<false>>, evaluate_slice_update<false>,
             transpose_slice_update<false>, Structural::SliceSet, slice_update_samples),
      update("slice_add", {"a", "v", "start"},
             "a with v added at start, start + {step}, … along {axis}.",
             checked<slice_update_rule<true>>, evaluate_slice_update<true>,
             transpose_slice_update<true>, Structural::SliceAdd, slice_update_samples),
      update("take_set", {"a", "v", "ix"},
             "a with v in the places ix along {axis}; of equal indices the last wins.",
             checked<take_update_rule<false>>, evaluate_take_update<false>,
             transpose_take_update<false>, Structural::TakeSet, take_update_samples),
      update("take_add", {"a", "v", "ix"},
             "a with v added in the places ix along {axis}; equal indices all count.",
             checked<take_update_rule<true>>, evaluate_take_update<true>,
             transpose_take_update<true>, Structural::TakeAdd, take_update_samples)};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim
