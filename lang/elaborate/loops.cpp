// `for` and `while`. The names of enclosing blocks that the body may rebind are carried; their
// types are a fixed point: the body is walked with the types they start with, and again with joined
// types until what comes out fits what went in (Int to Real, sizes that change to dynamic).
#include "lang/elaborate/frame.h"

namespace calc::elab {

/// The carried names of a loop and their types so far.
struct Frame::Carried {
  std::vector<std::string> names;
  std::vector<ValuePtr> init;
  /// Trees of types; their ids mean nothing.
  std::vector<ValuePtr> types;
  /// How often the types may still grow: each leaf can become real and lose its sizes.
  size_t rounds = 4;
  /// The flags of the exits that the body may take, what they are before it, and after it where it
  /// does set them.
  std::vector<std::string> exits;
  std::vector<ValuePtr> unset;
  std::vector<ValuePtr> set;

  /// Is there a flag that the body sets?
  bool leaves() const { return !taken().empty(); }
  std::vector<size_t> taken() const {
    std::vector<size_t> list;
    for (size_t k = 0; k < set.size(); ++k) {
      if (set[k] != unset[k]) list.push_back(k);
    }
    return list;
  }

  std::vector<core::Type> core_types() const {
    std::vector<core::Type> list;
    for (const ValuePtr& type : types) {
      for (const Leaf& leaf : leaves_of(type)) list.push_back(leaf.type);
    }
    return list;
  }
};

namespace {

size_t growth(const ValuePtr& type) {
  size_t rounds = 0;
  for (const Leaf& leaf : leaves_of(type)) rounds += leaf.type.dims.size() + 2;
  return rounds;
}

}  // namespace

Frame::Carried Frame::carried(const Names& names) {
  Carried carried;
  Names kept = names;
  for (std::string_view flag : {kBreak, kReturn}) {
    if (kept.erase(std::string(flag)) > 0) carried.exits.emplace_back(flag);
  }
  kept.erase(std::string(kContinue));
  for (const std::string& flag : carried.exits) carried.unset.push_back(current(flag));
  carried.names = existing(kept, carried.init);
  for (const ValuePtr& value : carried.init) {
    carried.types.push_back(forgotten(value, true));
    carried.rounds += growth(value);
  }
  return carried;
}

void Frame::enter(const Carried& carried, std::span<const core::ValueId> params) {
  const std::vector<ValuePtr> values = rebuilt(carried.types, params);
  for (size_t k = 0; k < values.size(); ++k) restore(carried.names[k], values[k]);
}

/// What the body left in the carried names. A round begins with no exit taken.
std::vector<ValuePtr> Frame::leave(Carried& carried) {
  carried.set.clear();
  for (size_t k = 0; k < carried.exits.size(); ++k) {
    carried.set.push_back(current(carried.exits[k]));
    restore(carried.exits[k], carried.unset[k]);
  }
  ended_ = Ended::No;
  std::vector<ValuePtr> after;
  for (const std::string& name : carried.names) after.push_back(current(name));
  return after;
}

/// Joins the types with what came out of the body; false when they had to grow.
bool Frame::settled(Carried& carried, const std::vector<ValuePtr>& after, base::Span span) {
  bool same = true;
  const bool endless = carried.rounds-- == 0;
  for (size_t k = 0; k < after.size(); ++k) {
    ValuePtr joined = join_trees(carried.types[k], forgotten(after[k], true));
    if (!joined && carried.names[k] == kReturned) returns_differ(span, carried.types[k], after[k]);
    if (!joined) {
      base::fail(span,
                 "`" + carried.names[k] + "` is " + type_text(*carried.types[k]) +
                     " before this loop and " + type_text(*after[k]) + " after a round of it",
                 "a loop may change a value, not its structure or rank");
    }
    joined = forgotten(joined, true);
    const bool oversized = is_oversized(joined);
    const bool fits =
        !oversized && structure_key(*joined, false) == structure_key(*carried.types[k], false);
    if (!fits && (endless || oversized)) {
      base::fail(span,
                 "the type of `" + carried.names[k] + "` grows with every round of this loop");
    }
    if (carried.types[k]->kind == ValueKind::Never) carried.rounds += growth(joined);
    same = same && fits;
    carried.types[k] = std::move(joined);
  }
  return same;
}

std::vector<core::ValueId> Frame::initial(const Carried& carried, base::Span span) {
  std::vector<core::ValueId> ids;
  for (size_t k = 0; k < carried.init.size(); ++k) {
    const ValuePtr value = coerce_tree(carried.init[k], carried.types[k], span);
    for (core::ValueId id : ids_of(value)) ids.push_back(id);
  }
  return ids;
}

void Frame::enter_loop(base::Span span) {
  constexpr int kMostLoops = 60;
  ++nesting_;
  if (++loops_ > kMostLoops) {
    base::fail(span, "loops are nested more than " + std::to_string(kMostLoops) + " deep");
  }
}

void Frame::leave_loop() {
  --nesting_;
  --loops_;
}

ValuePtr Frame::counted_loop(const Iteration& iteration, base::Span span, const Names& names,
                             bool stack, const std::function<ValuePtr(const ValuePtr&)>& body) {
  Carried loop = carried(names);
  enter_loop(span);
  core::Block block;
  std::vector<ValuePtr> after;
  ValuePtr value;
  do {
    std::vector<core::Type> types = loop.core_types();
    types.insert(types.begin(), core::scalar_type(core::Elem::I64));
    const bool reached = walk_block(types, block, [&](std::span<const core::ValueId> params) {
      enter(loop, params.subspan(1));
      value = body(iteration.element(params[0]));
      after = leave(loop);
    });
    if (!reached) return no_round(loop, stack);
  } while (!settled(loop, after, span));
  leave_loop();

  at(span);
  std::vector<ValuePtr> targets = loop.types;
  if (stack) {
    after.push_back(value);
    targets.push_back(forgotten(value, true));
  }
  close_with(block, after, targets, span);
  std::vector<core::ValueId> init = initial(loop, span);
  if (loop.leaves()) {
    finish_loop(loop, emit_leaving_for(loop, iteration, std::move(block), std::move(init)));
    return nullptr;
  }
  const size_t sizes = stack ? check_rows(block, init) : 0;
  auto ids = builder_->emit_for(iteration.count, std::move(init), std::move(block));
  if (sizes > 0) ids.erase(ids.end() - 1 - static_cast<std::ptrdiff_t>(sizes), ids.end() - 1);
  const std::vector<ValuePtr> results = rebuilt(targets, ids);
  for (size_t k = 0; k < loop.names.size(); ++k) restore(loop.names[k], results[k]);
  return stack ? results.back() : nullptr;
}

/// Stacked values whose sizes are known only at run time must have those of the round before: each
/// such size is carried from round to round and checked. Returns how many there are.
size_t Frame::check_rows(core::Block& block, std::vector<core::ValueId>& init) {
  const core::Type integer = core::scalar_type(core::Elem::I64);
  const core::ValueId round = block.params[0];
  const core::ValueId row = block.results.back();
  size_t count = 0;
  core::Builder at_end(state_.module, *function_, block);
  at_end.loc = builder_->loc;
  for (core::ValueId size : at_end.dynamic_sizes(row)) {
    const core::ValueId before = function_->add_value(integer);
    const core::ValueId is_first = at_end.op("eq", {round, at_end.integer(0)});
    const core::ValueId fits = at_end.op("or", {is_first, at_end.op("eq", {size, before})});
    at_end.emit(core::registry().get("check"), {fits, before, size},
                {{"message", "the rows of a tensor have one length, and these have {} and {}"}});
    block.params.push_back(before);
    block.results.insert(block.results.end() - 1, size);
    init.push_back(builder_->integer(0));
    ++count;
  }
  return count;
}

/// A loop whose body is not reached to its end: the names are what they were before. What it would
/// stack is not known.
ValuePtr Frame::no_round(const Carried& loop, bool stack) {
  leave_loop();
  if (stack) throw Unreached{};
  for (size_t k = 0; k < loop.names.size(); ++k) restore(loop.names[k], loop.init[k]);
  for (size_t k = 0; k < loop.exits.size(); ++k) restore(loop.exits[k], loop.unset[k]);
  ended_ = Ended::No;
  return nullptr;
}

void Frame::for_stmt(const syntax::For& s) {
  const ValuePtr iterable = expr(*s.iterable);
  scopes().push();
  const ValuePtr no = literal(builder_->boolean(false), std::nullopt);
  scopes().define(std::string(kBreak), no);
  if (const auto items = unrolled(iterable, s.iterable->span)) {
    unrolled_loop(s, *items, 0);
    scopes().pop();
    return;
  }
  Names names;
  assigned_names(*s.body, names);
  at(s.span);
  const Iteration iteration = iterate(iterable, s.iterable->span, false);
  counted_loop(iteration, s.span, names, false, [&](const ValuePtr& item) -> ValuePtr {
    return scoped(s.pattern, item, [&] {
      scopes().define(std::string(kContinue), no);
      return expr(*s.body, Want::Nothing);
    });
  });
  scopes().pop();
}

/// The elements from the k-th on, one after another: their types differ.
void Frame::unrolled_loop(const syntax::For& s, const std::vector<ValuePtr>& items, size_t k) {
  for (; k < items.size(); ++k) {
    const std::vector<ValuePtr> before = exits();
    ++nesting_;
    scoped(s.pattern, items[k], [&] {
      scopes().define(std::string(kContinue), before[0]);
      return expr(*s.body, Want::Nothing);
    });
    --nesting_;
    const bool leaves = ended_ == Ended::Break || ended_ == Ended::Return;
    ended_ = ended_ == Ended::Return ? Ended::Return : Ended::No;
    if (leaves) return;
    Names names;
    assigned_names(*s.body, names);
    const Rest rest{
        &s, [this, &s, &items, k] { unrolled_loop(s, items, k + 1); }, {}, Want::Nothing};
    if (exits() == before) continue;
    follow(before, rest, unit());
    return;
  }
}

/// The round in which an exit is taken is the last: the flags are carried, and the loop runs while
/// none is set. The body does not read them; it starts with none.
std::vector<core::ValueId> Frame::emit_leaving_for(const Carried& loop, const Iteration& iteration,
                                                   core::Block block,
                                                   std::vector<core::ValueId> init) {
  core::Builder at_end(state_.module, *function_, block);
  at_end.loc = builder_->loc;
  block.results.insert(block.results.begin(), at_end.add(block.params[0], at_end.integer(1)));
  init.insert(init.begin(), builder_->integer(0));

  std::vector<core::Type> types = loop.core_types();
  types.insert(types.begin(), core::scalar_type(core::Elem::I64));
  const std::vector<core::ValueId> params = builder_->open_block(types);
  const core::ValueId more = builder_->op("lt", {params[0], iteration.count});
  core::Block test = builder_->close_block({more});
  auto ids = emit_leaving_while(loop, std::move(test), std::move(block), std::move(init));
  ids.erase(ids.begin());
  return ids;
}

std::vector<core::ValueId> Frame::emit_leaving_while(const Carried& loop, core::Block test,
                                                     core::Block block,
                                                     std::vector<core::ValueId> init) {
  const core::Type flag = core::scalar_type(core::Elem::Bool);
  core::Block outer;
  outer.params = test.params;
  core::Builder build(state_.module, *function_, outer);
  build.loc = builder_->loc;
  core::ValueId any;
  for (size_t k : loop.taken()) {
    const core::ValueId param = function_->add_value(flag);
    outer.params.push_back(param);
    any = any.valid() ? build.op("or", {any, param}) : param;
    block.params.push_back(function_->add_value(flag));
    block.results.push_back(loop.set[k]->leaf.id);
    init.push_back(builder_->boolean(false));
  }
  core::Block stop;
  core::Builder build_stop(state_.module, *function_, stop);
  build_stop.loc = builder_->loc;
  stop.results = {build_stop.boolean(false)};
  test.params.clear();
  outer.results = build.emit_if(any, std::move(stop), std::move(test));
  return builder_->emit_while(std::move(init), std::move(outer), std::move(block));
}

/// The names and flags after a loop.
void Frame::finish_loop(const Carried& loop, std::span<const core::ValueId> ids) {
  const std::vector<ValuePtr> results = rebuilt(loop.types, ids);
  for (size_t k = 0; k < loop.names.size(); ++k) restore(loop.names[k], results[k]);
  const std::vector<size_t> taken = loop.taken();
  for (size_t k = 0; k < taken.size(); ++k) {
    const core::ValueId id = ids[ids.size() - taken.size() + k];
    restore(loop.exits[taken[k]], tensor(id, core::scalar_type(core::Elem::Bool)));
  }
}

void Frame::while_stmt(const syntax::While& s) {
  Names names;
  assigned_names(*s.condition, names);
  assigned_names(*s.body, names);
  scopes().push();
  const ValuePtr no = literal(builder_->boolean(false), std::nullopt);
  scopes().define(std::string(kBreak), no);
  Carried loop = carried(names);
  enter_loop(s.span);
  core::Block test, block;
  std::vector<ValuePtr> after;
  bool endless = false;
  do {
    const std::vector<core::Type> types = loop.core_types();
    enter(loop, builder_->open_block(types));
    const ValuePtr value = expr(*s.condition);
    test = builder_->close_block({condition(*this, value, s.condition->span)});
    const auto decided = loop.exits.empty() ? std::nullopt : known(value);
    endless = decided && decided->integer != 0;
    const bool reached = walk_block(types, block, [&](std::span<const core::ValueId> params) {
      enter(loop, params);
      scopes().define(std::string(kContinue), no);
      expr(*s.body, Want::Nothing);
      after = leave(loop);
    });
    if (!reached) {
      no_round(loop, false);
      scopes().pop();
      return;
    }
  } while (!settled(loop, after, s.span));
  leave_loop();

  at(s.span);
  close_with(block, after, loop.types, s.span);
  std::vector<core::ValueId> init = initial(loop, s.span);
  const auto ids =
      loop.leaves() ? emit_leaving_while(loop, std::move(test), std::move(block), std::move(init))
                    : builder_->emit_while(std::move(init), std::move(test), std::move(block));
  finish_loop(loop, ids);
  if (endless && current(std::string(kBreak)) == no) ended_ = Ended::Return;
  scopes().pop();
}

/// Walks code in which a loop variable has a value.
ValuePtr Frame::scoped(const syntax::Pattern& pattern, const ValuePtr& item,
                       const std::function<ValuePtr()>& walk) {
  scopes().push();
  bind_pattern(pattern, item, true);
  ValuePtr value = walk();
  scopes().pop();
  return value;
}

}  // namespace calc::elab
