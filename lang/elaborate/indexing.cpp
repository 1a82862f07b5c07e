#include "lang/elaborate/indexing.h"

#include <algorithm>

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

enum class ItemKind : uint8_t { Pick, Slice, Gather, Mask, NewAxis };

struct Item {
  ItemKind kind;
  IndexItem part;
  /// How many axes of the base it stands for, and the first of them.
  int64_t consumes = 1;
  int64_t axis = 0;
};

ItemKind kind_of(const IndexItem& item) {
  if (!item.at) return ItemKind::Slice;
  switch (item.at->kind) {
    case ValueKind::None:
      return ItemKind::NewAxis;
    case ValueKind::Range:
      return ItemKind::Slice;
    case ValueKind::Tensor: {
      const core::Type& type = item.at->leaf.type;
      if (type.elem == Elem::Bool && type.rank() > 0) return ItemKind::Mask;
      if (type.elem == Elem::I64) return type.is_scalar() ? ItemKind::Pick : ItemKind::Gather;
      if (type.is_real()) {
        base::fail(item.span, "an index must be an Int, this is " + type_text(*item.at),
                   "`Int(x)` makes an Int of a whole Real");
      }
      base::fail(item.span, "an index must be an Int, this is " + type_text(*item.at));
    }
    default:
      base::fail(item.span, "an index must be an Int, this is " + type_text(*item.at));
  }
}

/// A Range index is the slice with its bounds.
IndexItem as_slice(const IndexItem& item) {
  if (!item.at) return item;
  return IndexItem{nullptr, item.at->items[0], item.at->items[1], nullptr, item.span};
}

std::vector<Item> classify(const ValuePtr& base, const std::vector<IndexItem>& parts,
                           base::Span span) {
  std::vector<Item> items;
  int64_t axis = 0;
  for (const IndexItem& part : parts) {
    Item item{kind_of(part), part, 1, axis};
    if (item.kind == ItemKind::Slice) item.part = as_slice(part);
    if (item.kind == ItemKind::NewAxis) item.consumes = 0;
    if (item.kind == ItemKind::Mask) item.consumes = part.at->leaf.type.rank();
    axis += item.consumes;
    items.push_back(std::move(item));
  }
  const int rank = base->leaf.type.rank();
  if (rank == 0 && axis > 0) {
    base::fail(span, "a number has no entries to index, this is " + type_text(*base),
               "a vector of one entry is `[x]`");
  }
  if (axis > rank) {
    const std::string has = rank == 1 ? "has one axis" : "has " + std::to_string(rank) + " axes";
    base::fail(span, "too many indices: " + type_text(*base) + ' ' + has + ", " +
                         std::to_string(axis) + (axis == 1 ? " is given" : " are given"));
  }
  return items;
}

// ---- single items ------------------------------------------------------------------------------

/// The check stands where the index does: that is what an error underlines.
ValueId check_index(Emit& emit, ValueId index, const Size& size, int64_t axis, base::Span span) {
  core::Builder& b = emit.builder();
  emit.at(span);
  return b.op("check_index", {index, size_value(emit, size)}, {{"axis", axis}});
}

ValueId picked_index(Emit& emit, const Item& item, const Size& size) {
  const Leaf& leaf = item.part.at->leaf;
  const std::optional<int64_t> literal = literal_int(leaf);
  if (literal && size.is_static()) {
    const int64_t wrapped = *literal < 0 ? *literal + size.constant : *literal;
    if (wrapped >= 0 && wrapped < size.constant) return emit.builder().integer(wrapped);
  }
  return check_index(emit, leaf.id, size, item.axis, item.part.span);
}

int64_t step_of(Emit& emit, const IndexItem& item) {
  if (!item.step || item.step->kind == ValueKind::None) return 1;
  integer(emit, item.step, item.span, "the step of a slice");
  const std::optional<int64_t> step = known_int(emit, item.step);
  if (!step) {
    base::fail(item.span, "the step of a slice must be known before the program runs");
  }
  if (*step == 0) base::fail(item.span, "the step of a slice must not be 0");
  return *step;
}

