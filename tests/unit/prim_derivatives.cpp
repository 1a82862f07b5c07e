// Laws of every primitive's derivative, to the third order, over the samples of its record:
//
//   jvp against five-point differences, and  <J v, u> = <v, J' u>  for vjp
//
// of the primitive, then of its jvp and vjp as functions themselves, and so on. A kink or pole is a
// special sample, which prim_special.cpp looks at.
#include <catch2/catch.hpp>

#include "tests/unit/prim_support.h"

namespace calc::test {

namespace {

using core::FunctionId;

struct Law {
  core::Module& module;
  ad::Differentiator& differentiator;
  Numbers numbers;
  int orders;
};

ad::Active real_params(const core::Module& module, FunctionId function) {
  ad::Active active;
  for (const core::Type& type : module.get(function).param_types()) {
    active.push_back(type.elem == core::Elem::F64);
  }
  return active;
}

bool any(const ad::Active& active) {
  for (bool flag : active) {
    if (flag) return true;
  }
  return false;
}

Values chosen(const Values& values, const ad::Active& active) {
  Values result;
  for (size_t k = 0; k < active.size(); ++k) {
    if (active[k]) result.push_back(values[k]);
  }
  return result;
}

Values reals_only(const Values& values) {
  Values result;
  for (const rt::Array& value : values) {
    if (value.elem() == rt::Elem::F64) result.push_back(value);
  }
  return result;
}

Values joined(Values a, const Values& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// args with the active ones moved along a direction.
Values displaced(const Values& args, const ad::Active& active, double step, const Values& v) {
  Values result = args;
  size_t next = 0;
  for (size_t k = 0; k < args.size(); ++k) {
    if (active[k]) result[k] = moved({args[k]}, step, {v[next++]})[0];
  }
  return result;
}

Values differences(Law& law, FunctionId f, const Values& args, const ad::Active& active,
                   const Values& v, double h) {
  auto at = [&](double step) {
    return reals_only(run(law.module, f, displaced(args, active, step, v)));
  };
  const Values inner_part = moved(at(h), -1.0, at(-h));
  const Values outer_part = moved(at(2 * h), -1.0, at(-2 * h));
  Values zero = moved(inner_part, -1.0, inner_part);
  return moved(moved(zero, 8.0 / (12 * h), inner_part), -1.0 / (12 * h), outer_part);
}

/// How far the tangents are from differences, relative to their size. The best of two steps: the
/// long one has the smaller rounding error, the short one the smaller remainder.
double difference_error(Law& law, FunctionId f, const Values& args, const ad::Active& active,
                        const Values& v, const Values& tangents) {
  double best = INFINITY;
  for (double h : {1e-3, 1e-4}) {
    const Values expected = differences(law, f, args, active, v, h);
    best = std::min(best, norm(moved(tangents, -1.0, expected)) / (1 + norm(expected)));
  }
  return best;
}

/// The last results of f, as many as the linear part has.
Values tail(const Values& values, size_t count) {
  return Values(values.end() - static_cast<std::ptrdiff_t>(count), values.end());
}

void laws(Law& law, FunctionId f, const Values& args, int order) {
  const ad::Active active = real_params(law.module, f);
  if (!any(active)) return;
  const Values primal = run(law.module, f, args);
  const Values outputs = reals_only(primal);
  if (outputs.empty()) return;
  INFO("order " << order);

  const Values v = law.numbers.like(chosen(args, active));
  FunctionId jvp = law.differentiator.jvp(f, active);
  const Values pushed = run(law.module, jvp, joined(args, v));
  const Values tangents = tail(pushed, outputs.size());
  for (size_t k = 0; k < primal.size(); ++k) CHECK(pushed[k].identical(primal[k]));
  CHECK(difference_error(law, f, args, active, v, tangents) <= 1e-9 * (1 + norm(outputs)));

  const Values u = law.numbers.like(outputs);
  FunctionId vjp = law.differentiator.vjp(f, active);
  const Values pulled = run(law.module, vjp, joined(args, u));
  const Values cotangents = tail(pulled, v.size());
  const double forward = inner(tangents, u);
  const double backward = inner(v, cotangents);
  CHECK(std::abs(forward - backward) <= 1e-12 * (1 + norm(tangents) * norm(u)));

  if (order == law.orders) return;
  laws(law, jvp, joined(args, v), order + 1);
  laws(law, vjp, joined(args, u), order + 1);
}

void laws(const core::Primitive& primitive, bool dynamic, int orders) {
  uint64_t seed = 1;
  for (const core::Sample& sample : primitive.samples()) {
    ++seed;
    if (sample.special) continue;
    INFO(describe(primitive, sample));
    core::Module module;
    ad::Differentiator differentiator(module);
    Law law{module, differentiator, Numbers(seed), orders};
    laws(law, as_function(module, primitive, sample, dynamic), sample.args, 1);
  }
}

}  // namespace

TEST_CASE("derivatives obey the laws to third order", "[prim][laws]") {
  prim::install();
  for (const core::Primitive* primitive : core::registry().all()) {
    if (primitive->effect == core::Effect::State) continue;
    DYNAMIC_SECTION(primitive->name) { laws(*primitive, false, 3); }
  }
}

TEST_CASE("derivatives obey the laws where sizes are known only at run time", "[prim][laws]") {
  prim::install();
  for (const core::Primitive* primitive : core::registry().all()) {
    if (primitive->effect == core::Effect::State) continue;
    DYNAMIC_SECTION(primitive->name) { laws(*primitive, true, 2); }
  }
}

}  // namespace calc::test
