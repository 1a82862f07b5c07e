#pragma once
// Where `break`, `continue` and `return` may stand: where nothing but statements waits for what is
// being computed. That is in the blocks of loops and functions and, inside those, in the sides of
// an `if`, in blocks, and where such a one is what an assignment assigns: not in an operand, an
// argument or a comprehension.
#include <vector>

#include "lang/base/diagnostic.h"
#include "lang/syntax/ast.h"

namespace calc::syntax {

/// Appends an error for each that stands elsewhere.
void check_exits(const Stmt& stmt, std::vector<base::Diagnostic>& errors);

/// Does the statement hold an exit that leaves it: a `return`, or a `break` or `continue` of a loop
/// around it? For statements that `check_exits` accepts.
bool has_exits(const Stmt& stmt);
/// Does control never get past it, whatever the values are?
bool always_exits(const Expr& expr);

}  // namespace calc::syntax
