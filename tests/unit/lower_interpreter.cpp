#include "tests/unit/lower_interpreter.h"

#include <cmath>
#include <cstring>

namespace calc::lower_test {

namespace {

using core::Elem;
using core::ScalarOp;
using loop::BufId;
using loop::Expr;
using loop::ExprId;
using loop::ExprKind;
using loop::Function;
using loop::Stmt;
using loop::StmtKind;
using rt::Array;

struct Scalar {
  Elem type = Elem::F64;
  int64_t i = 0;
  double f = 0;
  float f32 = 0;
};

Scalar of_int(int64_t i, Elem type = Elem::I64) {
  Scalar s;
  s.type = type;
  s.i = i;
  return s;
}

Scalar of_real(double f) {
  Scalar s;
  s.f = f;
  return s;
}

Scalar of_real32(float f) {
  Scalar s;
  s.type = Elem::F32;
  s.f32 = f;
  return s;
}

[[noreturn]] void broken(const char* what) { throw std::logic_error(what); }

int64_t checked(std::optional<int64_t> result) {
  if (!result) throw rt::Failure{"integer overflow", ""};
  return *result;
}

template <typename T>
bool compare(ScalarOp op, T a, T b) {
  switch (op) {
    case ScalarOp::Eq:
      return a == b;
    case ScalarOp::Ne:
      return a != b;
    case ScalarOp::Lt:
      return a < b;
    case ScalarOp::Le:
      return a <= b;
    case ScalarOp::Gt:
      return a > b;
    default:
      return a >= b;
  }
}

bool is_comparison(ScalarOp op) { return op >= ScalarOp::Eq && op <= ScalarOp::Ge; }

int64_t integer_op(const Expr& e, int64_t a, int64_t b) {
  switch (e.op) {
    case ScalarOp::Add:
      return checked(rt::checked_add(a, b));
    case ScalarOp::Sub:
      return checked(rt::checked_sub(a, b));
    case ScalarOp::Mul:
      return checked(rt::checked_mul(a, b));
    case ScalarOp::FloorDiv:
      return checked(rt::floor_div(a, b));
    case ScalarOp::Mod:
      return checked(rt::floor_mod(a, b));
    case ScalarOp::PowInt:
      return checked(rt::checked_pow(a, b));
    case ScalarOp::Neg:
      return checked(rt::checked_neg(a));
    case ScalarOp::Abs:
      return checked(rt::checked_abs(a));
    case ScalarOp::Sign:
      return (a > 0) - (a < 0);
    case ScalarOp::Min:
      return std::min(a, b);
    case ScalarOp::Max:
      return std::max(a, b);
    default:
      broken("an integer operation");
  }
}

template <typename T>
T real_op(const Expr& e, T a, T b, int64_t n) {
  switch (e.op) {
    case ScalarOp::Add:
      return a + b;
    case ScalarOp::Sub:
      return a - b;
    case ScalarOp::Mul:
      return a * b;
    case ScalarOp::Div:
      return a / b;
    case ScalarOp::FloorDiv:
      return rt::floor_div(a, b);
    case ScalarOp::Mod:
      return rt::floor_mod(a, b);
    case ScalarOp::Neg:
      return -a;
    case ScalarOp::Abs:
      return std::abs(a);
    case ScalarOp::Sign:
      return rt::sign(a);
    case ScalarOp::Min:
      return rt::minimum(a, b);
    case ScalarOp::Max:
      return rt::maximum(a, b);
    case ScalarOp::PowInt:
      return rt::power_int(a, n);
    case ScalarOp::Sqrt:
      return std::sqrt(a);
    case ScalarOp::Floor:
      return std::floor(a);
    case ScalarOp::Ceil:
      return std::ceil(a);
    case ScalarOp::Round:
      return std::nearbyint(a);
    case ScalarOp::Trunc:
      return std::trunc(a);
    case ScalarOp::Call:
      return e.args.size() == 1 ? e.function->call(a) : e.function->call(a, b);
    default:
      broken("a real operation");
  }
}

Scalar convert(const Scalar& from, Elem to) {
  const bool integral = from.type == Elem::I64 || from.type == Elem::Bool;
  const double real = integral                 ? static_cast<double>(from.i)
                      : from.type == Elem::F32 ? static_cast<double>(from.f32)
                                               : from.f;
  switch (to) {
    case Elem::Bool:
      return of_int(integral ? from.i != 0 : real != 0, Elem::Bool);
    case Elem::I64:
      return of_int(integral ? from.i : checked(rt::checked_truncate(real)));
    case Elem::F64:
      return of_real(real);
    case Elem::F32:
      return of_real32(integral ? static_cast<float>(from.i) : static_cast<float>(real));
  }
  broken("a conversion");
}

class Interpreter {
 public:
  Interpreter(const loop::Program& program, rt::Context& context, Counts& counts)
      : program_(program), context_(context), counts_(counts) {}

