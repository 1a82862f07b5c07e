#include "lang/codegen/jit.h"
#include "lang/codegen/support.h"
#include "lang/core/tools.h"

namespace calc::codegen {
namespace {

using core::Elem;
using rt::Array;

loop::Slot to_slot(Array array, const core::Type& type) {
  loop::Slot slot{};
  if (!type.is_scalar()) {
    slot.array = array.disown();
    return slot;
  }
  switch (type.elem) {
    case Elem::Bool:
      slot.b = array.as_bool() ? 1 : 0;
      break;
    case Elem::I64:
      slot.i = array.as_int();
      break;
    case Elem::F64:
      slot.f = array.as_real();
      break;
    case Elem::F32:
      slot.f32 = array.as_real32();
      break;
  }
  return slot;
}

Array from_slot(loop::Slot slot, const core::Type& type) {
  if (!type.is_scalar()) return Array::adopt(slot.array);
  switch (type.elem) {
    case Elem::Bool:
      return Array::of(slot.b != 0);
    case Elem::I64:
      return Array::of(slot.i);
    case Elem::F64:
      return Array::of(slot.f);
    case Elem::F32:
      return Array::of(slot.f32);
  }
  return {};
}

[[noreturn]] void raise(int32_t status, rt::Context& context) {
  if (status == kInterrupted) throw rt::Interrupted{};
  core::EvaluationError error;
  error.failure = std::exchange(context.failure, {});
  for (uint32_t loc : context.failure_trace) error.trace.push_back(core::LocId{loc});
  throw error;
}

}  // namespace

std::vector<Array> run(const Compiled& compiled, std::span<const core::Type> params,
                       std::span<const core::Type> results, std::vector<Array> args,
                       const std::vector<bool>& donated, rt::Context& context) {
  std::vector<loop::Slot> in(args.size() + 1);
  for (size_t k = 0; k < args.size(); ++k) {
    // A borrowed argument stays with `args`; a donated one belongs to the code from here on.
    in[k] = to_slot(donated[k] ? std::move(args[k]) : args[k], params[k]);
  }
  std::vector<loop::Slot> out(results.size() + 1);
  const int32_t status = compiled.entry()(&context, in.data(), out.data());
  for (size_t k = 0; k < args.size(); ++k) {
    if (!donated[k] && !params[k].is_scalar()) rt::release(in[k].array);
  }
  if (status != kFine) raise(status, context);
  std::vector<Array> values;
  for (size_t k = 0; k < results.size(); ++k) values.push_back(from_slot(out[k], results[k]));
  return values;
}

}  // namespace calc::codegen
