#include "tests/fuzz/expand.h"

#include <algorithm>
#include <fmt/format.h>

#include "tests/fuzz/grammar.h"

namespace calc::fuzz {

namespace {

constexpr int kMostDerivatives = 2;

}  // namespace

Expander::Expander(uint64_t seed, const std::set<std::string>& available)
    : random_(seed), available_(available) {
  most_nodes_ += pick(1 + pick(60));
}

void Expander::add(Node& list, Node child) {
  list.children.push_back(std::move(child));
  list.pieces.emplace_back("\n");
}

Node Expander::statements(int most, int depth) {
  Node list;
  list.sort = {Kind::Statements};
  const int count = 1 + pick(most);
  for (int k = 0; k < count && (k == 0 || nodes < most_nodes_); ++k) {
    add(list, choose({Kind::Statement}, depth));
  }
  return list;
}

Node Expander::expression(Sort sort, int depth) {
  if (sort.kind == Kind::Fun && depth <= 0) return leaf(sort, "tanh");
  if (depth <= 0 || nodes > most_nodes_) return simple(sort);
  if (const Variable* found = variable(sort, false); found && chance(30)) {
    return leaf(sort, found->name);
  }
  if (chance(20)) {
    if (Node called = call(sort, depth); !called.children.empty()) return called;
  }
  return choose(sort, depth);
}

bool Expander::possible(const Production& production, Sort sort) {
  const std::string_view needs = production.needs;
  if (needs.find("derivative") != std::string_view::npos) {
    if (derivatives_ >= kMostDerivatives) return false;
  } else if (!needs.empty() && needs != "n=2" && needs != "m=n" &&
             !available_.contains(std::string(needs))) {
    return false;
  }
  if (needs.starts_with("m=n") && sort.m != sort.n) return false;
  if (needs.starts_with("n=2") && sort.m != 2) return false;
  const size_t assigned = production.text.find('!');
  return assigned == std::string_view::npos ||
         variable({kind_of(production.text[assigned + 1])}, true, false) != nullptr;
}

Node Expander::choose(Sort sort, int depth) {
  std::vector<const Production*> choices;
  int total = 0;
  for (const Production& production : productions(sort.kind)) {
    if (!possible(production, sort)) continue;
    choices.push_back(&production);
    total += production.weight;
  }
  int at = pick(total);
  size_t k = 0;
  while (at >= choices[k]->weight) at -= choices[k++]->weight;
  if (choices[k]->needs.find("derivative") != std::string_view::npos) ++derivatives_;
  Sizes sizes{2 + pick(2), 2 + pick(2)};
  if (sort.kind == Kind::Vec) sizes.n = sort.m;
  if (sort.kind == Kind::Mat) sizes = {sort.m, sort.n};
  return expand(choices[k]->text, sort, depth, sizes);
}

Node Expander::simple(Sort sort) {
  if (const Variable* found = variable(sort, false); found && chance(85)) {
    return leaf(sort, found->name);
  }
  if (sort.kind == Kind::Real) {
    if (const Variable* found = variable({Kind::Vec}, false, false); found && chance(60)) {
      return leaf(sort, found->name + "[" + index_below(found->sort.m) + "]");
    }
    return leaf(sort, literal());
  }
  if (sort.kind == Kind::Bool) return expand("$r > $l", sort, 0, {2, 2});
  if (sort.kind == Kind::Vec) return expand("[$,]", sort, 0, {sort.m, sort.m});
  if (sort.kind == Kind::Mat) return expand("[$;]", sort, 0, {sort.m, sort.n});
  if (sort.kind == Kind::Rec) return expand("{w: $w, b: $r}", sort, 0, {2, 2});
  return simplest(sort);
}

Node Expander::call(Sort sort, int depth) {
  std::vector<const Function*> fitting;
  for (const Function& function : functions) {
    if (function.result == sort) fitting.push_back(&function);
  }
  Node node;
  if (fitting.empty()) return node;
  const Function function = *fitting[static_cast<size_t>(pick(static_cast<int>(fitting.size())))];
  node.sort = sort;
  node.pieces = {function.name + "("};
  for (const Sort& param : function.params) {
    node.children.push_back(expression(param, depth - 1));
    node.pieces.emplace_back(", ");
  }
  if (function.recursive) node.pieces.back() += std::to_string(1 + pick(3));
  node.pieces.back() =
      (function.recursive ? node.pieces.back() : node.pieces.back().substr(2)) + ")";
  ++nodes;
  return node;
}

Node Expander::expand(std::string_view text, Sort sort, int depth, Sizes sizes) {
  ++nodes;
  Expansion e{{}, sizes, depth, scope.size(), boundary_, "", "", "", {}, {}};
  e.node.sort = sort;
  if (const size_t at = text.find('!'); at != std::string_view::npos) {
    const Variable* chosen = variable({kind_of(text[at + 1])}, true, false);
    e.assigned = chosen->name;
    if (chosen->sort.kind == Kind::Vec) e.sizes.n = chosen->sort.m;
    if (chosen->sort.kind == Kind::Mat) e.sizes = {chosen->sort.m, chosen->sort.n};
  }
  for (size_t k = 0; k < text.size(); ++k) {
    static constexpr std::string_view kMarks = "$@?&+!%";
    const bool mark = kMarks.find(text[k]) != std::string_view::npos && k + 1 < text.size();
    if (text[k] == '~') {
      close(e);
    } else if (mark && is_mark(text, k)) {
      token(e, text[k], text[k + 1]);
      ++k;
    } else {
      e.node.pieces.back() += text[k];
    }
  }
  close(e);
  for (Variable& variable : e.declared) scope.push_back(std::move(variable));
  return std::move(e.node);
}

bool Expander::is_mark(std::string_view text, size_t k) {
  const char next = text[k + 1];
  if (text[k] == '+') return std::string_view("rvMdpfw").find(next) != std::string_view::npos;
  if (text[k] == '%') return next == 'z';
  if (text[k] == '!') return next != '=';
  return next != ' ';
}

void Expander::close(Expansion& e) {
  scope.resize(std::min(scope.size(), e.scope));
  boundary_ = e.boundary;
}

void Expander::print(Expansion& e, std::string_view text) { e.node.pieces.back() += text; }

void Expander::hole(Expansion& e, Node child) {
  e.node.children.push_back(std::move(child));
  e.node.pieces.emplace_back("");
}

void Expander::token(Expansion& e, char mark, char what) {
  switch (mark) {
    case '$':
      return expression_token(e, what);
    case '+':
      e.declared.push_back({fresh("t"), sort_of(what, e.sizes), what != 'f'});
      return print(e, e.declared.back().name);
    case '!':
      return print(e, e.assigned);
    case '%':
      if (e.local.empty()) e.local = fresh("z");
      return print(e, e.local);
    case '&':
      e.looped.push_back(bound(e, what));
      return print(e, e.binder);
    default:
      if (what != '@') {
        scope.push_back(bound(e, what));
        boundary_ = e.scope;
      }
      if (mark == '@') print(e, e.binder);
  }
}

Variable Expander::bound(Expansion& e, char what) {
  const bool index = what == 'i' || what == 'j';
  e.binder = fresh(index ? "i" : "y");
  const int bound = what == 'i' ? e.sizes.n : e.sizes.m;
  return {e.binder, sort_of(what, e.sizes), false, index ? bound : 0};
}

void Expander::expression_token(Expansion& e, char what) {
  const int next = e.depth - 1;
  switch (what) {
    case 'n':
      return print(e, std::to_string(e.sizes.n));
    case 'm':
      return print(e, std::to_string(e.sizes.m));
    case 'l':
      return print(e, literal());
    case 'c':
      return print(e, fmt::format("0.{}", 2 + pick(7)));
    case 'k':
      return hole(e, leaf({Kind::Int}, index_below(e.sizes.n)));
    case 'j':
      return hole(e, leaf({Kind::Int}, index_below(e.sizes.m)));
    case 'o':
      return hole(e, leaf({Kind::Int}, index_below(2)));
    case 'g':
      return print(e, indices(e.sizes.n));
    case ',':
    case ';':
      return several(e, what == ',' ? real() : vec(e.sizes.n), what == ',' ? e.sizes.n : e.sizes.m);
    case 's':
      for (Variable& variable : e.looped) scope.push_back(std::move(variable));
      e.looped.clear();
      return hole(e, next > 0 ? statements(2, next) : leaf({Kind::Statements}, ""));
    default:
      break;
  }
  Node child = expression(sort_of(what, e.sizes), next);
  const bool brackets = what >= 'A' && what <= 'Z' && what != 'M' && what != 'T' && what != 'S';
  const std::string text = child.text();
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
  });
  if (brackets && !plain) print(e, "(");
  hole(e, std::move(child));
  if (brackets && !plain) print(e, ")");
}

