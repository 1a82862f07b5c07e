#pragma once
// Runs a function on a thread with a large stack (reserved, not committed).
#include <functional>

namespace calc::repl {

inline constexpr size_t kStackBytes = size_t{512} << 20;

int on_big_stack(const std::function<int()>& body);

}  // namespace calc::repl
