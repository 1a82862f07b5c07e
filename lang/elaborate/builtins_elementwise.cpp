// Functions of numbers, entry by entry: most are the primitive of the same name.
#include "lang/elaborate/builtins.h"
#include "lang/elaborate/builtins_text.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// The primitive of the builtin's name, over reals.
ValuePtr of_reals(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return wrap(emit, emit.builder().op(self.name, {args.real(emit, 0)}));
}

/// The same, but an Int stays one (a Bool counts as an Int).
ValuePtr of_numbers(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf x = args.tensor(emit, 0);
  const Elem elem = x.type.elem == Elem::Bool ? Elem::I64 : x.type.elem;
  return wrap(emit, emit.builder().op(self.name, {converted(emit, x, elem)}));
}

ValuePtr of_two_reals(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf a = args.tensor(emit, 0);
  const Leaf b = args.tensor(emit, 1);
  const Elem met = meet(a, b);
  const Elem elem = met == Elem::F32 ? met : Elem::F64;
  BinarySpans spans{args.whole(), args.whole(), args.span(0), args.span(1)};
  return wrap(emit, elementwise(emit, self.name, a, b, elem, args.name(), spans));
}

ValuePtr logarithm(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const ValueId x = args.real(emit, 0);
  if (!args.has(1)) return wrap(emit, emit.builder().op("log", {x}));
  const std::optional<int64_t> base = literal_int(args.tensor(emit, 1));
  if (base && *base == 2) return wrap(emit, emit.builder().op("log2", {x}));
  if (base && *base == 10) return wrap(emit, emit.builder().op("log10", {x}));
  const ValuePtr over = wrap(emit, emit.builder().op("log", {args.real(emit, 1)}));
  return binary(emit, syntax::BinaryOp::Div, wrap(emit, emit.builder().op("log", {x})), over,
                all_spans(args.whole()));
}

ValuePtr rounded(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const ValueId x = args.real(emit, 0);
  if (!args.has(1)) return wrap(emit, b.op("round", {x}));
  const int64_t digits = args.integer(emit, 1, 0);
  double scale = 1;
  for (int64_t k = 0; k < std::min<int64_t>(std::abs(digits), 308); ++k) scale *= 10;
  const ValueId factor = b.fill_like(b.convert(b.real(scale), b.type(x).elem), x);
  const bool fraction = digits >= 0;
  const ValueId scaled = fraction ? b.mul(x, factor) : b.div(x, factor);
  const ValueId whole = b.op("round", {scaled});
  return wrap(emit, fraction ? b.div(whole, factor) : b.mul(whole, factor));
}

ValuePtr literal_zero(Emit& emit) {
  return tensor(Leaf{emit.builder().integer(0), core::scalar_type(Elem::I64),
                     Known{Known::Kind::Int, 0, 0}, true});
}

ValuePtr relu(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return extremum(emit, true, tensor(args.tensor(emit, 0)), literal_zero(emit),
                  all_spans(args.whole()));
}

ValuePtr clamp(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const BinarySpans low{args.whole(), args.whole(), args.span(0), args.span(1)};
  const BinarySpans high{args.whole(), args.whole(), args.span(0), args.span(2)};
  const ValuePtr raised =
      extremum(emit, true, tensor(args.tensor(emit, 0)), tensor(args.tensor(emit, 1)), low);
  return extremum(emit, false, raised, tensor(args.tensor(emit, 2)), high);
}

// ---- where -------------------------------------------------------------------------------------

ValuePtr where_tree(Emit& emit, const BuiltinArgs& args, const ValuePtr& a, const ValuePtr& b) {
  const bool trees = a->kind == ValueKind::Tuple || a->kind == ValueKind::Record;
  if (trees && a->kind == b->kind && a->fields == b->fields && a->items.size() == b->items.size()) {
    std::vector<ValuePtr> items;
    for (size_t k = 0; k < a->items.size(); ++k) {
      items.push_back(where_tree(emit, args, a->items[k], b->items[k]));
    }
    return a->kind == ValueKind::Tuple ? tuple(std::move(items))
                                       : record(a->fields, std::move(items));
  }
  require_tensor(a, "`where`", args.span(1));
  require_tensor(b, "`where`", args.span(2));
  const Elem elem = meet(a->leaf, b->leaf);
  const std::vector<ValueId> operands = broadcast_all(
      emit, {args[0]->leaf.id, converted(emit, a->leaf, elem), converted(emit, b->leaf, elem)},
      "`where`", args.whole(), {args.span(0), args.span(1), args.span(2)});
  return wrap(emit, emit.builder().select(operands[0], operands[1], operands[2]));
}

