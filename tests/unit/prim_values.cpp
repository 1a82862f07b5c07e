// Values: the elementary functions against long double, and the semantics that tables cannot say.
#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "tests/unit/prim_support.h"

namespace calc::test {

namespace {

using Reference = std::function<long double(long double)>;

long double stable_sigmoid(long double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}
long double stable_softplus(long double x) {
  return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x)));
}

const std::map<std::string, Reference>& references() {
  using L = long double;
  static const std::map<std::string, Reference> table = {
      {"sqrt", [](L x) { return std::sqrt(x); }},
      {"cbrt", [](L x) { return std::cbrt(x); }},
      {"exp", [](L x) { return std::exp(x); }},
      {"expm1", [](L x) { return std::expm1(x); }},
      {"log", [](L x) { return std::log(x); }},
      {"log1p", [](L x) { return std::log1p(x); }},
      {"log2", [](L x) { return std::log2(x); }},
      {"log10", [](L x) { return std::log10(x); }},
      {"sin", [](L x) { return std::sin(x); }},
      {"cos", [](L x) { return std::cos(x); }},
      {"tan", [](L x) { return std::tan(x); }},
      {"asin", [](L x) { return std::asin(x); }},
      {"acos", [](L x) { return std::acos(x); }},
      {"atan", [](L x) { return std::atan(x); }},
      {"sinh", [](L x) { return std::sinh(x); }},
      {"cosh", [](L x) { return std::cosh(x); }},
      {"tanh", [](L x) { return std::tanh(x); }},
      {"asinh", [](L x) { return std::asinh(x); }},
      {"acosh", [](L x) { return std::acosh(x); }},
      {"atanh", [](L x) { return std::atanh(x); }},
      {"erf", [](L x) { return std::erf(x); }},
      {"erfc", [](L x) { return std::erfc(x); }},
      {"lgamma", [](L x) { return std::lgamma(x); }},
      {"gamma", [](L x) { return std::tgamma(x); }},
      {"sigmoid", stable_sigmoid},
      {"softplus", stable_softplus},
      {"floor", [](L x) { return std::floor(x); }},
      {"ceil", [](L x) { return std::ceil(x); }},
      {"round", [](L x) { return std::nearbyint(x); }},
      {"trunc", [](L x) { return std::trunc(x); }},
      {"abs", [](L x) { return std::abs(x); }},
      {"neg", [](L x) { return -x; }}};
  return table;
}

/// The distance in units of the last place of the reference.
double ulps(double value, long double reference) {
  if (std::isnan(reference)) return std::isnan(value) ? 0 : INFINITY;
  const double rounded = static_cast<double>(reference);
  if (std::isinf(rounded) || value == rounded) return value == rounded ? 0 : INFINITY;
  const double unit = std::nextafter(std::abs(rounded), INFINITY) - std::abs(rounded);
  return static_cast<double>(std::abs(static_cast<long double>(value) - reference)) / unit;
}

rt::Array vector(std::vector<double> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  return rt::Array::reals({&n, 1}, values);
}
rt::Array integers(std::vector<int64_t> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  return rt::Array::ints({&n, 1}, values);
}

Values apply(const char* name, Values args, core::Attrs attrs = {}, size_t results = 1) {
  prim::install();
  return evaluate(core::registry().get(name), std::move(args), attrs, results);
}

std::string failure(const char* name, Values args, core::Attrs attrs = {}) {
  try {
    apply(name, std::move(args), std::move(attrs));
  } catch (const rt::Failure& failed) {
    return failed.message + " | " + failed.hint;
  }
  return "fine";
}

}  // namespace

TEST_CASE("functions of one argument are within 2 ulps of long double", "[prim]") {
  prim::install();
  for (const auto& [name, reference] : references()) {
    const core::Primitive& primitive = core::registry().get(name);
    for (const core::Sample& sample : primitive.samples()) {
      if (sample.args[0].elem() != rt::Elem::F64) continue;
      const Values results = evaluate(primitive, sample.args, sample.attrs);
      for (int64_t k = 0; k < sample.args[0].size(); ++k) {
        const double x = sample.args[0].data<double>()[k];
        INFO(name << "(" << x << ")");
        CHECK(ulps(results[0].data<double>()[k], reference(x)) <= 2.0);
      }
    }
  }
}

