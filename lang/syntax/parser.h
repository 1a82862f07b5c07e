#pragma once
// The door of the syntax stage: text -> Program.
#include <memory>
#include <string_view>
#include <vector>

#include "lang/base/diagnostic.h"
#include "lang/syntax/ast.h"

namespace calc::syntax {

struct ParseResult {
  std::shared_ptr<const Program> program;
  /// Several a text; none caused by an earlier one. Statements with errors are left out of program.
  std::vector<base::Diagnostic> errors;
  /// The text ends inside a bracket or after an operator: a prompt asks for more.
  bool incomplete = false;
};

ParseResult parse(const base::Sources& sources, uint32_t source);

/// One line a node, indented: `--emit ast`.
std::string dump(const Program& program);
std::string dump_tokens(const base::Sources& sources, uint32_t source);

}  // namespace calc::syntax
