#pragma once
// How much memory there is, so that a size nobody can have is refused with a sentence before it is
// asked for: the system itself would grant it and kill the process at the first touch.
#include <cstdint>
#include <string>

namespace calc::rt {

/// Bytes that may still be used: free memory and swap, or what the control group leaves.
uint64_t available_memory();

/// "512 bytes", "7.3 TiB".
std::string bytes_text(double bytes);

}  // namespace calc::rt
