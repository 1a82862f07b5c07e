// Dead code across calls: a call gives only the results that are used and takes only the arguments
// those need.
//
// After a jvp many tangents of callees serve nothing. Dead code elimination alone cannot take a
// result out of a call; left there, its tangent arguments would keep linear operations alive inside
// constructs all of whose results are known, and those could not be split.
#include "lang/ad/engine.h"
#include "lang/opt/opt.h"

namespace calc::ad {

namespace {

class Trimmer : public opt::CallTrimmer {
 public:
  explicit Trimmer(Engine& engine) : engine_(engine) {}

  Mask needs(FunctionId callee, const Mask& results) override {
    return engine_.needs(callee, results);
  }
  FunctionId trimmed(FunctionId callee, const Mask& results) override {
    return engine_.trim(callee, results);
  }

 private:
  Engine& engine_;
};

}  // namespace

void trim_calls(Engine& engine, Function& function) {
  Trimmer trimmer(engine);
  opt::dead_code(engine.module(), function, trimmer);
}

Mask needed_params(Engine& engine, const Function& function, const Mask& results) {
  Trimmer trimmer(engine);
  return opt::needed_params(engine.module(), function, results, trimmer);
}

}  // namespace calc::ad
