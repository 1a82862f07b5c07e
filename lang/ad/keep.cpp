// What the differentiator remembers about functions that are still there; the rest goes.
//
// A derivative lives as long as the function it is of: marking goes from keys to values until
// nothing new is found (ad.h), since derivatives have derivatives.
#include "lang/ad/engine.h"

namespace calc::ad {

template <typename Self, typename Visit>
void Engine::each_memo(Self& self, Visit visit) {
  using Ids = std::vector<FunctionId>;
  visit(self.forwards_, [](const Forward& f) { return Ids{f.function}; });
  visit(self.splits_, [](const Split& s) { return Ids{s.known, s.linear}; });
  visit(self.restricted_params_, [](const Restricted& r) { return Ids{r.function}; });
  visit(self.transposes_, [](const Transposed& t) { return Ids{t.function}; });
  visit(self.trimmed_, [](const Trimmed& t) { return Ids{t.function}; });
  visit(self.restricted_, [](const FunctionId& id) { return Ids{id}; });
}

bool Engine::mark(std::vector<bool>& live) const {
  bool found = false;
  each_memo(*this, [&](const auto& memo, auto functions) {
    for (const auto& [key, value] : memo) {
      if (!live[key.first.index] || !value) continue;
      for (FunctionId id : functions(*value)) {
        found = found || !live[id.index];
        live[id.index] = true;
      }
    }
  });
  return found;
}

void Engine::keep(const std::vector<bool>& live) {
  const auto dead = [&](const auto& entry) { return !live[entry.first.first.index]; };
  each_memo(*this, [&](auto& memo, auto) { std::erase_if(memo, dead); });
  std::erase_if(actives_, dead);
  std::erase_if(optimized_, [&](uint32_t index) { return !live[index]; });
  std::erase_if(sizes_of_params, [&](const auto& entry) { return !live[entry.first]; });
}

}  // namespace calc::ad
