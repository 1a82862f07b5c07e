// A condition known only at run time: both branches become blocks whose results are the value and
// every enclosing name that either of them rebinds, at their joined types.
//
// The joined types are known only after both sides are walked, so conversions are appended to the
// closed blocks: nothing is walked twice.
#include <utility>

#include "lang/elaborate/frame.h"

namespace calc::elab {

/// One side of a branch, walked: its block, its value, the names it may have changed.
struct Frame::Side {
  core::Block block;
  bool reached = true;
  ValuePtr value;
  std::vector<ValuePtr> after;
  Ended ended = Ended::No;
};

Frame::Side Frame::branch_side(const std::vector<std::string>& names,
                               const std::vector<ValuePtr>& before,
                               const std::function<ValuePtr()>& walk) {
  Side side;
  ended_ = Ended::No;
  side.reached = walk_block({}, side.block, [&](std::span<const core::ValueId>) {
    ++nesting_;
    side.value = walk();
    side.ended = ended_;
    --nesting_;
  });
  ended_ = Ended::No;
  for (size_t k = 0; k < names.size(); ++k) {
    side.after.push_back(side.reached ? current(names[k]) : before[k]);
    restore(names[k], before[k]);
  }
  return side;
}

namespace {

[[noreturn]] void cannot_join(base::Span span, const std::string& what, const Value& a,
                              const Value& b) {
  base::fail(span,
             what + " is " + type_text(a) + " in one branch and " + type_text(b) + " in the other");
}

Ended joined_end(Ended a, Ended b) {
  if (a == Ended::No || b == Ended::No) return Ended::No;
  return a == b ? a : Ended::Several;
}

}  // namespace

/// The joined type of what a name has after either side; null when it stays as it was. After a side
/// that returns nobody looks at it any more.
ValuePtr Frame::joined_name(const std::string& name, Side& a, Side& b, size_t k, base::Span span) {
  const bool kept = is_hidden(name);
  const bool dead_a = a.ended == Ended::Return && !kept;
  const bool dead_b = b.ended == Ended::Return && !kept;
  if (dead_a && dead_b) return nullptr;
  if (dead_a || dead_b) {
    ValuePtr& dead = dead_a ? a.after[k] : b.after[k];
    const ValuePtr& live = dead_a ? b.after[k] : a.after[k];
    if (structure_key(*dead, false) != structure_key(*live, false)) dead = never();
    return live;
  }
  ValuePtr joined = join_trees(a.after[k], b.after[k]);
  if (joined) return joined;
  if (name == kReturned) returns_differ(span, a.after[k], b.after[k]);
  cannot_join(span, "`" + name + "`", *a.after[k], *b.after[k]);
}

ValuePtr Frame::branch(core::ValueId condition, base::Span span, const Names& names, Want want,
                       const std::function<ValuePtr()>& then_side,
                       const std::function<ValuePtr()>& else_side) {
  std::vector<ValuePtr> before;
  const std::vector<std::string> candidates = existing(names, before);
  Side a = branch_side(candidates, before, then_side);
  Side b = branch_side(candidates, before, else_side);
  if (!a.reached && !b.reached) throw Unreached{};
  if (!a.reached || !b.reached) return only_side(a.reached ? a : b, candidates);

  std::vector<std::string> changed;
  std::vector<ValuePtr> from_a, from_b, targets;
  for (size_t k = 0; k < candidates.size(); ++k) {
    if (a.after[k] == before[k] && b.after[k] == before[k]) continue;
    const ValuePtr joined = joined_name(candidates[k], a, b, k, span);
    if (!joined) continue;
    changed.push_back(candidates[k]);
    from_a.push_back(a.after[k]);
    from_b.push_back(b.after[k]);
    targets.push_back(joined);
  }
  const ValuePtr joined = want == Want::Nothing ? nullptr : join_trees(a.value, b.value);
  const bool returns = want == Want::Result && own_.assigned.contains(kReturn);
  if (!joined && returns) returns_differ(span, a.value, b.value);
  if (!joined && (want == Want::Value || want == Want::Result))
    cannot_join(span, "the value", *a.value, *b.value);
  if (joined) {
    from_a.push_back(a.value);
    from_b.push_back(b.value);
    targets.push_back(joined);
  }
  at(span);
  close_with(a.block, from_a, targets, span);
  close_with(b.block, from_b, targets, span);
  const auto ids = builder_->emit_if(condition, std::move(a.block), std::move(b.block));
  const std::vector<ValuePtr> results = rebuilt(targets, ids);
  for (size_t k = 0; k < changed.size(); ++k) restore(changed[k], results[k]);
  ended_ = joined_end(a.ended, b.ended);
  if (joined) return results.back();
  return ended_ == Ended::No ? unit() : never();
}

/// The end of the other side is not reached: this one decides.
ValuePtr Frame::only_side(const Side& side, const std::vector<std::string>& names) {
  std::vector<ValuePtr> trees = side.after;
  trees.push_back(side.value);
  std::vector<ValuePtr> outside;
  for (const ValuePtr& tree : trees) {
    std::vector<Leaf> leaves = leaves_of(forgotten(tree, true));
    for (Leaf& leaf : leaves) leaf.id = function_->add_value(leaf.type);
    outside.push_back(with_leaves(tree, leaves));
  }
  for (size_t k = 0; k < names.size(); ++k) {
    if (current(names[k]) != side.after[k]) restore(names[k], outside[k]);
  }
  ended_ = side.ended;
  return outside.back();
}

void Frame::close_with(core::Block& block, const std::vector<ValuePtr>& trees,
                       const std::vector<ValuePtr>& targets, base::Span span) {
  core::Builder at_end(state_.module, *function_, block);
  at_end.loc = builder_->loc;
  core::Builder* const before = builder_;
  builder_ = &at_end;
  std::vector<core::ValueId> ids;
  for (size_t k = 0; k < trees.size(); ++k) {
    for (core::ValueId id : ids_of(coerce_tree(trees[k], targets[k], span))) ids.push_back(id);
  }
  builder_ = before;
  block.results = std::move(ids);
}

/// The trees with consecutive ids at their leaves.
std::vector<ValuePtr> Frame::rebuilt(const std::vector<ValuePtr>& trees,
                                     std::span<const core::ValueId> ids) {
  std::vector<ValuePtr> result;
  for (const ValuePtr& tree : trees) {
    const size_t count = leaves_of(tree).size();
    result.push_back(with_ids(tree, ids.first(count), *function_));
    ids = ids.subspan(count);
  }
  return result;
}

// ---- names that control flow changes -----------------------------------------------------------

ValuePtr Frame::current(const std::string& name) {
  if (const Binding* binding = scopes().find(name)) {
    return binding->captured ? nullptr : binding->value;
  }
  const bool at_top = around_->top && state_.globals.defines(around_->module, name);
  return at_top ? global(around_->module, name) : nullptr;
}

std::vector<std::string> Frame::existing(const Names& names, std::vector<ValuePtr>& values) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    ValuePtr value = current(name);
    if (!value) continue;
    found.push_back(name);
    values.push_back(std::move(value));
  }
  return found;
}

void Frame::restore(const std::string& name, const ValuePtr& value) {
  if (Binding* binding = scopes().find(name)) {
    binding->value = value;
  } else {
    scopes().define_outermost(name, value);
  }
}

}  // namespace calc::elab
