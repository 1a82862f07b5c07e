// Equations of arithmetic that hold for every real in IEEE 754, signed zeros, infinities and nan
// included: x + 0 = x is not among them (-0 + 0 = 0), x - 0 = x is.
#include <cmath>

#include "lang/opt/rules.h"

namespace calc::opt {

namespace {

using Result = std::optional<ValueId>;

/// `x` may stand for `op`, whose other argument is the constant spread `unit`.
bool unit(const Rewriter& r, ValueId x, ValueId unit, double number) {
  return is_splat(r, unit, number) && has_sizes_of(r, unit, x);
}

ValueId filled(Rewriter& r, const Op& op, double number) {
  const Elem elem = r.type(op.args[0]).elem;
  return spread(r, r.constant(scalar_constant(elem, number)), op.args[0]);
}

// ---- products ----------------------------------------------------------------------------------

/// x * 1 = 1 * x = x
Result mul_by_one(Rewriter& r, const Op& op) {
  if (unit(r, op.args[0], op.args[1], 1)) return op.args[0];
  if (unit(r, op.args[1], op.args[0], 1)) return op.args[1];
  return std::nullopt;
}

/// x * -1 = -1 * x = -x
Result mul_by_minus_one(Rewriter& r, const Op& op) {
  for (size_t k : {0, 1}) {
    if (unit(r, op.args[k], op.args[1 - k], -1)) return r.emit("neg", {op.args[k]});
  }
  return std::nullopt;
}

/// -a * -b = a * b; -a * c = a * -c for a constant c
Result mul_of_negations(Rewriter& r, const Op& op) {
  if (!r.type(op.args[0]).is_real()) return std::nullopt;
  for (size_t k : {0, 1}) {
    const Op* a = r.definition(op.args[k], "neg");
    if (!a) continue;
    std::vector<ValueId> args = op.args;
    args[k] = a->args[0];
    if (const Op* b = r.definition(op.args[1 - k], "neg")) {
      args[1 - k] = b->args[0];
    } else if (splat(r, op.args[1 - k])) {
      args[1 - k] = r.emit("neg", {op.args[1 - k]});
    } else {
      continue;
    }
    return r.emit(*op.primitive, std::move(args), op.attrs);
  }
  return std::nullopt;
}

/// -a * b = -(a * b); -a / b = a / -b = -(a / b), when nothing else needs the negation: outside, a
/// sum absorbs it
Result negation_outwards(Rewriter& r, const Op& op) {
  if (!r.type(op.args[0]).is_real()) return std::nullopt;
  for (size_t k : {0, 1}) {
    const Op* inner = r.definition(op.args[k], "neg");
    if (!inner || !r.used_once(op.args[k])) continue;
    std::vector<ValueId> args = op.args;
    args[k] = inner->args[0];
    return r.emit("neg", {r.emit(*op.primitive, std::move(args), op.attrs)});
  }
  return std::nullopt;
}

/// n * 0 = 0 for integers
Result integer_mul_by_zero(Rewriter& r, const Op& op) {
  if (r.type(op.args[0]).elem != Elem::I64) return std::nullopt;
  for (size_t k : {0, 1}) {
    if (unit(r, op.args[k], op.args[1 - k], 0)) return op.args[1 - k];
  }
  return std::nullopt;
}

/// x / 1 = x; x / -1 = -x
Result div_by_unit(Rewriter& r, const Op& op) {
  if (unit(r, op.args[0], op.args[1], 1)) return op.args[0];
  if (unit(r, op.args[0], op.args[1], -1)) return r.emit("neg", {op.args[0]});
  return std::nullopt;
}

/// The reciprocal when c and 1/c are exact powers of two in the normal range.
std::optional<rt::Array> exact_reciprocal(const rt::Array& c) {
  const double value = c.elem() == Elem::F64 ? c.as_real() : static_cast<double>(c.as_real32());
  int exponent = 0;
  if (std::abs(std::frexp(value, &exponent)) != 0.5) return std::nullopt;
  const int limit = c.elem() == Elem::F64 ? 1000 : 120;
  if (std::abs(exponent) > limit) return std::nullopt;
  return scalar_constant(c.elem(), 1 / value);
}

/// x / 2^k = x * 2^-k
Result div_by_power_of_two(Rewriter& r, const Op& op) {
  const rt::Array* c = splat(r, op.args[1]);
  if (!c || !has_sizes_of(r, op.args[1], op.args[0])) return std::nullopt;
  auto reciprocal = exact_reciprocal(*c);
  if (!reciprocal) return std::nullopt;
  const ValueId factor = spread(r, r.constant(*reciprocal), op.args[0]);
  return r.emit("mul", {op.args[0], factor});
}

/// n // 1 = n
Result floordiv_by_one(Rewriter& r, const Op& op) {
  if (r.type(op.args[0]).elem != Elem::I64) return std::nullopt;
  return unit(r, op.args[0], op.args[1], 1) ? Result(op.args[0]) : std::nullopt;
}

// ---- sums --------------------------------------------------------------------------------------

/// x + -0 = -0 + x = x (for integers x + 0)
Result add_zero(Rewriter& r, const Op& op) {
  if (unit(r, op.args[0], op.args[1], -0.0)) return op.args[0];
  if (unit(r, op.args[1], op.args[0], -0.0)) return op.args[1];
  return std::nullopt;
}

/// a + -b = a - b; -a + b = b - a
Result add_negation(Rewriter& r, const Op& op) {
  if (!r.type(op.args[0]).is_real()) return std::nullopt;
  for (size_t k : {1, 0}) {
    const Op* b = r.definition(op.args[k], "neg");
    if (b) return r.emit("sub", {op.args[1 - k], b->args[0]});
  }
  return std::nullopt;
}

/// x - 0 = x; -0 - x = -x
Result sub_zero(Rewriter& r, const Op& op) {
  if (unit(r, op.args[0], op.args[1], 0.0)) return op.args[0];
  if (unit(r, op.args[1], op.args[0], -0.0)) return r.emit("neg", {op.args[1]});
  return std::nullopt;
}

/// a - -b = a + b
Result sub_negation(Rewriter& r, const Op& op) {
  const Op* b = r.definition(op.args[1], "neg");
  if (!b || !r.type(op.args[0]).is_real()) return std::nullopt;
  return r.emit("add", {op.args[0], b->args[0]});
}

/// n - n = 0 for integers
Result integer_sub_self(Rewriter& r, const Op& op) {
  if (op.args[0] != op.args[1] || r.type(op.args[0]).elem != Elem::I64) return std::nullopt;
  return filled(r, op, 0);
}

/// (n + a) - a = n for integers
Result integer_sub_added(Rewriter& r, const Op& op) {
  if (r.type(op.args[0]).elem != Elem::I64) return std::nullopt;
  const Op* sum = r.definition(op.args[0], "add");
  for (size_t k : {0, 1}) {
    if (sum && sum->args[k] == op.args[1]) return sum->args[1 - k];
  }
  return std::nullopt;
}

/// - -x = x; -(a * c) = a * -c for a constant c
Result neg_inside(Rewriter& r, const Op& op) {
  if (!r.type(op.args[0]).is_real()) return std::nullopt;
  if (const Op* inner = r.definition(op.args[0], "neg")) return inner->args[0];
  const Op* product = r.definition(op.args[0], "mul");
  for (size_t k : {0, 1}) {
    if (!product || !splat(r, product->args[k])) continue;
    std::vector<ValueId> args = product->args;
    args[k] = r.emit("neg", {args[k]});
    return r.emit(*product->primitive, std::move(args), product->attrs);
  }
  return std::nullopt;
}

// ---- powers and the like -----------------------------------------------------------------------

/// x^0 = 1; x^1 = x; x^2 = x * x, as by the chain of products that defines them
Result small_power(Rewriter& r, const Op& op) {
  const ValueId x = op.args[0];
  if (!splat(r, op.args[1]) || !has_sizes_of(r, op.args[1], x)) return std::nullopt;
  if (is_splat(r, op.args[1], 0)) return filled(r, op, 1);
  if (is_splat(r, op.args[1], 1)) return x;
  if (is_splat(r, op.args[1], 2)) return r.emit("mul", {x, x});
  return std::nullopt;
}

/// |-x| = | |x| | = |x|
Result abs_of_sign(Rewriter& r, const Op& op) {
  if (!r.type(op.args[0]).is_real()) return std::nullopt;
  if (r.definition(op.args[0], "abs")) return op.args[0];
  const Op* inner = r.definition(op.args[0], "neg");
  return inner ? Result(r.emit("abs", {inner->args[0]})) : std::nullopt;
}

/// max(x, x) = min(x, x) = x
Result extremum_of_same(Rewriter&, const Op& op) {
  return op.args[0] == op.args[1] ? Result(op.args[0]) : std::nullopt;
}

Result copied(Rewriter&, const Op& op) { return op.args[0]; }

}  // namespace

void add_arithmetic_rules(RuleTable& table) {
  for (Rule rule :
       {mul_by_one, mul_by_minus_one, integer_mul_by_zero, mul_of_negations, negation_outwards}) {
    table.add("mul", rule);
  }
  for (Rule rule : {div_by_unit, div_by_power_of_two, negation_outwards}) table.add("div", rule);
  for (Rule rule : {add_zero, add_negation}) table.add("add", rule);
  for (Rule rule : {sub_zero, sub_negation, integer_sub_self, integer_sub_added}) {
    table.add("sub", rule);
  }
  table.add("floordiv", floordiv_by_one);
  table.add("neg", neg_inside);
  table.add("powi", small_power);
  table.add("powii", small_power);
  table.add("abs", abs_of_sign);
  table.add("max", extremum_of_same);
  table.add("min", extremum_of_same);
  table.add("copy", copied);
}

}  // namespace calc::opt
