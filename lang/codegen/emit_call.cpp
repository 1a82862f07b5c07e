// Calls, parameters and results. See Note [Calls].
#include <algorithm>

#include "lang/codegen/emitter.h"

namespace calc::codegen {

using llvm::BasicBlock;
using llvm::Value;
using loop::Stmt;

llvm::Function* ModuleEmitter::function(const loop::Function& function) {
  const std::string name = prefix + "f" + std::to_string(function.core.index);
  if (llvm::Function* known = module.getFunction(name)) return known;
  llvm::Type* pointer = llvm::PointerType::getUnqual(context());
  llvm::Type* status = llvm::Type::getInt32Ty(context());
  std::vector<llvm::Type*> params = {pointer, pointer, llvm::Type::getInt64Ty(context())};
  llvm::Type* result = status;
  if (returns_scalar(function)) {
    result = llvm::StructType::get(status, type(function.results[0].elem));
  } else {
    params.push_back(pointer);
  }
  for (const loop::Param& param : function.params) {
    params.push_back(param.is_buffer ? pointer : type(param.type.elem));
  }
  auto* created = llvm::Function::Create(llvm::FunctionType::get(result, params, false),
                                         llvm::Function::InternalLinkage, name, module);
  set_target(*created);
  created->setDoesNotThrow();
  return created;
}

llvm::Function* ModuleEmitter::entry(const loop::Function& function) {
  llvm::Type* pointer = llvm::PointerType::getUnqual(context());
  auto* outer_type = llvm::FunctionType::get(llvm::Type::getInt32Ty(context()),
                                             {pointer, pointer, pointer}, false);
  auto* outer =
      llvm::Function::Create(outer_type, llvm::Function::ExternalLinkage, prefix + "entry", module);
  set_target(*outer);
  outer->setDoesNotThrow();
  llvm::IRBuilder<> builder(BasicBlock::Create(context(), "entry", outer));
  auto slot = [&](Value* base, size_t k) {
    return builder.CreateConstInBoundsGEP1_64(builder.getInt64Ty(), base, k);
  };
  Value* context_value = outer->getArg(0);
  std::vector<Value*> args = {
      context_value,
      builder.CreateCall(support("calc_interrupt_flag", pointer, {pointer}), {context_value}),
      builder.CreateCall(support("calc_stack_limit", builder.getInt64Ty(), {}))};
  if (!returns_scalar(function)) args.push_back(outer->getArg(2));
  for (size_t k = 0; k < function.params.size(); ++k) {
    const loop::Param& param = function.params[k];
    Value* at = slot(outer->getArg(1), k);
    if (param.is_buffer || param.type.elem != core::Elem::Bool) {
      args.push_back(builder.CreateLoad(param.is_buffer ? pointer : type(param.type.elem), at));
    } else {
      Value* byte = builder.CreateLoad(builder.getInt8Ty(), at);
      args.push_back(builder.CreateICmpNE(byte, builder.getInt8(0)));
    }
  }
  Value* returned = builder.CreateCall(this->function(function), args);
  if (returns_scalar(function)) {
    Value* value = builder.CreateExtractValue(returned, 1);
    if (value->getType()->isIntegerTy(1)) value = builder.CreateZExt(value, builder.getInt8Ty());
    builder.CreateStore(value, slot(outer->getArg(2), 0));
    returned = builder.CreateExtractValue(returned, 0);
  }
  builder.CreateRet(returned);
  return outer;
}

void FunctionEmitter::take_arguments() {
  context_ = llvm_->getArg(0);
  interrupt_ = llvm_->getArg(1);
  stack_limit_ = llvm_->getArg(2);
  if (!returns_scalar(function_)) {
    out_ = llvm_->getArg(3);
    return;
  }
  llvm::Type* kind = type(function_.results[0].elem);
  result_ = builder_.CreateAlloca(kind, nullptr, "result");
  builder_.CreateStore(llvm::Constant::getNullValue(kind), result_);
}

void FunctionEmitter::return_status(Value* status) {
  if (result_ == nullptr) {
    builder_.CreateRet(status);
    return;
  }
  Value* both = llvm::PoisonValue::get(llvm_->getReturnType());
  both = builder_.CreateInsertValue(both, status, 0);
  Value* value = builder_.CreateLoad(result_->getAllocatedType(), result_);
  builder_.CreateRet(builder_.CreateInsertValue(both, value, 1));
}

/// A recursive function fails when the stack is nearly used up, or the user interrupts.
void FunctionEmitter::check_depth() {
  auto* stop = BasicBlock::Create(module_.context(), "stop", llvm_);
  auto* failed = BasicBlock::Create(module_.context(), "failed", llvm_);
  auto* next = BasicBlock::Create(module_.context(), "run", llvm_);
  Value* frame = builder_.CreateIntrinsic(llvm::Intrinsic::frameaddress, {builder_.getPtrTy()},
                                          {builder_.getInt32(0)});
  Value* deep =
      builder_.CreateICmpULT(builder_.CreatePtrToInt(frame, builder_.getInt64Ty()), stack_limit_);
  auto* flag = builder_.CreateLoad(builder_.getInt32Ty(), interrupt_);
  flag->setAtomic(llvm::AtomicOrdering::Monotonic);
  flag->setAlignment(llvm::Align(4));
  Value* stopped = builder_.CreateOr(deep, builder_.CreateICmpNE(flag, builder_.getInt32(0)));
  llvm::MDBuilder weights(module_.context());
  builder_.CreateCondBr(stopped, stop, next, weights.createBranchWeights(1, 1 << 20));
  builder_.SetInsertPoint(stop);
  llvm::Type* pointer = builder_.getPtrTy();
  Value* name = builder_.CreateGlobalStringPtr(function_.user_name);
  Value* status = builder_.CreateCall(
      module_.support("calc_enter", builder_.getInt32Ty(), {pointer, pointer}), {context_, name});
  builder_.CreateCondBr(builder_.CreateICmpNE(status, builder_.getInt32(kFine)), failed, next);
  builder_.SetInsertPoint(failed);
  fail_with(status);
  builder_.SetInsertPoint(next);
}

void FunctionEmitter::call(const Stmt& s) {
  const loop::Function& callee = *module_.functions.at(s.callee.index);
  std::vector<Value*> args = {context_, interrupt_, stack_limit_};
  llvm::AllocaInst* out = nullptr;
  if (!returns_scalar(callee)) {
    out = entry_alloca(
        llvm::ArrayType::get(builder_.getInt64Ty(), std::max<size_t>(1, s.results.size())));
    args.push_back(out);
  }
  for (const loop::Operand& a : s.args) args.push_back(a.is_buffer ? handle(a.buf) : expr(a.expr));
  Value* returned = builder_.CreateCall(module_.function(callee), args);
  Value* status = out == nullptr ? builder_.CreateExtractValue(returned, 0) : returned;
  auto* failed = BasicBlock::Create(module_.context(), "failed", llvm_);
  auto* next = BasicBlock::Create(module_.context(), "next", llvm_);
  llvm::MDBuilder weights(module_.context());
  builder_.CreateCondBr(builder_.CreateICmpNE(status, builder_.getInt32(kFine)), failed, next,
                        weights.createBranchWeights(1, 1 << 20));
  builder_.SetInsertPoint(failed);
  builder_.CreateCall(module_.support("calc_trace", builder_.getVoidTy(),
                                      {builder_.getPtrTy(), builder_.getInt32Ty()}),
                      {context_, builder_.getInt32(s.loc.index)});
  fail_with(status);
  builder_.SetInsertPoint(next);
  if (out != nullptr) return take_results(out, s.results);
  const loop::VarId var = s.results[0].var;
  if (var.index == UINT32_MAX) return;
  builder_.CreateStore(builder_.CreateExtractValue(returned, 1), vars_[var.index]);
}

/// Writes the results; a buffer's reference is given away, twice if it is named twice.
void FunctionEmitter::give_back(const Stmt& s) {
  llvm::FunctionCallee retain =
      module_.support("calc_retain", builder_.getVoidTy(), {builder_.getPtrTy()});
  for (size_t k = 0; k < s.args.size(); ++k) {
    const loop::Operand& a = s.args[k];
    if (a.is_buffer) {
      // Cleanup releases the handle again: one reference is left for the caller.
      Value* header = handle(a.buf);
      builder_.CreateCall(retain, {header});
      builder_.CreateStore(header, slot_at(out_, k));
    } else if (result_ != nullptr) {
      builder_.CreateStore(expr(a.expr), result_);
    } else {
      builder_.CreateStore(to_memory(expr(a.expr), at(a.expr).type), slot_at(out_, k));
    }
  }
  builder_.CreateBr(cleanup_);
}

}  // namespace calc::codegen

// Note [Calls]
//
// Compiled functions call each other with scalars in registers:
//
//   int32_t f(rt::Context*, const int* interrupt, uintptr_t stack_limit, Slot* out, args…)
//
// and a function with one scalar as its result has no `out` but returns {status, value}. The flag
// and the limit are asked for once, by the entry that the outside calls with arguments in slots
// (loop/ir.h), and passed on. A recursive function compares its frame with the limit: two
// instructions beside the poll of the flag.
