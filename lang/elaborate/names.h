#pragma once
// Which names a piece of syntax mentions and which it may rebind: what closures capture, what loops
// carry, what a branch changes. Both are read off the syntax before it is elaborated, and may name
// too much, never too little.
#include <set>
#include <string>
#include <string_view>

#include "lang/syntax/ast.h"

namespace calc::elab {

using Names = std::set<std::string, std::less<>>;

/// Whether an exit was taken is kept under names that nobody can write, so that branches and loops
/// carry it like any other: Bools, and the value returned.
inline constexpr std::string_view kBreak = " break";
inline constexpr std::string_view kContinue = " continue";
inline constexpr std::string_view kReturn = " return";
inline constexpr std::string_view kReturned = " returned";
inline bool is_hidden(std::string_view name) { return name.starts_with(' '); }

/// Targets of assignments and local definitions, outside the functions written inside.
void assigned_names(const syntax::Expr& expr, Names& names);
void assigned_names(const syntax::Stmt& stmt, Names& names);
/// Every name that is read, inside the functions written inside as well.
void mentioned_names(const syntax::Expr& expr, Names& names);
void mentioned_names(const syntax::Stmt& stmt, Names& names);
void mentioned_names(const std::vector<syntax::Param>& params, const syntax::Expr& body,
                     Names& names);
/// The names a pattern binds, `_` left out.
void pattern_names(const syntax::Pattern& pattern, Names& names);

}  // namespace calc::elab
