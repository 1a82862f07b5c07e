#include "lang/driver/tier.h"

#include <algorithm>
#include <unordered_map>

#include "lang/core/tools.h"

namespace calc::driver {
namespace {

constexpr double kUnknownTrips = 1e6;
constexpr double kUnknownSize = 1000;
constexpr int kMaxCalls = 64;

class Estimate {
 public:
  explicit Estimate(const core::Module& module) : module_(module) {}

  double function(core::FunctionId id, int calls) {
    if (calls > kMaxCalls || !module_.defined(id)) return kUnknownTrips;
    const core::Function& f = module_.get(id);
    return block(f, f.body, calls);
  }

 private:
  double block(const core::Function& f, const core::Block& b, int calls) {
    double total = 0;
    for (const core::Op& op : b.ops) {
      if (op.kind == core::OpKind::Constant && op.constant.rank() == 0 &&
          op.constant.elem() == core::Elem::I64) {
        constants_[{&f, op.results[0].index}] = static_cast<double>(op.constant.as_int());
      }
      total += operation(f, op, calls);
    }
    return total;
  }

  double operation(const core::Function& f, const core::Op& op, int calls) {
    switch (op.kind) {
      case core::OpKind::Constant:
        return 0;
      case core::OpKind::Primitive:
        return primitive(f, op);
      case core::OpKind::Call:
        return function(op.callee, calls + 1);
      case core::OpKind::While:
        return kUnknownTrips;
      case core::OpKind::If:
        return 1 + std::max(block(f, op.blocks[0], calls), block(f, op.blocks[1], calls));
      case core::OpKind::For: {
        auto known = constants_.find({&f, op.args[0].index});
        const double trips = known == constants_.end() ? kUnknownTrips : known->second;
        // Evaluating an operation costs about a hundred machine operations.
        return trips * 100 * (1 + block(f, op.blocks[0], calls));
      }
    }
    return 0;
  }

  static double primitive(const core::Function& f, const core::Op& op) {
    double largest = 1;
    for (core::ValueId v : op.results) largest = std::max(largest, elements(f.type(v)));
    for (core::ValueId v : op.args) largest = std::max(largest, elements(f.type(v)));
    return largest;
  }

  static double elements(const core::Type& type) {
    double count = 1;
    for (int64_t dim : type.dims) {
      count *= dim == core::kDynamic ? kUnknownSize : static_cast<double>(dim);
    }
    return count;
  }

  struct KeyHash {
    size_t operator()(const std::pair<const core::Function*, uint32_t>& key) const {
      return std::hash<const void*>()(key.first) * 31 + key.second;
    }
  };
  const core::Module& module_;
  std::unordered_map<std::pair<const core::Function*, uint32_t>, double, KeyHash> constants_;
};

bool is_update(const core::Op& op) {
  if (op.kind != core::OpKind::Primitive) return false;
  const auto* structural = std::get_if<core::StructuralLowering>(&op.primitive->lowering);
  if (structural == nullptr) return false;
  switch (structural->form) {
    case core::Structural::IndexSet:
    case core::Structural::IndexAdd:
    case core::Structural::SliceSet:
    case core::Structural::SliceAdd:
    case core::Structural::TakeSet:
    case core::Structural::TakeAdd:
      return true;
    default:
      return false;
  }
}

}  // namespace

double estimated_work(const core::Module& module, core::FunctionId function) {
  return Estimate(module).function(function, 0);
}

std::vector<bool> safe_to_donate(const core::Module& module, const core::Function& function) {
  const std::vector<core::ValueId>& params = function.body.params;
  std::vector<bool> donated(params.size(), false);
  bool writing = false;
  for (const core::Op& op : function.body.ops) {
    if (writing && core::has_effect(module, op)) return std::vector<bool>(params.size(), false);
    if (!op.blocks.empty() || op.kind == core::OpKind::Call) {
      // A loop or call may fail half way through its updates.
      if (core::has_effect(module, op)) return std::vector<bool>(params.size(), false);
    }
    if (!is_update(op)) continue;
    writing = true;
    for (size_t k = 0; k < params.size(); ++k) {
      if (params[k] == op.args[0]) donated[k] = true;
    }
  }
  return donated;
}

}  // namespace calc::driver
