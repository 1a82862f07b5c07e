// Comparisons: elementwise on tensors, structural on everything else, `≈` always one Bool.
#include <algorithm>

#include "lang/elaborate/tensor_ops.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;
using syntax::CompareOp;

std::string_view op_text(CompareOp op) {
  switch (op) {
    case CompareOp::Eq:
      return "==";
    case CompareOp::Ne:
      return "!=";
    case CompareOp::Lt:
      return "<";
    case CompareOp::Le:
      return "<=";
    case CompareOp::Gt:
      return ">";
    case CompareOp::Ge:
      return ">=";
    case CompareOp::Close:
      return "≈";
  }
  return "?";
}

namespace {

std::string_view primitive_of(CompareOp op) {
  switch (op) {
    case CompareOp::Eq:
      return "eq";
    case CompareOp::Ne:
      return "ne";
    case CompareOp::Lt:
      return "lt";
    case CompareOp::Le:
      return "le";
    case CompareOp::Gt:
      return "gt";
    default:
      return "ge";
  }
}

bool holds(CompareOp op, int64_t a, int64_t b) {
  switch (op) {
    case CompareOp::Eq:
      return a == b;
    case CompareOp::Ne:
      return a != b;
    case CompareOp::Lt:
      return a < b;
    case CompareOp::Le:
      return a <= b;
    case CompareOp::Gt:
      return a > b;
    default:
      return a >= b;
  }
}

ValuePtr compare_tensors(Emit& emit, CompareOp op, const Leaf& a, const Leaf& b,
                         const BinarySpans& spans) {
  const bool equality = op == CompareOp::Eq || op == CompareOp::Ne;
  Elem elem = meet(a, b);
  if (elem == Elem::Bool && !equality) elem = Elem::I64;
  const std::string what = "`" + std::string(op_text(op)) + "`";
  const ValueId id = elementwise(emit, primitive_of(op), a, b, elem, what, spans);
  Leaf leaf{id, emit.builder().type(id), std::nullopt, false};
  const bool known = a.known && b.known && a.known->kind != Known::Kind::Real &&
                     b.known->kind != Known::Kind::Real;
  if (known) {
    leaf.known = Known{Known::Kind::Bool, holds(op, a.known->integer, b.known->integer), 0};
  }
  return tensor(std::move(leaf));
}

bool is_text(const ValuePtr& a) {
  return a->kind == ValueKind::String ||
         (a->kind == ValueKind::Choice && a->items[1]->kind == ValueKind::String);
}

// ---- structural equality -----------------------------------------------------------------------

/// All entries equal or near; shapes agree statically, dynamic ones were compared before.
ValueId entries_equal(Emit& emit, ValueId a, ValueId b, const Tolerance* close) {
  core::Builder& build = emit.builder();
  ValueId equal = build.op("eq", {a, b});
  if (close && build.type(a).is_real()) {
    const Elem elem = build.type(a).elem;
    const auto constant = [&](ValueId x) { return build.fill_like(build.convert(x, elem), a); };
    const ValueId difference = build.op("abs", {build.sub(a, b)});
    const ValueId size = build.op("max", {build.op("abs", {a}), build.op("abs", {b})});
    const ValueId bound =
        build.op("max", {constant(close->absolute), build.mul(constant(close->relative), size)});
    const ValueId near = build.op("le", {difference, bound});
    const ValueId finite = build.op("not", {build.op("is_inf", {difference})});
    equal = build.op("or", {equal, build.op("and", {near, finite})});
  }
  const int rank = build.type(equal).rank();
  if (rank == 0) return equal;
  std::vector<int64_t> axes;
  for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  return build.op("reduce_all", {equal}, {{"axes", std::move(axes)}});
}

ValueId tensors_equal(Emit& emit, const Leaf& a, const Leaf& b, const Tolerance* close) {
  core::Builder& build = emit.builder();
  const Elem elem = close ? std::max(meet(a, b), Elem::I64) : meet(a, b);
  if (!core::compatible({elem, a.type.dims}, {elem, b.type.dims})) return build.boolean(false);
  ValueId left = converted(emit, a, elem);
  const ValueId right = converted(emit, b, elem);
  const Sizes mine = sizes_of(emit, left);
  const Sizes other = sizes_of(emit, right);
  std::optional<ValueId> agree;
  for (size_t axis = 0; axis < mine.size(); ++axis) {
    if (same_size(mine[axis], other[axis])) continue;
    const ValueId same =
        build.op("eq", {size_value(emit, mine[axis]), size_value(emit, other[axis])});
    agree = agree ? build.op("and", {*agree, same}) : same;
  }
  if (!agree) return entries_equal(emit, left, right, close);
  build.open_block({});
  const Sizes& exact = build.type(left).is_static() ? mine : other;
  const ValueId x = refine(emit, left, exact);
  const ValueId y = refine(emit, right, sizes_of(emit, x));
  core::Block entries = build.close_block({entries_equal(emit, x, y, close)});
  build.open_block({});
  core::Block differ = build.close_block({build.boolean(false)});
  return build.emit_if(*agree, std::move(entries), std::move(differ))[0];
}

/// A text without holes.
const std::string* plain_text(const Value& value) {
  static const std::string empty;
  if (value.kind != ValueKind::String) return nullptr;
  if (value.pieces.empty()) return &empty;
  if (value.pieces.size() == 1 && !value.pieces[0].hole) return &value.pieces[0].text;
  return nullptr;
}

ValueId texts_equal(Emit& emit, const ValuePtr& a, const ValuePtr& b) {
  core::Builder& build = emit.builder();
  if (a->kind != ValueKind::Choice && b->kind == ValueKind::Choice) return texts_equal(emit, b, a);
  if (a->kind == ValueKind::Choice) {
    ValueId equal = build.boolean(false);
    for (size_t k = 1; k < a->items.size(); ++k) {
      const ValueId chosen =
          build.op("eq", {a->items[0]->leaf.id, build.integer(static_cast<int64_t>(k) - 1)});
      const ValueId same = build.op("and", {chosen, texts_equal(emit, a->items[k], b)});
      equal = build.op("or", {equal, same});
    }
    return equal;
  }
  const std::string* left = plain_text(*a);
  const std::string* right = plain_text(*b);
  if (!left || !right) {
    base::fail(emit.module().location(build.loc).span,
               "a text with values in it cannot be compared", "compare the values instead");
  }
  return build.boolean(*left == *right);
}

}  // namespace

