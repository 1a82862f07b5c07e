#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "runtime/random.h"

namespace rt = calc::rt;
using Block = std::array<uint32_t, 4>;

TEST_CASE("Philox gives the published known answers") {
  CHECK(rt::philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(rt::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(rt::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a seed fixes the stream, and draws advance it") {
  rt::Random first{42, 0}, second{42, 0}, other{43, 0};
  const rt::Array a = rt::random_uniform(first, rt::Dims{5});
  CHECK(a.identical(rt::random_uniform(second, rt::Dims{5})));
  CHECK_FALSE(a.identical(rt::random_uniform(other, rt::Dims{5})));
  CHECK(first.counter == 3);
  CHECK_FALSE(a.identical(rt::random_uniform(first, rt::Dims{5})));
}

TEST_CASE("the first numbers of seed 0 are these on every machine") {
  rt::Random random;
  // From the first known answer above: words 0xe169c58d6627e8d5 and 0x9b00dbd8bc57ac4c.
  const rt::Array uniform = rt::random_uniform(random, rt::Dims{2});
  CHECK(uniform.data<double>()[0] ==
        std::ldexp(static_cast<double>(0xe169c58d6627e8d5u >> 11), -53));
  CHECK(uniform.data<double>()[1] ==
        std::ldexp(static_cast<double>(0x9b00dbd8bc57ac4cu >> 11), -53));
}

TEST_CASE("uniform numbers fill [0, 1) evenly") {
  rt::Random random{7, 0};
  const int64_t n = 200000;
  const rt::Array x = rt::random_uniform(random, rt::Dims{n});
  const double* data = x.data<double>();
  std::vector<int> bins(10);
  for (int64_t i = 0; i < n; ++i) {
    REQUIRE(data[i] >= 0);
    REQUIRE(data[i] < 1);
    ++bins[static_cast<size_t>(data[i] * 10)];
  }
  for (const int count : bins) CHECK(std::abs(count - n / 10) < 700);
}

TEST_CASE("normal numbers have the moments of the normal distribution") {
  rt::Random random{7, 0};
  const int64_t n = 200001;
  const rt::Array x = rt::random_normal(random, rt::Dims{n});
  double sum = 0, squares = 0, fourth = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double v = x.data<double>()[i];
    sum += v;
    squares += v * v;
    fourth += v * v * v * v;
  }
  const auto count = static_cast<double>(n);
  CHECK(std::abs(sum / count) < 0.01);
  CHECK(std::abs(squares / count - 1) < 0.02);
  CHECK(std::abs(fourth / count - 3) < 0.1);
}

TEST_CASE("random whole numbers stay in their range") {
  rt::Random random{1, 0};
  const rt::Array dice = rt::random_int(random, 1, 7, rt::Dims{60000});
  std::vector<int> counts(7);
  for (int64_t i = 0; i < dice.size(); ++i)
    ++counts.at(static_cast<size_t>(dice.data<int64_t>()[i]));
  CHECK(counts[0] == 0);
  for (size_t face = 1; face <= 6; ++face) CHECK(std::abs(counts[face] - 10000) < 500);
  const rt::Array wide = rt::random_int(random, INT64_MIN, INT64_MAX, rt::Dims{100});
  CHECK(std::any_of(wide.data<int64_t>(), wide.data<int64_t>() + 100,
                    [](int64_t x) { return x < 0; }));
  CHECK_THROWS_AS(rt::random_int(random, 3, 3, rt::Dims{}), rt::Failure);
}

TEST_CASE("a permutation holds every index once") {
  rt::Random random{5, 0};
  const rt::Array p = rt::random_permutation(random, 1000);
  std::vector<int64_t> sorted(p.data<int64_t>(), p.data<int64_t>() + 1000);
  CHECK_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 1000; ++i) REQUIRE(sorted[static_cast<size_t>(i)] == i);
  CHECK(rt::random_permutation(random, 0).size() == 0);
}
