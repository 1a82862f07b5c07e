// Scopes are read generously: what a function assigns anywhere is defined in all of it.
#include "lang/driver/resolve.h"

#include "lang/elaborate/foreign.h"
#include "lang/elaborate/names.h"

namespace calc::driver {

namespace {

using syntax::Expr;
using syntax::ExprKind;
using syntax::Stmt;
using syntax::StmtKind;

template <typename T, typename Node>
const T& as(const Node& node) {
  return static_cast<const T&>(node);
}

class Resolver {
 public:
  explicit Resolver(const Surrounding& surrounding) : surrounding_(surrounding) {}

  std::vector<base::Diagnostic> run(const Stmt& stmt) {
    walk(stmt);
    return std::move(errors_);
  }

 private:
  /// Names that hold while `walk` runs.
  template <typename Walk>
  void within(elab::Names names, Walk inner) {
    scopes_.push_back(std::move(names));
    inner();
    scopes_.pop_back();
  }

  void mention(const std::string& name, base::Span span) {
    for (const elab::Names& scope : scopes_) {
      if (scope.contains(name)) return;
    }
    if (surrounding_.defined(name)) return;
    std::vector<std::string> candidates = surrounding_.candidates;
    for (const elab::Names& scope : scopes_) {
      candidates.insert(candidates.end(), scope.begin(), scope.end());
    }
    base::Diagnostic error;
    error.message = "`" + name + "` is not defined";
    error.span = span;
    error.hint = elab::undefined_hint(name, candidates);
    errors_.push_back(std::move(error));
  }

  // -- statements

  void walk(const Stmt& s) {
    switch (s.kind) {
      case StmtKind::Expr:
        return expr(as<syntax::ExprStmt>(s).expr);
      case StmtKind::Assign:
        expr(as<syntax::Assign>(s).value);
        return expr(as<syntax::Assign>(s).place);
      case StmtKind::FuncDef: {
        const auto& def = as<syntax::FuncDef>(s);
        return within({def.name}, [&] { function(def.params, *def.body); });
      }
      case StmtKind::For: {
        expr(as<syntax::For>(s).iterable);
        elab::Names names;
        elab::pattern_names(as<syntax::For>(s).pattern, names);
        return within(std::move(names), [&] { expr(as<syntax::For>(s).body); });
      }
      case StmtKind::While:
        expr(as<syntax::While>(s).condition);
        return expr(as<syntax::While>(s).body);
      case StmtKind::Return:
        return expr(as<syntax::Return>(s).value);
      case StmtKind::Assert:
        expr(as<syntax::Assert>(s).condition);
        return expr(as<syntax::Assert>(s).message);
      case StmtKind::Test:
        return expr(as<syntax::Test>(s).body);
      default:
        return;
    }
  }

  void function(const std::vector<syntax::Param>& params, const Expr& body) {
    elab::Names names;
    for (const syntax::Param& param : params) {
      elab::pattern_names(param.pattern, names);
      if (param.type) sizes(*param.type, names);
    }
    elab::assigned_names(body, names);
    within(std::move(names), [&] {
      for (const syntax::Param& param : params) expr(param.default_value);
      walk(body);
    });
  }

  /// The names of sizes in an annotation.
  static void sizes(const syntax::TypeExpr& type, elab::Names& names) {
    for (const syntax::DimExpr& dim : type.dims) {
      if (!dim.name.empty()) names.insert(dim.name);
    }
    for (const syntax::TypeExpr& item : type.items) sizes(item, names);
  }

  // -- expressions

  void expr(const syntax::ExprPtr& e) {
    if (e) walk(*e);
  }
  void args(const std::vector<syntax::Arg>& list) {
    for (const syntax::Arg& arg : list) expr(arg.expr);
  }

  void walk(const Expr& e) {
    switch (e.kind) {
      case ExprKind::Name:
        return mention(as<syntax::Name>(e).text, e.span);
      case ExprKind::Lambda:
        return function(as<syntax::Lambda>(e).params, *as<syntax::Lambda>(e).body);
      case ExprKind::Comprehension:
        return comprehension(as<syntax::Comprehension>(e));
      case ExprKind::Record:
        for (const auto& entry : as<syntax::Record>(e).entries) {
          if (entry.value) walk(*entry.value);
          if (!entry.value) mention(entry.name, entry.span);
        }
        return;
      case ExprKind::Block: {
        elab::Names names;
        elab::assigned_names(e, names);
        return within(std::move(names), [&] {
          for (const auto& stmt : as<syntax::Block>(e).stmts) walk(*stmt);
        });
      }
      case ExprKind::Index:
        return index(as<syntax::Index>(e));
      default:
        return operands(e);
    }
  }

  void index(const syntax::Index& e) {
    walk(*e.base);
    const bool named = e.base->kind == ExprKind::Name;
    if (named && surrounding_.is_operator(as<syntax::Name>(*e.base).text)) return;
    for (const auto& item : e.items) expr(item);
  }

  void comprehension(const syntax::Comprehension& e) {
    elab::Names names;
    for (const auto& clause : e.clauses) {
      expr(clause.iterable);
      elab::pattern_names(clause.pattern, names);
    }
    within(std::move(names), [&] {
      expr(e.condition);
      expr(e.body);
    });
  }

  void operands(const Expr& e) {
    switch (e.kind) {
      case ExprKind::String:
        for (const auto& hole : as<syntax::StringLit>(e).holes) expr(hole.expr);
        return;
      case ExprKind::Unary:
        return expr(as<syntax::Unary>(e).operand);
      case ExprKind::Binary:
        expr(as<syntax::Binary>(e).lhs);
        return expr(as<syntax::Binary>(e).rhs);
      case ExprKind::Compare:
        for (const auto& operand : as<syntax::Compare>(e).operands) expr(operand);
        return;
      case ExprKind::Call:
        expr(as<syntax::Call>(e).callee);
        return args(as<syntax::Call>(e).args);
      case ExprKind::Tuple:
        return args(as<syntax::Tuple>(e).items);
      case ExprKind::Array:
        return args(as<syntax::ArrayLit>(e).items);
      default:
        return parts(e);
    }
  }

  void parts(const Expr& e) {
    switch (e.kind) {
      case ExprKind::Colon:
        expr(as<syntax::Colon>(e).start);
        expr(as<syntax::Colon>(e).stop);
        return expr(as<syntax::Colon>(e).step);
      case ExprKind::Field:
        return expr(as<syntax::Field>(e).base);
      case ExprKind::Prime:
        return expr(as<syntax::Prime>(e).base);
      case ExprKind::If:
        expr(as<syntax::If>(e).condition);
        expr(as<syntax::If>(e).then_branch);
        return expr(as<syntax::If>(e).else_branch);
      case ExprKind::Range:
        expr(as<syntax::Range>(e).lo);
        return expr(as<syntax::Range>(e).hi);
      default:
        return;
    }
  }

  const Surrounding& surrounding_;
  std::vector<elab::Names> scopes_;
  std::vector<base::Diagnostic> errors_;
};

}  // namespace

std::vector<base::Diagnostic> undefined_names(const syntax::Stmt& stmt,
                                              const Surrounding& surrounding) {
  return Resolver(surrounding).run(stmt);
}

}  // namespace calc::driver
