// Assignment to places, `A[i].w += v`: the value at the root is rebuilt along the way and rebound.
#include <stdexcept>

#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::ExprKind;

namespace {

ValuePtr with_item(const ValuePtr& base, size_t k, ValuePtr item) {
  Value value = *base;
  value.items[k] = std::move(item);
  return std::make_shared<const Value>(std::move(value));
}

bool has_items(const Value& value) {
  return value.kind == ValueKind::Tuple || value.kind == ValueKind::Record;
}

}  // namespace

void Frame::update_place(const syntax::Expr& place, const Update& update) {
  switch (place.kind) {
    case ExprKind::Name: {
      const auto& root = static_cast<const syntax::Name&>(place);
      const ValuePtr old = look_up(root.text, root.span);
      return assign(root.text, forgotten(update(old), false), root.span);
    }
    case ExprKind::Field: {
      const auto& node = static_cast<const syntax::Field&>(place);
      return update_place(*node.base, [&](const ValuePtr& base) -> ValuePtr {
        if (base->kind == ValueKind::Module) {
          base::fail(place.span, "the names of a module cannot be assigned to",
                     "a name of your own can hold another value: `" + node.name + " = …`");
        }
        const ValuePtr old = field_of(base, node.name, node.name_span);
        size_t k = 0;
        while (base->fields[k] != node.name) ++k;
        return with_item(base, k, update(old));
      });
    }
    case ExprKind::Index:
      return update_index(static_cast<const syntax::Index&>(place), update);
    default:
      // The parser takes no other place.
      throw std::logic_error("an assignment to no place");
  }
}

void Frame::update_index(const syntax::Index& place, const Update& update) {
  const std::vector<IndexItem> items = index_items(place);
  update_place(*place.base, [&](const ValuePtr& base) -> ValuePtr {
    if (has_items(*base)) {
      const size_t k = constant_index(*base, items, place.span);
      return with_item(base, k, update(base->items[k]));
    }
    const ValuePtr value = update(index(*this, base, items, place.span));
    at(place.span);
    return index_update(*this, base, items, value, std::nullopt, place.span);
  });
}

void Frame::assign_place(const syntax::Assign& s, const ValuePtr& value) {
  const BinarySpans spans{s.span, s.span, s.place->span, s.value->span};
  if (s.place->kind == ExprKind::Index) return set_index(s, value);
  update_place(*s.place, [&](const ValuePtr& old) -> ValuePtr {
    at(s.span);
    return s.op ? binary(*this, *s.op, old, value, spans) : value;
  });
}

/// The last index of a place takes the operator along: `y[ix] += v` counts repeated indices.
void Frame::set_index(const syntax::Assign& s, const ValuePtr& value) {
  const auto& place = static_cast<const syntax::Index&>(*s.place);
  const std::vector<IndexItem> items = index_items(place);
  const BinarySpans spans{s.span, s.span, s.place->span, s.value->span};
  update_place(*place.base, [&](const ValuePtr& base) -> ValuePtr {
    at(s.span);
    if (!has_items(*base)) return index_update(*this, base, items, value, s.op, place.span);
    const size_t k = constant_index(*base, items, place.span);
    return with_item(base, k, s.op ? binary(*this, *s.op, base->items[k], value, spans) : value);
  });
}

}  // namespace calc::elab
