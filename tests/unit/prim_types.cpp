// Laws of every primitive: its type rule tells the truth about its evaluation, and says no clearly.
#include <catch2/catch.hpp>

#include "tests/unit/prim_support.h"

namespace calc::test {

namespace {

const std::vector<const core::Primitive*>& all() {
  prim::install();
  return core::registry().all();
}

std::vector<core::Type> types_of(const Values& values) {
  std::vector<core::Type> types;
  for (const rt::Array& value : values) types.push_back(core::type_of(value));
  return types;
}

}  // namespace

TEST_CASE("the table of primitives is complete", "[prim]") {
  all();
  for (const char* name : {"add",
                           "sub",
                           "mul",
                           "div",
                           "floordiv",
                           "mod",
                           "neg",
                           "abs",
                           "sign",
                           "min",
                           "max",
                           "powi",
                           "powii",
                           "pow",
                           "eq",
                           "ne",
                           "lt",
                           "le",
                           "gt",
                           "ge",
                           "and",
                           "or",
                           "not",
                           "select",
                           "convert",
                           "sqrt",
                           "cbrt",
                           "exp",
                           "expm1",
                           "log",
                           "log1p",
                           "log2",
                           "log10",
                           "sin",
                           "cos",
                           "tan",
                           "asin",
                           "acos",
                           "atan",
                           "sinh",
                           "cosh",
                           "tanh",
                           "asinh",
                           "acosh",
                           "atanh",
                           "erf",
                           "erfc",
                           "lgamma",
                           "gamma",
                           "digamma",
                           "trigamma",
                           "sigmoid",
                           "softplus",
                           "floor",
                           "ceil",
                           "round",
                           "trunc",
                           "atan2",
                           "hypot",
                           "is_nan",
                           "is_inf",
                           "stop_gradient",
                           "copy",
                           "broadcast",
                           "reshape",
                           "transpose",
                           "reverse",
                           "slice",
                           "concat",
                           "stack",
                           "iota",
                           "index",
                           "take",
                           "index_set",
                           "index_add",
                           "slice_set",
                           "slice_add",
                           "take_set",
                           "take_add",
                           "dim",
                           "check_index",
                           "check",
                           "reduce_sum",
                           "reduce_prod",
                           "reduce_max",
                           "reduce_min",
                           "reduce_any",
                           "reduce_all",
                           "argmax",
                           "argmin",
                           "cumsum",
                           "cumprod",
                           "argsort",
                           "nonzero",
                           "dot_general",
                           "lu_factor",
                           "lu_solve",
                           "inv",
                           "det",
                           "logdet",
                           "cholesky",
                           "eigh",
                           "qr",
                           "svd",
                           "triangular_solve",
                           "random_uniform",
                           "random_normal",
                           "random_int",
                           "random_permutation",
                           "random_seed",
                           "print"}) {
    INFO(name);
    REQUIRE(core::registry().find(name) != nullptr);
  }
}

TEST_CASE("every primitive is documented and has samples", "[prim]") {
  for (const core::Primitive* primitive : all()) {
    INFO(primitive->name);
    CHECK(!primitive->doc.empty());
    CHECK(primitive->samples != nullptr);
    CHECK(!primitive->samples().empty());
    if (const auto* zero = std::get_if<core::ZeroDerivative>(&primitive->derivative.rule)) {
      CHECK(!zero->reason.empty());
    }
    if (const auto* partials = std::get_if<core::Partials>(&primitive->derivative.rule)) {
      CHECK(partials->texts.size() == primitive->params.size());
    }
  }
}

TEST_CASE("type rules agree with evaluation", "[prim]") {
  for (const core::Primitive* primitive : all()) {
    for (const core::Sample& sample : primitive->samples()) {
      INFO(describe(*primitive, sample));
      const std::vector<core::Type> args = types_of(sample.args);
      core::TypeResult known = primitive->type_rule(args, sample.attrs);
      if (const auto* error = std::get_if<core::TypeError>(&known)) FAIL(error->message);
      const auto& expected = std::get<std::vector<core::Type>>(known);
      const Values results = evaluate(*primitive, sample.args, sample.attrs, expected.size());
      for (size_t k = 0; k < expected.size(); ++k) {
        CHECK(core::compatible(expected[k], core::type_of(results[k])));
      }
    }
  }
}

TEST_CASE("type rules know less, never otherwise, when sizes are unknown", "[prim]") {
  for (const core::Primitive* primitive : all()) {
    for (const core::Sample& sample : primitive->samples()) {
      INFO(describe(*primitive, sample));
      const std::vector<core::Type> args = types_of(sample.args);
      auto known = std::get<std::vector<core::Type>>(primitive->type_rule(args, sample.attrs));
      std::vector<core::Type> forgotten;
      for (const core::Type& arg : args) forgotten.push_back(blurred(arg));
      core::TypeResult unknown = primitive->type_rule(forgotten, sample.attrs);
      if (const auto* error = std::get_if<core::TypeError>(&unknown)) FAIL(error->message);
      const auto& less = std::get<std::vector<core::Type>>(unknown);
      REQUIRE(less.size() == known.size());
      for (size_t k = 0; k < known.size(); ++k) CHECK(core::refines(known[k], less[k]));
    }
  }
}

TEST_CASE("a missing or superfluous operand is refused", "[prim]") {
  for (const core::Primitive* primitive : all()) {
    const bool variadic = !primitive->params.empty() && primitive->params.back().ends_with("…");
    for (const core::Sample& sample : primitive->samples()) {
      INFO(describe(*primitive, sample));
      std::vector<core::Type> args = types_of(sample.args);
      if (!variadic) {
        args.push_back(core::scalar_type(core::Elem::F64));
        core::TypeResult more = primitive->type_rule(args, sample.attrs);
        CHECK(std::holds_alternative<core::TypeError>(more));
      }
      if (!sample.args.empty() && !variadic) {
        args.resize(sample.args.size() - 1);
        core::TypeResult fewer = primitive->type_rule(args, sample.attrs);
        CHECK(std::holds_alternative<core::TypeError>(fewer));
      }
    }
  }
}

TEST_CASE("updates write in place when nobody else holds the array", "[prim]") {
  prim::install();
  for (const char* name : {"index_set", "index_add", "slice_set", "slice_add", "take_set",
                           "take_add", "cumsum", "neg", "add"}) {
    const core::Primitive& primitive = core::registry().get(name);
    const core::Sample sample = primitive.samples()[1];
    INFO(describe(primitive, sample));
    const Values shared = evaluate(primitive, sample.args, sample.attrs);
    Values args = sample.args;
    rt::Array owned = sample.args[0];
    owned.make_unique();
    const void* block = owned.header();
    args[0] = std::move(owned);
    rt::Context context;
    Values results(1);
    primitive.evaluate(context, args, sample.attrs, results);
    CHECK(static_cast<const void*>(results[0].header()) == block);
    CHECK(results[0].identical(shared[0]));
  }
}

TEST_CASE("an array that others hold is never written", "[prim]") {
  for (const core::Primitive* primitive : all()) {
    if (primitive->effect == core::Effect::State) continue;
    for (const core::Sample& sample : primitive->samples()) {
      INFO(describe(*primitive, sample));
      Values before;
      for (const rt::Array& arg : sample.args) {
        rt::Array copy = arg;
        copy.make_unique();
        before.push_back(copy);
      }
      evaluate(*primitive, sample.args, sample.attrs, 3);
      for (size_t k = 0; k < before.size(); ++k) CHECK(before[k].identical(sample.args[k]));
    }
  }
}

}  // namespace calc::test
