#pragma once
// A specialisation in the making, and what it is found by. See Note [Recursion] in recursion.cpp.
#include "lang/elaborate/state.h"

namespace calc::elab {

/// The structure of callee and arguments; `full` adds the known values offered to the body.
struct State::Key {
  explicit Key(const Request& request);
  std::string structure;
  std::string full;
};

struct State::Making {
  Key key;
  /// The structure with all sizes left out.
  std::string shapeless;
  /// What is known so far, for those who ask from inside.
  std::unique_ptr<Variant> assumed;
  size_t index = 0;
  /// The outermost function in the making that this one, or what it calls, asked for.
  size_t lowest = 0;
  bool open = false;
  /// Asked for from inside.
  bool asked = false;
  /// Made in the current round of the function at `lowest`.
  bool fresh = false;
};

/// Thrown where calls are nested without end, so that whoever tried a general form can say why that
/// failed instead.
struct TooDeep : base::DiagnosticError {};

/// The structure of a request with all sizes left out.
std::string shapeless_key(const Request& request);
std::vector<Leaf> leaves_of(const Request& request);

}  // namespace calc::elab
