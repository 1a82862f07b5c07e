#include "lang/ad/sizes.h"

#include <algorithm>
#include <array>

namespace calc::ad {

bool is_tie(const Op& op) {
  return op.kind == OpKind::Primitive && op.attrs.flag("sized") && op.primitive->name == "reshape";
}

bool has_dynamic_sizes(const Function& function) {
  return std::any_of(function.value_types.begin(), function.value_types.end(),
                     [](const Type& type) { return !type.is_static(); });
}

Sizes::Sizes(Function& function, const Activity& linear) : function_(&function), linear_(&linear) {
  if (has_dynamic_sizes(function)) block(function.body);
}

std::optional<std::vector<ValueId>> Sizes::of(ValueId value) const {
  auto at = sizes_.find(value);
  if (at == sizes_.end()) return std::nullopt;
  return at->second;
}

void Sizes::block(Block& block) {
  std::vector<Op> old = std::move(block.ops);
  std::vector<Op> out;
  std::vector<Op>* outer = std::exchange(out_, &out);
  for (Op& op : old) operation(std::move(op));
  out_ = outer;
  block.ops = std::move(out);
}

void Sizes::operation(Op op) {
  if (op.kind == OpKind::Primitive) {
    if (op.primitive->name == "dim" && (*linear_)(op.args[0])) {
      if (MaybeValue known = size(op.args[0], static_cast<int>(op.attrs.integer("axis")))) {
        op.primitive = &core::registry().get("copy");
        op.args = {*known};
        op.attrs = {};
      }
    }
    if (is_tie(op) && (*linear_)(op.args[0])) tie(op);
    primitive(op);
    out_->push_back(std::move(op));
    return;
  }
  const bool loop = op.kind == OpKind::For || op.kind == OpKind::While;
  if (loop) enter_loop(op);
  for (Block& nested : op.blocks) block(nested);
  if (loop) leave_loop(op);
  out_->push_back(std::move(op));
}

void Sizes::tie(const Op& op) {
  std::vector<ValueId> sizes(op.args.begin() + 1, op.args.end());
  sizes_[op.args[0]] = std::move(sizes);
}

/// The sizes of a value that is not linear, zeros for example.
void Sizes::note_known(ValueId value) {
  const Type type = function_->type(value);
  if (type.is_static() || sizes_.contains(value)) return;
  std::vector<ValueId> sizes;
  for (int axis = 0; axis < type.rank(); ++axis) {
    if (type.dims[static_cast<size_t>(axis)] == core::kDynamic) sizes.push_back(*size(value, axis));
  }
  sizes_[value] = std::move(sizes);
}

/// A carried value that keeps its sizes has those of the initial one.
void Sizes::enter_loop(const Op& op) {
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  for (const Block& body : op.blocks) {
    for (size_t k = skip; k < op.args.size(); ++k) {
      if (!(*linear_)(body.params[k])) continue;
      if (!keeps_sizes(op.blocks.back(), op.blocks.back().params[k],
                       op.blocks.back().results[k - skip])) {
        continue;
      }
      if (!(*linear_)(op.args[k])) note_known(op.args[k]);
      auto at = sizes_.find(op.args[k]);
      if (at == sizes_.end()) continue;
      std::vector<ValueId> sizes = at->second;
      sizes_[body.params[k]] = std::move(sizes);
    }
  }
}

/// The results have those sizes if the body keeps them; otherwise a tie follows the loop.
void Sizes::leave_loop(const Op& op) {
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  const Block& body = op.blocks.back();
  for (size_t k = skip; k < op.args.size(); ++k) {
    auto init = sizes_.find(op.args[k]);
    auto after = sizes_.find(body.results[k - skip]);
    if (init == sizes_.end() || after == sizes_.end() || init->second != after->second) continue;
    std::vector<ValueId> sizes = init->second;
    sizes_[op.results[k - skip]] = std::move(sizes);
  }
}

void Sizes::primitive(const Op& op) {
  for (ValueId result : op.results) {
    if (!(*linear_)(result)) continue;
    const Type type = function_->type(result);
    if (type.is_static()) continue;
    std::vector<ValueId> sizes;
    bool known = true;
    for (int axis = 0; axis < type.rank() && known; ++axis) {
      if (type.dims[static_cast<size_t>(axis)] != core::kDynamic) continue;
      MaybeValue found = result_size(op, axis);
      known = found.has_value();
      if (known) sizes.push_back(*found);
    }
    if (known) sizes_[result] = std::move(sizes);
  }
}

MaybeValue Sizes::size(ValueId value, int axis) {
  const Type type = function_->type(value);
  const int64_t constant = type.dims[static_cast<size_t>(axis)];
  if (constant != core::kDynamic) {
    Op op;
    op.kind = OpKind::Constant;
    op.constant = rt::Array::of(constant);
    op.results = {function_->add_value(core::scalar_type(core::Elem::I64))};
    out_->push_back(op);
    return op.results[0];
  }
  if (!(*linear_)(value)) return emit("dim", {value}, {{"axis", int64_t{axis}}});
  auto at = sizes_.find(value);
  if (at == sizes_.end()) return std::nullopt;
  const auto nth = std::count(type.dims.begin(), type.dims.begin() + axis, core::kDynamic);
  return at->second[static_cast<size_t>(nth)];
}

ValueId Sizes::emit(std::string_view name, std::vector<ValueId> args, core::Attrs attrs) {
  Op op;
  op.primitive = &core::registry().get(name);
  op.args = std::move(args);
  op.attrs = std::move(attrs);
  op.results = {function_->add_value(core::scalar_type(core::Elem::I64))};
  out_->push_back(op);
  return op.results[0];
}

MaybeValue Sizes::result_size(const Op& op, int axis) {
  const std::string_view name = op.primitive->name;
  static constexpr std::array<std::string_view, 10> kKeepFirst = {
      "copy",      "reverse",   "cumsum",   "index_set", "index_add",
      "slice_set", "slice_add", "take_set", "take_add",  "convert"};
  if (std::find(kKeepFirst.begin(), kKeepFirst.end(), name) != kKeepFirst.end()) {
    return size(op.args[0], axis);
  }
  if (std::holds_alternative<core::ElementwiseLowering>(op.primitive->lowering)) {
    for (bool linear : {true, false}) {
      for (ValueId arg : op.args) {
        if ((*linear_)(arg) != linear) continue;
        if (MaybeValue found = size(arg, axis)) return found;
      }
    }
    return std::nullopt;
  }
  if (name == "lu_solve" || name == "triangular_solve") return size(op.args.back(), axis);
  if (name == "dot_general") return product_size(op, axis);
  return structural_size(op, axis);
}

namespace {

bool holds(const std::vector<int64_t>& axes, int64_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

/// The axes 0..rank that are not in `dropped`.
std::vector<int> kept_axes(int rank, const std::vector<int64_t>& dropped) {
  std::vector<int> kept;
  for (int axis = 0; axis < rank; ++axis) {
    if (!holds(dropped, axis)) kept.push_back(axis);
  }
  return kept;
}

}  // namespace

MaybeValue Sizes::structural_size(const Op& op, int axis) {
  const std::string_view name = op.primitive->name;
  const auto at = static_cast<size_t>(axis);
  const int rank = function_->type(op.args[0]).rank();
  if (name == "broadcast" || name == "reshape") {
    const auto& dims = op.attrs.ints("dims");
    const auto nth = std::count(dims.begin(), dims.begin() + axis, core::kDynamic);
    return op.args[1 + static_cast<size_t>(nth)];
  }
  if (name == "transpose") {
    return size(op.args[0], static_cast<int>(op.attrs.ints("perm")[at]));
  }
  if (name == "slice") {
    return axis == op.attrs.integer("axis") ? MaybeValue(op.args.back()) : size(op.args[0], axis);
  }
  if (name == "concat") {
    return axis == op.attrs.integer("axis") ? joined_size(op) : size(op.args[0], axis);
  }
  if (name == "stack") return size(op.args[0], axis - 1);
  if (name == "index" || name == "reduce_sum") {
    return size(op.args[0], kept_axes(rank, op.attrs.ints("axes"))[at]);
  }
  if (name == "take") {
    const int first = static_cast<int>(op.attrs.integer("axis"));
    const int index_rank = function_->type(op.args[1]).rank();
    if (axis < first) return size(op.args[0], axis);
    if (axis < first + index_rank) return size(op.args[1], axis - first);
    return size(op.args[0], axis - index_rank + 1);
  }
  return std::nullopt;
}

MaybeValue Sizes::joined_size(const Op& op) {
  MaybeValue total;
  for (ValueId arg : op.args) {
    MaybeValue part = size(arg, static_cast<int>(op.attrs.integer("axis")));
    if (!part) return std::nullopt;
    total = total ? emit("add", {*total, *part}, {}) : *part;
  }
  return total;
}

/// Batch axes, then the free axes of the left, then those of the right.
MaybeValue Sizes::product_size(const Op& op, int axis) {
  const auto& batch = op.attrs.ints("lhs_batch");
  auto free_axes = [&](size_t k, const char* batch_name, const char* contract_name) {
    std::vector<int64_t> dropped = op.attrs.ints(batch_name);
    const auto& contract = op.attrs.ints(contract_name);
    dropped.insert(dropped.end(), contract.begin(), contract.end());
    return kept_axes(function_->type(op.args[k]).rank(), dropped);
  };
  auto at = static_cast<size_t>(axis);
  if (at < batch.size()) {
    MaybeValue left = size(op.args[0], static_cast<int>(batch[at]));
    return left ? left : size(op.args[1], static_cast<int>(op.attrs.ints("rhs_batch")[at]));
  }
  at -= batch.size();
  const std::vector<int> left = free_axes(0, "lhs_batch", "lhs_contract");
  if (at < left.size()) return size(op.args[0], left[at]);
  return size(op.args[1], free_axes(1, "rhs_batch", "rhs_contract")[at - left.size()]);
}

namespace {

/// The operands of which result k of an operation surely has the sizes.
std::vector<ValueId> same_sized(const Op& op, size_t k) {
  static constexpr std::array<std::string_view, 9> kKeepFirst = {
      "copy",      "reverse",   "cumsum",   "index_set", "index_add",
      "slice_set", "slice_add", "take_set", "take_add"};
  if (op.kind == OpKind::For && k + 1 < op.args.size()) {
    const Block& body = op.blocks[0];
    if (keeps_sizes(body, body.params[k + 1], body.results[k])) return {op.args[k + 1]};
  }
  if (op.kind != OpKind::Primitive) return {};
  if (std::find(kKeepFirst.begin(), kKeepFirst.end(), op.primitive->name) != kKeepFirst.end()) {
    return {op.args[0]};
  }
  if (std::holds_alternative<core::ElementwiseLowering>(op.primitive->lowering)) return op.args;
  return {};
}

}  // namespace

bool keeps_sizes(const Block& body, ValueId param, ValueId result) {
  std::vector<ValueId> same = {result};
  for (auto op = body.ops.rbegin(); op != body.ops.rend(); ++op) {
    for (size_t k = 0; k < op->results.size(); ++k) {
      if (std::find(same.begin(), same.end(), op->results[k]) == same.end()) continue;
      for (ValueId arg : same_sized(*op, k)) {
        if (std::find(same.begin(), same.end(), arg) == same.end()) same.push_back(arg);
      }
    }
  }
  return std::find(same.begin(), same.end(), param) != same.end();
}

}  // namespace calc::ad
