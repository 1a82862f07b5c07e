#pragma once
// Names that nothing in a file gives a meaning, found without running it: in the bodies of
// functions, which are elaborated only when they are called.
#include <functional>
#include <string>
#include <vector>

#include "lang/base/diagnostic.h"
#include "lang/syntax/ast.h"

namespace calc::driver {

/// What stands outside the functions.
struct Surrounding {
  std::function<bool(const std::string& name)> defined;
  /// May `name[…]` be an operator with a subscript, whose words are no values?
  std::function<bool(const std::string& name)> is_operator;
  /// For "did you mean".
  std::vector<std::string> candidates;
};

/// Each undefined name of a statement, in the order written.
std::vector<base::Diagnostic> undefined_names(const syntax::Stmt& stmt,
                                              const Surrounding& surrounding);

}  // namespace calc::driver
