// store_push: the growing buffer in which a loop of unknown length keeps what its derivative needs
// (lang/ad/linearize_loop.cpp).
//
// The buffer is an array whose first axis is its capacity; entry n is written in place, and the
// buffer doubles when n lies outside. Capacities depend only on n, so a buffer of tangents grows
// with its primal. Entries are pushed once each, in the order 0, 1, …, and read by `index`.
#include <algorithm>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

constexpr int64_t kSmallest = 16;

std::vector<Type> push_rule(Types args, const Attrs&) {
  require_count(args, 3);
  require_index(args[2]);
  if (args[0].rank() == 0) reject("a buffer expected");
  Type entry{args[0].elem, Dims(args[0].dims.begin() + 1, args[0].dims.end())};
  const Type both[] = {entry, args[1]};
  Type type = common_type(both);
  type.dims.insert(type.dims.begin(), kDynamic);
  return {type};
}

/// A block of twice the capacity that holds the first n entries, the rest zero.
Array grown(const Array& buffer, std::span<const int64_t> entry, int64_t n) {
  Dims dims(entry.begin(), entry.end());
  dims.insert(dims.begin(), std::max(kSmallest, 2 * n));
  Array larger = Array::zeros(buffer.elem(), dims);
  Dims written(dims);
  written[0] = n;
  if (n > 0) copy_elements(written, larger, dense(dims), buffer, dense(buffer.dims()));
  return larger;
}

void evaluate_push(rt::Context&, Args args, const Attrs&, Args results) {
  const int64_t n = args[2].as_int();
  Array buffer = std::move(args[0]);
  const std::span<const int64_t> entry = args[1].dims();
  const bool fits = n < buffer.dims()[0];
  if (n > 0 && !std::ranges::equal(buffer.dims().subspan(1), entry)) {
    fail(
        "the iterations of a loop give values of different shapes, which its derivative cannot "
        "keep");
  }
  if (fits) {
    buffer.make_unique();
  } else {
    buffer = grown(buffer, entry, n);
  }
  const Ints axes = {0};
  const Ints at = {n};
  copy_elements(entry, buffer, fixed(buffer.dims(), axes, at), args[1], dense(entry));
  results[0] = std::move(buffer);
}

/// The entry's cotangent is entry n of the buffer's; the rest belongs to the old buffer. Its
/// capacity may be larger than that buffer's was: what lies beyond is never read.
MaybeValues transpose_push(TransposeContext& context, const Op& op, const std::vector<bool>& linear,
                           Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  ValueId n = context.known(op.args[2]);
  ValueId entry = build.op("index", {*cotangents[0], n}, {{"axes", Ints{0}}});
  if (linear[1]) result[1] = entry;
  if (linear[0]) {
    ValueId nothing = zeros_like(build, entry);
    result[0] = build.op("index_set", {*cotangents[0], nothing, n}, {{"axes", Ints{0}}});
  }
  return result;
}

std::vector<Sample> push_samples() {
  return {{{reals({3}, {1.0, 2.0, 0.0}), real(5.0), integer(2)}, {}},
          {{reals({1, 2}, {1.0, 2.0}), reals({3.0, 4.0}), integer(0)}, {}},
          {{ints({1, 2}), integer(7), integer(1)}, {}}};
}

const core::Primitive& store_push() {
  static const core::Primitive record{.name = "store_push",
                                      .params = {"buffer", "entry", "n"},
                                      .doc = "The buffer with entry n set; it grows by doubling.",
                                      .type_rule = checked<push_rule>,
                                      .evaluate = evaluate_push,
                                      .derivative = core::LinearOp{},
                                      .transpose = transpose_push,
                                      .lowering = core::OpaqueLowering{},
                                      .samples = push_samples};
  return record;
}

}  // namespace

void add_store(core::Registry& registry) { registry.add(store_push()); }

}  // namespace calc::prim
