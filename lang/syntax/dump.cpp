// `--emit ast`: a node a line, children indented.
#include <array>
#include <charconv>

#include "lang/syntax/parser.h"

namespace calc::syntax {

namespace {

constexpr std::array kUnary{"-", "+", "not"};
constexpr std::array kBinary{"+", "-", "*", "/", "//", "%", "@", "·", "^", "and", "or", "|>", "∘"};
constexpr std::array kCompare{"==", "!=", "<", "<=", ">", ">=", "≈"};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

std::string real_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string type_text(const TypeExpr& type);
std::string pattern_text(const Pattern& pattern);

template <class Items, class Text>
std::string joined(const Items& items, Text text) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + text(item);
  return out;
}

std::string dim_text(const DimExpr& dim) {
  if (dim.kind == DimExpr::Kind::Any) return "_";
  return dim.kind == DimExpr::Kind::Number ? std::to_string(dim.number) : dim.name;
}

template <class Node, class Text>
std::string fields_text(const Node& node, Text text) {
  std::string out;
  for (size_t i = 0; i < node.items.size(); ++i) {
    out += (i == 0 ? "" : ", ") + node.fields[i] + ": " + text(node.items[i]);
  }
  return "{" + out + "}";
}

std::string type_text(const TypeExpr& type) {
  switch (type.kind) {
    case TypeExpr::Kind::Named:
      return type.dims.empty() ? type.name : type.name + "[" + joined(type.dims, dim_text) + "]";
    case TypeExpr::Kind::Tuple:
      return "(" + joined(type.items, type_text) + ")";
    case TypeExpr::Kind::Record:
      return fields_text(type, type_text);
    case TypeExpr::Kind::Function:
      break;
  }
  std::string params;
  for (size_t i = 0; i + 1 < type.items.size(); ++i) {
    params += (i == 0 ? "" : ", ") + type_text(type.items[i]);
  }
  return "(" + params + ") -> " + type_text(type.items.back());
}

std::string pattern_text(const Pattern& pattern) {
  switch (pattern.kind) {
    case Pattern::Kind::Name:
      return pattern.name;
    case Pattern::Kind::Ignore:
      return "_";
    case Pattern::Kind::Tuple:
      return "(" + joined(pattern.items, pattern_text) + ")";
    case Pattern::Kind::Record:
      return fields_text(pattern, pattern_text);
  }
  return {};
}

template <class Node, class Base>
const Node& as(const Base& node) {
  return static_cast<const Node&>(node);
}

class Dumper {
 public:
  void statement(const Stmt& stmt);
  std::string take() { return std::move(out_); }

 private:
  void line(const std::string& text) { out_ += std::string(indent_ * 2, ' ') + text + "\n"; }
  void expr(const ExprPtr& node);
  void operation(const Expr& node);
  void postfix(const Expr& node);
  void bracket(const Expr& node);
  void string(const StringLit& node);
  void comprehension(const Comprehension& node);
  void record(const Record& node);
  void colon(const Colon& node);
  void args(const std::vector<Arg>& list);
  void params(const std::vector<Param>& list);
  void assign(const Assign& node);
  void import(const Import& node);
  template <class Children>
  void nested(const std::string& title, Children children) {
    line(title);
    ++indent_;
    children();
    --indent_;
  }
  template <class... Child>
  void node(const std::string& title, const Child&... children) {
    nested(title, [&] { (expr(children), ...); });
  }

