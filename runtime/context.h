#pragma once
// What a running program may touch besides its values: where `print` goes, the random stream, the
// interrupt flag. One Context a session; nothing here is global.
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace calc::rt {

/// A run-time failure of a user's program: a sentence and, where there is one, a hint. Thrown by
/// kernels and the evaluator; compiled code gets it as a status (never an exception across frames).
struct Failure {
  std::string message;
  std::string hint;
};

/// Thrown when the user pressed Ctrl-C.
struct Interrupted {};

/// Philox 4x32-10 (Salmon et al., SC 2011), counter based: a seed fixes the whole stream.
struct Random {
  uint64_t seed = 0;
  uint64_t counter = 0;
};

struct Context {
  std::function<void(std::string_view)> print;
  Random random;
  /// Set by the signal handler, polled at loop back edges and calls.
  std::atomic<int> interrupt{0};
  /// Filled by compiled code's failing path; read when the entry returns non-zero.
  Failure failure;
  /// Innermost first: the locations (core::LocId indices) the failure passed through.
  std::vector<uint32_t> failure_trace;
  void poll() {
    if (interrupt.load(std::memory_order_relaxed) != 0) throw Interrupted{};
  }
};

}  // namespace calc::rt
