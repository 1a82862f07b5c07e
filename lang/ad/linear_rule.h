#pragma once
// Is a derivative rule linear in its tangents? A walk over Core that gives every value a degree:
// zero, independent of the tangents, linear in them. Whatever would be anything else (a square, a
// comparison, a sum with what is independent) is told with its place.
#include <optional>

#include "lang/ad/engine.h"

namespace calc::ad {

enum class Degree : uint8_t { Zero, Independent, Linear };

struct Nonlinearity {
  /// The offending operation, through the calls that lead to it.
  core::LocId place;
  /// "it multiplies two factors that depend on it"
  std::string reason;
};

/// `tangents`: the parameters in which the function must be linear, together.
std::optional<Nonlinearity> find_nonlinearity(const Module& module, FunctionId function,
                                              const Mask& tangents);

}  // namespace calc::ad