bool absent(const ValuePtr& value) { return !value || value->kind == ValueKind::None; }

std::optional<IndexStep> slice_step(Emit& emit, const IndexItem& item, const Size& size,
                                    int64_t axis) {
  const int64_t stride = step_of(emit, item);
  if (absent(item.start) && absent(item.stop) && (stride == 1 || stride == -1)) {
    if (stride == 1) return std::nullopt;
    IndexStep step{IndexStep::Kind::Reverse};
    step.axis = axis;
    return step;
  }
  const SliceRange range = slice_range(emit, item, size, stride);
  if (stride == 1 && range.count.is_static() && range.count.constant == size.constant) {
    return std::nullopt;
  }
  IndexStep step{IndexStep::Kind::Slice};
  step.axis = axis;
  step.start = range.start;
  step.size = range.count;
  step.step = stride;
  return step;
}

// ---- gathers -----------------------------------------------------------------------------------

IndexStep gather_step(Emit& emit, const Item& item, const Size& size, int64_t axis) {
  IndexStep step{IndexStep::Kind::Gather};
  step.axis = axis;
  step.indices = check_index(emit, item.part.at->leaf.id, size, item.axis, item.part.span);
  return step;
}

IndexStep merge_step(int64_t axis, int64_t count) {
  IndexStep step{IndexStep::Kind::Merge};
  step.axis = axis;
  step.count = count;
  return step;
}

void mask_steps(Emit& emit, const Item& item, const Sizes& shape, int64_t axis,
                std::vector<IndexStep>& steps) {
  const auto count = static_cast<size_t>(item.consumes);
  ValueId mask = item.part.at->leaf.id;
  const Sizes own = sizes_of(emit, mask);
  for (size_t k = 0; k < count; ++k) {
    const Size& wanted = shape[static_cast<size_t>(axis) + k];
    if (own[k].is_static() && wanted.is_static() && !own[k].is(wanted.constant)) {
      base::fail(item.part.span, "shapes do not fit: the mask is " + type_text(*item.part.at) +
                                     ", axis " +
                                     std::to_string(item.axis + static_cast<int64_t>(k)) +
                                     " has size " + std::to_string(wanted.constant));
    }
    check_sizes(emit, own[k], wanted, "a mask needs the size of its axis");
  }
  if (count > 1) {
    steps.push_back(merge_step(axis, item.consumes));
    mask = reshape(emit, mask, {count_of(emit, own)});
  }
  IndexStep step{IndexStep::Kind::Gather};
  step.axis = axis;
  step.indices = emit.builder().op("nonzero", {mask});
  steps.push_back(std::move(step));
}

/// Several index tensors on neighbouring axes pair up: one gather over the merged axes.
void paired_steps(Emit& emit, const std::vector<Item>& items, const Sizes& shape, int64_t axis,
                  base::Span span, std::vector<IndexStep>& steps) {
  core::Builder& b = emit.builder();
  std::vector<ValueId> indices;
  std::vector<base::Span> spans;
  for (size_t k = 0; k < items.size(); ++k) {
    const Size& size = shape[static_cast<size_t>(axis) + k];
    const IndexItem& part = items[k].part;
    indices.push_back(check_index(emit, part.at->leaf.id, size, items[k].axis, part.span));
    spans.push_back(items[k].part.span);
  }
  indices = broadcast_all(emit, indices, "a pair of indices", span, spans);
  ValueId combined = indices[0];
  for (size_t k = 1; k < items.size(); ++k) {
    const ValueId size = size_value(emit, shape[static_cast<size_t>(axis) + k]);
    combined = b.add(b.mul(combined, b.fill_like(size, combined)), indices[k]);
  }
  steps.push_back(merge_step(axis, static_cast<int64_t>(items.size())));
  IndexStep step{IndexStep::Kind::Gather};
  step.axis = axis;
  step.indices = combined;
  steps.push_back(std::move(step));
}

