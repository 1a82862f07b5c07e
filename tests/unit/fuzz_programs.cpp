// Random programs (tests/fuzz): evaluated and compiled code, forward and reverse mode, first and
// second order and differences agree. CALC_FUZZ=N runs N others instead.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/fuzz/check.h"
#include "tests/fuzz/generate.h"

namespace calc {
namespace {

TEST_CASE("random programs have the derivatives that differences show") {
  const char* wanted = std::getenv("CALC_FUZZ");
  const int count = wanted ? std::atoi(wanted) : 2000;
  const fuzz::Tally tally = fuzz::run(wanted ? 1'000'000 : 0, count, 50, false);
  for (const fuzz::Failure& failure : tally.failures) FAIL_CHECK(failure.report);
  CHECK(tally.programs == count);
  CHECK(tally.silent_zeros == 0);
  CHECK(tally.skipped * 20 < count);
}

TEST_CASE("a random program is the same for the same seed, and others for others") {
  const std::set<std::string> available;
  const std::string once = fuzz::generate(7, available).definitions();
  CHECK(fuzz::generate(7, available).definitions() == once);
  CHECK(fuzz::generate(8, available).definitions() != once);
}

TEST_CASE("a failing program shrinks to what makes it fail") {
  const fuzz::Program program = fuzz::generate(11, {});
  auto loops = [](const fuzz::Program& candidate) {
    return candidate.definitions().find("sum(") != std::string::npos;
  };
  REQUIRE(loops(program));
  const fuzz::Program small = fuzz::shrunk(program, loops, 400);
  CHECK(loops(small));
  CHECK(small.definitions().size() < 200);
}

}  // namespace
}  // namespace calc
