// The laws of derivatives on generated programs; the seeds are fixed.
#include <catch2/catch.hpp>

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
