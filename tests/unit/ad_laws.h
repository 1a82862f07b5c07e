#pragma once
// The laws a derivative must obey, checked on a function given as textual Core.
#include <cmath>
#include <string>
#include <vector>

#include "lang/ad/ad.h"
#include "tests/unit/core_text.h"

namespace calc::test {

using Arrays = std::vector<rt::Array>;

/// A module with a differentiator.
struct Derivatives {
  CoreText text;
  ad::Differentiator ad;

  explicit Derivatives(std::string_view core) : text(core), ad(text.module) {}

  core::FunctionId main() const { return text.main; }
  const core::Function& function(core::FunctionId id) const { return text.module.get(id); }
  Arrays run(core::FunctionId id, Arrays args) const {
    rt::Context context;
    return core::evaluate(text.module, id, std::move(args), context);
  }
  /// The real parameters of a function.
  ad::Active real_params(core::FunctionId id) const {
    ad::Active active;
    for (const core::Type& type : function(id).param_types()) active.push_back(type.is_real());
    return active;
  }
  /// Operations of a function and its callees, nested ones included, but for constants.
  int count(core::FunctionId id, std::string_view name = "") const;
};

/// Values that are neither special nor symmetric, different for each seed.
rt::Array arbitrary(const rt::Array& like, int seed);
bool is_real(const rt::Array& array);
/// a + t b
rt::Array moved(const rt::Array& a, double t, const rt::Array& b);
double dot(const rt::Array& a, const rt::Array& b);
/// The real arrays among them.
Arrays reals_of(const Arrays& arrays);

/// Checks, at `args`, by the active parameters:
///   jvp against 5-point differences, vjp against jvp, linearize against both, the verifiers;
/// then the same for the derived functions themselves, up to `order`. Returns "" or what is wrong.
std::string check_laws(Derivatives& d, core::FunctionId id, const Arrays& args,
                       const ad::Active& active, int order, double tolerance = 2e-6);
/// For the last function of a text and all its real parameters.
std::string check_laws(std::string_view core, const Arrays& args, int order = 2,
                       double tolerance = 2e-6);

}  // namespace calc::test
