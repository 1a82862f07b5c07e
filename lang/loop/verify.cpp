// Checks what code generation takes for granted: types and arities, and that variables and handles
// are set before they are used, on every way through loops and branches.
#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <unordered_set>

#include "lang/loop/ir.h"

namespace calc::loop {

namespace {

using core::ScalarOp;

struct Broken {
  std::string why;
};

/// What is set at a point.
struct State {
  std::vector<bool> vars, buffers;
  bool ended = false;

  /// What is set on both ways here.
  void meet(const State& other) {
    if (other.ended) return;
    if (ended) {
      *this = other;
      return;
    }
    for (size_t k = 0; k < vars.size(); ++k) vars[k] = vars[k] && other.vars[k];
    for (size_t k = 0; k < buffers.size(); ++k) buffers[k] = buffers[k] && other.buffers[k];
  }
};

class Verifier {
 public:
  explicit Verifier(const Function& function) : function_(function) {}

  void run() {
    state_.vars.assign(function_.vars.size(), false);
    state_.buffers.assign(function_.buffers.size(), false);
    for (const Param& param : function_.params) {
      if (param.is_buffer) {
        state_.buffers.at(param.buf.index) = true;
      } else {
        state_.vars.at(param.var.index) = true;
      }
    }
    for (size_t k = 0; k < function_.buffers.size(); ++k) {
      if (function_.buffers[k].constant >= 0) state_.buffers[k] = true;
    }
    for (uint32_t k = 0; k < function_.exprs.size(); ++k) shape(ExprId{k});
    block(function_.body);
    require(state_.ended, "the function does not return");
  }

 private:
  static void require(bool holds, const std::string& why) {
    if (!holds) throw Broken{why};
  }
  static std::string number(const char* what, uint32_t k) {
    return std::string(what) + std::to_string(k);
  }

  // ---- expressions
  /// Operands stand before what uses them, so that walks end; types fit.
  void shape(ExprId id) {
    const Expr& e = function_.exprs[id.index];
    for (ExprId arg : e.args) {
      require(arg.index < id.index, number("an operand of expression ", id.index));
    }
    if (e.kind == ExprKind::Var) {
      require(e.var.index < function_.vars.size() && function_.vars[e.var.index] == e.type,
              number("the variable of expression ", id.index));
    }
    if (e.kind == ExprKind::Load || e.kind == ExprKind::Dim) {
      require(e.buf.index < function_.buffers.size(),
              number("the buffer of expression ", id.index));
    }
    if (e.kind == ExprKind::Load) {
      indices(e.buf, e.args);
      require(function_.buffers[e.buf.index].type.elem == e.type,
              number("the type of load ", id.index));
    }
    if (e.kind == ExprKind::Scalar) operands(e, id);
  }

  void operands(const Expr& e, ExprId id) {
    auto type = [&](size_t k) { return function_.exprs[e.args[k].index].type; };
    auto fits = [&](bool holds) {
      require(holds, number("the operands of expression ", id.index));
    };
    switch (e.op) {
      case ScalarOp::Select:
        return fits(e.args.size() == 3 && type(0) == Elem::Bool && type(1) == e.type &&
                    type(2) == e.type);
      case ScalarOp::Convert:
        return fits(e.args.size() == 1);
      case ScalarOp::Eq:
      case ScalarOp::Ne:
      case ScalarOp::Lt:
      case ScalarOp::Le:
      case ScalarOp::Gt:
      case ScalarOp::Ge:
        return fits(e.args.size() == 2 && type(0) == type(1) && e.type == Elem::Bool);
      case ScalarOp::PowInt:
        return fits(e.args.size() == 2 && type(0) == e.type && type(1) == Elem::I64);
      case ScalarOp::Call:
        return fits(e.function != nullptr &&
                    e.args.size() == static_cast<size_t>(e.function->arity) && type(0) == e.type);
      default:
        fits(!e.args.empty() && e.args.size() <= 2);
        for (size_t k = 0; k < e.args.size(); ++k) fits(type(k) == e.type);
    }
  }

  /// One index an axis, or one alone: the row-major position.
  void indices(BufId buf, const std::vector<ExprId>& at) const {
    const size_t rank = function_.buffers[buf.index].type.dims.size();
    require(at.size() == rank || at.size() == 1, number("the indices into buffer ", buf.index));
    for (ExprId i : at) {
      require(function_.exprs[i.index].type == Elem::I64, "an index that is no integer");
    }
  }

  void use(BufId buf) {
    require(state_.buffers.at(buf.index), number("no block in buffer ", buf.index));
  }

