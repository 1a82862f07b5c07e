// Statements: loops, branches, buffers, calls.
#include <functional>
#include <set>

#include "lang/codegen/emitter.h"

namespace calc::codegen {

using llvm::BasicBlock;
using llvm::Value;
using loop::Stmt;
using loop::StmtKind;

namespace {

bool changes_handle(StmtKind kind) {
  switch (kind) {
    case StmtKind::Alloc:
    case StmtKind::Share:
    case StmtKind::Move:
    case StmtKind::Unique:
    case StmtKind::Copy:
    case StmtKind::Release:
    case StmtKind::Opaque:
    case StmtKind::Call:
    case StmtKind::Return:
      return true;
    default:
      return false;
  }
}

bool any_stmt(const loop::Stmts& list, bool (*holds)(StmtKind)) {
  for (const Stmt& s : list) {
    if (holds(s.kind) || any_stmt(s.body, holds) || any_stmt(s.orelse, holds) ||
        any_stmt(s.prelude, holds)) {
      return true;
    }
  }
  return false;
}

bool is_loop(StmtKind kind) { return kind == StmtKind::For || kind == StmtKind::While; }

/// Every buffer that a list of statements reads or writes elements of.
class BufferUses {
 public:
  explicit BufferUses(const loop::Function& function) : function_(function) {}
  void visit(const loop::Stmts& list) {
    for (const Stmt& s : list) {
      if (s.kind == StmtKind::Store) buffers.insert(s.buf.index);
      for (loop::ExprId id : {s.expr, s.lo, s.hi}) visit(id);
      for (loop::ExprId id : s.exprs) visit(id);
      visit(s.body);
      visit(s.orelse);
      visit(s.prelude);
    }
  }
  std::set<uint32_t> buffers;

