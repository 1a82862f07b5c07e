// cholesky eigh qr svd: differentiable where the factors are unique.
//
// Functions of a symmetric matrix take (a + a')/2, so that their derivatives by every single entry
// mean what differences see.
#include <algorithm>

#include "lang/prim/emit.h"
#include "lang/prim/families.h"
#include "lang/prim/loops.h"
#include "lang/prim/matrices.h"
#include "lang/prim/samples.h"
#include "runtime/linalg.h"

namespace calc::prim {

namespace {

using core::NotLinear;
using core::OpaqueLowering;
using core::Primitive;

// ---- types and values ---------------------------------------------------------------------------

std::vector<Type> cholesky_rule(Types args, const Attrs&) {
  require_count(args, 1);
  return {square(args[0])};
}

std::vector<Type> eigh_rule(Types args, const Attrs&) {
  require_count(args, 1);
  Type vectors = square(args[0]);
  Type values{vectors.elem, {vectors.dims[0]}};
  return {std::move(values), std::move(vectors)};
}

/// The smaller size of a matrix, where the type knows it.
int64_t smaller_size(const Type& type) {
  require_real(type);
  require_rank(type, 2);
  const int64_t m = type.dims[0];
  const int64_t n = type.dims[1];
  return m == kDynamic || n == kDynamic ? kDynamic : std::min(m, n);
}

std::vector<Type> qr_rule(Types args, const Attrs&) {
  require_count(args, 1);
  const int64_t k = smaller_size(args[0]);
  const Type& a = args[0];
  return {{a.elem, {a.dims[0], k}}, {a.elem, {k, a.dims[1]}}};
}

std::vector<Type> svd_rule(Types args, const Attrs&) {
  require_count(args, 1);
  const int64_t k = smaller_size(args[0]);
  const Type& a = args[0];
  return {{a.elem, {a.dims[0], k}}, {a.elem, {k}}, {a.elem, {k, a.dims[1]}}};
}

Array symmetric_part(const Array& a) {
  require_square(a);
  const int64_t n = a.dims()[0];
  Array result = Array::uninitialised(a.elem(), a.dims());
  for_real(a.elem(), [&]<typename T>(T) {
    const T* in = a.data<T>();
    T* out = result.writable<T>();
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) out[i * n + j] = (in[i * n + j] + in[j * n + i]) / 2;
    }
  });
  return result;
}

void evaluate_cholesky(rt::Context&, Args args, const Attrs&, Args results) {
  results[0] = rt::cholesky(symmetric_part(args[0]));
}

void evaluate_eigh(rt::Context&, Args args, const Attrs&, Args results) {
  rt::SymmetricEigen eigen = rt::symmetric_eigen(symmetric_part(args[0]));
  results[0] = std::move(eigen.values);
  results[1] = std::move(eigen.vectors);
}

void evaluate_qr(rt::Context&, Args args, const Attrs&, Args results) {
  rt::Qr factors = rt::qr(args[0]);
  results[0] = std::move(factors.q);
  results[1] = std::move(factors.r);
}

void evaluate_svd(rt::Context&, Args args, const Attrs&, Args results) {
  rt::Svd factors = rt::svd(args[0]);
  results[0] = std::move(factors.u);
  results[1] = std::move(factors.s);
  results[2] = std::move(factors.vt);
}

// ---- derivatives --------------------------------------------------------------------------------

ValueId triangular_solve(Builder& builder, ValueId l, ValueId b, bool lower, bool transposed) {
  return builder.op("triangular_solve", {l, b}, {{"lower", lower}, {"transposed", transposed}});
}

/// dl = l p(l⁻¹ da l⁻ᵀ), where p keeps the lower triangle and half of the diagonal.
MaybeValues cholesky_tangent(RuleContext& context, const Op&, Values, Values out,
                             Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  ValueId l = context.residual(out[0]);
  ValueId half = triangular_solve(linear, l, symmetrised(linear, *tangents[0]), true, false);
  ValueId inner = triangular_solve(linear, l, matrix_transpose(linear, half), true, false);
  ValueId below = context.residual(band_mask(primal, out[0], kNoBound, -1));
  ValueId on = context.residual(band_mask(primal, out[0], 0, 0));
  ValueId diagonal_half = linear.mul(constant_like(linear, 0.5, inner), masked(linear, on, inner));
  ValueId lower = linear.add(masked(linear, below, inner), diagonal_half);
  return {matmul(linear, l, lower)};
}

