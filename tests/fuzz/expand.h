#pragma once
// Expands productions of the grammar (grammar.h) to trees, with what is in scope.
#include <random>
#include <set>
#include <string>

#include "tests/fuzz/program.h"

namespace calc::fuzz {

struct Variable {
  std::string name;
  Sort sort;
  bool assignable;
  /// Of an Int: it is below this.
  int bound = 0;
};

struct Function {
  std::string name;
  std::vector<Sort> params;
  Sort result;
  /// The last parameter counts down to the end of a recursion.
  bool recursive = false;
};

struct Sizes {
  int m;
  int n;
};

inline Sort real() { return {Kind::Real}; }
inline Sort vec(int m) { return {Kind::Vec, m}; }
inline Sort mat(int m, int n) { return {Kind::Mat, m, n}; }

struct Production;

class Expander {
 public:
  Expander(uint64_t seed, const std::set<std::string>& available);

  int pick(int below) { return static_cast<int>(random_() % static_cast<uint64_t>(below)); }
  bool chance(int percent) { return pick(100) < percent; }
  std::string fresh(const char* prefix) { return prefix + std::to_string(names_++); }
  bool has(const std::string& feature) const { return available_.contains(feature); }
  static void add(Node& list, Node child);
  /// `depth`: how deep constructs nest.
  Node statements(int most, int depth);
  Node expression(Sort sort, int depth);
  Node expand(std::string_view text, Sort sort, int depth, Sizes sizes);

  std::vector<Variable> scope;
  std::vector<Function> functions;
  /// How many productions so far.
  int nodes = 0;

 private:
  bool possible(const Production& production, Sort sort);
  Node choose(Sort sort, int depth);
  Node simple(Sort sort);
  Node call(Sort sort, int depth);

  // -- one production
  struct Expansion {
    Node node;
    Sizes sizes;
    int depth;
    size_t scope;
    size_t boundary;
    std::string binder;
    std::string assigned;
    std::string local;
    std::vector<Variable> declared;
    /// A loop's variables, in scope from its body on.
    std::vector<Variable> looped;
  };
  /// `+` and `%` are also operators.
  static bool is_mark(std::string_view text, size_t k);
  void close(Expansion& e);
  static void print(Expansion& e, std::string_view text);
  static void hole(Expansion& e, Node child);
  void token(Expansion& e, char mark, char what);
  Variable bound(Expansion& e, char what);
  void expression_token(Expansion& e, char what);
  void several(Expansion& e, Sort sort, int count);

  // -- names and numbers
  static Kind kind_of(char what);
  static Sort sort_of(char what, Sizes sizes);
  /// A random variable of a sort, or with `exact` false of a kind.
  const Variable* variable(Sort sort, bool assignable, bool exact = true);
  std::string index_below(int n);
  std::string indices(int n);
  std::string literal();

  std::mt19937_64 random_;
  const std::set<std::string>& available_;
  /// Variables before it cannot be assigned: they belong to an enclosing function.
  size_t boundary_ = 0;
  int names_ = 0;
  /// Most programs are small.
  int most_nodes_ = 8;
  int derivatives_ = 0;
};

}  // namespace calc::fuzz