TEST_CASE("a vector and its entries have the same bits", "[prim]") {
  prim::install();
  for (const auto& [name, reference] : references()) {
    std::vector<double> points;
    for (int k = 0; k < 19; ++k) points.push_back(0.05 * k - 0.45);
    const core::Primitive& primitive = core::registry().get(name);
    const Values whole = evaluate(primitive, {vector(points)}, {});
    for (size_t k = 0; k < points.size(); ++k) {
      INFO(name << "(" << points[k] << ")");
      const Values one = evaluate(primitive, {rt::Array::of(points[k])}, {});
      const double entry = whole[0].data<double>()[k];
      CHECK((std::isnan(entry) ? std::isnan(one[0].as_real())
                               : one[0].identical(rt::Array::of(entry))));
    }
  }
}

TEST_CASE("Ints never wrap", "[prim]") {
  const rt::Array most = rt::Array::of(INT64_MAX);
  const rt::Array one = rt::Array::of(int64_t{1});
  const rt::Array zero = rt::Array::of(int64_t{0});
  CHECK(failure("add", {most, one}) ==
        "integer overflow in 9223372036854775807 + 1 | use a Real: `1.0` for `1`, or `Real(x)`");
  CHECK(failure("mul", {most, rt::Array::of(int64_t{2})}) ==
        "integer overflow in 9223372036854775807 * 2 | use a Real: `2.0` for `2`, or `Real(x)`");
  CHECK(failure("floordiv", {one, zero}) == "integer division by zero in 1 // 0 | ");
  CHECK(failure("mod", {one, zero}) == "integer division by zero in 1 % 0 | ");
  CHECK(failure("powii", {rt::Array::of(int64_t{10}), rt::Array::of(int64_t{19})}) ==
        "integer overflow in 10 ^ 19 | use a Real: `10.0` for `10`, or `Real(x)`");
  CHECK(failure("powii", {rt::Array::of(int64_t{2}), rt::Array::of(int64_t{-1})}) ==
        "negative exponent in 2 ^ -1, which is no Int | use a Real: write 2.0 ^ -1");
  CHECK(failure("neg", {rt::Array::of(INT64_MIN)}).starts_with("integer overflow"));
  CHECK(failure("abs", {rt::Array::of(INT64_MIN)}).starts_with("integer overflow"));
  CHECK(failure("reduce_sum", {integers({INT64_MAX, 1})}, {{"axes", std::vector<int64_t>{0}}})
            .starts_with("integer overflow"));
  CHECK(failure("convert", {rt::Array::of(1e30)}, {{"elem", "i64"}}) ==
        "1e30 has no Int | Ints lie between -2^63 and 2^63");
}

TEST_CASE("floor division and remainder are Python's", "[prim]") {
  CHECK(apply("floordiv", {integers({7, -7, 7, -7}), integers({2, 2, -2, -2})})[0].identical(
      integers({3, -4, -4, 3})));
  CHECK(apply("mod", {integers({7, -7, 7, -7}), integers({2, 2, -2, -2})})[0].identical(
      integers({1, 1, -1, -1})));
  CHECK(apply("mod", {vector({5.5, -5.5}), vector({2.0, 2.0})})[0].identical(vector({1.5, 0.5})));
}

TEST_CASE("an index out of range names itself, the axis and the size", "[prim]") {
  const core::Attrs axis{{"axis", int64_t{0}}};
  const rt::Array three = rt::Array::of(int64_t{3});
  CHECK(failure("check_index", {rt::Array::of(int64_t{5}), three}, axis) ==
        "index 5 is out of range for axis 0 of size 3 | valid indices are 0 to 2, or -3 to -1");
  CHECK(failure("check_index", {integers({0, -4}), three}, axis) ==
        "index -4 is out of range for axis 0 of size 3 | valid indices are 0 to 2, or -3 to -1");
  CHECK(failure("check_index", {rt::Array::of(int64_t{0}), rt::Array::of(int64_t{0})}, axis) ==
        "index 0 is out of range for axis 0 of size 0 | there are no entries");
  CHECK(apply("check_index", {integers({0, -1}), three}, axis)[0].identical(integers({0, 2})));
}

