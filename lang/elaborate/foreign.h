#pragma once
// Names of other languages and their libraries: what is said when a program uses one that it has
// not defined.
#include <string>
#include <string_view>
#include <vector>

namespace calc::elab {

/// What to write for a name of another language; "" when it is none of them.
std::string foreign_name(std::string_view name);
/// The same for what follows a point: `A.T`, `x.shape`.
std::string foreign_field(std::string_view name);
/// `np`, `math`: a library whose functions are here without a prefix.
bool is_foreign_library(std::string_view name);

/// The hint for an undefined name: a spelling of another language, or the nearest candidate.
std::string undefined_hint(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace calc::elab
