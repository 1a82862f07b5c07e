#pragma once
// `\alpha<tab>`: the names of signs that keyboards lack.
#include <string>
#include <string_view>
#include <vector>

namespace calc::repl {

struct Symbol {
  std::string_view name;
  std::string_view sign;
};

/// Sorted by name.
const std::vector<Symbol>& symbols();

/// The sign of that name, or of the only one that begins so; "" when there is none.
std::string_view sign_of(std::string_view name);

}  // namespace calc::repl
