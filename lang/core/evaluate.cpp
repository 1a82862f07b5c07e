// The reference semantics of Core: a direct walk over the operations.
//
// Values live in one vector a call, indexed by id, and leave it at their last use (liveness.h), so
// that an update of an array nobody else holds happens in place, as in compiled code.
#include <cassert>
#include <cstring>

#include "lang/core/liveness.h"
#include "lang/core/stack.h"
#include "lang/core/tools.h"

namespace calc::core {

namespace {

/// Calls inside calls.
constexpr size_t kMaxCalls = 100'000;

using Values = std::vector<rt::Array>;

class Evaluator {
 public:
  Evaluator(const Module& module, rt::Context& context)
      : module_(module), context_(context), stack_(StackGuard::of_this_thread()) {}

  Values call(FunctionId id, Values args) {
    const Function& function = module_.get(id);
    const BlockPlan& plan = plan_of(id);
    assert(args.size() == function.body.params.size());
    Values values(function.value_types.size());
    enter(function.body, args, values);
    Frame frame{function, values};
    return run(function.body, plan, frame);
  }

  Values call_lent(FunctionId id, Values& args) {
    const Function& function = module_.get(id);
    Values values(function.value_types.size());
    enter(function.body, args, values);
    Frame frame{function, values};
    try {
      return run(function.body, plan_of(id), frame);
    } catch (...) {
      for (size_t k = 0; k < args.size(); ++k) args[k] = std::move(frame[function.body.params[k]]);
      throw;
    }
  }

 private:
  struct Frame {
    const Function& function;
    Values& values;
    rt::Array& operator[](ValueId id) { return values[id.index]; }
  };

  const BlockPlan& plan_of(FunctionId id) {
    auto [at, is_new] = plans_.try_emplace(id);
    if (is_new) at->second = plan_lifetimes(module_.get(id));
    return at->second;
  }

  [[noreturn]] void fail(rt::Failure failure, LocId loc) {
    std::vector<LocId> trace{loc};
    trace.insert(trace.end(), calls_.rbegin(), calls_.rend());
    throw EvaluationError{std::move(failure), std::move(trace)};
  }

  static void enter(const Block& block, Values& args, Values& values) {
    for (size_t k = 0; k < args.size(); ++k) {
      values[block.params[k].index] = std::move(args[k]);
    }
  }

  /// An argument: moved out where it dies.
  static rt::Array take(Frame& frame, ValueId id, bool dies) {
    return dies ? std::move(frame[id]) : frame[id];
  }
  static Values take_all(Frame& frame, const std::vector<ValueId>& ids,
                         const std::vector<bool>& die) {
    Values taken(ids.size());
    for (size_t k = 0; k < ids.size(); ++k) taken[k] = take(frame, ids[k], die[k]);
    return taken;
  }

  /// The parameters are in the frame already.
  Values run(const Block& block, const BlockPlan& plan, Frame& frame) {
    for (ValueId param : plan.drop) frame[param] = {};
    for (size_t k = 0; k < block.ops.size(); ++k) {
      operation(block.ops[k], plan.ops[k], frame);
      for (ValueId value : plan.ops[k].drop) frame[value] = {};
    }
    return take_all(frame, block.results, plan.gives);
  }

  void operation(const Op& op, const OpPlan& plan, Frame& frame) {
    switch (op.kind) {
      case OpKind::Constant:
        frame[op.results[0]] = op.constant;
        return;
      case OpKind::Primitive:
        return primitive(op, plan, frame);
      case OpKind::Call:
        return nested_call(op, plan, frame);
      case OpKind::If:
        return branch(op, plan, frame);
      case OpKind::For:
        return counted_loop(op, plan, frame);
      case OpKind::While:
        return while_loop(op, plan, frame);
    }
  }

  void give(const Op& op, Values& results, Frame& frame) {
    for (size_t k = 0; k < results.size(); ++k) {
      assert(refines(type_of(results[k]), frame.function.type(op.results[k])));
      frame[op.results[k]] = std::move(results[k]);
    }
  }

  void primitive(const Op& op, const OpPlan& plan, Frame& frame) {
    Values args = take_all(frame, op.args, plan.dies);
    Values results(op.results.size());
    try {
      op.primitive->evaluate(context_, args, op.attrs, results);
    } catch (rt::Failure& failure) {
      fail(std::move(failure), op.loc);
    }
    give(op, results, frame);
  }

