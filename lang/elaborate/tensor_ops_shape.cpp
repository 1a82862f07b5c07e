#include <algorithm>
#include <numeric>

#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

using core::ValueId;

// ---- sizes -------------------------------------------------------------------------------------

Size known_size(int64_t n) { return Size{n, {}}; }

Sizes sizes_of(Emit& emit, ValueId value) {
  core::Builder& b = emit.builder();
  const core::Dims dims = b.type(value).dims;
  Sizes sizes;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] != core::kDynamic) {
      sizes.push_back(known_size(dims[axis]));
    } else {
      sizes.push_back(Size{core::kDynamic, b.dim(value, static_cast<int>(axis))});
    }
  }
  return sizes;
}

core::Dims dims_of(const Sizes& sizes) {
  core::Dims dims;
  for (const Size& size : sizes) dims.push_back(size.constant);
  return dims;
}

std::vector<ValueId> operands_of(const Sizes& sizes) {
  std::vector<ValueId> operands;
  for (const Size& size : sizes) {
    if (!size.is_static()) operands.push_back(size.value);
  }
  return operands;
}

ValueId size_value(Emit& emit, const Size& size) {
  return size.is_static() ? emit.builder().integer(size.constant) : size.value;
}

Size count_of(Emit& emit, const Sizes& sizes) {
  int64_t constant = 1;
  std::optional<ValueId> dynamic;
  for (const Size& size : sizes) {
    if (size.is_static()) {
      constant *= size.constant;
    } else {
      dynamic = dynamic ? emit.builder().mul(*dynamic, size.value) : size.value;
    }
  }
  if (!dynamic) return known_size(constant);
  if (constant == 1) return Size{core::kDynamic, *dynamic};
  return Size{core::kDynamic, emit.builder().mul(*dynamic, emit.builder().integer(constant))};
}

bool same_size(const Size& a, const Size& b) {
  if (a.is_static() || b.is_static()) return a.constant == b.constant;
  return a.value == b.value;
}

void check_sizes(Emit& emit, const Size& a, const Size& b, const std::string& what) {
  if (same_size(a, b)) return;
  core::Builder& build = emit.builder();
  const ValueId left = size_value(emit, a);
  const ValueId right = size_value(emit, b);
  const ValueId equal = build.op("eq", {left, right});
  build.emit(core::registry().get("check"), {equal, left, right},
             {{"message", "shapes do not fit: " + what + ", {} and {}"}, {"hint", std::string()}});
}

// ---- structure ---------------------------------------------------------------------------------

ValueId reshape(Emit& emit, ValueId a, const Sizes& sizes) {
  return emit.builder().reshape(a, dims_of(sizes), operands_of(sizes));
}

ValueId broadcast(Emit& emit, ValueId a, const Sizes& sizes, std::vector<int64_t> axes) {
  return emit.builder().broadcast(a, dims_of(sizes), std::move(axes), operands_of(sizes));
}

ValueId fill(Emit& emit, ValueId scalar, const Sizes& sizes) {
  return sizes.empty() ? scalar : broadcast(emit, scalar, sizes, {});
}

ValueId refine(Emit& emit, ValueId a, const Sizes& sizes) {
  return emit.builder().type(a).dims == dims_of(sizes) ? a : reshape(emit, a, sizes);
}

// ---- values ------------------------------------------------------------------------------------

namespace {

ValuePtr known_value(ValueId id, core::Elem elem, Known known) {
  return tensor(Leaf{id, core::scalar_type(elem), known, false});
}

}  // namespace

ValuePtr int_value(Emit& emit, int64_t n) {
  return known_value(emit.builder().integer(n), core::Elem::I64, {Known::Kind::Int, n, 0});
}

ValuePtr real_value(Emit& emit, double x) {
  return tensor(emit.builder().real(x), core::scalar_type(core::Elem::F64));
}

ValuePtr bool_value(Emit& emit, bool b) {
  return known_value(emit.builder().boolean(b), core::Elem::Bool, {Known::Kind::Bool, b, 0});
}

ValuePtr wrap(Emit& emit, ValueId id) { return tensor(id, emit.builder().type(id)); }

std::optional<int64_t> known_int(Emit& emit, const ValuePtr& value) {
  if (!is_tensor(value) || !value->leaf.type.is_scalar()) return std::nullopt;
  if (value->leaf.type.elem != core::Elem::I64) return std::nullopt;
  if (std::optional<int64_t> literal = literal_int(value->leaf)) return literal;
  std::optional<Known> known = emit.known(value);
  if (!known) return std::nullopt;
  return known->integer;
}

std::optional<int64_t> literal_int(const Leaf& leaf) {
  if (!leaf.literal || !leaf.known || leaf.known->kind != Known::Kind::Int) return std::nullopt;
  return leaf.known->integer;
}

bool is_tensor(const ValuePtr& value) { return value && value->kind == ValueKind::Tensor; }

bool is_number(const ValuePtr& value) {
  return is_tensor(value) && value->leaf.type.elem != core::Elem::Bool;
}

void require_tensor(const ValuePtr& value, std::string_view what, base::Span span) {
  if (is_tensor(value)) return;
  std::string hint;
  if (is_function(*value)) hint = "call the function first: `f(x)`";
  base::fail(span, std::string(what) + " needs a number or tensor, this is " + type_text(*value),
             hint);
}

std::vector<ValueId> checked(Emit& emit, std::string_view primitive, std::vector<ValueId> args,
                             core::Attrs attrs, base::Span span) {
  const core::Primitive& record = core::registry().get(primitive);
  core::TypeResult types = emit.builder().infer(record, args, attrs);
  if (const auto* error = std::get_if<core::TypeError>(&types)) {
    base::fail(span, error->message, error->hint);
  }
  return emit.builder().emit(record, std::move(args), std::move(attrs));
}

}  // namespace calc::elab
