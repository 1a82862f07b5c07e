#pragma once
// A random program: a tree of text, so that a failing one can be made smaller piece by piece.
//
// A node's text is its own pieces with its children's texts between them. Its sort says what it
// stands for: an expression of some shape, a statement, a list of statements, a definition.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace calc::fuzz {

enum class Kind : uint8_t {
  Real,
  Int,
  Bool,
  /// m entries
  Vec,
  /// m rows, n columns
  Mat,
  /// A vector of a length known only at run time.
  Dyn,
  /// {w: Vec 2, b: Real}
  Rec,
  /// A function of a Real to a Real.
  Fun,
  Statement,
  Statements,
  /// Text with nothing to replace.
  Text
};

struct Sort {
  Kind kind = Kind::Text;
  int m = 0;
  int n = 0;
  bool operator==(const Sort&) const = default;
};

struct Node {
  Sort sort;
  /// One more than children.
  std::vector<std::string> pieces = {""};
  std::vector<Node> children;

  std::string text() const;
  size_t size() const;
};

/// A leaf.
Node leaf(Sort sort, std::string text);
/// The simplest expression of a sort that is not special.
Node simplest(Sort sort);
/// Lines indented by their braces.
std::string indented(const std::string& text);

struct Program {
  /// Definitions, then `f(x) = …` of one vector.
  Node root;
  std::vector<double> point;
  std::vector<double> direction;
  std::vector<double> other;

  std::string definitions() const { return indented(root.text()); }
};

/// A smaller program for which `fails` still holds, by removing statements and replacing
/// expressions by a part of them or by a constant; at most `budget` trials.
Program shrunk(Program program, const std::function<bool(const Program&)>& fails, int budget);

}  // namespace calc::fuzz
