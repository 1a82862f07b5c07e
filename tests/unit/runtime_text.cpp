#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "runtime/context.h"
#include "runtime/text.h"

namespace rt = calc::rt;
using rt::display;
using rt::format_value;
using rt::real_text;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

rt::Array reals(const rt::Dims& dims, const std::vector<double>& values) {
  return rt::Array::reals(dims, values);
}
rt::Array ints(const rt::Dims& dims, const std::vector<int64_t>& values) {
  return rt::Array::ints(dims, values);
}
rt::Array linspace(int64_t n, double step) {
  std::vector<double> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<double>(i) * step);
  return reals({n}, values);
}
template <typename T>
std::string failure_of(T value, std::string_view spec) {
  try {
    return "formatted: " + format_value(value, spec);
  } catch (const rt::Failure& failure) {
    return failure.message;
  }
}

}  // namespace

TEST_CASE("a real prints the shortest text that reads back") {
  CHECK(real_text(1.0) == "1.0");
  CHECK(real_text(0.1 + 0.2) == "0.30000000000000004");
  CHECK(real_text(1e-10) == "1e-10");
  CHECK(real_text(1.5e-7) == "1.5e-7");
  CHECK(real_text(0.0001) == "0.0001");
  CHECK(real_text(0.00001) == "1e-5");
  CHECK(real_text(-0.0) == "-0.0");
  CHECK(real_text(0.0) == "0.0");
  CHECK(real_text(inf) == "inf");
  CHECK(real_text(-inf) == "-inf");
  CHECK(real_text(quiet_nan) == "nan");
  CHECK(real_text(-quiet_nan) == "nan");
  CHECK(real_text(123456789.0) == "123456789.0");
  CHECK(real_text(9007199254740993.0) == "9007199254740992.0");
  CHECK(real_text(1e15) == "1000000000000000.0");
  CHECK(real_text(1e16) == "1e16");
  CHECK(real_text(1e22) == "1e22");
  CHECK(real_text(1.7976931348623157e308) == "1.7976931348623157e308");
  CHECK(real_text(5e-324) == "5e-324");
  CHECK(real_text(0.1f) == "0.1");
  CHECK(real_text(1.9726023611141572) == "1.9726023611141572");
}

TEST_CASE("every real reads back to the same bits") {
  uint64_t state = 12345;
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    double x;
    static_assert(sizeof x == sizeof state);
    memcpy(&x, &state, sizeof x);
    if (!std::isfinite(x)) continue;
    const std::string text = real_text(x);
    double back = 0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    REQUIRE(back == x);
    REQUIRE(text.find_first_of(".e") != std::string::npos);
  }
}

TEST_CASE("significant digits round without inventing zeros") {
  CHECK(real_text(1.0 / 3, 6) == "0.333333");
  CHECK(real_text(2.0 / 3, 3) == "0.667");
  CHECK(real_text(0.5, 6) == "0.5");
  CHECK(real_text(123456.789, 6) == "123457.0");
  CHECK(real_text(1234567.0, 6) == "1.23457e6");
  CHECK(real_text(100000000.0, 6) == "100000000.0");
  CHECK(real_text(0.00012345678, 6) == "0.000123457");
  CHECK(real_text(9.9999999, 6) == "10.0");
  CHECK(real_text(1.0 / 3, 17) == "0.3333333333333333");
  CHECK(real_text(quiet_nan, 3) == "nan");
}

TEST_CASE("types print as they are written") {
  CHECK(rt::type_text(rt::Elem::F64, {}) == "Real");
  CHECK(rt::type_text(rt::Elem::F64, rt::Dims{2, 2}) == "Real[2, 2]");
  CHECK(rt::type_text(rt::Elem::I64, rt::Dims{3}) == "Int[3]");
  CHECK(rt::type_text(rt::Elem::Bool, {}) == "Bool");
  CHECK(rt::type_text(rt::Elem::F32, rt::Dims{0, 1, 2}) == "Real32[0, 1, 2]");
}

