// powi powii pow, min max: the arithmetic whose derivatives have corners.
#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"
#include "runtime/arithmetic.h"

namespace calc::prim {

namespace {

using core::ElementwiseLowering;
using core::NotLinear;
using core::Partials;
using core::Primitive;
using core::ScalarOp;
using core::ZeroDerivative;

// ---- whole exponents ----------------------------------------------------------------------------

std::vector<Type> powi_rule(Types args, const Attrs&) {
  require_count(args, 2);
  require_real(args[0]);
  require_elem(args[1], Elem::I64);
  return {{args[0].elem, common_dims(args[0], args[1])}};
}

void evaluate_powi(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map2<T, T, int64_t>(args, [](T x, int64_t n) { return rt::power_int(x, n); });
  });
}

/// n x^(n - 1), and exactly 0 for n = 0. The exponent 0 - 1 is never formed: with 1 in the place of
/// n = 0 the power is x^0, finite everywhere, and so in every order.
MaybeValues powi_tangent(RuleContext& context, const Op&, Values in, Values, Tangents tangents) {
  Builder& primal = context.primal();
  ValueId x = in[0];
  ValueId n = in[1];
  auto whole = [&](int64_t value) { return primal.fill_like(primal.integer(value), n); };
  ValueId is_zero = primal.op("eq", {n, whole(0)});
  ValueId lowered = primal.sub(primal.select(is_zero, whole(1), n), whole(1));
  ValueId power = primal.op("powi", {x, lowered});
  ValueId factor = primal.mul(primal.convert(n, primal.type(x).elem), power);
  ValueId residual = context.residual(factor);
  return {context.linear().op("mul", {residual, *tangents[0]}, singular_attrs(true))};
}

void evaluate_powii(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = map2<int64_t, int64_t, int64_t>(args, [](int64_t a, int64_t n) {
    if (n < 0) {
      fail(fmt::format("negative exponent in {} ^ {}, which is no Int", a, n),
           fmt::format("use a Real: write {}.0 ^ {}", a, n));
    }
    std::optional<int64_t> power = rt::checked_pow(a, n);
    if (!power) overflow(a, "^", n);
    return *power;
  });
}

std::vector<Type> powii_rule(Types args, const Attrs&) {
  require_count(args, 2);
  Type type = common_type(args);
  require_elem(type, Elem::I64);
  return {type};
}

// ---- real exponents -----------------------------------------------------------------------------

void evaluate_pow(rt::Context&, Args args, const Attrs&, Args results) {
  static const rt::ScalarFunction* function = rt::find_function("pow");
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map2<T, T, T>(args, [](T x, T y) { return function->call(x, y); });
  });
}

// ---- the greater and the smaller ----------------------------------------------------------------

struct Max {
  static constexpr std::string_view before = "gt";
  static constexpr std::string_view after = "lt";
  static int64_t of(int64_t a, int64_t b) { return a > b ? a : b; }
  template <typename T>
  static T of(T a, T b) {
    return rt::maximum(a, b);
  }
};
struct Min {
  static constexpr std::string_view before = "lt";
  static constexpr std::string_view after = "gt";
  static int64_t of(int64_t a, int64_t b) { return a < b ? a : b; }
  template <typename T>
  static T of(T a, T b) {
    return rt::minimum(a, b);
  }
};

template <typename F>
void evaluate_extreme(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_number(args[0].elem(), [&]<typename T>(T) {
    return map2<T, T, T>(args, [](T a, T b) { return F::of(a, b); });
  });
}

enum class Tie { Share, First, Second };

Tie tie_of(const Attrs& attrs) {
  if (!attrs.has("tie")) return Tie::Share;
  const std::string& text = attrs.text("tie");
  if (text == "first") return Tie::First;
  if (text == "second") return Tie::Second;
  if (text != "share") reject(fmt::format("`{}` is no way to settle a tie", text));
  return Tie::Share;
}

std::vector<Type> extreme_rule(Types args, const Attrs& attrs) {
  tie_of(attrs);
  return same_number<2>(args, attrs);
}

/// Selects the winner's tangent, so that a loser contributes an exact zero; at a tie the tangent of
/// the argument that `tie` names, or half of each.
template <typename F>
MaybeValues extreme_tangent(RuleContext& context, const Op& op, Values in, Values,
                            Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  const Tie tie = tie_of(op.attrs);
  ValueId dx = or_zeros(linear, tangents[0], *tangents[tangents[0] ? 0 : 1]);
  ValueId dy = or_zeros(linear, tangents[1], dx);
  if (tie != Tie::Second) {
    ValueId second_wins = context.residual(primal.op(F::after, {in[0], in[1]}));
    if (tie == Tie::First) return {linear.select(second_wins, dy, dx)};
    ValueId half = constant_like(linear, 0.5, dx);
    ValueId shared = linear.mul(half, linear.add(dx, dy));
    ValueId first_wins = context.residual(primal.op(F::before, {in[0], in[1]}));
    return {linear.select(first_wins, dx, linear.select(second_wins, dy, shared))};
  }
  ValueId first_wins = context.residual(primal.op(F::before, {in[0], in[1]}));
  return {linear.select(first_wins, dx, dy)};
}

// ---- samples ------------------------------------------------------------------------------------

