#pragma once
// Equations, a small function each, the equation its comment. A rule sees an operation whose
// arguments are final and answers with a value equal to its (single) result, or declines.
#include <unordered_map>

#include "lang/opt/rewriter.h"

namespace calc::opt {

using Rule = std::optional<ValueId> (*)(Rewriter& rewriter, const Op& op);

/// By primitive, in the order they are tried.
class RuleTable {
 public:
  void add(std::string_view primitive, Rule rule);
  std::span<const Rule> of(const Primitive& primitive) const;

 private:
  std::unordered_map<const Primitive*, std::vector<Rule>> rules_;
};

/// All rules, made once.
const RuleTable& rules();

void add_arithmetic_rules(RuleTable& table);
void add_logic_rules(RuleTable& table);
void add_shape_rules(RuleTable& table);
void add_index_rules(RuleTable& table);

/// Elementwise operations on spread-out values, tried for every elementwise primitive:
///   f(broadcast a, broadcast b) = broadcast f(a, b)
std::optional<ValueId> pull_broadcast(Rewriter& rewriter, const Op& op);

/// 0 <= index < size always, wherever the index exists (ranges.cpp).
bool provably_in_range(const Rewriter& rewriter, ValueId index, ValueId size);

// -- what several rule files ask

/// The scalar constant that a value is, or is a broadcast of.
const rt::Array* splat(const Rewriter& rewriter, ValueId value);
bool is_splat(const Rewriter& rewriter, ValueId value, double number);
/// `spread` certainly has the sizes of `like`: an elementwise operation of both cannot fail.
bool has_sizes_of(const Rewriter& rewriter, ValueId spread, ValueId like);
/// A scalar spread to the sizes of `like`.
ValueId spread(Rewriter& rewriter, ValueId scalar, ValueId like);
rt::Array scalar_constant(Elem elem, double number);

}  // namespace calc::opt
