#include "runtime/array.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <stdexcept>

#include "runtime/arithmetic.h"
#include "runtime/context.h"
#include "runtime/memory.h"
#include "runtime/text.h"

namespace calc::rt {
namespace {

constexpr size_t alignment = 64;
/// Requests from here on ask the system first what it has.
constexpr size_t large = size_t{256} << 20;

size_t rounded(size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

size_t header_bytes(size_t rank) { return rounded(sizeof(ArrayHeader) + rank * sizeof(int64_t)); }

size_t block_bytes(const ArrayHeader& header) {
  return header_bytes(static_cast<size_t>(header.rank)) +
         rounded(static_cast<size_t>(header.size) * elem_size(header.elem));
}

/// Released small blocks, by size. An evaluator makes and drops small arrays by the million: taking
/// one from here costs a fifth of an aligned allocation.
struct FreeLists {
  struct Block {
    Block* next;
  };
  static constexpr size_t classes = 33;
  static constexpr int most = 64;
  std::array<Block*, classes> heads{};
  std::array<int, classes> counts{};
  enum class State : uint8_t { Unarmed, Open, Closed } state = State::Unarmed;
};
constinit thread_local FreeLists lists;

/// Gives a thread's blocks back when the thread ends; apart from the lists, which must outlive it:
/// arrays that die later still look at them.
struct Drain {
  ~Drain() {
    for (FreeLists::Block*& head : lists.heads) {
      while (head != nullptr) std::free(std::exchange(head, head->next));
    }
    lists.state = FreeLists::State::Closed;
  }
};

#ifdef __SANITIZE_ADDRESS__
constexpr bool recycle = false;
#else
constexpr bool recycle = true;
#endif

void* take(size_t bytes) {
  const size_t index = bytes / alignment;
  if (!recycle || index >= FreeLists::classes || lists.heads[index] == nullptr) return nullptr;
  --lists.counts[index];
  return std::exchange(lists.heads[index], lists.heads[index]->next);
}

bool give(void* memory, size_t bytes) {
  const size_t index = bytes / alignment;
  if (!recycle || index >= FreeLists::classes || lists.counts[index] == FreeLists::most) {
    return false;
  }
  if (lists.state == FreeLists::State::Closed) return false;
  if (lists.state == FreeLists::State::Unarmed) {
    static thread_local Drain drain;
    static_cast<void>(drain);
    lists.state = FreeLists::State::Open;
  }
  ++lists.counts[index];
  lists.heads[index] = new (memory) FreeLists::Block{lists.heads[index]};
  return true;
}

[[noreturn]] void fail_too_large(Elem elem, std::span<const int64_t> dims, double bytes) {
  const char* article = elem == Elem::I64 ? "an" : "a";
  throw Failure{
      fmt::format("{} `{}` needs {} of memory", article, type_text(elem, dims), bytes_text(bytes)),
      fmt::format("there are {} to be had", bytes_text(static_cast<double>(available_memory())))};
}

double bytes_as_real(Elem elem, std::span<const int64_t> dims) {
  double bytes = static_cast<double>(elem_size(elem));
  for (const int64_t size : dims) bytes *= static_cast<double>(size);
  return bytes;
}

void* allocate_memory(Elem elem, std::span<const int64_t> dims, size_t bytes) {
  if (void* recycled = take(bytes)) return recycled;
  if (bytes >= large && bytes > available_memory()) {
    fail_too_large(elem, dims, bytes_as_real(elem, dims));
  }
  void* memory = std::aligned_alloc(alignment, bytes);
  if (memory == nullptr) fail_too_large(elem, dims, bytes_as_real(elem, dims));
  return memory;
}

template <typename T>
Array scalar(Elem elem, T value) {
  Array array = Array::uninitialised(elem, {});
  *static_cast<T*>(array.header()->data) = value;
  return array;
}

template <typename T>
Array filled(Elem elem, std::span<const int64_t> dims, std::span<const T> values) {
  Array array = Array::uninitialised(elem, dims);
  if (static_cast<size_t>(array.size()) != values.size()) {
    throw std::logic_error("as many values as the sizes say");
  }
  std::copy(values.begin(), values.end(), static_cast<T*>(array.header()->data));
  return array;
}

template <typename To, typename From>
To convert_one(From x) {
  if constexpr (std::is_same_v<To, int64_t> && std::is_floating_point_v<From>) {
    const auto integer = checked_truncate(static_cast<double>(x));
    if (!integer) {
      throw Failure{fmt::format("{} has no `Int`", real_text(static_cast<double>(x))), ""};
    }
    return *integer;
  } else {
    return static_cast<To>(x);
  }
}

template <typename To, typename From>
void convert_all(const Array& from, Array& to, bool to_bool) {
  const From* in = from.data<From>();
  To* out = to.writable<To>();
  const int64_t n = from.size();
  if (to_bool) {
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<To>(in[i] != From(0));
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = convert_one<To, From>(in[i]);
  }
}

template <typename From>
void convert_from(const Array& from, Array& to) {
  switch (to.elem()) {
    case Elem::Bool:
      return convert_all<uint8_t, From>(from, to, true);
    case Elem::I64:
      return convert_all<int64_t, From>(from, to, false);
    case Elem::F64:
      return convert_all<double, From>(from, to, false);
    case Elem::F32:
      return convert_all<float, From>(from, to, false);
  }
}

}  // namespace

size_t elem_size(Elem elem) {
  switch (elem) {
    case Elem::Bool:
      return 1;
    case Elem::F32:
      return 4;
    case Elem::I64:
    case Elem::F64:
      return 8;
  }
  throw std::logic_error("no such element type");
}

int64_t element_count(std::span<const int64_t> dims) {
  const auto fail = [&](const char* what) {
    throw Failure{fmt::format("a tensor of sizes [{}] {}", fmt::join(dims, ", "), what), ""};
  };
  if (std::any_of(dims.begin(), dims.end(), [](int64_t size) { return size < 0; })) {
    fail("cannot be: a size is negative");
  }
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return 0;
  int64_t count = 1;
  for (const int64_t size : dims) {
    if (__builtin_mul_overflow(count, size, &count)) fail("has more elements than can be counted");
  }
  return count;
}

ArrayHeader* allocate(Elem elem, std::span<const int64_t> dims) {
  const int64_t count = element_count(dims);
  const size_t head = header_bytes(dims.size());
  const size_t limit = static_cast<size_t>(INT64_MAX) - head - alignment;
  if (static_cast<size_t>(count) > limit / elem_size(elem)) {
    fail_too_large(elem, dims, bytes_as_real(elem, dims));
  }
  const size_t bytes = head + rounded(static_cast<size_t>(count) * elem_size(elem));
  char* memory = static_cast<char*>(allocate_memory(elem, dims, bytes));
  auto* header =
      new (memory) ArrayHeader{1, static_cast<int32_t>(dims.size()), elem, memory + head, count};
  std::copy(dims.begin(), dims.end(), header->dims());
  return header;
}

void deallocate(ArrayHeader* header) {
  assert(header->refs == 0);
  if (give(header, block_bytes(*header))) return;
  std::free(header);
}

Array Array::zeros(Elem elem, std::span<const int64_t> dims) {
  Array array = uninitialised(elem, dims);
  std::memset(array.header_->data, 0, static_cast<size_t>(array.size()) * elem_size(elem));
  return array;
}

Array Array::of(bool value) { return scalar<uint8_t>(Elem::Bool, value ? 1 : 0); }
Array Array::of(int64_t value) { return scalar(Elem::I64, value); }
Array Array::of(double value) { return scalar(Elem::F64, value); }
Array Array::of(float value) { return scalar(Elem::F32, value); }

Array Array::reals(std::span<const int64_t> dims, std::span<const double> values) {
  return filled(Elem::F64, dims, values);
}
Array Array::ints(std::span<const int64_t> dims, std::span<const int64_t> values) {
  return filled(Elem::I64, dims, values);
}

void Array::make_unique() {
  if (unique()) return;
  Array copy = uninitialised(elem(), dims());
  std::memcpy(copy.header_->data, header_->data, static_cast<size_t>(size()) * elem_size(elem()));
  std::swap(header_, copy.header_);
}

Array Array::reshaped(std::span<const int64_t> dims) const& {
  if (element_count(dims) != size()) throw std::logic_error("reshaped to another count");
  Array result = uninitialised(elem(), dims);
  std::memcpy(result.header_->data, header_->data, static_cast<size_t>(size()) * elem_size(elem()));
  return result;
}

Array Array::reshaped(std::span<const int64_t> dims) && {
  const auto rank_now = static_cast<size_t>(rank());
  if (!unique() || header_bytes(dims.size()) != header_bytes(rank_now)) {
    return static_cast<const Array&>(*this).reshaped(dims);
  }
  if (element_count(dims) != size()) throw std::logic_error("reshaped to another count");
  header_->rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), header_->dims());
  return std::move(*this);
}

Array Array::converted(Elem to_elem) const {
  if (to_elem == elem()) return *this;
  Array result = uninitialised(to_elem, dims());
  switch (elem()) {
    case Elem::Bool:
      convert_from<uint8_t>(*this, result);
      break;
    case Elem::I64:
      convert_from<int64_t>(*this, result);
      break;
    case Elem::F64:
      convert_from<double>(*this, result);
      break;
    case Elem::F32:
      convert_from<float>(*this, result);
      break;
  }
  return result;
}

bool Array::identical(const Array& other) const {
  if (elem() != other.elem() || !std::ranges::equal(dims(), other.dims())) return false;
  return std::memcmp(header_->data, other.header_->data,
                     static_cast<size_t>(size()) * elem_size(elem())) == 0;
}

}  // namespace calc::rt
