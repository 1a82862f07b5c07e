#include "runtime/memory.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <optional>
#include <unistd.h>

namespace calc::rt {
namespace {

std::optional<uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

uint64_t free_by_system() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  uint64_t kib = 0, sum = 0;
  bool found = false;
  while (file >> key >> kib) {
    std::getline(file, unit);
    if (key == "MemAvailable:" || key == "SwapFree:") sum += kib * 1024;
    if (key == "MemAvailable:") found = true;
  }
  if (found) return sum;
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

/// No limit when the file says "max" or is not there.
uint64_t free_by_control_group() {
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (!limit || !used) return std::numeric_limits<uint64_t>::max();
  return *limit > *used ? *limit - *used : 0;
}

}  // namespace

uint64_t available_memory() { return std::min(free_by_system(), free_by_control_group()); }

std::string bytes_text(double bytes) {
  static constexpr std::array<const char*, 7> units = {"bytes", "KiB", "MiB", "GiB",
                                                       "TiB",   "PiB", "EiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  if (unit == 0) return fmt::format("{:.0f} bytes", bytes);
  return fmt::format("{:.1f} {}", bytes, units[unit]);
}

}  // namespace calc::rt
