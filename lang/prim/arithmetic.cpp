// add sub mul div floordiv mod neg abs sign: Ints are checked, reals follow IEEE 754.
#include "runtime/arithmetic.h"

#include <string>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"

namespace calc::prim {

namespace {

using core::Derivative;
using core::ElementwiseLowering;
using core::LinearOp;
using core::Multilinear;
using core::Partials;
using core::Primitive;
using core::ScalarOp;
using core::ZeroDerivative;

// ---- values -------------------------------------------------------------------------------------

struct Add {
  static int64_t of(int64_t a, int64_t b) { return checked_add(a, b); }
  template <typename T>
  static T of(T a, T b) {
    return a + b;
  }
};
struct Sub {
  static int64_t of(int64_t a, int64_t b) {
    std::optional<int64_t> result = rt::checked_sub(a, b);
    if (!result) overflow(a, "-", b);
    return *result;
  }
  template <typename T>
  static T of(T a, T b) {
    return a - b;
  }
};
struct Mul {
  static int64_t of(int64_t a, int64_t b) {
    std::optional<int64_t> result = rt::checked_mul(a, b);
    if (!result) overflow(a, "*", b);
    return *result;
  }
  template <typename T>
  static T of(T a, T b) {
    return a * b;
  }
};
struct FloorDiv {
  static int64_t of(int64_t a, int64_t b) {
    if (b == 0) division_by_zero(a, "//");
    std::optional<int64_t> result = rt::floor_div(a, b);
    if (!result) overflow(a, "//", b);
    return *result;
  }
  template <typename T>
  static T of(T a, T b) {
    return rt::floor_div(a, b);
  }
};
struct Mod {
  static int64_t of(int64_t a, int64_t b) {
    if (b == 0) division_by_zero(a, "%");
    return *rt::floor_mod(a, b);
  }
  template <typename T>
  static T of(T a, T b) {
    return rt::floor_mod(a, b);
  }
};

template <typename F>
void evaluate_binary(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_number(args[0].elem(), [&]<typename T>(T) {
    return map2<T, T, T>(args, [](T a, T b) { return F::of(a, b); });
  });
}

void evaluate_div(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map2<T, T, T>(args, [](T a, T b) { return a / b; });
  });
}

[[noreturn]] void no_opposite(std::string_view name, int64_t a) {
  fail(fmt::format("integer overflow in {}({})", name, a),
       name == "-" ? "use a Real: `-Real(x)`" : "use a Real: `abs(Real(x))`");
}

struct Neg {
  static int64_t of(int64_t a) {
    std::optional<int64_t> result = rt::checked_neg(a);
    if (!result) no_opposite("-", a);
    return *result;
  }
  template <typename T>
  static T of(T a) {
    return -a;
  }
};
struct Abs {
  static int64_t of(int64_t a) {
    if (a >= 0) return a;
    std::optional<int64_t> result = rt::checked_neg(a);
    if (!result) no_opposite("abs", a);
    return *result;
  }
  template <typename T>
  static T of(T a) {
    return std::abs(a);
  }
};
struct Sign {
  template <typename T>
  static T of(T a) {
    return rt::sign(a);
  }
};

template <typename F>
void evaluate_unary(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_number(args[0].elem(), [&]<typename T>(T) {
    return map1<T, T>(args, [](T a) { return F::of(a); });
  });
}

// ---- transposes ---------------------------------------------------------------------------------

MaybeValues transpose_add(TransposeContext&, const Op& op, const std::vector<bool>& linear,
                          Tangents cotangents) {
  MaybeValues result = no_cotangents(op);
  for (size_t k = 0; k < 2; ++k) {
    if (linear[k]) result[k] = cotangents[0];
  }
  return result;
}

MaybeValues transpose_sub(TransposeContext& context, const Op& op, const std::vector<bool>& linear,
                          Tangents cotangents) {
  MaybeValues result = no_cotangents(op);
  if (linear[0]) result[0] = cotangents[0];
  if (linear[1]) result[1] = context.build().neg(*cotangents[0]);
  return result;
}

MaybeValues transpose_neg(TransposeContext& context, const Op&, const std::vector<bool>&,
                          Tangents cotangents) {
  return {context.build().neg(*cotangents[0])};
}

/// The attributes stay: a singular factor is singular in both directions.
MaybeValues transpose_mul(TransposeContext& context, const Op& op, const std::vector<bool>& linear,
                          Tangents cotangents) {
  MaybeValues result = no_cotangents(op);
  const size_t k = linear[0] ? 0 : 1;
  ValueId factor = context.known(op.args[1 - k]);
  result[k] = again(context.build(), op, {factor, *cotangents[0]});
  return result;
}

MaybeValues transpose_div(TransposeContext& context, const Op& op, const std::vector<bool>&,
                          Tangents cotangents) {
  ValueId divisor = context.known(op.args[1]);
  return {again(context.build(), op, {*cotangents[0], divisor}), std::nullopt};
}

// ---- samples ------------------------------------------------------------------------------------

std::vector<Sample> pairs() {
  return {{{real(1.5), real(-2.25)}, {}},
          {{reals({0.5, 2.0, -3.0}), reals({1.5, -0.5, 2.5})}, {}},
          {{reals({2, 2}, {1.0, 2.0, -3.0, 4.0}), reals({2, 2}, {0.5, -1.5, 2.5, 3.0})}, {}},
          {{reals({0, 3}, {}), reals({0, 3}, {})}, {}},
          {{real32(reals({0.5, 2.0})), real32(reals({1.5, -0.5}))}, {}},
          {{integer(7), integer(-2)}, {}},
          {{ints({7, -7, 0}), ints({2, 2, -3})}, {}}};
}

std::vector<Sample> real_pairs() {
  std::vector<Sample> samples = pairs();
  samples.resize(5);
  samples.push_back({{reals({1.0, -1.0, 0.0}), reals({0.0, 0.0, 0.0})}, {}, true});
  return samples;
}

std::vector<Sample> rounding_pairs() {
  return {{{real(1.5), real(-2.25)}, {}},
          {{reals({0.5, 2.25, -3.0}), reals({1.5, -0.5, 2.5})}, {}},
          {{reals({2, 2}, {1.0, 2.0, -3.0, 4.0}), reals({2, 2}, {0.75, -1.5, 2.5, 3.0})}, {}},
          {{reals({0, 3}, {}), reals({0, 3}, {})}, {}},
          {{real32(reals({0.5, 2.0})), real32(reals({1.5, -0.75}))}, {}},
          {{integer(7), integer(-2)}, {}},
          {{ints({7, -7, 0}), ints({2, 2, -3})}, {}},
          {{reals({1.0, 4.0}), reals({0.0, 2.0})}, {}, true}};
}

std::vector<Sample> singles() {
  return {{{real(1.5)}, {}},        {{reals({2, 3}, {1.0, -2.0, 3.0, -4.0, 5.0, -6.0})}, {}},
          {{reals({0}, {})}, {}},   {{real32(reals({1.5, -2.5}))}, {}},
          {{ints({3, 0, -3})}, {}}, {{reals({0.0, -0.0})}, {}, true}};
}

// ---- records ------------------------------------------------------------------------------------

const Primitive& add() {
  static const Primitive record{.name = "add",
                                .params = {"x", "y"},
                                .doc = "The sum x + y.",
                                .type_rule = checked<same_number<2>>,
                                .evaluate = evaluate_binary<Add>,
                                .derivative = LinearOp{},
                                .transpose = transpose_add,
                                .lowering = ElementwiseLowering{ScalarOp::Add},
                                .samples = pairs,
                                .effect = core::Effect::Fails,
                                .may_fail = overflows_on_ints};
  return record;
}

const Primitive& sub() {
  static const Primitive record{.name = "sub",
                                .params = {"x", "y"},
                                .doc = "The difference x - y.",
                                .type_rule = checked<same_number<2>>,
                                .evaluate = evaluate_binary<Sub>,
                                .derivative = LinearOp{},
                                .transpose = transpose_sub,
                                .lowering = ElementwiseLowering{ScalarOp::Sub},
                                .samples = pairs,
                                .effect = core::Effect::Fails,
                                .may_fail = overflows_on_ints};
  return record;
}

