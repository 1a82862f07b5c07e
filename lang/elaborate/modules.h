#pragma once
// Modules as values (value.h).
#include <string>

namespace calc::elab {

/// What a module is called: `nn`, `file.calc` for a path.
inline std::string module_text(const std::string& module) {
  return module.substr(module.rfind('/') + 1);
}

}  // namespace calc::elab
