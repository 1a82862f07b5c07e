// The depth of a node from that of its children.
#include <algorithm>

#include "lang/syntax/parser_impl.h"

namespace calc::syntax {

namespace {

class Deepest {
 public:
  void add(const ExprPtr& child) {
    if (child) depth_ = std::max(depth_, child->depth);
  }
  void add(const StmtPtr& child) {
    if (child) depth_ = std::max(depth_, child->depth);
  }
  void add(const std::vector<ExprPtr>& children) {
    for (const ExprPtr& child : children) add(child);
  }
  void add(const std::vector<Arg>& children) {
    for (const Arg& child : children) add(child.expr);
  }
  void add(const std::vector<Param>& children) {
    for (const Param& child : children) add(child.default_value);
  }
  int depth() const { return depth_ + 1; }

 private:
  int depth_ = 0;
};

template <class Node>
const Node& as(const Expr& expr) {
  return static_cast<const Node&>(expr);
}
template <class Node>
const Node& as(const Stmt& stmt) {
  return static_cast<const Node&>(stmt);
}

void add_bracket(Deepest& deepest, const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::String:
      for (const auto& hole : as<StringLit>(expr).holes) deepest.add(hole.expr);
      return;
    case ExprKind::Tuple:
      return deepest.add(as<Tuple>(expr).items);
    case ExprKind::Array:
      return deepest.add(as<ArrayLit>(expr).items);
    case ExprKind::Comprehension:
      deepest.add(as<Comprehension>(expr).body);
      deepest.add(as<Comprehension>(expr).condition);
      for (const auto& clause : as<Comprehension>(expr).clauses) deepest.add(clause.iterable);
      return;
    case ExprKind::Record:
      for (const auto& entry : as<Record>(expr).entries) deepest.add(entry.value);
      return;
    case ExprKind::Block:
      for (const StmtPtr& stmt : as<Block>(expr).stmts) deepest.add(stmt);
      return;
    default:
      return;
  }
}

void add_postfix(Deepest& deepest, const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Call:
      deepest.add(as<Call>(expr).callee);
      return deepest.add(as<Call>(expr).args);
    case ExprKind::Index:
      deepest.add(as<Index>(expr).base);
      return deepest.add(as<Index>(expr).items);
    case ExprKind::Colon:
      deepest.add(as<Colon>(expr).start);
      deepest.add(as<Colon>(expr).stop);
      return deepest.add(as<Colon>(expr).step);
    case ExprKind::Field:
      return deepest.add(as<Field>(expr).base);
    case ExprKind::Prime:
      return deepest.add(as<Prime>(expr).base);
    default:
      return add_bracket(deepest, expr);
  }
}

}  // namespace

int depth_of(const Expr& expr) {
  Deepest deepest;
  switch (expr.kind) {
    case ExprKind::Unary:
      deepest.add(as<Unary>(expr).operand);
      break;
    case ExprKind::Binary:
      deepest.add(as<Binary>(expr).lhs);
      deepest.add(as<Binary>(expr).rhs);
      break;
    case ExprKind::Compare:
      deepest.add(as<Compare>(expr).operands);
      break;
    case ExprKind::Range:
      deepest.add(as<Range>(expr).lo);
      deepest.add(as<Range>(expr).hi);
      break;
    case ExprKind::If:
      deepest.add(as<If>(expr).condition);
      deepest.add(as<If>(expr).then_branch);
      deepest.add(as<If>(expr).else_branch);
      break;
    case ExprKind::Lambda:
      deepest.add(as<Lambda>(expr).params);
      deepest.add(as<Lambda>(expr).body);
      break;
    default:
      add_postfix(deepest, expr);
  }
  return deepest.depth();
}

int depth_of(const Stmt& stmt) {
  Deepest deepest;
  switch (stmt.kind) {
    case StmtKind::Expr:
      deepest.add(as<ExprStmt>(stmt).expr);
      break;
    case StmtKind::Assign:
      deepest.add(as<Assign>(stmt).place);
      deepest.add(as<Assign>(stmt).value);
      break;
    case StmtKind::FuncDef:
      deepest.add(as<FuncDef>(stmt).params);
      deepest.add(as<FuncDef>(stmt).body);
      break;
    case StmtKind::For:
      deepest.add(as<For>(stmt).iterable);
      deepest.add(as<For>(stmt).body);
      break;
    case StmtKind::While:
      deepest.add(as<While>(stmt).condition);
      deepest.add(as<While>(stmt).body);
      break;
    case StmtKind::Return:
      deepest.add(as<Return>(stmt).value);
      break;
    case StmtKind::Assert:
      deepest.add(as<Assert>(stmt).condition);
      deepest.add(as<Assert>(stmt).message);
      break;
    case StmtKind::Test:
      deepest.add(as<Test>(stmt).body);
      break;
    default:
      break;
  }
  return deepest.depth();
}

}  // namespace calc::syntax