  std::vector<Array> call(const Function& function, std::vector<Array> args) {
    const Function* outer = std::exchange(function_, &function);
    std::vector<Scalar> vars(function.vars.size());
    std::vector<Array> handles(function.buffers.size());
    std::swap(vars, vars_);
    std::swap(handles, handles_);
    results_.clear();
    enter(std::move(args));
    run(function.body);
    std::swap(vars, vars_);
    std::swap(handles, handles_);
    function_ = outer;
    return std::move(results_);
  }

 private:
  void enter(std::vector<Array> args) {
    for (size_t k = 0; k < args.size(); ++k) {
      const loop::Param& param = function_->params[k];
      if (param.is_buffer) {
        handles_[param.buf.index] = std::move(args[k]);
      } else {
        vars_[param.var.index] = element(args[k], 0);
      }
    }
    for (size_t k = 0; k < handles_.size(); ++k) {
      const int constant = function_->buffers[k].constant;
      if (constant >= 0) handles_[k] = function_->constants[static_cast<size_t>(constant)];
    }
  }

  static Scalar element(const Array& array, int64_t at) {
    switch (array.elem()) {
      case Elem::Bool:
        return of_int(array.data<uint8_t>()[at], Elem::Bool);
      case Elem::I64:
        return of_int(array.data<int64_t>()[at]);
      case Elem::F64:
        return of_real(array.data<double>()[at]);
      case Elem::F32:
        return of_real32(array.data<float>()[at]);
    }
    broken("an element type");
  }

  static Array box(const Scalar& s) {
    switch (s.type) {
      case Elem::Bool:
        return Array::of(s.i != 0);
      case Elem::I64:
        return Array::of(s.i);
      case Elem::F64:
        return Array::of(s.f);
      case Elem::F32:
        return Array::of(s.f32);
    }
    broken("an element type");
  }

  Array& block(BufId buf) {
    Array& array = handles_[buf.index];
    if (!array) broken("a handle holds no block");
    return array;
  }

  int64_t position(BufId buf, const std::vector<ExprId>& indices) {
    const Array& array = block(buf);
    const bool linear = indices.size() == 1 && array.rank() != 1;
    if (!linear && static_cast<int>(indices.size()) != array.rank()) broken("indices of an access");
    int64_t at = 0;
    for (size_t k = 0; k < indices.size(); ++k) {
      const int64_t i = value(indices[k]).i;
      const int64_t size = linear ? array.size() : array.dims()[k];
      if (i < 0 || i >= size) broken("an index out of range");
      at = at * size + i;
    }
    return at;
  }

  Scalar value(ExprId id) {
    const Expr& e = function_->exprs[id.index];
    switch (e.kind) {
      case ExprKind::Int:
        return of_int(e.integer);
      case ExprKind::Bool:
        return of_int(e.integer, Elem::Bool);
      case ExprKind::Real:
        return e.type == Elem::F32 ? of_real32(static_cast<float>(e.real)) : of_real(e.real);
      case ExprKind::Var:
        return vars_[e.var.index];
      case ExprKind::Load:
        return element(block(e.buf), position(e.buf, e.args));
      case ExprKind::Dim:
        return of_int(block(e.buf).dims()[static_cast<size_t>(e.axis)]);
      case ExprKind::Scalar:
        return scalar(e);
    }
    broken("a kind of expression");
  }

  Scalar scalar(const Expr& e) {
    std::vector<Scalar> args;
    for (ExprId arg : e.args) args.push_back(value(arg));
    const Scalar& a = args[0];
    const Scalar& b = args.size() > 1 ? args[1] : args[0];
    switch (e.op) {
      case ScalarOp::Select:
        return a.i != 0 ? args[1] : args[2];
      case ScalarOp::Convert:
        return convert(a, e.type);
      case ScalarOp::And:
        return of_int(a.i & b.i, Elem::Bool);
      case ScalarOp::Or:
        return of_int(a.i | b.i, Elem::Bool);
      case ScalarOp::Not:
        return of_int(a.i ^ 1, Elem::Bool);
      case ScalarOp::CheckIndex: {
        const int64_t i = a.i < 0 ? a.i + b.i : a.i;
        if (i < 0 || i >= b.i) throw rt::Failure{"index out of range", ""};
        return of_int(i);
      }
      default:
        break;
    }
    if (is_comparison(e.op)) {
      const bool holds = a.type == Elem::F64   ? compare(e.op, a.f, b.f)
                         : a.type == Elem::F32 ? compare(e.op, a.f32, b.f32)
                                               : compare(e.op, a.i, b.i);
      return of_int(holds, Elem::Bool);
    }
    if (e.type == Elem::I64) return of_int(integer_op(e, a.i, b.i));
    if (e.type == Elem::F32) return of_real32(real_op(e, a.f32, b.f32, b.i));
    return of_real(real_op(e, a.f, b.f, b.i));
  }

  void run(const loop::Stmts& stmts) {
    for (const Stmt& s : stmts) run(s);
  }