  std::string out_;
  size_t indent_ = 0;
};

void Dumper::expr(const ExprPtr& node) {
  if (node) operation(*node);
}

void Dumper::operation(const Expr& e) {
  switch (e.kind) {
    case ExprKind::Int:
      return line("Int " + std::to_string(as<IntLit>(e).value));
    case ExprKind::Real:
      return line("Real " + real_text(as<RealLit>(e).value));
    case ExprKind::Bool:
      return line(as<BoolLit>(e).value ? "Bool true" : "Bool false");
    case ExprKind::Name:
      return line("Name " + as<Name>(e).text);
    case ExprKind::Unary:
      return node(std::string("Unary ") + kUnary[size_t(as<Unary>(e).op)], as<Unary>(e).operand);
    case ExprKind::Binary:
      return node(std::string("Binary ") + kBinary[size_t(as<Binary>(e).op)], as<Binary>(e).lhs,
                  as<Binary>(e).rhs);
    case ExprKind::Compare: {
      std::string title = "Compare";
      for (const CompareOp op : as<Compare>(e).ops)
        title += std::string(" ") + kCompare[size_t(op)];
      return nested(title, [&] {
        for (const ExprPtr& operand : as<Compare>(e).operands) expr(operand);
      });
    }
    case ExprKind::Range:
      return node(as<Range>(e).inclusive ? "Range ..=" : "Range ..", as<Range>(e).lo,
                  as<Range>(e).hi);
    case ExprKind::If:
      return node("If", as<If>(e).condition, as<If>(e).then_branch, as<If>(e).else_branch);
    case ExprKind::Lambda:
      return nested("Lambda", [&] {
        params(as<Lambda>(e).params);
        expr(as<Lambda>(e).body);
      });
    default:
      return postfix(e);
  }
}

void Dumper::postfix(const Expr& e) {
  switch (e.kind) {
    case ExprKind::Call:
      return nested("Call", [&] {
        expr(as<Call>(e).callee);
        args(as<Call>(e).args);
      });
    case ExprKind::Index:
      return nested("Index", [&] {
        expr(as<Index>(e).base);
        for (const ExprPtr& item : as<Index>(e).items) expr(item);
      });
    case ExprKind::Colon:
      return colon(as<Colon>(e));
    case ExprKind::Field:
      return node("Field " + as<Field>(e).name, as<Field>(e).base);
    case ExprKind::Prime:
      return node("Prime", as<Prime>(e).base);
    default:
      return bracket(e);
  }
}

void Dumper::bracket(const Expr& e) {
  switch (e.kind) {
    case ExprKind::String:
      return string(as<StringLit>(e));
    case ExprKind::Tuple:
      return nested("Tuple", [&] { args(as<Tuple>(e).items); });
    case ExprKind::Array:
      return nested("Array", [&] { args(as<ArrayLit>(e).items); });
    case ExprKind::Comprehension:
      return comprehension(as<Comprehension>(e));
    case ExprKind::Record:
      return record(as<Record>(e));
    default:
      return nested("Block", [&] {
        for (const StmtPtr& stmt : as<Block>(e).stmts) statement(*stmt);
      });
  }
}

void Dumper::string(const StringLit& e) {
  if (e.holes.empty()) return line("String " + quoted(e.pieces[0]));
  nested("String", [&] {
    for (size_t i = 0; i < e.pieces.size(); ++i) {
      if (!e.pieces[i].empty()) line("Piece " + quoted(e.pieces[i]));
      if (i == e.holes.size()) return;
      const std::string& format = e.holes[i].format;
      node(format.empty() ? "Hole" : "Hole " + quoted(format), e.holes[i].expr);
    }
  });
}

void Dumper::comprehension(const Comprehension& e) {
  nested("Comprehension", [&] {
    expr(e.body);
    for (const auto& clause : e.clauses)
      node("For " + pattern_text(clause.pattern), clause.iterable);
    if (e.condition) node("If", e.condition);
  });
}

void Dumper::record(const Record& e) {
  nested("Record", [&] {
    for (const Record::Entry& entry : e.entries) {
      node(entry.spread ? "..." : "Entry " + entry.name, entry.value);
    }
  });
}

void Dumper::colon(const Colon& e) {
  nested("Colon", [&] {
    if (e.start) node("Start", e.start);
    if (e.stop) node("Stop", e.stop);
    if (e.step) node("Step", e.step);
  });
}

void Dumper::args(const std::vector<Arg>& list) {
  for (const Arg& arg : list) {
    if (arg.spread) {
      node("...", arg.expr);
    } else if (!arg.name.empty()) {
      node("Arg " + arg.name, arg.expr);
    } else {
      expr(arg.expr);
    }
  }
}

void Dumper::params(const std::vector<Param>& list) {
  for (const Param& param : list) {
    const std::string type = param.type ? ": " + type_text(*param.type) : "";
    node("Param " + pattern_text(param.pattern) + type, param.default_value);
  }
}

// ---- statements --------------------------------------------------------------------------------

void Dumper::assign(const Assign& e) {
  const std::string op = e.op ? std::string(" ") + kBinary[size_t(*e.op)] + "=" : "";
  const std::string type = e.type ? ": " + type_text(*e.type) : "";
  const std::string pattern = e.pattern ? " " + pattern_text(*e.pattern) : "";
  node("Assign" + pattern + type + op, e.place, e.value);
}

void Dumper::import(const Import& e) {
  std::string text = "Import " + (e.is_path ? quoted(e.module) : e.module);
  if (!e.names.empty())
    text += ": " + joined(e.names, [](const std::string& name) { return name; });
  if (!e.alias.empty()) text += " as " + e.alias;
  line(text);
}

void Dumper::statement(const Stmt& s) {
  switch (s.kind) {
    case StmtKind::Expr:
      return s.silent ? node("Silent", as<ExprStmt>(s).expr) : expr(as<ExprStmt>(s).expr);
    case StmtKind::Assign:
      return assign(as<Assign>(s));
    case StmtKind::FuncDef: {
      const auto& def = as<FuncDef>(s);
      const std::string result = def.result ? " -> " + type_text(*def.result) : "";
      return nested("FuncDef " + def.name + result, [&] {
        if (!def.documentation.empty()) line("Documentation " + quoted(def.documentation));
        params(def.params);
        expr(def.body);
      });
    }
    case StmtKind::For:
      return node("For " + pattern_text(as<For>(s).pattern), as<For>(s).iterable, as<For>(s).body);
    case StmtKind::While:
      return node("While", as<While>(s).condition, as<While>(s).body);
    case StmtKind::Break:
      return line("Break");
    case StmtKind::Continue:
      return line("Continue");
    case StmtKind::Return:
      return node("Return", as<Return>(s).value);
    case StmtKind::Assert:
      return node("Assert", as<Assert>(s).condition, as<Assert>(s).message);
    case StmtKind::Test:
      return node("Test " + quoted(as<Test>(s).name), as<Test>(s).body);
    case StmtKind::Import:
      return import(as<Import>(s));
  }
}

}  // namespace

std::string dump(const Program& program) {
  Dumper dumper;
  for (const StmtPtr& stmt : program.stmts) dumper.statement(*stmt);
  return dumper.take();
}

}  // namespace calc::syntax
