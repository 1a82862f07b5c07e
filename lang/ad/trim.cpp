// Dead code across calls: a call gives only the results that are used and takes only the arguments
// those need.
//
// After a jvp many tangents of callees serve nothing. Dead code elimination cannot take a result
// out of a call; left there, its tangent arguments would keep linear operations alive inside
// constructs all of whose results are known, and those could not be split.
#include <algorithm>
#include <unordered_set>

#include "lang/ad/engine.h"
#include "lang/opt/opt.h"

namespace calc::ad {

namespace {

std::unordered_set<ValueId> used_values(const Function& function) {
  std::unordered_set<ValueId> used(function.body.results.begin(), function.body.results.end());
  core::for_each_op(function.body, [&](const Op& op) {
    used.insert(op.args.begin(), op.args.end());
    for (const Block& block : op.blocks) used.insert(block.results.begin(), block.results.end());
  });
  return used;
}

Mask mask_of(const std::vector<ValueId>& values, const std::unordered_set<ValueId>& set) {
  Mask mask;
  for (ValueId value : values) mask.push_back(set.contains(value));
  return mask;
}

void keep(std::vector<ValueId>& values, const Mask& kept) {
  size_t k = 0;
  std::erase_if(values, [&](ValueId) { return !kept[k++]; });
}

bool trim_block(Engine& engine, Block& block, const std::unordered_set<ValueId>& used) {
  bool changed = false;
  for (Op& op : block.ops) {
    for (Block& nested : op.blocks) changed = trim_block(engine, nested, used) || changed;
    if (op.kind != OpKind::Call) continue;
    const Mask results = mask_of(op.results, used);
    const Trimmed& trimmed = engine.trim(op.callee, results);
    if (trimmed.function == op.callee) continue;
    op.callee = trimmed.function;
    keep(op.results, results);
    keep(op.args, trimmed.params);
    changed = true;
  }
  return changed;
}

}  // namespace

void trim_calls(Engine& engine, Function& function) {
  do {
    opt::dead_code(engine.module(), function);
  } while (trim_block(engine, function.body, used_values(function)));
}

Trimmed make_trimmed(Engine& engine, FunctionId id, const Mask& results) {
  auto copy = std::make_unique<Function>(engine.module().get(id));
  keep(copy->body.results, results);
  trim_calls(engine, *copy);
  Trimmed trimmed;
  trimmed.params = mask_of(copy->body.params, used_values(*copy));
  auto all = [](const Mask& mask) {
    return std::find(mask.begin(), mask.end(), false) == mask.end();
  };
  if (all(results) && all(trimmed.params)) {
    trimmed.function = id;
    return trimmed;
  }
  keep(copy->body.params, trimmed.params);
  trimmed.function = engine.define(std::move(copy));
  return trimmed;
}

}  // namespace calc::ad
