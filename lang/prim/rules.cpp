#include "lang/prim/rules.h"

#include <algorithm>
#include <array>
#include <utility>

namespace calc::prim {

namespace {

constexpr std::array<std::pair<std::string_view, Elem>, 4> kElems = {
    {{"bool", Elem::Bool}, {"i64", Elem::I64}, {"f64", Elem::F64}, {"f32", Elem::F32}}};

std::string quoted(const Type& type) { return "`" + core::user_text(type) + "`"; }

}  // namespace

void require_count(Types args, size_t count) {
  if (args.size() == count) return;
  reject(fmt::format("{} operand{} expected, {} given", count, count == 1 ? "" : "s", args.size()));
}

void require_rank(const Type& type, int rank) {
  if (type.rank() == rank) return;
  static constexpr std::array<std::string_view, 3> kNames = {"a scalar", "a vector", "a matrix"};
  std::string expected =
      rank < 3 ? std::string(kNames[static_cast<size_t>(rank)]) : fmt::format("rank {}", rank);
  reject(fmt::format("{} expected, {} given", expected, quoted(type)));
}

void require_elem(const Type& type, Elem elem) {
  if (type.elem == elem) return;
  reject(fmt::format("`{}` expected, {} given", core::user_text(core::scalar_type(elem)),
                     quoted(type)));
}

void require_real(const Type& type) {
  if (!type.is_real())
    reject(fmt::format("a real number or tensor expected, {} given", quoted(type)));
}

void require_number(const Type& type) {
  if (type.elem == Elem::Bool) {
    reject(fmt::format("a number or tensor of numbers expected, {} given", quoted(type)));
  }
}

void require_index(const Type& type) {
  if (type != core::scalar_type(Elem::I64)) {
    reject(fmt::format("an `Int` expected, {} given", quoted(type)));
  }
}

void require_indices(Types args, size_t first) {
  for (size_t k = first; k < args.size(); ++k) require_index(args[k]);
}

int64_t join_size(int64_t a, int64_t b, std::string_view what) {
  if (a == kDynamic) return b;
  if (b == kDynamic || a == b) return a;
  reject(fmt::format("{} differ: {} and {}", what, a, b));
}

Dims common_dims(const Type& a, const Type& b) {
  if (a.rank() != b.rank()) {
    reject(fmt::format("shapes do not fit: {} and {}", quoted(a), quoted(b)));
  }
  Dims dims(a.dims.size());
  for (size_t k = 0; k < dims.size(); ++k) {
    if (a.dims[k] != kDynamic && b.dims[k] != kDynamic && a.dims[k] != b.dims[k]) {
      reject(fmt::format("shapes do not fit: {} and {}", quoted(a), quoted(b)));
    }
    dims[k] = a.dims[k] == kDynamic ? b.dims[k] : a.dims[k];
  }
  return dims;
}

Type common_type(Types args) {
  if (args.empty()) reject("at least one operand expected");
  Type type = args[0];
  for (const Type& arg : args.subspan(1)) {
    if (arg.elem != type.elem) {
      reject(fmt::format("element types differ: {} and {}", quoted(type), quoted(arg)));
    }
    type.dims = common_dims(type, arg);
  }
  return type;
}

int axis_of(const Attrs& attrs, int rank, std::string_view name) {
  int64_t axis = attrs.integer(name);
  if (axis < 0 || axis >= rank) {
    reject(fmt::format("there is no axis {} in a tensor of rank {}", axis, rank));
  }
  return static_cast<int>(axis);
}

Ints axes_of(const Attrs& attrs, int rank, std::string_view name) {
  const Ints& axes = attrs.ints(name);
  for (size_t k = 0; k < axes.size(); ++k) {
    if (axes[k] < 0 || axes[k] >= rank) {
      reject(fmt::format("there is no axis {} in a tensor of rank {}", axes[k], rank));
    }
    if (k > 0 && axes[k] <= axes[k - 1]) reject("axes must be different and in increasing order");
  }
  return axes;
}

bool contains(std::span<const int64_t> axes, int64_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

Ints other_axes(std::span<const int64_t> axes, int rank) {
  Ints others;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (!contains(axes, axis)) others.push_back(axis);
  }
  return others;
}

Dims pick(std::span<const int64_t> dims, std::span<const int64_t> axes) {
  Dims picked;
  for (int64_t axis : axes) picked.push_back(dims[static_cast<size_t>(axis)]);
  return picked;
}

Dims dims_of(const Attrs& attrs, Types args, size_t first) {
  const Ints& dims = attrs.ints("dims");
  for (int64_t size : dims) {
    if (size < kDynamic) reject(fmt::format("a size cannot be negative: {}", size));
  }
  auto dynamic = static_cast<size_t>(std::count(dims.begin(), dims.end(), kDynamic));
  if (args.size() != first + dynamic) {
    reject(fmt::format("{} operand{} for sizes expected, {} given", dynamic,
                       dynamic == 1 ? "" : "s", args.size() - std::min(first, args.size())));
  }
  require_indices(args, first);
  return dims;
}

Elem elem_of(const Attrs& attrs) {
  const std::string& text = attrs.text("elem");
  for (const auto& [name, elem] : kElems) {
    if (name == text) return elem;
  }
  reject(fmt::format("`{}` is not an element type", text));
}

std::string_view elem_name(Elem elem) {
  for (const auto& [name, candidate] : kElems) {
    if (candidate == elem) return name;
  }
  return "";
}

bool may_be_of_nothing(Types args, const Attrs& attrs) {
  const Dims& dims = args[0].dims;
  // No result, no failure.
  const Ints axes = attrs.has("axis") ? Ints{attrs.integer("axis")} : attrs.ints("axes");
  const Dims kept = pick(dims, other_axes(axes, args[0].rank()));
  if (contains(kept, 0)) return false;
  const Dims gone = pick(dims, axes);
  return contains(gone, 0) || contains(gone, kDynamic);
}

}  // namespace calc::prim