ValuePtr where(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  if (!is_tensor(args[0]) || args[0]->leaf.type.elem != Elem::Bool) {
    base::fail(args.span(0), "`where` chooses by Bools, this is " + type_text(*args[0]),
               "compare: `where(x > 0, …, …)`");
  }
  return where_tree(emit, args, as_tensor(emit, args[1]), as_tensor(emit, args[2]));
}

// ---- conversions and tests ---------------------------------------------------------------------

template <Elem elem>
ValuePtr to_elem(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const bool is_text = args[0]->kind == ValueKind::String;
  if (is_text && elem != Elem::Bool) {
    const Elem read = elem == Elem::I64 ? elem : Elem::F64;
    return convert(emit, parsed_number(emit, args[0], read, args.span(0)), elem, args.span(0));
  }
  return convert(emit, tensor(args.tensor(emit, 0)), elem, args.span(0));
}

ValuePtr real_test(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const ValueId x = args.real(emit, 0);
  if (self.name == "isnan") return wrap(emit, b.op("is_nan", {x}));
  if (self.name == "isinf") return wrap(emit, b.op("is_inf", {x}));
  return wrap(emit, b.op("not", {b.op("or", {b.op("is_nan", {x}), b.op("is_inf", {x})})}));
}

ValuePtr isclose(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const auto tolerance = [&](size_t k, double otherwise) {
    return args.has(k) ? b.convert(args.real(emit, k), Elem::F64) : b.real(otherwise);
  };
  const Tolerance close{tolerance(2, kRelative), tolerance(3, kAbsolute)};
  return wrap(emit, all_equal(emit, args[0], args[1], &close));
}

ValuePtr stopped(Emit& emit, const ValuePtr& value) {
  std::vector<Leaf> leaves = leaves_of(value);
  for (Leaf& leaf : leaves) {
    if (leaf.type.is_real()) leaf.id = emit.builder().op("stop_gradient", {leaf.id});
  }
  return with_leaves(value, leaves);
}

ValuePtr stop_gradient(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  return stopped(emit, args[0]);
}

