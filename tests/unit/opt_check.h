#pragma once
// Runs a program as written and optimised, and hands back the optimised one for counting.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "lang/opt/opt.h"
#include "tests/unit/core_text.h"

namespace calc::test {

using Arguments = std::vector<std::vector<rt::Array>>;

/// Equal bits, but one nan is as good as another.
inline bool same(const rt::Array& a, const rt::Array& b) {
  if (a.elem() != rt::Elem::F64) return a.identical(b);
  if (!std::equal(a.dims().begin(), a.dims().end(), b.dims().begin(), b.dims().end())) return false;
  for (int64_t k = 0; k < a.size(); ++k) {
    const double x = a.data<double>()[k];
    const double y = b.data<double>()[k];
    if (std::isnan(x) && std::isnan(y)) continue;
    if (x != y || std::signbit(x) != std::signbit(y)) return false;
  }
  return true;
}

inline void expect_same(const CoreText& a, const CoreText& b, const Arguments& cases) {
  for (const auto& args : cases) {
    const auto expected = a.run(args);
    const auto found = b.run(args);
    REQUIRE(expected.size() == found.size());
    for (size_t k = 0; k < expected.size(); ++k) CHECK(same(expected[k], found[k]));
  }
}

/// The program optimised, checked to give the same bits on all the arguments.
inline CoreText optimised(std::string_view text, const Arguments& cases) {
  CoreText plain(text);
  CoreText better(text);
  REQUIRE(plain.verify() == "");
  opt::optimize(better.module, better.main, true);
  INFO(better.print());
  expect_same(plain, better, cases);
  return better;
}

/// One scalar function `f(x: f64)` whose body is given; tried on awkward numbers.
inline CoreText optimised_scalar(const std::string& body) {
  const double inf = std::numeric_limits<double>::infinity();
  Arguments cases;
  for (double x : {0.0, -0.0, 1.0, -1.0, 0.1, -7.25, 1e308, 5e-324, inf, -inf}) {
    cases.push_back({scalar(x)});
  }
  return optimised("fn f(%x: f64) -> (f64) {\n" + body + "\n}", cases);
}

}  // namespace calc::test
