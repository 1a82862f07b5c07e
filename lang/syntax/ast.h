#pragma once
// The abstract syntax tree, as written: nothing is resolved or typed here.
//
// A node is a struct per construct under Expr or Stmt, owned by unique_ptr, immutable once parsed.
// Closures keep the Program alive that their lambda stands in. Depth is bounded by the parser
// (`kMaxDepth`), so walkers may recurse.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lang/base/source.h"

namespace calc::syntax {

using base::Span;

inline constexpr int kMaxDepth = 1000;

enum class ExprKind : uint8_t {
  Int,
  Real,
  Bool,
  String,
  Name,
  Unary,
  Binary,
  Compare,
  Call,
  Index,
  Field,
  Prime,
  Tuple,
  Array,
  Comprehension,
  Record,
  Block,
  If,
  Lambda,
  Range,
  Colon
};

enum class UnaryOp : uint8_t { Neg, Plus, Not };
enum class BinaryOp : uint8_t {
  Add,
  Sub,
  Mul,
  Div,
  FloorDiv,
  Mod,
  MatMul,
  Dot,
  Pow,
  And,
  Or,
  Pipe,
  Compose
};
/// `≈` is Close; `∈` only stands in `for`.
enum class CompareOp : uint8_t { Eq, Ne, Lt, Le, Gt, Ge, Close };

struct Expr {
  ExprKind kind;
  Span span;
  /// 1 + the deepest child.
  int depth = 1;
  Expr(ExprKind k, Span s) : kind(k), span(s) {}
  virtual ~Expr() = default;
};
using ExprPtr = std::unique_ptr<Expr>;

struct Stmt;
using StmtPtr = std::unique_ptr<Stmt>;

// ---- types and patterns ------------------------------------------------------------------------

/// A size in an annotation: a number, a size variable, or `_`.
struct DimExpr {
  enum class Kind : uint8_t { Number, Name, Any } kind;
  int64_t number = 0;
  std::string name;
  Span span;
};

/// `Real`, `Real[m, n]`, `(A, B)`, `{w: A}`, `A -> B`.
struct TypeExpr {
  enum class Kind : uint8_t { Named, Tuple, Record, Function } kind;
  Span span;
  std::string name;
  std::vector<DimExpr> dims;
  std::vector<TypeExpr> items;      // Tuple, Record; Function: parameters then the result
  std::vector<std::string> fields;  // Record
};

/// `x`, `_`, `(a, b)`, `{w, b}`, `{w: pattern}`; on the left of an assignment also places.
struct Pattern {
  enum class Kind : uint8_t { Name, Ignore, Tuple, Record } kind;
  Span span;
  std::string name;
  std::vector<Pattern> items;
  std::vector<std::string> fields;
};

struct Param {
  Pattern pattern;
  std::optional<TypeExpr> type;
  ExprPtr default_value;
  Span span;
};

// ---- expressions -------------------------------------------------------------------------------

struct IntLit : Expr {
  int64_t value;
  IntLit(Span s, int64_t v) : Expr(ExprKind::Int, s), value(v) {}
};
struct RealLit : Expr {
  double value;
  RealLit(Span s, double v) : Expr(ExprKind::Real, s), value(v) {}
};
struct BoolLit : Expr {
  bool value;
  BoolLit(Span s, bool v) : Expr(ExprKind::Bool, s), value(v) {}
};
/// Text pieces alternate with holes: pieces.size() == holes.size() + 1.
struct StringLit : Expr {
  struct Hole {
    ExprPtr expr;
    std::string format;
  };
  std::vector<std::string> pieces;
  std::vector<Hole> holes;
  explicit StringLit(Span s) : Expr(ExprKind::String, s) {}
};
/// Unicode spellings are already their ASCII names (`π` is `pi`, `∇` is `grad`, `√` is `sqrt`);
/// Greek letters stay as written.
struct Name : Expr {
  std::string text;
  Name(Span s, std::string t) : Expr(ExprKind::Name, s), text(std::move(t)) {}
};
struct Unary : Expr {
  UnaryOp op;
  ExprPtr operand;
  Unary(Span s, UnaryOp o, ExprPtr e) : Expr(ExprKind::Unary, s), op(o), operand(std::move(e)) {}
};
struct Binary : Expr {
  BinaryOp op;
  Span op_span;
  ExprPtr lhs, rhs;
  Binary(Span s, BinaryOp o, Span os, ExprPtr l, ExprPtr r)
      : Expr(ExprKind::Binary, s), op(o), op_span(os), lhs(std::move(l)), rhs(std::move(r)) {}
};
/// `a < b <= c`: operands.size() == ops.size() + 1.
struct Compare : Expr {
  std::vector<ExprPtr> operands;
  std::vector<CompareOp> ops;
  explicit Compare(Span s) : Expr(ExprKind::Compare, s) {}
};
struct Arg {
  /// Empty for a positional argument.
  std::string name;
  ExprPtr expr;
  bool spread = false;
  Span span;
};
struct Call : Expr {
  ExprPtr callee;
  std::vector<Arg> args;
  explicit Call(Span s) : Expr(ExprKind::Call, s) {}
};
/// `A[i, 1:3, ::2]` and also an operator's subscript, `grad[w, b]`. `∇²f` is Call(Name hessian).
/// A slice is a Colon item.
struct Index : Expr {
  ExprPtr base;
  std::vector<ExprPtr> items;
  explicit Index(Span s) : Expr(ExprKind::Index, s) {}
};
/// `start:stop:step` inside an index; absent parts are null.
struct Colon : Expr {
  ExprPtr start, stop, step;
  explicit Colon(Span s) : Expr(ExprKind::Colon, s) {}
};
struct Field : Expr {
  ExprPtr base;
  std::string name;
  Span name_span;
  explicit Field(Span s) : Expr(ExprKind::Field, s) {}
};
/// `f'`, `A'`.
struct Prime : Expr {
  ExprPtr base;
  Prime(Span s, ExprPtr b) : Expr(ExprKind::Prime, s), base(std::move(b)) {}
};
struct Tuple : Expr {
  std::vector<Arg> items;
  explicit Tuple(Span s) : Expr(ExprKind::Tuple, s) {}
};
struct ArrayLit : Expr {
  std::vector<Arg> items;
  explicit ArrayLit(Span s) : Expr(ExprKind::Array, s) {}
};
/// `[body for a in u, b in v if c]`
struct Comprehension : Expr {
  struct Clause {
    Pattern pattern;
    ExprPtr iterable;
  };
  ExprPtr body;
  std::vector<Clause> clauses;
  /// May be null.
  ExprPtr condition;
  explicit Comprehension(Span s) : Expr(ExprKind::Comprehension, s) {}
};
/// `{w: 1, b}` and `{...p, b: 2}`. An empty one (`{}`) is Unit.
struct Record : Expr {
  struct Entry {
    std::string name;
    /// Null for the shorthand `{w}`.
    ExprPtr value;
    bool spread = false;
    Span span;
  };
  std::vector<Entry> entries;
  explicit Record(Span s) : Expr(ExprKind::Record, s) {}
};
struct Block : Expr {
  std::vector<StmtPtr> stmts;
  explicit Block(Span s) : Expr(ExprKind::Block, s) {}
};
struct If : Expr {
  ExprPtr condition, then_branch;
  /// May be null: then the `if` is a statement of no value.
  ExprPtr else_branch;
  explicit If(Span s) : Expr(ExprKind::If, s) {}
};
struct Lambda : Expr {
  std::vector<Param> params;
  ExprPtr body;
  explicit Lambda(Span s) : Expr(ExprKind::Lambda, s) {}
};
/// `lo..hi`, `lo..=hi`.
struct Range : Expr {
  ExprPtr lo, hi;
  bool inclusive = false;
  explicit Range(Span s) : Expr(ExprKind::Range, s) {}
};

// ---- statements --------------------------------------------------------------------------------

enum class StmtKind : uint8_t {
  Expr,
  Assign,
  FuncDef,
  For,
  While,
  Break,
  Continue,
  Return,
  Assert,
  Test,
  Import
};

struct Stmt {
  StmtKind kind;
  Span span;
  int depth = 1;
  /// Ended by `;`: a top-level expression prints nothing.
  bool silent = false;
  Stmt(StmtKind k, Span s) : kind(k), span(s) {}
  virtual ~Stmt() = default;
};

struct ExprStmt : Stmt {
  ExprPtr expr;
  ExprStmt(Span s, ExprPtr e) : Stmt(StmtKind::Expr, s), expr(std::move(e)) {}
};
/// `target = value`. Exactly one of `pattern` and `place` is set: `x = e` and `(a, b) = e` have a
/// pattern, `x += e` and `A[i] = e` a place: a Name, Index or Field chain (`A[i, j]`, `p.w[0]`).
/// With `op`, `target op= value`.
struct Assign : Stmt {
  std::optional<Pattern> pattern;
  ExprPtr place;
  std::optional<BinaryOp> op;
  std::optional<TypeExpr> type;
  ExprPtr value;
  explicit Assign(Span s) : Stmt(StmtKind::Assign, s) {}
};
/// `f(x, y) = body`; `documentation` is the `##` comment before it.
struct FuncDef : Stmt {
  std::string name;
  Span name_span;
  std::vector<Param> params;
  std::optional<TypeExpr> result;
  ExprPtr body;
  std::string documentation;
  explicit FuncDef(Span s) : Stmt(StmtKind::FuncDef, s) {}
};
struct For : Stmt {
  Pattern pattern;
  ExprPtr iterable;
  ExprPtr body;
  explicit For(Span s) : Stmt(StmtKind::For, s) {}
};
struct While : Stmt {
  ExprPtr condition;
  ExprPtr body;
  explicit While(Span s) : Stmt(StmtKind::While, s) {}
};
struct Break : Stmt {
  explicit Break(Span s) : Stmt(StmtKind::Break, s) {}
};
struct Continue : Stmt {
  explicit Continue(Span s) : Stmt(StmtKind::Continue, s) {}
};
struct Return : Stmt {
  ExprPtr value;
  explicit Return(Span s) : Stmt(StmtKind::Return, s) {}
};
struct Assert : Stmt {
  ExprPtr condition;
  ExprPtr message;
  explicit Assert(Span s) : Stmt(StmtKind::Assert, s) {}
};
struct Test : Stmt {
  std::string name;
  ExprPtr body;
  explicit Test(Span s) : Stmt(StmtKind::Test, s) {}
};
/// `import nn`, `import optim: adam, sgd`, `import "./f.calc" as m`.
struct Import : Stmt {
  std::string module;
  Span module_span;
  bool is_path = false;
  std::vector<std::string> names;
  /// One a name.
  std::vector<Span> name_spans;
  std::string alias;
  explicit Import(Span s) : Stmt(StmtKind::Import, s) {}
};

struct Program {
  uint32_t source = 0;
  std::vector<StmtPtr> stmts;
};

}  // namespace calc::syntax
