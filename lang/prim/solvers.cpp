// Linear systems: lu_factor, lu_solve, triangular_solve, inv, det, logdet. The derivatives are the
// textbook ones (Giles, 2008); a derivative by the matrix never differentiates the elimination.
#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/matrices.h"
#include "lang/prim/samples.h"
#include "runtime/linalg.h"

namespace calc::prim {

Type square(const Type& type) {
  require_real(type);
  require_rank(type, 2);
  const bool known = type.dims[0] != kDynamic && type.dims[1] != kDynamic;
  if (known && type.dims[0] != type.dims[1]) {
    reject(fmt::format("a square matrix expected, `{}` given", core::user_text(type)));
  }
  const int64_t n = type.dims[0] == kDynamic ? type.dims[1] : type.dims[0];
  return {type.elem, {n, n}};
}

void require_square(const Array& a) {
  if (a.dims()[0] != a.dims()[1]) {
    fail(fmt::format("a square matrix expected, one of shape {} given", dims_text(a.dims())));
  }
}

namespace {

using core::Derivative;
using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;

// ---- systems ------------------------------------------------------------------------------------

/// The right-hand side may be a vector or a matrix of columns.
std::vector<Type> system_rule(Types args, const Attrs&) {
  require_count(args, 2);
  const Type matrix = square(args[0]);
  Type result = args[1];
  if (result.elem != matrix.elem) common_type(args);
  if (result.rank() != 1 && result.rank() != 2) require_rank(result, 1);
  if (result.dims[0] != kDynamic && matrix.dims[0] != kDynamic &&
      result.dims[0] != matrix.dims[0]) {
    reject(
        fmt::format("the system has {} rows, its right side {}", matrix.dims[0], result.dims[0]));
  }
  if (result.dims[0] == kDynamic) result.dims[0] = matrix.dims[0];
  return {result};
}

std::vector<Type> triangular_rule(Types args, const Attrs& attrs) {
  attrs.flag("lower");
  attrs.flag("transposed");
  return system_rule(args, attrs);
}

void require_rows(Args args) {
  require_square(args[0]);
  if (args[0].dims()[0] != args[1].dims()[0]) {
    fail(fmt::format("the system has {} rows, its right side {}", args[0].dims()[0],
                     args[1].dims()[0]));
  }
}

/// The factors are Reals whatever the matrix is; see Note [Factors].
std::vector<Type> lu_rule(Types args, const Attrs&) {
  require_count(args, 1);
  const Dims dims = square(args[0]).dims;
  return {{Elem::F64, dims}, {Elem::I64, {dims[0]}}};
}

void evaluate_lu(rt::Context&, Args args, const Attrs&, Args results) {
  require_square(args[0]);
  rt::Lu lu = rt::lu(args[0]);
  results[0] = std::move(lu.factors);
  results[1] = std::move(lu.rows);
}

std::vector<Type> lu_solve_rule(Types args, const Attrs& attrs) {
  require_count(args, 4);
  attrs.flag("transposed");
  const Type factors = square(args[1]);
  require_elem(factors, Elem::F64);
  require_elem(args[2], Elem::I64);
  require_rank(args[2], 1);
  join_size(factors.dims[0], args[0].dims[0], "the sizes of the matrix and its factors");
  const Type system[] = {args[0], args[3]};
  return system_rule(system, attrs);
}

void evaluate_lu_solve(rt::Context&, Args args, const Attrs& attrs, Args results) {
  Array system[] = {args[0], args[3]};
  require_rows(system);
  results[0] = rt::lu_solve({args[1], args[2]}, args[3], attrs.flag("transposed"));
}

void evaluate_triangular(rt::Context&, Args args, const Attrs& attrs, Args results) {
  require_rows(args);
  results[0] =
      rt::triangular_solve(args[0], args[1], attrs.flag("lower"), attrs.flag("transposed"));
}

/// db - da x
ValueId changed_right_side(RuleContext& context, MaybeValue da, MaybeValue db, ValueId x) {
  Builder& linear = context.linear();
  if (!da) return *db;
  ValueId product = matmul(linear, *da, context.residual(x));
  return db ? linear.sub(*db, product) : linear.neg(product);
}

/// a x = b gives a dx = db - da x: the same system, whose elimination is done.
MaybeValues lu_solve_tangent(RuleContext& context, const Op& op, Values in, Values out,
                             Tangents tangents) {
  Builder& linear = context.linear();
  MaybeValue da = tangents[0];
  if (da && op.attrs.flag("transposed")) da = matrix_transpose(linear, *da);
  ValueId right = changed_right_side(context, da, tangents[3], out[0]);
  std::vector<ValueId> system;
  for (size_t k = 0; k < 3; ++k) system.push_back(context.residual(in[k]));
  system.push_back(right);
  return {again(linear, op, std::move(system))};
}

MaybeValues transpose_lu_solve(TransposeContext& context, const Op& op, const std::vector<bool>&,
                               Tangents cotangents) {
  Attrs attrs = op.attrs;
  attrs.set("transposed", !op.attrs.flag("transposed"));
  std::vector<ValueId> system;
  for (size_t k = 0; k < 3; ++k) system.push_back(context.known(op.args[k]));
  system.push_back(*cotangents[0]);
  MaybeValues result(4);
  result[3] = context.build().op("lu_solve", std::move(system), std::move(attrs));
  return result;
}

/// As `lu_solve`; what stands outside the named triangle does not count.
MaybeValues triangular_tangent(RuleContext& context, const Op& op, Values in, Values out,
                               Tangents tangents) {
  Builder& linear = context.linear();
  MaybeValue da = tangents[0];
  if (da) {
    ValueId mask = op.attrs.flag("lower") ? band_mask(context.primal(), in[0], kNoBound, 0)
                                          : band_mask(context.primal(), in[0], 0, kNoBound);
    da = masked(linear, context.residual(mask), *da);
    if (op.attrs.flag("transposed")) da = matrix_transpose(linear, *da);
  }
  ValueId right = changed_right_side(context, da, tangents[1], out[0]);
  return {again(linear, op, {context.residual(in[0]), right})};
}

MaybeValues transpose_triangular(TransposeContext& context, const Op& op, const std::vector<bool>&,
                                 Tangents cotangents) {
  Attrs attrs = op.attrs;
  attrs.set("transposed", !op.attrs.flag("transposed"));
  ValueId matrix = context.known(op.args[0]);
  return {std::nullopt,
          context.build().op("triangular_solve", {matrix, *cotangents[0]}, std::move(attrs))};
}

// ---- functions of a matrix ----------------------------------------------------------------------

std::vector<Type> inv_rule(Types args, const Attrs&) {
  require_count(args, 1);
  return {square(args[0])};
}

template <size_t results>
std::vector<Type> det_rule(Types args, const Attrs&) {
  require_count(args, 1);
  return std::vector<Type>(results, core::scalar_type(square(args[0]).elem));
}

void evaluate_inv(rt::Context&, Args args, const Attrs&, Args results) {
  require_square(args[0]);
  results[0] = rt::inverse(args[0]);
}

void evaluate_det(rt::Context&, Args args, const Attrs&, Args results) {
  require_square(args[0]);
  results[0] = rt::determinant(args[0]);
}

void evaluate_logdet(rt::Context&, Args args, const Attrs&, Args results) {
  require_square(args[0]);
  std::tie(results[0], results[1]) = rt::log_determinant(args[0]);
}

/// -y da y
MaybeValues inv_tangent(RuleContext& context, const Op&, Values, Values out, Tangents tangents) {
  Builder& linear = context.linear();
  ValueId y = context.residual(out[0]);
  return {linear.neg(matmul(linear, matmul(linear, y, *tangents[0]), y))};
}

/// The matrix with rows and columns taken in the given orders.
ValueId reordered(Builder& builder, ValueId a, const Ints& rows, const Ints& columns) {
  ValueId taken = builder.op("take", {a, builder.constant(ints(rows))}, axis_attrs(0));
  return builder.op("take", {taken, builder.constant(ints(columns))}, axis_attrs(1));
}

/// Polynomials in the entries up to size 3, so exact for singular matrices too; else det(a)
/// inv(a)'.
ValueId cofactors(Builder& builder, ValueId a, ValueId det) {
  const int64_t n = builder.type(a).dims[0];
  if (n == 1) return constant_like(builder, 1.0, a);
  if (n == 2) {
    rt::Array signs = reals({2, 2}, {1.0, -1.0, -1.0, 1.0}).converted(builder.type(a).elem);
    return builder.mul(builder.constant(std::move(signs)), reordered(builder, a, {1, 0}, {1, 0}));
  }
  if (n == 3) {
    const Ints next{1, 2, 0};
    const Ints after{2, 0, 1};
    ValueId plus =
        builder.mul(reordered(builder, a, next, next), reordered(builder, a, after, after));
    ValueId minus =
        builder.mul(reordered(builder, a, next, after), reordered(builder, a, after, next));
    return builder.sub(plus, minus);
  }
  ValueId inverse = matrix_transpose(builder, builder.op("inv", {a}));
  return builder.mul(builder.fill_like(det, inverse), inverse);
}

/// The sum of the products of two matrices' entries.
ValueId inner(Builder& builder, ValueId a, ValueId b) {
  return builder.reduce_sum(builder.mul(a, b), {0, 1});
}

MaybeValues det_tangent(RuleContext& context, const Op&, Values in, Values out, Tangents tangents) {
  ValueId factors = context.residual(cofactors(context.primal(), in[0], out[0]));
  return {inner(context.linear(), factors, *tangents[0])};
}

MaybeValues logdet_tangent(RuleContext& context, const Op&, Values in, Values, Tangents tangents) {
  Builder& primal = context.primal();
  ValueId factors = context.residual(matrix_transpose(primal, primal.op("inv", {in[0]})));
  return {std::nullopt, inner(context.linear(), factors, *tangents[0])};
}

// ---- samples and records ------------------------------------------------------------------------

rt::Array general() { return reals({3, 3}, {2.0, -1.0, 0.5, 0.25, 3.0, 1.0, -0.5, 1.5, 2.5}); }
rt::Array four() {
  return reals({4, 4}, {4.0, 1.0, 0.5, -1.0, 0.0, 3.0, 1.0, 0.25, 1.0, -1.0, 2.5, 0.5, 0.75, 0.0,
                        -0.5, 2.0});
}
rt::Array right_sides() { return reals({3, 2}, {1.0, 2.0, -1.0, 0.5, 3.0, -2.0}); }

std::vector<Sample> lu_solve_samples() {
  std::vector<Sample> samples;
  const std::pair<rt::Array, rt::Array> systems[] = {{general(), reals({1.0, 2.0, -1.5})},
                                                     {general(), right_sides()},
                                                     {reals({1, 1}, {2.0}), reals({3.0})},
                                                     {reals({0, 0}, {}), reals({0}, {})},
                                                     {real32(general()), real32(right_sides())}};
  for (const auto& [a, b] : systems) {
    const rt::Lu lu = rt::lu(a);
    for (bool transposed : {false, true}) {
      // The factors belong to the matrix: differences by it alone would not see the solution move.
      samples.push_back({{a, lu.factors, lu.rows, b}, {{"transposed", transposed}}, true});
    }
  }
  return samples;
}

std::vector<Sample> triangular_samples() {
  std::vector<Sample> samples;
  for (bool lower : {false, true}) {
    for (bool transposed : {false, true}) {
      Attrs attrs{{"lower", lower}, {"transposed", transposed}};
      samples.push_back({{general(), reals({1.0, 2.0, -1.5})}, attrs});
      samples.push_back({{general(), right_sides()}, attrs});
    }
  }
  return samples;
}

std::vector<Sample> square_samples() {
  return {{{reals({1, 1}, {2.0})}, {}},
          {{reals({2, 2}, {2.0, 1.0, -0.5, 3.0})}, {}},
          {{general()}, {}},
          {{four()}, {}},
          {{reals({0, 0}, {})}, {}},
          {{real32(general())}, {}}};
}

/// The factors move with the matrix, though their derivative counts as zero.
std::vector<Sample> lu_samples() {
  std::vector<Sample> samples = square_samples();
  for (Sample& sample : samples) sample.special = true;
  return samples;
}

std::vector<Sample> det_samples() {
  std::vector<Sample> samples = square_samples();
  samples.push_back({{reals({1, 1}, {0.0})}, {}, true});
  samples.push_back({{reals({2, 2}, {1.0, 2.0, 2.0, 4.0})}, {}, true});
  return samples;
}

Primitive solver(std::string_view name, std::vector<std::string_view> params, std::string_view doc,
                 core::TypeRule rule, core::Evaluate evaluate, core::LinearRule derivative,
                 core::Transpose transpose, core::Samples samples,
                 core::Effect effect = core::Effect::Fails) {
  return {.name = name,
          .params = std::move(params),
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = derivative,
          .transpose = std::move(transpose),
          .lowering = OpaqueLowering{},
          .samples = samples,
          .effect = effect};
}

}  // namespace

void add_solvers(core::Registry& registry) {
  static const Primitive records[] = {
      {.name = "lu_factor",
       .params = {"a"},
       .doc = "(lu, rows): row rows[i] of a is row i of l u, by partial pivoting; fails when a is "
              "singular.",
       .type_rule = checked<lu_rule>,
       .evaluate = evaluate_lu,
       .derivative = core::ZeroDerivative{"what is solved with it is differentiated by the matrix"},
       .transpose = NotLinear{},
       .lowering = OpaqueLowering{},
       .samples = lu_samples,
       .effect = core::Effect::Fails},
      solver("lu_solve", {"a", "lu", "rows", "b"},
             "x with a x = b (a' x = b with {transposed}), by the factors of a.",
             checked<lu_solve_rule>, evaluate_lu_solve, lu_solve_tangent, transpose_lu_solve,
             lu_solve_samples, core::Effect::None),
      solver("triangular_solve", {"l", "b"},
             "x with l x = b (l' x = b with {transposed}), reading one triangle of l.",
             checked<triangular_rule>, evaluate_triangular, triangular_tangent,
             transpose_triangular, triangular_samples),
      solver("inv", {"a"}, "The inverse of a matrix; fails when it is singular.", checked<inv_rule>,
             evaluate_inv, inv_tangent, NotLinear{}, square_samples),
      solver("det", {"a"},
             "The determinant. From size 4 its derivative needs a matrix that is not singular.",
             checked<det_rule<1>>, evaluate_det, det_tangent, NotLinear{}, det_samples,
             core::Effect::None),
      solver("logdet", {"a"}, "The sign of the determinant and the logarithm of its magnitude.",
             checked<det_rule<2>>, evaluate_logdet, logdet_tangent, NotLinear{}, square_samples,
             core::Effect::None)};
  for (const Primitive& record : records) registry.add(record);
}

// Note [Factors]
// ~~~~~~~~~~~~~~
// `solve(a, b)` is `lu_solve(a, lu_factor(a), b)`. The solution depends on a alone, so its
// derivative is by the operand a, and the factors, which determine no more than how it is computed,
// count as constants. The linear part solves again by the same factors: a gradient, a Hessian, a
// Jacobian eliminate once. No function of the language hands the factors out.

}  // namespace calc::prim
