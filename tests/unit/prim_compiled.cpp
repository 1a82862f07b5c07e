// The law that ties compiled code to the reference: every primitive, lowered and compiled, gives
// the bits that its `evaluate` gives; only sums and products over many elements may differ in
// order.
#include <catch2/catch.hpp>
#include <cstring>

#include "lang/codegen/jit.h"
#include "lang/lower/lower.h"
#include "tests/unit/prim_support.h"

namespace calc::test {

namespace {

/// Does the primitive combine many elements into one, in an order of its own?
bool reassociates(const core::Primitive& primitive) {
  return std::holds_alternative<core::ReductionLowering>(primitive.lowering) ||
         std::holds_alternative<core::DotLowering>(primitive.lowering);
}

bool equal_bits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

bool agree(double a, double b, bool exactly) {
  if (exactly || std::isnan(a) || std::isinf(a) || a == b) return equal_bits(a, b) || a == b;
  return std::abs(a - b) <= 1e-14 * (1 + std::abs(a));
}

bool agree(const rt::Array& a, const rt::Array& b, bool exactly) {
  if (core::type_of(a) != core::type_of(b)) return false;
  if (a.elem() != rt::Elem::F64 && a.elem() != rt::Elem::F32) return a.identical(b);
  const rt::Array x = a.converted(rt::Elem::F64);
  const rt::Array y = b.converted(rt::Elem::F64);
  const bool single = a.elem() == rt::Elem::F32;
  for (int64_t k = 0; k < x.size(); ++k) {
    const double p = x.data<double>()[k];
    const double q = y.data<double>()[k];
    const bool close = single && !exactly && std::abs(p - q) <= 1e-6 * (1 + std::abs(p));
    if (!close && !agree(p, q, exactly)) return false;
  }
  return true;
}

Values run_compiled(codegen::Jit& jit, const core::Module& module, core::FunctionId function,
                    const Values& args, rt::Context& context) {
  const core::Function& f = module.get(function);
  const std::vector<bool> donated(args.size(), false);
  auto compiled = jit.compile(lower::lower(module, function, donated));
  return codegen::run(*compiled, f.param_types(), f.result_types(), args, donated, context);
}

void compare(codegen::Jit& jit, const core::Primitive& primitive, bool dynamic) {
  for (const core::Sample& sample : primitive.samples()) {
    INFO(describe(primitive, sample));
    core::Module module;
    core::FunctionId function = as_function(module, primitive, sample, dynamic);
    rt::Context compiled_context;
    rt::Context context;
    std::string compiled_text;
    std::string text;
    compiled_context.print = [&](std::string_view piece) { compiled_text += piece; };
    context.print = [&](std::string_view piece) { text += piece; };
    const Values got = run_compiled(jit, module, function, sample.args, compiled_context);
    const Values expected = core::evaluate(module, function, sample.args, context);
    REQUIRE(got.size() == expected.size());
    CHECK(compiled_text == text);
    for (size_t k = 0; k < got.size(); ++k) {
      CHECK(agree(got[k], expected[k], !reassociates(primitive)));
    }
  }
}

/// The failure's message, or "fine".
template <typename F>
std::string failure_of(F run) {
  try {
    run();
  } catch (const core::EvaluationError& error) {
    return error.failure.message + " | " + error.failure.hint;
  }
  return "fine";
}

}  // namespace

TEST_CASE("compiled primitives give the bits of the reference", "[prim][jit]") {
  prim::install();
  codegen::Jit jit;
  for (const core::Primitive* primitive : core::registry().all()) {
    DYNAMIC_SECTION(primitive->name) { compare(jit, *primitive, false); }
  }
}

TEST_CASE("compiled primitives give them where sizes are known only at run time", "[prim][jit]") {
  prim::install();
  codegen::Jit jit;
  for (const core::Primitive* primitive : core::registry().all()) {
    DYNAMIC_SECTION(primitive->name) { compare(jit, *primitive, true); }
  }
}

TEST_CASE("compiled code fails with the words of the reference", "[prim][jit]") {
  prim::install();
  codegen::Jit jit;
  const rt::Array most = rt::Array::of(INT64_MAX);
  const rt::Array least = rt::Array::of(INT64_MIN);
  auto whole = [](int64_t value) { return rt::Array::of(value); };
  const core::Attrs axis{{"axis", int64_t{0}}};
  struct Case {
    const char* name;
    Values args;
    core::Attrs attrs;
  };
  const std::vector<Case> cases = {
      {"add", {most, whole(1)}, {}},
      {"sub", {least, whole(1)}, {}},
      {"mul", {most, whole(2)}, {}},
      {"neg", {least}, {}},
      {"abs", {least}, {}},
      {"floordiv", {whole(1), whole(0)}, {}},
      {"floordiv", {least, whole(-1)}, {}},
      {"mod", {whole(1), whole(0)}, {}},
      {"powii", {whole(10), whole(19)}, {}},
      {"powii", {whole(2), whole(-1)}, {}},
      {"convert", {rt::Array::of(1e30)}, {{"elem", "i64"}}},
      {"check_index", {whole(5), whole(3)}, axis},
      {"check_index", {whole(-4), whole(3)}, axis},
      {"check_index", {whole(0), whole(0)}, axis},
      {"check", {rt::Array::of(false), whole(3)}, {{"message", "no {}"}, {"hint", "yes"}}}};
  for (const Case& one : cases) {
    INFO(one.name);
    core::Module module;
    core::FunctionId function =
        as_function(module, core::registry().get(one.name), {one.args, one.attrs});
    rt::Context context;
    const std::string expected =
        failure_of([&] { core::evaluate(module, function, one.args, context); });
    const std::string got =
        failure_of([&] { run_compiled(jit, module, function, one.args, context); });
    CHECK(expected != "fine");
    CHECK(got == expected);
  }
}

}  // namespace calc::test
