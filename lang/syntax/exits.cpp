#include "lang/syntax/exits.h"

#include <algorithm>

namespace calc::syntax {

namespace {

template <class Node>
const Node& as(const Expr& expr) {
  return static_cast<const Node&>(expr);
}
template <class Node>
const Node& as(const Stmt& stmt) {
  return static_cast<const Node&>(stmt);
}

/// What an exit finds around it.
enum class Around : uint8_t {
  /// The loop or function that it leaves, with nothing but statements between.
  Target,
  /// No such thing.
  Nothing,
  /// A function, and a loop only around that.
  Function,
  /// The target, but an expression is not finished.
  Expression,
  Comprehension
};

struct Place {
  Around loop = Around::Nothing;
  Around function = Around::Nothing;

  Place inside(Around between) const {
    Place place = *this;
    if (place.loop == Around::Target) place.loop = between;
    if (place.function == Around::Target) place.function = between;
    return place;
  }
  Place in_loop() const { return {Around::Target, function}; }
  Place in_function() const {
    return {loop == Around::Nothing ? Around::Nothing : Around::Function, Around::Target};
  }
};

class Checker {
 public:
  explicit Checker(std::vector<base::Diagnostic>& errors) : errors_(errors) {}

  void statement(const Stmt& s, Place place) {
    switch (s.kind) {
      case StmtKind::Break:
      case StmtKind::Continue:
        return exit(s, s.kind == StmtKind::Break ? "`break`" : "`continue`", place.loop);
      case StmtKind::Return:
        exit(s, "`return`", place.function);
        return operand(as<Return>(s).value, place);
      case StmtKind::Expr:
        return last(as<ExprStmt>(s).expr, place);
      case StmtKind::Assign:
        operand(as<Assign>(s).place, place);
        return last(as<Assign>(s).value, place);
      case StmtKind::FuncDef:
        return function(as<FuncDef>(s).params, as<FuncDef>(s).body, place);
      case StmtKind::For:
        operand(as<For>(s).iterable, place);
        return last(as<For>(s).body, place.in_loop());
      case StmtKind::While:
        operand(as<While>(s).condition, place);
        return last(as<While>(s).body, place.in_loop());
      case StmtKind::Assert:
        operand(as<Assert>(s).condition, place);
        return operand(as<Assert>(s).message, place);
      case StmtKind::Test:
        return last(as<Test>(s).body, Place{});
      case StmtKind::Import:
        return;
    }
  }

 private:
  void exit(const Stmt& s, std::string_view what, Around around) {
    base::Diagnostic error;
    error.span = s.span;
    const bool is_return = s.kind == StmtKind::Return;
    switch (around) {
      case Around::Target:
        return;
      case Around::Nothing:
        error.message =
            std::string(what) + " stands outside a " + (is_return ? "function" : "loop");
        error.hint = is_return ? "at the top level an expression shows its value"
                               : "`return` leaves a function";
        break;
      case Around::Function:
        error.message = std::string(what) + " is in a function, and the loop is around that";
        error.hint = "a function cannot leave the loop that calls it: return a value that says so";
        break;
      case Around::Expression:
        error.message = std::string(what) + " stands in the middle of an expression";
        error.hint = "decide in a statement before: `if c { " +
                     std::string(what.substr(1, what.size() - 2)) + " }`";
        break;
      case Around::Comprehension:
        error.message = std::string(what) + " does not go with a comprehension";
        error.hint = is_return ? "a `for` loop can return"
                               : "`[… for x in xs if c]` leaves elements out, a `for` loop can end";
        break;
    }
    errors_.push_back(std::move(error));
  }

  /// An expression that nothing else waits for.
  void last(const ExprPtr& e, Place place) {
    if (!e) return;
    switch (e->kind) {
      case ExprKind::Block:
        for (const StmtPtr& s : as<Block>(*e).stmts) statement(*s, place);
        return;
      case ExprKind::If:
        operand(as<If>(*e).condition, place);
        last(as<If>(*e).then_branch, place);
        return last(as<If>(*e).else_branch, place);
      default:
        return operand(e, place);
    }
  }

  void function(const std::vector<Param>& params, const ExprPtr& body, Place place) {
    for (const Param& param : params) operand(param.default_value, place);
    last(body, place.in_function());
  }

