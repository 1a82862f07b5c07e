// Element types: promotion, conversion, and the joins that branches and loops need.
#include <algorithm>

#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

// ---- promotion ---------------------------------------------------------------------------------

Elem meet(const Leaf& a, const Leaf& b) {
  const Elem x = a.type.elem;
  const Elem y = b.type.elem;
  if (x == y) return x;
  const bool single = x == Elem::F32 || y == Elem::F32;
  if (!single) return std::max(x, y);
  const Leaf& other = x == Elem::F32 ? b : a;
  return other.type.elem == Elem::F64 && !other.literal ? Elem::F64 : Elem::F32;
}

Elem real_elem(const Leaf& a) { return a.type.elem == Elem::F32 ? Elem::F32 : Elem::F64; }

namespace {

/// The constant a literal is in another element type.
std::optional<ValueId> converted_literal(Emit& emit, const Leaf& a, Elem elem) {
  if (!a.literal || !a.known || !a.type.is_scalar()) return std::nullopt;
  const bool is_real = a.known->kind == Known::Kind::Real;
  const double real = is_real ? a.known->real : static_cast<double>(a.known->integer);
  if (elem == Elem::F64) return emit.builder().real(real);
  if (elem == Elem::F32) {
    return emit.builder().constant(rt::Array::of(static_cast<float>(real)));
  }
  return std::nullopt;
}

}  // namespace

ValueId converted(Emit& emit, const Leaf& a, Elem elem) {
  if (a.type.elem == elem) return a.id;
  if (std::optional<ValueId> constant = converted_literal(emit, a, elem)) return *constant;
  return emit.builder().convert(a.id, elem);
}

ValuePtr as_tensor(Emit& emit, const ValuePtr& a) {
  if (a->kind != ValueKind::Range) return a;
  const std::optional<int64_t> lo = known_int(emit, a->items[0]);
  const std::optional<int64_t> hi = known_int(emit, a->items[1]);
  core::Builder& b = emit.builder();
  Size count;
  int64_t length = 0;
  if (lo && hi && !__builtin_sub_overflow(*hi, *lo, &length)) {
    count = known_size(std::max<int64_t>(0, length));
  } else {
    const ValueId span = b.sub(a->items[1]->leaf.id, a->items[0]->leaf.id);
    count = Size{core::kDynamic, b.op("max", {span, b.integer(0)})};
  }
  std::vector<ValueId> operands = operands_of({count});
  ValueId numbers = b.op("iota", std::move(operands), {{"dims", core::Dims{count.constant}}});
  if (lo && *lo == 0) return wrap(emit, numbers);
  return wrap(emit, b.add(numbers, fill(emit, a->items[0]->leaf.id, {count})));
}

ValuePtr convert(Emit& emit, const ValuePtr& a, Elem elem, base::Span span) {
  const ValuePtr value = as_tensor(emit, a);
  require_tensor(value, "a conversion", span);
  Leaf leaf = value->leaf;
  if (leaf.type.elem == elem) return value;
  leaf.id = converted(emit, leaf, elem);
  leaf.type.elem = elem;
  const bool to_real = elem == Elem::F64 || elem == Elem::F32;
  if (leaf.known && leaf.literal && to_real && leaf.known->kind != Known::Kind::Real) {
    leaf.known = Known{Known::Kind::Real, 0, static_cast<double>(leaf.known->integer)};
  } else if (to_real && leaf.literal) {
    // A Real literal in another precision keeps its value.
  } else if (leaf.known && leaf.known->kind == Known::Kind::Bool && elem == Elem::I64) {
    leaf.known->kind = Known::Kind::Int;
  } else {
    leaf.known.reset();
    leaf.literal = false;
  }
  return tensor(std::move(leaf));
}

ValuePtr as_real(Emit& emit, const ValuePtr& a, base::Span span) {
  switch (a->kind) {
    case ValueKind::Tensor: {
      if (a->leaf.type.is_real()) return a;
      return convert(emit, a, Elem::F64, span);
    }
    case ValueKind::Range:
      return convert(emit, a, Elem::F64, span);
    case ValueKind::Tuple:
    case ValueKind::Record: {
      std::vector<ValuePtr> items;
      for (const ValuePtr& item : a->items) items.push_back(as_real(emit, item, span));
      return a->kind == ValueKind::Tuple ? tuple(std::move(items))
                                         : record(a->fields, std::move(items));
    }
    default:
      return a;
  }
}

