// What can be walked over: ranges, tensors along the first axis, tuples, and zips of these.
#include "lang/elaborate/frame.h"

namespace calc::elab {

namespace {

[[noreturn]] void not_iterable(const Value& value, base::Span span) {
  std::string hint;
  if (value.kind == ValueKind::Tensor && value.leaf.type.elem == core::Elem::I64) {
    hint = "to count, write a range: `0..n`";
  }
  base::fail(span,
             "only a range, a tensor, a tuple or a zip can be walked over, and this is " +
                 type_text(value),
             hint);
}

std::optional<int64_t> literal_value(const ValuePtr& value) {
  if (!value->leaf.literal || !value->leaf.known) return std::nullopt;
  return value->leaf.known->integer;
}

}  // namespace

/// `shape`: the count becomes the size of a result, so known bounds are worth specialising on.
Iteration Frame::iterate(const ValuePtr& iterable, base::Span span, bool shape) {
  if (iterable->kind == ValueKind::Range) return iterate_range(iterable, shape);
  if (iterable->kind == ValueKind::Zip) return iterate_zip(iterable, span, shape);
  if (iterable->kind != ValueKind::Tensor || iterable->leaf.type.is_scalar()) {
    not_iterable(*iterable, span);
  }
  Iteration iteration;
  iteration.count = builder_->dim(iterable->leaf.id, 0);
  const int64_t size = iterable->leaf.type.dims[0];
  if (size != core::kDynamic) iteration.fixed = size;
  iteration.element = [this, iterable](core::ValueId i) { return element(*this, iterable, i); };
  return iteration;
}

Iteration Frame::iterate_range(const ValuePtr& range, bool shape) {
  const ValuePtr lo = range->items[0];
  const ValuePtr hi = range->items[1];
  const bool from_zero = literal_value(lo) == 0;
  Iteration iteration;
  auto low = literal_value(lo);
  auto high = literal_value(hi);
  if (shape && lo->leaf.known && hi->leaf.known) {
    low = known(lo)->integer;
    high = known(hi)->integer;
  }
  int64_t count = 0;
  if (low && high && !__builtin_sub_overflow(*high, *low, &count)) {
    iteration.fixed = std::max<int64_t>(count, 0);
    iteration.count = builder_->integer(*iteration.fixed);
  } else {
    const core::ValueId length = from_zero ? hi->leaf.id : builder_->sub(hi->leaf.id, lo->leaf.id);
    iteration.count = builder_->op("max", {length, builder_->integer(0)});
  }
  iteration.element = [this, lo, from_zero](core::ValueId i) {
    const core::ValueId id = from_zero ? i : builder_->add(lo->leaf.id, i);
    return tensor(id, core::scalar_type(core::Elem::I64));
  };
  return iteration;
}

Iteration Frame::iterate_zip(const ValuePtr& zip, base::Span span, bool shape) {
  std::vector<Iteration> parts;
  for (const ValuePtr& item : zip->items) parts.push_back(iterate(item, span, shape));
  Iteration iteration;
  iteration.count = parts[0].count;
  iteration.fixed = parts[0].fixed;
  for (size_t k = 1; k < parts.size(); ++k) {
    if (iteration.fixed && parts[k].fixed) {
      if (*iteration.fixed == *parts[k].fixed) continue;
      base::fail(span, "`zip` walks things of equal length, and these have " +
                           std::to_string(*iteration.fixed) + " and " +
                           std::to_string(*parts[k].fixed) + " elements");
    }
    at(span);
    const core::ValueId same = builder_->op("eq", {iteration.count, parts[k].count});
    emit_check(same, "`zip` walks things of equal length, and these have {} and {} elements", "",
               {iteration.count, parts[k].count});
    if (!iteration.fixed && parts[k].fixed) {
      iteration.count = parts[k].count;
      iteration.fixed = parts[k].fixed;
    }
  }
  iteration.element = [parts](core::ValueId i) {
    std::vector<ValuePtr> items;
    for (const Iteration& part : parts) items.push_back(part.element(i));
    return tuple(std::move(items));
  };
  return iteration;
}

/// The elements one by one, for tuples and zips with a tuple, whose elements differ in type.
std::optional<std::vector<ValuePtr>> Frame::unrolled(const ValuePtr& iterable, base::Span span) {
  if (iterable->kind == ValueKind::Tuple) return iterable->items;
  if (iterable->kind != ValueKind::Zip) return std::nullopt;
  std::optional<size_t> count;
  for (const ValuePtr& item : iterable->items) {
    if (const auto items = unrolled(item, span)) count = items->size();
  }
  if (!count) return std::nullopt;
  std::vector<std::vector<ValuePtr>> columns;
  for (const ValuePtr& item : iterable->items) {
    auto column = unrolled(item, span);
    if (!column) {
      const Iteration part = iterate(item, span, true);
      if (!part.fixed) base::fail(span, "a tuple is zipped only with what has a known length");
      column.emplace();
      for (int64_t k = 0; k < *part.fixed; ++k)
        column->push_back(part.element(builder_->integer(k)));
    }
    if (column->size() != *count) {
      base::fail(span, "`zip` walks things of equal length, and these have " +
                           std::to_string(*count) + " and " + std::to_string(column->size()) +
                           " elements");
    }
    columns.push_back(std::move(*column));
  }
  std::vector<ValuePtr> rows;
  for (size_t k = 0; k < *count; ++k) {
    std::vector<ValuePtr> row;
    for (const auto& column : columns) row.push_back(column[k]);
    rows.push_back(tuple(std::move(row)));
  }
  return rows;
}

}  // namespace calc::elab
