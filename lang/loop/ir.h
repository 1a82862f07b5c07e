#pragma once
// The loop IR: what is left of Core when arrays have become buffers and operations loop nests.
//
// A Function has scalar variables (mutable), buffer variables (handles to rt::ArrayHeader blocks,
// null at first) and a tree of statements over a pool of scalar expressions. Expressions are pure
// but may fail (checked integers, CheckIndex). A handle owns one reference; a parameter that is not
// donated is borrowed: never written, never released.
//
// Contract with lang/codegen: every function compiles to
//   int32_t name(rt::Context*, const Slot* in, Slot* out)     0: fine, 1: failed, 2: interrupted
// Array results are given away with one reference. On failure all owned handles are released.
#include <cstdint>
#include <string>
#include <vector>

#include "lang/core/ir.h"
#include "lang/core/primitive.h"

namespace calc::loop {

using core::Elem;
using core::LocId;
using core::Type;

struct VarId {
  uint32_t index = UINT32_MAX;
  bool operator==(const VarId&) const = default;
};
struct BufId {
  uint32_t index = UINT32_MAX;
  bool operator==(const BufId&) const = default;
};
struct ExprId {
  uint32_t index = UINT32_MAX;
  bool valid() const { return index != UINT32_MAX; }
  bool operator==(const ExprId&) const = default;
};

union Slot {
  int64_t i;
  double f;
  float f32;
  uint8_t b;
  rt::ArrayHeader* array;
};

enum class ExprKind : uint8_t {
  Int,
  Real,
  Bool,
  Var,
  /// buf[indices…], in range by construction.
  Load,
  /// The size of a buffer along `axis`.
  Dim,
  Scalar
};

struct Expr {
  ExprKind kind;
  Elem type;
  int64_t integer = 0;
  double real = 0;
  VarId var;
  BufId buf;
  int axis = 0;
  /// Load: indices, one an axis. Scalar: operands.
  std::vector<ExprId> args;
  core::ScalarOp op = core::ScalarOp::Add;
  const rt::ScalarFunction* function = nullptr;
  /// Index arithmetic that cannot overflow: plain instructions, no checks.
  bool unchecked = false;
  /// A term or partial sum of a product of Int tensors, which fails as a whole: in which order its
  /// terms are added is nobody's business.
  bool of_product = false;
  LocId loc;
};

/// A scalar or a buffer, as argument or result of Opaque, Call and Return.
struct Operand {
  bool is_buffer = false;
  /// As an argument.
  ExprId expr;
  /// As a result.
  VarId var;
  BufId buf;
};

enum class StmtKind : uint8_t {
  /// var = expr
  Assign,
  /// buf[indices…] = value
  Store,
  /// buf holds a block of its own of `sizes`, contents undefined; an own block of those sizes is
  /// kept, so an Alloc in a loop allocates once.
  Alloc,
  /// buf = source, sharing the block.
  Share,
  /// buf = source, which becomes null.
  Move,
  /// buf owns its block alone (copies when shared or borrowed).
  Unique,
  /// buf = a copy of source.
  Copy,
  Release,
  For,
  While,
  If,
  /// Runs the primitive's `evaluate` on boxed operands.
  Opaque,
  Call,
  Return
};

struct Stmt;
using Stmts = std::vector<Stmt>;

struct Stmt {
  StmtKind kind;
  VarId var;
  BufId buf, source;
  ExprId expr;
  std::vector<ExprId> exprs;
  // For: var runs lo..hi upwards, or hi-1 down to lo when `down`.
  ExprId lo, hi;
  bool down = false;
  /// Iterations are independent but for `reductions`, whose order may change.
  bool parallel = false;
  std::vector<VarId> reductions;
  // For: body. While: prelude (computes `expr`) and body. If: body (then) and orelse.
  Stmts body, orelse, prelude;
  const core::Primitive* primitive = nullptr;
  core::Attrs attrs;
  core::FunctionId callee;
  std::vector<Operand> args, results;
  LocId loc;
};

struct Buffer {
  Type type;
  std::string name;
  /// The index of the parameter it is, or -1.
  int param = -1;
  bool donated = false;
  /// The index into Function::constants it holds from the start, or -1; never written.
  int constant = -1;
};

struct Param {
  bool is_buffer = false;
  VarId var;
  BufId buf;
  Type type;
};

struct Function {
  std::string name;
  /// What a diagnostic calls it.
  std::string user_name;
  /// It may call itself, directly or not: entering it may be one call too many.
  bool recursive = false;
  core::FunctionId core;
  std::vector<Param> params;
  std::vector<Type> results;
  std::vector<Elem> vars;
  std::vector<Buffer> buffers;
  std::vector<Expr> exprs;
  std::vector<rt::Array> constants;
  Stmts body;
};

/// Callees first; the last function is the entry.
struct Program {
  std::vector<Function> functions;
};

std::string print(const Function& function);
/// "" when well formed: types, arities, handles assigned before use.
std::string verify(const Function& function);

// Note [What holds of loops]
// ~~~~~~~~~~~~~~~~~~~~~~~~~~
// - A Load or Store with one index alone on a buffer of higher rank addresses the row-major
// position.
// - A Store only ever meets a block whose reference count is 1 (Alloc, Copy, Unique see to it), and
//   borrowed parameters and constants are never written. So within a nest that changes no handle a
//   store disturbs no other buffer.
// - Alloc and Copy keep the block that the handle holds when it is of these sizes and nobody else
//   holds it: a loop allocates in its first round only. A carried array that is not updated in
//   place takes turns with its successor by Moves. Release of a handle that holds nothing is
//   nothing.
// - The results of Opaque and Call may be blocks of their arguments, shared.
// - The operands of an expression stand before it in `exprs`, and their height is bounded.

}  // namespace calc::loop
