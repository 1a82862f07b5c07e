#include "tests/fuzz/generate.h"

#include <fmt/format.h>

#include "tests/fuzz/expand.h"

namespace calc::fuzz {

const std::vector<Feature>& features() {
  static const std::vector<Feature> kFeatures = {
      {"break", "f(x) = { for i in 0..3 { if x > i { break }; x += 1.0 }; x }\nf(1.0)\nf'(1.0)"},
      {"continue", "f(x) = { for i in 0..3 { if x > i { continue }; x += 1.0 }; x }\nf'(1.0)"},
      {"return", "f(x) = { for i in 0..3 { if x > i { return x }; x += 1.0 }; x }\nf'(1.0)"},
      {"recursion", "f(x, n) = if n == 0 then x else f(x * x, n - 1)\npartial[x](f)(1.5, 2)"},
      {"taylor", "taylor(x -> x^2, 1.0, 3)"},
      {"with_derivative", "with_derivative(x -> x^2, (x, v) -> 2 * x * v)'(1.0)"},
      {"checkpoint", "checkpoint(x -> x^2)'(1.0)"},
  };
  return kFeatures;
}

namespace {

class Generator : Expander {
 public:
  using Expander::Expander;

  Program run() {
    Program program;
    program.root.sort = {Kind::Statements};
    const int count = pick(3);
    for (int k = 0; k < count; ++k) add(program.root, definition(k));
    add(program.root, main_function());
    add(program.root, wrapper());
    auto numbers = [&](std::vector<double>& out) {
      for (int k = 0; k < entries_; ++k) out.push_back((pick(1810) - 905) / 1000.0);
    };
    numbers(program.point);
    for (double& entry : program.point) {
      if (has("singular") && chance(50)) entry = 0.0;
    }
    numbers(program.direction);
    numbers(program.other);
    return program;
  }

 private:
  // -- definitions

  Sort random_sort() {
    const Sort sorts[] = {real(), real(), vec(2), vec(3), mat(2, 2), mat(2, 3), {Kind::Rec}};
    return sorts[pick(7)];
  }

  std::vector<Sort> parameters(int most) {
    std::vector<Sort> sorts;
    const int count = 1 + pick(most);
    for (int k = 0; k < count; ++k) sorts.push_back(random_sort());
    return sorts;
  }

  std::string enter(const std::vector<Sort>& sorts, std::vector<std::string>& names) {
    std::string list;
    for (const Sort& sort : sorts) {
      names.push_back(fresh("a"));
      scope.push_back({names.back(), sort, true, sort.kind == Kind::Int ? 2 : 0});
      list += (list.empty() ? "" : ", ") + names.back();
    }
    return list;
  }

  /// A helper: plain, with a function among its parameters, or recursive.
  Node definition(int k) {
    const int before = nodes;
    Function function{"h" + std::to_string(k), parameters(2),
                      chance(60) ? real() : vec(2 + pick(2))};
    function.recursive = has("recursion") && chance(40);
    if (!function.recursive && chance(30)) function.params.push_back({Kind::Fun});
    scope.clear();
    std::vector<std::string> names;
    const std::string list = enter(function.params, names);
    Node node;
    if (function.recursive) {
      node = recursive_body(function, list);
    } else {
      node = body(function.name + "(" + list + ") = {\n", function.result);
    }
    scope.clear();
    functions.push_back(function);
    nodes = before + (nodes - before) / 3;
    return node;
  }

  Node body(const std::string& head, Sort result) {
    Node node;
    node.sort = {Kind::Statement};
    node.pieces = {head};
    node.children.push_back(statements(3, 2));
    node.pieces.emplace_back("");
    if (has("return") && chance(25)) {
      Node early = expand("if $b { return $r }\n", {Kind::Statement}, 2, {2, 2});
      if (result.kind == Kind::Real) {
        node.children.push_back(std::move(early));
        node.pieces.emplace_back("");
      }
    }
    node.children.push_back(expression(result, 3));
    node.pieces.emplace_back("\n}");
    return node;
  }

  /// h(…, k) = if k == 0 then … else … h(…, k - 1) …
  Node recursive_body(const Function& function, const std::string& list) {
    Node node;
    node.sort = {Kind::Statement};
    node.pieces = {function.name + "(" + list + ", k) = {\nif k <= 0 { "};
    auto hole = [&](Node child, std::string after) {
      node.children.push_back(std::move(child));
      node.pieces.push_back(std::move(after));
    };
    hole(expression(function.result, 2), " } else {\n");
    hole(statements(1, 1), "tanh(");
    hole(expression(function.result, 1), ") + 0.5 * " + function.name + "(");
    for (size_t k = 0; k < function.params.size(); ++k) {
      hole(expression(function.params[k], 2), ", ");
    }
    node.pieces.back() += "k - 1)\n}\n}";
    return node;
  }

  /// Every value that is left counts in the result.
  Node main_function() {
    scope.clear();
    const std::vector<Sort> sorts = parameters(4);
    std::vector<std::string> names;
    const std::string list = enter(sorts, names);
    main_params_ = sorts;
    Node node;
    node.sort = {Kind::Statement};
    node.pieces = {"g(" + list + ") = {\n", ""};
    node.children.push_back(statements(5, 3));
    if (has("return") && chance(20)) {
      node.children.push_back(expand("if $b { return $r }\n", {Kind::Statement}, 2, {2, 2}));
      node.pieces.emplace_back("");
    }
    node.pieces.back() += "(";
    node.children.push_back(expression(real(), 3));
    std::string rest = ")";
    for (const Variable& variable : scope) {
      if (variable.sort.kind == Kind::Int || variable.sort.kind == Kind::Fun) continue;
      rest += fmt::format(" + 0.{} * {}", 3 + pick(7), total(variable));
    }
    node.pieces.push_back(rest + "\n}");
    return node;
  }

  static std::string total(const Variable& variable) {
    if (variable.sort.kind == Kind::Real) return variable.name;
    if (variable.sort.kind == Kind::Rec) return "norm(" + variable.name + ")^2";
    return "sum(" + variable.name + ")";
  }

  /// f(x) = g(x[0], x[1:3], …)
  Node wrapper() {
    std::string args;
    auto slice = [&](int count) {
      entries_ += count;
      return fmt::format("x[{}:{}]", entries_ - count, entries_);
    };
    for (const Sort& sort : main_params_) {
      if (!args.empty()) args += ", ";
      if (sort.kind == Kind::Real) args += fmt::format("x[{}]", entries_++);
      if (sort.kind == Kind::Vec) args += slice(sort.m);
      if (sort.kind == Kind::Mat) {
        args += fmt::format("reshape({}, {}, {})", slice(sort.m * sort.n), sort.m, sort.n);
      }
      if (sort.kind == Kind::Rec) {
        const std::string w = slice(2);
        args += fmt::format("{{w: {}, b: x[{}]}}", w, entries_++);
      }
    }
    return leaf({Kind::Text}, "f(x) = g(" + args + ")");
  }

  std::vector<Sort> main_params_;
  int entries_ = 0;
};

}  // namespace

Program generate(uint64_t seed, const std::set<std::string>& available) {
  return Generator(seed, available).run();
}

}  // namespace calc::fuzz
