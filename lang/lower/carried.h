#pragma once
// The carried values of a loop.
#include "lang/core/tools.h"
#include "lang/lower/lowering.h"

namespace calc::lower {

struct FunctionLowering::Carried {
  bool is_buffer = false;
  VarId var;
  BufId buf;
  /// The body may update it in place: its block is unshared whenever the body starts.
  bool written = false;
};

/// What is known on both of two ways.
inline void unite(std::vector<bool>& known, const std::vector<bool>& other) {
  if (known.size() > other.size()) known.resize(other.size());
  for (size_t k = 0; k < known.size(); ++k) known[k] = known[k] && other[k];
}

}  // namespace calc::lower
