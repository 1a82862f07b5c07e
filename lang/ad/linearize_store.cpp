// How loops hand residuals over. See Note [Stacks and stores].
#include "lang/ad/linearize_store.h"

#include <algorithm>

namespace calc::ad {

namespace {

Type with_leading(Type type, int64_t size) {
  type.dims.insert(type.dims.begin(), size);
  return type;
}

Op make_op(std::string_view primitive, std::vector<ValueId> args, core::Attrs attrs,
           ValueId result) {
  Op op;
  op.primitive = &core::registry().get(primitive);
  op.args = std::move(args);
  op.attrs = std::move(attrs);
  op.results = {result};
  return op;
}

Op read_slot(ValueId value, ValueId stack, ValueId i) {
  return make_op("index", {stack, i}, {{"axes", std::vector<int64_t>{0}}}, value);
}

constexpr int64_t kSmallestStore = 16;
const Type kInteger = core::scalar_type(core::Elem::I64);

}  // namespace

// ---- the known loop ----------------------------------------------------------------------------

Splitter::KnownLoop Splitter::known_loop(const Op& op, Block body, int scope) {
  KnownLoop loop;
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  const Block& source = op.blocks.back();
  const auto params = std::span(source.params).subspan(skip);
  loop.scope = scope;
  loop.inner = scopes_.of(source);
  loop.op = op;
  loop.op.args = known_of(std::span(op.args).subspan(skip), params);
  loop.op.results = known_of(op.results, params);
  const auto carried = static_cast<std::ptrdiff_t>(loop.op.args.size());
  if (loop.counted()) {
    loop.trips = constant_value(op.args[0]);
    loop.op.args.insert(loop.op.args.begin(), op.args[0]);
    for (size_t k = params.size(); k < op.results.size(); ++k) {
      if (!linear_(op.results[k])) loop.stacked_results.push_back(op.results[k]);
    }
    loop.stacked_values.assign(body.results.begin() + carried, body.results.end());
    body.results.erase(body.results.begin() + carried, body.results.end());
    for (size_t k = 0; k < loop.stacked_values.size(); ++k) {
      loop.stacks.try_emplace(loop.stacked_values[k], loop.stacked_results[k]);
    }
    loop.op.blocks = {std::move(body)};
    return loop;
  }
  for (size_t k = 0; k < params.size(); ++k) {
    if (!scopes_.is_index(params[k])) continue;
    loop.counter = params[k];
    loop.count = op.results[k];
  }
  loop.op.blocks = {known_part(op.blocks[0]), std::move(body)};
  return loop;
}

void Splitter::finish_known(KnownLoop& loop, Halves& halves) {
  auto append = [](std::vector<ValueId>& to, const std::vector<ValueId>& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  append(loop.body().results, loop.stacked_values);
  append(loop.op.results, loop.stacked_results);
  for (Op& op : loop.before) halves.known.ops.push_back(std::move(op));
  halves.known.ops.push_back(std::move(loop.op));
  for (Op& op : loop.after) halves.known.ops.push_back(std::move(op));
}

/// Returns the parameter of the body; its result there is to be appended by the caller.
ValueId Splitter::add_carry(KnownLoop& loop, ValueId init, const Type& type, ValueId* result) {
  loop.op.args.push_back(init);
  if (!loop.counted()) loop.op.blocks[0].params.push_back(fresh(type, loop.inner));
  loop.body().params.push_back(fresh(type, loop.inner));
  *result = fresh(type, loop.scope);
  loop.op.results.push_back(*result);
  return loop.body().params.back();
}

/// The number of iterations of a `while`, which its known half counts.
ValueId Splitter::trip_count(KnownLoop& loop) {
  if (loop.count.valid()) return loop.count;
  ValueId zero = constant(loop.before, loop.scope, rt::Array::of(int64_t{0}));
  loop.counter = add_carry(loop, zero, kInteger, &loop.count);
  std::vector<Op>& ops = loop.body().ops;
  ValueId one = constant(ops, loop.inner, rt::Array::of(int64_t{1}));
  loop.body().results.push_back(emit(ops, loop.inner, kInteger, "add", {loop.counter, one}));
  return loop.count;
}

ValueId Splitter::stack(KnownLoop& loop, ValueId value) {
  auto [at, is_new] = loop.stacks.try_emplace(value);
  if (!is_new) return at->second;
  if (loop.counted()) {
    loop.stacked_values.push_back(value);
    loop.stacked_results.push_back(fresh(with_leading(work_.type(value), loop.trips), loop.scope));
    return loop.stacks[value] = loop.stacked_results.back();
  }
  trip_count(loop);
  const Type type = with_leading(work_.type(value), core::kDynamic);
  ValueId result;
  ValueId buffer = add_carry(loop, filler(loop.before, loop.scope, type), type, &result);
  loop.body().results.push_back(push(loop, buffer, value, loop.counter));
  return loop.stacks[value] = filled_part(loop, result, loop.count, type);
}

/// Writes an entry (of rank one less than the buffer) at `n`, or several (of the same rank) from
/// there on, in place; before that, in a branch, the buffer doubles when they do not fit.
ValueId Splitter::push(KnownLoop& loop, ValueId buffer, ValueId entry, ValueId n) {
  std::vector<Op>& ops = loop.body().ops;
  const Type type = work_.type(buffer);
  const bool rows = work_.type(entry).rank() == type.rank();
  const core::Attrs first{{"axis", int64_t{0}}};
  auto whole = [&](std::vector<Op>& into, std::string_view name, std::vector<ValueId> args,
                   core::Attrs attrs = {}) {
    return emit(into, loop.inner, kInteger, name, std::move(args), std::move(attrs));
  };
  ValueId added = rows ? whole(ops, "dim", {entry}, first)
                       : constant(ops, loop.inner, rt::Array::of(int64_t{1}));
  ValueId needed = whole(ops, "add", {n, added});
  ValueId capacity = whole(ops, "dim", {buffer}, first);
  Op grow;
  grow.kind = OpKind::If;
  grow.attrs.set("store", true);
  grow.args = {
      emit(ops, loop.inner, core::scalar_type(core::Elem::Bool), "gt", {needed, capacity})};
  grow.blocks.resize(2);
  std::vector<Op>& larger = grow.blocks[0].ops;
  ValueId least = constant(larger, loop.inner, rt::Array::of(kSmallestStore));
  ValueId more = whole(larger, "max", {whole(larger, "max", {capacity, needed}), least});
  ValueId zero = constant(larger, loop.inner, rt::Array::zeros(type.elem, {}));
  ValueId room = emit(larger, loop.inner, type, "broadcast", {zero, more},
                      {{"dims", type.dims}, {"axes", std::vector<int64_t>{}}});
  grow.blocks[0].results = {emit(larger, loop.inner, type, "concat", {buffer, room}, first)};
  grow.blocks[1].results = {buffer};
  ValueId grown = fresh(type, loop.inner);
  grow.results = {grown};
  ops.push_back(std::move(grow));
  if (!rows) {
    return emit(ops, loop.inner, type, "index_set", {grown, entry, n},
                {{"axes", std::vector<int64_t>{0}}});
  }
  return emit(ops, loop.inner, type, "slice_set", {grown, entry, n},
              {{"axis", int64_t{0}}, {"step", int64_t{1}}});
}

/// The entries of a store after the loop, without the room left for more.
ValueId Splitter::filled_part(KnownLoop& loop, ValueId store, ValueId count, const Type& type) {
  ValueId zero = constant(loop.after, loop.scope, rt::Array::of(int64_t{0}));
  return emit(loop.after, loop.scope, type, "slice", {store, zero, count},
              {{"axis", int64_t{0}}, {"step", int64_t{1}}, {"size", core::kDynamic}});
}

void Splitter::hand_over(KnownLoop& loop, ValueId value, ValueId i, Block& linear,
                         ValueSet& needed) {
  std::vector<Op> reads;
  if (work_.type(value).is_static()) {
    ValueId slots = stack(loop, value);
    needed.add(slots);
    reads.push_back(read_slot(value, slots, i));
  } else {
    hand_over_ragged(loop, value, i, reads, needed);
  }
  linear.ops.insert(linear.ops.begin(), std::make_move_iterator(reads.begin()),
                    std::make_move_iterator(reads.end()));
}

/// The product of all sizes of a type.
ValueId Splitter::element_count(std::vector<Op>& ops, int scope, const Type& type,
                                const std::vector<ValueId>& sizes) {
  int64_t known = 1;
  for (int64_t size : type.dims) known *= size == core::kDynamic ? 1 : size;
  ValueId count = constant(ops, scope, rt::Array::of(known));
  for (ValueId size : sizes) count = emit(ops, scope, kInteger, "mul", {count, size});
  return count;
}

/// All elements go to one flat buffer; offset and sizes of each iteration are stacked.
void Splitter::hand_over_ragged(KnownLoop& loop, ValueId value, ValueId i, std::vector<Op>& reads,
                                ValueSet& needed) {
  const Type type = work_.type(value);
  const Type flat{type.elem, {core::kDynamic}};
  std::vector<Op>& ops = loop.body().ops;
  std::vector<ValueId> sizes;
  for (int64_t axis = 0; axis < type.rank(); ++axis) {
    if (type.dims[static_cast<size_t>(axis)] != core::kDynamic) continue;
    sizes.push_back(emit(ops, loop.inner, kInteger, "dim", {value}, {{"axis", axis}}));
  }
  ValueId count = element_count(ops, loop.inner, type, sizes);
  ValueId zero = constant(loop.before, loop.scope, rt::Array::of(int64_t{0}));
  ValueId total;
  ValueId offset = add_carry(loop, zero, kInteger, &total);
  loop.body().results.push_back(emit(ops, loop.inner, kInteger, "add", {offset, count}));
  ValueId elements;
  ValueId buffer = add_carry(loop, filler(loop.before, loop.scope, flat), flat, &elements);
  ValueId row = emit(ops, loop.inner, flat, "reshape", {value, count}, {{"dims", flat.dims}});
  loop.body().results.push_back(push(loop, buffer, row, offset));
  elements = filled_part(loop, elements, total, flat);

  std::vector<ValueId> read_sizes;
  auto read = [&](ValueId what) {
    ValueId slots = stack(loop, what);
    needed.add(slots);
    reads.push_back(read_slot(fresh(kInteger, loop.inner), slots, i));
    return reads.back().results[0];
  };
  ValueId start = read(offset);
  for (ValueId size : sizes) read_sizes.push_back(read(size));
  ValueId length = element_count(reads, loop.inner, type, read_sizes);
  needed.add(elements);
  ValueId part = emit(reads, loop.inner, flat, "slice", {elements, start, length},
                      {{"axis", int64_t{0}}, {"step", int64_t{1}}, {"size", core::kDynamic}});
  read_sizes.insert(read_sizes.begin(), part);
  reads.push_back(make_op("reshape", std::move(read_sizes), {{"dims", type.dims}}, value));
}

// ---- stores of tangents ------------------------------------------------------------------------

void Splitter::note_stores(const Op& op) {
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  const Block& body = op.blocks.back();
  for (size_t k = skip; k < op.args.size(); ++k) {
    ValueId result = body.results[k - skip];
    if (!linear_(body.params[k])) continue;
    if (const Op* push = store_of(body, body.params[k], result)) {
      pushes_[result] = push->args[2];
      grown_[push->args[0]] = body.params[k];
    }
  }
}

/// A branch that makes room in stores: its linear results are not wanted.
bool Splitter::only_grows(const Op& op) const {
  if (op.kind != OpKind::If || !op.attrs.flag("store")) return false;
  return std::all_of(op.results.begin(), op.results.end(),
                     [&](ValueId result) { return !linear_(result) || grown_.contains(result); });
}

Op Splitter::known_growth(const Op& op) const {
  Op known = op;
  known.results = known_of(op.results, op.results);
  for (size_t k = 0; k < 2; ++k) {
    known.blocks[k] = known_part(op.blocks[k]);
    known.blocks[k].results = known_of(op.blocks[k].results, op.results);
  }
  return known;
}

/// In the linear half the final size is known: what the position has become after the loop.
ValueId Splitter::store_init(const Op& op, size_t carry, Halves& halves) {
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  const Block& body = op.blocks.back();
  ValueId position = pushes_.at(body.results[carry]);
  const auto at = std::find(body.params.begin(), body.params.end(), position);
  const auto index = static_cast<size_t>(at - body.params.begin()) - skip;
  ValueId total = op.results[index];
  halves.needed.add(total);
  const Type type = work_.type(body.params[carry + skip]);
  std::vector<Op>& ops = halves.linear.ops;
  const int scope = scopes_.of(op.results[carry]);
  ValueId zero = constant(ops, scope, rt::Array::zeros(type.elem, {}));
  return emit(ops, scope, type, "broadcast", {zero, total},
              {{"dims", type.dims}, {"axes", std::vector<int64_t>{}}});
}

Op Splitter::written_in_place(const Op& push) const {
  Op write = push;
  write.args[0] = grown_.at(push.args[0]);
  return write;
}

const Op* store_of(const Block& body, ValueId param, ValueId result) {
  auto maker = [&](ValueId value) -> const Op* {
    for (const Op& op : body.ops) {
      if (std::find(op.results.begin(), op.results.end(), value) != op.results.end()) return &op;
    }
    return nullptr;
  };
  const Op* push = maker(result);
  if (!push || push->kind != OpKind::Primitive || push->args.size() != 3) return nullptr;
  if (push->primitive->name != "index_set" && push->primitive->name != "slice_set") return nullptr;
  const Op* grow = maker(push->args[0]);
  if (!grow || grow->kind != OpKind::If || !grow->attrs.flag("store")) return nullptr;
  const auto at = std::find(grow->results.begin(), grow->results.end(), push->args[0]);
  const auto k = static_cast<size_t>(at - grow->results.begin());
  if (!(grow->blocks[1].results[k] == param)) return nullptr;
  const bool carried_position =
      std::find(body.params.begin(), body.params.end(), push->args[2]) != body.params.end();
  return carried_position ? push : nullptr;
}

}  // namespace calc::ad

// Note [Stacks and stores]
//
// A counted loop stacks the residuals of its iterations in arrays allocated once; the linear loop
// runs over the same indices and reads slot i. A residual that does not depend on the iteration is
// defined outside the loop and simply used there.
//
// Where sizes are not known beforehand there is a store: a carried buffer, written in place, that a
// branch {store = true} doubles when it is full. The trip count of a `while` is known only when it
// has run: its known half carries a counter and a store for each residual. Afterwards the count is
// a number like any other and the linear half is a counted loop: linear functions contain no
// `while`. A residual whose own sizes differ from one iteration to the next is laid flat into one
// buffer, with its offset and sizes stacked. n pushes cost O(n); nothing is ever popped, so one
// primal run serves any number of linear ones, at any depth of nesting.
//
// The derivative of a known half carries a store of tangents beside each store. In its linear half
// the final size is known, so that store is an array of zeros allocated before the loop and written
// in place: to the passes, one more carried array with indexed updates.
