// Where an index can be, so that `check_index` need not look: the check of `x[i]` in a loop over
// the entries of `x` goes away.
//
// An integer is a linear form over values: constants times values plus a constant, read off its
// definition. A loop variable lies between 0 and count - 1; putting the right end in its place,
// innermost loop first, bounds the form by one without loop variables. The index is in range when
// both `index` and `size - 1 - index` are bounded below by a form that cannot be negative: a
// constant
// >= 0 plus non-negative multiples of sizes. Checked arithmetic makes the forms exact.
#include <algorithm>

#include "lang/opt/rules.h"

namespace calc::opt {

namespace {

constexpr int kMaxDepth = 12;
constexpr size_t kMaxTerms = 8;
/// Constants beyond this are not worth the care that overflow would need.
constexpr int64_t kLargest = int64_t{1} << 31;

struct Linear {
  struct Term {
    ValueId value;
    int64_t factor;
  };
  std::vector<Term> terms;
  int64_t constant = 0;
  bool known = true;

  void add(ValueId value, int64_t factor) {
    for (Term& term : terms) {
      if (term.value == value) {
        term.factor += factor;
        return check(term.factor);
      }
    }
    terms.push_back({value, factor});
    check(factor);
    if (terms.size() > kMaxTerms) known = false;
  }
  void add(const Linear& other, int64_t factor) {
    if (!other.known) known = false;
    for (const Term& term : other.terms) add(term.value, term.factor * factor);
    constant += other.constant * factor;
    check(constant);
  }
  void check(int64_t number) {
    if (number > kLargest || number < -kLargest) known = false;
  }
};

class Ranges {
 public:
  explicit Ranges(const Rewriter& rewriter) : r_(rewriter) {}

  Linear form(ValueId value, int depth = 0) const {
    Linear out;
    if (auto known = r_.integer_of(value)) {
      out.constant = *known;
      out.check(*known);
      return out;
    }
    const Op* op = r_.definition(value);
    if (!op || op->kind != OpKind::Primitive || depth > kMaxDepth || !sum(*op, depth, out)) {
      out.add(representative(value, op), 1);
    }
    return out;
  }

  /// The form is never negative.
  bool non_negative(Linear form) const {
    for (int round = 0; round < kMaxDepth && form.known; ++round) {
      const Linear::Term* loop = innermost(form);
      if (!loop) break;
      eliminate(form, *loop);
    }
    if (!form.known || form.constant < 0) return false;
    return std::all_of(form.terms.begin(), form.terms.end(), [&](const Linear::Term& term) {
      return term.factor == 0 || (term.factor > 0 && is_size(term.value));
    });
  }

 private:
  bool sum(const Op& op, int depth, Linear& out) const {
    const std::string_view name = op.primitive->name;
    if (name == "add" || name == "sub") {
      out.add(form(op.args[0], depth + 1), 1);
      out.add(form(op.args[1], depth + 1), name == "add" ? 1 : -1);
      return true;
    }
    if (name == "neg") {
      out.add(form(op.args[0], depth + 1), -1);
      return true;
    }
    if (name != "mul") return false;
    for (size_t k : {0, 1}) {
      auto factor = r_.integer_of(op.args[k]);
      if (!factor || *factor > kLargest || *factor < -kLargest) continue;
      out.add(form(op.args[1 - k], depth + 1), *factor);
      return true;
    }
    return false;
  }

  /// Sizes of the same axis of the same array are one.
  ValueId representative(ValueId value, const Op* op) const {
    if (!op || !is_size(value)) return value;
    for (const auto& [known, other] : sizes_) {
      if (known->args == op->args && known->attrs == op->attrs) return other;
    }
    sizes_.emplace_back(op, value);
    return value;
  }

  bool is_size(ValueId value) const { return r_.definition(value, "dim") != nullptr; }

  /// Loops nest as their variables were made.
  const Linear::Term* innermost(const Linear& form) const {
    const Linear::Term* found = nullptr;
    for (const Linear::Term& term : form.terms) {
      if (term.factor == 0 || !r_.loop_count(term.value)) continue;
      if (!found || r_.depth(term.value) > r_.depth(found->value)) found = &term;
    }
    return found;
  }

  /// The least the form can be over the loop's variable.
  void eliminate(Linear& out, const Linear::Term loop) const {
    out.add(loop.value, -loop.factor);
    if (loop.factor > 0) return;
    // In the loop its count is positive: max(n, 0) is n there.
    ValueId count = *r_.loop_count(loop.value);
    if (const Op* clamp = r_.definition(count, "max")) {
      for (size_t k : {0, 1}) {
        if (r_.integer_of(clamp->args[k]) == 0) count = clamp->args[1 - k];
      }
    }
    out.add(form(count), loop.factor);
    out.constant -= loop.factor;
  }

  const Rewriter& r_;
  mutable std::vector<std::pair<const Op*, ValueId>> sizes_;
};

}  // namespace

bool provably_in_range(const Rewriter& rewriter, ValueId index, ValueId size) {
  const Ranges ranges(rewriter);
  const Linear at = ranges.form(index);
  if (!ranges.non_negative(at)) return false;
  Linear room = ranges.form(size);
  room.constant -= 1;
  room.add(at, -1);
  return ranges.non_negative(room);
}

}  // namespace calc::opt
