// `build_text`: the Core of a derivative written in calc. A whole exponent becomes `powi`, a
// literal takes the shape of what it meets, and a call names a primitive; nothing else is
// understood.
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "lang/prim/emit.h"
#include "lang/prim/prim.h"
#include "lang/syntax/parser.h"

namespace calc::prim {

namespace {

using syntax::BinaryOp;
using syntax::CompareOp;
using syntax::Expr;
using syntax::ExprKind;

/// A text is parsed once; the program must outlive its expressions.
class ParsedTexts {
 public:
  const Expr& expression(std::string_view text) {
    std::lock_guard lock(mutex_);
    auto found = programs_.find(text);
    if (found == programs_.end()) {
      found = programs_.emplace(std::string(text), parse(text)).first;
    }
    return *static_cast<const syntax::ExprStmt&>(*found->second->stmts[0]).expr;
  }

 private:
  static std::shared_ptr<const syntax::Program> parse(std::string_view text) {
    base::Sources sources;
    syntax::ParseResult parsed =
        syntax::parse(sources, sources.add("derivative", std::string(text)));
    if (!parsed.errors.empty() || parsed.program->stmts.size() != 1 ||
        parsed.program->stmts[0]->kind != syntax::StmtKind::Expr) {
      throw std::logic_error("a derivative that does not parse: " + std::string(text));
    }
    return parsed.program;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const syntax::Program>, std::less<>> programs_;
};

/// A number that has not met a tensor yet, or a value.
struct Term {
  double literal = 0;
  MaybeValue value;
};

class TextBuilder {
 public:
  TextBuilder(Builder& builder, std::span<const std::string_view> names, Values values)
      : builder_(builder), names_(names), values_(values) {}

  ValueId whole(const Expr& expr) { return like(term(expr), values_[0]); }

 private:
  Term term(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::Int:
        return {static_cast<double>(as<syntax::IntLit>(expr).value), {}};
      case ExprKind::Real:
        return {as<syntax::RealLit>(expr).value, {}};
      case ExprKind::Name:
        return {0, named(as<syntax::Name>(expr).text)};
      case ExprKind::Tuple:
        return term(*as<syntax::Tuple>(expr).items.at(0).expr);
      case ExprKind::Unary:
        return unary(as<syntax::Unary>(expr));
      case ExprKind::Binary:
        return binary(as<syntax::Binary>(expr));
      case ExprKind::Compare:
        return {0, comparison(as<syntax::Compare>(expr))};
      case ExprKind::Call:
        return {0, call(as<syntax::Call>(expr))};
      default:
        throw std::logic_error("an expression that derivatives cannot hold");
    }
  }

  template <typename T>
  static const T& as(const Expr& expr) {
    return static_cast<const T&>(expr);
  }

  ValueId named(const std::string& name) {
    for (size_t k = 0; k < names_.size(); ++k) {
      if (names_[k] == name) return values_[k];
    }
    throw std::logic_error("a derivative does not know " + name);
  }

  /// The value of a term; a literal in the shape of `shape`.
  ValueId like(const Term& term, ValueId shape) {
    return term.value ? *term.value : constant_like(builder_, term.literal, shape);
  }

  Term unary(const syntax::Unary& expr) {
    Term operand = term(*expr.operand);
    switch (expr.op) {
      case syntax::UnaryOp::Plus:
        return operand;
      case syntax::UnaryOp::Not:
        return {0, builder_.op("not", {*operand.value})};
      case syntax::UnaryOp::Neg:
        break;
    }
    if (!operand.value) return {-operand.literal, {}};
    return {0, builder_.neg(*operand.value)};
  }

  Term binary(const syntax::Binary& expr) {
    Term lhs = term(*expr.lhs);
    Term rhs = term(*expr.rhs);
    if (!lhs.value && !rhs.value) return {folded(expr.op, lhs.literal, rhs.literal), {}};
    if (expr.op == BinaryOp::Pow && !rhs.value && rhs.literal == std::round(rhs.literal)) {
      ValueId exponent = builder_.integer(static_cast<int64_t>(rhs.literal));
      return {0, builder_.op("powi", {*lhs.value, builder_.fill_like(exponent, *lhs.value)})};
    }
    ValueId shape = lhs.value ? *lhs.value : *rhs.value;
    ValueId a = like(lhs, shape);
    ValueId b = like(rhs, shape);
    return {0, builder_.op(primitive(expr.op), {a, b})};
  }

  static std::string_view primitive(BinaryOp op) {
    switch (op) {
      case BinaryOp::Add:
        return "add";
      case BinaryOp::Sub:
        return "sub";
      case BinaryOp::Mul:
        return "mul";
      case BinaryOp::Div:
        return "div";
      case BinaryOp::Pow:
        return "pow";
      case BinaryOp::And:
        return "and";
      case BinaryOp::Or:
        return "or";
      default:
        throw std::logic_error("an operator that derivatives cannot hold");
    }
  }

  static double folded(BinaryOp op, double a, double b) {
    switch (op) {
      case BinaryOp::Add:
        return a + b;
      case BinaryOp::Sub:
        return a - b;
      case BinaryOp::Mul:
        return a * b;
      case BinaryOp::Div:
        return a / b;
      case BinaryOp::Pow:
        return std::pow(a, b);
      default:
        throw std::logic_error("an operator that derivatives cannot hold");
    }
  }

  static std::string_view primitive(CompareOp op) {
    switch (op) {
      case CompareOp::Eq:
        return "eq";
      case CompareOp::Ne:
        return "ne";
      case CompareOp::Lt:
        return "lt";
      case CompareOp::Le:
        return "le";
      case CompareOp::Gt:
        return "gt";
      case CompareOp::Ge:
        return "ge";
      case CompareOp::Close:
        break;
    }
    throw std::logic_error("a comparison that derivatives cannot hold");
  }

  ValueId comparison(const syntax::Compare& expr) {
    std::vector<Term> terms;
    for (const syntax::ExprPtr& operand : expr.operands) terms.push_back(term(*operand));
    MaybeValue all;
    for (size_t k = 0; k < expr.ops.size(); ++k) {
      ValueId shape = terms[k].value ? *terms[k].value : terms[k + 1].value.value();
      ValueId a = like(terms[k], shape);
      ValueId b = like(terms[k + 1], shape);
      ValueId one = builder_.op(primitive(expr.ops[k]), {a, b});
      all = all ? builder_.op("and", {*all, one}) : one;
    }
    return all.value();
  }

  ValueId call(const syntax::Call& expr) {
    const std::string& name = as<syntax::Name>(*expr.callee).text;
    std::vector<Term> terms;
    for (const syntax::Arg& arg : expr.args) terms.push_back(term(*arg.expr));
    MaybeValue shape;
    for (const Term& t : terms) {
      if (!shape || (t.value && builder_.type(*t.value).is_real())) shape = t.value;
    }
    // `where(c, 1, 0)`: the condition is no number to take the element type from.
    if (!shape || !builder_.type(*shape).is_real()) shape = values_[0];
    std::vector<ValueId> args;
    for (const Term& t : terms) args.push_back(like(t, *shape));
    return builder_.op(name == "where" ? "select" : std::string_view(name), std::move(args));
  }

  Builder& builder_;
  std::span<const std::string_view> names_;
  Values values_;
};

}  // namespace

core::ValueId build_text(core::Builder& builder, std::string_view text,
                         std::span<const std::string_view> names,
                         std::span<const core::ValueId> values) {
  static ParsedTexts texts;
  return TextBuilder(builder, names, values).whole(texts.expression(text));
}

}  // namespace calc::prim
