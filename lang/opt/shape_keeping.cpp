#include "lang/opt/shape_keeping.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "lang/core/tools.h"

namespace calc::opt {

namespace {

using core::Op;
using core::OpKind;
using core::ValueId;

constexpr int kMaxSteps = 64;

size_t first_carried(const Op& loop) { return loop.kind == OpKind::For ? 1 : 0; }

class ShapeSearch {
 public:
  explicit ShapeSearch(const Op& loop) {
    for (const core::Block& block : loop.blocks) {
      core::for_each_op(block, [&](const Op& op) {
        for (size_t k = 0; k < op.results.size(); ++k) makers_[op.results[k]] = {&op, k};
      });
    }
  }

  /// If the carried value has some shape, so has what the body makes of it.
  bool keeps(const Op& loop, size_t k) {
    const core::Block& body = loop.blocks.back();
    same_.push_back(body.params[k + first_carried(loop)]);
    const bool kept = has_shape(body.results[k]);
    same_.pop_back();
    return kept;
  }

 private:
  struct Maker {
    const Op* op;
    size_t result;
  };

  bool has_shape(ValueId value) {
    if (std::find(same_.begin(), same_.end(), value) != same_.end()) return true;
    auto at = makers_.find(value);
    if (at == makers_.end() || ++steps_ > kMaxSteps) return false;
    const Op& op = *at->second.op;
    const size_t k = at->second.result;
    switch (op.kind) {
      case OpKind::Primitive:
        return primitive(op);
      case OpKind::If:
        return has_shape(op.blocks[0].results[k]) && has_shape(op.blocks[1].results[k]);
      case OpKind::For:
      case OpKind::While:
        return loop_result(op, k);
      default:
        return false;
    }
  }

  bool loop_result(const Op& op, size_t k) {
    const size_t argument = k + first_carried(op);
    return argument < op.args.size() && has_shape(op.args[argument]) && keeps(op, k);
  }

  bool primitive(const Op& op) {
    const std::string_view name = op.primitive->name;
    for (std::string_view same : {"index_set", "index_add", "slice_set", "slice_add", "take_set",
                                  "take_add", "cumsum", "cumprod", "reverse", "copy"}) {
      if (name == same) return has_shape(op.args[0]);
    }
    if (name == "broadcast") return spreads_to_shape(op);
    // Operands of different sizes fail, so any of them tells.
    return std::holds_alternative<core::ElementwiseLowering>(op.primitive->lowering) &&
           name != "check_index" &&
           std::any_of(op.args.begin(), op.args.end(), [&](ValueId arg) { return has_shape(arg); });
  }

  /// A broadcast whose sizes are, axis by axis, those of one value that has the shape.
  bool spreads_to_shape(const Op& op) {
    const core::Dims& dims = op.attrs.ints("dims");
    if (op.args.size() != dims.size() + 1) return false;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      auto at = makers_.find(op.args[axis + 1]);
      if (at == makers_.end() || at->second.op->kind != OpKind::Primitive) return false;
      const Op& size = *at->second.op;
      if (size.primitive->name != "dim" || !has_shape(size.args[0]) ||
          size.attrs.integer("axis") != static_cast<int64_t>(axis)) {
        return false;
      }
    }
    return !dims.empty();
  }

  std::unordered_map<ValueId, Maker> makers_;
  /// Values that have the shape asked about.
  std::vector<ValueId> same_;
  int steps_ = 0;
};

}  // namespace

std::vector<bool> kept_shapes(const core::Function& function, const Op& loop) {
  const size_t first = first_carried(loop);
  std::vector<bool> kept(loop.args.size() - first, false);
  auto is_dynamic = [&](size_t k) {
    return !function.type(loop.blocks.back().params[k + first]).is_static();
  };
  std::vector<size_t> asked;
  for (size_t k = 0; k < kept.size(); ++k) {
    if (is_dynamic(k)) asked.push_back(k);
  }
  if (asked.empty()) return kept;
  for (size_t k : asked) kept[k] = ShapeSearch(loop).keeps(loop, k);
  return kept;
}

}  // namespace calc::opt
