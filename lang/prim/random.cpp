// Random numbers: draws from the context's stream, in program order.
#include "runtime/random.h"

#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::Effect;
using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;
using core::ZeroDerivative;

std::vector<Type> real_draw_rule(Types args, const Attrs& attrs) {
  return {{Elem::F64, dims_of(attrs, args, 0)}};
}

std::vector<Type> int_draw_rule(Types args, const Attrs& attrs) {
  if (args.size() < 2) require_count(args, 2);
  require_indices(args, 0);
  return {{Elem::I64, dims_of(attrs, args, 2)}};
}

std::vector<Type> permutation_rule(Types args, const Attrs& attrs) {
  Type result{Elem::I64, dims_of(attrs, args, 0)};
  require_rank(result, 1);
  return {result};
}

std::vector<Type> seed_rule(Types args, const Attrs&) {
  require_count(args, 1);
  require_index(args[0]);
  return {};
}

void evaluate_uniform(rt::Context& context, Args args, const Attrs& attrs, Args results) {
  results[0] = rt::random_uniform(context.random, runtime_dims(attrs, args, 0));
}

void evaluate_normal(rt::Context& context, Args args, const Attrs& attrs, Args results) {
  results[0] = rt::random_normal(context.random, runtime_dims(attrs, args, 0));
}

void evaluate_int(rt::Context& context, Args args, const Attrs& attrs, Args results) {
  results[0] = rt::random_int(context.random, args[0].as_int(), args[1].as_int(),
                              runtime_dims(attrs, args, 2));
}

void evaluate_permutation(rt::Context& context, Args args, const Attrs& attrs, Args results) {
  results[0] = rt::random_permutation(context.random, runtime_dims(attrs, args, 0)[0]);
}

void evaluate_seed(rt::Context& context, Args args, const Attrs&, Args) {
  context.random = {static_cast<uint64_t>(args[0].as_int()), 0};
}

std::vector<Sample> draw_samples() {
  return {{{}, {{"dims", Ints{}}}},
          {{}, {{"dims", Ints{2, 3}}}},
          {{integer(4)}, {{"dims", Ints{-1}}}},
          {{}, {{"dims", Ints{0}}}}};
}

std::vector<Sample> int_draw_samples() {
  return {{{integer(-2), integer(3)}, {{"dims", Ints{}}}},
          {{integer(0), integer(1), integer(5)}, {{"dims", Ints{-1}}}}};
}

std::vector<Sample> permutation_samples() {
  return {{{}, {{"dims", Ints{5}}}}, {{integer(0)}, {{"dims", Ints{-1}}}}};
}

std::vector<Sample> seed_samples() { return {{{integer(42)}, {}}}; }

Primitive draw(std::string_view name, std::vector<std::string_view> params, std::string_view doc,
               core::TypeRule rule, core::Evaluate evaluate, core::Samples samples) {
  return {.name = name,
          .params = std::move(params),
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = ZeroDerivative{"a draw does not depend on anything"},
          .transpose = NotLinear{},
          .lowering = OpaqueLowering{},
          .samples = samples,
          .effect = Effect::State};
}

}  // namespace

void add_random(core::Registry& registry) {
  static const Primitive records[] = {
      draw("random_uniform", {"sizes…"}, "Reals in [0, 1), all equally likely.",
           checked<real_draw_rule>, evaluate_uniform, draw_samples),
      draw("random_normal", {"sizes…"}, "Normally distributed Reals of mean 0 and variance 1.",
           checked<real_draw_rule>, evaluate_normal, draw_samples),
      draw("random_int", {"lo", "hi", "sizes…"}, "Ints with lo <= k < hi, all equally likely.",
           checked<int_draw_rule>, evaluate_int, int_draw_samples),
      draw("random_permutation", {"sizes…"}, "The Ints below a size in a random order.",
           checked<permutation_rule>, evaluate_permutation, permutation_samples),
      draw("random_seed", {"seed"}, "Starts the stream of a seed.", checked<seed_rule>,
           evaluate_seed, seed_samples)};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim
