// Comparisons, logic, select, conversion between element types, and the two identities.
#include <cmath>
#include <functional>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/samples.h"
#include "runtime/arithmetic.h"
#include "runtime/text.h"

namespace calc::prim {

namespace {

using core::ElementwiseLowering;
using core::LinearOp;
using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;
using core::ScalarOp;
using core::Structural;
using core::StructuralLowering;
using core::ZeroDerivative;

constexpr ZeroDerivative kNotReal{"its result is not real"};

// ---- comparisons --------------------------------------------------------------------------------

std::vector<Type> equality_rule(Types args, const Attrs&) {
  require_count(args, 2);
  return {{Elem::Bool, common_type(args).dims}};
}

std::vector<Type> order_rule(Types args, const Attrs&) {
  require_count(args, 2);
  Type type = common_type(args);
  require_number(type);
  return {{Elem::Bool, type.dims}};
}

template <typename F>
void evaluate_comparison(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_any(args[0].elem(), [&]<typename T>(T) {
    return map2<uint8_t, T, T>(args, [](T a, T b) { return F{}(a, b); });
  });
}

std::vector<Sample> order_samples() {
  return {{{real(1.5), real(-2.25)}, {}},
          {{reals({0.5, 2.0, NAN, 0.0}), reals({1.5, 2.0, NAN, -0.0})}, {}},
          {{reals({0, 2}, {}), reals({0, 2}, {})}, {}},
          {{real32(reals({0.5})), real32(reals({0.5}))}, {}},
          {{ints({1, 2, 3}), ints({3, 2, 1})}, {}}};
}

std::vector<Sample> equality_samples() {
  std::vector<Sample> samples = order_samples();
  samples.push_back({{bools({2}, {1, 0}), bools({2}, {1, 1})}, {}});
  return samples;
}

Primitive comparison(std::string_view name, std::string_view doc, core::TypeRule rule,
                     core::Evaluate evaluate, ScalarOp op, core::Samples samples) {
  return {.name = name,
          .params = {"x", "y"},
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = kNotReal,
          .transpose = NotLinear{},
          .lowering = ElementwiseLowering{op},
          .samples = samples};
}

void add_comparisons(core::Registry& registry) {
  constexpr auto equality = checked<equality_rule>;
  constexpr auto order = checked<order_rule>;
  static const Primitive records[] = {
      comparison("eq", "x == y", equality, evaluate_comparison<std::equal_to<>>, ScalarOp::Eq,
                 equality_samples),
      comparison("ne", "x != y", equality, evaluate_comparison<std::not_equal_to<>>, ScalarOp::Ne,
                 equality_samples),
      comparison("lt", "x < y", order, evaluate_comparison<std::less<>>, ScalarOp::Lt,
                 order_samples),
      comparison("le", "x <= y", order, evaluate_comparison<std::less_equal<>>, ScalarOp::Le,
                 order_samples),
      comparison("gt", "x > y", order, evaluate_comparison<std::greater<>>, ScalarOp::Gt,
                 order_samples),
      comparison("ge", "x >= y", order, evaluate_comparison<std::greater_equal<>>, ScalarOp::Ge,
                 order_samples)};
  for (const Primitive& record : records) registry.add(record);
}

// ---- logic --------------------------------------------------------------------------------------

template <size_t count>
std::vector<Type> logic_rule(Types args, const Attrs&) {
  require_count(args, count);
  Type type = common_type(args);
  require_elem(type, Elem::Bool);
  return {type};
}

template <typename F>
void evaluate_logic(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = map2<uint8_t, uint8_t, uint8_t>(args, F{});
}

void evaluate_not(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = map1<uint8_t, uint8_t>(args, [](uint8_t a) { return a == 0; });
}

std::vector<Sample> logic_samples() {
  return {{{boolean(true), boolean(false)}, {}},
          {{bools({4}, {0, 0, 1, 1}), bools({4}, {0, 1, 0, 1})}, {}},
          {{bools({0}, {}), bools({0}, {})}, {}}};
}

std::vector<Sample> not_samples() {
  return {{{boolean(true)}, {}}, {{bools({2, 2}, {0, 1, 1, 0})}, {}}};
}

template <bool infinite>
void evaluate_class(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map1<uint8_t, T>(args, [](T x) { return infinite ? std::isinf(x) : std::isnan(x); });
  });
}

std::vector<Type> class_rule(Types args, const Attrs&) {
  require_count(args, 1);
  require_real(args[0]);
  return {{Elem::Bool, args[0].dims}};
}

