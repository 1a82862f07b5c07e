// The result types of an operation, from its record or its shape: what the builder gives, the
// reader fills in and the verifier checks again.
#include "lang/core/tools.h"

namespace calc::core {

namespace {

std::vector<Type> types_of(const Function& function, std::span<const ValueId> values) {
  std::vector<Type> types;
  types.reserve(values.size());
  for (ValueId value : values) types.push_back(function.type(value));
  return types;
}

TypeResult primitive_types(const Function& function, const Op& op) {
  return op.primitive->type_rule(types_of(function, op.args), op.attrs);
}

TypeResult call_types(const Module& module, const Op& op) {
  if (op.callee.index >= module.size()) return TypeError{"the callee does not exist", {}};
  if (!module.defined(op.callee)) return TypeError{"the callee is not defined yet", {}};
  return module.get(op.callee).result_types();
}

TypeResult branch_types(const Function& function, const Op& op) {
  const auto& then_results = op.blocks[0].results;
  const auto& else_results = op.blocks[1].results;
  if (then_results.size() != else_results.size()) {
    return TypeError{"the branches have different numbers of results", {}};
  }
  std::vector<Type> types;
  for (size_t k = 0; k < then_results.size(); ++k) {
    const Type& a = function.type(then_results[k]);
    const Type& b = function.type(else_results[k]);
    if (a.elem != b.elem || a.rank() != b.rank()) {
      return TypeError{"the branches give " + to_string(a) + " and " + to_string(b), {}};
    }
    types.push_back(join(a, b));
  }
  return types;
}

TypeResult for_types(const Function& function, const Op& op) {
  const Block& body = op.blocks[0];
  const size_t carried = op.args.size() - 1;
  if (body.params.size() != carried + 1 || body.results.size() < carried) {
    return TypeError{"the body of the for does not fit its carried values", {}};
  }
  std::vector<Type> types;
  for (size_t k = 0; k < body.results.size(); ++k) {
    if (k < carried) {
      types.push_back(function.type(body.params[k + 1]));
    } else {
      types.push_back(function.type(body.results[k]));
      types.back().dims.insert(types.back().dims.begin(), kDynamic);
    }
  }
  return types;
}

TypeResult while_types(const Function& function, const Op& op) {
  const Block& condition = op.blocks[0];
  const Block& body = op.blocks[1];
  if (condition.params.size() != op.args.size() || body.params.size() != op.args.size() ||
      body.results.size() != op.args.size() || condition.results.size() != 1) {
    return TypeError{"the blocks of the while do not fit its carried values", {}};
  }
  return types_of(function, body.params);
}

size_t block_count(OpKind kind) {
  switch (kind) {
    case OpKind::If:
    case OpKind::While:
      return 2;
    case OpKind::For:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

TypeResult result_types(const Module& module, const Function& function, const Op& op) {
  if (op.blocks.size() != block_count(op.kind)) return TypeError{"wrong number of blocks", {}};
  switch (op.kind) {
    case OpKind::Constant:
      return std::vector<Type>{type_of(op.constant)};
    case OpKind::Primitive:
      return primitive_types(function, op);
    case OpKind::Call:
      return call_types(module, op);
    case OpKind::If:
      if (op.args.size() != 1) return TypeError{"an if takes one condition", {}};
      return branch_types(function, op);
    case OpKind::For:
      if (op.args.empty()) return TypeError{"a for needs a count", {}};
      return for_types(function, op);
    case OpKind::While:
      return while_types(function, op);
  }
  return TypeError{"unknown kind of operation", {}};
}

}  // namespace calc::core