  /// Everything an expression reads is set.
  void use(ExprId root) {
    std::vector<ExprId> pending{root};
    std::unordered_set<uint32_t> seen;
    while (!pending.empty()) {
      const ExprId id = pending.back();
      pending.pop_back();
      if (!seen.insert(id.index).second) continue;
      const Expr& e = function_.exprs.at(id.index);
      if (e.kind == ExprKind::Var) {
        require(state_.vars[e.var.index], number("nothing in variable ", e.var.index));
      }
      if (e.kind == ExprKind::Load || e.kind == ExprKind::Dim) use(e.buf);
      pending.insert(pending.end(), e.args.begin(), e.args.end());
    }
  }
  Elem type(ExprId id) const { return function_.exprs.at(id.index).type; }

  // ---- statements
  void block(const Stmts& stmts) {
    for (const Stmt& s : stmts) {
      require(!state_.ended, "a statement after the return");
      stmt(s);
    }
  }

  void stmt(const Stmt& s) {
    switch (s.kind) {
      case StmtKind::Assign:
        use(s.expr);
        require(function_.vars.at(s.var.index) == type(s.expr), "the type of an assignment");
        state_.vars[s.var.index] = true;
        return;
      case StmtKind::Store:
        return store(s);
      case StmtKind::Alloc:
        for (ExprId size : s.exprs) use(size);
        require(s.exprs.size() == function_.buffers.at(s.buf.index).type.dims.size(),
                "the sizes of an alloc");
        return set(s.buf);
      case StmtKind::Share:
      case StmtKind::Copy:
      case StmtKind::Move:
        return transfer(s);
      case StmtKind::Unique:
        use(s.buf);
        return writes(s.buf);
      case StmtKind::Release:
        state_.buffers.at(s.buf.index) = false;
        return;
      case StmtKind::For:
      case StmtKind::While:
      case StmtKind::If:
        return control(s);
      case StmtKind::Opaque:
      case StmtKind::Call:
        return apply(s);
      case StmtKind::Return:
        require(s.args.size() == function_.results.size(), "the number of results");
        for (const Operand& arg : s.args) argument(arg);
        state_.ended = true;
    }
  }

  void apply(const Stmt& s) {
    for (const Operand& arg : s.args) argument(arg);
    for (const Operand& result : s.results) {
      if (result.is_buffer) {
        set(result.buf);
      } else {
        state_.vars.at(result.var.index) = true;
      }
    }
  }

  void argument(const Operand& arg) {
    if (arg.is_buffer) return use(arg.buf);
    use(arg.expr);
  }

  void store(const Stmt& s) {
    use(s.buf);
    writes(s.buf);
    indices(s.buf, s.exprs);
    for (ExprId i : s.exprs) use(i);
    use(s.expr);
    require(function_.buffers[s.buf.index].type.elem == type(s.expr), "the type of a store");
  }

  /// Neither constants nor borrowed parameters are written.
  void writes(BufId buf) const {
    const Buffer& buffer = function_.buffers.at(buf.index);
    require(buffer.constant < 0 && (buffer.param < 0 || buffer.donated),
            number("a write to borrowed buffer ", buf.index));
  }
  void set(BufId buf) {
    writes(buf);
    state_.buffers.at(buf.index) = true;
  }

  void transfer(const Stmt& s) {
    use(s.source);
    const Type& to = function_.buffers.at(s.buf.index).type;
    const Type& from = function_.buffers.at(s.source.index).type;
    require(core::compatible(from, to), "the types of a move, share or copy");
    if (s.kind == StmtKind::Move) {
      writes(s.source);
      state_.buffers[s.source.index] = false;
    }
    set(s.buf);
  }

  void control(const Stmt& s) {
    if (s.kind == StmtKind::If) {
      use(s.expr);
      const State before = state_;
      block(s.body);
      const State then = std::exchange(state_, before);
      block(s.orelse);
      return state_.meet(then);
    }
    if (s.kind == StmtKind::For) {
      use(s.lo);
      use(s.hi);
    }
    // The second round starts with what the first one left.
    State before = state_;
    for (int round = 0; round < 2; ++round) {
      state_ = before;
      if (s.kind == StmtKind::For) state_.vars.at(s.var.index) = true;
      block(s.prelude);
      if (s.kind == StmtKind::While) use(s.expr);
      const State left = state_;
      block(s.body);
      before.meet(state_);
      state_ = s.kind == StmtKind::While ? left : before;
    }
  }

  const Function& function_;
  State state_;
};

}  // namespace

std::string verify(const Function& function) {
  try {
    Verifier(function).run();
    return "";
  } catch (const Broken& broken) {
    return function.name + ": " + broken.why;
  } catch (const std::out_of_range&) {
    return function.name + ": an id out of range";
  }
}

}  // namespace calc::loop