// ---- conditions and counts ---------------------------------------------------------------------

ValueId condition(Emit&, const ValuePtr& a, base::Span span) {
  const std::string text = type_text(*a);
  if (!is_tensor(a)) base::fail(span, "a condition must be a Bool, this is " + text);
  if (a->leaf.type.elem != Elem::Bool) {
    base::fail(span, "a condition must be a Bool, this is " + text,
               "compare it: `… != 0`, `… > 0`");
  }
  if (!a->leaf.type.is_scalar()) {
    base::fail(span, "a condition must be one Bool, this is " + text,
               "`all(…)` or `any(…)` makes one of many");
  }
  return a->leaf.id;
}

ValueId integer(Emit&, const ValuePtr& a, base::Span span, std::string_view role) {
  const std::string what = std::string(role) + " must be an Int, this is " + type_text(*a);
  if (!is_tensor(a) || !a->leaf.type.is_scalar()) base::fail(span, what);
  if (a->leaf.type.is_real()) base::fail(span, what, "`Int(x)` makes an Int of a whole Real");
  if (a->leaf.type.elem != Elem::I64) base::fail(span, what);
  return a->leaf.id;
}

// ---- joins -------------------------------------------------------------------------------------

namespace {

ValuePtr join_tensors(const Leaf& a, const Leaf& b) {
  if (a.type.rank() != b.type.rank()) return nullptr;
  core::Type type{meet(a, b), a.type.dims};
  for (size_t axis = 0; axis < type.dims.size(); ++axis) {
    if (type.dims[axis] != b.type.dims[axis]) type.dims[axis] = core::kDynamic;
  }
  return tensor(ValueId{}, std::move(type));
}

ValuePtr join_items(const ValuePtr& a, const ValuePtr& b) {
  if (a->items.size() != b->items.size() || a->fields != b->fields) return nullptr;
  Value joined = *a;
  for (size_t k = 0; k < a->items.size(); ++k) {
    joined.items[k] = join_types(a->items[k], b->items[k]);
    if (!joined.items[k]) return nullptr;
  }
  return std::make_shared<const Value>(std::move(joined));
}

/// The target's sizes as values: static ones as they are, dynamic ones those of `a`.
Sizes coerced_sizes(Emit& emit, ValueId a, const core::Type& type) {
  Sizes sizes;
  for (int axis = 0; axis < type.rank(); ++axis) {
    const int64_t size = type.dims[static_cast<size_t>(axis)];
    sizes.push_back(size == core::kDynamic ? Size{size, emit.builder().dim(a, axis)}
                                           : known_size(size));
  }
  return sizes;
}

}  // namespace

ValuePtr join_types(const ValuePtr& a, const ValuePtr& b) {
  if (a->kind != b->kind) return nullptr;
  switch (a->kind) {
    case ValueKind::Tensor:
      return join_tensors(a->leaf, b->leaf);
    case ValueKind::Tuple:
    case ValueKind::Record:
    case ValueKind::Range:
    case ValueKind::Zip:
      return join_items(a, b);
    default:
      return structure_key(*a, false) == structure_key(*b, false) ? a : nullptr;
  }
}

ValuePtr coerce(Emit& emit, const ValuePtr& a, const ValuePtr& type, base::Span span) {
  if (a->kind == ValueKind::Tensor) {
    const core::Type wanted = type->leaf.type;
    if (a->leaf.type == wanted) return a;
    ValueId id = converted(emit, a->leaf, wanted.elem);
    if (a->leaf.type.dims != wanted.dims) {
      const Sizes sizes = coerced_sizes(emit, id, wanted);
      std::vector<ValueId> operands = operands_of(sizes);
      operands.insert(operands.begin(), id);
      id = emit.builder().op("reshape", std::move(operands), {{"dims", wanted.dims}});
    }
    return tensor(id, wanted);
  }
  if (a->items.empty()) return a;
  Value copy = *a;
  for (size_t k = 0; k < copy.items.size(); ++k) {
    copy.items[k] = coerce(emit, a->items[k], type->items[k], span);
  }
  return std::make_shared<const Value>(std::move(copy));
}

}  // namespace calc::elab