 private:
  void visit(loop::ExprId id) {
    if (!id.valid() || !seen_.insert(id.index).second) return;
    const loop::Expr& e = function_.exprs[id.index];
    if (e.kind == loop::ExprKind::Load) buffers.insert(e.buf.index);
    for (loop::ExprId arg : e.args) visit(arg);
  }
  const loop::Function& function_;
  std::set<uint32_t> seen_;
};

}  // namespace

void FunctionEmitter::stmts(const loop::Stmts& list) {
  for (const Stmt& s : list) {
    if (builder_.GetInsertBlock()->getTerminator() != nullptr) return;
    stmt(s);
  }
}

void FunctionEmitter::stmt(const Stmt& s) {
  llvm::Type* pointer = builder_.getPtrTy();
  Value* loc = builder_.getInt32(s.loc.index);
  switch (s.kind) {
    case StmtKind::Assign:
      return assign(s);
    case StmtKind::Store:
      return store(s);
    case StmtKind::Alloc:
      return alloc(s);
    case StmtKind::Share:
    case StmtKind::Move: {
      Value* header = handle(s.source);
      Value* old = handle(s.buf);
      if (s.kind == StmtKind::Share) {
        builder_.CreateCall(module_.support("calc_retain", builder_.getVoidTy(), {pointer}),
                            {header});
      } else {
        builder_.CreateStore(llvm::ConstantPointerNull::get(builder_.getPtrTy()),
                             handles_[s.source.index].slot);
      }
      set_handle(s.buf, header);
      builder_.CreateCall(module_.support("calc_release", builder_.getVoidTy(), {pointer}), {old});
      return;
    }
    case StmtKind::Unique: {
      Value* own = builder_.CreateCall(
          module_.support("calc_unique", pointer, {pointer, pointer, builder_.getInt32Ty()}),
          {context_, handle(s.buf), loc});
      check_pointer(own);
      return set_handle(s.buf, own);
    }
    case StmtKind::Copy: {
      Value* copy = builder_.CreateCall(
          module_.support("calc_copy", pointer, {pointer, pointer, pointer, builder_.getInt32Ty()}),
          {context_, handle(s.buf), handle(s.source), loc});
      check_pointer(copy);
      return set_handle(s.buf, copy);
    }
    case StmtKind::Release:
      builder_.CreateCall(module_.support("calc_release", builder_.getVoidTy(), {pointer}),
                          {handle(s.buf)});
      builder_.CreateStore(llvm::ConstantPointerNull::get(builder_.getPtrTy()),
                           handles_[s.buf.index].slot);
      return;
    case StmtKind::For:
      return for_loop(s);
    case StmtKind::While:
      return while_loop(s);
    case StmtKind::If:
      return branch(s);
    case StmtKind::Opaque:
      return opaque(s);
    case StmtKind::Call:
      return call(s);
    case StmtKind::Return:
      return give_back(s);
  }
}

void FunctionEmitter::assign(const Stmt& s) {
  for (loop::VarId var : reductions_) reassociate_ = reassociate_ || var == s.var;
  Value* v = expr(s.expr);
  reassociate_ = false;
  builder_.CreateStore(v, vars_[s.var.index]);
}

void FunctionEmitter::store(const Stmt& s) {
  Value* v = expr(s.expr);
  std::vector<Value*> indices;
  for (loop::ExprId id : s.exprs) indices.push_back(expr(id));
  const core::Elem elem = function_.buffers[s.buf.index].type.elem;
  auto* access = builder_.CreateAlignedStore(to_memory(v, elem), address(s.buf, indices),
                                             llvm::Align(rt::elem_size(elem)));
  mark_access(access, s.buf);
}

void FunctionEmitter::alloc(const Stmt& s) {
  const core::Type& t = function_.buffers[s.buf.index].type;
  llvm::Type* i64 = builder_.getInt64Ty();
  auto* dims = entry_alloca(llvm::ArrayType::get(i64, std::max<size_t>(1, t.dims.size())));
  for (size_t axis = 0; axis < t.dims.size(); ++axis) {
    Value* size = t.dims[axis] == core::kDynamic
                      ? expr(s.exprs[axis])
                      : builder_.getInt64(static_cast<uint64_t>(t.dims[axis]));
    builder_.CreateStore(size, slot_at(dims, axis));
  }
  llvm::Type* pointer = builder_.getPtrTy();
  llvm::Type* i32 = builder_.getInt32Ty();
  Value* header = builder_.CreateCall(
      module_.support("calc_alloc", pointer, {pointer, pointer, i32, i32, pointer, i32}),
      {context_, handle(s.buf), builder_.getInt32(static_cast<uint32_t>(t.elem)),
       builder_.getInt32(static_cast<uint32_t>(t.dims.size())), dims,
       builder_.getInt32(s.loc.index)});
  check_pointer(header);
  set_handle(s.buf, header);
}

void FunctionEmitter::poll() {
  auto* stop = BasicBlock::Create(module_.context(), "stop", llvm_);
  auto* next = BasicBlock::Create(module_.context(), "run", llvm_);
  auto* flag = builder_.CreateLoad(builder_.getInt32Ty(), interrupt_);
  flag->setAtomic(llvm::AtomicOrdering::Monotonic);
  flag->setAlignment(llvm::Align(4));
  llvm::MDBuilder weights(module_.context());
  builder_.CreateCondBr(builder_.CreateICmpNE(flag, builder_.getInt32(0)), stop, next,
                        weights.createBranchWeights(1, 1 << 20));
  builder_.SetInsertPoint(stop);
  fail_with(builder_.getInt32(kInterrupted));
  builder_.SetInsertPoint(next);
}

/// Alias scopes for a nest in which no handle changes; `declare` makes them anew each time it runs.
void FunctionEmitter::open_region(const Stmt& s) {
  BufferUses uses(function_);
  uses.visit(s.body);
  llvm::MDBuilder md(module_.context());
  llvm::MDNode* domain = md.createAnonymousAliasScopeDomain(function_.name);
  region_.emplace();
  for (uint32_t buf : uses.buffers) {
    llvm::MDNode* scope = md.createAnonymousAliasScope(domain);
    region_->scopes.emplace(buf, scope);
    builder_.CreateNoAliasScopeDeclaration(llvm::MDNode::get(module_.context(), {scope}));
  }
}

void FunctionEmitter::counted(Value* lo, Value* hi, uint64_t step,
                              const std::function<void(Value*)>& body_of) {
  auto& context = module_.context();
  auto* head = BasicBlock::Create(context, "for", llvm_);
  auto* body = BasicBlock::Create(context, "body", llvm_);
  auto* done = BasicBlock::Create(context, "done", llvm_);
  llvm::AllocaInst* counter = entry_alloca(builder_.getInt64Ty());
  builder_.CreateStore(lo, counter);
  builder_.CreateBr(head);
  builder_.SetInsertPoint(head);
  Value* at = builder_.CreateLoad(builder_.getInt64Ty(), counter);
  builder_.CreateCondBr(builder_.CreateICmpSLT(at, hi), body, done);
  builder_.SetInsertPoint(body);
  body_of(at);
  if (builder_.GetInsertBlock()->getTerminator() == nullptr) {
    builder_.CreateStore(builder_.CreateNSWAdd(at, builder_.getInt64(step)), counter);
    builder_.CreateBr(head);
  }
  builder_.SetInsertPoint(done);
}

/// A loop around loops looks at the interrupt flag each round. A tight one runs in strips and looks
/// in between, so that the strip itself has no branch and can be vectorised; rows of a nest are
/// left whole, the loop around them looks.
void FunctionEmitter::for_loop(const Stmt& s) {
  const uint64_t strip = s.parallel ? 65536 : 4096;
  const bool inner = !any_stmt(s.body, is_loop);
  const bool opens = !region_ && !any_stmt(s.body, changes_handle);
  Value* lo = expr(s.lo);
  Value* hi = expr(s.hi);
  if (opens) open_region(s);
  auto round = [&](Value* at) {
    // A loop that runs downwards counts up too.
    Value* i = at;
    if (s.down) {
      Value* last = builder_.CreateNSWSub(builder_.CreateNSWAdd(lo, hi), builder_.getInt64(1));
      i = builder_.CreateNSWSub(last, at);
    }
    builder_.CreateStore(i, vars_[s.var.index]);
    if (!inner) poll();
    ++loops_around_;
    const size_t outer_reductions = reductions_.size();
    reductions_.insert(reductions_.end(), s.reductions.begin(), s.reductions.end());
    stmts(s.body);
    reductions_.resize(outer_reductions);
    --loops_around_;
  };
  auto* count = llvm::dyn_cast<llvm::ConstantInt>(builder_.CreateSub(hi, lo));
  const bool brief = count != nullptr && count->getSExtValue() <= static_cast<int64_t>(strip);
  const bool row = s.parallel && loops_around_ > 0 && count == nullptr;
  if (!inner || brief || row) {
    counted(lo, hi, 1, round);
  } else {
    counted(lo, hi, strip, [&](Value* from) {
      poll();
      Value* end = builder_.CreateNSWAdd(from, builder_.getInt64(strip));
      end = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, end, hi);
      counted(from, end, 1, round);
    });
  }
  if (opens) region_.reset();
}