const Builtin kTable[] = {
    {"sqrt", "x", "The square root.\n\n    sqrt(2.0)    # => 1.4142135623730951", of_reals},
    {"cbrt", "x", "The cube root, of negative numbers too.\n\n    cbrt(-8.0)    # => -2.0",
     of_reals},
    {"exp", "x", "e to the power `x`.\n\n    exp(1.0)    # => 2.718281828459045", of_reals},
    {"expm1", "x", "`exp(x) - 1`, accurate near 0.\n\n    expm1(0.0)    # => 0.0", of_reals},
    {"log", "x, base = none",
     "The natural logarithm, or the one to a base.\n\n    log(8, 2)    # => 3.0", logarithm},
    {"log1p", "x", "`log(1 + x)`, accurate near 0.\n\n    log1p(0.0)    # => 0.0", of_reals},
    {"log2", "x", "The logarithm to base 2.\n\n    log2(8.0)    # => 3.0", of_reals},
    {"log10", "x", "The logarithm to base 10.\n\n    log10(1000.0)    # => 3.0", of_reals},
    {"sin", "x", "The sine of an angle in radians.\n\n    sin(0.0)    # => 0.0", of_reals},
    {"cos", "x", "The cosine of an angle in radians.\n\n    cos(0.0)    # => 1.0", of_reals},
    {"tan", "x", "The tangent of an angle in radians.\n\n    tan(0.0)    # => 0.0", of_reals},
    {"asin", "x", "The angle with that sine.\n\n    asin(0.0)    # => 0.0", of_reals},
    {"acos", "x", "The angle with that cosine.\n\n    acos(1.0)    # => 0.0", of_reals},
    {"atan", "x", "The angle with that tangent.\n\n    atan(0.0)    # => 0.0", of_reals},
    {"sinh", "x", "The hyperbolic sine.\n\n    sinh(0.0)    # => 0.0", of_reals},
    {"cosh", "x", "The hyperbolic cosine.\n\n    cosh(0.0)    # => 1.0", of_reals},
    {"tanh", "x", "The hyperbolic tangent.\n\n    tanh(0.0)    # => 0.0", of_reals},
    {"asinh", "x", "The inverse of `sinh`.\n\n    asinh(0.0)    # => 0.0", of_reals},
    {"acosh", "x", "The inverse of `cosh`.\n\n    acosh(1.0)    # => 0.0", of_reals},
    {"atanh", "x", "The inverse of `tanh`.\n\n    atanh(0.0)    # => 0.0", of_reals},
    {"erf", "x", "The error function.\n\n    erf(0.0)    # => 0.0", of_reals},
    {"erfc", "x", "`1 - erf(x)`, accurate for large `x`.\n\n    erfc(0.0)    # => 1.0", of_reals},
    {"gamma", "x", "The gamma function, `gamma(n) = (n - 1)!`.\n\n    gamma(5.0)    # => 24.0",
     of_reals},
    {"lgamma", "x", "The logarithm of `|gamma(x)|`.\n\n    lgamma(1.0)    # => 0.0", of_reals},
    {"digamma", "x", "The derivative of `lgamma`.\n\n    digamma(1.0)", of_reals},
    {"sigmoid", "x", "`1 / (1 + exp(-x))`, without overflow.\n\n    sigmoid(0.0)    # => 0.5",
     of_reals},
    {"softplus", "x", "`log(1 + exp(x))`, without overflow.\n\n    softplus(0.0)", of_reals},
    {"floor", "x", "The largest whole number not above `x`.\n\n    floor(-1.5)    # => -2.0",
     of_reals},
    {"ceil", "x", "The smallest whole number not below `x`.\n\n    ceil(1.2)    # => 2.0",
     of_reals},
    {"trunc", "x", "Without the digits after the point.\n\n    trunc(-1.5)    # => -1.0", of_reals},
    {"round", "x, digits = none",
     "The nearest whole number, halves to even; or to so many digits after the point.\n\n"
     "    round(2.5)    # => 2.0",
     rounded},
    {"abs", "x", "The absolute value; its derivative at 0 is 0.\n\n    abs(-3)    # => 3",
     of_numbers},
    {"sign", "x", "-1, 0 or 1.\n\n    sign(-2.5)    # => -1.0", of_numbers},
    {"atan2", "y, x", "The angle of the point (x, y).\n\n    atan2(0.0, 1.0)    # => 0.0",
     of_two_reals},
    {"hypot", "x, y", "`sqrt(x^2 + y^2)`, without overflow.\n\n    hypot(3.0, 4.0)    # => 5.0",
     of_two_reals},
    {"relu", "x", "`max(x, 0)`; its derivative at 0 is 0.\n\n    relu(-1.0)    # => 0.0", relu},
    {"clamp", "x, low, high", "`x` kept between two bounds.\n\n    clamp(5, 0, 3)    # => 3",
     clamp},
    {"where", "condition, a, b",
     "Entry by entry, `a` where the condition holds and `b` elsewhere. What is not chosen adds "
     "nothing to a derivative.\n\n    where([1, -1] > 0, 1, 0)    # => [1, 0]",
     where},
    {"isnan", "x", "Is it not a number?\n\n    isnan(0.0)    # => false", real_test},
    {"isinf", "x", "Is it infinite?\n\n    isinf(1.0)    # => false", real_test},
    {"isfinite", "x", "Is it neither infinite nor nan?\n\n    isfinite(1.0)    # => true",
     real_test},
    {"isclose", "a, b, rtol = 1e-9, atol = 1e-12",
     "`a ≈ b`: equal but for rounding, in every entry.\n\n    isclose(0.1 + 0.2, 0.3)    # => true",
     isclose},
    {"stop_gradient", "x",
     "`x`, taken as a constant by every derivative.\n\n    (x -> x * stop_gradient(x))'(3.0)    # "
     "=> 3.0",
     stop_gradient},
    {"Real", "x", "As a Real; of a text, the number it says.\n\n    Real(3)    # => 3.0",
     to_elem<Elem::F64>},
    {"Real32", "x", "As a Real of 32 bits.\n\n    Real32(0.5)    # => 0.5", to_elem<Elem::F32>},
    {"Int", "x",
     "As an Int, without the digits after the point; of a text, the number it says.\n\n    "
     "Int(2.7)    # => 2",
     to_elem<Elem::I64>},
    {"Bool", "x", "False exactly for 0.\n\n    Bool(2)    # => true", to_elem<Elem::Bool>},
};

}  // namespace

std::span<const Builtin> elementwise_builtins() { return kTable; }

}  // namespace calc::elab
