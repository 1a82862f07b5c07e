// Destructuring: tuples, records, vectors of known length.
#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::Pattern;

/// `fresh`: parameters and loop variables make new names, assignments may rebind.
void Frame::bind_pattern(const Pattern& pattern, const ValuePtr& value, bool fresh) {
  switch (pattern.kind) {
    case Pattern::Kind::Ignore:
      return;
    case Pattern::Kind::Name:
      if (fresh) return scopes().define(pattern.name, value);
      return assign(pattern.name, value, pattern.span);
    case Pattern::Kind::Tuple:
      return bind_items(pattern, value, fresh);
    case Pattern::Kind::Record:
      return bind_fields(pattern, value, fresh);
  }
}

void Frame::bind_items(const Pattern& pattern, const ValuePtr& value, bool fresh) {
  const size_t wanted = pattern.items.size();
  auto require = [&](size_t size, const char* what) {
    if (size == wanted) return;
    base::fail(pattern.span, "a pattern of " + std::to_string(wanted) + " names meets a " + what +
                                 " of " + std::to_string(size));
  };
  if (value->kind == ValueKind::Tuple) {
    require(value->items.size(), "tuple");
    for (size_t k = 0; k < wanted; ++k) bind_pattern(pattern.items[k], value->items[k], fresh);
    return;
  }
  if (value->kind != ValueKind::Tensor || value->leaf.type.is_scalar()) {
    base::fail(pattern.span, "only a tuple or a vector can be taken apart like this, and this is " +
                                 type_text(*value));
  }
  const int64_t size = value->leaf.type.dims[0];
  if (size == core::kDynamic) {
    base::fail(
        pattern.span,
        "a vector is taken apart only when its length is known, and this is " + type_text(*value),
        "use indices, as in `v[0]`");
  }
  require(static_cast<size_t>(size), "vector");
  // All items first: an assignment may rebind what the value came from.
  std::vector<ValuePtr> items;
  for (size_t k = 0; k < wanted; ++k) {
    at(pattern.items[k].span);
    items.push_back(element(*this, value, builder_->integer(static_cast<int64_t>(k))));
  }
  for (size_t k = 0; k < wanted; ++k) bind_pattern(pattern.items[k], items[k], fresh);
}

void Frame::bind_fields(const Pattern& pattern, const ValuePtr& value, bool fresh) {
  if (value->kind != ValueKind::Record) {
    base::fail(pattern.span,
               "only a record can be taken apart by its fields, and this is " + type_text(*value));
  }
  for (size_t k = 0; k < pattern.items.size(); ++k) {
    const ValuePtr item = field_of(value, pattern.fields[k], pattern.items[k].span);
    bind_pattern(pattern.items[k], item, fresh);
  }
}

}  // namespace calc::elab
