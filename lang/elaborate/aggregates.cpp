// Tuples, records, array literals, ranges, and what is taken out of them.
#include <algorithm>

#include "lang/elaborate/foreign.h"
#include "lang/elaborate/frame.h"
#include "lang/elaborate/modules.h"

namespace calc::elab {

using syntax::ExprKind;

ValuePtr Frame::tuple_expr(const syntax::Tuple& e) {
  std::vector<ValuePtr> items;
  for (const syntax::Arg& arg : e.items) {
    const ValuePtr value = expr(*arg.expr);
    if (!arg.spread) {
      items.push_back(value);
    } else if (value->kind == ValueKind::Tuple) {
      items.insert(items.end(), value->items.begin(), value->items.end());
    } else {
      base::fail(arg.span, "`...` in a tuple spreads a tuple, and this is " + type_text(*value));
    }
  }
  return tuple(std::move(items));
}

ValuePtr Frame::array_expr(const syntax::ArrayLit& e) {
  std::vector<ArrayItem> items;
  for (const syntax::Arg& arg : e.items) items.push_back({expr(*arg.expr), arg.spread, arg.span});
  at(e.span);
  return array_literal(*this, items, e.span);
}

namespace {

std::string listed(const std::vector<std::string>& fields) {
  std::string text;
  for (const std::string& field : fields) text += (text.empty() ? "`" : ", `") + field + "`";
  return text;
}

/// An update changes fields that are there.
void require_field(const std::vector<std::string>& fields, const std::string& field,
                   base::Span span) {
  if (std::find(fields.begin(), fields.end(), field) != fields.end()) return;
  const std::string nearest = base::nearest(field, fields);
  base::fail(span, "there is no field `" + field + "` to update",
             nearest.empty()
                 ? "what comes before `...` may have new names: `{" + field + ": …, ...p}`"
                 : "did you mean `" + nearest + "`?",
             "the fields are " + listed(fields));
}

}  // namespace

ValuePtr Frame::record_expr(const syntax::Record& e) {
  if (e.entries.empty()) return unit();
  std::vector<std::string> fields;
  std::vector<ValuePtr> items;
  // `{...p, b: 2.0}` updates; `{b: 2.0, ...p}` is a record of its own.
  const bool updates = e.entries[0].spread;
  auto set = [&](const std::string& field, ValuePtr value) {
    for (size_t k = 0; k < fields.size(); ++k) {
      if (fields[k] != field) continue;
      items[k] = std::move(value);
      return;
    }
    fields.push_back(field);
    items.push_back(std::move(value));
  };
  for (const auto& entry : e.entries) {
    if (!entry.spread) {
      if (updates) require_field(fields, entry.name, entry.span);
      set(entry.name, entry.value ? expr(*entry.value) : look_up(entry.name, entry.span));
      continue;
    }
    const ValuePtr base = entry.value ? expr(*entry.value) : look_up(entry.name, entry.span);
    if (base->kind != ValueKind::Record) {
      base::fail(entry.span, "`...` in a record spreads a record, and this is " + type_text(*base));
    }
    for (size_t k = 0; k < base->items.size(); ++k) set(base->fields[k], base->items[k]);
  }
  return record(std::move(fields), std::move(items));
}

namespace {

bool is_int_scalar(const Value& value) {
  return value.kind == ValueKind::Tensor && value.leaf.type.is_scalar() &&
         value.leaf.type.elem == core::Elem::I64;
}

}  // namespace

ValuePtr Frame::range_expr(const syntax::Range& e) {
  auto bound = [&](const syntax::Expr& side, std::string_view role) -> ValuePtr {
    const ValuePtr value = expr(side);
    if (is_int_scalar(*value)) return value;
    const core::ValueId id = integer(*this, value, side.span, role);
    return tensor(id, builder_->type(id));
  };
  const ValuePtr lo = bound(*e.lo, "the start of a range");
  ValuePtr hi = bound(*e.hi, "the end of a range");
  if (e.inclusive) {
    at(e.span);
    const ValuePtr one = literal(builder_->integer(1), Known{Known::Kind::Int, 1, 0});
    hi = binary(*this, syntax::BinaryOp::Add, hi, one, {e.span, e.span, e.hi->span, e.hi->span});
  }
  Value value;
  value.kind = ValueKind::Range;
  value.items = {lo, hi};
  return std::make_shared<const Value>(std::move(value));
}

// ---- fields ------------------------------------------------------------------------------------

ValuePtr Frame::field(const syntax::Field& e) {
  if (e.base->kind == ExprKind::Name) check_library(e);
  return field_of(expr(*e.base), e.name, e.name_span);
}

/// `np.sin`, where `np` is nothing: `sin` is what is meant.
void Frame::check_library(const syntax::Field& e) {
  const std::string& library = static_cast<const syntax::Name&>(*e.base).text;
  if (!is_foreign_library(library) || scopes().find(library) != nullptr) return;
  if (around_->assigned.contains(library) || global(around_->module, library)) return;
  const bool here = find_builtin(e.name) != nullptr || find_constant(*this, e.name) ||
                    state_.globals.find("", e.name) != nullptr;
  const std::string hint = here ? "write `" + e.name + "`" : foreign_name(e.name);
  if (hint.empty()) return;
  base::fail(e.base->span, "`" + library + "` is not defined", hint);
}

ValuePtr Frame::module_member(const std::string& module, const std::string& name, base::Span span) {
  if (state_.globals.member(module, name) != nullptr) return global(module, name);
  const bool is_private = name.starts_with('_') && state_.globals.find(module, name) != nullptr;
  const std::vector<std::string> members = state_.globals.members(module);
  const std::string nearest = base::nearest(name, members);
  base::fail(span,
             "the module `" + module_text(module) + "` has no `" + name + "`" +
                 (is_private ? " for others: names that begin with `_` are its own" : ""),
             nearest.empty() || is_private ? "" : "did you mean `" + nearest + "`?");
}

namespace {

/// What `x.name` may mean for an x that is no record.
std::string field_hint(const Value& base, const std::string& name) {
  const bool is_data = base.kind == ValueKind::Tensor || base.kind == ValueKind::Tuple ||
                       base.kind == ValueKind::String;
  if (!is_data) return "";
  if (std::string known = foreign_field(name); !known.empty()) return known;
  if (find_builtin(name) == nullptr) return "";
  return "a function is called `" + name + "(x)`, not `x." + name + "()`";
}

}  // namespace

ValuePtr Frame::field_of(const ValuePtr& base, const std::string& name, base::Span span) {
  if (base->kind == ValueKind::Module) return module_member(base->module, name, span);
  if (base->kind != ValueKind::Record) {
    base::fail(span, "only records have fields, and this is " + type_text(*base),
               field_hint(*base, name));
  }
  for (size_t k = 0; k < base->fields.size(); ++k) {
    if (base->fields[k] == name) return base->items[k];
  }
  const std::string nearest = base::nearest(name, base->fields);
  base::fail(
      span, "this record has no field `" + name + "`",
      nearest.empty() ? "" : "did you mean `" + nearest + "`?",
      (base->fields.size() == 1 ? "its only field is " : "its fields are ") + listed(base->fields));
}

// ---- indices -----------------------------------------------------------------------------------

ValuePtr Frame::index_expr(const syntax::Index& e) {
  const ValuePtr base = expr(*e.base);
  if (base->kind == ValueKind::Builtin) return with_subscript(base, e);
  if (base->kind == ValueKind::String) {
    base::fail(e.span, "a string cannot be indexed", "`text.split` and `text.lines` take it apart");
  }
  if (is_function(*base)) {
    base::fail(e.span, "a function cannot be indexed", "call it with `( )`");
  }
  const std::vector<IndexItem> items = index_items(e);
  if (base->kind == ValueKind::Tuple && items.size() == 1 && !items[0].at) {
    return tuple_slice(*base, items[0]);
  }
  if (base->kind == ValueKind::Tuple || base->kind == ValueKind::Record) {
    return base->items[constant_index(*base, items, e.span)];
  }
  at(e.span);
  return index(*this, base, items, e.span);
}

std::vector<IndexItem> Frame::index_items(const syntax::Index& e) {
  std::vector<IndexItem> items;
  for (const auto& item : e.items) {
    IndexItem out;
    out.span = item->span;
    if (item->kind == ExprKind::Colon) {
      const auto& slice = static_cast<const syntax::Colon&>(*item);
      if (slice.start) out.start = expr(*slice.start);
      if (slice.stop) out.stop = expr(*slice.stop);
      if (slice.step) out.step = expr(*slice.step);
    } else {
      out.at = expr(*item);
    }
    items.push_back(std::move(out));
  }
  return items;
}

ValuePtr Frame::with_subscript(const ValuePtr& op, const syntax::Index& e) {
  const std::string name(op->builtin->name);
  if (!op->builtin->is_operator) {
    base::fail(e.span, "`" + name + "` is a function and takes no subscript", "call it with `( )`");
  }
  if (!op->subscript.empty()) base::fail(e.span, "`" + name + "` has a subscript already");
  Value value = *op;
  for (const auto& item : e.items) {
    if (item->kind != ExprKind::Name) {
      base::fail(item->span,
                 "the subscript of `" + name + "` names parameters, as in `" + name + "[x](f)`");
    }
    value.subscript.push_back(static_cast<const syntax::Name&>(*item).text);
  }
  return std::make_shared<const Value>(std::move(value));
}

size_t Frame::constant_index(const Value& base, const std::vector<IndexItem>& items,
                             base::Span span) {
  if (base.kind == ValueKind::Record) {
    base::fail(span, "a record is not indexed: its values have names",
               base.fields.empty() ? "" : "`p." + base.fields[0] + "` is one of them");
  }
  const auto at_known = items.size() == 1 && items[0].at ? known(items[0].at) : std::nullopt;
  if (!at_known || at_known->kind != Known::Kind::Int) {
    base::fail(
        span, "a tuple is indexed by one constant integer",
        "its items may have different types; walk them with `for`, or stack them with `[…]`");
  }
  const auto size = static_cast<int64_t>(base.items.size());
  const int64_t at = at_known->integer < 0 ? at_known->integer + size : at_known->integer;
  if (at < 0 || at >= size) {
    base::fail(items[0].span,
               "index " + std::to_string(at_known->integer) + " is out of range for a tuple of " +
                   std::to_string(size),
               at == size ? "indices run from 0: the last is " + std::to_string(size - 1) : "");
  }
  return static_cast<size_t>(at);
}

/// `layers[1:]`
ValuePtr Frame::tuple_slice(const Value& base, const IndexItem& slice) {
  const auto size = static_cast<int64_t>(base.items.size());
  auto part = [&](const ValuePtr& value, int64_t otherwise) {
    if (!value) return otherwise;
    const auto constant = known(value);
    if (!constant || constant->kind != Known::Kind::Int) {
      base::fail(slice.span, "a slice of a tuple has constant bounds");
    }
    return constant->integer;
  };
  const int64_t step = part(slice.step, 1);
  if (step == 0) base::fail(slice.span, "the step of a slice is not 0");
  auto clamp = [&](int64_t at) {
    if (at < 0) at += size;
    const int64_t low = step > 0 ? 0 : -1;
    return std::min(std::max(at, low), size + low);
  };
  const int64_t start = slice.start ? clamp(part(slice.start, 0)) : (step > 0 ? 0 : size - 1);
  const int64_t stop = slice.stop ? clamp(part(slice.stop, 0)) : (step > 0 ? size : -1);
  std::vector<ValuePtr> items;
  for (int64_t k = start; step > 0 ? k < stop : k > stop; k += step) {
    items.push_back(base.items[static_cast<size_t>(k)]);
  }
  return tuple(std::move(items));
}

}  // namespace calc::elab
