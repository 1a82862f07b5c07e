#pragma once
// Recursive programs need more stack than the thread they are started on may have: they run on one
// of their own, whose stack is reserved, not committed.
#include <functional>

namespace calc::core {

inline constexpr size_t kStackBytes = size_t{512} << 20;

/// Runs `body` on a thread with such a stack and waits for it; exceptions come through. Here when
/// this thread has one already, or no other can be had.
void on_big_stack(const std::function<void()>& body);

}  // namespace calc::core
