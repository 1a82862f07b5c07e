#pragma once
// The primitives of Core, a file a family; `install` fills the registry once.
#include "lang/core/primitive.h"

namespace calc::prim {

void install();

/// Builds the Core of a `Partials` text: an elementwise calc expression over named values.
core::ValueId build_text(core::Builder& builder, std::string_view text,
                         std::span<const std::string_view> names,
                         std::span<const core::ValueId> values);

}  // namespace calc::prim