std::vector<Sample> class_samples() {
  return {{{reals({1.0, NAN, INFINITY, -INFINITY})}, {}}, {{real32(real(2.0))}, {}}};
}

Primitive logic(std::string_view name, std::vector<std::string_view> params, std::string_view doc,
                core::TypeRule rule, core::Evaluate evaluate, core::Lowering lowering,
                core::Samples samples) {
  return {.name = name,
          .params = std::move(params),
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = kNotReal,
          .transpose = NotLinear{},
          .lowering = std::move(lowering),
          .samples = samples};
}

void add_connectives(core::Registry& registry) {
  static const Primitive records[] = {
      logic("and", {"a", "b"}, "True where both are.", checked<logic_rule<2>>,
            evaluate_logic<std::bit_and<>>, ElementwiseLowering{ScalarOp::And}, logic_samples),
      logic("or", {"a", "b"}, "True where one is, or both.", checked<logic_rule<2>>,
            evaluate_logic<std::bit_or<>>, ElementwiseLowering{ScalarOp::Or}, logic_samples),
      logic("not", {"a"}, "True where a is false.", checked<logic_rule<1>>, evaluate_not,
            ElementwiseLowering{ScalarOp::Not}, not_samples),
      logic("is_nan", {"x"}, "True where x is nan.", checked<class_rule>, evaluate_class<false>,
            OpaqueLowering{}, class_samples),
      logic("is_inf", {"x"}, "True where x is inf or -inf.", checked<class_rule>,
            evaluate_class<true>, OpaqueLowering{}, class_samples)};
  for (const Primitive& record : records) registry.add(record);
}

// ---- select -------------------------------------------------------------------------------------

std::vector<Type> select_rule(Types args, const Attrs&) {
  require_count(args, 3);
  require_elem(args[0], Elem::Bool);
  Type type = common_type(args.subspan(1));
  type.dims = common_dims(type, args[0]);
  return {type};
}

void evaluate_select(rt::Context&, Args args, const Attrs&, Args results) {
  require_same_dims(args);
  results[0] = for_any(args[1].elem(), [&]<typename T>(T) {
    const uint8_t* c = args[0].data<uint8_t>();
    const T* a = args[1].data<T>();
    const T* b = args[2].data<T>();
    Array result = result_block<T>(args);
    T* out = result.writable<T>();
    for (int64_t k = 0; k < result.size(); ++k) out[k] = c[k] ? a[k] : b[k];
    return result;
  });
}

MaybeValues select_tangent(RuleContext& context, const Op&, Values in, Values, Tangents tangents) {
  Builder& linear = context.linear();
  ValueId condition = context.residual(in[0]);
  const ValueId present = tangents[1] ? *tangents[1] : *tangents[2];
  ValueId a = or_zeros(linear, tangents[1], present);
  ValueId b = or_zeros(linear, tangents[2], present);
  return {linear.select(condition, a, b)};
}

MaybeValues transpose_select(TransposeContext& context, const Op& op,
                             const std::vector<bool>& linear, Tangents cotangents) {
  Builder& build = context.build();
  ValueId condition = context.known(op.args[0]);
  ValueId zeros = zeros_like(build, *cotangents[0]);
  MaybeValues result = no_cotangents(op);
  if (linear[1]) result[1] = build.select(condition, *cotangents[0], zeros);
  if (linear[2]) result[2] = build.select(condition, zeros, *cotangents[0]);
  return result;
}

std::vector<Sample> select_samples() {
  return {{{boolean(true), real(1.5), real(-2.0)}, {}},
          {{bools({3}, {1, 0, 1}), reals({1.0, 2.0, 3.0}), reals({-1.0, -2.0, -3.0})}, {}},
          {{bools({0}, {}), reals({0}, {}), reals({0}, {})}, {}},
          {{bools({2}, {1, 0}), real32(reals({1.0, 2.0})), real32(reals({3.0, 4.0}))}, {}},
          {{boolean(false), integer(1), integer(2)}, {}},
          {{bools({1}, {1}), bools({1}, {0}), bools({1}, {1})}, {}},
          {{boolean(false), real(NAN), real(1.0)}, {}, true}};
}

// ---- conversion ---------------------------------------------------------------------------------

std::vector<Type> convert_rule(Types args, const Attrs& attrs) {
  require_count(args, 1);
  return {{elem_of(attrs), args[0].dims}};
}

template <typename T>
int64_t truncated(T x) {
  std::optional<int64_t> whole = rt::checked_truncate(static_cast<double>(x));
  if (!whole) {
    fail(fmt::format("{} has no Int", rt::real_text(x)), "Ints lie between -2^63 and 2^63");
  }
  return *whole;
}

