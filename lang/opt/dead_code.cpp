// What no result and no effect needs goes away.
//
// Marking starts from the function's results and the operations with effects, and follows values to
// what defines them. A carried value of a loop is alive when the loop's result or the body's
// parameter is: one that only serves to compute itself is never reached. Then the dead operations,
// results, carried values and stacked outputs are swept.
#include "lang/opt/effects.h"
#include "lang/opt/opt.h"

namespace calc::opt {

namespace {

using core::Block;
using core::Function;
using core::FunctionId;
using core::Module;
using core::Op;
using core::OpKind;
using core::ValueId;

constexpr uint32_t kNone = UINT32_MAX;

/// Operations are numbered in preorder, by the marker and again by the sweeper.
struct OpInfo {
  const Op* op;
  /// The operation whose block holds this one.
  uint32_t parent;
  bool kept = false;
};

/// What defines a value: result `index` of an operation, or a parameter of one of its blocks.
struct Site {
  uint32_t op = kNone;
  uint32_t index = 0;
  bool is_param = false;
};

class Marker {
 public:
  /// `trimmer`: null when calls need all their arguments.
  Marker(const Module& module, const Function& function, const std::vector<ValueId>& results,
         CallTrimmer* trimmer)
      : effects_(module, function),
        trimmer_(trimmer),
        live_(function.value_types.size()),
        sites_(function.value_types.size()) {
    index(function.body, kNone);
    for (ValueId result : results) mark(result);
    for (uint32_t id = 0; id < ops_.size(); ++id) {
      if (effects_.of(*ops_[id].op)) keep(id);
    }
    while (!work_.empty()) {
      const ValueId value = work_.back();
      work_.pop_back();
      follow(sites_[value.index]);
    }
  }

  bool live(ValueId value) const { return live_[value.index]; }
  bool kept(uint32_t id) const { return ops_[id].kept; }
  std::vector<bool> live(const std::vector<ValueId>& values) const {
    std::vector<bool> mask;
    for (ValueId value : values) mask.push_back(live_[value.index]);
    return mask;
  }

 private:
  void index(const Block& block, uint32_t parent) {
    for (const Op& op : block.ops) {
      const auto id = static_cast<uint32_t>(ops_.size());
      ops_.push_back({&op, parent});
      for (uint32_t k = 0; k < op.results.size(); ++k) sites_[op.results[k].index] = {id, k, false};
      for (const Block& nested : op.blocks) {
        for (uint32_t k = 0; k < nested.params.size(); ++k) {
          sites_[nested.params[k].index] = {id, k, true};
        }
        index(nested, id);
      }
    }
  }

  void mark(ValueId value) {
    if (live_[value.index]) return;
    live_[value.index] = true;
    work_.push_back(value);
  }

  /// Keeps an operation and what decides whether and how often it runs.
  void keep(uint32_t id) {
    for (; id != kNone && !ops_[id].kept; id = ops_[id].parent) {
      ops_[id].kept = true;
      const Op& op = *ops_[id].op;
      switch (op.kind) {
        case OpKind::If:
        case OpKind::For:
          mark(op.args[0]);
          break;
        case OpKind::While:
          mark(op.blocks[0].results[0]);
          break;
        case OpKind::Call:
          call(op);
          break;
        default:
          for (ValueId arg : op.args) mark(arg);
      }
    }
  }

  /// The arguments that the results used so far need.
  void call(const Op& op) {
    std::vector<bool> needed;
    if (trimmer_) needed = trimmer_->needs(op.callee, live(op.results));
    for (size_t k = 0; k < op.args.size(); ++k) {
      if (needed.empty() || needed[k]) mark(op.args[k]);
    }
  }

  void follow(const Site& site) {
    if (site.op == kNone) return;
    keep(site.op);
    const Op& op = *ops_[site.op].op;
    switch (op.kind) {
      case OpKind::If:
        for (const Block& branch : op.blocks) mark(branch.results[site.index]);
        break;
      case OpKind::For:
        if (!site.is_param) return loop_value(op, site.index, 1);
        // The loop variable depends on nothing.
        if (site.index > 0) loop_value(op, site.index - 1, 1);
        break;
      case OpKind::While:
        loop_value(op, site.index, 0);
        break;
      case OpKind::Call:
        if (trimmer_) call(op);
        break;
      default:
        break;
    }
  }

