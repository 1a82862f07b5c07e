// The constructs, transposed.
#include <algorithm>

#include "lang/ad/transpose.h"

namespace calc::ad {

// ---- for ---------------------------------------------------------------------------------------

/// The results of the transposed loop in order: the carried cotangents, those of captured values,
/// then the masks of both.
struct Transposer::Loop {
  size_t carried = 0;
  std::vector<ValueId> captured;
  std::vector<ValueId> init;
  /// Carried: the sizes are not known everywhere (Note [Unsized]).
  Mask unsized;
  /// Carried and captured: a mask goes with it.
  Mask masked;
  std::vector<std::optional<Cotangent>> stacked;
};

Transposer::Loop Transposer::enter_loop(const Op& op) {
  Loop loop;
  loop.carried = op.args.size() - 1;
  loop.captured = captured_by(op);
  std::vector<ValueId> masks;
  for (size_t k = 0; k < loop.carried; ++k) {
    const ValueId param = op.blocks[0].params[k + 1];
    loop.unsized.push_back(!sizes_known(op.results[k]) || !sizes_known(param));
    loop.masked.push_back(!loop.unsized[k] && coverage_.partial(param));
    if (loop.masked[k]) masks.push_back(mask_of(op.results[k]));
    loop.init.push_back(take_or_empty(op.results[k]));
  }
  for (ValueId value : loop.captured) {
    const std::optional<Cotangent> before = find(value);
    loop.masked.push_back(coverage_.partial(value) && (!before || before->mask.valid()));
    if (loop.masked.back()) masks.push_back(mask_of(value));
    loop.init.push_back(take_or_zeros(value));
  }
  loop.init.insert(loop.init.end(), masks.begin(), masks.end());
  for (size_t k = loop.carried; k < op.results.size(); ++k) {
    loop.stacked.push_back(find(op.results[k]));
    cotangents_.erase(op.results[k]);
  }
  return loop;
}

void Transposer::counted_loop(const Op& op) {
  bool any = false;
  for (ValueId result : op.results) any = any || find(result);
  if (!any) return;
  const Loop loop = enter_loop(op);
  auto outer = std::move(cotangents_);
  Block body = transposed_body(op, loop);
  cotangents_ = std::move(outer);
  builder_.loc = op.loc;
  const std::vector<ValueId> results =
      builder_.emit_for(known(op.args[0]), loop.init, std::move(body), !op.reverse());
  size_t next_mask = loop.carried + loop.captured.size();
  std::vector<Cotangent> found;
  for (size_t k = 0; k < loop.masked.size(); ++k) {
    found.push_back({results[k], loop.masked[k] ? results[next_mask++] : ValueId{}});
  }
  for (size_t k = 0; k < loop.captured.size(); ++k) {
    cotangents_[loop.captured[k]] = found[loop.carried + k];
  }
  for (size_t k = 0; k < loop.carried; ++k) {
    if (!linear_(op.args[k + 1])) continue;
    if (loop.unsized[k]) found[k].value = sized(results[k], op.args[k + 1]);
    add(op.args[k + 1], found[k]);
  }
}

/// The cotangent, zeros if there is none, of no size if nobody knows how many: see Note [Unsized].
ValueId Transposer::take_or_empty(ValueId original) {
  if (find(original) || sizes_known(original)) return take_or_zeros(original);
  const Type like = type_of(original);
  const auto dynamic = std::count(like.dims.begin(), like.dims.end(), core::kDynamic);
  return builder_.zeros(like,
                        std::vector<ValueId>(static_cast<size_t>(dynamic), builder_.integer(0)));
}

/// `ct`, or if it has no elements, zeros of the sizes of the original value.
ValueId Transposer::sized(ValueId ct, ValueId original) {
  const std::vector<ValueId> found = builder_.dynamic_sizes(ct);
  if (found.empty()) return ct;
  ValueId nothing = builder_.op("eq", {found[0], builder_.integer(0)});
  builder_.open_block({});
  ValueId fresh = zeros(original);
  Block as_zeros = builder_.close_block({fresh});
  builder_.open_block({});
  Block as_given = builder_.close_block({ct});
  return builder_.emit_if(nothing, std::move(as_zeros), std::move(as_given))[0];
}

Block Transposer::transposed_body(const Op& op, const Loop& loop) {
  const Block& source = op.blocks[0];
  std::vector<ValueId> originals(source.params.begin() + 1, source.params.end());
  originals.insert(originals.end(), loop.captured.begin(), loop.captured.end());
  std::vector<Type> types;
  for (ValueId param : source.params) types.push_back(source_.type(param));
  for (ValueId value : loop.captured) types.push_back(source_.type(value));
  for (size_t k = 0; k < originals.size(); ++k) {
    if (loop.masked[k]) types.push_back({core::Elem::Bool, source_.type(originals[k]).dims});
  }
  const std::vector<ValueId> params = builder_.open_block(types);
  map_[source.params[0]] = params[0];
  copy_known(source);

  cotangents_.clear();
  size_t next_mask = 1 + originals.size();
  std::vector<Cotangent> given;
  for (size_t k = 0; k < originals.size(); ++k) {
    given.push_back({params[1 + k], loop.masked[k] ? params[next_mask++] : ValueId{}});
  }
  for (size_t k = 0; k < loop.captured.size(); ++k) {
    cotangents_[loop.captured[k]] = given[loop.carried + k];
  }
  for (size_t k = 0; k < loop.carried; ++k) {
    ValueId result = source.results[k];
    if (loop.unsized[k] && linear_(result)) given[k].value = sized(given[k].value, result);
    add(result, given[k]);
  }
  for (size_t k = 0; k < loop.stacked.size(); ++k) {
    if (loop.stacked[k]) add(source.results[loop.carried + k], row(*loop.stacked[k], params[0]));
  }
  backward(source);
  std::vector<ValueId> results;
  std::vector<ValueId> masks;
  for (size_t k = 0; k < originals.size(); ++k) {
    if (loop.masked[k]) masks.push_back(mask_of(originals[k]));
    results.push_back(k < loop.carried ? take_or_empty(originals[k]) : take_or_zeros(originals[k]));
  }
  results.insert(results.end(), masks.begin(), masks.end());
  return builder_.close_block(std::move(results));
}

Cotangent Transposer::row(const Cotangent& ct, ValueId i) {
  const core::Attrs first{{"axes", std::vector<int64_t>{0}}};
  Cotangent row{builder_.op("index", {ct.value, i}, first), {}};
  if (ct.mask.valid()) row.mask = builder_.op("index", {ct.mask, i}, first);
  return row;
}

// ---- if ----------------------------------------------------------------------------------------

struct Transposer::Branch {
  std::vector<ValueId> captured;
  /// The captured values whose masks both sides return, after their cotangents.
  Mask masked;
  std::vector<std::optional<Cotangent>> given;
  Cotangents outer;
};

void Transposer::branch(const Op& op) {
  Branch branch;
  branch.captured = captured_by(op);
  bool any = false;
  for (ValueId result : op.results) {
    branch.given.push_back(find(result));
    any = any || branch.given.back();
    cotangents_.erase(result);
  }
  if (!any) return;
  branch.outer = cotangents_;
  for (ValueId value : branch.captured) {
    const std::optional<Cotangent> before = find(value);
    branch.masked.push_back(coverage_.partial(value) && (!before || before->mask.valid()));
  }
  std::vector<Block> blocks;
  std::vector<Mask> touched(2);
  for (size_t k = 0; k < 2; ++k) {
    blocks.push_back(transposed_branch(op.blocks[k], branch, touched[k]));
  }
  cotangents_ = branch.outer;
  builder_.loc = op.loc;
  ValueId condition = known(op.args[0]);
  const std::vector<ValueId> results =
      builder_.emit_if(condition, std::move(blocks[0]), std::move(blocks[1]));
  size_t next_mask = branch.captured.size();
  for (size_t k = 0; k < branch.captured.size(); ++k) {
    Cotangent ct{results[k], {}};
    const auto before = branch.outer.find(branch.captured[k]);
    const bool is_new = before == branch.outer.end();
    ValueId mask = is_new ? ValueId{} : before->second.mask;
    if (branch.masked[k]) {
      ct.mask = results[next_mask++];
    } else if (touched[0][k] != touched[1][k]) {
      ValueId taken = touched[0][k] ? condition : builder_.op("not", {condition});
      taken = builder_.fill_like(taken, results[k]);
      ct.mask = is_new ? taken : either(mask, taken);
    } else if (!touched[0][k]) {
      ct.mask = mask;
    }
    cotangents_[branch.captured[k]] = ct;
  }
}

Block Transposer::transposed_branch(const Block& block, const Branch& branch, Mask& touched) {
  cotangents_ = branch.outer;
  for (size_t k = 0; k < branch.captured.size(); ++k) {
    auto at = cotangents_.find(branch.captured[k]);
    if (at != cotangents_.end() && !branch.masked[k]) at->second.mask = {};
  }
  builder_.open_block({});
  copy_known(block);
  for (size_t k = 0; k < branch.given.size(); ++k) {
    if (branch.given[k]) add(block.results[k], *branch.given[k]);
  }
  backward(block);
  std::vector<ValueId> out;
  std::vector<ValueId> masks;
  for (size_t k = 0; k < branch.captured.size(); ++k) {
    const ValueId value = branch.captured[k];
    const std::optional<Cotangent> ct = find(value);
    const auto before = branch.outer.find(value);
    touched.push_back(ct && (before == branch.outer.end() || !(before->second.value == ct->value)));
    if (branch.masked[k]) masks.push_back(mask_of(value));
    out.push_back(take_or_zeros(value));
  }
  out.insert(out.end(), masks.begin(), masks.end());
  return builder_.close_block(std::move(out));
}

// ---- call --------------------------------------------------------------------------------------

void Transposer::call(const Op& op) {
  Mask given;
  std::vector<ValueId> cts;
  for (ValueId result : op.results) {
    std::optional<Cotangent> ct = find(result);
    given.push_back(ct.has_value());
    if (ct) cts.push_back(ct->value);
    cotangents_.erase(result);
  }
  if (cts.empty()) return;
  std::vector<ValueId> args;
  std::vector<ValueId> sums;
  Mask accumulated(op.args.size(), false);
  for (size_t k = 0; k < op.args.size(); ++k) {
    ValueId arg = op.args[k];
    if (!linear_(arg)) {
      args.push_back(known(arg));
    } else if (std::optional<Cotangent> before = find(arg)) {
      // Only once if the argument is passed several times.
      accumulated[k] = true;
      sums.push_back(before->value);
      cotangents_.erase(arg);
    }
  }
  args.insert(args.end(), cts.begin(), cts.end());
  args.insert(args.end(), sums.begin(), sums.end());
  const Transposed& callee =
      engine_.transpose(op.callee, linear_.mask(op.args), given, accumulated);
  const std::vector<ValueId> results = builder_.call(callee.function, std::move(args));
  size_t next = 0;
  for (size_t k = 0; k < op.args.size(); ++k) {
    if (callee.cotangents[k]) add(op.args[k], {results[next++], {}});
  }
}

}  // namespace calc::ad

