#pragma once
// What a nest is for: an array to be stored or a reduction.
#include "lang/lower/lowering.h"

namespace calc::lower {

struct FunctionLowering::Root {
  enum class Kind : uint8_t { Store, Reduce, Position };

  Kind kind = Kind::Store;
  const Op* op = nullptr;
  ValueId value;
  LocId loc;
  BufId dest;
  /// Of its own space.
  Index index;

  // -- Store
  bool is_slot = false;
  size_t slot = 0;
  ExprId element;

  // -- Reduce and Position
  core::Reduction reduction = core::Reduction::Sum;
  Elem elem = Elem::F64;
  /// The loops of the result's axes, outermost loop first by axis; the loop after the last of them
  /// starts the accumulation.
  std::vector<ExprId> kept;
  size_t depth = 0;
  /// A reduced loop runs outside a kept one: the accumulator is the result's element.
  bool buffered = false;
  VarId accumulator, position;
};

}  // namespace calc::lower
