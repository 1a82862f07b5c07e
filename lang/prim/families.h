#pragma once
// The families of primitives: each function adds its records to the registry.
#include "lang/core/primitive.h"

namespace calc::prim {

void add_arithmetic(core::Registry& registry);
void add_power(core::Registry& registry);
void add_elementary(core::Registry& registry);
void add_special(core::Registry& registry);
void add_logic(core::Registry& registry);
void add_structure(core::Registry& registry);
void add_joining(core::Registry& registry);
void add_indexing(core::Registry& registry);
void add_updates(core::Registry& registry);
void add_reductions(core::Registry& registry);
void add_scans(core::Registry& registry);
void add_sorting(core::Registry& registry);
void add_products(core::Registry& registry);
void add_solvers(core::Registry& registry);
void add_factorisations(core::Registry& registry);
void add_random(core::Registry& registry);
void add_effects(core::Registry& registry);
void add_files(core::Registry& registry);

}  // namespace calc::prim