std::vector<Item> gathers_of(const std::vector<Item>& items, base::Span span) {
  std::vector<Item> gathers;
  for (const Item& item : items) {
    if (item.kind == ItemKind::Gather) gathers.push_back(item);
  }
  for (size_t k = 1; k < gathers.size(); ++k) {
    if (gathers[k].axis == gathers[k - 1].axis + 1) continue;
    base::fail(span, "index tensors with a slice between them are not supported yet",
               "index in two steps, or transpose first");
  }
  return gathers;
}

// ---- all items ---------------------------------------------------------------------------------

/// Builds the steps while following the shape they lead to.
class StepList {
 public:
  StepList(Emit& emit, Sizes shape) : emit_(emit), shape_(std::move(shape)) {}

  const Sizes& shape() const { return shape_; }
  std::vector<IndexStep> take() { return std::move(steps_); }

  void add(IndexStep step) {
    shape_ = shape_after(emit_, std::move(shape_), step);
    steps_.push_back(std::move(step));
  }
  void add_all(std::vector<IndexStep> steps) {
    for (IndexStep& step : steps) add(std::move(step));
  }

 private:
  Emit& emit_;
  Sizes shape_;
  std::vector<IndexStep> steps_;
};

/// All scalar indices at once.
void add_picks(Emit& emit, const std::vector<Item>& items, StepList& list) {
  IndexStep step{IndexStep::Kind::Pick};
  for (const Item& item : items) {
    if (item.kind != ItemKind::Pick) continue;
    step.axes.push_back(item.axis);
    step.picked.push_back(picked_index(emit, item, list.shape()[static_cast<size_t>(item.axis)]));
  }
  if (!step.axes.empty()) list.add(std::move(step));
}

/// Slices on the axes that stay; the picked ones are gone by now.
void add_slices(Emit& emit, const std::vector<Item>& items, StepList& list) {
  int64_t axis = 0;
  for (const Item& item : items) {
    if (item.kind == ItemKind::Slice) {
      std::optional<IndexStep> step =
          slice_step(emit, item.part, list.shape()[static_cast<size_t>(axis)], axis);
      if (step) list.add(std::move(*step));
    }
    if (item.kind != ItemKind::Pick) axis += item.consumes;
  }
}

/// Gathers and new axes last, so that an update scatters into the smallest place at once.
void add_gathers(Emit& emit, const std::vector<Item>& items, base::Span span, StepList& list) {
  const std::vector<Item> gathers = gathers_of(items, span);
  int64_t axis = 0;
  bool paired = false;
  for (const Item& item : items) {
    const auto at = static_cast<size_t>(axis);
    const int before = static_cast<int>(list.shape().size());
    std::vector<IndexStep> steps;
    if (item.kind == ItemKind::Mask) {
      mask_steps(emit, item, list.shape(), axis, steps);
    } else if (item.kind == ItemKind::NewAxis) {
      IndexStep step{IndexStep::Kind::Insert};
      step.axis = axis;
      steps.push_back(std::move(step));
    } else if (item.kind == ItemKind::Gather && gathers.size() == 1) {
      steps.push_back(gather_step(emit, item, list.shape()[at], axis));
    } else if (item.kind == ItemKind::Gather && !paired) {
      paired_steps(emit, gathers, list.shape(), axis, span, steps);
      paired = true;
    } else if (item.kind == ItemKind::Pick || item.kind == ItemKind::Gather) {
      continue;
    }
    list.add_all(std::move(steps));
    const int64_t consumed = item.kind == ItemKind::Gather && gathers.size() > 1
                                 ? static_cast<int64_t>(gathers.size())
                                 : item.consumes;
    axis += consumed + static_cast<int64_t>(list.shape().size()) - before;
  }
}

}  // namespace