void FunctionEmitter::while_loop(const Stmt& s) {
  auto& context = module_.context();
  auto* head = BasicBlock::Create(context, "while", llvm_);
  auto* body = BasicBlock::Create(context, "body", llvm_);
  auto* done = BasicBlock::Create(context, "done", llvm_);
  builder_.CreateBr(head);
  builder_.SetInsertPoint(head);
  poll();
  stmts(s.prelude);
  builder_.CreateCondBr(expr(s.expr), body, done);
  builder_.SetInsertPoint(body);
  stmts(s.body);
  if (builder_.GetInsertBlock()->getTerminator() == nullptr) builder_.CreateBr(head);
  builder_.SetInsertPoint(done);
}

void FunctionEmitter::branch(const Stmt& s) {
  auto& context = module_.context();
  auto* yes = BasicBlock::Create(context, "then", llvm_);
  auto* no = BasicBlock::Create(context, "else", llvm_);
  auto* join = BasicBlock::Create(context, "join", llvm_);
  builder_.CreateCondBr(expr(s.expr), yes, no);
  builder_.SetInsertPoint(yes);
  stmts(s.body);
  if (builder_.GetInsertBlock()->getTerminator() == nullptr) builder_.CreateBr(join);
  builder_.SetInsertPoint(no);
  stmts(s.orelse);
  if (builder_.GetInsertBlock()->getTerminator() == nullptr) builder_.CreateBr(join);
  builder_.SetInsertPoint(join);
}

