#pragma once
// The names of values that are always there: `pi`, `inf`, `none`, …
#include <span>
#include <string_view>

namespace calc::elab {

std::span<const std::string_view> constant_names();

}  // namespace calc::elab
