#include "lang/prim/samples.h"

namespace calc::prim {

std::vector<Sample> samples_at(const std::vector<double>& ordinary,
                               const std::vector<double>& special) {
  const int64_t n = static_cast<int64_t>(ordinary.size());
  return {{{real(ordinary[0])}, {}},       {{reals(ordinary)}, {}},
          {{reals({n, 1}, ordinary)}, {}}, {{reals({0}, {})}, {}},
          {{real32(reals(ordinary))}, {}}, {{reals(special)}, {}, true}};
}

}  // namespace calc::prim
