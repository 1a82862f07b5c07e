#pragma once
// Lexical scope inside one function: a stack of levels, a level a block. Assigning to a name that
// an enclosing level has rebinds it there; what a closure captured is there to be read only.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lang/elaborate/names.h"
#include "lang/elaborate/value.h"

namespace calc::elab {

struct Binding {
  ValuePtr value;
  /// Captured by the closure whose body this is.
  bool captured = false;
};

class Scopes {
 public:
  Scopes() : levels_(1) {}
  void push() { levels_.emplace_back(); }
  void pop() { levels_.pop_back(); }
  size_t depth() const { return levels_.size(); }

  /// The innermost binding; null when there is none. The outermost `skip` levels are left out.
  Binding* find(std::string_view name, size_t skip = 0) {
    const auto end = levels_.rend() - static_cast<std::ptrdiff_t>(skip);
    for (auto level = levels_.rbegin(); level != end; ++level) {
      if (auto at = level->find(name); at != level->end()) return &at->second;
    }
    return nullptr;
  }
  /// The binding of the outermost level.
  Binding* find_outermost(std::string_view name) {
    auto at = levels_.front().find(name);
    return at == levels_.front().end() ? nullptr : &at->second;
  }
  void define(const std::string& name, ValuePtr value, bool captured = false) {
    levels_.back()[name] = Binding{std::move(value), captured};
  }
  void define_outermost(const std::string& name, ValuePtr value) {
    levels_.front()[name] = Binding{std::move(value), false};
  }
  void names(std::vector<std::string>& out) const {
    for (const auto& level : levels_) {
      for (const auto& entry : level) out.push_back(entry.first);
    }
  }

 private:
  std::vector<std::map<std::string, Binding, std::less<>>> levels_;
};

/// The surroundings of the code being walked. A default value is walked in those of its function.
struct Surroundings {
  /// Whose top level it sees.
  std::string module;
  Scopes scopes;
  /// Names the function's body assigns: local from the start of the body to its end.
  Names assigned;
  /// Keeps the syntax alive; closures made here share it.
  std::shared_ptr<const syntax::Program> program;
  /// The top level itself: names not found inside are the session's.
  bool top = false;
};

}  // namespace calc::elab
