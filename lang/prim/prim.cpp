#include "lang/prim/prim.h"

#include <mutex>

#include "lang/prim/families.h"

namespace calc::prim {

void install() {
  static std::once_flag once;
  std::call_once(once, [] {
    core::Registry& registry = core::registry();
    for (auto add :
         {add_arithmetic, add_power, add_elementary, add_special, add_logic, add_structure,
          add_joining, add_indexing, add_updates, add_reductions, add_scans, add_sorting,
          add_products, add_solvers, add_factorisations, add_random, add_effects, add_files}) {
      add(registry);
    }
  });
}

}  // namespace calc::prim
