// Nests: loops over an index space that store arrays and accumulate reductions.
#include <algorithm>
#include <numeric>

#include "lang/lower/root.h"

namespace calc::lower {

// ---- loops

Nest FunctionLowering::open_nest(std::vector<ExprId> extents) {
  Nest nest;
  const size_t loops = extents.size();
  nest.extents = std::move(extents);
  for (size_t k = 0; k < loops; ++k) nest.vars.push_back(writer_.add_var(Elem::I64));
  nest.lists.resize(loops + 1);
  nest.after.resize(loops + 1);
  nest.parallel.assign(loops, true);
  nest.down.assign(loops, false);
  nest.reductions.resize(loops);
  return nest;
}

Frame FunctionLowering::frame_in(Nest& nest) {
  Frame frame;
  for (Stmts& list : nest.lists) frame.sinks.push_back(&list);
  for (size_t k = 0; k < nest.vars.size(); ++k) {
    frame.var_depths[nest.vars[k].index] = static_cast<int>(k) + 1;
  }
  return frame;
}

void FunctionLowering::close_nest(Nest nest) {
  Stmts inner = std::move(nest.lists.back());
  for (size_t d = nest.vars.size(); d-- > 0;) {
    Stmt loop{};
    loop.kind = StmtKind::For;
    loop.var = nest.vars[d];
    loop.lo = writer_.integer(0);
    loop.hi = nest.extents[d];
    loop.parallel = nest.parallel[d];
    loop.down = nest.down[d];
    loop.reductions = nest.parallel[d] ? nest.reductions[d] : std::vector<VarId>{};
    loop.loc = loc_;
    loop.body = std::move(inner);
    inner = std::move(nest.lists[d]);
    inner.push_back(std::move(loop));
    std::ranges::move(nest.after[d], std::back_inserter(inner));
  }
  for (Stmt& s : inner) writer_.append(std::move(s));
}

namespace {

/// Which axis each loop of a product runs over, so that the innermost reads and writes neighbours.
std::vector<size_t> product_order(const Facts& facts, const Op& op, size_t rank) {
  std::vector<size_t> order(rank);
  std::iota(order.begin(), order.end(), size_t{0});
  const DotForm form = dot_form(facts, op, 0);
  const size_t contracted = form.attrs.ints("lhs_contract").size();
  auto ends_in = [&](ValueId operand, const std::vector<int64_t>& axes) {
    return !axes.empty() && axes.back() == facts.type(operand).rank() - 1;
  };
  const bool right = ends_in(form.b, form.rhs_free);
  const bool left = form.rhs_free.empty() && ends_in(form.a, form.lhs_free);
  if (!right && !left) return order;
  const size_t moved = right ? form.rhs_free.size() : form.lhs_free.size();
  std::rotate(order.end() - static_cast<std::ptrdiff_t>(contracted + moved),
              order.end() - static_cast<std::ptrdiff_t>(contracted), order.end());
  return order;
}

}  // namespace

/// The axis that each loop runs over; axes of size 1 have none.
std::vector<size_t> FunctionLowering::loop_order(const Item& item,
                                                 const std::vector<ExprId>& sizes) {
  std::vector<size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (item.op != nullptr && is_dot(*item.op)) {
    order = product_order(facts_, *item.op, sizes.size());
  }
  std::erase_if(order, [&](size_t axis) { return writer_.known(sizes[axis], 0) == 1; });
  return order;
}

/// The element of an item's space that the loops have come to.
Index FunctionLowering::item_index(const Item& item, const Nest& nest, bool flat) {
  if (flat) return {true, {writer_.var(nest.vars[0])}};
  const std::vector<ExprId> sizes = nest_extents(item);
  Index index{false, std::vector<ExprId>(sizes.size(), writer_.integer(0))};
  const std::vector<size_t> order = loop_order(item, sizes);
  for (size_t d = 0; d < order.size(); ++d) index.at[order[d]] = writer_.var(nest.vars[d]);
  return index;
}

/// A reduction over more than one element.
bool FunctionLowering::reduces(const Op& op) const {
  return reduction(op) != nullptr && facts_.role(op) == Role::Nest;
}

std::vector<ExprId> FunctionLowering::nest_extents(const Item& item) {
  if (item.op == nullptr) return extents(item.value);
  if (reduces(*item.op)) return extents(item.op->args[0]);
  if (!is_dot(*item.op)) return extents(item.value);
  const DotForm form = dot_form(facts_, *item.op, 0);
  std::vector<ExprId> all;
  auto add = [&](ValueId operand, const std::vector<int64_t>& axes) {
    for (int64_t axis : axes) all.push_back(extent(operand, static_cast<int>(axis)));
  };
  add(form.a, form.attrs.ints("lhs_batch"));
  add(form.a, form.lhs_free);
  add(form.b, form.rhs_free);
  add(form.a, form.attrs.ints("lhs_contract"));
  return all;
}

/// One loop over row-major positions does: everything is read and stored in that order.
bool FunctionLowering::is_flat(const Step& step) {
  std::unordered_map<uint32_t, bool> known;
  return std::ranges::all_of(step.items, [&](const Item& item) {
    if (item.op == nullptr) return takes_linear(item.value, known);
    if (is_dot(*item.op)) return false;
    if (!reduces(*item.op)) return takes_linear(item.value, known);
    const bool to_scalar = !facts_.is_array(item.value) && item.op->attrs.has("axes");
    return to_scalar && takes_linear(item.op->args[0], known);
  });
}

// ---- the nest of a step

FunctionLowering::Root FunctionLowering::make_root(const Item& item, const Slots* slots) {
  Root root;
  root.op = item.op;
  root.value = item.value;
  if (item.op == nullptr) {
    root.is_slot = true;
    root.slot = item.slot - slots->first;
    root.dest = slots->buffers[root.slot];
    return root;
  }
  root.loc = item.op->loc;
  root.elem = facts_.type(item.value).elem;
  if (is_dot(*item.op) && !item.op->attrs.ints("lhs_contract").empty()) {
    root.kind = Root::Kind::Reduce;
  } else if (reduces(*item.op)) {
    const auto* r = reduction(*item.op);
    const bool position =
        r->reduction == core::Reduction::ArgMax || r->reduction == core::Reduction::ArgMin;
    root.kind = position ? Root::Kind::Position : Root::Kind::Reduce;
    root.reduction = r->reduction;
  }
  return root;
}

void FunctionLowering::nest(const Step& step, const Slots* slots) {
  const std::vector<ExprId> sizes = nest_extents(step.items[0]);
  std::vector<ExprId> ordered;
  for (size_t axis : loop_order(step.items[0], sizes)) ordered.push_back(sizes[axis]);
  const bool flat = ordered.size() > 1 && is_flat(step);
  if (flat) ordered = {count_of(ordered)};
  Nest nest = open_nest(std::move(ordered));
  Frame frame = frame_in(nest);
  for (VarId var : nest.vars) frame.identity.push_back(writer_.var(var));
  std::vector<Root> roots;
  for (const Item& item : step.items) {
    Root root = make_root(item, slots);
    root.index = item_index(item, nest, flat);
    if (root.kind == Root::Kind::Store) {
      root.element = pull(frame, root.value, root.index);
    } else {
      start_reduction(root, nest, root.index, loop_order(item, nest_extents(item)));
      accumulate(root, nest, frame, root.index);
    }
    roots.push_back(std::move(root));
  }
  store_roots(roots, nest, frame, step, slots);
  close_nest(std::move(nest));
  for (const Root& root : roots) bind_root(root);
}

void FunctionLowering::bind_root(const Root& root) {
  if (root.is_slot) return;
  if (facts_.is_array(root.value)) return bind_buffer(root.value, root.dest, true);
  const VarId result = root.kind == Root::Kind::Position ? root.position : root.accumulator;
  bind_scalar(root.value, writer_.var(result));
}

/// A dead operand of the same sizes that is read only where the result is written.
std::optional<ValueId> FunctionLowering::reusable(const Root& root, const Frame& frame,
                                                  const Step& step,
                                                  const std::set<uint32_t>& taken) {
  if (root.is_slot) return std::nullopt;
  for (const Item& item : step.items) {
    for (ValueId value : item.reads) {
      if (!bound(value) || !dies(value)) continue;
      const BufId buf = bufs_[value.index];
      if (!unique(buf) || taken.contains(buf.index)) continue;
      if (facts_.type(value) != facts_.type(root.value)) continue;
      if (!facts_.same_sizes(value, root.value)) continue;
      auto read = frame.read_elsewhere.find(buf.index);
      if (read == frame.read_elsewhere.end() || read->second) continue;
      return value;
    }
  }
  return std::nullopt;
}

/// Everything is computed before anything is stored, so that blocks of dead operands can be reused.
void FunctionLowering::store_roots(std::vector<Root>& roots, Nest& nest, Frame& frame,
                                   const Step& step, const Slots* slots) {
  std::set<uint32_t> taken;
  const auto stores = std::ranges::count(roots, Root::Kind::Store, &Root::kind);
  for (Root& root : roots) {
    if (root.kind != Root::Kind::Store) continue;
    if (stores > 1) root.element = keep(frame, root.element, true);
    if (root.is_slot) {
      alloc_slot(*slots, root.slot, root.value, root.loc);
    } else if (auto old = reusable(root, frame, step, taken)) {
      root.dest = bufs_[old->index];
      taken.insert(root.dest.index);
      scope_.consumable.erase(*old);
    } else {
      root.dest = fresh(root.value);
      alloc(root.dest, root.value, root.loc);
    }
  }
  Redirect into(writer_, nest.lists.back());
  for (const Root& root : roots) {
    if (root.kind != Root::Kind::Store) continue;
    std::vector<ExprId> at = root.index.at;
    if (root.is_slot && root.index.linear) {
      at[0] =
          writer_.index_add(writer_.index_mul(slots->index, count_of(extents(root.value))), at[0]);
    } else if (root.is_slot) {
      at.insert(at.begin(), slots->index);
    }
    writer_.store(root.dest, std::move(at), root.element);
  }
}

}  // namespace calc::lower
