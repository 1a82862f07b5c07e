#include <algorithm>
#include <stdexcept>

#include "lang/core/primitive.h"

namespace calc::core {

namespace {

auto position(const std::vector<const Primitive*>& all, std::string_view name) {
  return std::lower_bound(all.begin(), all.end(), name,
                          [](const Primitive* p, std::string_view key) { return p->name < key; });
}

}  // namespace

const Primitive* Registry::find(std::string_view name) const {
  auto at = position(all_, name);
  return at != all_.end() && (*at)->name == name ? *at : nullptr;
}

const Primitive& Registry::get(std::string_view name) const {
  const Primitive* primitive = find(name);
  if (!primitive) throw std::logic_error("no primitive is called " + std::string(name));
  return *primitive;
}

void Registry::add(const Primitive& primitive) {
  if (find(primitive.name)) {
    throw std::logic_error("the primitive " + std::string(primitive.name) + " is defined twice");
  }
  all_.insert(position(all_, primitive.name), &primitive);
}

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace calc::core
