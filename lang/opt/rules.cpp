#include "lang/opt/rules.h"

#include <bit>
#include <stdexcept>

namespace calc::opt {

void RuleTable::add(std::string_view primitive, Rule rule) {
  rules_[&core::registry().get(primitive)].push_back(rule);
}

std::span<const Rule> RuleTable::of(const Primitive& primitive) const {
  auto at = rules_.find(&primitive);
  return at == rules_.end() ? std::span<const Rule>() : at->second;
}

const RuleTable& rules() {
  static const RuleTable table = [] {
    RuleTable made;
    add_arithmetic_rules(made);
    add_logic_rules(made);
    add_shape_rules(made);
    add_index_rules(made);
    return made;
  }();
  return table;
}

// ---- spread-out values -------------------------------------------------------------------------

namespace {

bool same_spread(const Op& a, const Op& b) {
  return a.attrs == b.attrs &&
         std::equal(a.args.begin() + 1, a.args.end(), b.args.begin() + 1, b.args.end());
}

}  // namespace

std::optional<ValueId> pull_broadcast(Rewriter& rewriter, const Op& op) {
  std::vector<ValueId> inner;
  const Op* first = nullptr;
  for (ValueId arg : op.args) {
    const Op* spread = rewriter.definition(arg, "broadcast");
    if (!spread || (first && !same_spread(*first, *spread))) return std::nullopt;
    if (!first) first = spread;
    inner.push_back(spread->args[0]);
    if (rewriter.type(inner.back()).dims != rewriter.type(inner[0]).dims) return std::nullopt;
  }
  if (!first || !rewriter.type(inner[0]).is_static()) return std::nullopt;
  // Of no elements nothing fails.
  const bool some = rewriter.type(op.results[0]).count() > 0;
  if (!some && rewriter.may_fail(op)) return std::nullopt;
  std::vector<ValueId> args{first->args};
  args[0] = rewriter.emit(*op.primitive, std::move(inner), op.attrs);
  return rewriter.emit("broadcast", std::move(args), first->attrs);
}

const rt::Array* splat(const Rewriter& rewriter, ValueId value) {
  const Op* op = rewriter.definition(value, "broadcast");
  const rt::Array* array = rewriter.constant_of(op ? op->args[0] : value);
  return array && array->rank() == 0 ? array : nullptr;
}

bool is_splat(const Rewriter& rewriter, ValueId value, double number) {
  const rt::Array* array = splat(rewriter, value);
  if (!array) return false;
  switch (array->elem()) {
    case Elem::Bool:
      return false;
    case Elem::I64:
      return array->as_int() == static_cast<int64_t>(number);
    case Elem::F64:
      return std::bit_cast<uint64_t>(array->as_real()) == std::bit_cast<uint64_t>(number);
    case Elem::F32:
      return std::bit_cast<uint32_t>(array->as_real32()) ==
             std::bit_cast<uint32_t>(static_cast<float>(number));
  }
  return false;
}

ValueId spread(Rewriter& rewriter, ValueId scalar, ValueId like) {
  const Type type = rewriter.type(like);
  if (type.is_scalar()) return scalar;
  std::vector<ValueId> args{scalar};
  for (size_t axis = 0; axis < type.dims.size(); ++axis) {
    if (type.dims[axis] != core::kDynamic) continue;
    args.push_back(rewriter.emit("dim", {like}, {{"axis", static_cast<int64_t>(axis)}}));
  }
  return rewriter.emit("broadcast", std::move(args),
                       {{"dims", type.dims}, {"axes", std::vector<int64_t>{}}});
}

rt::Array scalar_constant(Elem elem, double number) {
  switch (elem) {
    case Elem::Bool:
      return rt::Array::of(number != 0);
    case Elem::I64:
      return rt::Array::of(static_cast<int64_t>(number));
    case Elem::F64:
      return rt::Array::of(number);
    case Elem::F32:
      return rt::Array::of(static_cast<float>(number));
  }
  throw std::logic_error("unknown element type");
}

bool has_sizes_of(const Rewriter& rewriter, ValueId spread, ValueId like) {
  const Type& type = rewriter.type(like);
  if (type.is_static()) return rewriter.type(spread).dims == type.dims;
  const Op* op = rewriter.definition(spread, "broadcast");
  if (!op) return false;
  const Dims& dims = op->attrs.ints("dims");
  size_t operand = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] != core::kDynamic) {
      if (dims[axis] != type.dims[axis]) return false;
      continue;
    }
    const Op* size = rewriter.definition(op->args[operand++], "dim");
    if (!size || size->args[0] != like ||
        size->attrs.integer("axis") != static_cast<int64_t>(axis)) {
      return false;
    }
  }
  return true;
}

}  // namespace calc::opt