TEST_CASE("a check fails with its holes filled", "[prim]") {
  const core::Attrs attrs{{"message", "{} is not below {}"}, {"hint", "try less"}};
  const Values values = {rt::Array::of(false), rt::Array::of(int64_t{3}), rt::Array::of(2.5)};
  CHECK(failure("check", values, attrs) == "3 is not below 2.5 | try less");
}

TEST_CASE("sizes known only at run time must agree", "[prim]") {
  CHECK(failure("add", {vector({1.0, 2.0}), vector({1.0})}) == "shapes do not fit: [2] and [1] | ");
  const core::Attrs dims{{"dims", std::vector<int64_t>{-1, 2}}};
  CHECK(failure("reshape", {vector({1.0, 2.0, 3.0}), rt::Array::of(int64_t{2})}, dims) ==
        "a tensor of shape [3] does not fit into the shape [2, 2] | ");
  CHECK(failure("reshape", {vector({}), rt::Array::of(int64_t{-2})}, dims) ==
        "a size cannot be negative: -2 | ");
}

TEST_CASE("of repeated indices the last is set and all are added", "[prim]") {
  const core::Attrs axis{{"axis", int64_t{0}}};
  const Values args = {vector({0.0, 0.0, 0.0}), vector({1.0, 2.0, 4.0}), integers({1, 1, 0})};
  CHECK(apply("take_set", args, axis)[0].identical(vector({4.0, 2.0, 0.0})));
  CHECK(apply("take_add", args, axis)[0].identical(vector({4.0, 3.0, 0.0})));
}

TEST_CASE("nan passes on through max and min, wins argmax, is last in a sort", "[prim]") {
  const core::Attrs axis{{"axis", int64_t{0}}};
  const rt::Array one = vector({1.0, NAN, 2.0, NAN, -3.0});
  CHECK(std::isnan(apply("max", {rt::Array::of(double{NAN}), rt::Array::of(1.0)})[0].as_real()));
  CHECK(std::isnan(apply("min", {rt::Array::of(1.0), rt::Array::of(double{NAN})})[0].as_real()));
  CHECK(apply("argmax", {one}, axis)[0].as_int() == 1);
  CHECK(apply("argmin", {one}, axis)[0].as_int() == 1);
  CHECK(apply("argsort", {one}, axis)[0].identical(integers({4, 0, 2, 1, 3})));
}

TEST_CASE("print writes its pieces and values", "[prim]") {
  prim::install();
  std::string text;
  rt::Context context;
  context.print = [&](std::string_view piece) { text += piece; };
  const core::Primitive& print = core::registry().get("print");
  Values none;
  for (const core::Sample& sample : print.samples()) {
    Values args = sample.args;
    print.evaluate(context, args, sample.attrs, none);
  }
  CHECK(text == "hello\nx = 1.50, k = [1, 2]\n");
}

TEST_CASE("a seed fixes the stream", "[prim]") {
  prim::install();
  rt::Context context;
  auto draw = [&](const char* name, Values args, const core::Attrs& attrs) {
    Values results(1);
    core::registry().get(name).evaluate(context, args, attrs, results);
    return results[0];
  };
  const core::Attrs three{{"dims", std::vector<int64_t>{3}}};
  draw("random_seed", {rt::Array::of(int64_t{7})}, {});
  const rt::Array first = draw("random_normal", {}, three);
  const rt::Array second = draw("random_normal", {}, three);
  CHECK(!first.identical(second));
  draw("random_seed", {rt::Array::of(int64_t{7})}, {});
  CHECK(first.identical(draw("random_normal", {}, three)));
}

}  // namespace calc::test