/// 1/(v_j - v_i) off the places where both are equal, and 0 there.
ValueId inverse_gaps(Builder& builder, ValueId values, ValueId like) {
  ValueId columns = over_rows(builder, values, like);
  ValueId rows = over_columns(builder, values, like);
  ValueId gaps = builder.sub(columns, rows);
  ValueId zeros = zeros_like(builder, gaps);
  ValueId ones = constant_like(builder, 1.0, gaps);
  ValueId equal = builder.op("eq", {gaps, zeros});
  ValueId inverse = builder.div(ones, builder.select(equal, ones, gaps));
  return builder.select(equal, zeros, inverse);
}

/// With p = v' da v: dw = diag p, dv = v (f ∘ p), f_ij = 1/(w_j - w_i).
MaybeValues eigh_tangent(RuleContext& context, const Op&, Values, Values out, Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  ValueId v = context.residual(out[1]);
  ValueId vt = context.residual(matrix_transpose(primal, out[1]));
  ValueId p = matmul(linear, matmul(linear, vt, symmetrised(linear, *tangents[0])), v);
  ValueId on = context.residual(band_mask(primal, out[1], 0, 0));
  ValueId gaps = context.residual(inverse_gaps(primal, out[0], out[1]));
  ValueId dw = diagonal(linear, on, p);
  ValueId dv = matmul(linear, v, linear.mul(gaps, p));
  return {dw, dv};
}

/// The first columns of a matrix, as many as `like` has.
ValueId first_columns(Builder& builder, ValueId a, ValueId like) {
  const int64_t size = builder.type(like).dims[1];
  if (size != kDynamic && size == builder.type(a).dims[1]) return a;
  return builder.op("slice", {a, builder.integer(0), builder.dim(like, 1)},
                    {{"axis", int64_t{1}}, {"step", int64_t{1}}, {"size", size}});
}

/// With x = da₁ r₁⁻¹ over the leading square part, y = q' x and w its lower triangle made
/// antisymmetric: dq = q (w - y) + x and dr = q' (da - dq r).
MaybeValues qr_tangent(RuleContext& context, const Op&, Values, Values out, Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  ValueId leading = first_columns(primal, out[1], out[0]);
  ValueId below = context.residual(band_mask(primal, leading, kNoBound, -1));
  ValueId r1 = context.residual(leading);
  ValueId q = context.residual(out[0]);
  ValueId qt = context.residual(matrix_transpose(primal, out[0]));
  ValueId r = context.residual(out[1]);
  ValueId da = *tangents[0];
  ValueId da1 = matrix_transpose(linear, first_columns(linear, da, q));
  ValueId x = matrix_transpose(linear, triangular_solve(linear, r1, da1, false, true));
  ValueId y = matmul(linear, qt, x);
  ValueId lower = masked(linear, below, y);
  ValueId w = linear.sub(lower, matrix_transpose(linear, lower));
  ValueId dq = linear.add(matmul(linear, q, linear.sub(w, y)), x);
  ValueId dr = matmul(linear, qt, linear.sub(da, matmul(linear, dq, r)));
  return {dq, dr};
}

/// x - u (u' x), the part of x outside the columns of u, divided by s column by column.
ValueId outside(RuleContext& context, ValueId u, ValueId s, ValueId x) {
  Builder& linear = context.linear();
  ValueId ut = context.residual(matrix_transpose(context.primal(), u));
  ValueId inside = matmul(linear, context.residual(u), matmul(linear, ut, x));
  ValueId rest = linear.sub(x, inside);
  ValueId divisor = context.residual(over_rows(context.primal(), s, u));
  return linear.op("div", {rest, divisor}, singular_attrs(true));
}

bool is_square(Builder& builder, ValueId a) {
  const Type& type = builder.type(a);
  return type.dims[0] != kDynamic && type.dims[0] == type.dims[1];
}

