// The frame of a compiled function: slots for variables and handles, parameters, cleanup.
#include "lang/codegen/emitter.h"

namespace calc::codegen {

using llvm::Value;

llvm::FunctionCallee ModuleEmitter::support(llvm::StringRef name, llvm::Type* result,
                                            llvm::ArrayRef<llvm::Type*> params) {
  llvm::FunctionCallee callee =
      module.getOrInsertFunction(name, llvm::FunctionType::get(result, params, false));
  llvm::cast<llvm::Function>(callee.getCallee())->setDoesNotThrow();
  return callee;
}

void ModuleEmitter::set_target(llvm::Function& function) {
  function.addFnAttr("target-cpu", target_cpu);
  function.addFnAttr("target-features", target_features);
  function.addFnAttr("prefer-vector-width", "512");
}

llvm::Type* ModuleEmitter::type(core::Elem elem) {
  switch (elem) {
    case core::Elem::Bool:
      return llvm::Type::getInt1Ty(context());
    case core::Elem::I64:
      return llvm::Type::getInt64Ty(context());
    case core::Elem::F64:
      return llvm::Type::getDoubleTy(context());
    case core::Elem::F32:
      return llvm::Type::getFloatTy(context());
  }
  return nullptr;
}

llvm::Type* FunctionEmitter::type(core::Elem elem) { return module_.type(elem); }

llvm::Type* FunctionEmitter::memory_type(core::Elem elem) {
  return elem == core::Elem::Bool ? builder_.getInt8Ty() : type(elem);
}

Value* FunctionEmitter::to_memory(Value* v, core::Elem elem) {
  return elem == core::Elem::Bool ? builder_.CreateZExt(v, builder_.getInt8Ty()) : v;
}

Value* FunctionEmitter::from_memory(Value* v, core::Elem elem) {
  return elem == core::Elem::Bool ? builder_.CreateICmpNE(v, builder_.getInt8(0)) : v;
}

FunctionEmitter::FunctionEmitter(ModuleEmitter& module, const loop::Function& function)
    : module_(module), function_(function), builder_(module.context()) {}

void FunctionEmitter::emit() {
  llvm_ = module_.function(function_);
  auto* start = llvm::BasicBlock::Create(module_.context(), "entry", llvm_);
  cleanup_ = llvm::BasicBlock::Create(module_.context(), "cleanup", llvm_);
  builder_.SetInsertPoint(start);
  take_arguments();
  make_slots();
  if (function_.recursive) check_depth();
  load_params();
  stmts(function_.body);
  if (builder_.GetInsertBlock()->getTerminator() == nullptr) builder_.CreateBr(cleanup_);
  emit_cleanup();
}

llvm::AllocaInst* FunctionEmitter::entry_alloca(llvm::Type* type, Value* count) {
  llvm::BasicBlock& first = llvm_->getEntryBlock();
  llvm::IRBuilder<> at_entry(&first, first.begin());
  return at_entry.CreateAlloca(type, count);
}

void FunctionEmitter::make_slots() {
  status_ = builder_.CreateAlloca(builder_.getInt32Ty(), nullptr, "status");
  builder_.CreateStore(builder_.getInt32(kFine), status_);
  for (core::Elem elem : function_.vars) {
    llvm::AllocaInst* var = builder_.CreateAlloca(type(elem));
    builder_.CreateStore(llvm::Constant::getNullValue(type(elem)), var);
    vars_.push_back(var);
  }
  for (const loop::Buffer& buffer : function_.buffers) {
    Handle handle;
    handle.slot = builder_.CreateAlloca(builder_.getPtrTy(), nullptr, buffer.name);
    builder_.CreateStore(llvm::ConstantPointerNull::get(builder_.getPtrTy()), handle.slot);
    handle.data = builder_.CreateAlloca(builder_.getPtrTy());
    for (int64_t dim : buffer.type.dims) {
      handle.dims.push_back(dim == core::kDynamic ? builder_.CreateAlloca(builder_.getInt64Ty())
                                                  : nullptr);
    }
    handles_.push_back(std::move(handle));
  }
}

/// Borrowed parameters and constants are retained here and released like any other handle: that is
/// what makes `Unique` see that somebody else holds the block.
void FunctionEmitter::load_params() {
  llvm::FunctionCallee retain =
      module_.support("calc_retain", builder_.getVoidTy(), {builder_.getPtrTy()});
  llvm::Argument* given = llvm_->arg_end() - function_.params.size();
  for (const loop::Param& param : function_.params) {
    Value* value = given++;
    if (param.is_buffer) {
      Value* header = value;
      if (!function_.buffers[param.buf.index].donated) builder_.CreateCall(retain, {header});
      set_handle(param.buf, header);
    } else {
      builder_.CreateStore(value, vars_[param.var.index]);
    }
  }
  for (uint32_t k = 0; k < function_.buffers.size(); ++k) {
    const int constant = function_.buffers[k].constant;
    if (constant < 0) continue;
    rt::Array array = function_.constants[static_cast<size_t>(constant)];
    Value* address = builder_.getInt64(reinterpret_cast<uint64_t>(array.header()));
    module_.constants.push_back(std::move(array));
    Value* header = builder_.CreateIntToPtr(address, builder_.getPtrTy());
    builder_.CreateCall(retain, {header});
    set_handle(loop::BufId{k}, header);
  }
}

Value* FunctionEmitter::handle(loop::BufId buf) {
  return builder_.CreateLoad(builder_.getPtrTy(), handles_[buf.index].slot);
}

void FunctionEmitter::set_handle(loop::BufId buf, Value* header) {
  builder_.CreateStore(header, handles_[buf.index].slot);
  refresh(buf);
}

/// The data pointer and dynamic sizes of a handle that just changed (never null here).
void FunctionEmitter::refresh(loop::BufId buf) {
  const Handle& h = handles_[buf.index];
  Value* header = handle(buf);
  Value* data_slot = builder_.CreateConstInBoundsGEP1_64(builder_.getInt8Ty(), header,
                                                         offsetof(rt::ArrayHeader, data));
  auto* data = builder_.CreateLoad(builder_.getPtrTy(), data_slot);
  data->setMetadata(
      llvm::LLVMContext::MD_align,
      llvm::MDNode::get(module_.context(), llvm::ConstantAsMetadata::get(builder_.getInt64(64))));
  data->setMetadata(llvm::LLVMContext::MD_nonnull, llvm::MDNode::get(module_.context(), {}));
  builder_.CreateStore(data, h.data);
  for (size_t axis = 0; axis < h.dims.size(); ++axis) {
    if (h.dims[axis] == nullptr) continue;
    Value* at = builder_.CreateConstInBoundsGEP1_64(
        builder_.getInt8Ty(), header, sizeof(rt::ArrayHeader) + axis * sizeof(int64_t));
    builder_.CreateStore(builder_.CreateLoad(builder_.getInt64Ty(), at), h.dims[axis]);
  }
}

Value* FunctionEmitter::slot_at(Value* base, size_t k) {
  return builder_.CreateConstInBoundsGEP1_64(builder_.getInt64Ty(), base, k);
}

/// Ends the block: the function returns `status` after releasing what it holds.
void FunctionEmitter::fail_with(Value* status) {
  builder_.CreateStore(status, status_);
  builder_.CreateBr(cleanup_);
}

/// Continues when the support function succeeded.
void FunctionEmitter::check_pointer(Value* pointer) {
  auto* failed = llvm::BasicBlock::Create(module_.context(), "failed", llvm_);
  auto* next = llvm::BasicBlock::Create(module_.context(), "next", llvm_);
  llvm::MDBuilder weights(module_.context());
  builder_.CreateCondBr(builder_.CreateIsNull(pointer), failed, next,
                        weights.createBranchWeights(1, 1 << 20));
  builder_.SetInsertPoint(failed);
  fail_with(builder_.getInt32(kFailed));
  builder_.SetInsertPoint(next);
}

void FunctionEmitter::emit_cleanup() {
  builder_.SetInsertPoint(cleanup_);
  llvm::FunctionCallee release =
      module_.support("calc_release", builder_.getVoidTy(), {builder_.getPtrTy()});
  for (uint32_t k = 0; k < handles_.size(); ++k) {
    builder_.CreateCall(release, {handle(loop::BufId{k})});
  }
  return_status(builder_.CreateLoad(builder_.getInt32Ty(), status_));
}

}  // namespace calc::codegen
