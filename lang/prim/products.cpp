// dot_general: the product behind `@` and `·`, over any contracted and batch axes.
#include <algorithm>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"
#include "runtime/linalg.h"

namespace calc::prim {

namespace {

using core::DotLowering;
using core::Multilinear;
using core::Primitive;

// ---- axes ---------------------------------------------------------------------------------------

struct Operand {
  Ints batch, contract, free;
};

/// {side_batch}, {side_contract} and what is left.
Operand operand(const Attrs& attrs, const std::string& side, int rank) {
  Operand result{attrs.ints(side + "_batch"), attrs.ints(side + "_contract"), {}};
  Ints used = result.batch;
  used.insert(used.end(), result.contract.begin(), result.contract.end());
  Ints sorted = used;
  std::ranges::sort(sorted);
  const bool distinct = std::ranges::adjacent_find(sorted) == sorted.end();
  const bool inside = sorted.empty() || (sorted.front() >= 0 && sorted.back() < rank);
  if (!distinct || !inside) {
    reject(fmt::format("{} are no axes of a tensor of rank {}", dims_text(used), rank));
  }
  result.free = other_axes(used, rank);
  return result;
}

Ints joined(std::initializer_list<Ints> parts) {
  Ints all;
  for (const Ints& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<Type> dot_rule(Types args, const Attrs& attrs) {
  require_count(args, 2);
  if (args[0].elem != args[1].elem) common_type(args);
  require_number(args[0]);
  const Operand a = operand(attrs, "lhs", args[0].rank());
  const Operand b = operand(attrs, "rhs", args[1].rank());
  if (a.batch.size() != b.batch.size() || a.contract.size() != b.contract.size()) {
    reject("both sides of a product must name as many batch and contracted axes");
  }
  auto size = [](const Type& type, int64_t axis) { return type.dims[static_cast<size_t>(axis)]; };
  Dims dims;
  for (size_t k = 0; k < a.batch.size(); ++k) {
    dims.push_back(join_size(size(args[0], a.batch[k]), size(args[1], b.batch[k]), "batch sizes"));
  }
  for (size_t k = 0; k < a.contract.size(); ++k) {
    join_size(size(args[0], a.contract[k]), size(args[1], b.contract[k]), "contracted sizes");
  }
  for (int64_t axis : a.free) dims.push_back(size(args[0], axis));
  for (int64_t axis : b.free) dims.push_back(size(args[1], axis));
  return {{args[0].elem, std::move(dims)}};
}

// ---- values -------------------------------------------------------------------------------------

/// A side as matrices that follow one another: [batch, outer, inner], or with the last two axes
/// exchanged where that saves the copy.
struct Matrices {
  Array array;
  bool transposed = false;
};
Matrices as_matrices(const Array& array, const Ints& batch, const Ints& outer, const Ints& inner) {
  const Ints straight = joined({batch, outer, inner});
  const Ints exchanged = joined({batch, inner, outer});
  if (!std::ranges::is_sorted(straight) && std::ranges::is_sorted(exchanged)) return {array, true};
  return {permuted(array, straight), false};
}

void require_equal(const Dims& a, const Dims& b, std::string_view what) {
  if (a != b) fail(fmt::format("{} differ: {} and {}", what, dims_text(a), dims_text(b)));
}

void evaluate_dot(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const Operand a = operand(attrs, "lhs", args[0].rank());
  const Operand b = operand(attrs, "rhs", args[1].rank());
  const Dims batch = pick(args[0].dims(), a.batch);
  const Dims contracted = pick(args[0].dims(), a.contract);
  require_equal(batch, pick(args[1].dims(), b.batch), "batch sizes");
  require_equal(contracted, pick(args[1].dims(), b.contract), "contracted sizes");
  const Dims rows = pick(args[0].dims(), a.free);
  const Dims columns = pick(args[1].dims(), b.free);
  const Matrices lhs = as_matrices(args[0], a.batch, a.free, a.contract);
  const Matrices rhs = as_matrices(args[1], b.batch, b.contract, b.free);
  Array result = Array::uninitialised(args[0].elem(), joined({batch, rows, columns}));
  for_number(result.elem(), [&]<typename T>(T) {
    rt::gemm_batched(lhs.array.data<T>(), rhs.array.data<T>(), result.writable<T>(),
                     count_of(batch), count_of(rows), count_of(columns), count_of(contracted),
                     lhs.transposed, rhs.transposed);
  });
  results[0] = std::move(result);
}

// ---- transpose ----------------------------------------------------------------------------------

/// first, first + 1, … as many as `count`.
Ints counted(size_t first, size_t count) {
  Ints axes(count);
  for (size_t k = 0; k < count; ++k) axes[k] = static_cast<int64_t>(first + k);
  return axes;
}

/// The contracted axes of one side, in the order in which the other side's stand in its tensor.
Ints matched(const Ints& own, const Ints& other) {
  Ints order = counted(0, own.size());
  std::ranges::sort(order, {}, [&](int64_t k) { return other[static_cast<size_t>(k)]; });
  return pick(own, order);
}

/// The cotangent has the axes [batch, lhs free, rhs free]. For the left side it is contracted with
/// the right side's free axes; what is left over of the right are its contracted axes, which become
/// the left's own. And likewise for the right side.
ValueId cotangent_of_lhs(Builder& build, ValueId ct, ValueId rhs, const Operand& a,
                         const Operand& b) {
  const size_t batch = a.batch.size();
  ValueId product = build.op("dot_general", {ct, rhs},
                             {{"lhs_batch", counted(0, batch)},
                              {"rhs_batch", b.batch},
                              {"lhs_contract", counted(batch + a.free.size(), b.free.size())},
                              {"rhs_contract", b.free}});
  const Ints axes = joined({a.batch, a.free, matched(a.contract, b.contract)});
  return build.transpose(product, inverse_permutation(axes));
}

ValueId cotangent_of_rhs(Builder& build, ValueId lhs, ValueId ct, const Operand& a,
                         const Operand& b) {
  const size_t batch = a.batch.size();
  ValueId product = build.op("dot_general", {lhs, ct},
                             {{"lhs_batch", a.batch},
                              {"rhs_batch", counted(0, batch)},
                              {"lhs_contract", a.free},
                              {"rhs_contract", counted(batch, a.free.size())}});
  const Ints axes = joined({b.batch, matched(b.contract, a.contract), b.free});
  return build.transpose(product, inverse_permutation(axes));
}

MaybeValues transpose_dot(TransposeContext& context, const Op& op, const std::vector<bool>& linear,
                          Tangents cotangents) {
  const Operand a = operand(op.attrs, "lhs", context.type(op.args[0]).rank());
  const Operand b = operand(op.attrs, "rhs", context.type(op.args[1]).rank());
  ValueId ct = *cotangents[0];
  if (linear[0]) {
    ValueId rhs = context.known(op.args[1]);
    return {cotangent_of_lhs(context.build(), ct, rhs, a, b), std::nullopt};
  }
  ValueId lhs = context.known(op.args[0]);
  return {std::nullopt, cotangent_of_rhs(context.build(), lhs, ct, a, b)};
}

// ---- samples and record -------------------------------------------------------------------------

Attrs contraction(Ints lhs, Ints rhs, Ints lhs_batch = {}, Ints rhs_batch = {}) {
  return {{"lhs_contract", std::move(lhs)},
          {"rhs_contract", std::move(rhs)},
          {"lhs_batch", std::move(lhs_batch)},
          {"rhs_batch", std::move(rhs_batch)}};
}

/// Different entries without a pattern.
rt::Array filled(rt::Dims dims) {
  std::vector<double> values(static_cast<size_t>(count_of(dims)));
  for (size_t k = 0; k < values.size(); ++k) {
    values[k] = static_cast<double>((k * 37 + 11) % 23) / 8.0 - 1.25;
  }
  return reals(std::move(dims), std::move(values));
}

std::vector<Sample> dot_samples() {
  return {{{filled({3}), filled({3})}, contraction({0}, {0})},
          {{filled({2, 3}), filled({3})}, contraction({1}, {0})},
          {{filled({3}), filled({3, 2})}, contraction({0}, {0})},
          {{filled({2, 3}), filled({3, 4})}, contraction({1}, {0})},
          {{filled({3, 2}), filled({4, 3})}, contraction({0}, {1})},
          {{filled({2, 3}), filled({4})}, contraction({}, {})},
          {{filled({2, 3, 2}), filled({3, 2, 2})}, contraction({1, 2}, {0, 1})},
          {{filled({2, 3, 2}), filled({2, 3})}, contraction({1, 0}, {1, 0})},
          {{filled({2, 3, 2}), filled({2, 2, 3})}, contraction({2}, {1}, {0}, {0})},
          {{filled({3, 2, 2}), filled({2, 3})}, contraction({1}, {0}, {0}, {1})},
          {{filled({2, 0}), filled({0, 3})}, contraction({1}, {0})},
          {{real32(filled({2, 3})), real32(filled({3}))}, contraction({1}, {0})},
          {{ints({2, 2}, {1, 2, 3, 4}), ints({5, 6})}, contraction({1}, {0})}};
}

}  // namespace

void add_products(core::Registry& registry) {
  static const Primitive record{
      .name = "dot_general",
      .params = {"a", "b"},
      .doc = "The sum of products over the contracted axes: [batch…, a's free…, b's free…].",
      .type_rule = checked<dot_rule>,
      .evaluate = evaluate_dot,
      .derivative = Multilinear{},
      .transpose = transpose_dot,
      .lowering = DotLowering{},
      .samples = dot_samples,
      .effect = core::Effect::Fails,
      .may_fail = overflows_on_ints};
  registry.add(record);
}

}  // namespace calc::prim
