// What a session still needs of what it has made.
#include "lang/elaborate/reach.h"

#include "lang/elaborate/state.h"

namespace calc::elab {

namespace {

void mark(std::vector<bool>& marks, uint32_t index) {
  if (index >= marks.size()) marks.resize(index + 1, false);
  marks[index] = true;
}

}  // namespace

void Reach::function(core::FunctionId id) {
  if (id.valid()) mark(functions, id.index);
}

void Reach::source(uint32_t id) {
  if (id != UINT32_MAX) mark(sources, id);
}

void Reach::value(const ValuePtr& tree) {
  if (!tree) return;
  for (const ValuePtr& item : tree->items) value(item);
  for (const StringPiece& piece : tree->pieces) value(piece.hole);
  if (tree->closure) {
    source(tree->closure->span.source);
    if (tree->closure->program) source(tree->closure->program->source);
    for (const auto& [name, captured] : tree->closure->captured) value(captured);
  }
  if (!tree->derived) return;
  const Derived& derived = *tree->derived;
  function(derived.code);
  for (const ValuePtr& part :
       {derived.function, derived.state, derived.argument_shape, derived.result_shape}) {
    value(part);
  }
}

/// A specialisation is a memory, nothing more: what was not used lately is made anew when it is
/// asked for again.
void State::collect(uint64_t since, Reach& reach) {
  for (auto entry = memo_.begin(); entry != memo_.end();) {
    auto& variants = entry->second;
    std::erase_if(variants, [&](const auto& variant) { return variant->used < since; });
    for (const auto& variant : variants) {
      reach.function(variant->function);
      reach.value(variant->callee);
      reach.value(variant->result);
      for (const ValuePtr& arg : variant->args) reach.value(arg);
      for (const GlobalUse& use : variant->uses) reach.value(use.tree);
    }
    entry = variants.empty() ? memo_.erase(entry) : std::next(entry);
  }
}

}  // namespace calc::elab
