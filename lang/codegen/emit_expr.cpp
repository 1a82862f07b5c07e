// Scalar expressions: arithmetic as IEEE 754 and checked integers have it, loads, mathematics.
#include "lang/codegen/emitter.h"
#include "runtime/linalg.h"

#include "llvm/IR/Intrinsics.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

namespace calc::codegen {

using core::Elem;
using core::ScalarOp;
using llvm::Value;
using loop::Expr;
using loop::ExprKind;

Value* FunctionEmitter::expr(loop::ExprId id) {
  Memo memo;
  const bool reassociate = std::exchange(reassociate_, false);
  if (!reassociate) return value(id, memo);
  // Only the operation that accumulates may be reordered; its operands keep IEEE order.
  const Expr& e = at(id);
  std::vector<Value*> args;
  for (loop::ExprId arg : e.args) args.push_back(value(arg, memo));
  if (e.kind != ExprKind::Scalar || e.op == ScalarOp::Select) return value(id, memo);
  llvm::IRBuilder<>::FastMathFlagGuard guard(builder_);
  llvm::FastMathFlags flags;
  flags.setAllowReassoc();
  builder_.setFastMathFlags(flags);
  return arithmetic(e, args);
}

Value* FunctionEmitter::value(loop::ExprId id, Memo& memo) {
  if (auto known = memo.find(id.index); known != memo.end()) return known->second;
  const Expr& e = at(id);
  Value* v = nullptr;
  switch (e.kind) {
    case ExprKind::Int:
      v = builder_.getInt64(static_cast<uint64_t>(e.integer));
      break;
    case ExprKind::Real:
      v = llvm::ConstantFP::get(type(e.type), e.real);
      break;
    case ExprKind::Bool:
      v = builder_.getInt1(e.integer != 0);
      break;
    case ExprKind::Var:
      v = builder_.CreateLoad(type(e.type), vars_[e.var.index]);
      break;
    case ExprKind::Load:
      v = load(e, memo);
      break;
    case ExprKind::Dim:
      v = size(e.buf, e.axis);
      break;
    case ExprKind::Scalar:
      v = scalar(e, memo);
      break;
  }
  memo.emplace(id.index, v);
  return v;
}

Value* FunctionEmitter::size(loop::BufId buf, int axis) {
  const auto k = static_cast<size_t>(axis);
  const int64_t constant = function_.buffers[buf.index].type.dims[k];
  if (constant != core::kDynamic) return builder_.getInt64(static_cast<uint64_t>(constant));
  return builder_.CreateLoad(builder_.getInt64Ty(), handles_[buf.index].dims[k]);
}

Value* FunctionEmitter::address(loop::BufId buf, llvm::ArrayRef<Value*> indices) {
  Value* offset = nullptr;
  for (size_t axis = 0; axis < indices.size(); ++axis) {
    if (offset != nullptr) {
      offset = builder_.CreateNSWMul(offset, size(buf, static_cast<int>(axis)));
      offset = builder_.CreateNSWAdd(offset, indices[axis]);
    } else {
      offset = indices[axis];
    }
  }
  Value* data = builder_.CreateLoad(builder_.getPtrTy(), handles_[buf.index].data);
  if (offset == nullptr) return data;
  return builder_.CreateInBoundsGEP(memory_type(function_.buffers[buf.index].type.elem), data,
                                    offset);
}

void FunctionEmitter::mark_access(llvm::Instruction* access, loop::BufId buf) {
  if (!region_) return;
  auto own = region_->scopes.find(buf.index);
  if (own == region_->scopes.end()) return;
  llvm::LLVMContext& context = module_.context();
  llvm::SmallVector<llvm::Metadata*> others;
  for (const auto& [index, scope] : region_->scopes) {
    if (index != buf.index) others.push_back(scope);
  }
  access->setMetadata(llvm::LLVMContext::MD_alias_scope, llvm::MDNode::get(context, {own->second}));
  if (!others.empty()) {
    access->setMetadata(llvm::LLVMContext::MD_noalias, llvm::MDNode::get(context, others));
  }
}

Value* FunctionEmitter::load(const Expr& e, Memo& memo) {
  std::vector<Value*> indices;
  for (loop::ExprId id : e.args) indices.push_back(value(id, memo));
  const Elem elem = function_.buffers[e.buf.index].type.elem;
  auto* access = builder_.CreateAlignedLoad(memory_type(elem), address(e.buf, indices),
                                            llvm::Align(rt::elem_size(elem)));
  mark_access(access, e.buf);
  return from_memory(access, elem);
}

Value* FunctionEmitter::scalar(const Expr& e, Memo& memo) {
  std::vector<Value*> args;
  for (loop::ExprId id : e.args) args.push_back(value(id, memo));
  return arithmetic(e, args);
}

Value* FunctionEmitter::arithmetic(const Expr& e, llvm::ArrayRef<Value*> args) {
  switch (e.op) {
    case ScalarOp::Eq:
    case ScalarOp::Ne:
    case ScalarOp::Lt:
    case ScalarOp::Le:
    case ScalarOp::Gt:
    case ScalarOp::Ge:
      return comparison(e, args);
    case ScalarOp::And:
      return builder_.CreateAnd(args[0], args[1]);
    case ScalarOp::Or:
      return builder_.CreateOr(args[0], args[1]);
    case ScalarOp::Not:
      return builder_.CreateNot(args[0]);
    case ScalarOp::Select:
      return builder_.CreateSelect(args[0], args[1], args[2]);
    case ScalarOp::Convert:
      return conversion(e, args[0], at(e.args[0]).type);
    case ScalarOp::CheckIndex:
      return check_index(e, args);
    case ScalarOp::Call:
      return module_.call_math(builder_, *e.function, e.type, args);
    default:
      break;
  }
  return e.type == Elem::I64 ? int_arithmetic(e, args) : real_arithmetic(e, args);
}

Value* FunctionEmitter::comparison(const Expr& e, llvm::ArrayRef<Value*> args) {
  const bool real = args[0]->getType()->isFloatingPointTy();
  const bool boolean = args[0]->getType()->isIntegerTy(1);
  using P = llvm::CmpInst::Predicate;
  P predicate = P::ICMP_EQ;
  switch (e.op) {
    case ScalarOp::Eq:
      predicate = real ? P::FCMP_OEQ : P::ICMP_EQ;
      break;
    case ScalarOp::Ne:
      predicate = real ? P::FCMP_UNE : P::ICMP_NE;
      break;
    case ScalarOp::Lt:
      predicate = real ? P::FCMP_OLT : boolean ? P::ICMP_ULT : P::ICMP_SLT;
      break;
    case ScalarOp::Le:
      predicate = real ? P::FCMP_OLE : boolean ? P::ICMP_ULE : P::ICMP_SLE;
      break;
    case ScalarOp::Gt:
      predicate = real ? P::FCMP_OGT : boolean ? P::ICMP_UGT : P::ICMP_SGT;
      break;
    case ScalarOp::Ge:
      predicate = real ? P::FCMP_OGE : boolean ? P::ICMP_UGE : P::ICMP_SGE;
      break;
    default:
      break;
  }
  return builder_.CreateCmp(predicate, args[0], args[1]);
}

Value* FunctionEmitter::real_arithmetic(const Expr& e, llvm::ArrayRef<Value*> args) {
  using I = llvm::Intrinsic::IndependentIntrinsics;
  auto unary = [&](llvm::Intrinsic::ID id) { return builder_.CreateUnaryIntrinsic(id, args[0]); };
  switch (e.op) {
    case ScalarOp::Add:
      return builder_.CreateFAdd(args[0], args[1]);
    case ScalarOp::Sub:
      return builder_.CreateFSub(args[0], args[1]);
    case ScalarOp::Mul:
      return builder_.CreateFMul(args[0], args[1]);
    case ScalarOp::Div:
      return builder_.CreateFDiv(args[0], args[1]);
    case ScalarOp::FloorDiv:
      return module_.call_math(builder_, *rt::find_function("floordiv"), e.type, args);
    case ScalarOp::Mod:
      return module_.call_math(builder_, *rt::find_function("mod"), e.type, args);
    case ScalarOp::Neg:
      return builder_.CreateFNeg(args[0]);
    case ScalarOp::Abs:
      return unary(I::fabs);
    case ScalarOp::Sqrt:
      return unary(I::sqrt);
    case ScalarOp::Floor:
      return unary(I::floor);
    case ScalarOp::Ceil:
      return unary(I::ceil);
    case ScalarOp::Round:
      return unary(I::roundeven);
    case ScalarOp::Trunc:
      return unary(I::trunc);
    case ScalarOp::Max:
      return builder_.CreateBinaryIntrinsic(I::maximum, args[0], args[1]);
    case ScalarOp::Min:
      return builder_.CreateBinaryIntrinsic(I::minimum, args[0], args[1]);
    case ScalarOp::Sign: {
      Value* zero = llvm::ConstantFP::get(args[0]->getType(), 0.0);
      Value* one = llvm::ConstantFP::get(args[0]->getType(), 1.0);
      Value* minus = llvm::ConstantFP::get(args[0]->getType(), -1.0);
      Value* rest = builder_.CreateSelect(builder_.CreateFCmpOEQ(args[0], zero), zero, args[0]);
      Value* negative = builder_.CreateSelect(builder_.CreateFCmpOLT(args[0], zero), minus, rest);
      return builder_.CreateSelect(builder_.CreateFCmpOGT(args[0], zero), one, negative);
    }
    case ScalarOp::PowInt:
      return int_power(e, args);
    default:
      throw std::logic_error("codegen: a real operation without code");
  }
}

/// x^n for a real x: the chain of rt::power_chain when n is a small constant, else the function.
Value* FunctionEmitter::int_power(const Expr& e, llvm::ArrayRef<Value*> args) {
  llvm::Type* real = args[0]->getType();
  auto* constant = llvm::dyn_cast<llvm::ConstantInt>(args[1]);
  if (constant == nullptr || std::abs(constant->getSExtValue()) > rt::power_chain_limit) {
    const char* name = e.type == Elem::F32 ? "calc_power_f32" : "calc_power_f64";
    auto callee = module_.support(name, real, {real, builder_.getInt64Ty()});
    auto* function = llvm::cast<llvm::Function>(callee.getCallee());
    function->setDoesNotAccessMemory();
    function->setWillReturn();
    return builder_.CreateCall(callee, {args[0], args[1]});
  }
  const int64_t n = constant->getSExtValue();
  Value* result = nullptr;
  Value* base = args[0];
  for (uint64_t k = static_cast<uint64_t>(n < 0 ? -n : n); k != 0; k >>= 1) {
    if (k & 1) result = result == nullptr ? base : builder_.CreateFMul(result, base);
    if (k > 1) base = builder_.CreateFMul(base, base);
  }
  Value* one = llvm::ConstantFP::get(real, 1.0);
  if (result == nullptr) return one;
  return n < 0 ? builder_.CreateFDiv(one, result) : result;
}

Value* FunctionEmitter::int_arithmetic(const Expr& e, llvm::ArrayRef<Value*> args) {
  using I = llvm::Intrinsic::IndependentIntrinsics;
  Value* zero = builder_.getInt64(0);
  switch (e.op) {
    case ScalarOp::Add:
      if (e.unchecked) return builder_.CreateNSWAdd(args[0], args[1]);
      return checked(e, I::sadd_with_overflow, args, args);
    case ScalarOp::Sub:
      if (e.unchecked) return builder_.CreateNSWSub(args[0], args[1]);
      return checked(e, I::ssub_with_overflow, args, args);
    case ScalarOp::Mul:
      if (e.unchecked) return builder_.CreateNSWMul(args[0], args[1]);
      return checked(e, I::smul_with_overflow, args, args);
    case ScalarOp::Neg:
      if (e.unchecked) return builder_.CreateNSWNeg(args[0]);
      return checked(e, I::ssub_with_overflow, {zero, args[0]}, {args[0]});
    case ScalarOp::Abs: {
      if (e.unchecked) return builder_.CreateBinaryIntrinsic(I::abs, args[0], builder_.getTrue());
      Value* negated =
          checked(e, I::ssub_with_overflow,
                  {zero, builder_.CreateBinaryIntrinsic(I::smin, args[0], zero)}, {args[0]});
      return builder_.CreateSelect(builder_.CreateICmpSLT(args[0], zero), negated, args[0]);
    }
    case ScalarOp::Sign: {
      Value* up = builder_.CreateZExt(builder_.CreateICmpSGT(args[0], zero), builder_.getInt64Ty());
      Value* down =
          builder_.CreateZExt(builder_.CreateICmpSLT(args[0], zero), builder_.getInt64Ty());
      return builder_.CreateNSWSub(up, down);
    }
    case ScalarOp::Max:
      return builder_.CreateBinaryIntrinsic(I::smax, args[0], args[1]);
    case ScalarOp::Min:
      return builder_.CreateBinaryIntrinsic(I::smin, args[0], args[1]);
    case ScalarOp::FloorDiv:
    case ScalarOp::Mod:
      return int_divide(e, args);
    case ScalarOp::PowInt: {
      // A failing power leaves its reason to the primitive.
      llvm::Type* i64 = builder_.getInt64Ty();
      Value* result = entry_alloca(i64);
      Value* fine = builder_.CreateCall(
          module_.support("calc_power_i64", builder_.getInt32Ty(), {i64, i64, builder_.getPtrTy()}),
          {args[0], args[1], result});
      require(builder_.CreateICmpNE(fine, builder_.getInt32(0)), "powii", e, args);
      return builder_.CreateLoad(i64, result);
    }
    default:
      throw std::logic_error("codegen: an integer operation without code");
  }
}

Value* FunctionEmitter::checked(const Expr& e, llvm::Intrinsic::ID id, llvm::ArrayRef<Value*> args,
                                llvm::ArrayRef<Value*> shown) {
  Value* pair = builder_.CreateBinaryIntrinsic(id, args[0], args[1]);
  const char* name = e.op == ScalarOp::Add   ? "add"
                     : e.op == ScalarOp::Sub ? "sub"
                     : e.op == ScalarOp::Mul ? "mul"
                     : e.op == ScalarOp::Neg ? "neg"
                                             : "abs";
  require(builder_.CreateNot(builder_.CreateExtractValue(pair, 1)), name, e, shown);
  return builder_.CreateExtractValue(pair, 0);
}

/// Floor division and modulo; both fail on a zero divisor and `//` on INT64_MIN // -1.
Value* FunctionEmitter::int_divide(const Expr& e, llvm::ArrayRef<Value*> args) {
  Value* zero = builder_.getInt64(0);
  Value* minus = builder_.getInt64(static_cast<uint64_t>(-1));
  const bool quotient = e.op == ScalarOp::FloorDiv;
  Value* by_minus = builder_.CreateICmpEQ(args[1], minus);
  if (!e.unchecked) {
    Value* ok = builder_.CreateICmpNE(args[1], zero);
    if (quotient) {
      Value* least = builder_.CreateICmpEQ(args[0], builder_.getInt64(1ULL << 63));
      ok = builder_.CreateAnd(ok, builder_.CreateNot(builder_.CreateAnd(least, by_minus)));
    }
    require(ok, quotient ? "floordiv" : "mod", e, args);
  }
  // srem by -1 of the least Int would trap: divide by 1 instead, whose remainder is 0 too.
  Value* divisor =
      quotient ? args[1] : builder_.CreateSelect(by_minus, builder_.getInt64(1), args[1]);
  Value* remainder = builder_.CreateSRem(args[0], divisor);
  Value* signs = builder_.CreateICmpSLT(builder_.CreateXor(args[0], divisor), zero);
  Value* adjust = builder_.CreateAnd(builder_.CreateICmpNE(remainder, zero), signs);
  if (quotient) {
    Value* q = builder_.CreateSDiv(args[0], divisor);
    return builder_.CreateSub(q, builder_.CreateZExt(adjust, builder_.getInt64Ty()));
  }
  return builder_.CreateAdd(remainder, builder_.CreateSelect(adjust, divisor, zero));
}

Value* FunctionEmitter::check_index(const Expr& e, llvm::ArrayRef<Value*> args) {
  Value* zero = builder_.getInt64(0);
  Value* wrapped = builder_.CreateAdd(args[0], args[1]);
  Value* i = builder_.CreateSelect(builder_.CreateICmpSLT(args[0], zero), wrapped, args[0]);
  require(builder_.CreateICmpULT(i, args[1]), "check_index", e, args);
  return i;
}

Value* FunctionEmitter::conversion(const Expr& e, Value* from, Elem from_elem) {
  llvm::Type* to = type(e.type);
  if (from_elem == e.type) return from;
  if (e.type == Elem::Bool) {
    Value* zero = llvm::Constant::getNullValue(from->getType());
    return from_elem == Elem::I64 ? builder_.CreateICmpNE(from, zero)
                                  : builder_.CreateFCmpUNE(from, zero);
  }
  if (from_elem == Elem::Bool) {
    return e.type == Elem::I64 ? builder_.CreateZExt(from, to) : builder_.CreateUIToFP(from, to);
  }
  if (from_elem == Elem::I64) return builder_.CreateSIToFP(from, to);
  if (e.type == Elem::I64) {
    Value* least = llvm::ConstantFP::get(from->getType(), -0x1p63);
    Value* end = llvm::ConstantFP::get(from->getType(), 0x1p63);
    Value* fits =
        builder_.CreateAnd(builder_.CreateFCmpOGE(from, least), builder_.CreateFCmpOLT(from, end));
    require(fits, "convert", e, {from});
    return builder_.CreateFPToSI(from, to);
  }
  return builder_.CreateFPCast(from, to);
}

namespace {

/// A failure that needs no values: a check of false with its message.
void set_message(OpaqueSite& site, const rt::Failure& failure) {
  site.primitive = &core::registry().get("check");
  site.attrs.set("message", failure.message);
  site.attrs.set("hint", failure.hint);
  site.args = {{false, Elem::Bool}};
  site.results.clear();
}

}  // namespace

void FunctionEmitter::require(Value* ok, std::string_view primitive, const Expr& e,
                              llvm::ArrayRef<Value*> args) {
  if (auto* constant = llvm::dyn_cast<llvm::ConstantInt>(ok); constant && constant->isOne()) return;
  llvm::LLVMContext& context = module_.context();
  auto* failed = llvm::BasicBlock::Create(context, "failed", llvm_);
  auto* next = llvm::BasicBlock::Create(context, "next", llvm_);
  llvm::MDBuilder weights(context);
  builder_.CreateCondBr(ok, next, failed, weights.createBranchWeights(1 << 20, 1));
  builder_.SetInsertPoint(failed);
  auto site = std::make_unique<OpaqueSite>();
  site->primitive = &core::registry().get(primitive);
  site->loc = e.loc;
  site->results = {{false, e.type}};
  if (primitive == "check_index") site->attrs.set("axis", static_cast<int64_t>(e.axis));
  if (primitive == "convert") site->attrs.set("elem", std::string("i64"));
  auto* in = entry_alloca(llvm::ArrayType::get(builder_.getInt64Ty(), args.size()));
  for (size_t k = 0; k < args.size(); ++k) {
    const Elem elem = args[k]->getType()->isDoubleTy()  ? Elem::F64
                      : args[k]->getType()->isFloatTy() ? Elem::F32
                                                        : Elem::I64;
    site->args.push_back({false, elem});
    builder_.CreateStore(args[k], slot_at(in, k));
  }
  if (e.of_product) {
    builder_.CreateStore(builder_.getInt64(0), slot_at(in, 0));
    set_message(*site, rt::product_overflow());
  }
  llvm::Type* pointer = builder_.getPtrTy();
  Value* address =
      builder_.CreateIntToPtr(builder_.getInt64(reinterpret_cast<uint64_t>(site.get())), pointer);
  module_.sites.push_back(std::move(site));
  auto report = module_.support("calc_fail", builder_.getVoidTy(), {pointer, pointer, pointer});
  builder_.CreateCall(report, {context_, address, in});
  fail_with(builder_.getInt32(kFailed));
  builder_.SetInsertPoint(next);
}

llvm::CallInst* ModuleEmitter::call_math(llvm::IRBuilder<>& builder,
                                         const rt::ScalarFunction& function, Elem elem,
                                         llvm::ArrayRef<Value*> args) {
  const bool single = elem == Elem::F32;
  llvm::Type* real = single ? builder.getFloatTy() : builder.getDoubleTy();
  const std::vector<llvm::Type*> params(args.size(), real);
  auto callee = support(single ? function.f32_symbol : function.f64_symbol, real, params);
  auto* declared = llvm::cast<llvm::Function>(callee.getCallee());
  declared->setDoesNotAccessMemory();
  declared->setWillReturn();
  llvm::CallInst* call = builder.CreateCall(callee, args);
  std::string variants;
  for (const auto& vector : single ? function.f32_vectors : function.f64_vectors) {
    const std::string lanes(args.size(), 'v');
    if (!variants.empty()) variants += ',';
    variants += "_ZGV_LLVM_N" + std::to_string(vector.lanes) + lanes + "_" +
                declared->getName().str() + "(" + vector.symbol + ")";
    auto* wide = llvm::FixedVectorType::get(real, static_cast<unsigned>(vector.lanes));
    const std::vector<llvm::Type*> wide_params(args.size(), wide);
    auto vector_callee = support(vector.symbol, wide, wide_params);
    auto* vector_function = llvm::cast<llvm::Function>(vector_callee.getCallee());
    vector_function->setDoesNotAccessMemory();
    vector_function->setWillReturn();
    kept.push_back(vector_function);
  }
  if (!variants.empty()) {
    call->addFnAttr(llvm::Attribute::get(context(), "vector-function-abi-variant", variants));
  }
  return call;
}

void ModuleEmitter::finish() {
  if (!kept.empty()) llvm::appendToCompilerUsed(module, kept);
}

}  // namespace calc::codegen
