#pragma once
// The library modules written in calc, embedded by the build (cmake/embed.cmake).
#include <string_view>
#include <vector>

namespace calc::stdlib {

struct Module {
  std::string_view name;
  std::string_view text;
};

const std::vector<Module>& modules();

}  // namespace calc::stdlib
