#pragma once
// A tensor value: dense, row-major, 64-byte aligned, reference counted, immutable while shared.
//
// An `Array` is a handle to one heap block: a header, then the sizes, then the data. Compiled code
// works on `ArrayHeader*` directly (its layout is a contract with lang/codegen); C++ code uses the
// handle. A scalar is an array of rank 0.
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace calc::rt {

enum class Elem : uint8_t { Bool, I64, F64, F32 };

/// Bytes of one element; a Bool takes one byte holding 0 or 1.
size_t elem_size(Elem elem);

using Dims = std::vector<int64_t>;

/// Product of the sizes, throwing a Failure when it overflows.
int64_t element_count(std::span<const int64_t> dims);

/// Layout known to compiled code; do not reorder.
struct ArrayHeader {
  int64_t refs;
  int32_t rank;
  Elem elem;
  void* data;
  int64_t size;
  int64_t* dims() { return reinterpret_cast<int64_t*>(this + 1); }
  const int64_t* dims() const { return reinterpret_cast<const int64_t*>(this + 1); }
};

/// A new block with one reference, data uninitialised. Throws a Failure ("needs 7.3 TiB") when the
/// memory does not exist.
ArrayHeader* allocate(Elem elem, std::span<const int64_t> dims);
/// Gives the block back; for `release`.
void deallocate(ArrayHeader* header);

inline void retain(ArrayHeader* header) {
  if (header != nullptr) ++header->refs;
}
inline void release(ArrayHeader* header) {
  if (header != nullptr && --header->refs == 0) deallocate(header);
}

class Array {
 public:
  Array() = default;
  Array(const Array& other) : header_(other.header_) { retain(header_); }
  Array(Array&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  Array& operator=(Array other) noexcept {
    std::swap(header_, other.header_);
    return *this;
  }
  ~Array() { release(header_); }

  static Array uninitialised(Elem elem, std::span<const int64_t> dims) {
    return adopt(allocate(elem, dims));
  }
  static Array zeros(Elem elem, std::span<const int64_t> dims);
  static Array of(bool value);
  static Array of(int64_t value);
  static Array of(double value);
  static Array of(float value);
  static Array reals(std::span<const int64_t> dims, std::span<const double> values);
  static Array ints(std::span<const int64_t> dims, std::span<const int64_t> values);

  /// Takes over one reference, or gives one away.
  static Array adopt(ArrayHeader* header) {
    Array array;
    array.header_ = header;
    return array;
  }
  ArrayHeader* disown() { return std::exchange(header_, nullptr); }
  ArrayHeader* header() const { return header_; }

  explicit operator bool() const { return header_ != nullptr; }
  Elem elem() const { return header_->elem; }
  int rank() const { return header_->rank; }
  int64_t size() const { return header_->size; }
  std::span<const int64_t> dims() const {
    return {header_->dims(), static_cast<size_t>(header_->rank)};
  }
  bool unique() const { return header_->refs == 1; }

  template <typename T>
  const T* data() const {
    return static_cast<const T*>(header_->data);
  }
  /// For writing: copies first when the block is shared.
  template <typename T>
  T* writable() {
    make_unique();
    return static_cast<T*>(header_->data);
  }
  void make_unique();

  /// The value of a rank-0 array.
  bool as_bool() const { return *data<uint8_t>() != 0; }
  int64_t as_int() const { return *data<int64_t>(); }
  double as_real() const { return *data<double>(); }
  float as_real32() const { return *data<float>(); }

  /// Same data under other sizes (same count); shares nothing when unique is not possible.
  Array reshaped(std::span<const int64_t> dims) const&;
  /// Keeps the block when it is unique.
  Array reshaped(std::span<const int64_t> dims) &&;
  /// Elementwise conversion (Bool 0/1; Real to Int truncates, and is a Failure for nan and what no
  /// Int can hold; to Bool is "not 0").
  Array converted(Elem elem) const;
  /// Bitwise equality of element type, sizes and data (nan equals nan of the same bits).
  bool identical(const Array& other) const;

 private:
  ArrayHeader* header_ = nullptr;
};

}  // namespace calc::rt
