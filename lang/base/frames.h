#pragma once
// The user's chain of calls in a diagnostic.
#include "lang/base/diagnostic.h"

namespace calc::base {

/// Appends the next caller. Calls nested deeply show their ends: the innermost and the outermost
/// few.
inline void add_frame(std::vector<Frame>& frames, Frame frame) {
  constexpr size_t kInner = 6;
  constexpr size_t kMost = 12;
  if (frames.size() == kMost) {
    frames.erase(frames.begin() + kInner);
    frames[kInner] = {"…", {}};
  }
  frames.push_back(std::move(frame));
}

}  // namespace calc::base
