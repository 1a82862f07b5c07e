#pragma once
// Random well-typed programs, the same for the same seed.
//
// The grammar is a table: a production is a text with holes, which stand for expressions of some
// sort, names and binders (generate.cpp says which). So a construct of the language is a line of
// the table. Values are kept in a tame range by bounded functions, and away from kinks by chance;
// the checker notices the kinks that are left.
#include <set>
#include <string>

#include "tests/fuzz/program.h"

namespace calc::fuzz {

/// Features of the language that a production may need; a probe for each tells whether it is there.
struct Feature {
  std::string name;
  std::string probe;
};
const std::vector<Feature>& features();

/// With "singular" among the features: functions with infinite derivatives under branches and
/// masks, and a point with exact zeros.
Program generate(uint64_t seed, const std::set<std::string>& available);

}  // namespace calc::fuzz
