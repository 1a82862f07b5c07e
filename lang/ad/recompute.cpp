// checkpoint: what the linear part needs of a call is computed again from the call's inputs.
// See Note [Checkpoints].
#include <algorithm>
#include <unordered_set>

#include "lang/ad/engine.h"
#include "lang/opt/opt.h"

namespace calc::ad {

namespace {

using Values = std::vector<ValueId>;

/// The known half with only the results from `first` to `last`, itself a checkpoint: its own
/// derivative recomputes as well.
void part(Engine& engine, FunctionId known, size_t first, size_t last, const char* suffix,
          FunctionId id) {
  auto copy = std::make_unique<Function>(engine.module().get(known));
  Values& results = copy->body.results;
  results = Values(results.begin() + static_cast<std::ptrdiff_t>(first),
                   results.begin() + static_cast<std::ptrdiff_t>(last));
  copy->name += suffix;
  copy->checkpoint = true;
  trim_calls(engine, *copy);
  engine.define(id, std::move(copy));
  engine.optimize(id);
}

/// Does it print or draw random numbers, itself or through its callees?
bool has_state(const Module& module, const Function& root) {
  std::vector<const Function*> pending{&root};
  std::unordered_set<const Function*> seen{&root};
  bool found = false;
  while (!pending.empty() && !found) {
    const Function* function = pending.back();
    pending.pop_back();
    core::for_each_op(function->body, [&](const Op& op) {
      if (op.kind == OpKind::Primitive) {
        found = found || op.primitive->effect == core::Effect::State;
      } else if (op.kind == OpKind::Call && module.defined(op.callee)) {
        const Function* callee = &module.get(op.callee);
        if (seen.insert(callee).second) pending.push_back(callee);
      }
    });
  }
  return found;
}

Mask used_params(const Function& function) {
  std::unordered_set<ValueId> used(function.body.results.begin(), function.body.results.end());
  core::for_each_op(function.body, [&](const Op& op) {
    used.insert(op.args.begin(), op.args.end());
    for (const Block& block : op.blocks) used.insert(block.results.begin(), block.results.end());
  });
  Mask mask;
  for (ValueId param : function.body.params) mask.push_back(used.contains(param));
  return mask;
}

/// (inputs…, linear parameters…) -> linear results…: the known half again, then the linear one.
void linear_part(Engine& engine, const Split& inner, FunctionId again, const Mask& inputs,
                 FunctionId id) {
  const Function& source = engine.module().get(again);
  const Function& linear = engine.module().get(inner.linear);
  auto target = std::make_unique<Function>();
  target->name = linear.name;
  target->user_name = linear.user_name;
  Builder builder(engine.module(), *target);
  Values args;
  for (size_t k = 0; k < inputs.size(); ++k) {
    if (inputs[k]) args.push_back(builder.add_param(source.type(source.body.params[k])));
  }
  Values tangents;
  for (size_t k = static_cast<size_t>(inner.residuals); k < linear.body.params.size(); ++k) {
    tangents.push_back(builder.add_param(linear.type(linear.body.params[k])));
  }
  Values all = builder.call(again, std::move(args));
  all.insert(all.end(), tangents.begin(), tangents.end());
  builder.set_results(builder.call(inner.linear, std::move(all)));
  engine.define(id, std::move(target));
}

}  // namespace

Split make_recomputing_split(Engine& engine, FunctionId id, const Cut& cut) {
  Module& module = engine.module();
  if (has_state(module, module.get(id))) return make_split(engine, module.get(id), cut);
  Cut whole = cut;
  whole.known = module.declare();
  whole.linear_half = module.declare();
  const Split inner = make_split(engine, module.get(id), whole);
  const size_t all = module.get(inner.known).body.results.size();
  const size_t outputs = all - static_cast<size_t>(inner.residuals);
  Split split;
  split.results = inner.results;
  split.known = cut.known;
  split.linear = cut.linear_half;
  part(engine, inner.known, 0, outputs, ".checkpoint", split.known);
  const FunctionId again = module.declare();
  part(engine, inner.known, outputs, all, ".again", again);
  Function& repeated = module.get(again);
  split.inputs = used_params(repeated);
  linear_part(engine, inner, again, *split.inputs, split.linear);
  split.residuals = static_cast<int>(std::count(split.inputs->begin(), split.inputs->end(), true));
  size_t k = 0;
  std::erase_if(repeated.body.params, [&](ValueId) { return !(*split.inputs)[k++]; });
  return split;
}

}  // namespace calc::ad

// Note [Checkpoints]
//
// A checkpoint is a function that keeps its calls (Function::stays_whole), and so do its jvp and
// the parts it is split into. Of the call of a jvp
//
//   y, dy = f.jvp(x, dx)      known: y = f.checkpoint(x)      linear: r = f.again(x)
//                                                                     dy = f.tangent(r, dx)
//
// the primal part computes the value alone and the linear part the residuals, from the inputs that
// they follow from. Since both are calls, of different functions, nothing that is computed in one
// is ever shared with the other: no pass can undo the recomputation. What has been kept is what the
// call was given: in a loop the carried values, one an iteration. The operations are the same ones
// in the same order, so the results are the same to the last bit.
//
// What prints or draws random numbers must run once: a second draw would be another number. Such a
// function is split as usual.
