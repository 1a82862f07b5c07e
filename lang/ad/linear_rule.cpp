#include "lang/ad/linear_rule.h"

#include <algorithm>
#include <map>

namespace calc::ad {

namespace {

using Degrees = std::vector<Degree>;

struct Found {
  Nonlinearity what;
};

/// What several degrees are together, where linear and independent do not mix.
Degree joined(Degree a, Degree b) { return std::max(a, b); }
bool mixed(Degree a, Degree b) { return a != b && a != Degree::Zero && b != Degree::Zero; }

bool is_zero(const rt::Array& array) {
  return array.identical(rt::Array::zeros(array.elem(), array.dims()));
}

/// What all functions of one check share.
struct Shared {
  const Module& module;
  /// Results by function and degrees of its arguments; what is being found counts as it is so far.
  std::map<std::pair<uint32_t, Degrees>, Degrees> results;
};

class Walk {
 public:
  Walk(Shared& shared, const Function& function, core::LocId site)
      : shared_(shared), function_(function), site_(site), degrees_(function.value_types.size()) {}

  Degrees run(const Degrees& params) {
    for (size_t k = 0; k < params.size(); ++k) set(function_.body.params[k], params[k]);
    do {
      changed_ = false;
      block(function_.body);
    } while (changed_);
    return of(function_.body.results);
  }

 private:
  Degree at(ValueId value) const { return degrees_[value.index]; }
  Degrees of(std::span<const ValueId> values) const {
    Degrees out;
    for (ValueId value : values) out.push_back(at(value));
    return out;
  }
  void set(ValueId value, Degree degree) {
    if (at(value) == degree) return;
    degrees_[value.index] = degree;
    changed_ = true;
  }

  [[noreturn]] void fail(const Op& op, std::string reason) const {
    core::LocId place = op.loc;
    if (site_.index != 0) {
      place = site_;
    } else {
      while (shared_.module.location(place).caller.index != 0) {
        place = shared_.module.location(place).caller;
      }
    }
    throw Found{{place, std::move(reason)}};
  }

  void block(const Block& block) {
    for (const Op& op : block.ops) operation(op);
  }

  void operation(const Op& op) {
    switch (op.kind) {
      case OpKind::Constant:
        return set(op.results[0], is_zero(op.constant) ? Degree::Zero : Degree::Independent);
      case OpKind::Primitive:
        return primitive(op);
      case OpKind::Call:
        return call(op);
      case OpKind::If:
        if (at(op.args[0]) == Degree::Linear) fail(op, "a branch is chosen by it");
        for (const Block& nested : op.blocks) {
          block(nested);
          for (size_t k = 0; k < op.results.size(); ++k) flow(op, nested.results[k], op.results[k]);
        }
        return;
      case OpKind::For:
      case OpKind::While:
        return loop(op);
    }
  }

  /// A value that comes from several places.
  void flow(const Op& op, ValueId from, ValueId to) {
    if (mixed(at(from), at(to))) {
      fail(op, "a part of the value depends on it, another is there without it");
    }
    set(to, joined(at(from), at(to)));
  }

  void loop(const Op& op) {
    const size_t skip = op.kind == OpKind::For ? 1 : 0;
    const Block& body = op.blocks.back();
    if (skip == 1) set(body.params[0], Degree::Independent);
    for (size_t k = skip; k < op.args.size(); ++k) {
      flow(op, op.args[k], body.params[k]);
      if (skip == 0) flow(op, body.params[k], op.blocks[0].params[k]);
    }
    if (skip == 0) {
      block(op.blocks[0]);
      if (at(op.blocks[0].results[0]) == Degree::Linear) fail(op, "a loop ends by it");
    }
    block(body);
    const size_t carried = op.args.size() - skip;
    for (size_t k = 0; k < body.results.size(); ++k) {
      if (k < carried) {
        flow(op, body.results[k], body.params[k + skip]);
        flow(op, body.params[k + skip], op.results[k]);
      } else {
        flow(op, body.results[k], op.results[k]);
      }
    }
  }

  void call(const Op& op) {
    const Function& callee = shared_.module.get(op.callee);
    const Degrees args = of(op.args);
    const bool linear = std::find(args.begin(), args.end(), Degree::Linear) != args.end();
    if (linear && callee.rule.valid())
      fail(op, "it goes through a function with a rule of its own");
    const Degrees results = called(op.callee, args, site_.index != 0 ? site_ : op.loc);
    for (size_t k = 0; k < results.size(); ++k) set(op.results[k], results[k]);
  }