TEST_CASE("formats of reals") {
  CHECK(format_value(3.14159, ".2f") == "3.14");
  CHECK(format_value(3.14159, "8.2f") == "    3.14");
  CHECK(format_value(3.14159, "<8.2f") == "3.14    ");
  CHECK(format_value(3.14159, "*^9.2f") == "**3.14***");
  CHECK(format_value(-3.14159, "08.2f") == "-0003.14");
  CHECK(format_value(3.14159, "+.1f") == "+3.1");
  CHECK(format_value(3.14159, " .1f") == " 3.1");
  CHECK(format_value(0.25, ".1%") == "25.0%");
  CHECK(format_value(12345.678, ".3e") == "1.235e+04");
  CHECK(format_value(12345.678, ".3g") == "1.23e+04");
  CHECK(format_value(0.5, "g") == "0.5");
  CHECK(format_value(1.0, "#.3g") == "1.00");
  CHECK(format_value(2.0, ".0f") == "2");
  CHECK(format_value(2.0, "") == "2.0");
  CHECK(format_value(2.0, "6") == "   2.0");
  CHECK(format_value(2.0 / 3, ".3") == "0.667");
  CHECK(format_value(inf, "06.1f") == "   inf");
  CHECK(format_value(-inf, ".1f") == "-inf");
  CHECK(format_value(quiet_nan, ".1f") == "nan");
  CHECK(format_value(-0.0, ".1f") == "-0.0");
  CHECK(format_value(0.5f, ".2f") == "0.50");
  CHECK(format_value(1.5, "·>6.1f") == "···1.5");
}

TEST_CASE("formats of whole numbers, text and truth values") {
  CHECK(format_value(int64_t{42}, "") == "42");
  CHECK(format_value(int64_t{42}, "5d") == "   42");
  CHECK(format_value(int64_t{-42}, "05") == "-0042");
  CHECK(format_value(int64_t{255}, "x") == "ff");
  CHECK(format_value(int64_t{255}, "#x") == "0xff");
  CHECK(format_value(int64_t{5}, "#06b") == "0b0101");
  CHECK(format_value(int64_t{8}, "o") == "10");
  CHECK(format_value(int64_t{2}, ".1f") == "2.0");
  CHECK(format_value(std::numeric_limits<int64_t>::min(), "d") == "-9223372036854775808");
  CHECK(format_value(std::string_view("naïve"), ">7") == "  naïve");
  CHECK(format_value(std::string_view("naïve"), ".3") == "naï");
  CHECK(format_value(std::string_view("ab"), "5s") == "ab   ");
  CHECK(format_value(true, "") == "true");
  CHECK(format_value(false, "d") == "0");
  CHECK(format_value(true, ">6") == "  true");
}

TEST_CASE("a bad format is a failure that names it") {
  CHECK(failure_of(1.0, "q") == "`q` is no format for a `Real`");
  CHECK(failure_of(1.0, ".f") == "`.f` is no format for a `Real`");
  CHECK(failure_of(1.0, "d") == "`d` is a format for whole numbers, not for a `Real`");
  CHECK(failure_of(int64_t{1}, ".2d") == "`.2d` is no format for an `Int`");
  CHECK(failure_of(int64_t{1}, "s") == "`s` is no format for an `Int`");
  CHECK(failure_of(std::string_view("a"), ".2f") == "`.2f` is no format for a `String`");
  CHECK(failure_of(true, "e") == "`e` is no format for a `Bool`");
  CHECK(failure_of(1.0, "99999999999999f") ==
        "the format `99999999999999f` asks for more than 10000 characters");
  CHECK(failure_of(1.0, "5.2f ") == "`5.2f ` is no format for a `Real`");
}

TEST_CASE("scalars print in full") {
  CHECK(display(rt::Array::of(1.0 / 3)) == "0.3333333333333333");
  CHECK(display(rt::Array::of(int64_t{7})) == "7");
  CHECK(display(rt::Array::of(true)) == "true");
  CHECK(display(rt::Array::of(0.1f)) == "0.1");
  CHECK(display(rt::Array::of(1.0 / 3), {.digits = 3}) == "0.333");
}

