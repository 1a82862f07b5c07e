// `^`: integers stay integers, whole-number exponents go by repeated multiplication (smooth
// everywhere), everything else through the real power. Also max and min of two values.
#include <cmath>

#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

bool is_integral(const Leaf& a) { return a.type.elem == Elem::I64 || a.type.elem == Elem::Bool; }

/// The exponent as an Int: one already, or a Real literal that is a whole number.
std::optional<Leaf> whole_exponent(Emit& emit, const Leaf& b) {
  if (b.type.elem == Elem::I64) return b;
  if (b.type.elem == Elem::Bool) {
    Leaf leaf = b;
    leaf.id = converted(emit, b, Elem::I64);
    leaf.type.elem = Elem::I64;
    return leaf;
  }
  if (!b.literal || !b.known || !b.type.is_scalar()) return std::nullopt;
  const double value = b.known->real;
  if (value != std::floor(value) || std::abs(value) > 1e9) return std::nullopt;
  const auto n = static_cast<int64_t>(value);
  return Leaf{emit.builder().integer(n), core::scalar_type(Elem::I64),
              Known{Known::Kind::Int, n, 0}, true};
}

bool is_primitive(const core::Op* op, std::string_view name) {
  return op && op->kind == core::OpKind::Primitive && op->primitive->name == name;
}

/// The s of `x = norm(…)`, which is `select(s == 0, 0, sqrt(s))`, found by its definition.
std::optional<ValueId> square_of_norm(Emit& emit, ValueId x) {
  const core::Builder& b = emit.builder();
  const core::Op* chosen = b.definition(x);
  if (!is_primitive(chosen, "select")) return std::nullopt;
  const core::Op* root = b.definition(chosen->args[2]);
  const core::Op* at_origin = b.definition(chosen->args[0]);
  if (!is_primitive(root, "sqrt") || !is_primitive(at_origin, "eq")) return std::nullopt;
  const bool same = at_origin->args[0] == root->args[0] && at_origin->args[1] == chosen->args[1];
  return same ? std::optional(root->args[0]) : std::nullopt;
}

/// An even power of a norm or absolute value without its corner: `norm(x)^2` is `x · x`.
std::optional<ValuePtr> smooth_power(Emit& emit, const Leaf& x, int64_t n) {
  if (n < 2 || n % 2 != 0) return std::nullopt;
  core::Builder& b = emit.builder();
  const auto powered = [&](ValueId base, int64_t exponent) {
    if (exponent == 1) return wrap(emit, base);
    return wrap(emit, b.op("powi", {base, b.fill_like(b.integer(exponent), base)}));
  };
  if (!x.type.is_real()) return std::nullopt;
  if (std::optional<ValueId> squares = square_of_norm(emit, x.id)) return powered(*squares, n / 2);
  const core::Op* definition = b.definition(x.id);
  if (is_primitive(definition, "abs")) return powered(definition->args[0], n);
  return std::nullopt;
}

}  // namespace

ValuePtr power(Emit& emit, const ValuePtr& a, const ValuePtr& b, const BinarySpans& spans) {
  const Leaf& x = a->leaf;
  const Leaf& y = b->leaf;
  if (is_integral(x) && is_integral(y)) {
    const std::optional<int64_t> literal = literal_int(y);
    if (!literal || *literal >= 0) {
      return wrap(emit, elementwise(emit, "powii", x, y, Elem::I64, "`^`", spans));
    }
  }
  std::optional<Leaf> exponent = whole_exponent(emit, y);
  if (!exponent) {
    return wrap(emit, elementwise(emit, "pow", x, y, is_integral(x) ? real_elem(y) : meet(x, y),
                                  "`^`", spans));
  }
  if (const std::optional<int64_t> n = literal_int(*exponent)) {
    if (std::optional<ValuePtr> smooth = smooth_power(emit, x, *n)) return *smooth;
  }
  std::vector<ValueId> operands =
      broadcast_all(emit, {converted(emit, x, real_elem(x)), exponent->id}, "`^`", spans.whole,
                    {spans.lhs, spans.rhs});
  return wrap(emit, emit.builder().op("powi", std::move(operands)));
}

ValuePtr extremum(Emit& emit, bool is_max, const ValuePtr& a, const ValuePtr& b,
                  const BinarySpans& spans) {
  const std::string name = is_max ? "max" : "min";
  Elem elem = meet(a->leaf, b->leaf);
  if (elem == Elem::Bool) elem = Elem::I64;
  std::string tie = "share";
  if (a->leaf.literal != b->leaf.literal) tie = a->leaf.literal ? "first" : "second";
  ValueId id =
      elementwise(emit, name, a->leaf, b->leaf, elem, "`" + name + "`", spans, {{"tie", tie}});
  Leaf leaf{id, emit.builder().type(id), std::nullopt, false};
  const bool known = a->leaf.known && b->leaf.known && elem == Elem::I64;
  if (known) {
    const int64_t x = a->leaf.known->integer;
    const int64_t y = b->leaf.known->integer;
    leaf.known = Known{Known::Kind::Int, (x > y) == is_max ? x : y, 0};
  }
  return tensor(std::move(leaf));
}

}  // namespace calc::elab
