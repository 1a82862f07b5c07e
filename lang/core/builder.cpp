#include "lang/core/builder.h"

#include <numeric>
#include <stdexcept>

#include "lang/core/tools.h"

namespace calc::core {

Builder::Builder(Module& module, Function& function) : Builder(module, function, function.body) {}

Builder::Builder(Module& module, Function& function, Block& block)
    : module_(module), function_(function), root_(&block) {}

ValueId Builder::add_param(Type type) {
  ValueId param = function_.add_value(std::move(type));
  block().params.push_back(param);
  return param;
}

// ---- operations --------------------------------------------------------------------------------

namespace {

[[noreturn]] void ill_typed(const Primitive& primitive, const std::vector<Type>& types,
                            const TypeError& error) {
  std::string text = "ill-typed " + std::string(primitive.name) + " (";
  for (size_t k = 0; k < types.size(); ++k) text += (k ? ", " : "") + to_string(types[k]);
  throw std::logic_error(text + "): " + error.message);
}

}  // namespace

TypeResult Builder::infer(const Primitive& primitive, std::span<const ValueId> args,
                          const Attrs& attrs) const {
  std::vector<Type> types;
  types.reserve(args.size());
  for (ValueId arg : args) types.push_back(type(arg));
  return primitive.type_rule(types, attrs);
}

std::vector<ValueId> Builder::emit(const Primitive& primitive, std::vector<ValueId> args,
                                   Attrs attrs) {
  TypeResult inferred = infer(primitive, args, attrs);
  if (const auto* error = std::get_if<TypeError>(&inferred)) {
    std::vector<Type> types;
    for (ValueId arg : args) types.push_back(type(arg));
    ill_typed(primitive, types, *error);
  }
  Op op;
  op.kind = OpKind::Primitive;
  op.primitive = &primitive;
  op.args = std::move(args);
  op.attrs = std::move(attrs);
  op.loc = loc;
  return append(std::move(op), std::get<std::vector<Type>>(std::move(inferred)));
}

ValueId Builder::op(const Primitive& primitive, std::vector<ValueId> args, Attrs attrs) {
  std::vector<ValueId> results = emit(primitive, std::move(args), std::move(attrs));
  if (results.size() != 1) {
    throw std::logic_error(std::string(primitive.name) + " has not exactly one result");
  }
  return results[0];
}

ValueId Builder::op(std::string_view primitive, std::vector<ValueId> args, Attrs attrs) {
  return op(registry().get(primitive), std::move(args), std::move(attrs));
}

ValueId Builder::constant(rt::Array value) {
  Op op;
  op.kind = OpKind::Constant;
  op.loc = loc;
  Type type = type_of(value);
  op.constant = std::move(value);
  return append(std::move(op), {std::move(type)})[0];
}

ValueId Builder::real(double value) { return constant(rt::Array::of(value)); }
ValueId Builder::integer(int64_t value) { return constant(rt::Array::of(value)); }
ValueId Builder::boolean(bool value) { return constant(rt::Array::of(value)); }

std::vector<ValueId> Builder::call(FunctionId callee, std::vector<ValueId> args) {
  if (!module_.defined(callee))
    throw std::logic_error("call of a function that is not defined yet");
  Op op;
  op.kind = OpKind::Call;
  op.callee = callee;
  op.args = std::move(args);
  op.loc = loc;
  return append(std::move(op), module_.get(callee).result_types());
}

std::vector<ValueId> Builder::append(Op op, std::vector<Type> result_types) {
  op.results.clear();
  for (Type& type : result_types) op.results.push_back(function_.add_value(std::move(type)));
  std::vector<ValueId> results = op.results;
  adopt(std::move(op));
  return results;
}

void Builder::adopt(Op op) {
  if (op.kind == OpKind::Constant && op.constant.rank() == 0 && op.constant.elem() == Elem::I64) {
    known_integers_.emplace(op.results[0], op.constant.as_int());
  }
  block().ops.push_back(std::move(op));
}

// ---- control -----------------------------------------------------------------------------------

std::vector<ValueId> Builder::open_block(std::span<const Type> params) {
  Block block;
  for (const Type& type : params) block.params.push_back(function_.add_value(type));
  open_.push_back(std::move(block));
  return open_.back().params;
}

Block Builder::close_block(std::vector<ValueId> results) {
  if (open_.empty()) throw std::logic_error("no block is open");
  Block block = std::move(open_.back());
  open_.pop_back();
  block.results = std::move(results);
  return block;
}

std::vector<ValueId> Builder::append_control(Op op) {
  TypeResult types = result_types(module_, function_, op);
  if (const auto* error = std::get_if<TypeError>(&types)) throw std::logic_error(error->message);
  return append(std::move(op), std::get<std::vector<Type>>(std::move(types)));
}

std::vector<ValueId> Builder::emit_if(ValueId condition, Block then_block, Block else_block) {
  Op op;
  op.kind = OpKind::If;
  op.args = {condition};
  op.loc = loc;
  op.blocks.push_back(std::move(then_block));
  op.blocks.push_back(std::move(else_block));
  return append_control(std::move(op));
}

std::vector<ValueId> Builder::emit_for(ValueId count, std::vector<ValueId> init, Block body,
                                       bool reverse) {
  const size_t carried = init.size();
  Op op;
  op.kind = OpKind::For;
  op.args = std::move(init);
  op.args.insert(op.args.begin(), count);
  if (reverse) op.attrs.set("reverse", true);
  op.loc = loc;
  op.blocks.push_back(std::move(body));
  std::vector<ValueId> results = append_control(std::move(op));
  auto known = known_integers_.find(count);
  for (size_t k = carried; k < results.size() && known != known_integers_.end(); ++k) {
    function_.value_types[results[k].index].dims[0] = known->second;
  }
  return results;
}

std::vector<ValueId> Builder::emit_while(std::vector<ValueId> init, Block condition, Block body) {
  Op op;
  op.kind = OpKind::While;
  op.args = std::move(init);
  op.loc = loc;
  op.blocks.push_back(std::move(condition));
  op.blocks.push_back(std::move(body));
  return append_control(std::move(op));
}

// ---- shorthand ---------------------------------------------------------------------------------

namespace {

std::vector<int64_t> identity(size_t rank) {
  std::vector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return axes;
}

std::string elem_name(Elem elem) { return to_string(scalar_type(elem)); }

}  // namespace

ValueId Builder::convert(ValueId a, Elem elem) {
  if (type(a).elem == elem) return a;
  return op("convert", {a}, {{"elem", elem_name(elem)}});
}

ValueId Builder::dim(ValueId a, int axis) {
  int64_t size = type(a).dims.at(static_cast<size_t>(axis));
  if (size != kDynamic) return integer(size);
  return op("dim", {a}, {{"axis", int64_t{axis}}});
}

std::vector<ValueId> Builder::dynamic_sizes(ValueId a) {
  std::vector<ValueId> sizes;
  for (int axis = 0; axis < type(a).rank(); ++axis) {
    if (type(a).dims[static_cast<size_t>(axis)] == kDynamic) sizes.push_back(dim(a, axis));
  }
  return sizes;
}

ValueId Builder::broadcast(ValueId a, Dims dims, std::vector<int64_t> axes,
                           std::vector<ValueId> sizes) {
  if (type(a).dims == dims && axes == identity(dims.size())) return a;
  sizes.insert(sizes.begin(), a);
  return op("broadcast", std::move(sizes), {{"dims", std::move(dims)}, {"axes", std::move(axes)}});
}

ValueId Builder::fill_like(ValueId scalar, ValueId like) {
  if (type(like).is_scalar()) return scalar;
  std::vector<ValueId> sizes = dynamic_sizes(like);
  return broadcast(scalar, type(like).dims, {}, std::move(sizes));
}

ValueId Builder::reshape(ValueId a, Dims dims, std::vector<ValueId> sizes) {
  if (type(a).is_static() && type(a).dims == dims) return a;
  sizes.insert(sizes.begin(), a);
  return op("reshape", std::move(sizes), {{"dims", std::move(dims)}});
}

ValueId Builder::transpose(ValueId a, std::vector<int64_t> perm) {
  if (perm == identity(perm.size())) return a;
  return op("transpose", {a}, {{"perm", std::move(perm)}});
}

ValueId Builder::reduce_sum(ValueId a, std::vector<int64_t> axes) {
  if (axes.empty()) return a;
  return op("reduce_sum", {a}, {{"axes", std::move(axes)}});
}

ValueId Builder::zeros(const Type& type, const std::vector<ValueId>& sizes) {
  // A copy: `type` may live in the function, whose values are about to grow.
  Dims dims = type.dims;
  return broadcast(constant(rt::Array::zeros(type.elem, {})), std::move(dims), {}, sizes);
}

}  // namespace calc::core
