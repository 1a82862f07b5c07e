#pragma once
// What compiled code calls: buffers, failures, the interrupt flag, primitives without code of their
// own. All are extern "C", never throw, and report failure by a null pointer or a non-zero status.
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lang/loop/ir.h"
#include "runtime/context.h"

namespace calc::codegen {

/// Statuses of compiled functions.
inline constexpr int32_t kFine = 0;
inline constexpr int32_t kFailed = 1;
inline constexpr int32_t kInterrupted = 2;

/// An operation that compiled code hands to its primitive's `evaluate`; outlives the code.
struct OpaqueSite {
  const core::Primitive* primitive = nullptr;
  core::Attrs attrs;
  struct Kind {
    bool is_buffer = false;
    core::Elem elem = core::Elem::F64;
  };
  std::vector<Kind> args, results;
  core::LocId loc;
};

/// Name and address of everything above.
std::vector<std::pair<std::string_view, void*>> support_symbols();

}  // namespace calc::codegen
