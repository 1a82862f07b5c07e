#include "lang/driver/tier.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "lang/core/tools.h"

namespace calc::driver {
namespace {

constexpr double kUnknownTrips = 1e6;
constexpr double kUnknownSize = 1000;
constexpr int kMaxCalls = 64;

std::optional<core::Structural> form_of(const core::Op& op) {
  if (op.kind != core::OpKind::Primitive) return std::nullopt;
  const auto* structural = std::get_if<core::StructuralLowering>(&op.primitive->lowering);
  if (structural == nullptr) return std::nullopt;
  return structural->form;
}

/// Changes a part of its first argument.
bool is_update(const core::Op& op) {
  switch (form_of(op).value_or(core::Structural::Copy)) {
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

/// Reads a part of its first argument.
bool is_selection(const core::Op& op) {
  switch (form_of(op).value_or(core::Structural::Copy)) {
    case core::Structural::Slice:
    case core::Structural::Index:
    case core::Structural::Take:
    case core::Structural::Dim:
      return true;
    default:
      return false;
  }
}

/// Cannot fail for lack of memory.
bool has_scalar_results(const core::Function& f, const core::Op& op) {
  return std::all_of(op.results.begin(), op.results.end(),
                     [&](core::ValueId v) { return f.type(v).is_scalar(); });
}

class Estimate {
 public:
  explicit Estimate(const core::Module& module) : module_(module) {}

  double function(core::FunctionId id, int calls) {
    if (calls > kMaxCalls || !module_.defined(id)) return kUnknownTrips;
    // While it is being estimated it counts as long: that is what a recursive call is.
    const auto [known, is_new] = functions_.try_emplace(id, kUnknownTrips);
    if (!is_new) return known->second;
    const core::Function& f = module_.get(id);
    const double work = block(f, f.body, calls);
    return functions_[id] = work;
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

  /// An update in place, or a look at a part, costs the size of the part.
  static double primitive(const core::Function& f, const core::Op& op) {
    // The file says how large it is; reading it takes as long compiled.
    if (op.primitive->name == "read_csv") return 1;
    const bool update = is_update(op);
    const size_t first = update || is_selection(op) ? 1 : 0;
    double largest = 1;
    for (size_t k = first; k < op.args.size(); ++k) {
      largest = std::max(largest, elements(f.type(op.args[k])));
    }
    if (update) return largest;
    for (core::ValueId v : op.results) largest = std::max(largest, elements(f.type(v)));
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
  std::unordered_map<core::FunctionId, double> functions_;
  std::unordered_map<std::pair<const core::Function*, uint32_t>, double, KeyHash> constants_;
};

}  // namespace

double estimated_work(const core::Module& module, core::FunctionId function) {
  return Estimate(module).function(function, 0);
}

std::vector<bool> safe_to_donate(const core::Module& module, const core::Function& function) {
  const std::vector<core::ValueId>& params = function.body.params;
  std::vector<bool> donated(params.size(), false);
  bool writing = false;
  for (const core::Op& op : function.body.ops) {
    if (writing && core::has_effect(module, function, op))
      return std::vector<bool>(params.size(), false);
    if (!op.blocks.empty() || op.kind == core::OpKind::Call) {
      // A loop or call may fail half way through its updates.
      if (core::has_effect(module, function, op)) return std::vector<bool>(params.size(), false);
    }
    if (!is_update(op)) {
      const bool harmless = op.kind == core::OpKind::Constant || has_scalar_results(function, op);
      if (writing && !harmless) return std::vector<bool>(params.size(), false);
      continue;
    }
    writing = true;
    for (size_t k = 0; k < params.size(); ++k) {
      if (params[k] == op.args[0]) donated[k] = true;
    }
  }
  return donated;
}

}  // namespace calc::driver
