#include "lang/lower/facts.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <unordered_set>

#include "lang/core/tools.h"

namespace calc::lower {

using core::Lowering;

namespace {

template <typename T>
const T* lowering(const Op& op) {
  return op.kind == OpKind::Primitive ? std::get_if<T>(&op.primitive->lowering) : nullptr;
}

bool contains(const std::vector<int64_t>& list, int64_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Products of this many steps are loops; above, a kernel pays.
constexpr int64_t small_product = 4096;

}  // namespace

std::optional<Structural> structural(const Op& op) {
  const auto* form = lowering<core::StructuralLowering>(op);
  return form == nullptr ? std::nullopt : std::optional(form->form);
}
const core::ElementwiseLowering* elementwise(const Op& op) {
  if (is_class_test(op)) {
    static const core::ElementwiseLowering comparison{core::ScalarOp::Eq};
    return &comparison;
  }
  return lowering<core::ElementwiseLowering>(op);
}
bool is_class_test(const Op& op) {
  return op.kind == OpKind::Primitive &&
         (op.primitive->name == "is_nan" || op.primitive->name == "is_inf");
}
bool moves_unit_axes(const Facts& facts, const Op& op) {
  if (structural(op) != Structural::Reshape) return false;
  auto longer = [&](ValueId value) {
    core::Dims kept;
    std::ranges::copy_if(facts.type(value).dims, std::back_inserter(kept),
                         [](int64_t size) { return size != 1; });
    return kept;
  };
  return longer(op.args[0]) == longer(op.results[0]);
}
const core::ReductionLowering* reduction(const Op& op) {
  return lowering<core::ReductionLowering>(op);
}
bool is_dot(const Op& op) { return lowering<core::DotLowering>(op) != nullptr; }
bool is_cumulative(const Op& op) { return lowering<core::CumulativeLowering>(op) != nullptr; }

Facts::Facts(const core::Function& function) : function_(function) {
  const size_t count = function.value_types.size();
  definitions_.resize(count);
  uses_.resize(count);
  virtual_.resize(count);
  leaves_.resize(count);
  for (uint32_t k = 0; k < count; ++k) {
    if (is_array(ValueId{k})) leaves_[k] = {ValueId{k}};
  }
  visit(function.body);
}

void Facts::visit(const Block& block) {
  for (const Op& op : block.ops) {
    for (ValueId result : op.results) definitions_[result.index] = &op;
    for (ValueId arg : op.args) ++uses_[arg.index];
    const size_t first = op.kind == OpKind::For ? 1 : 0;
    const bool loop = op.kind == OpKind::For || op.kind == OpKind::While;
    for (size_t k = first; loop && k < op.args.size(); ++k) {
      carried_[op.blocks.back().params[k]] = {&op, k - first};
    }
    for (const Block& nested : op.blocks) visit(nested);
  }
  for (ValueId result : block.results) ++uses_[result.index];
}

// ---- roles

Role Facts::role(const Op& op) const {
  switch (op.kind) {
    case OpKind::Constant:
      return is_array(op.results[0]) ? Role::Constant : Role::Scalar;
    case OpKind::Primitive:
      return primitive_role(op);
    default:
      return Role::Whole;
  }
}

Role Facts::primitive_role(const Op& op) const {
  if (elementwise(op) != nullptr) {
    if (!is_array(op.results[0])) return Role::Scalar;
    if (!operands_agree(op)) return Role::Whole;
    return compute_role(op);
  }
  if (auto form = structural(op)) return structural_role(op, *form);
  if (const auto* r = reduction(op)) return reduction_role(op, r->reduction);
  if (is_cumulative(op)) return is_array(op.results[0]) ? Role::Pieces : Role::Whole;
  if (is_dot(op)) return dot_role(op);
  return Role::Whole;
}

/// What may fail fails for every element, also for those that nobody reads.
Role Facts::compute_role(const Op& op) const {
  return core::effect_of(function_, op) == core::Effect::None ? Role::Compute : Role::Nest;
}

bool Facts::operands_agree(const Op& op) const {
  const std::vector<Size> expected = sizes(op.results[0]);
  return std::ranges::all_of(op.args,
                             [&](ValueId arg) { return !is_array(arg) || sizes(arg) == expected; });
}

/// Operands of a stack have equal sizes, of a concat but for the joined axis.
bool Facts::pieces_agree(const Op& op, Structural form) const {
  auto others = [&](ValueId arg) {
    std::vector<Size> all = sizes(arg);
    if (form == Structural::Concat) all.erase(all.begin() + op.attrs.integer("axis"));
    return all;
  };
  const std::vector<Size> expected = others(op.args[0]);
  return std::ranges::all_of(op.args, [&](ValueId arg) { return others(arg) == expected; });
}

Role Facts::structural_role(const Op& op, Structural form) const {
  const ValueId result = op.results[0];
  switch (form) {
    case Structural::Dim:
      return Role::Scalar;
    case Structural::Broadcast: {
      const auto& axes = op.attrs.ints("axes");
      for (size_t k = 0; k < axes.size(); ++k) {
        const int from = static_cast<int>(k), to = static_cast<int>(axes[k]);
        if (!(size(op.args[0], from) == size(result, to))) return Role::Whole;
      }
      return is_array(result) ? Role::View : Role::Scalar;
    }
    case Structural::Reshape:
      if (!type(result).is_static() || !type(op.args[0]).is_static()) return Role::Whole;
      return is_array(result) ? Role::View : Role::Scalar;
    case Structural::Transpose:
    case Structural::Reverse:
    case Structural::Slice:
    case Structural::Iota:
    case Structural::Index:
    case Structural::Copy:
      return is_array(result) ? Role::View : Role::Scalar;
    case Structural::Take:
      return is_array(result) ? Role::Compute : Role::Scalar;
    case Structural::Concat:
    case Structural::Stack:
      return pieces_agree(op, form) ? Role::Pieces : Role::Whole;
    case Structural::IndexSet:
    case Structural::IndexAdd:
    case Structural::SliceSet:
    case Structural::SliceAdd:
    case Structural::TakeSet:
    case Structural::TakeAdd:
      return is_array(result) && update_fits(op, form) ? Role::Update : Role::Whole;
  }
  return Role::Whole;
}

/// The new elements have provably the sizes of the place they go to.
bool Facts::update_fits(const Op& op, Structural form) const {
  std::vector<Size> expected = sizes(op.args[0]);
  std::vector<Size> given = sizes(op.args[1]);
  if (form == Structural::IndexSet || form == Structural::IndexAdd) {
    const auto& axes = op.attrs.ints("axes");
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      expected.erase(expected.begin() + *axis);
    }
    return given == expected;
  }
  const auto axis = op.attrs.integer("axis");
  if (form == Structural::SliceSet || form == Structural::SliceAdd) {
    given[static_cast<size_t>(axis)] = expected[static_cast<size_t>(axis)];
    return given == expected;
  }
  const std::vector<Size> indices = sizes(op.args[2]);
  expected.erase(expected.begin() + axis);
  expected.insert(expected.begin() + axis, indices.begin(), indices.end());
  return given == expected;
}

Role Facts::reduction_role(const Op& op, core::Reduction reduction) const {
  using core::Reduction;
  const Type& operand = type(op.args[0]);
  const bool by_position = reduction == Reduction::ArgMax || reduction == Reduction::ArgMin;
  const bool needs_some = by_position || reduction == Reduction::Max || reduction == Reduction::Min;
  if (operand.is_scalar()) return Role::Whole;
  if (needs_some && operand.count() <= 0) return Role::Whole;
  if (by_position) {
    return op.attrs.integer("axis") == operand.rank() - 1 ? Role::Nest : Role::Whole;
  }
  // Of one element there is nothing to reduce.
  const bool trivial = std::ranges::all_of(op.attrs.ints("axes"), [&](int64_t axis) {
    return operand.dims[static_cast<size_t>(axis)] == 1;
  });
  return !trivial ? Role::Nest : is_array(op.results[0]) ? Role::View : Role::Scalar;
}

Role Facts::dot_role(const Op& op) const {
  const DotForm form = dot_form(*this, op, 0);
  const auto& lhs = form.attrs.ints("lhs_contract");
  const auto& rhs = form.attrs.ints("rhs_contract");
  int64_t steps = 1;
  auto agree = [&](int64_t a, int64_t b) {
    const Size size_a = size(form.a, static_cast<int>(a));
    return size_a == size(form.b, static_cast<int>(b));
  };
  for (size_t k = 0; k < lhs.size(); ++k) {
    if (!agree(lhs[k], rhs[k])) return Role::Whole;
  }
  const auto& lhs_batch = form.attrs.ints("lhs_batch");
  const auto& rhs_batch = form.attrs.ints("rhs_batch");
  for (size_t k = 0; k < lhs_batch.size(); ++k) {
    if (!agree(lhs_batch[k], rhs_batch[k])) return Role::Whole;
  }
  if (lhs.empty()) return is_array(op.results[0]) ? compute_role(op) : Role::Scalar;
  if (form.lhs_free.empty() || form.rhs_free.empty()) return Role::Nest;
  for (const Size& s : space(op)) {
    if (s.constant == core::kDynamic) return Role::Whole;
    if (__builtin_mul_overflow(steps, s.constant, &steps)) return Role::Whole;
  }
  return steps <= small_product ? Role::Nest : Role::Whole;
}

bool Facts::needs_buffer(const Op& op, size_t k) const {
  if (!is_array(op.args[k])) return false;
  const Role r = role(op);
  return r == Role::Whole || (r == Role::Update && k == 0);
}

// ---- details of single operations

const void* Facts::uniform(const Op& op) const {
  if (op.kind != OpKind::Constant || op.constant.size() == 0) return nullptr;
  const size_t bytes = rt::elem_size(op.constant.elem());
  const auto* data = op.constant.data<char>();
  const size_t rest = (static_cast<size_t>(op.constant.size()) - 1) * bytes;
  return std::memcmp(data, data + bytes, rest) == 0 ? data : nullptr;
}

namespace {

std::vector<int64_t> free_axes(int rank, const std::vector<int64_t>& contract,
                               const std::vector<int64_t>& batch) {
  std::vector<int64_t> axes;
  for (int64_t k = 0; k < rank; ++k) {
    if (!contains(contract, k) && !contains(batch, k)) axes.push_back(k);
  }
  return axes;
}

/// Replaces a transposed operand by what was transposed, where the order of free axes allows it.
void fold_transpose(const Facts& facts, ValueId& operand, core::Attrs& attrs, const char* contract,
                    const char* batch) {
  const Op* op = facts.definition(operand);
  if (op == nullptr || structural(*op) != Structural::Transpose) return;
  const auto& perm = op->attrs.ints("perm");
  std::vector<int64_t> contracted = attrs.ints(contract), batched = attrs.ints(batch);
  std::vector<int64_t> free = free_axes(static_cast<int>(perm.size()), contracted, batched);
  auto renumber = [&](std::vector<int64_t>& axes) {
    for (int64_t& axis : axes) axis = perm[static_cast<size_t>(axis)];
  };
  renumber(free);
  if (!std::is_sorted(free.begin(), free.end())) return;
  renumber(contracted);
  renumber(batched);
  attrs.set(contract, contracted);
  attrs.set(batch, batched);
  operand = op->args[0];
}

}  // namespace

DotForm dot_form(const Facts& facts, const Op& op, int fold) {
  DotForm form{op.args[0], op.args[1], op.attrs, {}, {}};
  if (fold & 1) fold_transpose(facts, form.a, form.attrs, "lhs_contract", "lhs_batch");
  if (fold & 2) fold_transpose(facts, form.b, form.attrs, "rhs_contract", "rhs_batch");
  form.lhs_free = free_axes(facts.type(form.a).rank(), form.attrs.ints("lhs_contract"),
                            form.attrs.ints("lhs_batch"));
  form.rhs_free = free_axes(facts.type(form.b).rank(), form.attrs.ints("rhs_contract"),
                            form.attrs.ints("rhs_batch"));
  return form;
}

std::vector<int> kept_axes(const Op& op, int rank) {
  std::vector<int> kept(static_cast<size_t>(rank));
  int next = 0;
  for (int k = 0; k < rank; ++k) {
    const bool dropped =
        op.attrs.has("axes") ? contains(op.attrs.ints("axes"), k) : op.attrs.integer("axis") == k;
    kept[static_cast<size_t>(k)] = dropped ? -1 : next++;
  }
  return kept;
}

namespace {

bool reads(const Facts& facts, ValueId value, ValueId array) {
  const auto& leaves = facts.leaves(value);
  return std::ranges::find(leaves, array) != leaves.end();
}

/// Every element of `value` reads the updated array only at the place where it will be stored.
bool reads_same_place(const Facts& facts, ValueId value, const Op& update,
                      std::unordered_set<ValueId>& seen) {
  if (!seen.insert(value).second || !reads(facts, value, update.args[0])) return true;
  if (value == update.args[0] || !facts.is_virtual(value)) return false;
  const Op& op = *facts.definition(value);
  if (elementwise(op) != nullptr) {
    return std::ranges::all_of(op.args, [&](ValueId arg) {
      return !facts.is_array(arg) || reads_same_place(facts, arg, update, seen);
    });
  }
  if (op.args[0] != update.args[0]) return false;
  const std::optional<Structural> place = structural(update);
  if (structural(op) == Structural::Index) {
    const bool same =
        op.attrs.ints("axes") == update.attrs.ints("axes") &&
        std::equal(op.args.begin() + 1, op.args.end(), update.args.begin() + 2, update.args.end());
    return same && (place == Structural::IndexSet || place == Structural::IndexAdd);
  }
  if (structural(op) != Structural::Slice) return false;
  const bool same = op.attrs.integer("axis") == update.attrs.integer("axis") &&
                    op.attrs.integer("step") == update.attrs.integer("step") &&
                    op.args[1] == update.args[2];
  return same && (place == Structural::SliceSet || place == Structural::SliceAdd);
}

}  // namespace

bool reads_elsewhere(const Facts& facts, const Op& update, size_t k) {
  const ValueId value = update.args[k];
  if (!facts.is_array(value)) return false;
  std::unordered_set<ValueId> seen;
  if (k == 1) return !reads_same_place(facts, value, update, seen);
  return reads(facts, value, update.args[0]);
}

}  // namespace calc::lower
