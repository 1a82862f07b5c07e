#pragma once
// What values keep alive: the Core functions their pullbacks run, the texts their functions are
// written in. Everything else that a session made along the way can be made again.
#include <vector>

#include "lang/elaborate/value.h"

namespace calc::elab {

/// Marks by index.
struct Reach {
  std::vector<bool> functions;
  std::vector<bool> sources;

  void function(core::FunctionId id);
  void source(uint32_t id);
  void value(const ValuePtr& value);
};

}  // namespace calc::elab
