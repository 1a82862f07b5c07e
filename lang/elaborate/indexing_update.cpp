// `base[items] = value`: the steps of the read, undone from the inside out. Each level reads its
// place, updates it and writes it back; a single step (the usual case) writes directly.
#include "lang/elaborate/indexing.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// Writes `value` into the place that one step selects; `add` accumulates instead.
ValueId write_step(Emit& emit, ValueId a, const IndexStep& step, ValueId value, bool add) {
  core::Builder& b = emit.builder();
  switch (step.kind) {
    case IndexStep::Kind::Pick: {
      std::vector<ValueId> args = {a, value};
      args.insert(args.end(), step.picked.begin(), step.picked.end());
      return b.op(add ? "index_add" : "index_set", std::move(args), {{"axes", step.axes}});
    }
    case IndexStep::Kind::Slice:
      return b.op(add ? "slice_add" : "slice_set", {a, value, step.start},
                  {{"axis", step.axis}, {"step", step.step}});
    case IndexStep::Kind::Gather:
      return b.op(add ? "take_add" : "take_set", {a, value, step.indices}, {{"axis", step.axis}});
    case IndexStep::Kind::Reverse: {
      const ValueId turned = b.op("reverse", {value}, {{"axes", std::vector<int64_t>{step.axis}}});
      return add ? b.add(a, turned) : turned;
    }
    case IndexStep::Kind::Merge:
    case IndexStep::Kind::Insert: {
      const ValueId shaped = reshape(emit, value, sizes_of(emit, a));
      return add ? b.add(a, shaped) : shaped;
    }
  }
  return a;
}

/// `steps` from `k` on; an empty list is the whole value.
ValueId write_steps(Emit& emit, ValueId a, const std::vector<IndexStep>& steps, size_t k,
                    ValueId value, bool add) {
  if (k == steps.size()) return add ? emit.builder().add(a, value) : value;
  if (k + 1 == steps.size()) return write_step(emit, a, steps[k], value, add);
  const ValueId inner = apply_step(emit, a, steps[k]);
  const ValueId updated = write_steps(emit, inner, steps, k + 1, value, add);
  return write_step(emit, a, steps[k], updated, false);
}

/// The base's element type after the update: an Int place that receives a Real makes the base Real.
Elem updated_elem(const Leaf& base, const Leaf& value, std::optional<syntax::BinaryOp> op,
                  base::Span span) {
  const Elem own = base.type.elem;
  const bool divides = op == syntax::BinaryOp::Div;
  const bool value_real = value.type.is_real() || divides;
  if (base.type.is_real()) return own;
  if (own == Elem::Bool && (op || value.type.elem != Elem::Bool)) {
    base::fail(span, "an entry of " + core::user_text(base.type) + " must be a Bool, this is " +
                         core::user_text(value.type));
  }
  return value_real ? Elem::F64 : own;
}

bool accumulates(std::optional<syntax::BinaryOp> op) {
  return op == syntax::BinaryOp::Add || op == syntax::BinaryOp::Sub;
}

}  // namespace

ValuePtr index_update(Emit& emit, const ValuePtr& indexed, const std::vector<IndexItem>& items,
                      const ValuePtr& new_value, std::optional<syntax::BinaryOp> op,
                      base::Span span) {
  emit.at(span);
  const ValuePtr base = as_tensor(emit, indexed);
  const ValuePtr value = as_tensor(emit, new_value);
  if (!is_tensor(base)) base::fail(span, type_text(*base) + " has no entries to assign to");
  if (!is_tensor(value)) {
    base::fail(span, "an entry of " + type_text(*base) + " must be a number, this is " +
                         type_text(*value));
  }
  const std::vector<IndexStep> steps = index_steps(emit, base, items, span);
  const Elem elem = updated_elem(base->leaf, value->leaf, op, span);
  const ValueId whole = converted(emit, base->leaf, elem);
  Sizes shape = sizes_of(emit, whole);
  for (const IndexStep& step : steps) shape = shape_after(emit, std::move(shape), step);
  ValueId update = converted(emit, value->leaf, elem);
  if (op && !accumulates(op)) {
    ValueId old = whole;
    for (const IndexStep& step : steps) old = apply_step(emit, old, step);
    const ValuePtr combined =
        binary(emit, *op, wrap(emit, old), value, BinarySpans{span, span, span, span});
    update = converted(emit, combined->leaf, elem);
  }
  if (op == syntax::BinaryOp::Sub) update = emit.builder().neg(update);
  update = broadcast_to(emit, update, shape, "the place", span);
  return wrap(emit, write_steps(emit, whole, steps, 0, update, accumulates(op)));
}

}  // namespace calc::elab