// Note [Loops]
//
//   (c_n, s) = for i { (c', s_i) = L(c, k, i) }     c carried, k captured, s stacked, all linear
//
// Iteration i maps (c, k) to (c', s_i), so the loop is a product of such maps, and its transpose is
// the product of the transposes in the other order: running i the other way, carry c̄ (starting from
// the cotangent of c_n) and k̄ (starting from what other uses of k have contributed so far), and let
// (c̄, k̄ += …) be the transpose of iteration i at (c̄, s̄_i). What is left of c̄ belongs to the initial
// value, also when the loop runs zero times. Results may coincide with parameters, with each other
// or with values from outside: each is one more contribution to the same cotangent.
//
// Note [Unsized]
//
// A carried array may change its sizes from one iteration to the next, and where nothing uses it
// (after the loop, or in the body) nobody has recorded them. Its cotangent is zero there, of
// unknown sizes: it is passed on with no elements at all, and whoever receives it (the body for its
// result, the code before the loop for the initial value), who does know the sizes, replaces it by
// zeros.
//
// Note [Branches]
//
// Both branches return the cotangents of everything either of them uses. They start from the
// cotangents outside, so a branch in a loop that reads x[i] adds to one element. A value that only
// one branch uses, and nothing after the construct, has a cotangent that is an exact zero when the
// other branch runs; its mask says so. Where elements matter (coverage.h) the branches return
// masks.