ValueId all_equal(Emit& emit, const ValuePtr& lhs, const ValuePtr& rhs, const Tolerance* close) {
  core::Builder& build = emit.builder();
  const ValuePtr a = as_tensor(emit, lhs);
  const ValuePtr b = as_tensor(emit, rhs);
  if (is_tensor(a) && is_tensor(b)) return tensors_equal(emit, a->leaf, b->leaf, close);
  if (is_text(a) && is_text(b)) return texts_equal(emit, a, b);
  const bool aggregate = a->kind == ValueKind::Tuple || a->kind == ValueKind::Record;
  if (!aggregate || a->kind != b->kind || a->items.size() != b->items.size() ||
      a->fields != b->fields) {
    return build.boolean(a->kind == b->kind && !aggregate &&
                         structure_key(*a, true) == structure_key(*b, true));
  }
  ValueId equal = build.boolean(true);
  for (size_t k = 0; k < a->items.size(); ++k) {
    equal = build.op("and", {equal, all_equal(emit, a->items[k], b->items[k], close)});
  }
  return equal;
}

ValuePtr compare(Emit& emit, CompareOp op, const ValuePtr& lhs, const ValuePtr& rhs,
                 const BinarySpans& spans) {
  emit.at(spans.whole);
  if (op == CompareOp::Close) {
    const Tolerance tolerance{emit.builder().real(kRelative), emit.builder().real(kAbsolute)};
    return wrap(emit, all_equal(emit, lhs, rhs, &tolerance));
  }
  const ValuePtr a = as_tensor(emit, lhs);
  const ValuePtr b = as_tensor(emit, rhs);
  if (is_tensor(a) && is_tensor(b)) return compare_tensors(emit, op, a->leaf, b->leaf, spans);
  if (op == CompareOp::Eq || op == CompareOp::Ne) {
    ValueId equal = all_equal(emit, a, b, nullptr);
    const core::Op* definition = emit.builder().definition(equal);
    const bool constant = definition && definition->kind == core::OpKind::Constant;
    if (constant) {
      return bool_value(emit, definition->constant.as_bool() == (op == CompareOp::Eq));
    }
    return wrap(emit, op == CompareOp::Eq ? equal : emit.builder().op("not", {equal}));
  }
  base::fail(spans.whole, "`" + std::string(op_text(op)) + "` is not defined for " + type_text(*a) +
                              " and " + type_text(*b));
}

}  // namespace calc::elab