void Expander::several(Expansion& e, Sort sort, int count) {
  for (int k = 0; k < count; ++k) {
    if (k > 0) print(e, ", ");
    hole(e, expression(sort, e.depth - 1));
  }
}

Kind Expander::kind_of(char what) {
  switch (what) {
    case 'r':
    case 'R':
      return Kind::Real;
    case 'b':
      return Kind::Bool;
    case 'd':
    case 'D':
      return Kind::Dyn;
    case 'p':
    case 'P':
      return Kind::Rec;
    case 'f':
      return Kind::Fun;
    case 'M':
    case 'G':
    case 'T':
    case 'S':
      return Kind::Mat;
    case 'i':
    case 'j':
      return Kind::Int;
    default:
      return Kind::Vec;
  }
}

Sort Expander::sort_of(char what, Sizes sizes) {
  switch (what) {
    case 'u':
    case 'U':
      return vec(sizes.m);
    case 'w':
      return vec(2);
    case 'v':
    case 'V':
      return vec(sizes.n);
    case 'M':
    case 'G':
      return mat(sizes.m, sizes.n);
    case 'T':
      return mat(sizes.n, sizes.m);
    case 'S':
      return mat(sizes.n, sizes.n);
    default:
      return {kind_of(what)};
  }
}

const Variable* Expander::variable(Sort sort, bool assignable, bool exact) {
  std::vector<const Variable*> found;
  for (size_t k = 0; k < scope.size(); ++k) {
    const Variable& variable = scope[k];
    if (assignable && (!variable.assignable || k < boundary_)) continue;
    if (exact ? variable.sort == sort : variable.sort.kind == sort.kind) {
      found.push_back(&variable);
    }
  }
  if (found.empty()) return nullptr;
  return found[static_cast<size_t>(pick(static_cast<int>(found.size())))];
}

std::string Expander::index_below(int n) {
  const Variable* found = variable({Kind::Int}, false);
  if (found && chance(75)) {
    if (found->bound <= n && chance(60)) return found->name;
    return fmt::format("({} + {}) % {}", found->name, pick(n), n);
  }
  return std::to_string(chance(20) ? -1 - pick(n) : pick(n));
}

std::string Expander::indices(int n) {
  std::string out = "[";
  for (int k = 0; k < n; ++k) out += (k > 0 ? ", " : "") + std::to_string(pick(n));
  return out + "]";
}

std::string Expander::literal() {
  const int value = pick(150) - 60;
  return fmt::format("{}{}.{:02}", value < 0 ? "-" : "", std::abs(value) / 100,
                     std::abs(value) % 100);
}

}  // namespace calc::fuzz
