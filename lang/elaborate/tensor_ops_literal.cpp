// Array literals: entries of equal shapes stack along a new first axis, spliced ones join along it.
#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// An entry, or a spliced tensor whose first axis runs over entries.
struct Entry {
  Leaf leaf;
  bool spliced = false;
  base::Span span;
  core::Dims dims() const {
    core::Dims result = leaf.type.dims;
    if (spliced) result.erase(result.begin());
    return result;
  }
};

void require_entry(const ValuePtr& value, base::Span span) {
  if (is_tensor(value)) return;
  const bool several = value->kind == ValueKind::Tuple || value->kind == ValueKind::Record ||
                       value->kind == ValueKind::String || is_function(*value);
  base::fail(span, "an array holds numbers, this entry is " + type_text(*value),
             several ? "a tuple holds anything: `(a, b)`" : "");
}

std::vector<Entry> entries_of(Emit& emit, const std::vector<ArrayItem>& items) {
  std::vector<Entry> entries;
  for (const ArrayItem& item : items) {
    const ValuePtr value = as_tensor(emit, item.value);
    if (item.spread && value->kind == ValueKind::Tuple) {
      for (const ValuePtr& part : value->items) {
        const ValuePtr entry = as_tensor(emit, part);
        require_entry(entry, item.span);
        entries.push_back({entry->leaf, false, item.span});
      }
      continue;
    }
    require_entry(value, item.span);
    if (item.spread && value->leaf.type.is_scalar()) {
      base::fail(item.span, "`...` splices a vector or tuple, this is " + type_text(*value));
    }
    entries.push_back({value->leaf, item.spread, item.span});
  }
  return entries;
}

Elem common_elem(const std::vector<Entry>& entries) {
  Leaf joined = entries[0].leaf;
  for (const Entry& entry : entries) {
    joined.type.elem = meet(joined, entry.leaf);
    joined.literal = joined.literal && entry.leaf.literal;
  }
  return joined.type.elem;
}

/// The shape every entry has, with its sizes known as well as any entry knows them.
Sizes common_sizes(Emit& emit, const std::vector<Entry>& entries, base::Span span) {
  const core::Dims first = entries[0].dims();
  for (const Entry& entry : entries) {
    if (core::compatible({Elem::F64, first}, {Elem::F64, entry.dims()})) continue;
    base::Diagnostic diagnostic;
    diagnostic.span = entry.span.known() ? entry.span : span;
    const std::string one = core::user_text({entries[0].leaf.type.elem, first});
    const std::string other = core::user_text({entry.leaf.type.elem, entry.dims()});
    diagnostic.message = "the entries of an array need equal shapes, " + one + " and " + other;
    diagnostic.note = other;
    if (entries[0].span.known()) diagnostic.labels.push_back({entries[0].span, one});
    diagnostic.hint = "`[...v, x]` splices the entries of `v`; a tuple holds different shapes";
    throw base::DiagnosticError{diagnostic};
  }
  Sizes common;
  for (const Entry& entry : entries) {
    Sizes own = sizes_of(emit, entry.leaf.id);
    if (entry.spliced) own.erase(own.begin());
    if (common.empty()) common = own;
    for (size_t axis = 0; axis < own.size(); ++axis) {
      check_sizes(emit, common[axis], own[axis], "the entries of an array need equal shapes");
      if (own[axis].is_static()) common[axis] = own[axis];
    }
  }
  return common;
}

/// All entries are literals: one constant.
std::optional<ValueId> literal_constant(Emit& emit, const std::vector<Entry>& entries, Elem elem) {
  std::vector<double> reals;
  std::vector<int64_t> integers;
  for (const Entry& entry : entries) {
    const Leaf& leaf = entry.leaf;
    if (!leaf.literal || !leaf.known || !leaf.type.is_scalar()) return std::nullopt;
    integers.push_back(leaf.known->integer);
    const bool real = leaf.known->kind == Known::Kind::Real;
    reals.push_back(real ? leaf.known->real : static_cast<double>(leaf.known->integer));
  }
  const core::Dims dims{static_cast<int64_t>(entries.size())};
  if (elem == Elem::F64) return emit.builder().constant(rt::Array::reals(dims, reals));
  if (elem == Elem::I64) return emit.builder().constant(rt::Array::ints(dims, integers));
  return std::nullopt;
}

/// Runs of single entries stacked, then everything concatenated.
ValueId assemble(Emit& emit, const std::vector<Entry>& entries, Elem elem, const Sizes& shape) {
  std::vector<ValueId> parts;
  std::vector<ValueId> run;
  const auto finish_run = [&] {
    if (!run.empty()) parts.push_back(emit.builder().op("stack", std::move(run)));
    run.clear();
  };
  for (const Entry& entry : entries) {
    const ValueId id = converted(emit, entry.leaf, elem);
    if (!entry.spliced) {
      run.push_back(refine(emit, id, shape));
      continue;
    }
    finish_run();
    Sizes sizes = shape;
    sizes.insert(sizes.begin(), sizes_of(emit, id)[0]);
    parts.push_back(refine(emit, id, sizes));
  }
  finish_run();
  if (parts.size() == 1) return parts[0];
  return emit.builder().op("concat", std::move(parts), {{"axis", int64_t{0}}});
}

}  // namespace

ValuePtr array_literal(Emit& emit, const std::vector<ArrayItem>& items, base::Span span) {
  emit.at(span);
  const std::vector<Entry> entries = entries_of(emit, items);
  if (entries.empty()) {
    return wrap(emit, emit.builder().constant(rt::Array::zeros(Elem::F64, core::Dims{0})));
  }
  const Elem elem = common_elem(entries);
  if (std::optional<ValueId> constant = literal_constant(emit, entries, elem)) {
    return wrap(emit, *constant);
  }
  const Sizes shape = common_sizes(emit, entries, span);
  return wrap(emit, assemble(emit, entries, elem, shape));
}

}  // namespace calc::elab
