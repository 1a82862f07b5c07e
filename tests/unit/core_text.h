#pragma once
// Core from text, for tests: read it, run it, count in it.
#include <map>
#include <pthread.h>
#include <string>
#include <vector>

#include "lang/core/tools.h"
#include "lang/prim/prim.h"

namespace calc::test {

/// A module holding the functions of a text; `main` is the last of them.
struct CoreText {
  core::Module module;
  core::FunctionId main;

  explicit CoreText(std::string_view text) {
    install_once();
    main = core::read(module, text);
  }
  static void install_once() {
    static const bool done = (prim::install(), true);
    (void)done;
  }

  core::Function& function() { return module.get(main); }
  std::string verify() const { return core::verify(module, module.get(main)); }
  std::string print() const { return core::print_all(module, main); }
  std::vector<rt::Array> run(std::vector<rt::Array> args) const {
    rt::Context context;
    return core::evaluate(module, main, std::move(args), context);
  }
  double run_real(std::vector<rt::Array> args) const { return run(std::move(args))[0].as_real(); }

  /// How often an operation occurs: a primitive's name, or const, if, for, while, call.
  int count(std::string_view name) const {
    int found = 0;
    core::for_each_op(module.get(main).body, [&](const core::Op& op) {
      if (word(op) == name) ++found;
    });
    return found;
  }
  /// Operations but for constants.
  int count() const {
    int found = 0;
    core::for_each_op(module.get(main).body, [&](const core::Op& op) {
      if (op.kind != core::OpKind::Constant) ++found;
    });
    return found;
  }

  static std::string_view word(const core::Op& op) {
    switch (op.kind) {
      case core::OpKind::Constant:
        return "const";
      case core::OpKind::Primitive:
        return op.primitive->name;
      case core::OpKind::If:
        return "if";
      case core::OpKind::For:
        return "for";
      case core::OpKind::While:
        return "while";
      case core::OpKind::Call:
        return "call";
    }
    return "";
  }
};

inline rt::Array vector(std::vector<double> values) {
  const int64_t size = static_cast<int64_t>(values.size());
  return rt::Array::reals(std::span(&size, 1), values);
}
inline rt::Array scalar(double value) { return rt::Array::of(value); }
inline rt::Array whole(int64_t value) { return rt::Array::of(value); }

}  // namespace calc::test
