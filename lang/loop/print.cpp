// The text of a loop function, for `--emit loops` and for people who debug the lowering.
#include <fmt/format.h>

#include "lang/loop/ir.h"

namespace calc::loop {

namespace {

using core::ScalarOp;

const char* operator_text(ScalarOp op) {
  switch (op) {
    case ScalarOp::Add:
      return "+";
    case ScalarOp::Sub:
      return "-";
    case ScalarOp::Mul:
      return "*";
    case ScalarOp::Div:
      return "/";
    case ScalarOp::FloorDiv:
      return "//";
    case ScalarOp::Mod:
      return "%";
    case ScalarOp::Eq:
      return "==";
    case ScalarOp::Ne:
      return "!=";
    case ScalarOp::Lt:
      return "<";
    case ScalarOp::Le:
      return "<=";
    case ScalarOp::Gt:
      return ">";
    case ScalarOp::Ge:
      return ">=";
    case ScalarOp::And:
      return "and";
    case ScalarOp::Or:
      return "or";
    case ScalarOp::PowInt:
      return "^";
    default:
      return nullptr;
  }
}

const char* function_text(ScalarOp op) {
  switch (op) {
    case ScalarOp::Neg:
      return "neg";
    case ScalarOp::Abs:
      return "abs";
    case ScalarOp::Sign:
      return "sign";
    case ScalarOp::Min:
      return "min";
    case ScalarOp::Max:
      return "max";
    case ScalarOp::Sqrt:
      return "sqrt";
    case ScalarOp::Floor:
      return "floor";
    case ScalarOp::Ceil:
      return "ceil";
    case ScalarOp::Round:
      return "round";
    case ScalarOp::Trunc:
      return "trunc";
    case ScalarOp::Not:
      return "not";
    case ScalarOp::Select:
      return "select";
    case ScalarOp::CheckIndex:
      return "check_index";
    default:
      return "?";
  }
}

std::string elem_text(Elem elem) { return core::to_string(core::scalar_type(elem)); }

class Printer {
 public:
  explicit Printer(const Function& function) : function_(function) {}

  std::string run() {
    std::string params, results;
    for (const Param& param : function_.params) {
      params += fmt::format("{}{}: {}", params.empty() ? "" : ", ",
                            param.is_buffer ? name(param.buf) : name(param.var),
                            core::to_string(param.type));
      if (param.is_buffer && function_.buffers[param.buf.index].donated) params += " donated";
    }
    for (const Type& type : function_.results) {
      results += (results.empty() ? "" : ", ") + core::to_string(type);
    }
    out_ = fmt::format("function {}({}) -> ({})\n", function_.name, params, results);
    for (uint32_t k = 0; k < function_.buffers.size(); ++k) {
      const Buffer& buffer = function_.buffers[k];
      if (buffer.param >= 0) continue;
      line(1,
           fmt::format("buffer {}: {}{}", name(BufId{k}), core::to_string(buffer.type),
                       buffer.constant >= 0 ? fmt::format(" = constant {}", buffer.constant) : ""));
    }
    block(function_.body, 1);
    return std::move(out_);
  }

 private:
  void line(int depth, const std::string& text) {
    out_.append(static_cast<size_t>(2 * depth), ' ');
    out_ += text;
    out_ += '\n';
  }

  std::string name(BufId buf) const {
    const std::string& given = function_.buffers[buf.index].name;
    return fmt::format("{}{}", given.empty() ? "b" : given + "_", buf.index);
  }
  static std::string name(VarId var) { return fmt::format("v{}", var.index); }

  std::string list(const std::vector<ExprId>& ids) const {
    std::string text;
    for (ExprId id : ids) text += (text.empty() ? "" : ", ") + expr(id);
    return text;
  }

