// call f(x) = the body of f at x
//
// for functions that are small, or called from one place here and not too large. Recursive
// functions are left alone, and so are those whose calls differentiation must find. An inlined
// operation's location remembers the call it came through, so that a failure is reported with the
// same chain of calls as before.
#include <unordered_map>

#include "lang/core/builder.h"
#include "lang/core/tools.h"
#include "lang/opt/opt.h"

namespace calc::opt {

namespace {

using core::Block;
using core::Function;
using core::FunctionId;
using core::LocId;
using core::Module;
using core::Op;
using core::OpKind;
using core::ValueId;

constexpr size_t kSmall = 40;
constexpr size_t kSingleCall = 2000;
/// A function does not grow beyond this by inlining.
constexpr size_t kLargest = 30'000;

size_t operations(const Block& block) {
  size_t count = 0;
  core::for_each_op(block, [&](const Op&) { ++count; });
  return count;
}

std::vector<FunctionId> callees(const Block& block) {
  std::vector<FunctionId> found;
  core::for_each_op(block, [&](const Op& op) {
    if (op.kind == OpKind::Call) found.push_back(op.callee);
  });
  return found;
}

class Inliner {
 public:
  Inliner(Module& module, Function& function)
      : module_(module), function_(function), size_(operations(function.body)) {
    for (FunctionId callee : callees(function.body)) ++calls_[callee];
  }

  bool run() {
    if (!calls_.empty()) block(function_.body);
    return changed_;
  }

 private:
  void block(Block& block) {
    std::vector<Op> ops = std::move(block.ops);
    block.ops.clear();
    core::Builder builder(module_, function_, block);
    for (Op& op : ops) {
      rename(op.args);
      for (Block& nested : op.blocks) this->block(nested);
      if (op.kind == OpKind::Call && worthwhile(op.callee)) {
        expand(builder, block, op);
      } else {
        builder.adopt(std::move(op));
      }
    }
    rename(block.results);
  }

  /// `builder` appends to `block`.
  void expand(core::Builder& builder, Block& block, const Op& call) {
    const Function& callee = module_.get(call.callee);
    core::ValueMap map;
    for (size_t k = 0; k < call.args.size(); ++k) map[callee.body.params[k]] = call.args[k];
    locations_.clear();
    const size_t first = block.ops.size();
    std::vector<ValueId> results = inline_block(builder, callee, callee.body, map);
    for (size_t k = first; k < block.ops.size(); ++k) relocate(block.ops[k], call.loc);
    for (size_t k = 0; k < results.size(); ++k) renamed_[call.results[k]] = results[k];
    size_ += operations(callee.body);
    changed_ = true;
  }

  bool worthwhile(FunctionId id) {
    if (!module_.defined(id) || &module_.get(id) == &function_) return false;
    auto [at, is_new] = worthwhile_.try_emplace(id, false);
    if (is_new) {
      const size_t size = operations(module_.get(id).body);
      const bool fits = size <= kSmall || (calls_[id] == 1 && size <= kSingleCall);
      at->second = fits && !module_.get(id).stays_whole() && !is_recursive(id);
    }
    return at->second && size_ <= kLargest;
  }

  /// Does it reach itself, or the function being optimised?
  bool is_recursive(FunctionId id) const {
    std::vector<FunctionId> work = callees(module_.get(id).body);
    std::unordered_map<FunctionId, bool> seen;
    while (!work.empty()) {
      const FunctionId next = work.back();
      work.pop_back();
      if (!seen.try_emplace(next, true).second) continue;
      if (next == id || !module_.defined(next) || &module_.get(next) == &function_) return true;
      for (FunctionId callee : callees(module_.get(next).body)) work.push_back(callee);
    }
    return false;
  }

  void rename(std::vector<ValueId>& values) const {
    for (ValueId& value : values) {
      auto at = renamed_.find(value);
      if (at != renamed_.end()) value = at->second;
    }
  }

  // -- locations

  void relocate(Op& op, LocId call) {
    op.loc = through(op.loc, call);
    for (Block& block : op.blocks) {
      for (Op& nested : block.ops) relocate(nested, call);
    }
  }

  /// `loc` with `call` at the outer end of its chain of callers.
  LocId through(LocId loc, LocId call) {
    if (loc.index == 0) return call;
    auto [at, is_new] = locations_.try_emplace(loc.index);
    if (!is_new) return at->second;
    core::Location moved = module_.location(loc);
    moved.caller = moved.caller.index == 0 ? call : through(moved.caller, call);
    return locations_[loc.index] = module_.add_location(std::move(moved));
  }

  Module& module_;
  Function& function_;
  size_t size_;
  std::unordered_map<FunctionId, size_t> calls_;
  std::unordered_map<FunctionId, bool> worthwhile_;
  std::unordered_map<ValueId, ValueId> renamed_;
  /// For the call being expanded: what its locations become.
  std::unordered_map<uint32_t, LocId> locations_;
  bool changed_ = false;
};

}  // namespace

bool inline_calls(core::Module& module, core::Function& function) {
  return Inliner(module, function).run();
}

}  // namespace calc::opt
