#pragma once
// The door of elaboration: a top-level statement and the values it sees -> a Core function.
//
// Elaboration is abstract interpretation of the syntax over `Value` trees: (function, argument
// structure) -> one memoised Core function. The session supplies global names and keeps what
// statements define.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lang/elaborate/emit.h"

namespace calc::elab {

struct Reach;

/// A top-level value of the session: the tree, and the arrays at its leaves in order.
struct Global {
  ValuePtr tree;
  std::vector<rt::Array> leaves;
  /// Counts the assignments to the name: code that saw an older one is made anew when it differs in
  /// structure.
  uint64_t version = 0;
};

/// The names a module (or the session's top level, "") defines.
class Globals {
 public:
  virtual ~Globals() = default;
  /// Null when the name is not defined in that module, its imports or the prelude.
  virtual const Global* find(std::string_view module, std::string_view name) const = 0;
  /// Of the module itself: neither the prelude's nor another's.
  virtual const Global* member(std::string_view module, std::string_view name) const {
    return find(module, name);
  }
  /// Is it the module's own, so that an assignment in a block at its top level rebinds it?
  virtual bool defines(std::string_view module, std::string_view name) const {
    return find(module, name) != nullptr;
  }
  /// Is it a module of the library, not the user's?
  virtual bool is_library(std::string_view) const { return false; }
  /// For "did you mean".
  virtual std::vector<std::string> names(std::string_view module) const = 0;
  /// The names that `member` finds.
  virtual std::vector<std::string> members(std::string_view module) const { return names(module); }
  /// Library modules that can be imported.
  virtual std::vector<std::string> modules() const { return {}; }
  /// The library module that has a name which nobody imported; "" when none has.
  virtual std::string module_with(std::string_view) const { return {}; }
};

/// What a top-level statement becomes.
struct Entry {
  /// Not valid when there is nothing to run, as for a definition.
  core::FunctionId function;
  /// The globals its parameters are: for each, the name (module, name); its leaves in order.
  std::vector<std::pair<std::string, std::string>> inputs;
  /// The names it assigns with the trees of their values; leaves are the results in order.
  std::vector<std::pair<std::string, ValuePtr>> assigned;
  /// The value to show, if the statement is an expression; its leaves follow in the results.
  ValuePtr shown;
};

class Elaborator {
 public:
  Elaborator(core::Module& module, ad::Differentiator& differentiator, const Globals& globals);
  ~Elaborator();

  /// Throws base::DiagnosticError. `in_module`: the top level it stands in ("" for the session).
  Entry statement(const std::shared_ptr<const syntax::Program>& program, const syntax::Stmt& stmt,
                  const std::string& in_module);
  /// The same, but a `test` is not skipped: its block is what runs.
  Entry test(const std::shared_ptr<const syntax::Program>& program, const syntax::Stmt& stmt,
             const std::string& in_module);

  /// How many statements there have been.
  uint64_t statements() const;
  /// Drops what it remembers but has not used since that statement, and marks what the rest needs.
  void collect(uint64_t since, Reach& reach);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace calc::elab
