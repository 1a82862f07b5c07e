#include "lang/opt/small_arrays.h"

#include <algorithm>

#include "lang/core/tools.h"

namespace calc::opt {

using core::Block;
using core::Function;
using core::Op;
using core::OpKind;
using core::Type;
using core::ValueId;

namespace {

/// Multiplications of a product that is written out.
constexpr int64_t kLargestProduct = 64;

bool small(const Type& type) { return type.is_scalar() || is_small_array(type); }

bool all_small(const Function& function, const std::vector<ValueId>& values) {
  return std::all_of(values.begin(), values.end(),
                     [&](ValueId value) { return small(function.type(value)); });
}

bool is_small_product(const Function& function, const Op& op) {
  if (!all_small(function, op.args)) return false;
  int64_t terms = function.type(op.results[0]).count();
  for (int64_t axis : op.attrs.ints("lhs_contract")) {
    terms *= function.type(op.args[0]).dims[static_cast<size_t>(axis)];
  }
  return terms <= kLargestProduct;
}

}  // namespace

bool is_small_array(const Type& type) {
  if (type.is_scalar() || !type.is_static()) return false;
  const int64_t count = type.count();
  return count >= 1 && count <= kSmallArray;
}

ElementForm element_form(const Function& function, const SmallArrays& arrays, const Op& op) {
  if (op.kind != OpKind::Primitive || op.results.size() != 1 ||
      !small(function.type(op.results[0])) || !all_small(function, op.args)) {
    return ElementForm::None;
  }
  const std::string_view name = op.primitive->name;
  const auto& lowering = op.primitive->lowering;
  if (std::holds_alternative<core::ElementwiseLowering>(lowering)) {
    return name == "check_index" ? ElementForm::None : ElementForm::Elementwise;
  }
  // Not the extrema: how ties share the derivative would change.
  if (name == "reduce_sum" || name == "reduce_prod") return ElementForm::Reduction;
  if (name == "dot_general") {
    // What fails as a whole stays whole.
    const bool fails = core::effect_of(function, op) != core::Effect::None;
    return is_small_product(function, op) && !fails ? ElementForm::Product : ElementForm::None;
  }
  if (name == "stack" || name == "concat" || name == "transpose" || name == "reverse" ||
      name == "reshape" || name == "copy") {
    return ElementForm::Arrangement;
  }
  if (name == "broadcast") return ElementForm::Arrangement;
  const bool chosen = (name == "index" || name == "slice") && arrays.known_from(op, 1);
  const bool updated = (name == "index_set" || name == "index_add") && arrays.known_from(op, 2);
  return chosen || updated ? ElementForm::Arrangement : ElementForm::None;
}

SmallArrays::SmallArrays(const Function& function)
    : function_(function), uses_(function.value_types.size()) {
  core::for_each_op(function.body, [&](const Op& op) {
    if (op.kind == OpKind::Constant && op.constant.size() <= kSmallArray) {
      constants_[op.results[0]] = op.constant;
    }
  });
  walk(function.body);
}

std::optional<int64_t> SmallArrays::integer(ValueId value) const {
  const rt::Array* array = constant(value);
  if (!array || array->rank() != 0 || array->elem() != core::Elem::I64) return std::nullopt;
  return array->as_int();
}

bool SmallArrays::known_from(const Op& op, size_t first) const {
  return std::all_of(op.args.begin() + static_cast<std::ptrdiff_t>(first), op.args.end(),
                     [&](ValueId arg) { return integer(arg).has_value(); });
}

/// Backwards: what becomes of a result says how its arguments are used.
void SmallArrays::walk(const Block& block) {
  for (size_t k = block.ops.size(); k-- > 0;) {
    for (const Block& nested : block.ops[k].blocks) walk(nested);
    note(block.ops[k]);
  }
}

void SmallArrays::note(const Op& op) {
  if (op.kind == OpKind::For) return note_loop(op);
  // What control hands on is neither.
  if (!op.blocks.empty()) return;
  const ElementForm form = element_form(function_, *this, op);
  Uses found{form != ElementForm::None, form == ElementForm::None};
  // To choose an element is to use it; to arrange elements is what becomes of the result.
  if (form == ElementForm::Arrangement && !function_.type(op.results[0]).is_scalar()) {
    found = uses_[op.results[0].index];
  }
  for (ValueId arg : op.args) {
    Uses& uses = uses_[arg.index];
    uses.by_element = uses.by_element || found.by_element;
    uses.as_whole = uses.as_whole || found.as_whole;
  }
}

/// A loop that splits its carried value wants the initial one by element.
void SmallArrays::note_loop(const Op& op) {
  for (size_t k = 1; k < op.args.size(); ++k) {
    const ValueId param = op.blocks[0].params[k];
    if (used_by_element(param) && !used_as_whole(param)) uses_[op.args[k].index].by_element = true;
  }
}

}  // namespace calc::opt
