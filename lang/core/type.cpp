#include "lang/core/type.h"

#include <algorithm>
#include <limits>

namespace calc::core {

namespace {

std::string text(const char* elem, const Dims& dims, const char* unknown) {
  std::string out = elem;
  if (dims.empty()) return out;
  out += '[';
  for (size_t k = 0; k < dims.size(); ++k) {
    if (k > 0) out += ", ";
    out += dims[k] == kDynamic ? unknown : std::to_string(dims[k]);
  }
  return out + ']';
}

const char* core_name(Elem elem) {
  switch (elem) {
    case Elem::Bool:
      return "bool";
    case Elem::I64:
      return "i64";
    case Elem::F64:
      return "f64";
    case Elem::F32:
      return "f32";
  }
  return "?";
}

const char* user_name(Elem elem) {
  switch (elem) {
    case Elem::Bool:
      return "Bool";
    case Elem::I64:
      return "Int";
    case Elem::F64:
      return "Real";
    case Elem::F32:
      return "Real32";
  }
  return "?";
}

}  // namespace

bool Type::is_static() const { return std::find(dims.begin(), dims.end(), kDynamic) == dims.end(); }

int64_t Type::count() const {
  if (!is_static()) return kDynamic;
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return 0;
  int64_t count = 1;
  for (int64_t size : dims) {
    if (__builtin_mul_overflow(count, size, &count)) return std::numeric_limits<int64_t>::max();
  }
  return count;
}

Type scalar_type(Elem elem) { return Type{elem, {}}; }

Type type_of(const rt::Array& array) {
  return Type{array.elem(), Dims(array.dims().begin(), array.dims().end())};
}

namespace {

/// Equal elements and ranks, and `sizes_fit` for each pair of sizes.
template <typename Fit>
bool fits(const Type& a, const Type& b, Fit sizes_fit) {
  return a.elem == b.elem &&
         std::equal(a.dims.begin(), a.dims.end(), b.dims.begin(), b.dims.end(), sizes_fit);
}

}  // namespace

bool compatible(const Type& a, const Type& b) {
  return fits(a, b, [](int64_t m, int64_t n) { return m == n || m == kDynamic || n == kDynamic; });
}

bool refines(const Type& a, const Type& b) {
  return fits(a, b, [](int64_t m, int64_t n) { return m == n || n == kDynamic; });
}

Type join(const Type& a, const Type& b) {
  Type out = a;
  for (size_t k = 0; k < out.dims.size(); ++k) {
    if (out.dims[k] != b.dims[k]) out.dims[k] = kDynamic;
  }
  return out;
}

std::string to_string(const Type& type) { return text(core_name(type.elem), type.dims, "?"); }

std::string user_text(const Type& type) { return text(user_name(type.elem), type.dims, "_"); }

}  // namespace calc::core
