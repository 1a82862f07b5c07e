// store_push: the growing buffer in which a loop keeps what its derivative needs and whose size
// nobody knows beforehand (lang/ad/linearize_store.cpp).
//
// The first axis of the buffer is its capacity. An entry (rank one less) is written at n, or
// several (same rank) from n on, in place; the buffer doubles when they do not fit. Entries are
// pushed once each, one after the other, and read by `index` or `slice`.
#include <algorithm>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

constexpr int64_t kSmallest = 16;

bool has_rows(const Type& buffer, const Type& entry) { return buffer.rank() == entry.rank(); }

std::vector<Type> push_rule(Types args, const Attrs&) {
  require_count(args, 3);
  require_index(args[2]);
  if (args[0].rank() == 0) reject("a buffer expected");
  Type row{args[0].elem, Dims(args[0].dims.begin() + 1, args[0].dims.end())};
  Type entry = args[1];
  if (has_rows(args[0], entry)) entry.dims.erase(entry.dims.begin());
  const Type both[] = {row, entry};
  Type type = common_type(both);
  type.dims.insert(type.dims.begin(), kDynamic);
  return {type};
}

/// A block of twice the capacity, enough for `needed` rows, that holds the first n.
Array grown(const Array& buffer, std::span<const int64_t> row, int64_t n, int64_t needed) {
  Dims dims(row.begin(), row.end());
  dims.insert(dims.begin(), std::max({kSmallest, 2 * buffer.dims()[0], needed}));
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
  const bool rows = buffer.rank() == args[1].rank();
  const std::span<const int64_t> row = rows ? entry.subspan(1) : entry;
  const int64_t needed = n + (rows ? entry[0] : 1);
  if (n > 0 && !std::ranges::equal(buffer.dims().subspan(1), row)) {
    fail(
        "the iterations of a loop give values of different shapes, which its derivative cannot "
        "keep");
  }
  if (needed <= buffer.dims()[0] && std::ranges::equal(buffer.dims().subspan(1), row)) {
    buffer.make_unique();
  } else {
    buffer = grown(buffer, row, n, needed);
  }
  View view = dense(buffer.dims());
  view.offset = n * view.strides[0];
  if (!rows) view.strides.erase(view.strides.begin());
  copy_elements(entry, buffer, view, args[1], dense(entry));
  results[0] = std::move(buffer);
}

/// The entry's cotangent is its part of the buffer's; the rest belongs to the old buffer. Its
/// capacity may be larger than that buffer's was: what lies beyond is never read.
MaybeValues transpose_push(TransposeContext& context, const Op& op, const std::vector<bool>& linear,
                           Tangents cotangents) {
  Builder& build = context.build();
  MaybeValues result = no_cotangents(op);
  ValueId n = context.known(op.args[2]);
  ValueId ct = *cotangents[0];
  const Type entry = context.type(op.args[1]);
  const bool rows = has_rows(context.type(op.args[0]), entry);
  const Attrs slot{{"axes", Ints{0}}};
  const Attrs part{{"axis", int64_t{0}}, {"step", int64_t{1}}};
  auto read = [&] {
    if (!rows) return build.op("index", {ct, n}, slot);
    Attrs attrs = part;
    attrs.set("size", entry.dims[0]);
    const std::vector<ValueId> sizes = context.sizes(op.args[1]);
    ValueId size = entry.dims[0] == kDynamic ? sizes[0] : build.integer(entry.dims[0]);
    return build.op("slice", {ct, n, size}, std::move(attrs));
  };
  ValueId own = read();
  if (linear[1]) result[1] = own;
  if (linear[0]) {
    ValueId nothing = zeros_like(build, own);
    result[0] = build.op(rows ? "slice_set" : "index_set", {ct, nothing, n}, rows ? part : slot);
  }
  return result;
}

std::vector<Sample> push_samples() {
  return {{{reals({3}, {1.0, 2.0, 0.0}), real(5.0), integer(2)}, {}},
          {{reals({4}, {1.0, 2.0, 0.0, 0.0}), reals({7.0, 8.0}), integer(1)}, {}},
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