/// The arguments as an array of slots.
Value* FunctionEmitter::slots(const std::vector<loop::Operand>& args) {
  auto* base =
      entry_alloca(llvm::ArrayType::get(builder_.getInt64Ty(), std::max<size_t>(1, args.size())));
  for (size_t k = 0; k < args.size(); ++k) {
    if (args[k].is_buffer) {
      builder_.CreateStore(handle(args[k].buf), slot_at(base, k));
    } else {
      const core::Elem elem = at(args[k].expr).type;
      builder_.CreateStore(to_memory(expr(args[k].expr), elem), slot_at(base, k));
    }
  }
  return base;
}

void FunctionEmitter::take_results(Value* out, const std::vector<loop::Operand>& results) {
  llvm::Type* pointer = builder_.getPtrTy();
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k].is_buffer) {
      Value* old = handle(results[k].buf);
      set_handle(results[k].buf, builder_.CreateLoad(pointer, slot_at(out, k)));
      builder_.CreateCall(module_.support("calc_release", builder_.getVoidTy(), {pointer}), {old});
    } else if (results[k].var.index != UINT32_MAX) {
      const core::Elem elem = function_.vars[results[k].var.index];
      Value* raw = builder_.CreateLoad(memory_type(elem), slot_at(out, k));
      builder_.CreateStore(from_memory(raw, elem), vars_[results[k].var.index]);
    }
  }
}

void FunctionEmitter::opaque(const Stmt& s) {
  auto site = std::make_unique<OpaqueSite>();
  site->primitive = s.primitive;
  site->attrs = s.attrs;
  site->loc = s.loc;
  for (const loop::Operand& a : s.args) {
    site->args.push_back({a.is_buffer, a.is_buffer ? core::Elem::F64 : at(a.expr).type});
  }
  for (const loop::Operand& r : s.results) {
    site->results.push_back(
        {r.is_buffer, r.is_buffer ? core::Elem::F64 : function_.vars[r.var.index]});
  }
  llvm::Type* pointer = builder_.getPtrTy();
  Value* in = slots(s.args);
  auto* out = entry_alloca(
      llvm::ArrayType::get(builder_.getInt64Ty(), std::max<size_t>(1, s.results.size())));
  Value* address =
      builder_.CreateIntToPtr(builder_.getInt64(reinterpret_cast<uint64_t>(site.get())), pointer);
  module_.sites.push_back(std::move(site));
  Value* status = builder_.CreateCall(
      module_.support("calc_opaque", builder_.getInt32Ty(), {pointer, pointer, pointer, pointer}),
      {context_, address, in, out});
  auto* failed = BasicBlock::Create(module_.context(), "failed", llvm_);
  auto* next = BasicBlock::Create(module_.context(), "next", llvm_);
  builder_.CreateCondBr(builder_.CreateICmpNE(status, builder_.getInt32(kFine)), failed, next);
  builder_.SetInsertPoint(failed);
  fail_with(status);
  builder_.SetInsertPoint(next);
  take_results(out, s.results);
}

}  // namespace calc::codegen
