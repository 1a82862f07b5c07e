#pragma once
// Writes a loop function: expressions shared by structure, index arithmetic folded where it is
// known, statements into the list that is open.
#include <initializer_list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "lang/loop/ir.h"

namespace calc::lower {

using core::Elem;
using core::LocId;
using core::ScalarOp;
using core::Type;
using loop::BufId;
using loop::ExprId;
using loop::ExprKind;
using loop::Stmt;
using loop::StmtKind;
using loop::Stmts;
using loop::VarId;

class Writer {
 public:
  explicit Writer(loop::Function& function) : function_(function) {}

  // -- variables and buffers
  VarId add_var(Elem type);
  BufId add_buffer(Type type, std::string name = {});
  Elem type(ExprId e) const { return at(e).type; }
  const Type& type(BufId buf) const { return function_.buffers[buf.index].type; }
  const loop::Expr& at(ExprId e) const { return function_.exprs[e.index]; }
  /// The longest path to a leaf; leaves have height 0.
  int height(ExprId e) const { return heights_[e.index]; }

  // -- expressions
  ExprId integer(int64_t value);
  ExprId literal(Elem type, const void* data);
  /// A real or integer literal of the element type.
  ExprId number(Elem type, double value);
  ExprId boolean(bool value);
  ExprId var(VarId var);
  ExprId load(BufId buf, std::vector<ExprId> indices);
  ExprId dim(BufId buf, int axis);
  ExprId scalar(ScalarOp op, Elem type, std::vector<ExprId> args, LocId loc = {});
  ExprId add(loop::Expr expr);

  // -- unchecked index arithmetic
  ExprId index_add(ExprId a, ExprId b);
  ExprId index_sub(ExprId a, ExprId b);
  ExprId index_mul(ExprId a, ExprId b);
  ExprId index_div(ExprId a, ExprId b);
  ExprId index_mod(ExprId a, ExprId b);
  /// The value of an integer literal, or `otherwise`.
  int64_t known(ExprId e, int64_t otherwise) const;

  // -- statements, appended to the open list
  Stmts& open() { return *open_; }
  /// Redirects what is appended; returns the former list.
  Stmts* redirect(Stmts* stmts) { return std::exchange(open_, stmts); }
  void append(Stmt stmt) { open_->push_back(std::move(stmt)); }
  void assign(VarId var, ExprId value);
  /// A fresh variable holding the value; leaves stay as they are.
  ExprId assign_fresh(ExprId value);
  void store(BufId buf, std::vector<ExprId> indices, ExprId value);
  void alloc(BufId buf, std::vector<ExprId> sizes, LocId loc);
  /// Share, Move, Copy.
  void transfer(StmtKind kind, BufId to, BufId from, LocId loc = {});
  /// Unique, Release.
  void touch(StmtKind kind, BufId buf, LocId loc = {});

 private:
  ExprId index_op(ScalarOp op, ExprId a, ExprId b);

  loop::Function& function_;
  Stmts* open_ = &function_.body;
  std::vector<int> heights_;
  /// Hash of structure -> candidates.
  std::unordered_multimap<size_t, ExprId> known_;
};

/// Opens a list for the lifetime of the object.
class Redirect {
 public:
  Redirect(Writer& writer, Stmts& stmts) : writer_(writer), former_(writer.redirect(&stmts)) {}
  ~Redirect() { writer_.redirect(former_); }
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;

 private:
  Writer& writer_;
  Stmts* former_;
};

}  // namespace calc::lower