/// With p = u' da v and f_ij = 1/(s_j² - s_i²): ds = diag p, du = u (f ∘ (p s + s p')) and what of
/// da v s⁻¹ lies outside u; dv likewise with p' for p.
MaybeValues svd_tangent(RuleContext& context, const Op&, Values, Values out, Tangents tangents) {
  Builder& primal = context.primal();
  Builder& linear = context.linear();
  ValueId v_primal = matrix_transpose(primal, out[2]);
  ValueId u = context.residual(out[0]);
  ValueId v = context.residual(v_primal);
  ValueId ut = context.residual(matrix_transpose(primal, out[0]));
  ValueId da_v = matmul(linear, *tangents[0], v);
  ValueId da_u = matmul(linear, matrix_transpose(linear, *tangents[0]), u);
  ValueId p = matmul(linear, ut, da_v);
  ValueId pt = matrix_transpose(linear, p);
  // The square of sizes [k, k] that p has: shapes for what follows.
  ValueId square_shape = matmul(primal, out[2], v_primal);
  ValueId on = context.residual(band_mask(primal, square_shape, 0, 0));
  ValueId gaps = context.residual(inverse_gaps(primal, primal.mul(out[1], out[1]), square_shape));
  ValueId s_columns = context.residual(over_rows(primal, out[1], square_shape));
  ValueId s_rows = context.residual(over_columns(primal, out[1], square_shape));
  auto turned = [&](ValueId q, ValueId qt) {
    ValueId both = linear.add(linear.mul(s_columns, q), linear.mul(s_rows, qt));
    return linear.mul(gaps, both);
  };
  ValueId du = matmul(linear, u, turned(p, pt));
  ValueId dv = matmul(linear, v, turned(pt, p));
  if (!is_square(primal, out[0])) du = linear.add(du, outside(context, out[0], out[1], da_v));
  if (!is_square(primal, v_primal)) dv = linear.add(dv, outside(context, v_primal, out[1], da_u));
  ValueId ds = diagonal(linear, on, p);
  return {du, ds, matrix_transpose(linear, dv)};
}

// ---- samples and records ------------------------------------------------------------------------

std::vector<Sample> definite_samples() {
  rt::Array three = reals({3, 3}, {4.0, 1.0, 0.5, 1.0, 3.0, -0.25, 0.5, -0.25, 2.0});
  return {{{reals({1, 1}, {4.0})}, {}},
          {{three}, {}},
          {{reals({2, 2}, {3.0, 0.25, -0.5, 2.0})}, {}},
          {{reals({0, 0}, {})}, {}},
          {{real32(three)}, {}}};
}

std::vector<Sample> rectangular_samples() {
  std::vector<double> entries = {2.0, -1.0, 0.5, 0.25, 3.0, 1.0};
  return {{{reals({2, 2}, {2.0, 1.0, -0.5, 3.0})}, {}},
          {{reals({3, 2}, entries)}, {}},
          {{reals({2, 3}, entries)}, {}},
          {{reals({1, 1}, {-2.0})}, {}},
          {{real32(reals({3, 2}, entries))}, {}}};
}

Primitive factorisation(std::string_view name, std::string_view doc, core::TypeRule rule,
                        core::Evaluate evaluate, core::LinearRule derivative, core::Samples samples,
                        core::Effect effect = core::Effect::Fails) {
  return {.name = name,
          .params = {"a"},
          .doc = doc,
          .type_rule = rule,
          .evaluate = evaluate,
          .derivative = derivative,
          .transpose = NotLinear{},
          .lowering = OpaqueLowering{},
          .samples = samples,
          .effect = effect};
}

}  // namespace

void add_factorisations(core::Registry& registry) {
  static const Primitive records[] = {
      factorisation("cholesky", "Lower l with l l' = (a + a')/2; fails when not positive definite.",
                    checked<cholesky_rule>, evaluate_cholesky, cholesky_tangent, definite_samples),
      factorisation("eigh",
                    "Ascending eigenvalues and eigenvectors (columns) of (a + a')/2. The vectors' "
                    "derivative takes no part between equal eigenvalues.",
                    checked<eigh_rule>, evaluate_eigh, eigh_tangent, definite_samples),
      factorisation("qr", "Orthonormal q and upper r with a = q r, r's diagonal positive.",
                    checked<qr_rule>, evaluate_qr, qr_tangent, rectangular_samples,
                    core::Effect::None),
      factorisation(
          "svd",
          "u, s, vt with a = u diag(s) vt, s descending. The derivative of u and vt takes "
          "no part between equal singular values.",
          checked<svd_rule>, evaluate_svd, svd_tangent, rectangular_samples)};
  for (const Primitive& record : records) registry.add(record);
}

}  // namespace calc::prim
