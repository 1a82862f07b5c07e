#pragma once
// Builds Core: appends operations to the innermost open block, infers their types from the records.
//
// A type error here is a programmer's error (std::logic_error); a stage that builds from user input
// asks `infer` first and turns a TypeError into a diagnostic.
#include <span>
#include <unordered_map>

#include "lang/core/ir.h"
#include "lang/core/primitive.h"

namespace calc::core {

class Builder {
 public:
  Builder(Module& module, Function& function);
  /// Appends to an existing block of the function instead of its body.
  Builder(Module& module, Function& function, Block& block);

  Module& module() { return module_; }
  Function& function() { return function_; }
  const Type& type(ValueId value) const { return function_.type(value); }
  /// Given to every operation from now on.
  LocId loc;

  ValueId add_param(Type type);
  void set_results(std::vector<ValueId> results) { block().results = std::move(results); }

  // -- operations
  std::vector<ValueId> emit(const Primitive& primitive, std::vector<ValueId> args,
                            Attrs attrs = {});
  /// The single result of an operation.
  ValueId op(const Primitive& primitive, std::vector<ValueId> args, Attrs attrs = {});
  ValueId op(std::string_view primitive, std::vector<ValueId> args, Attrs attrs = {});
  TypeResult infer(const Primitive& primitive, std::span<const ValueId> args,
                   const Attrs& attrs) const;
  ValueId constant(rt::Array value);
  ValueId real(double value);
  ValueId integer(int64_t value);
  ValueId boolean(bool value);
  std::vector<ValueId> call(FunctionId callee, std::vector<ValueId> args);
  /// Appends a copy of an operation whose arguments are already values of this function, with fresh
  /// results of the given types; nested blocks must be remapped by the caller.
  std::vector<ValueId> append(Op op, std::vector<Type> result_types);
  /// Appends an operation whose results are values of this function already.
  void adopt(Op op);

  /// The operation that defines a value, looked for in the body and the open blocks; null for
  /// parameters and for values of closed blocks.
  const Op* definition(ValueId value) const;

  // -- control: open a block, emit into it, close it, use it
  /// The parameters of the new innermost block.
  std::vector<ValueId> open_block(std::span<const Type> params);
  Block close_block(std::vector<ValueId> results);
  std::vector<ValueId> emit_if(ValueId condition, Block then_block, Block else_block);
  std::vector<ValueId> emit_for(ValueId count, std::vector<ValueId> init, Block body,
                                bool reverse = false);
  std::vector<ValueId> emit_while(std::vector<ValueId> init, Block condition, Block body);

  // -- shorthand, one operation each (constants and known sizes fold)
  ValueId add(ValueId a, ValueId b) { return op("add", {a, b}); }
  ValueId sub(ValueId a, ValueId b) { return op("sub", {a, b}); }
  ValueId mul(ValueId a, ValueId b) { return op("mul", {a, b}); }
  ValueId div(ValueId a, ValueId b) { return op("div", {a, b}); }
  ValueId neg(ValueId a) { return op("neg", {a}); }
  ValueId convert(ValueId a, Elem elem);
  ValueId select(ValueId c, ValueId a, ValueId b) { return op("select", {c, a, b}); }
  /// The size along an axis: a constant when the type knows it.
  ValueId dim(ValueId a, int axis);
  /// The values of a value's dynamic sizes, in order.
  std::vector<ValueId> dynamic_sizes(ValueId a);
  /// `a` placed in a larger shape: axis k of `a` becomes axis axes[k]. `sizes`: dynamic sizes of
  /// dims.
  ValueId broadcast(ValueId a, Dims dims, std::vector<int64_t> axes,
                    std::vector<ValueId> sizes = {});
  /// A scalar spread to the shape of `like` (or `a` itself when `like` is a scalar).
  ValueId fill_like(ValueId scalar, ValueId like);
  ValueId reshape(ValueId a, Dims dims, std::vector<ValueId> sizes = {});
  ValueId transpose(ValueId a, std::vector<int64_t> perm);
  ValueId reduce_sum(ValueId a, std::vector<int64_t> axes);
  /// Zeros (false) of a type, with the values of its dynamic sizes.
  ValueId zeros(const Type& type, const std::vector<ValueId>& sizes = {});

 private:
  std::vector<ValueId> append_control(Op op);
  Block& block() { return open_.empty() ? *root_ : open_.back(); }
  Module& module_;
  Function& function_;
  Block* root_;
  /// Blocks under construction, innermost last.
  std::vector<Block> open_;
  /// Integer constants emitted here: they make stacked sizes static.
  std::unordered_map<ValueId, int64_t> known_integers_;
};

inline const Op* Builder::definition(ValueId value) const {
  auto search = [value](const Block& block) -> const Op* {
    for (auto op = block.ops.rbegin(); op != block.ops.rend(); ++op) {
      for (ValueId result : op->results) {
        if (result == value) return &*op;
      }
    }
    return nullptr;
  };
  for (auto block = open_.rbegin(); block != open_.rend(); ++block) {
    if (const Op* op = search(*block)) return op;
  }
  return search(*root_);
}

}  // namespace calc::core
