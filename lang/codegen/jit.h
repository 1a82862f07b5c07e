#pragma once
// Loops -> LLVM IR -> machine code. The only folder that includes LLVM.
#include <memory>
#include <string>

#include "lang/loop/ir.h"
#include "runtime/context.h"

namespace calc::codegen {

/// Code for one program; freeing it frees the code.
class Compiled {
 public:
  virtual ~Compiled() = default;
  using Entry = int32_t (*)(rt::Context*, const loop::Slot* in, loop::Slot* out);
  virtual Entry entry() const = 0;
  /// Milliseconds spent making it.
  virtual double compile_ms() const = 0;
};

class Jit {
 public:
  Jit();
  ~Jit();
  /// Throws std::logic_error when LLVM's verifier objects.
  std::unique_ptr<Compiled> compile(const loop::Program& program);
  std::string llvm_text(const loop::Program& program);
  std::string assembly(const loop::Program& program);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Runs compiled code on arrays: boxes and unboxes slots, turns statuses into core::EvaluationError
/// and rt::Interrupted. `donated` as given to lower::lower.
std::vector<rt::Array> run(const Compiled& compiled, std::span<const core::Type> params,
                           std::span<const core::Type> results, std::vector<rt::Array> args,
                           const std::vector<bool>& donated, rt::Context& context);

}  // namespace calc::codegen
