// The constructs, transposed.
#include <algorithm>

#include "lang/ad/transpose.h"

namespace calc::ad {

// ---- for ---------------------------------------------------------------------------------------

void Transposer::counted_loop(const Op& op) {
  const size_t carried = op.args.size() - 1;
  const std::vector<ValueId> captured = captured_by(op);
  bool any = false;
  for (ValueId result : op.results) any = any || find(result);
  if (!any) return;
  std::vector<ValueId> init;
  Mask unsized;
  for (size_t k = 0; k < carried; ++k) {
    unsized.push_back(!sizes_known(op.results[k]) || !sizes_known(op.blocks[0].params[k + 1]));
    init.push_back(take_or_empty(op.results[k]));
  }
  for (ValueId value : captured) init.push_back(take_or_zeros(value));
  std::vector<MaybeValue> stacked;
  for (size_t k = carried; k < op.results.size(); ++k) {
    std::optional<Cotangent> ct = find(op.results[k]);
    stacked.push_back(ct ? MaybeValue(ct->value) : std::nullopt);
    cotangents_.erase(op.results[k]);
  }

  auto outer = std::move(cotangents_);
  Block body = transposed_body(op, captured, unsized, stacked);
  cotangents_ = std::move(outer);
  builder_.loc = op.loc;
  const std::vector<ValueId> results =
      builder_.emit_for(known(op.args[0]), std::move(init), std::move(body), !op.reverse());
  for (size_t k = 0; k < captured.size(); ++k) {
    cotangents_[captured[k]] = {results[carried + k], {}};
  }
  for (size_t k = 0; k < carried; ++k) {
    if (!linear_(op.args[k + 1])) continue;
    add(op.args[k + 1], {unsized[k] ? sized(results[k], op.args[k + 1]) : results[k], {}});
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

Block Transposer::transposed_body(const Op& op, const std::vector<ValueId>& captured,
                                  const Mask& unsized, std::span<const MaybeValue> stacked) {
  const Block& source = op.blocks[0];
  const size_t carried = op.args.size() - 1;
  std::vector<Type> types;
  for (ValueId param : source.params) types.push_back(source_.type(param));
  for (ValueId value : captured) types.push_back(source_.type(value));
  const std::vector<ValueId> params = builder_.open_block(types);
  map_[source.params[0]] = params[0];
  copy_known(source);

  cotangents_.clear();
  for (size_t k = 0; k < captured.size(); ++k) {
    cotangents_[captured[k]] = {params[1 + carried + k], {}};
  }
  for (size_t k = 0; k < carried; ++k) {
    ValueId given = params[1 + k];
    if (unsized[k] && linear_(source.results[k])) given = sized(given, source.results[k]);
    add(source.results[k], {given, {}});
  }
  for (size_t k = 0; k < stacked.size(); ++k) {
    ValueId result = source.results[carried + k];
    if (!stacked[k] || !linear_(result)) continue;
    add(result,
        {builder_.op("index", {*stacked[k], params[0]}, {{"axes", std::vector<int64_t>{0}}}), {}});
  }
  backward(source);
  std::vector<ValueId> results;
  for (size_t k = 0; k < carried; ++k) results.push_back(take_or_empty(source.params[1 + k]));
  for (ValueId value : captured) results.push_back(take_or_zeros(value));
  return builder_.close_block(std::move(results));
}

// ---- if ----------------------------------------------------------------------------------------

void Transposer::branch(const Op& op) {
  const std::vector<ValueId> captured = captured_by(op);
  std::vector<std::optional<Cotangent>> given;
  bool any = false;
  for (ValueId result : op.results) {
    given.push_back(find(result));
    any = any || given.back();
    cotangents_.erase(result);
  }
  if (!any) return;
  const auto outer = cotangents_;
  std::vector<Block> blocks;
  std::vector<Mask> touched(2);
  for (size_t k = 0; k < 2; ++k) {
    cotangents_ = outer;
    for (ValueId value : captured) {
      if (auto at = cotangents_.find(value); at != cotangents_.end()) at->second.mask = {};
    }
    blocks.push_back(transposed_branch(op.blocks[k], captured, given, outer, touched[k]));
  }
  cotangents_ = outer;
  builder_.loc = op.loc;
  ValueId condition = known(op.args[0]);
  const std::vector<ValueId> results =
      builder_.emit_if(condition, std::move(blocks[0]), std::move(blocks[1]));
  for (size_t k = 0; k < captured.size(); ++k) {
    Cotangent ct{results[k], {}};
    const auto before = outer.find(captured[k]);
    const bool is_new = before == outer.end();
    ValueId mask = is_new ? ValueId{} : before->second.mask;
    if (touched[0][k] != touched[1][k]) {
      ValueId taken = touched[0][k] ? condition : builder_.op("not", {condition});
      taken = builder_.fill_like(taken, results[k]);
      ct.mask = is_new ? taken : either(mask, taken);
    } else if (!touched[0][k]) {
      ct.mask = mask;
    }
    cotangents_[captured[k]] = ct;
  }
}

Block Transposer::transposed_branch(const Block& block, const std::vector<ValueId>& captured,
                                    const std::vector<std::optional<Cotangent>>& results,
                                    const Cotangents& outer, Mask& touched) {
  builder_.open_block({});
  copy_known(block);
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k]) add(block.results[k], *results[k]);
  }
  backward(block);
  std::vector<ValueId> out;
  for (ValueId value : captured) {
    const std::optional<Cotangent> ct = find(value);
    const auto before = outer.find(value);
    touched.push_back(ct && (before == outer.end() || !(before->second.value == ct->value)));
    out.push_back(take_or_zeros(value));
  }
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
// other branch runs; its mask says so.