  std::string expr(ExprId id) const {
    const Expr& e = function_.exprs[id.index];
    switch (e.kind) {
      case ExprKind::Int:
        return fmt::format("{}", e.integer);
      case ExprKind::Real:
        return fmt::format("{:#}", e.real);
      case ExprKind::Bool:
        return e.integer != 0 ? "true" : "false";
      case ExprKind::Var:
        return name(e.var);
      case ExprKind::Load:
        return fmt::format("{}[{}]", name(e.buf), list(e.args));
      case ExprKind::Dim:
        return fmt::format("size({}, {})", name(e.buf), e.axis);
      case ExprKind::Scalar:
        return scalar(e);
    }
    return "?";
  }

  std::string scalar(const Expr& e) const {
    if (const char* infix = operator_text(e.op)) {
      return fmt::format("({} {} {})", expr(e.args[0]), infix, expr(e.args[1]));
    }
    if (e.op == ScalarOp::Call) return fmt::format("{}({})", e.function->name, list(e.args));
    if (e.op == ScalarOp::Convert) return fmt::format("{}({})", elem_text(e.type), list(e.args));
    return fmt::format("{}({})", function_text(e.op), list(e.args));
  }

  std::string operand(const Operand& o, bool result) const {
    if (o.is_buffer) return name(o.buf);
    return result ? name(o.var) : expr(o.expr);
  }
  std::string operands(const std::vector<Operand>& all, bool results) const {
    std::string text;
    for (const Operand& o : all) text += (text.empty() ? "" : ", ") + operand(o, results);
    return text;
  }
  std::string into(const Stmt& s) const {
    return s.results.empty() ? "" : operands(s.results, true) + " = ";
  }

  void block(const Stmts& stmts, int depth) {
    for (const Stmt& s : stmts) stmt(s, depth);
  }

  void stmt(const Stmt& s, int depth) {
    switch (s.kind) {
      case StmtKind::Assign:
        return line(depth, fmt::format("{} = {}", name(s.var), expr(s.expr)));
      case StmtKind::Store:
        return line(depth, fmt::format("{}[{}] = {}", name(s.buf), list(s.exprs), expr(s.expr)));
      case StmtKind::Alloc:
        return line(depth, fmt::format("alloc {}[{}]", name(s.buf), list(s.exprs)));
      case StmtKind::Share:
        return line(depth, fmt::format("{} = share {}", name(s.buf), name(s.source)));
      case StmtKind::Move:
        return line(depth, fmt::format("{} = move {}", name(s.buf), name(s.source)));
      case StmtKind::Copy:
        return line(depth, fmt::format("{} = copy {}", name(s.buf), name(s.source)));
      case StmtKind::Unique:
        return line(depth, fmt::format("unique {}", name(s.buf)));
      case StmtKind::Release:
        return line(depth, fmt::format("release {}", name(s.buf)));
      case StmtKind::For:
        return loop(s, depth);
      case StmtKind::While:
        line(depth, "while");
        block(s.prelude, depth + 2);
        line(depth + 1, expr(s.expr) + " do");
        return block(s.body, depth + 1);
      case StmtKind::If:
        line(depth, "if " + expr(s.expr));
        block(s.body, depth + 1);
        if (s.orelse.empty()) return;
        line(depth, "else");
        return block(s.orelse, depth + 1);
      case StmtKind::Opaque:
        return line(depth,
                    fmt::format("{}{}({})", into(s), s.primitive->name, operands(s.args, false)));
      case StmtKind::Call:
        return line(
            depth, fmt::format("{}call f{}({})", into(s), s.callee.index, operands(s.args, false)));
      case StmtKind::Return:
        return line(depth, "return " + operands(s.args, false));
    }
  }

  void loop(const Stmt& s, int depth) {
    std::string text = fmt::format("for {} in {}..{}", name(s.var), expr(s.lo), expr(s.hi));
    if (s.down) text += " down";
    if (s.parallel) text += " parallel";
    for (VarId var : s.reductions) text += " reduce " + name(var);
    line(depth, text);
    block(s.body, depth + 1);
  }

  const Function& function_;
  std::string out_;
};

}  // namespace

std::string print(const Function& function) { return Printer(function).run(); }

}  // namespace calc::loop