std::vector<IndexStep> index_steps(Emit& emit, const ValuePtr& base,
                                   const std::vector<IndexItem>& parts, base::Span span) {
  const std::vector<Item> items = classify(base, parts, span);
  StepList list(emit, sizes_of(emit, base->leaf.id));
  add_picks(emit, items, list);
  add_slices(emit, items, list);
  add_gathers(emit, items, span, list);
  emit.at(span);
  return list.take();
}

Sizes shape_after(Emit& emit, Sizes sizes, const IndexStep& step) {
  const auto at = sizes.begin() + step.axis;
  switch (step.kind) {
    case IndexStep::Kind::Pick:
      for (auto axis = step.axes.rbegin(); axis != step.axes.rend(); ++axis) {
        sizes.erase(sizes.begin() + *axis);
      }
      break;
    case IndexStep::Kind::Slice:
      *at = step.size;
      break;
    case IndexStep::Kind::Reverse:
      break;
    case IndexStep::Kind::Gather: {
      const Sizes inner = sizes_of(emit, step.indices);
      sizes.insert(sizes.erase(at), inner.begin(), inner.end());
      break;
    }
    case IndexStep::Kind::Merge: {
      const Size merged = count_of(emit, Sizes(at, at + step.count));
      *at = merged;
      sizes.erase(at + 1, at + step.count);
      break;
    }
    case IndexStep::Kind::Insert:
      sizes.insert(at, known_size(1));
      break;
  }
  return sizes;
}

ValueId apply_step(Emit& emit, ValueId a, const IndexStep& step) {
  core::Builder& b = emit.builder();
  switch (step.kind) {
    case IndexStep::Kind::Pick: {
      std::vector<ValueId> args = step.picked;
      args.insert(args.begin(), a);
      return b.op("index", std::move(args), {{"axes", step.axes}});
    }
    case IndexStep::Kind::Slice:
      return b.op("slice", {a, step.start, size_value(emit, step.size)},
                  {{"axis", step.axis}, {"step", step.step}, {"size", step.size.constant}});
    case IndexStep::Kind::Reverse:
      return b.op("reverse", {a}, {{"axes", std::vector<int64_t>{step.axis}}});
    case IndexStep::Kind::Gather:
      return b.op("take", {a, step.indices}, {{"axis", step.axis}});
    case IndexStep::Kind::Merge:
    case IndexStep::Kind::Insert:
      return reshape(emit, a, shape_after(emit, sizes_of(emit, a), step));
  }
  return a;
}

ValuePtr index(Emit& emit, const ValuePtr& indexed, const std::vector<IndexItem>& items,
               base::Span span) {
  emit.at(span);
  const ValuePtr base = as_tensor(emit, indexed);
  if (!is_tensor(base)) {
    base::fail(span, type_text(*base) + " cannot be indexed");
  }
  ValueId id = base->leaf.id;
  const std::vector<IndexStep> steps = index_steps(emit, base, items, span);
  for (const IndexStep& step : steps) id = apply_step(emit, id, step);
  return wrap(emit, id);
}

// ---- loops over tensors ------------------------------------------------------------------------

ValuePtr element(Emit& emit, const ValuePtr& values, ValueId i) {
  core::Builder& b = emit.builder();
  if (values->kind == ValueKind::Range) return wrap(emit, b.add(values->items[0]->leaf.id, i));
  return wrap(emit, b.op("index", {values->leaf.id, i}, {{"axes", std::vector<int64_t>{0}}}));
}

ValueId length(Emit& emit, const ValuePtr& values, base::Span span) {
  const ValuePtr a = as_tensor(emit, values);
  if (!is_tensor(a) || a->leaf.type.is_scalar()) {
    base::fail(span, type_text(*a) + " cannot be walked through",
               is_tensor(a) && a->leaf.type.elem == Elem::I64 ? "`0..n` counts to n" : "");
  }
  return emit.builder().dim(a->leaf.id, 0);
}

}  // namespace calc::elab
