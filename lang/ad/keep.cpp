// What the differentiator remembers about functions that are still there; the rest goes.
//
// A derivative lives as long as the function it is of: marking goes from keys to values until
// nothing new is found (ad.h), since derivatives have derivatives.
#include "lang/ad/engine.h"

namespace calc::ad {

bool Engine::mark(std::vector<bool>& live) const {
  bool found = false;
  const auto reach = [&](FunctionId of, FunctionId id) {
    if (!live[of.index] || live[id.index]) return;
    live[id.index] = found = true;
  };
  forwards_.each([&](FunctionId of, const Forward& f) { reach(of, f.function); });
  splits_.each([&](FunctionId of, const Split& s) {
    reach(of, s.known);
    reach(of, s.linear);
  });
  restricted_params_.each([&](FunctionId of, const Restricted& r) { reach(of, r.function); });
  transposes_.each([&](FunctionId of, const Transposed& t) { reach(of, t.function); });
  for (const auto& [key, id] : trimmed_) reach(key.function, id);
  for (const auto& [key, id] : restricted_) reach(key.function, id);
  expanded_.each([&](FunctionId of, const Expanded& e) { reach(of, e.function); });
  for (const auto& [of, id] : plain_) reach(FunctionId{of}, id);
  return found;
}

void Engine::keep(const std::vector<bool>& live) {
  forwards_.keep(live);
  splits_.keep(live);
  restricted_params_.keep(live);
  transposes_.keep(live);
  actives_.keep(live);
  needs_.keep(live);
  const auto dead = [&](const auto& entry) { return !live[entry.first.function.index]; };
  std::erase_if(trimmed_, dead);
  std::erase_if(restricted_, dead);
  const auto dead_index = [&](uint32_t index) { return !live[index]; };
  std::erase_if(optimized_, dead_index);
  std::erase_if(promised_, dead_index);
  std::erase_if(sizes_of_params, [&](const auto& entry) { return !live[entry.first]; });
}

}  // namespace calc::ad
