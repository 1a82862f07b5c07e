// Annotations are checked where a value meets them. A size variable stands for the actual size and
// is an Int of the function; sizes known only at run time are checked there.
#include <algorithm>

#include "lang/elaborate/frame.h"

namespace calc::elab {

using syntax::DimExpr;
using syntax::TypeExpr;

namespace {

std::string list_text(const std::vector<TypeExpr>& items, const std::vector<std::string>& fields);

std::string annotation_text(const TypeExpr& type) {
  switch (type.kind) {
    case TypeExpr::Kind::Tuple:
      return "(" + list_text(type.items, {}) + ")";
    case TypeExpr::Kind::Record:
      return "{" + list_text(type.items, type.fields) + "}";
    case TypeExpr::Kind::Function:
      return "function";
    case TypeExpr::Kind::Named:
      break;
  }
  std::string text = type.name;
  for (size_t k = 0; k < type.dims.size(); ++k) {
    const DimExpr& dim = type.dims[k];
    text += k == 0 ? "[" : ", ";
    if (dim.kind == DimExpr::Kind::Number) text += std::to_string(dim.number);
    if (dim.kind == DimExpr::Kind::Name) text += dim.name;
    if (dim.kind == DimExpr::Kind::Any) text += "_";
  }
  return type.dims.empty() ? text : text + "]";
}

std::string list_text(const std::vector<TypeExpr>& items, const std::vector<std::string>& fields) {
  std::string text;
  for (size_t k = 0; k < items.size(); ++k) {
    if (k > 0) text += ", ";
    if (k < fields.size()) text += fields[k] + ": ";
    text += annotation_text(items[k]);
  }
  return text;
}

[[noreturn]] void mismatch(const TypeExpr& type, const Value& value, const std::string& what,
                           base::Span span, std::string hint = {}) {
  base::fail(span,
             what + " is declared " + annotation_text(type) + ", and this is " + type_text(value),
             std::move(hint));
}

[[noreturn]] void unknown_type(const TypeExpr& type) {
  const std::vector<std::string> names{"Bool", "Int", "Real", "Real32", "String", "Unit"};
  struct Foreign {
    std::string_view type;
    std::vector<std::string_view> theirs;
  };
  static const std::vector<Foreign> foreign{
      {"Real",
       {"float", "double", "Float", "Double", "number", "Number", "Float64", "f64", "real"}},
      {"Real32", {"Float32", "f32", "single", "real32"}},
      {"Int", {"integer", "Integer", "Int64", "i64", "long", "int"}},
      {"Bool", {"boolean", "Boolean", "bool"}},
      {"String", {"str", "Str", "Text", "string"}},
      {"Unit", {"void", "None", "Void", "unit"}}};
  std::string near = base::nearest(type.name, names);
  for (const Foreign& other : foreign) {
    const auto found = std::find(other.theirs.begin(), other.theirs.end(), type.name);
    if (found != other.theirs.end()) near = other.type;
  }
  const bool array = type.name == "Vector" || type.name == "Matrix" || type.name == "Array" ||
                     type.name == "Tensor" || type.name == "List";
  base::fail(type.span, "there is no type `" + type.name + "`",
             array          ? "a vector is `Real[n]`, a matrix `Real[m, n]`"
             : near.empty() ? "the types are Bool, Int, Real, Real32, String, Unit and what is "
                              "made of them"
                            : "did you mean `" + near + "`?");
}

}  // namespace

/// Every name in an annotation is that of a type.
void check_annotation(const TypeExpr& type) {
  const bool named = type.kind == TypeExpr::Kind::Named;
  if (named && !annotated_elem(type) && type.name != "String" && type.name != "Unit") {
    unknown_type(type);
  }
  if (named && !annotated_elem(type) && !type.dims.empty()) {
    base::fail(type.span, "a `" + type.name + "` has no sizes", "a tensor holds numbers or Bools");
  }
  for (const TypeExpr& item : type.items) check_annotation(item);
}

void check_annotations(const std::vector<syntax::Param>& params) {
  for (const syntax::Param& param : params) {
    if (param.type) check_annotation(*param.type);
  }
}

std::optional<core::Elem> annotated_elem(const TypeExpr& type) {
  if (type.kind != TypeExpr::Kind::Named) return std::nullopt;
  if (type.name == "Bool") return core::Elem::Bool;
  if (type.name == "Int") return core::Elem::I64;
  if (type.name == "Real") return core::Elem::F64;
  if (type.name == "Real32") return core::Elem::F32;
  return std::nullopt;
}

ValuePtr Frame::annotated(const TypeExpr& type, const ValuePtr& value, const std::string& what,
                          base::Span span, Sizes& sizes) {
  if (type.kind == TypeExpr::Kind::Named) {
    if (annotated_elem(type)) return annotated_tensor(type, value, what, span, sizes);
    const bool is_string = type.name == "String";
    if (!is_string && type.name != "Unit") unknown_type(type);
    if (value->kind != (is_string ? ValueKind::String : ValueKind::Unit) &&
        !(is_string && value->kind == ValueKind::Choice && !is_function(*value))) {
      mismatch(type, *value, what, span);
    }
    return value;
  }
  if (type.kind == TypeExpr::Kind::Function) {
    if (!is_function(*value)) mismatch(type, *value, what, span);
    return value;
  }
  const bool is_tuple = type.kind == TypeExpr::Kind::Tuple;
  const ValueKind kind = is_tuple ? ValueKind::Tuple : ValueKind::Record;
  if (value->kind != kind || value->items.size() != type.items.size()) {
    mismatch(type, *value, what, span);
  }
  Value copy = *value;
  for (size_t k = 0; k < type.items.size(); ++k) {
    std::string part = "item " + std::to_string(k) + " of " + what;
    size_t from = k;
    if (!is_tuple) {
      part = "`" + type.fields[k] + "` of " + what;
      from = 0;
      while (from < copy.fields.size() && copy.fields[from] != type.fields[k]) ++from;
      if (from == copy.fields.size()) mismatch(type, *value, what, span);
    }
    copy.items[from] = annotated(type.items[k], copy.items[from], part, span, sizes);
  }
  return std::make_shared<const Value>(std::move(copy));
}

ValuePtr Frame::annotated_tensor(const TypeExpr& type, const ValuePtr& value,
                                 const std::string& what, base::Span span, Sizes& sizes) {
  if (value->kind != ValueKind::Tensor) mismatch(type, *value, what, span);
  const core::Elem wanted = *annotated_elem(type);
  const core::Elem elem = value->leaf.type.elem;
  if (value->leaf.type.rank() != static_cast<int>(type.dims.size())) {
    mismatch(type, *value, what, span);
  }
  const bool widens = (elem == core::Elem::I64 && wanted != core::Elem::Bool) ||
                      (elem == core::Elem::F32 && wanted == core::Elem::F64) ||
                      (wanted == core::Elem::F32 && value->leaf.literal);
  if (elem != wanted && !widens) {
    const bool to_int = wanted == core::Elem::I64 && elem == core::Elem::F64;
    const bool narrows = wanted == core::Elem::F32 && elem == core::Elem::F64;
    mismatch(type, *value, what, span,
             to_int    ? "write a whole number without a point"
             : narrows ? "`Real32(x)` rounds to 32 bits"
                       : "");
  }
  for (size_t k = 0; k < type.dims.size(); ++k) {
    check_size(type, static_cast<int>(k), value, what, span, sizes);
  }
  if (elem == wanted) return value;
  at(span);
  return convert(*this, value, wanted, span);
}

/// The size an annotation asks for, as an Int; null when any will do.
ValuePtr Frame::declared_size(const DimExpr& dim, const Sizes& sizes) {
  if (dim.kind == DimExpr::Kind::Number) {
    return literal(builder_->integer(dim.number), Known{Known::Kind::Int, dim.number, 0});
  }
  if (dim.kind == DimExpr::Kind::Any) return nullptr;
  if (const auto bound = sizes.find(dim.name); bound != sizes.end()) return bound->second.value;
  // An Int parameter before it: `f(n: Int, x: Real[n])`.
  const Binding* binding = scopes().depth() > 1 ? scopes().find(dim.name, 1) : nullptr;
  if (binding == nullptr || binding->value->kind != ValueKind::Tensor) return nullptr;
  return binding->value->leaf.type == core::scalar_type(core::Elem::I64) ? binding->value : nullptr;
}

void Frame::check_size(const TypeExpr& type, int axis, const ValuePtr& value,
                       const std::string& what, base::Span span, Sizes& sizes) {
  const DimExpr& dim = type.dims[static_cast<size_t>(axis)];
  const int64_t size = value->leaf.type.dims[static_cast<size_t>(axis)];
  at(span);
  const ValuePtr declared = declared_size(dim, sizes);
  if (!declared) {
    if (dim.kind != DimExpr::Kind::Name) return;
    Leaf leaf{builder_->dim(value->leaf.id, axis), core::scalar_type(core::Elem::I64), {}, false};
    if (size != core::kDynamic) leaf.known = Known{Known::Kind::Int, size, 0};
    sizes[dim.name] = {tensor(leaf), what};
    return;
  }
  const std::string axis_text = "axis " + std::to_string(axis) + " of " + what;
  const std::string name = dim.kind == DimExpr::Kind::Name ? "`" + dim.name + "`, which is " : "";
  const auto origin = sizes.find(dim.name);
  const std::string from = origin == sizes.end() ? "" : " from " + origin->second.from;
  if (size != core::kDynamic && declared->leaf.known) {
    const int64_t wanted = known(declared)->integer;
    if (wanted == size) return;
    base::fail(
        span, what + " is declared " + annotation_text(type) + ", and this is " + type_text(*value),
        "",
        from.empty() ? "axis " + std::to_string(axis) + " has size " + std::to_string(size) +
                           ", not " + name + std::to_string(wanted)
                     : "`" + dim.name + "` is " + std::to_string(wanted) + from + ", and " +
                           std::to_string(size) + " from " + what);
  }
  const core::ValueId actual = builder_->dim(value->leaf.id, axis);
  emit_check(builder_->op("eq", {actual, declared->leaf.id}),
             axis_text + " has size {}, and is declared " + name + "{}" + from, "",
             {actual, declared->leaf.id});
}

}  // namespace calc::elab
