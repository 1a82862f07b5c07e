#pragma once
// Which names a piece of syntax mentions and which it may rebind: what closures capture, what loops
// carry, what a branch changes. Both are read off the syntax before it is elaborated, and may name
// too much, never too little.
#include <set>
#include <string>

#include "lang/syntax/ast.h"

namespace calc::elab {

using Names = std::set<std::string, std::less<>>;

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
