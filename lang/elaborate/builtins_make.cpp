// Tensors from nothing: constants, ranges, random numbers.
#include <cmath>

#include "lang/elaborate/builtins.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

ValueId iota(Emit& emit, const Size& size) {
  return emit.builder().op("iota", operands_of({size}), {{"dims", core::Dims{size.constant}}});
}

namespace {

ValuePtr filled(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Sizes sizes = shape_from(emit, args.rest(), args);
  return wrap(emit, fill(emit, emit.builder().real(self.name == "ones" ? 1.0 : 0.0), sizes));
}

/// The same shape as a value, leaf by leaf.
ValuePtr filled_like(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  std::vector<Leaf> leaves = leaves_of(args[0]);
  for (Leaf& leaf : leaves) {
    const ValueId scalar = b.convert(b.real(self.name == "ones_like" ? 1.0 : 0.0), leaf.type.elem);
    leaf = Leaf{b.fill_like(scalar, leaf.id), leaf.type, std::nullopt, false};
  }
  return with_leaves(args[0], leaves);
}

ValuePtr full(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Leaf value = args.tensor(emit, 1);
  if (!value.type.is_scalar()) {
    base::fail(args.span(1), "`full` spreads a number, this is " + core::user_text(value.type));
  }
  const Builtin shape{self.name, "...shape", "", nullptr};
  const BuiltinArgs sizes(shape, CallArgs{{args[0]}, {}, args.whole(), {args.span(0)}});
  return wrap(emit, fill(emit, value.id, shape_from(emit, sizes.rest(), sizes)));
}

ValuePtr eye(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const Size rows = size_from(emit, args[0], args.span(0));
  const Size columns = args.has(1) ? size_from(emit, args[1], args.span(1)) : rows;
  const Sizes sizes{rows, columns};
  const ValueId row = broadcast(emit, iota(emit, rows), sizes, {0});
  const ValueId column = broadcast(emit, iota(emit, columns), sizes, {1});
  return wrap(emit, b.convert(b.op("eq", {row, column}), Elem::F64));
}

ValuePtr linspace(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const ValueId start = b.convert(args.real(emit, 0), Elem::F64);
  const ValueId stop = b.convert(args.real(emit, 1), Elem::F64);
  if (!b.type(start).is_scalar() || !b.type(stop).is_scalar()) {
    base::fail(args.whole(), "`linspace` runs between two numbers");
  }
  const Size n = size_from(emit, args[2], args.span(2));
  const ValueId last = b.op("max", {b.sub(size_value(emit, n), b.integer(1)), b.integer(1)});
  const ValueId step = b.div(b.sub(stop, start), b.convert(last, Elem::F64));
  const ValueId i = iota(emit, n);
  const ValueId inner =
      b.add(fill(emit, start, {n}), b.mul(b.convert(i, Elem::F64), fill(emit, step, {n})));
  const ValueId at_end = b.op("eq", {i, fill(emit, last, {n})});
  return wrap(emit, b.select(at_end, fill(emit, stop, {n}), inner));
}

// ---- range -------------------------------------------------------------------------------------

ValueId ceil_div(Emit& emit, ValueId length, ValueId step) {
  core::Builder& b = emit.builder();
  return b.neg(b.op("floordiv", {b.neg(length), step}));
}

Size int_count(Emit& emit, const std::vector<ValuePtr>& parts, const BuiltinArgs& args) {
  std::vector<int64_t> known;
  for (const ValuePtr& part : parts) {
    if (const std::optional<int64_t> n = known_int(emit, part)) known.push_back(*n);
  }
  core::Builder& b = emit.builder();
  int64_t length = 0;
  if (known.size() == 3 && known[2] == 0) {
    base::fail(args.span(2), "the step of `range` must not be 0");
  }
  if (known.size() == 3 && !__builtin_sub_overflow(known[1], known[0], &length)) {
    const int64_t step = known[2];
    const int64_t count = length / step + (length % step != 0 && (length < 0) == (step < 0));
    return known_size(std::max<int64_t>(0, count));
  }
  const ValueId span = b.sub(parts[1]->leaf.id, parts[0]->leaf.id);
  return Size{core::kDynamic, b.op("max", {ceil_div(emit, span, parts[2]->leaf.id), b.integer(0)})};
}

Size real_count(Emit& emit, ValueId start, ValueId stop, ValueId step) {
  core::Builder& b = emit.builder();
  const ValueId exact = b.op("ceil", {b.div(b.sub(stop, start), step)});
  return Size{core::kDynamic, b.op("max", {b.convert(exact, Elem::I64), b.integer(0)})};
}

/// The literal bounds of a range of reals.
std::optional<Size> literal_count(const std::vector<ValuePtr>& parts) {
  std::vector<double> values;
  for (const ValuePtr& part : parts) {
    const Leaf& leaf = part->leaf;
    if (!leaf.literal || !leaf.known) return std::nullopt;
    const bool real = leaf.known->kind == Known::Kind::Real;
    values.push_back(real ? leaf.known->real : static_cast<double>(leaf.known->integer));
  }
  const double count = std::ceil((values[1] - values[0]) / values[2]);
  if (!(count < 1e12)) return std::nullopt;
  return known_size(count > 0 ? static_cast<int64_t>(count) : 0);
}

ValuePtr range(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const auto literal = [&](int64_t n) {
    return tensor(
        Leaf{b.integer(n), core::scalar_type(Elem::I64), Known{Known::Kind::Int, n, 0}, true});
  };
  const ValuePtr start = args.has(1) ? args[0] : literal(0);
  const ValuePtr stop = args.has(1) ? args[1] : args[0];
  const std::vector<ValuePtr> parts{start, stop, args.has(2) ? args[2] : literal(1)};
  bool real = false;
  for (size_t k = 0; k < parts.size(); ++k) {
    require_tensor(parts[k], args.name(), args.whole());
    real = real || parts[k]->leaf.type.is_real();
    if (!parts[k]->leaf.type.is_scalar()) {
      base::fail(args.whole(), "`range` counts between numbers, this is " + type_text(*parts[k]));
    }
  }
  const Elem elem = real ? Elem::F64 : Elem::I64;
  std::vector<ValueId> ids;
  for (const ValuePtr& part : parts) ids.push_back(converted(emit, part->leaf, elem));
  Size n;
  if (real) {
    const std::optional<Size> known = literal_count(parts);
    n = known ? *known : real_count(emit, ids[0], ids[1], ids[2]);
  } else {
    n = int_count(emit, parts, args);
  }
  const ValueId i = b.convert(iota(emit, n), elem);
  return wrap(emit, b.add(fill(emit, ids[0], {n}), b.mul(i, fill(emit, ids[2], {n}))));
}

// ---- random numbers ----------------------------------------------------------------------------

ValuePtr random(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Sizes sizes = shape_from(emit, args.rest(), args);
  const std::string_view primitive = self.name == "rand" ? "random_uniform" : "random_normal";
  return wrap(emit, emit.builder().op(primitive, operands_of(sizes), {{"dims", dims_of(sizes)}}));
}

ValuePtr random_int(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  std::vector<ValueId> operands{integer(emit, args[0], args.span(0), "`low`"),
                                integer(emit, args[1], args.span(1), "`high`")};
  const Sizes sizes = shape_from(emit, args.rest(), args);
  for (ValueId size : operands_of(sizes)) operands.push_back(size);
  return wrap(emit,
              emit.builder().op("random_int", std::move(operands), {{"dims", dims_of(sizes)}}));
}

ValuePtr permutation(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const Size n = size_from(emit, args[0], args.span(0));
  return wrap(emit, emit.builder().op("random_permutation", operands_of({n}),
                                      {{"dims", core::Dims{n.constant}}}));
}

ValuePtr seed(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const ValueId n = integer(emit, args[0], args.span(0), "a seed");
  emit.builder().emit(core::registry().get("random_seed"), {n});
  return unit();
}

ValuePtr one_hot(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  core::Builder& b = emit.builder();
  const Leaf labels = args.tensor(emit, 0);
  if (labels.type.elem != Elem::I64) {
    base::fail(args.span(0), "`one_hot` needs Int labels, this is " + core::user_text(labels.type),
               labels.type.is_real() ? "`Int(labels)` makes Ints of whole Reals" : "");
  }
  const Size classes = size_from(emit, args[1], args.span(1));
  Sizes sizes = sizes_of(emit, labels.id);
  std::vector<int64_t> axes;
  for (size_t k = 0; k < sizes.size(); ++k) axes.push_back(static_cast<int64_t>(k));
  const auto last = static_cast<int64_t>(sizes.size());
  const ValueId in_range =
      b.op("check_index", {labels.id, size_value(emit, classes)}, {{"axis", last}});
  sizes.push_back(classes);
  const ValueId spread = broadcast(emit, in_range, sizes, axes);
  const ValueId numbers = broadcast(emit, iota(emit, classes), sizes, {last});
  return wrap(emit, b.convert(b.op("eq", {spread, numbers}), Elem::F64));
}

const Builtin kTable[] = {
    {"zeros", "...shape", "A tensor of zeros.\n\n    zeros(3)    # => [0.0, 0.0, 0.0]", filled},
    {"ones", "...shape", "A tensor of ones.\n\n    ones(2)    # => [1.0, 1.0]", filled},
    {"zeros_like", "x", "Zeros of the structure of `x`.\n\n    zeros_like([1, 2])    # => [0, 0]",
     filled_like},
    {"ones_like", "x", "Ones of the structure of `x`.\n\n    ones_like([3, 4])    # => [1, 1]",
     filled_like},
    {"full", "shape, value",
     "A tensor with one value everywhere.\n\n    full(3, 0.5)    # => [0.5, 0.5, 0.5]", full},
    {"eye", "n, columns = none", "The identity matrix.\n\n    trace(eye(3))    # => 3.0", eye},
    {"linspace", "start, stop, n",
     "`n` numbers at equal distances, both ends included.\n\n    linspace(0, 1, 3)    # => [0.0, "
     "0.5, 1.0]",
     linspace},
    {"range", "start, stop = none, step = 1",
     "The numbers from `start` up to `stop`, which is left out.\n\n    range(1, 7, 2)    # => [1, "
     "3, "
     "5]",
     range},
    {"rand", "...shape",
     "Uniform random numbers in [0, 1).\n\n    shape(rand(2, 3))    # => (2, 3)", random},
    {"randn", "...shape",
     "Random numbers of the standard normal distribution.\n\n    shape(randn(4))    # => (4,)",
     random},
    {"randint", "low, high, ...shape",
     "Random Ints from `low` up to `high`, which is left out.\n\n    randint(0, 1)    # => 0",
     random_int},
    {"permutation", "n",
     "The numbers below `n` in random order.\n\n    sort(permutation(3))    # => [0, 1, 2]",
     permutation},
    {"seed", "n", "Starts the random numbers anew; one seed, the same numbers.\n\n    seed(1)",
     seed},
    {"one_hot", "labels, n",
     "A row for each label, 1 at its place.\n\n    one_hot([1, 0], 2)    # => [[0.0, 1.0], [1.0, "
     "0.0]]",
     one_hot},
};

}  // namespace

std::span<const Builtin> making_builtins() { return kTable; }

}  // namespace calc::elab
