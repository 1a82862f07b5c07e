// Derivatives of generated programs, compiled, against the reference evaluator.
#include <catch2/catch.hpp>
#include <cmath>

#include "lang/codegen/jit.h"
#include "lang/lower/lower.h"
#include "tests/unit/ad_generate.h"

namespace calc {
namespace {

using test::Arrays;
using test::Derivatives;

Arrays run_compiled(codegen::Jit& jit, const Derivatives& d, core::FunctionId id, Arrays args) {
  const core::Function& function = d.function(id);
  const std::vector<bool> donated(args.size(), false);
  const auto compiled = jit.compile(lower::lower(d.text.module, id, donated));
  rt::Context context;
  return codegen::run(*compiled, function.param_types(), function.result_types(), std::move(args),
                      donated, context);
}

/// Reductions and products may add in another order.
void check_near(const rt::Array& a, const rt::Array& b) {
  REQUIRE(std::ranges::equal(a.dims(), b.dims()));
  REQUIRE(a.elem() == b.elem());
  if (!test::is_real(a)) {
    CHECK(a.identical(b));
    return;
  }
  for (int64_t k = 0; k < a.size(); ++k) {
    const double x = a.data<double>()[k];
    const double y = b.data<double>()[k];
    if (std::isnan(x) && std::isnan(y)) continue;
    CHECK(std::abs(x - y) <= 1e-10 * std::max({1.0, std::abs(x), std::abs(y)}));
  }
}

void check_compiled(codegen::Jit& jit, Derivatives& d, core::FunctionId id, const Arrays& args,
                    int order) {
  INFO(core::print_all(d.text.module, id));
  const Arrays expected = d.run(id, args);
  const Arrays found = run_compiled(jit, d, id, args);
  REQUIRE(found.size() == expected.size());
  for (size_t k = 0; k < found.size(); ++k) check_near(found[k], expected[k]);
  if (order == 0) return;
  const ad::Active active = d.real_params(id);
  Arrays forward = args;
  for (size_t k = 0; k < args.size(); ++k) {
    if (active[k]) forward.push_back(test::arbitrary(args[k], static_cast<int>(k)));
  }
  check_compiled(jit, d, d.ad.jvp(id, active), forward, order - 1);
  Arrays reverse = args;
  for (const rt::Array& output : test::reals_of(expected))
    reverse.push_back(test::arbitrary(output, 7));
  check_compiled(jit, d, d.ad.vjp(id, active), reverse, order - 1);
}

void check_program(codegen::Jit& jit, uint32_t seed, int depth, int length, int order) {
  Derivatives d("fn f(%0: f64) -> (f64) {\n  return %0\n}\n");
  test::ProgramGenerator generator(d.text.module, seed);
  generator.function(1, 6);
  const core::FunctionId id = generator.function(depth, length);
  INFO("seed " << seed);
  check_compiled(jit, d, id, {test::scalar(0.7), test::vector({0.4, -0.9, 1.1}), test::whole(5)},
                 order);
}

TEST_CASE("compiled derivatives agree with the evaluator") {
  codegen::Jit jit;
  for (uint32_t seed = 5000; seed < 5020; ++seed) check_program(jit, seed, 2, 5, 1);
  for (uint32_t seed = 6000; seed < 6004; ++seed) check_program(jit, seed, 1, 4, 2);
}

}  // namespace
}  // namespace calc
