#include "repl/symbols.h"

#include <algorithm>

namespace calc::repl {

const std::vector<Symbol>& symbols() {
  static const std::vector<Symbol> table = [] {
    std::vector<Symbol> all = {
        {"alpha", "α"},  {"beta", "β"},    {"gamma", "γ"},  {"delta", "δ"},   {"epsilon", "ε"},
        {"zeta", "ζ"},   {"eta", "η"},     {"theta", "θ"},  {"iota", "ι"},    {"kappa", "κ"},
        {"lambda", "λ"}, {"mu", "μ"},      {"nu", "ν"},     {"xi", "ξ"},      {"omicron", "ο"},
        {"pi", "π"},     {"rho", "ρ"},     {"sigma", "σ"},  {"tau", "τ"},     {"upsilon", "υ"},
        {"phi", "φ"},    {"chi", "χ"},     {"psi", "ψ"},    {"omega", "ω"},   {"Gamma", "Γ"},
        {"Delta", "Δ"},  {"Theta", "Θ"},   {"Lambda", "Λ"}, {"Xi", "Ξ"},      {"Pi", "Π"},
        {"Sigma", "Σ"},  {"Phi", "Φ"},     {"Psi", "Ψ"},    {"Omega", "Ω"},   {"nabla", "∇"},
        {"grad", "∇"},   {"partial", "∂"}, {"sqrt", "√"},   {"infty", "∞"},   {"inf", "∞"},
        {"cdot", "·"},   {"dot", "·"},     {"circ", "∘"},   {"compose", "∘"}, {"le", "≤"},
        {"leq", "≤"},    {"ge", "≥"},      {"geq", "≥"},    {"ne", "≠"},      {"neq", "≠"},
        {"in", "∈"},     {"approx", "≈"},  {"^2", "²"},     {"^3", "³"},      {"_0", "₀"},
        {"_1", "₁"},     {"_2", "₂"},      {"_3", "₃"},     {"_4", "₄"},      {"_5", "₅"},
        {"_6", "₆"},     {"_7", "₇"},      {"_8", "₈"},     {"_9", "₉"},
    };
    std::sort(all.begin(), all.end(),
              [](const Symbol& a, const Symbol& b) { return a.name < b.name; });
    return all;
  }();
  return table;
}

std::string_view sign_of(std::string_view name) {
  std::string_view only;
  bool several = false;
  for (const Symbol& symbol : symbols()) {
    if (symbol.name == name) return symbol.sign;
    if (name.empty() || !symbol.name.starts_with(name)) continue;
    several = several || (!only.empty() && only != symbol.sign);
    only = symbol.sign;
  }
  return several ? std::string_view() : only;
}

}  // namespace calc::repl