TEST_CASE("vectors print on one line") {
  CHECK(display(reals({3}, {1, 2.5, 3})) == "[1.0, 2.5, 3.0]");
  CHECK(display(reals({2}, {1.0 / 3, 1})) == "[0.333333, 1.0]");
  CHECK(display(reals({1}, {1.0 / 3}), {.digits = 17}) == "[0.3333333333333333]");
  CHECK(display(ints({3}, {1, -2, 3})) == "[1, -2, 3]");
  CHECK(display(linspace(101, 0.01)) == "[0.0, 0.01, …, 0.99, 1.0]  Real[101]");
  CHECK(display(reals({2}, {0.125, 2}), {.spec = ".2f"}) == "[0.12, 2.00]");
  CHECK(display(linspace(21, 1), {.all = true}).size() == 2 + 10 * 3 + 11 * 4 + 20 * 2);
}

TEST_CASE("matrices align their decimal points") {
  CHECK(display(reals({2, 2}, {1, 2, 3, 4})) == "[[1.0, 2.0],\n [3.0, 4.0]]");
  CHECK(display(reals({2, 2}, {1, 2.25, 10.25, -3})) == "[[ 1.0,   2.25],\n [10.25, -3.0]]");
  CHECK(display(reals({2, 2}, {1e-10, 2, quiet_nan, inf})) ==
        "[[  1e-10,   2.0],\n [nan,     inf]]");
  CHECK(display(ints({2, 2}, {1, 20, 300, 4})) == "[[  1, 20],\n [300,  4]]");
  CHECK(display(rt::Array::reals(rt::Dims{0, 3}, {})) == "[]  Real[0, 3]");
  CHECK(display(rt::Array::ints(rt::Dims{0}, {})) == "[]  Int[0]");
  rt::Array bools = ints({2, 2}, {1, 0, 0, 1}).converted(rt::Elem::Bool);
  CHECK(display(bools) == "[[ true, false],\n [false,  true]]");
}

TEST_CASE("long matrices are elided") {
  const std::string text = display(linspace(100, 1).reshaped(rt::Dims{50, 2}));
  CHECK(text.starts_with("[[ 0.0,  1.0],\n [ 2.0,  3.0],\n [ 4.0,  5.0],\n …,\n [94.0, 95.0],"));
  CHECK(text.ends_with("[98.0, 99.0]]  Real[50, 2]"));
  CHECK(display(linspace(50, 1).reshaped(rt::Dims{2, 25})) ==
        "[[ 0.0,  1.0,  2.0, …, 22.0, 23.0, 24.0],\n"
        " [25.0, 26.0, 27.0, …, 47.0, 48.0, 49.0]]  Real[2, 25]");
}

TEST_CASE("rank 3 and large tensors begin with a summary") {
  CHECK(display(linspace(8, 1).reshaped(rt::Dims{2, 2, 2})) ==
        "Real[2, 2, 2]  min 0.0, mean 3.5, max 7.0\n"
        "[[[0.0, 1.0],\n  [2.0, 3.0]],\n\n [[4.0, 5.0],\n  [6.0, 7.0]]]");
  CHECK(display(linspace(2001, 1)) ==
        "Real[2001]  min 0.0, mean 1000.0, max 2000.0\n[0.0, 1.0, …, 1999.0, 2000.0]");
  std::vector<double> values(1002, 1.0);
  values[3] = values[4] = quiet_nan;
  CHECK(display(reals({1002}, values))
            .starts_with("Real[1002]  min 1.0, mean 1.0, max 1.0, 2 nan\n"));
  CHECK(display(reals({1001}, std::vector<double>(1001, quiet_nan))) ==
        "Real[1001]  1001 nan\n[nan, nan, …, nan, nan]");
  std::vector<int64_t> ones(1200, 1);
  CHECK(display(ints({1200}, ones).converted(rt::Elem::Bool)) ==
        "Bool[1200]  1200 true\n[true, true, …, true, true]");
  CHECK(display(ints({1200}, ones)).starts_with("Int[1200]  min 1, mean 1.0, max 1\n"));
  const std::string shown = display(linspace(2001, 1), {.all = true});
  CHECK(std::count(shown.begin(), shown.end(), ',') == 2000);
}

TEST_CASE("a tensor of high rank stays short") {
  const rt::Dims dims(14, 2);
  const rt::Array array = rt::Array::zeros(rt::Elem::F64, dims);
  CHECK(display(array) == rt::type_text(rt::Elem::F64, dims) + "  min 0.0, mean 0.0, max 0.0");
}
