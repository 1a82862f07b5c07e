#include "lang/elaborate/names.h"

namespace calc::elab {

namespace {

using syntax::Expr;
using syntax::ExprKind;
using syntax::Stmt;
using syntax::StmtKind;

template <typename T>
const T& as(const Expr& expr) {
  return static_cast<const T&>(expr);
}
template <typename T>
const T& as(const Stmt& stmt) {
  return static_cast<const T&>(stmt);
}

/// The name a place changes: `A` in `A[i].w`.
const std::string* root_name(const Expr& place) {
  const Expr* at = &place;
  while (true) {
    if (at->kind == ExprKind::Index) {
      at = as<syntax::Index>(*at).base.get();
    } else if (at->kind == ExprKind::Field) {
      at = as<syntax::Field>(*at).base.get();
    } else {
      return at->kind == ExprKind::Name ? &as<syntax::Name>(*at).text : nullptr;
    }
  }
}

class Walker {
 public:
  /// Either set may be null.
  Walker(Names* assigned, Names* mentioned) : assigned_(assigned), mentioned_(mentioned) {}

  void expr(const syntax::ExprPtr& expr) {
    if (expr) walk(*expr);
  }

  void walk(const Expr& e) {
    switch (e.kind) {
      case ExprKind::Int:
      case ExprKind::Real:
      case ExprKind::Bool:
        return;
      case ExprKind::Name:
        return mention(as<syntax::Name>(e).text);
      case ExprKind::Lambda:
        return function(as<syntax::Lambda>(e).params, *as<syntax::Lambda>(e).body);
      case ExprKind::Record:
        return record(as<syntax::Record>(e));
      case ExprKind::Comprehension:
        return comprehension(as<syntax::Comprehension>(e));
      case ExprKind::Block:
        for (const auto& stmt : as<syntax::Block>(e).stmts) walk(*stmt);
        return;
      default:
        return operands(e);
    }
  }

  void walk(const Stmt& s) {
    switch (s.kind) {
      case StmtKind::Expr:
        return expr(as<syntax::ExprStmt>(s).expr);
      case StmtKind::Assign:
        return assign(as<syntax::Assign>(s));
      case StmtKind::FuncDef:
        assign(as<syntax::FuncDef>(s).name);
        return function(as<syntax::FuncDef>(s).params, *as<syntax::FuncDef>(s).body);
      case StmtKind::For:
        expr(as<syntax::For>(s).iterable);
        return loop_body(as<syntax::For>(s).body);
      case StmtKind::While:
        expr(as<syntax::While>(s).condition);
        return loop_body(as<syntax::While>(s).body);
      case StmtKind::Break:
        return assign(kBreak);
      case StmtKind::Continue:
        return assign(kContinue);
      case StmtKind::Return:
        assign(kReturn);
        assign(kReturned);
        return expr(as<syntax::Return>(s).value);
      case StmtKind::Assert:
        expr(as<syntax::Assert>(s).condition);
        return expr(as<syntax::Assert>(s).message);
      case StmtKind::Test:
        return expr(as<syntax::Test>(s).body);
      case StmtKind::Import:
        return;
    }
  }

  void function(const std::vector<syntax::Param>& params, const Expr& body) {
    if (!mentioned_) return;
    Walker inside(nullptr, mentioned_);
    for (const syntax::Param& param : params) inside.expr(param.default_value);
    inside.walk(body);
  }

 private:
  void mention(const std::string& name) {
    if (mentioned_) mentioned_->insert(name);
  }
  void assign(std::string_view name) {
    if (assigned_) assigned_->emplace(name);
  }

  /// Its `break` and `continue` are its own.
  void loop_body(const syntax::ExprPtr& body) {
    if (!assigned_) return expr(body);
    Names inside;
    Walker(&inside, mentioned_).expr(body);
    inside.erase(std::string(kBreak));
    inside.erase(std::string(kContinue));
    assigned_->merge(inside);
  }

  void args(const std::vector<syntax::Arg>& list) {
    for (const syntax::Arg& arg : list) expr(arg.expr);
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
      case ExprKind::Index:
        expr(as<syntax::Index>(e).base);
        for (const auto& item : as<syntax::Index>(e).items) expr(item);
        return;
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

  void record(const syntax::Record& e) {
    for (const auto& entry : e.entries) {
      if (entry.value) {
        walk(*entry.value);
      } else {
        mention(entry.name);
      }
    }
  }

  void comprehension(const syntax::Comprehension& e) {
    for (const auto& clause : e.clauses) expr(clause.iterable);
    expr(e.condition);
    expr(e.body);
  }

  void assign(const syntax::Assign& s) {
    expr(s.value);
    if (s.pattern && assigned_) pattern_names(*s.pattern, *assigned_);
    if (!s.place) return;
    walk(*s.place);
    if (const std::string* root = root_name(*s.place)) assign(*root);
  }

  Names* assigned_;
  Names* mentioned_;
};

}  // namespace

void assigned_names(const Expr& expr, Names& names) { Walker(&names, nullptr).walk(expr); }
void assigned_names(const Stmt& stmt, Names& names) { Walker(&names, nullptr).walk(stmt); }
void mentioned_names(const Expr& expr, Names& names) { Walker(nullptr, &names).walk(expr); }
void mentioned_names(const Stmt& stmt, Names& names) { Walker(nullptr, &names).walk(stmt); }

void mentioned_names(const std::vector<syntax::Param>& params, const Expr& body, Names& names) {
  Walker(nullptr, &names).function(params, body);
}

void pattern_names(const syntax::Pattern& pattern, Names& names) {
  if (pattern.kind == syntax::Pattern::Kind::Name) names.insert(pattern.name);
  for (const syntax::Pattern& item : pattern.items) pattern_names(item, names);
}

}  // namespace calc::elab
