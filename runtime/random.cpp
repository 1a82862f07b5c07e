#include "runtime/random.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "runtime/math.h"

namespace calc::rt {
namespace {

using Block = std::array<uint32_t, 4>;

std::pair<uint32_t, uint32_t> high_low(uint32_t a, uint32_t b) {
  const uint64_t product = static_cast<uint64_t>(a) * b;
  return {static_cast<uint32_t>(product >> 32), static_cast<uint32_t>(product)};
}

/// The stream as 64-bit words, two a block.
class Words {
 public:
  explicit Words(Random& random) : random_(random) {}

  uint64_t next() {
    if (have_second_) {
      have_second_ = false;
      return second_;
    }
    const Block bits = next_block();
    second_ = word(bits[2], bits[3]);
    have_second_ = true;
    return word(bits[0], bits[1]);
  }

 private:
  static uint64_t word(uint32_t low, uint32_t high) {
    return static_cast<uint64_t>(high) << 32 | low;
  }
  Block next_block() {
    const uint64_t counter = random_.counter++;
    return philox({static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), 0, 0},
                  {static_cast<uint32_t>(random_.seed), static_cast<uint32_t>(random_.seed >> 32)});
  }

  Random& random_;
  uint64_t second_ = 0;
  bool have_second_ = false;
};

double unit(uint64_t word) { return static_cast<double>(word >> 11) * 0x1p-53; }
/// In (0, 1], where the logarithm is finite.
double positive_unit(uint64_t word) { return static_cast<double>((word >> 11) + 1) * 0x1p-53; }

__extension__ using Wide = unsigned __int128;

/// Below `bound`, without bias: Lemire's multiplication, rejecting the few words that
/// overrepresent.
uint64_t below(Words& words, uint64_t bound) {
  for (;;) {
    const auto product = static_cast<Wide>(words.next()) * bound;
    const auto low = static_cast<uint64_t>(product);
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<uint64_t>(product >> 64);
  }
}

}  // namespace

Block philox(Block counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const auto [high0, low0] = high_low(0xD2511F53, counter[0]);
    const auto [high1, low1] = high_low(0xCD9E8D57, counter[2]);
    counter = {high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

Array random_uniform(Random& random, std::span<const int64_t> dims) {
  Array array = Array::uninitialised(Elem::F64, dims);
  Words words(random);
  double* out = array.writable<double>();
  for (int64_t i = 0; i < array.size(); ++i) out[i] = unit(words.next());
  return array;
}

/// Draws pairs by the block, so that the elementary functions run in vector registers.
Array random_normal(Random& random, std::span<const int64_t> dims) {
  static const ScalarFunction& log = *find_function("log");
  static const ScalarFunction& sin = *find_function("sin");
  static const ScalarFunction& cos = *find_function("cos");
  constexpr double turn = 6.283185307179586476925286766559;
  constexpr int64_t most = 256;
  std::array<double, most> radius, angle, cosine, sine;
  Array array = Array::uninitialised(Elem::F64, dims);
  Words words(random);
  double* out = array.writable<double>();
  for (int64_t start = 0; start < array.size(); start += 2 * most) {
    const int64_t left = array.size() - start;
    const int64_t pairs = std::min(most, (left + 1) / 2);
    for (size_t i = 0; i < static_cast<size_t>(pairs); ++i) {
      radius[i] = positive_unit(words.next());
      angle[i] = turn * unit(words.next());
    }
    map(log, radius.data(), radius.data(), pairs);
    map(cos, angle.data(), cosine.data(), pairs);
    map(sin, angle.data(), sine.data(), pairs);
    for (int64_t i = 0; i < std::min(left, 2 * pairs); ++i) {
      const auto pair = static_cast<size_t>(i / 2);
      const double length = std::sqrt(-2 * radius[pair]);
      out[start + i] = length * (i % 2 == 0 ? cosine[pair] : sine[pair]);
    }
  }
  return array;
}

Array random_int(Random& random, int64_t lo, int64_t hi, std::span<const int64_t> dims) {
  if (lo >= hi) {
    throw Failure{fmt::format("there is no `Int` from {} up to, but not including, {}", lo, hi),
                  ""};
  }
  Array array = Array::uninitialised(Elem::I64, dims);
  Words words(random);
  int64_t* out = array.writable<int64_t>();
  const uint64_t bound = static_cast<uint64_t>(hi) - static_cast<uint64_t>(lo);
  for (int64_t i = 0; i < array.size(); ++i) {
    out[i] = static_cast<int64_t>(static_cast<uint64_t>(lo) + below(words, bound));
  }
  return array;
}

Array random_permutation(Random& random, int64_t n) {
  const Dims dims = {n};
  Array array = Array::uninitialised(Elem::I64, dims);
  Words words(random);
  int64_t* out = array.writable<int64_t>();
  std::iota(out, out + n, int64_t{0});
  for (int64_t i = n - 1; i > 0; --i) {
    std::swap(out[i], out[below(words, static_cast<uint64_t>(i) + 1)]);
  }
  return array;
}

}  // namespace calc::rt