  /// Carried value or stacked output k of a loop; `first`: the argument that carries value 0.
  void loop_value(const Op& op, size_t k, size_t first) {
    mark(op.blocks.back().results[k]);
    if (k + first < op.args.size()) mark(op.args[k + first]);
  }

  Effects effects_;
  CallTrimmer* trimmer_;
  std::vector<OpInfo> ops_;
  std::vector<bool> live_;
  std::vector<Site> sites_;
  std::vector<ValueId> work_;
};

class Sweeper {
 public:
  Sweeper(const Marker& marker, CallTrimmer* trimmer) : marker_(marker), trimmer_(trimmer) {}

  void sweep(Block& block) {
    std::vector<Op> kept;
    kept.reserve(block.ops.size());
    for (Op& op : block.ops) {
      if (!marker_.kept(next_++)) {
        skip(op);
        continue;
      }
      for (Block& nested : op.blocks) sweep(nested);
      prune(op);
      kept.push_back(std::move(op));
    }
    block.ops = std::move(kept);
  }
  bool changed() const { return changed_; }

 private:
  /// Counts what goes away with a dead operation.
  void skip(const Op& op) {
    changed_ = true;
    for (const Block& block : op.blocks) {
      core::for_each_op(block, [&](const Op&) { ++next_; });
    }
  }

  void prune(Op& op) {
    if (op.kind == OpKind::If) {
      for (size_t k = op.results.size(); k-- > 0;) {
        if (marker_.live(op.results[k])) continue;
        erase(op.results, k);
        for (Block& branch : op.blocks) erase(branch.results, k);
      }
    } else if (op.kind == OpKind::For) {
      prune_loop(op, 1);
    } else if (op.kind == OpKind::While) {
      prune_loop(op, 0);
    } else if (op.kind == OpKind::Call && trimmer_) {
      prune_call(op);
    }
  }

  void prune_call(Op& op) {
    const std::vector<bool> results = marker_.live(op.results);
    const std::vector<bool> args = trimmer_->needs(op.callee, results);
    const FunctionId trimmed = trimmer_->trimmed(op.callee, results);
    if (trimmed == op.callee) return;
    op.callee = trimmed;
    for (size_t k = op.results.size(); k-- > 0;) {
      if (!results[k]) erase(op.results, k);
    }
    for (size_t k = op.args.size(); k-- > 0;) {
      if (!args[k]) erase(op.args, k);
    }
  }

  void prune_loop(Op& op, size_t first) {
    for (size_t k = op.results.size(); k-- > 0;) {
      const bool carried = k + first < op.args.size();
      bool alive = marker_.live(op.results[k]);
      for (const Block& block : op.blocks) {
        alive = alive || (carried && marker_.live(block.params[k + first]));
      }
      if (alive) continue;
      erase(op.results, k);
      erase(op.blocks.back().results, k);
      if (!carried) continue;
      erase(op.args, k + first);
      for (Block& block : op.blocks) erase(block.params, k + first);
    }
  }

  void erase(std::vector<ValueId>& values, size_t k) {
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(k));
    changed_ = true;
  }

  const Marker& marker_;
  CallTrimmer* trimmer_;
  uint32_t next_ = 0;
  bool changed_ = false;
};

}  // namespace

namespace {

bool remove_dead(const Module& module, Function& function, CallTrimmer* trimmer) {
  const Marker marker(module, function, function.body.results, trimmer);
  Sweeper sweeper(marker, trimmer);
  sweeper.sweep(function.body);
  return sweeper.changed();
}

}  // namespace

bool dead_code(core::Module& module, core::Function& function) {
  return remove_dead(module, function, nullptr);
}

bool dead_code(core::Module& module, core::Function& function, CallTrimmer& trimmer) {
  return remove_dead(module, function, &trimmer);
}

std::vector<bool> needed_params(const core::Module& module, const core::Function& function,
                                const std::vector<bool>& results, CallTrimmer& trimmer) {
  std::vector<ValueId> used;
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k]) used.push_back(function.body.results[k]);
  }
  return Marker(module, function, used, &trimmer).live(function.body.params);
}

}  // namespace calc::opt
