// Operations with loops of their own: concat and stack, running sums, indexed updates.
#include <algorithm>

#include "lang/lower/lowering.h"

namespace calc::lower {

// ---- concat and stack

void FunctionLowering::pieces(const Op& op) {
  if (is_cumulative(op)) return cumulative(op);
  const BufId to = fresh(op.results[0]);
  alloc(to, op.results[0], op.loc);
  if (structural(op) == Structural::Stack) {
    for (size_t k = 0; k < op.args.size(); ++k) {
      const ExprId place = writer_.integer(static_cast<int64_t>(k));
      if (facts_.is_array(op.args[k])) {
        piece(to, op.args[k], {place}, -1, {});
      } else {
        writer_.store(to, {place}, scalar(op.args[k]));
      }
    }
  } else {
    const int axis = static_cast<int>(op.attrs.integer("axis"));
    ExprId offset = writer_.integer(0);
    for (ValueId arg : op.args) {
      piece(to, arg, {}, axis, offset);
      offset = writer_.index_add(offset, extent(arg, axis));
    }
  }
  bind_buffer(op.results[0], to, true);
}

/// to[prefix, i…] = from[i…], shifted by `offset` along `axis`.
void FunctionLowering::piece(BufId to, ValueId from, const std::vector<ExprId>& prefix, int axis,
                             ExprId offset) {
  Nest nest = open_nest(extents(from));
  Frame frame = frame_in(nest);
  Index index{false, {}};
  for (VarId var : nest.vars) index.at.push_back(writer_.var(var));
  const ExprId element = pull(frame, from, index);
  std::vector<ExprId> place = prefix;
  place.insert(place.end(), index.at.begin(), index.at.end());
  if (axis >= 0) {
    ExprId& i = place[static_cast<size_t>(axis)];
    i = writer_.index_add(offset, i);
  }
  {
    Redirect into(writer_, nest.lists.back());
    writer_.store(to, std::move(place), element);
  }
  close_nest(std::move(nest));
}

// ---- running sums

void FunctionLowering::cumulative(const Op& op) {
  const ValueId from = op.args[0], result = op.results[0];
  const auto axis = static_cast<size_t>(op.attrs.integer("axis"));
  const BufId to = fresh(result);
  alloc(to, result, op.loc);
  std::vector<ExprId> sizes = extents(from);
  std::rotate(sizes.begin() + static_cast<std::ptrdiff_t>(axis),
              sizes.begin() + static_cast<std::ptrdiff_t>(axis) + 1, sizes.end());
  Nest nest = open_nest(std::move(sizes));
  Frame frame = frame_in(nest);
  Index index{false, {}};
  for (VarId var : nest.vars) index.at.push_back(writer_.var(var));
  std::rotate(index.at.begin() + static_cast<std::ptrdiff_t>(axis), index.at.end() - 1,
              index.at.end());
  const Elem elem = facts_.type(result).elem;
  const bool product = op.primitive->name == "cumprod";
  const VarId total = writer_.add_var(elem);
  const ExprId element = pull(frame, from, index);
  {
    Redirect before(writer_, nest.lists[nest.vars.size() - 1]);
    writer_.assign(total, writer_.number(elem, product ? 1 : 0));
  }
  {
    Redirect inside(writer_, nest.lists.back());
    const ScalarOp step = product ? ScalarOp::Mul : ScalarOp::Add;
    writer_.assign(total, writer_.scalar(step, elem, {writer_.var(total), element}, op.loc));
    writer_.store(to, index.at, writer_.var(total));
  }
  nest.parallel.back() = false;
  nest.down.back() = op.attrs.flag("reverse");
  close_nest(std::move(nest));
  bind_buffer(result, to, true);
}

// ---- updates

void FunctionLowering::update(const Op& op) {
  bool overlaps = false;
  for (size_t k = 1; k < op.args.size(); ++k) {
    overlaps = overlaps || reads_elsewhere(facts_, op, k);
  }
  const BufId to = overlaps ? copy(op.args[0], op.loc) : writable(op.args[0], op.loc);
  const bool repeats =
      structural(op) == Structural::TakeSet || structural(op) == Structural::TakeAdd;
  Nest nest = open_nest(extents(op.args[1]));
  Frame frame = frame_in(nest);
  Index at{false, {}};
  for (VarId var : nest.vars) at.at.push_back(writer_.var(var));
  const ExprId v = pull(frame, op.args[1], at);
  std::vector<ExprId> place = update_place(op, frame, at.at);
  {
    Redirect into(writer_, nest.lists.back());
    update_element(op, to, std::move(place), v);
  }
  // Repeated indices: the order counts.
  if (repeats) nest.parallel.assign(nest.parallel.size(), false);
  close_nest(std::move(nest));
  bind_buffer(op.results[0], to, true);
}

/// Where element `at` of the new part goes.
std::vector<ExprId> FunctionLowering::update_place(const Op& op, Frame& frame,
                                                   const std::vector<ExprId>& at) {
  const Structural form = *structural(op);
  if (form == Structural::IndexSet || form == Structural::IndexAdd) {
    return with_indices(op, 2, at);
  }
  const auto axis = static_cast<std::ptrdiff_t>(op.attrs.integer("axis"));
  if (form == Structural::SliceSet || form == Structural::SliceAdd) {
    std::vector<ExprId> place = at;
    ExprId& i = place[static_cast<size_t>(axis)];
    const ExprId step = writer_.integer(op.attrs.integer("step"));
    i = writer_.index_add(scalar(op.args[2]), writer_.index_mul(i, step));
    return place;
  }
  const std::ptrdiff_t rank = facts_.type(op.args[2]).rank();
  std::vector<ExprId> place(at.begin(), at.begin() + axis);
  place.push_back(pull(frame, op.args[2], {false, {at.begin() + axis, at.begin() + axis + rank}}));
  place.insert(place.end(), at.begin() + axis + rank, at.end());
  return place;
}

void FunctionLowering::update_element(const Op& op, BufId to, std::vector<ExprId> place, ExprId v) {
  const Structural form = *structural(op);
  if (form == Structural::IndexAdd || form == Structural::SliceAdd || form == Structural::TakeAdd) {
    const ExprId old = writer_.load(to, place);
    v = writer_.scalar(ScalarOp::Add, writer_.type(to).elem, {old, v}, op.loc);
  }
  writer_.store(to, std::move(place), v);
}

}  // namespace calc::lower
