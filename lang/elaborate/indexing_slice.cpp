// Slices clamp to the axis as in Python. Bounds that are known give sizes that are known.
#include <algorithm>

#include "lang/elaborate/indexing.h"

namespace calc::elab {

using core::ValueId;

namespace {

/// A bound: a constant, a value, or absent.
struct Bound {
  bool present = false;
  std::optional<int64_t> constant;
  ValueId value;
};

Bound bound_of(Emit& emit, const ValuePtr& part, base::Span span) {
  if (!part || part->kind == ValueKind::None) return {};
  Bound bound;
  bound.present = true;
  bound.value = integer(emit, part, span, "a bound of a slice");
  bound.constant = known_int(emit, part);
  return bound;
}

int64_t clamped(int64_t bound, int64_t size, int64_t low, int64_t high) {
  if (bound < 0) bound += size;
  return std::clamp(bound, low, high);
}

/// The same at run time: negative bounds count from the end, then both clamp.
ValueId clamped(Emit& emit, ValueId bound, ValueId size, int64_t low, ValueId high) {
  core::Builder& b = emit.builder();
  const ValueId zero = b.integer(0);
  const ValueId negative = b.op("lt", {bound, zero});
  const ValueId wrapped = b.select(negative, b.add(bound, size), bound);
  return b.op("min", {b.op("max", {wrapped, b.integer(low)}), high});
}

SliceRange static_range(Emit& emit, const Bound& start, const Bound& stop, int64_t size,
                        int64_t step) {
  const bool forward = step > 0;
  const int64_t low = forward ? 0 : -1;
  const int64_t high = forward ? size : size - 1;
  const int64_t from =
      start.present ? clamped(*start.constant, size, low, high) : (forward ? 0 : size - 1);
  const int64_t to =
      stop.present ? clamped(*stop.constant, size, low, high) : (forward ? size : -1);
  const int64_t length = forward ? to - from : from - to;
  const int64_t stride = forward ? step : -step;
  const int64_t count = length <= 0 ? 0 : (length + stride - 1) / stride;
  return {emit.builder().integer(count == 0 ? 0 : from), known_size(count)};
}

SliceRange dynamic_range(Emit& emit, const Bound& start, const Bound& stop, const Size& size,
                         int64_t step) {
  core::Builder& b = emit.builder();
  const bool forward = step > 0;
  const int64_t low = forward ? 0 : -1;
  const ValueId n = size_value(emit, size);
  const ValueId last = forward ? n : b.sub(n, b.integer(1));
  const ValueId from =
      start.present ? clamped(emit, start.value, n, low, last) : (forward ? b.integer(0) : last);
  const ValueId to =
      stop.present ? clamped(emit, stop.value, n, low, last) : (forward ? n : b.integer(-1));
  const ValueId length = forward ? b.sub(to, from) : b.sub(from, to);
  const int64_t stride = forward ? step : -step;
  ValueId count = b.op("max", {length, b.integer(0)});
  if (stride != 1) {
    count = b.op("floordiv", {b.add(count, b.integer(stride - 1)), b.integer(stride)});
  }
  return {from, Size{core::kDynamic, count}};
}

/// `x[i:i + k]` has k entries wherever it starts, when i is in range: not known here, so dynamic.
bool is_static(const Bound& bound) { return !bound.present || bound.constant.has_value(); }

}  // namespace

SliceRange slice_range(Emit& emit, const IndexItem& item, const Size& size, int64_t step) {
  const Bound start = bound_of(emit, item.start, item.span);
  const Bound stop = bound_of(emit, item.stop, item.span);
  if (size.is_static() && is_static(start) && is_static(stop)) {
    return static_range(emit, start, stop, size.constant, step);
  }
  return dynamic_range(emit, start, stop, size, step);
}

}  // namespace calc::elab
