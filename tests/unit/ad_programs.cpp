// The laws of derivatives on generated programs; the seeds are fixed.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/ad_generate.h"

namespace calc {
namespace {

using test::scalar;
using test::vector;

void check_program(uint32_t seed, int depth, int length, int order) {
  test::Derivatives d("fn f(%0: f64) -> (f64) {\n  return %0\n}\n");
  test::ProgramGenerator generator(d.text.module, seed);
  generator.function(1, 6);
  const core::FunctionId id = generator.function(depth, length);
  REQUIRE(core::verify(d.text.module, d.function(id)) == "");
  const std::string before = core::print_all(d.text.module, id);
  const test::Arrays args = {scalar(0.7), vector({0.4, -0.9, 1.1}), test::whole(5)};
  std::string wrong;
  try {
    wrong = test::check_laws(d, id, args, {true, true, false}, order, 1e-5);
  } catch (std::exception& error) {
    wrong = error.what();
  }
  INFO("seed " << seed << "\n" << before);
  CHECK(wrong == "");
}

/// The Jacobian times a tangent is the jvp.
void check_jacobian(test::Derivatives& d, core::FunctionId id, const test::Arrays& args) {
  const ad::Active active = d.real_params(id);
  test::Arrays in = args;
  test::Arrays tangents;
  for (size_t k = 0; k < args.size(); ++k) {
    if (active[k]) tangents.push_back(test::arbitrary(args[k], static_cast<int>(k)));
  }
  in.insert(in.end(), tangents.begin(), tangents.end());
  const test::Arrays pushed = d.run(d.ad.jvp(id, active), in);
  const core::FunctionId jacobian = d.ad.jacobian(id, active);
  REQUIRE(core::verify(d.text.module, d.function(jacobian)) == "");
  const test::Arrays blocks = d.run(jacobian, args);
  const size_t outputs = pushed.size() / 2;
  REQUIRE(blocks.size() == outputs * tangents.size());
  for (size_t o = 0; o < outputs; ++o) {
    const rt::Array& expected = pushed[outputs + o];
    for (int64_t r = 0; r < expected.size(); ++r) {
      double sum = 0;
      for (size_t k = 0; k < tangents.size(); ++k) {
        const double* row = blocks[o * tangents.size() + k].data<double>() + r * tangents[k].size();
        for (int64_t c = 0; c < tangents[k].size(); ++c)
          sum += row[c] * tangents[k].data<double>()[c];
      }
      const double value = expected.data<double>()[r];
      CHECK(std::abs(sum - value) <= 1e-9 * std::max(1.0, std::abs(value)));
    }
  }
}

TEST_CASE("Jacobians of generated programs and of their pullbacks") {
  for (uint32_t seed = 3000; seed < 3060; ++seed) {
    INFO("seed " << seed);
    test::Derivatives d("fn f(%0: f64) -> (f64) {\n  return %0\n}\n");
    test::ProgramGenerator generator(d.text.module, seed);
    generator.function(1, 6);
    const core::FunctionId id = generator.function(2, 6);
    test::Arrays args = {scalar(0.7), vector({0.4, -0.9, 1.1}), test::whole(5)};
    check_jacobian(d, id, args);
    for (const rt::Array& output : d.run(id, args)) args.push_back(test::arbitrary(output, 3));
    check_jacobian(d, d.ad.vjp(id, {true, true, false}), args);
  }
}

TEST_CASE("generated programs of first order") {
  for (uint32_t seed = 0; seed < 150; ++seed) check_program(seed, 2, 7, 1);
}

TEST_CASE("generated programs of second order") {
  for (uint32_t seed = 1000; seed < 1040; ++seed) check_program(seed, 2, 5, 2);
}

TEST_CASE("generated programs of third order") {
  for (uint32_t seed = 2000; seed < 2010; ++seed) check_program(seed, 1, 4, 3);
}

}  // namespace
}  // namespace calc