std::vector<Sample> powi_samples() {
  return {{{real(1.5), integer(3)}, {}},
          {{reals({-2.0, 0.5, 3.0}), ints({2, -1, 0})}, {}},
          {{reals({0.0, 0.0, 0.0, 0.0, 0.0}), ints({0, 1, 2, 3, 4})}, {}},
          {{reals({2, 2}, {0.0, -1.0, -2.0, 1.5}), ints({2, 2}, {3, 5, 1, 70})}, {}},
          {{reals({0}, {}), ints({0}, {})}, {}},
          {{real32(reals({0.5, -2.0})), ints({3, 2})}, {}},
          {{reals({0.0, 0.0}), ints({-1, -2})}, {}, true}};
}

std::vector<Sample> powii_samples() {
  return {{{integer(2), integer(62)}, {}}, {{ints({-3, 0, 5}), ints({3, 0, 2})}, {}}};
}

std::vector<Sample> pow_samples() {
  return {{{real(1.5), real(2.5)}, {}},
          {{reals({2.0, 0.5, 3.0}), reals({-1.5, 0.25, 0.0})}, {}},
          {{reals({0}, {}), reals({0}, {})}, {}},
          {{real32(reals({0.5, 2.0})), real32(reals({1.5, -0.5}))}, {}},
          {{reals({0.0, 0.0, 0.0, -2.0, 0.0}), reals({0.5, 2.0, 0.0, 3.0, -1.0})}, {}, true}};
}

std::vector<Sample> extreme_samples() {
  std::vector<Sample> samples = {{{real(1.5), real(-2.25)}, {}},
                                 {{reals({0.5, 2.0, -3.0}), reals({1.5, -0.5, 2.5})}, {}},
                                 {{reals({0}, {}), reals({0}, {})}, {}},
                                 {{real32(reals({0.5, 2.0})), real32(reals({1.5, -0.5}))}, {}},
                                 {{ints({7, -7, 0}), ints({2, 2, -3})}, {}},
                                 {{reals({1.0, 0.0, NAN}), reals({1.0, -0.0, 2.0})}, {}, true}};
  for (const char* tie : {"share", "first", "second"}) {
    samples.push_back({{reals({0.5, 2.0}), reals({1.5, -0.5})}, {{"tie", tie}}});
    samples.push_back({{reals({2.0, -1.0}), reals({2.0, 3.0})}, {{"tie", tie}}, true});
  }
  return samples;
}

// ---- records ------------------------------------------------------------------------------------

const Primitive& powi() {
  static const Primitive record{
      .name = "powi",
      .params = {"x", "n"},
      .doc = "x^n for a whole number n, smooth everywhere.",
      .type_rule = checked<powi_rule>,
      .evaluate = evaluate_powi,
      .derivative = powi_tangent,
      .transpose = NotLinear{},
      .lowering = ElementwiseLowering{ScalarOp::PowInt, rt::find_function("pow")},
      .samples = powi_samples};
  return record;
}

const Primitive& powii() {
  static const Primitive record{.name = "powii",
                                .params = {"a", "n"},
                                .doc = "a^n of Ints; a negative n fails.",
                                .type_rule = checked<powii_rule>,
                                .evaluate = evaluate_powii,
                                .derivative = ZeroDerivative{"it is an Int"},
                                .transpose = NotLinear{},
                                .lowering = ElementwiseLowering{ScalarOp::PowInt},
                                .samples = powii_samples,
                                .effect = core::Effect::Fails};
  return record;
}

const Primitive& pow() {
  static const Primitive record{
      .name = "pow",
      .params = {"x", "y"},
      .doc = "x^y for real y; nan where x is negative and y not whole.",
      .type_rule = checked<same_real<2>>,
      .evaluate = evaluate_pow,
      .derivative = Partials{.texts = {"where(x == 0 and y == 0, 0, y*x^(y - 1))",
                                       "where(x == 0 and y > 0, 0, result*log(x))"},
                             .singular = true},
      .transpose = NotLinear{},
      .lowering = ElementwiseLowering{ScalarOp::Call, rt::find_function("pow")},
      .samples = pow_samples};
  return record;
}

const Primitive& max() {
  static const Primitive record{.name = "max",
                                .params = {"x", "y"},
                                .doc = "The greater of two numbers; nan if either is nan.",
                                .type_rule = checked<extreme_rule>,
                                .evaluate = evaluate_extreme<Max>,
                                .derivative = extreme_tangent<Max>,
                                .transpose = NotLinear{},
                                .lowering = ElementwiseLowering{ScalarOp::Max},
                                .samples = extreme_samples};
  return record;
}

const Primitive& min() {
  static const Primitive record{.name = "min",
                                .params = {"x", "y"},
                                .doc = "The smaller of two numbers; nan if either is nan.",
                                .type_rule = checked<extreme_rule>,
                                .evaluate = evaluate_extreme<Min>,
                                .derivative = extreme_tangent<Min>,
                                .transpose = NotLinear{},
                                .lowering = ElementwiseLowering{ScalarOp::Min},
                                .samples = extreme_samples};
  return record;
}

}  // namespace

void add_power(core::Registry& registry) {
  for (const Primitive* record : {&powi(), &powii(), &pow(), &max(), &min()}) {
    registry.add(*record);
  }
}

}  // namespace calc::prim
