// A session that runs for days makes functions, locations and texts without end. What no value
// and no fresh memory needs goes, whenever there is twice as much as the last time left: so the
// cost stays in proportion, and memory bounded by what is alive.
#include "lang/driver/session_impl.h"
#include "lang/elaborate/reach.h"

namespace calc::driver {

bool Session::Impl::collect_if_due() {
  if (!loading.empty()) return false;
  // Where everything is verified, so is this.
  const bool due = module.count() > collect_above || sources.count() > collect_sources_above;
  if (!due && !options.verify) return false;
  collect();
  return true;
}

void Session::Impl::collect() {
  constexpr size_t kLeast = 1000;
  elab::Reach reach;
  elaborator.collect(collected_at, reach);
  collected_at = elaborator.statements();
  names.each([&](const elab::Global& global) { reach.value(global.tree); });
  for (uint32_t source : pinned_sources) reach.source(source);

  std::vector<bool>& live = reach.functions;
  live.resize(module.size(), false);
  do core::mark_calls(module, live);
  while (differentiator.mark(live));
  differentiator.keep(live);
  std::erase_if(optimized, [&](core::FunctionId id) { return !live[id.index]; });
  const std::vector<bool> located = module.collect(live);
  for (uint32_t k = 0; k < located.size(); ++k) {
    if (located[k]) reach.source(k);
  }
  sources.keep(reach.sources);
  collect_above = std::max(kLeast, 2 * module.count());
  collect_sources_above = std::max(kLeast, 2 * sources.count());
}

}  // namespace calc::driver