  void nested_call(const Op& op, const OpPlan& plan, Frame& frame) {
    context_.poll();
    if (calls_.size() >= kMaxCalls || stack_.nearly_full()) {
      fail(too_deep(module_.get(op.callee).user_name), op.loc);
    }
    calls_.push_back(op.loc);
    Values results = call(op.callee, take_all(frame, op.args, plan.dies));
    calls_.pop_back();
    give(op, results, frame);
  }

  void branch(const Op& op, const OpPlan& plan, Frame& frame) {
    const size_t taken = frame[op.args[0]].as_bool() ? 0 : 1;
    Values results = run(op.blocks[taken], plan.blocks[taken], frame);
    give(op, results, frame);
  }

  void while_loop(const Op& op, const OpPlan& plan, Frame& frame) {
    Values carried = take_all(frame, op.args, plan.dies);
    while (true) {
      context_.poll();
      Values copies = carried;
      enter(op.blocks[0], copies, frame.values);
      Values condition = run(op.blocks[0], plan.blocks[0], frame);
      if (!condition[0].as_bool()) break;
      enter(op.blocks[1], carried, frame.values);
      carried = run(op.blocks[1], plan.blocks[1], frame);
    }
    give(op, carried, frame);
  }

  // -- for

  void counted_loop(const Op& op, const OpPlan& plan, Frame& frame) {
    const Block& body = op.blocks[0];
    const int64_t count = frame[op.args[0]].as_int();
    const size_t carried = op.args.size() - 1;
    Values state = take_all(frame, op.args, plan.dies);
    Values stacks(body.results.size() - carried);
    for (int64_t step = 0; step < count; ++step) {
      context_.poll();
      const int64_t i = op.reverse() ? count - 1 - step : step;
      state[0] = rt::Array::of(i);
      enter(body, state, frame.values);
      Values results = run(body, plan.blocks[0], frame);
      for (size_t k = 0; k < stacks.size(); ++k) {
        store(op, stacks[k], count, i, results[carried + k]);
      }
      for (size_t k = 0; k < carried; ++k) state[k + 1] = std::move(results[k]);
    }
    state.erase(state.begin());
    for (size_t k = 0; k < stacks.size(); ++k) {
      if (!stacks[k]) stacks[k] = empty_stack(frame.function.type(op.results[carried + k]));
      state.push_back(std::move(stacks[k]));
    }
    give(op, state, frame);
  }

  /// A loop that never ran says nothing about the dynamic sizes of what it stacks: they are 0.
  static rt::Array empty_stack(const Type& type) {
    Dims dims = type.dims;
    dims[0] = 0;
    for (int64_t& size : dims) size = std::max<int64_t>(size, 0);
    return rt::Array::zeros(type.elem, dims);
  }

  /// Slot i of a stacked output, allocated at the first iteration.
  void store(const Op& op, rt::Array& stack, int64_t count, int64_t i, const rt::Array& value) {
    if (!stack) {
      Dims dims(value.dims().begin(), value.dims().end());
      dims.insert(dims.begin(), count);
      try {
        stack = rt::Array::uninitialised(value.elem(), dims);
      } catch (rt::Failure& failure) {
        fail(std::move(failure), op.loc);
      }
    }
    const auto row = stack.dims().subspan(1);
    if (!std::equal(row.begin(), row.end(), value.dims().begin(), value.dims().end())) {
      fail({"the iterations give values of different shapes, which cannot be stacked", {}}, op.loc);
    }
    const size_t bytes = static_cast<size_t>(value.size()) * rt::elem_size(value.elem());
    if (bytes == 0) return;
    std::memcpy(stack.writable<char>() + static_cast<size_t>(i) * bytes, value.data<char>(), bytes);
  }

  const Module& module_;
  rt::Context& context_;
  StackGuard stack_;
  /// The calls that are open, outermost first.
  std::vector<LocId> calls_;
  std::unordered_map<FunctionId, BlockPlan> plans_;
};

}  // namespace

std::vector<rt::Array> evaluate(const Module& module, FunctionId function,
                                std::vector<rt::Array> args, rt::Context& context) {
  return Evaluator(module, context).call(function, std::move(args));
}

std::vector<rt::Array> evaluate_lent(const Module& module, FunctionId function,
                                     std::vector<rt::Array>& args, rt::Context& context) {
  return Evaluator(module, context).call_lent(function, args);
}

}  // namespace calc::core
