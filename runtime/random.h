#pragma once
// Random numbers by Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
// 1, 2, 3; SC 2011). The stream is a function of seed and counter, so it is the same on every
// machine, at any speed and order of evaluation; each fill advances the counter of the context by
// the blocks it used.
#include <array>
#include <cstdint>
#include <span>

#include "runtime/array.h"
#include "runtime/context.h"

namespace calc::rt {

/// Ten rounds: 128 random bits for a counter and a key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// Multiples of 2^-53 in [0, 1).
Array random_uniform(Random& random, std::span<const int64_t> dims);
/// Mean 0, variance 1 (Box and Muller, on the deterministic mathematics of math.h).
Array random_normal(Random& random, std::span<const int64_t> dims);
/// Int, each of lo ≤ k < hi equally likely; a Failure when there is none.
Array random_int(Random& random, int64_t lo, int64_t hi, std::span<const int64_t> dims);
/// 0 … n-1 in a random order (Fisher and Yates).
Array random_permutation(Random& random, int64_t n);

}  // namespace calc::rt