bool is_real_to_int(Types args, const Attrs& attrs) {
  const bool real = args[0].elem == Elem::F64 || args[0].elem == Elem::F32;
  return real && elem_of(attrs) == Elem::I64;
}

void evaluate_convert(rt::Context&, Args args, const Attrs& attrs, Args results) {
  const Elem to = elem_of(attrs);
  const bool real = args[0].elem() == Elem::F64 || args[0].elem() == Elem::F32;
  if (to != Elem::I64 || !real) {
    results[0] = args[0].elem() == to ? std::move(args[0]) : args[0].converted(to);
    return;
  }
  results[0] = for_real(args[0].elem(), [&]<typename T>(T) {
    return map1<int64_t, T>(args, [](T x) { return truncated(x); });
  });
}

MaybeValues convert_tangent(RuleContext& context, const Op& op, Values, Values, Tangents tangents) {
  const Elem to = elem_of(op.attrs);
  if (to != Elem::F64 && to != Elem::F32) return {std::nullopt};
  return {context.linear().convert(*tangents[0], to)};
}

MaybeValues transpose_convert(TransposeContext& context, const Op& op, const std::vector<bool>&,
                              Tangents cotangents) {
  return {context.build().convert(*cotangents[0], context.type(op.args[0]).elem)};
}

std::vector<Sample> convert_samples() {
  std::vector<Sample> samples;
  for (const char* elem : {"bool", "i64", "f64", "f32"}) {
    Attrs attrs{{"elem", elem}};
    samples.push_back({{real(-2.75)}, attrs});
    samples.push_back({{reals({2, 2}, {0.0, 1.5, -1.5, 3.0})}, attrs});
    samples.push_back({{real32(reals({0.5, 2.0}))}, attrs});
    samples.push_back({{ints({0, -3})}, attrs});
    samples.push_back({{bools({2}, {1, 0})}, attrs});
    samples.push_back({{reals({0}, {})}, attrs});
  }
  return samples;
}

// ---- identities ---------------------------------------------------------------------------------

void evaluate_identity(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = std::move(args[0]);
}

MaybeValues transpose_identity(TransposeContext&, const Op&, const std::vector<bool>&,
                               Tangents cotangents) {
  return {cotangents[0]};
}

std::vector<Sample> identity_samples() {
  return {{{real(1.5)}, {}}, {{reals({2, 2}, {1.0, 2.0, 3.0, 4.0})}, {}}, {{ints({1})}, {}}};
}

/// Its derivative is not that of its value.
std::vector<Sample> stopped_samples() {
  std::vector<Sample> samples = identity_samples();
  for (Sample& sample : samples) sample.special = true;
  return samples;
}

void add_identities(core::Registry& registry) {
  static const Primitive records[] = {
      {.name = "select",
       .params = {"c", "a", "b"},
       .doc = "a where c is true, else b; the other side contributes no derivative.",
       .type_rule = checked<select_rule>,
       .evaluate = evaluate_select,
       .derivative = select_tangent,
       .transpose = transpose_select,
       .lowering = ElementwiseLowering{ScalarOp::Select},
       .samples = select_samples},
      {.name = "convert",
       .params = {"x"},
       .doc = "The same number as {elem}; a real becomes an Int by truncation.",
       .type_rule = checked<convert_rule>,
       .evaluate = evaluate_convert,
       .derivative = convert_tangent,
       .transpose = transpose_convert,
       .lowering = ElementwiseLowering{ScalarOp::Convert},
       .samples = convert_samples,
       .effect = core::Effect::Fails,
       .may_fail = is_real_to_int},
      {.name = "copy",
       .params = {"x"},
       .doc = "The same value.",
       .type_rule = checked<same_any<1>>,
       .evaluate = evaluate_identity,
       .derivative = LinearOp{},
       .transpose = transpose_identity,
       .lowering = StructuralLowering{Structural::Copy},
       .samples = identity_samples},
      {.name = "stop_gradient",
       .params = {"x"},
       .doc = "The same value, whose derivative is zero.",
       .type_rule = checked<same_any<1>>,
       .evaluate = evaluate_identity,
       .derivative = ZeroDerivative{"it is what stop_gradient is for"},
       .transpose = NotLinear{},
       .lowering = StructuralLowering{Structural::Copy},
       .samples = stopped_samples}};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace

void add_logic(core::Registry& registry) {
  add_comparisons(registry);
  add_connectives(registry);
  add_identities(registry);
}

}  // namespace calc::prim