  void operand(const ExprPtr& e, Place place) {
    if (!e) return;
    place = place.inside(Around::Expression);
    switch (e->kind) {
      case ExprKind::Block:
      case ExprKind::If:
        return last(e, place);
      case ExprKind::Lambda:
        return function(as<Lambda>(*e).params, as<Lambda>(*e).body, place);
      case ExprKind::Comprehension:
        return comprehension(as<Comprehension>(*e), place);
      case ExprKind::Unary:
        return operand(as<Unary>(*e).operand, place);
      case ExprKind::Binary:
        operand(as<Binary>(*e).lhs, place);
        return operand(as<Binary>(*e).rhs, place);
      case ExprKind::Compare:
        for (const ExprPtr& each : as<Compare>(*e).operands) operand(each, place);
        return;
      default:
        return parts(*e, place);
    }
  }

  void comprehension(const Comprehension& e, Place place) {
    for (const auto& clause : e.clauses) operand(clause.iterable, place);
    // What was already barred by an expression is now inside something that tells more.
    if (place.loop == Around::Expression) place.loop = Around::Comprehension;
    if (place.function == Around::Expression) place.function = Around::Comprehension;
    operand(e.condition, place);
    operand(e.body, place);
  }

  void arguments(const std::vector<Arg>& args, Place place) {
    for (const Arg& arg : args) operand(arg.expr, place);
  }

  void parts(const Expr& e, Place place) {
    switch (e.kind) {
      case ExprKind::Call:
        operand(as<Call>(e).callee, place);
        return arguments(as<Call>(e).args, place);
      case ExprKind::Tuple:
        return arguments(as<Tuple>(e).items, place);
      case ExprKind::Array:
        return arguments(as<ArrayLit>(e).items, place);
      case ExprKind::Record:
        for (const auto& entry : as<Record>(e).entries) operand(entry.value, place);
        return;
      case ExprKind::Index:
        operand(as<Index>(e).base, place);
        for (const ExprPtr& item : as<Index>(e).items) operand(item, place);
        return;
      case ExprKind::Colon:
        operand(as<Colon>(e).start, place);
        operand(as<Colon>(e).stop, place);
        return operand(as<Colon>(e).step, place);
      case ExprKind::Field:
        return operand(as<Field>(e).base, place);
      case ExprKind::Prime:
        return operand(as<Prime>(e).base, place);
      case ExprKind::Range:
        operand(as<Range>(e).lo, place);
        return operand(as<Range>(e).hi, place);
      case ExprKind::String:
        for (const auto& hole : as<StringLit>(e).holes) operand(hole.expr, place);
        return;
      default:
        return;
    }
  }

  std::vector<base::Diagnostic>& errors_;
};

/// Exits that leave the code: `loop` for those of a loop around it, always for `return`.
bool leaves(const ExprPtr& e, bool loop);

bool leaves(const Stmt& s, bool loop) {
  switch (s.kind) {
    case StmtKind::Break:
    case StmtKind::Continue:
      return loop;
    case StmtKind::Return:
      return true;
    case StmtKind::Expr:
      return leaves(as<ExprStmt>(s).expr, loop);
    case StmtKind::Assign:
      return leaves(as<Assign>(s).value, loop);
    case StmtKind::For:
      return leaves(as<For>(s).body, false);
    case StmtKind::While:
      return leaves(as<While>(s).body, false);
    default:
      return false;
  }
}

bool leaves(const ExprPtr& e, bool loop) {
  if (!e) return false;
  if (e->kind == ExprKind::If) {
    return leaves(as<If>(*e).then_branch, loop) || leaves(as<If>(*e).else_branch, loop);
  }
  if (e->kind != ExprKind::Block) return false;
  const auto& stmts = as<Block>(*e).stmts;
  return std::any_of(stmts.begin(), stmts.end(),
                     [loop](const StmtPtr& s) { return leaves(*s, loop); });
}

}  // namespace

void check_exits(const Stmt& stmt, std::vector<base::Diagnostic>& errors) {
  Checker(errors).statement(stmt, Place{});
}

bool has_exits(const Stmt& stmt) { return leaves(stmt, true); }

bool always_exits(const Expr& expr) {
  if (expr.kind == ExprKind::If) {
    const auto& e = as<If>(expr);
    return e.else_branch && always_exits(*e.then_branch) && always_exits(*e.else_branch);
  }
  if (expr.kind != ExprKind::Block) return false;
  const auto& stmts = as<Block>(expr).stmts;
  return std::any_of(stmts.begin(), stmts.end(), [](const StmtPtr& s) {
    if (s->kind == StmtKind::Expr) return always_exits(*as<ExprStmt>(*s).expr);
    return s->kind == StmtKind::Break || s->kind == StmtKind::Continue ||
           s->kind == StmtKind::Return;
  });
}

}  // namespace calc::syntax
