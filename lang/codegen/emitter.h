#pragma once
// Loop IR -> LLVM IR, one function at a time.
//
// Scalar variables and buffer handles are stack slots that LLVM promotes to registers. Beside each
// handle stand its data pointer and dynamic sizes, loaded anew whenever the handle changes, so that
// loops see them as invariants. Within a nest that changes no handle every buffer has an alias
// scope of its own: a written block is never shared (loop/ir.h), so a store disturbs no other
// buffer.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lang/codegen/support.h"
#include "lang/loop/ir.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"

namespace calc::codegen {

/// One LLVM module under construction, and what its code refers to at run time.
struct ModuleEmitter {
  llvm::Module& module;
  std::string prefix;
  std::string target_cpu, target_features;
  std::vector<std::unique_ptr<OpaqueSite>>& sites;
  std::vector<rt::Array>& constants;
  /// The program's, by Core id.
  std::unordered_map<uint32_t, const loop::Function*> functions;
  /// Vector functions that the vectoriser may call: kept alive until it ran.
  std::vector<llvm::GlobalValue*> kept;

  llvm::LLVMContext& context() { return module.getContext(); }
  llvm::FunctionCallee support(llvm::StringRef name, llvm::Type* result,
                               llvm::ArrayRef<llvm::Type*> params);
  /// Scalars are passed and returned in registers: see Note [Calls] in emit_call.cpp.
  llvm::Function* function(const loop::Function& function);
  /// What the outside calls: arguments and results in slots.
  llvm::Function* entry(const loop::Function& function);
  llvm::Type* type(core::Elem elem);
  void set_target(llvm::Function& function);
  /// The scalar function with its vector variants attached.
  llvm::CallInst* call_math(llvm::IRBuilder<>& builder, const rt::ScalarFunction& function,
                            core::Elem elem, llvm::ArrayRef<llvm::Value*> args);
  void finish();
};

/// One scalar, returned beside the status.
inline bool returns_scalar(const loop::Function& function) {
  return function.results.size() == 1 && function.results[0].is_scalar();
}

class FunctionEmitter {
 public:
  FunctionEmitter(ModuleEmitter& module, const loop::Function& function);
  void emit();

 private:
  struct Handle {
    llvm::AllocaInst* slot = nullptr;
    llvm::AllocaInst* data = nullptr;
    /// Null where the size is a constant.
    std::vector<llvm::AllocaInst*> dims;
  };
  /// Alias scopes of the nest being emitted.
  struct Region {
    std::map<uint32_t, llvm::MDNode*> scopes;
  };
  using Memo = std::unordered_map<uint32_t, llvm::Value*>;

  // -- frame (emit_frame.cpp)
  void make_slots();
  void load_params();
  void refresh(loop::BufId buf);
  void set_handle(loop::BufId buf, llvm::Value* header);
  llvm::Value* handle(loop::BufId buf);
  llvm::AllocaInst* entry_alloca(llvm::Type* type, llvm::Value* count = nullptr);
  void emit_cleanup();
  void fail_with(llvm::Value* status);
  void check_pointer(llvm::Value* pointer);

  // -- calls (emit_call.cpp)
  void take_arguments();
  void check_depth();
  void return_status(llvm::Value* status);
  void call(const loop::Stmt& s);
  void give_back(const loop::Stmt& s);

  // -- statements (emit_stmt.cpp)
  void stmts(const loop::Stmts& list);
  void stmt(const loop::Stmt& s);
  void assign(const loop::Stmt& s);
  void store(const loop::Stmt& s);
  void alloc(const loop::Stmt& s);
  void for_loop(const loop::Stmt& s);
  /// A counter from lo to hi by steps; leaves the insertion point behind the loop.
  void counted(llvm::Value* lo, llvm::Value* hi, uint64_t step,
               const std::function<void(llvm::Value*)>& body_of);
  void while_loop(const loop::Stmt& s);
  void branch(const loop::Stmt& s);
  void opaque(const loop::Stmt& s);
  void poll();
  void open_region(const loop::Stmt& s);
  llvm::Value* slots(const std::vector<loop::Operand>& args);
  void take_results(llvm::Value* out, const std::vector<loop::Operand>& results);
  llvm::Value* slot_at(llvm::Value* base, size_t k);

  // -- expressions (emit_expr.cpp)
  llvm::Value* expr(loop::ExprId id);
  llvm::Value* value(loop::ExprId id, Memo& memo);
  llvm::Value* scalar(const loop::Expr& e, Memo& memo);
  llvm::Value* arithmetic(const loop::Expr& e, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* real_arithmetic(const loop::Expr& e, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* int_arithmetic(const loop::Expr& e, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* checked(const loop::Expr& e, llvm::Intrinsic::ID id,
                       llvm::ArrayRef<llvm::Value*> args, llvm::ArrayRef<llvm::Value*> shown);
  llvm::Value* int_divide(const loop::Expr& e, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* int_power(const loop::Expr& e, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* check_index(const loop::Expr& e, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* comparison(const loop::Expr& e, llvm::ArrayRef<llvm::Value*> args);
  llvm::Value* conversion(const loop::Expr& e, llvm::Value* from, core::Elem from_elem);
  llvm::Value* load(const loop::Expr& e, Memo& memo);
  llvm::Value* address(loop::BufId buf, llvm::ArrayRef<llvm::Value*> indices);
  llvm::Value* size(loop::BufId buf, int axis);
  void mark_access(llvm::Instruction* access, loop::BufId buf);
  /// Continues where `ok` holds; elsewhere the primitive reports on `args` and the function fails.
  void require(llvm::Value* ok, std::string_view primitive, const loop::Expr& e,
               llvm::ArrayRef<llvm::Value*> args);

  llvm::Type* type(core::Elem elem);
  /// As stored in memory: a Bool is a byte.
  llvm::Type* memory_type(core::Elem elem);
  llvm::Value* to_memory(llvm::Value* v, core::Elem elem);
  llvm::Value* from_memory(llvm::Value* v, core::Elem elem);
  const loop::Expr& at(loop::ExprId id) const { return function_.exprs[id.index]; }

  ModuleEmitter& module_;
  const loop::Function& function_;
  llvm::IRBuilder<> builder_;
  llvm::Function* llvm_ = nullptr;
  llvm::Value* context_ = nullptr;
  llvm::Value* out_ = nullptr;
  llvm::Value* interrupt_ = nullptr;
  llvm::Value* stack_limit_ = nullptr;
  /// Of a function that returns a scalar, in place of `out_`.
  llvm::AllocaInst* result_ = nullptr;
  llvm::AllocaInst* status_ = nullptr;
  llvm::BasicBlock* cleanup_ = nullptr;
  std::vector<llvm::AllocaInst*> vars_;
  std::vector<Handle> handles_;
  std::optional<Region> region_;
  /// Loops around the statement being emitted.
  int loops_around_ = 0;
  std::vector<loop::VarId> reductions_;
  /// The target of the assignment being emitted, when it is a reduction variable.
  bool reassociate_ = false;
};

}  // namespace calc::codegen
