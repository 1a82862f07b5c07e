// Which operations on Ints cannot fail: they get the attribute `proven`, and from then on may be
// dropped, moved and computed without a check like any other (core::effect_of).
//
// Every Int lies in an interval: constants, sizes, loop variables (0 to the count - 1), truth
// values, checked indices, and what is computed from them. An operation whose exact result lies in
// the 64 bits for all operands in their intervals is proven. Of what may fail the result lies in
// the 64 bits too: otherwise nobody sees it. Intervals of arrays hold for all entries.
#include <algorithm>
#include <vector>

#include "lang/core/tools.h"
#include "lang/opt/passes.h"

namespace calc::opt {

namespace {

using core::Block;
using core::Elem;
using core::Function;
using core::Op;
using core::OpKind;
using core::Type;
using core::ValueId;

/// Bounds wide enough for one exact operation on Ints.
__extension__ typedef __int128 Wide;
constexpr Wide kLeast = INT64_MIN;
constexpr Wide kMost = INT64_MAX;
/// More entries than any sum will live to see.
constexpr Wide kMostEntries = Wide{1} << 56;
/// Constant arrays up to this size are looked through.
constexpr int64_t kReadEntries = 4096;

struct Interval {
  Wide low = kLeast;
  Wide high = kMost;

  bool fits() const { return low >= kLeast && high <= kMost; }
  bool holds(Wide x) const { return low <= x && x <= high; }
  Interval clipped() const { return {std::max(low, kLeast), std::min(high, kMost)}; }
};

Interval hull(Interval a, Interval b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

/// Exact: 64 by 64 bits.
Interval product(Interval a, Interval b) {
  const Wide corners[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
  return {*std::ranges::min_element(corners), *std::ranges::max_element(corners)};
}

/// Of up to `count` terms, every partial sum as well.
Interval total(Interval term, Wide count) {
  const Interval many = product(term.clipped(), {0, std::min(count, kMostEntries)});
  return term.fits() ? hull({0, 0}, many) : Interval{kLeast - 1, kMost + 1};
}

Wide floor_quotient(Wide a, Wide b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

/// Fails (does not fit) where the divisor may be 0.
Interval quotient(Interval a, Interval b) {
  if (b.holds(0)) return {kLeast - 1, kMost + 1};
  const Wide corners[] = {floor_quotient(a.low, b.low), floor_quotient(a.low, b.high),
                          floor_quotient(a.high, b.low), floor_quotient(a.high, b.high)};
  return {*std::ranges::min_element(corners), *std::ranges::max_element(corners)};
}

/// The sign of the divisor, nearer to 0 than it.
Interval remainder(Interval b) {
  if (b.holds(0)) return {kLeast - 1, kMost + 1};
  return b.low > 0 ? Interval{0, b.high - 1} : Interval{b.low + 1, 0};
}

Interval power(Interval base, Interval exponent) {
  constexpr Wide most_factors = 64;
  if (exponent.low != exponent.high || exponent.low < 0 || exponent.low > most_factors) {
    return {kLeast - 1, kMost + 1};
  }
  Interval result{1, 1};
  for (Wide k = 0; k < exponent.low && result.fits(); ++k) result = product(result, base);
  return result;
}

/// Entries of these come from the first operand, or from one of all.
bool passes_on(std::string_view name) {
  for (std::string_view one : {"index", "slice", "take", "broadcast", "reshape", "transpose",
                               "reverse", "copy", "stop_gradient", "reduce_max", "reduce_min"}) {
    if (name == one) return true;
  }
  return false;
}
bool joins(std::string_view name) {
  for (std::string_view one : {"concat", "stack", "index_set", "slice_set", "take_set"}) {
    if (name == one) return true;
  }
  return false;
}

class Prover {
 public:
  explicit Prover(Function& function)
      : function_(function), intervals_(function.value_types.size()) {}

  bool run() {
    block(function_.body);
    return changed_;
  }

 private:
  Interval& at(ValueId value) { return intervals_[value.index]; }

  void block(Block& block) {
    for (Op& op : block.ops) visit(op);
  }

  void visit(Op& op) {
    switch (op.kind) {
      case OpKind::Constant:
        at(op.results[0]) = entries(op.constant);
        return;
      case OpKind::Primitive:
        return primitive(op);
      case OpKind::If:
        for (Block& branch : op.blocks) block(branch);
        for (size_t k = 0; k < op.results.size(); ++k) {
          at(op.results[k]) = hull(at(op.blocks[0].results[k]), at(op.blocks[1].results[k]));
        }
        return;
      case OpKind::For:
        at(op.blocks[0].params[0]) = {0, std::max<Wide>(at(op.args[0]).high - 1, 0)};
        block(op.blocks[0]);
        for (size_t k = op.args.size() - 1; k < op.results.size(); ++k) {
          at(op.results[k]) = at(op.blocks[0].results[k]);
        }
        return;
      default:
        for (Block& nested : op.blocks) block(nested);
    }
  }

  void primitive(Op& op) {
    if (op.results.size() != 1) return;
    const Elem elem = function_.type(op.results[0]).elem;
    if (elem == Elem::Bool) at(op.results[0]) = {0, 1};
    if (elem != Elem::I64) return;
    const Interval exact = result(op);
    at(op.results[0]) = exact.clipped();
    if (!exact.fits() || op.attrs.has("proven") || !is_checked(op)) return;
    op.attrs.set("proven", true);
    changed_ = true;
  }

  /// Fails by an interval that does not fit, and in no other way.
  bool is_checked(const Op& op) const {
    for (std::string_view name : {"add", "sub", "mul", "neg", "abs", "floordiv", "mod", "powii",
                                  "reduce_sum", "reduce_prod", "cumsum", "dot_general"}) {
      if (op.primitive->name == name) return true;
    }
    return false;
  }

  Interval result(const Op& op) {
    const std::string_view name = op.primitive->name;
    const auto arg = [&](size_t k) { return at(op.args[k]); };
    if (name == "add") return {arg(0).low + arg(1).low, arg(0).high + arg(1).high};
    if (name == "sub") return {arg(0).low - arg(1).high, arg(0).high - arg(1).low};
    if (name == "mul") return product(arg(0), arg(1));
    if (name == "neg") return {-arg(0).high, -arg(0).low};
    if (name == "abs") return magnitude(arg(0));
    if (name == "floordiv") return quotient(arg(0), arg(1));
    if (name == "mod") return remainder(arg(1));
    if (name == "powii") return power(arg(0), arg(1));
    if (name == "sign") return {-1, 1};
    if (name == "min")
      return {std::min(arg(0).low, arg(1).low), std::min(arg(0).high, arg(1).high)};
    if (name == "max")
      return {std::max(arg(0).low, arg(1).low), std::max(arg(0).high, arg(1).high)};
    if (name == "select") return hull(arg(1), arg(2));
    if (name == "convert") return is_real(op.args[0]) ? Interval{} : arg(0);
    if (name == "check_index") return {0, std::max<Wide>(arg(1).high - 1, 0)};
    if (passes_on(name)) return arg(0);
    if (joins(name)) return joined(op);
    return of_whole(op);
  }

  Interval of_whole(const Op& op) {
    const std::string_view name = op.primitive->name;
    if (name == "dim") return size(op.args[0], op.attrs.integer("axis"));
    if (name == "iota") return {0, std::max<Wide>(size(op.results[0], 0).high - 1, 0)};
    if (name == "reduce_sum") return total(at(op.args[0]), count(op.args[0]));
    if (name == "cumsum") return total(at(op.args[0]), count(op.args[0]));
    if (name == "dot_general") {
      return total(product(at(op.args[0]), at(op.args[1])), count(op.args[0]));
    }
    if (name == "reduce_prod") {
      const Interval factor = at(op.args[0]);
      if (factor.low >= -1 && factor.high <= 1) return {-1, 1};
      return {kLeast - 1, kMost + 1};
    }
    return {};
  }

  static Interval magnitude(Interval a) {
    if (a.low >= 0) return a;
    return {0, std::max(-a.low, a.high)};
  }

  Interval joined(const Op& op) {
    const size_t last = op.primitive->name.ends_with("_set") ? 2 : op.args.size();
    Interval all = at(op.args[0]);
    for (size_t k = 1; k < last; ++k) all = hull(all, at(op.args[k]));
    return all;
  }

  Interval size(ValueId array, int64_t axis) {
    const int64_t known = function_.type(array).dims[static_cast<size_t>(axis)];
    return known == core::kDynamic ? Interval{0, kMost} : Interval{known, known};
  }

  /// How many entries an array has, at the most.
  Wide count(ValueId array) {
    Wide all = 1;
    for (int64_t dim : function_.type(array).dims) {
      if (dim == core::kDynamic) return kMostEntries;
      all = std::min(all * dim, kMostEntries);
    }
    return all;
  }

  bool is_real(ValueId value) const {
    const Elem elem = function_.type(value).elem;
    return elem == Elem::F64 || elem == Elem::F32;
  }

  static Interval entries(const rt::Array& array) {
    if (array.elem() == Elem::Bool) return {0, 1};
    if (array.elem() != Elem::I64 || array.size() == 0 || array.size() > kReadEntries) return {};
    const auto* data = array.data<int64_t>();
    const auto [low, high] = std::minmax_element(data, data + array.size());
    return {*low, *high};
  }

  Function& function_;
  /// By value; of what is no Int without meaning.
  std::vector<Interval> intervals_;
  bool changed_ = false;
};

}  // namespace

bool prove(core::Module&, core::Function& function) { return Prover(function).run(); }

// Note [Proofs stay]
// ~~~~~~~~~~~~~~~~~~
// The attribute outlives the pass. What changes an operation afterwards puts equal operands in the
// place of its operands, or copies it to where the same values are at hand (inlining, unrolling,
// recomputation for a derivative). A proof by a loop variable holds inside the loop, which an
// operation that uses the variable never leaves.

}  // namespace calc::opt