  Degrees called(FunctionId id, const Degrees& args, core::LocId site) {
    const Function& callee = shared_.module.get(id);
    auto [entry, is_new] = shared_.results.try_emplace(
        {id.index, args}, Degrees(callee.body.results.size(), Degree::Zero));
    if (!is_new) return entry->second;
    for (;;) {
      Degrees found = Walk(shared_, callee, site).run(args);
      if (found == entry->second) return found;
      entry->second = std::move(found);
    }
  }

  // -- primitives

  void primitive(const Op& op) {
    const Degrees args = of(op.args);
    const bool linear = std::find(args.begin(), args.end(), Degree::Linear) != args.end();
    if (op.primitive->name == "dim") return set(op.results[0], Degree::Independent);
    if (linear) {
      check_linear(op, args);
      for (ValueId result : op.results) set(result, Degree::Linear);
      return;
    }
    const Degree degree = keeps_zero(op, args) ? Degree::Zero : Degree::Independent;
    for (ValueId result : op.results) set(result, degree);
  }

  bool is_real(ValueId value) const { return function_.type(value).is_real(); }

  /// Do zeros for the linear operands give zero?
  bool keeps_zero(const Op& op, const Degrees& args) const {
    bool all = true;
    bool any = false;
    bool has_real = false;
    for (size_t k = 0; k < args.size(); ++k) {
      if (!is_real(op.args[k])) continue;
      has_real = true;
      all = all && args[k] == Degree::Zero;
      any = any || args[k] == Degree::Zero;
    }
    const auto& rule = op.primitive->derivative.rule;
    if (std::holds_alternative<core::Multilinear>(rule)) return any;
    if (op.primitive->name == "select") return all && has_real;
    if (op.primitive->name == "div") return args[0] == Degree::Zero;
    return std::holds_alternative<core::LinearOp>(rule) && all && has_real;
  }

  void check_linear(const Op& op, const Degrees& args) const {
    const std::string_view name = op.primitive->name;
    const bool real = std::all_of(op.results.begin(), op.results.end(),
                                  [&](ValueId result) { return is_real(result); });
    const bool transposes =
        std::holds_alternative<core::TransposeRule>(op.primitive->transpose.rule);
    if (!real) fail(op, "a condition or an index depends on it");
    if (op.results.empty() || !transposes) {
      const bool power = name == "powi" || name == "pow";
      fail(op, "`" + std::string(power ? "^" : name) + "` is not linear");
    }
    const auto& rule = op.primitive->derivative.rule;
    if (std::holds_alternative<core::Multilinear>(rule)) {
      if (std::count(args.begin(), args.end(), Degree::Linear) > 1) {
        fail(op, "two factors depend on it");
      }
      return;
    }
    if (std::holds_alternative<core::LinearOp>(rule)) return check_together(op, args, 0);
    if (op.primitive->name == "select") return check_together(op, args, 1);
    const size_t factor = name == "lu_solve" ? 3 : name == "triangular_solve" ? 1 : 0;
    for (size_t k = 0; k < args.size(); ++k) {
      if (k != factor && args[k] == Degree::Linear) fail(op, "a divisor depends on it");
    }
  }

  /// Linear in the real operands together.
  void check_together(const Op& op, const Degrees& args, size_t first) const {
    for (size_t k = 0; k < args.size(); ++k) {
      if (k < first || !is_real(op.args[k])) {
        if (args[k] == Degree::Linear) fail(op, "a condition or an index depends on it");
      } else if (args[k] == Degree::Independent) {
        fail(op, "a part of the value depends on it, another is there without it");
      }
    }
  }

  Shared& shared_;
  const Function& function_;
  const core::LocId site_;
  Degrees degrees_;
  bool changed_ = false;
};

}  // namespace

std::optional<Nonlinearity> find_nonlinearity(const Module& module, FunctionId id,
                                              const Mask& tangents) {
  Shared shared{module, {}};
  const Function& function = module.get(id);
  Degrees params;
  for (bool tangent : tangents) {
    params.push_back(tangent ? Degree::Linear : Degree::Independent);
  }
  try {
    const Degrees results = Walk(shared, function, {}).run(params);
    if (std::find(results.begin(), results.end(), Degree::Independent) == results.end()) return {};
    return Nonlinearity{{}, "its value does not depend on it, and is not zero"};
  } catch (const Found& found) {
    return found.what;
  }
}

}  // namespace calc::ad
