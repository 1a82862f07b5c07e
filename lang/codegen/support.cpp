#include "lang/codegen/support.h"

#include <cstring>
#include <exception>
#include <new>

#include "lang/core/stack.h"
#include "runtime/math.h"

namespace calc::codegen {
namespace {

using rt::Array;
using rt::ArrayHeader;

void note_failure(rt::Context* context, rt::Failure failure, uint32_t loc) {
  context->failure = std::move(failure);
  context->failure_trace.assign(1, loc);
}

bool has_sizes(const ArrayHeader& header, core::Elem elem, std::span<const int64_t> dims) {
  if (header.elem != elem || header.rank != static_cast<int32_t>(dims.size())) return false;
  return std::memcmp(header.dims(), dims.data(), dims.size_bytes()) == 0;
}

Array unslot(loop::Slot slot, OpaqueSite::Kind kind) {
  if (kind.is_buffer) {
    rt::retain(slot.array);
    return Array::adopt(slot.array);
  }
  switch (kind.elem) {
    case core::Elem::Bool:
      return Array::of(slot.b != 0);
    case core::Elem::I64:
      return Array::of(slot.i);
    case core::Elem::F64:
      return Array::of(slot.f);
    case core::Elem::F32:
      return Array::of(slot.f32);
  }
  return {};
}

loop::Slot slot_of(Array array, OpaqueSite::Kind kind) {
  loop::Slot slot{};
  if (kind.is_buffer) {
    slot.array = array.disown();
    return slot;
  }
  switch (kind.elem) {
    case core::Elem::Bool:
      slot.b = array.as_bool() ? 1 : 0;
      break;
    case core::Elem::I64:
      slot.i = array.as_int();
      break;
    case core::Elem::F64:
      slot.f = array.as_real();
      break;
    case core::Elem::F32:
      slot.f32 = array.as_real32();
      break;
  }
  return slot;
}

extern "C" {

/// `old` itself when it is an own block of these sizes, else a fresh one (and `old` is released).
ArrayHeader* calc_alloc(rt::Context* context, ArrayHeader* old, int32_t elem, int32_t rank,
                        const int64_t* dims, uint32_t loc) noexcept {
  const auto kind = static_cast<core::Elem>(elem);
  const std::span<const int64_t> sizes(dims, static_cast<size_t>(rank));
  if (old != nullptr && old->refs == 1 && has_sizes(*old, kind, sizes)) return old;
  try {
    ArrayHeader* fresh = rt::allocate(kind, sizes);
    rt::release(old);
    return fresh;
  } catch (rt::Failure& failure) {
    note_failure(context, std::move(failure), loc);
    return nullptr;
  }
}

void calc_retain(ArrayHeader* header) noexcept { rt::retain(header); }

void calc_release(ArrayHeader* header) noexcept { rt::release(header); }

/// A block of its own with `source`'s contents; `old`, whose reference this takes over, is reused
/// when it fits.
ArrayHeader* calc_copy(rt::Context* context, ArrayHeader* old, const ArrayHeader* source,
                       uint32_t loc) noexcept {
  ArrayHeader* copy =
      calc_alloc(context, old == source ? nullptr : old, static_cast<int32_t>(source->elem),
                 source->rank, source->dims(), loc);
  if (copy == nullptr) return nullptr;
  std::memcpy(copy->data, source->data,
              static_cast<size_t>(source->size) * rt::elem_size(source->elem));
  if (old == source) rt::release(old);
  return copy;
}

ArrayHeader* calc_unique(rt::Context* context, ArrayHeader* header, uint32_t loc) noexcept {
  if (header->refs == 1) return header;
  ArrayHeader* copy = calc_copy(context, nullptr, header, loc);
  if (copy != nullptr) rt::release(header);
  return copy;
}

const void* calc_interrupt_flag(rt::Context* context) noexcept { return &context->interrupt; }

uint64_t calc_stack_limit() noexcept { return core::StackGuard::of_this_thread().limit(); }

/// A call of `evaluate`. Status as of compiled functions.
int32_t calc_opaque(rt::Context* context, const OpaqueSite* site, const loop::Slot* in,
                    loop::Slot* out) noexcept {
  try {
    context->poll();
    std::vector<Array> args(site->args.size());
    for (size_t k = 0; k < args.size(); ++k) args[k] = unslot(in[k], site->args[k]);
    std::vector<Array> results(site->results.size());
    site->primitive->evaluate(*context, args, site->attrs, results);
    for (size_t k = 0; k < results.size(); ++k) {
      out[k] = slot_of(std::move(results[k]), site->results[k]);
    }
    return kFine;
  } catch (rt::Failure& failure) {
    note_failure(context, std::move(failure), site->loc.index);
    return kFailed;
  } catch (const rt::Interrupted&) {
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    note_failure(context, {"out of memory", ""}, site->loc.index);
    return kFailed;
  }
}

/// A checked scalar operation failed: its primitive says why.
void calc_fail(rt::Context* context, const OpaqueSite* site, const loop::Slot* in) noexcept {
  loop::Slot out[1];
  if (calc_opaque(context, site, in, out) == kFine) {
    note_failure(context, {"the operation failed", ""}, site->loc.index);
  }
}

double calc_power_f64(double x, int64_t n) noexcept { return rt::power_int(x, n); }

float calc_power_f32(float x, int64_t n) noexcept { return rt::power_int(x, n); }

/// 1 and the power, or 0 when there is none.
int32_t calc_power_i64(int64_t base, int64_t exponent, int64_t* result) noexcept {
  const std::optional<int64_t> power = rt::checked_pow(base, exponent);
  if (power) *result = *power;
  return power ? 1 : 0;
}

/// A recursive function is entered. Status as of compiled functions; the call is the location.
int32_t calc_enter(rt::Context* context, const char* name) noexcept {
  if (context->interrupt.load(std::memory_order_relaxed) != 0) return kInterrupted;
  if (!core::StackGuard::of_this_thread().nearly_full()) return kFine;
  context->failure = core::too_deep(name);
  context->failure_trace.clear();
  return kFailed;
}

/// The failure passes through a call.
void calc_trace(rt::Context* context, uint32_t loc) noexcept {
  context->failure_trace.push_back(loc);
}

}  // extern "C"

template <typename F>
void* address(F* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

std::vector<std::pair<std::string_view, void*>> support_symbols() {
  return {
      {"calc_alloc", address(&calc_alloc)},
      {"calc_retain", address(&calc_retain)},
      {"calc_release", address(&calc_release)},
      {"calc_copy", address(&calc_copy)},
      {"calc_unique", address(&calc_unique)},
      {"calc_interrupt_flag", address(&calc_interrupt_flag)},
      {"calc_opaque", address(&calc_opaque)},
      {"calc_fail", address(&calc_fail)},
      {"calc_power_f64", address(&calc_power_f64)},
      {"calc_power_f32", address(&calc_power_f32)},
      {"calc_power_i64", address(&calc_power_i64)},
      {"calc_trace", address(&calc_trace)},
      {"calc_stack_limit", address(&calc_stack_limit)},
      {"calc_enter", address(&calc_enter)},
  };
}

}  // namespace calc::codegen
