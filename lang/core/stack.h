#pragma once
// How much of the machine's stack is left, so that recursion in a user's program ends in a message
// and not in a crash, on whatever thread it runs.
#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <string_view>

#include "runtime/context.h"

namespace calc::core {

class StackGuard {
 public:
  static StackGuard of_this_thread() {
    // Asking costs some microseconds on the main thread.
    thread_local const uintptr_t lowest = find_lowest();
    return StackGuard(lowest);
  }
  /// Less than `kReserve` is left below the caller's frame.
  bool nearly_full() const {
    return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < limit();
  }
  /// Frames below this address are too many.
  uintptr_t limit() const { return lowest_ + kReserve; }

 private:
  static constexpr uintptr_t kReserve = uintptr_t{512} * 1024;
  explicit StackGuard(uintptr_t lowest) : lowest_(lowest) {}
  static uintptr_t find_lowest() {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    void* address = nullptr;
    size_t size = 0;
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
    return reinterpret_cast<uintptr_t>(address);
  }
  uintptr_t lowest_;
};

/// What a call says for which there is no room: of the function named, or "" of any.
inline rt::Failure too_deep(std::string_view function) {
  const std::string of = function.empty() ? "" : " of `" + std::string(function) + "`";
  return {"the recursion" + of + " is too deep", "does it reach a case that ends it?"};
}

}  // namespace calc::core
