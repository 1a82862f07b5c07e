#pragma once
// What the laws of the primitives are tested with: a primitive as a Core function, its evaluation,
// and arithmetic on lists of tensors as if they were one vector.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "lang/ad/ad.h"
#include "lang/core/builder.h"
#include "lang/core/tools.h"
#include "lang/prim/prim.h"

namespace calc::test {

using Values = std::vector<rt::Array>;

inline std::string describe(const core::Primitive& primitive, const core::Sample& sample) {
  std::string text(primitive.name);
  for (const rt::Array& arg : sample.args) text += " " + core::to_string(core::type_of(arg));
  for (const auto& [name, value] : sample.attrs.entries()) text += " {" + name + "}";
  return text;
}

/// The primitive's own evaluation, on copies.
inline Values evaluate(const core::Primitive& primitive, Values args, const core::Attrs& attrs,
                       size_t results = 1) {
  rt::Context context;
  Values out(results);
  primitive.evaluate(context, args, attrs, out);
  return out;
}

/// The type with every size forgotten.
inline core::Type blurred(core::Type type) {
  for (int64_t& size : type.dims) size = core::kDynamic;
  return type;
}

/// A function that applies the primitive once; with sizes known only at run time where `dynamic`.
inline core::FunctionId as_function(core::Module& module, const core::Primitive& primitive,
                                    const core::Sample& sample, bool dynamic = false) {
  auto function = std::make_unique<core::Function>();
  function->name = std::string(primitive.name);
  core::Builder builder(module, *function);
  std::vector<core::ValueId> params;
  for (const rt::Array& arg : sample.args) {
    const core::Type type = core::type_of(arg);
    params.push_back(builder.add_param(dynamic ? blurred(type) : type));
  }
  builder.set_results(builder.emit(primitive, params, sample.attrs));
  return module.add(std::move(function));
}

inline Values run(const core::Module& module, core::FunctionId function, Values args) {
  rt::Context context;
  return core::evaluate(module, function, std::move(args), context);
}

// ---- lists of tensors as vectors
// -----------------------------------------------------------------

/// a + factor b, for the Real entries of both.
inline Values moved(const Values& a, double factor, const Values& b) {
  Values result = a;
  for (size_t k = 0; k < result.size(); ++k) {
    double* out = result[k].writable<double>();
    for (int64_t i = 0; i < result[k].size(); ++i) out[i] += factor * b[k].data<double>()[i];
  }
  return result;
}

inline double inner(const Values& a, const Values& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) {
    for (int64_t i = 0; i < a[k].size(); ++i)
      sum += a[k].data<double>()[i] * b[k].data<double>()[i];
  }
  return sum;
}

inline double norm(const Values& a) { return std::sqrt(inner(a, a)); }

/// Numbers in [-1, 1] without a pattern, the same in every run.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed * 2654435769u + 88172645463325252u) {}
  double next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<double>(state_ >> 11) * 0x1p-52 - 1.0;
  }
  Values like(const Values& shapes) {
    Values result;
    for (const rt::Array& shape : shapes) {
      rt::Array array = rt::Array::uninitialised(rt::Elem::F64, shape.dims());
      double* out = array.writable<double>();
      for (int64_t i = 0; i < array.size(); ++i) out[i] = next();
      result.push_back(std::move(array));
    }
    return result;
  }

 private:
  uint64_t state_;
};

}  // namespace calc::test