  void run(const Stmt& s) {
    switch (s.kind) {
      case StmtKind::Assign:
        vars_[s.var.index] = value(s.expr);
        return;
      case StmtKind::Store:
        return store(s);
      case StmtKind::Alloc:
        return alloc(s);
      case StmtKind::Share:
        handles_[s.buf.index] = block(s.source);
        return;
      case StmtKind::Move: {
        Array moved = std::move(block(s.source));
        handles_[s.buf.index] = std::move(moved);
        return;
      }
      case StmtKind::Unique:
        counts_.copied += block(s.buf).unique() ? 0 : 1;
        block(s.buf).make_unique();
        return;
      case StmtKind::Copy: {
        ++counts_.copied;
        Array copy = block(s.source);
        copy.make_unique();
        handles_[s.buf.index] = std::move(copy);
        return;
      }
      case StmtKind::Release:
        handles_[s.buf.index] = Array();
        return;
      case StmtKind::For:
        return for_loop(s);
      case StmtKind::While:
        for (run(s.prelude); value(s.expr).i != 0; run(s.prelude)) run(s.body);
        return;
      case StmtKind::If:
        return run(value(s.expr).i != 0 ? s.body : s.orelse);
      case StmtKind::Opaque:
      case StmtKind::Call:
        return apply(s);
      case StmtKind::Return:
        for (const loop::Operand& arg : s.args) results_.push_back(boxed(arg));
        return;
    }
  }

  void store(const Stmt& s) {
    const Scalar v = value(s.expr);
    const int64_t at = position(s.buf, s.exprs);
    Array& array = block(s.buf);
    if (!array.unique()) broken("a store into a shared block");
    if (array.elem() != v.type) broken("a store of another type");
    switch (v.type) {
      case Elem::Bool:
        array.writable<uint8_t>()[at] = v.i != 0;
        return;
      case Elem::I64:
        array.writable<int64_t>()[at] = v.i;
        return;
      case Elem::F64:
        array.writable<double>()[at] = v.f;
        return;
      case Elem::F32:
        array.writable<float>()[at] = v.f32;
        return;
    }
  }

  void alloc(const Stmt& s) {
    rt::Dims dims;
    for (ExprId e : s.exprs) dims.push_back(value(e).i);
    Array& array = handles_[s.buf.index];
    if (array && array.unique() && std::ranges::equal(array.dims(), dims)) return;
    ++counts_.allocated;
    const core::Type& type = function_->buffers[s.buf.index].type;
    array = Array::uninitialised(type.elem, dims);
    std::memset(array.header()->data, 0x5a,
                static_cast<size_t>(array.size()) * rt::elem_size(type.elem));
  }

  void for_loop(const Stmt& s) {
    ++counts_.loops;
    const int64_t lo = value(s.lo).i, hi = value(s.hi).i;
    for (int64_t k = lo; k < hi; ++k) {
      vars_[s.var.index] = of_int(s.down ? hi - 1 - (k - lo) : k);
      run(s.body);
    }
  }

  Array boxed(const loop::Operand& arg) {
    return arg.is_buffer ? block(arg.buf) : box(value(arg.expr));
  }

  void apply(const Stmt& s) {
    std::vector<Array> args, results(s.results.size());
    for (const loop::Operand& arg : s.args) args.push_back(boxed(arg));
    if (s.kind == StmtKind::Opaque) {
      ++counts_.opaque;
      s.primitive->evaluate(context_, args, s.attrs, results);
    } else {
      results = call(callee(s.callee), std::move(args));
    }
    for (size_t k = 0; k < results.size(); ++k) {
      if (s.results[k].is_buffer) {
        handles_[s.results[k].buf.index] = std::move(results[k]);
      } else {
        vars_[s.results[k].var.index] = element(results[k], 0);
      }
    }
  }

  const Function& callee(core::FunctionId id) const {
    for (const Function& function : program_.functions) {
      if (function.core == id) return function;
    }
    broken("a callee that was not lowered");
  }

  const loop::Program& program_;
  rt::Context& context_;
  Counts& counts_;
  const Function* function_ = nullptr;
  std::vector<Scalar> vars_;
  std::vector<Array> handles_;
  std::vector<Array> results_;
};

}  // namespace

std::vector<Array> interpret(const loop::Program& program, std::vector<Array> args,
                             const std::vector<bool>& donated, rt::Context& context,
                             Counts& counts) {
  const Function& entry = program.functions.back();
  for (size_t k = 0; k < donated.size(); ++k) {
    if (!entry.params[k].is_buffer || donated[k]) continue;
    // Somebody outside holds what is only lent.
    args.push_back(args[k]);
  }
  std::vector<Array> lent(args.begin() + static_cast<std::ptrdiff_t>(entry.params.size()),
                          args.end());
  args.resize(entry.params.size());
  return Interpreter(program, context, counts).call(entry, std::move(args));
}

}  // namespace calc::lower_test