const Primitive& mul() {
  static const Primitive record{.name = "mul",
                                .params = {"x", "y"},
                                .doc = "The product x*y.",
                                .type_rule = checked<same_number<2>>,
                                .evaluate = evaluate_binary<Mul>,
                                .derivative = Multilinear{},
                                .transpose = transpose_mul,
                                .lowering = ElementwiseLowering{ScalarOp::Mul},
                                .samples = pairs,
                                .effect = core::Effect::Fails,
                                .may_fail = overflows_on_ints};
  return record;
}

const Primitive& div() {
  static const Primitive record{
      .name = "div",
      .params = {"x", "y"},
      .doc = "The real quotient x/y, infinite or nan where y is 0.",
      .type_rule = checked<same_real<2>>,
      .evaluate = evaluate_div,
      .derivative = Partials{.texts = {"1/y", "-result/y"}, .singular = true},
      .transpose = transpose_div,
      .lowering = ElementwiseLowering{ScalarOp::Div},
      .samples = real_pairs};
  return record;
}

const Primitive& floordiv() {
  static const Primitive record{
      .name = "floordiv",
      .params = {"x", "y"},
      .doc = "The quotient rounded down, `x // y`.",
      .type_rule = checked<same_number<2>>,
      .evaluate = evaluate_binary<FloorDiv>,
      .derivative = ZeroDerivative{"it is constant between its jumps"},
      .transpose = core::NotLinear{},
      .lowering = ElementwiseLowering{ScalarOp::FloorDiv, rt::find_function("floordiv")},
      .samples = rounding_pairs,
      .effect = core::Effect::Fails,
      .may_fail = overflows_on_ints};
  return record;
}

const Primitive& mod() {
  static const Primitive record{
      .name = "mod",
      .params = {"x", "y"},
      .doc = "The remainder x - y*(x // y), with the sign of y.",
      .type_rule = checked<same_number<2>>,
      .evaluate = evaluate_binary<Mod>,
      .derivative = Partials{.texts = {"1", "-floordiv(x, y)"}, .singular = true},
      .transpose = core::NotLinear{},
      .lowering = ElementwiseLowering{ScalarOp::Mod, rt::find_function("mod")},
      .samples = rounding_pairs,
      .effect = core::Effect::Fails,
      .may_fail = overflows_on_ints};
  return record;
}

const Primitive& neg() {
  static const Primitive record{.name = "neg",
                                .params = {"x"},
                                .doc = "The negative -x.",
                                .type_rule = checked<same_number<1>>,
                                .evaluate = evaluate_unary<Neg>,
                                .derivative = LinearOp{},
                                .transpose = transpose_neg,
                                .lowering = ElementwiseLowering{ScalarOp::Neg},
                                .samples = singles,
                                .effect = core::Effect::Fails,
                                .may_fail = overflows_on_ints};
  return record;
}

const Primitive& abs() {
  static const Primitive record{.name = "abs",
                                .params = {"x"},
                                .doc = "The absolute value; its derivative at 0 is 0.",
                                .type_rule = checked<same_number<1>>,
                                .evaluate = evaluate_unary<Abs>,
                                .derivative = Partials{.texts = {"sign(x)"}},
                                .transpose = core::NotLinear{},
                                .lowering = ElementwiseLowering{ScalarOp::Abs},
                                .samples = singles,
                                .effect = core::Effect::Fails,
                                .may_fail = overflows_on_ints};
  return record;
}

const Primitive& sign() {
  static const Primitive record{.name = "sign",
                                .params = {"x"},
                                .doc = "-1, 0 or 1 as x is negative, zero or positive.",
                                .type_rule = checked<same_number<1>>,
                                .evaluate = evaluate_unary<Sign>,
                                .derivative = ZeroDerivative{"it is constant on either side of 0"},
                                .transpose = core::NotLinear{},
                                .lowering = ElementwiseLowering{ScalarOp::Sign},
                                .samples = singles};
  return record;
}

}  // namespace

void add_arithmetic(core::Registry& registry) {
  for (const Primitive* record :
       {&add(), &sub(), &mul(), &div(), &floordiv(), &mod(), &neg(), &abs(), &sign()}) {
    registry.add(*record);
  }
}

}  // namespace calc::prim
