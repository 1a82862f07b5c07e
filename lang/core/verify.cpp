#include "lang/core/tools.h"

namespace calc::core {

namespace {

/// Deeper nesting than any source text can produce.
constexpr int kMaxNesting = 2500;

class Verifier {
 public:
  Verifier(const Module& module, const Function& function)
      : module_(module), function_(function), state_(function.value_types.size()) {}

  std::string run() {
    block(function_.body);
    return error_.empty() ? "" : "in " + function_.name + ": " + error_;
  }

 private:
  enum class State : uint8_t { Undefined, Visible, OutOfScope };

  static std::string name(ValueId value) { return "%" + std::to_string(value.index); }

  void fail(const std::string& message) {
    if (error_.empty()) error_ = message;
  }
  void fail(const Op& op, const std::string& message) {
    std::string text;
    for (ValueId result : op.results) text += (text.empty() ? "" : ", ") + name(result);
    fail(text + (text.empty() ? "" : " = ") + word(op) + ": " + message);
  }
  static std::string word(const Op& op) {
    switch (op.kind) {
      case OpKind::Constant:
        return "const";
      case OpKind::Primitive:
        return std::string(op.primitive->name);
      case OpKind::If:
        return "if";
      case OpKind::For:
        return "for";
      case OpKind::While:
        return "while";
      case OpKind::Call:
        return "call";
    }
    return "?";
  }

  void define(ValueId value) {
    if (value.index >= state_.size()) return fail(name(value) + " is not a value of the function");
    State& state = state_[value.index];
    if (state != State::Undefined) return fail(name(value) + " is defined twice");
    state = State::Visible;
  }

  void use(ValueId value) {
    if (value.index >= state_.size()) return fail(name(value) + " is not a value of the function");
    if (state_[value.index] == State::Undefined)
      fail(name(value) + " is used before its definition");
    if (state_[value.index] == State::OutOfScope) fail(name(value) + " is used outside its block");
  }

  void block(const Block& block) {
    if (++nesting_ > kMaxNesting) return fail("blocks are nested too deeply");
    for (ValueId param : block.params) define(param);
    for (const Op& op : block.ops) {
      operation(op);
      if (!error_.empty()) return;
    }
    for (ValueId result : block.results) use(result);
    leave(block);
    --nesting_;
  }

  void leave(const Block& block) {
    auto hide = [&](ValueId value) {
      if (value.index < state_.size()) state_[value.index] = State::OutOfScope;
    };
    for (ValueId param : block.params) hide(param);
    for (const Op& op : block.ops) {
      for (ValueId result : op.results) hide(result);
    }
  }

  void operation(const Op& op) {
    for (ValueId arg : op.args) use(arg);
    for (const Block& nested : op.blocks) block(nested);
    if (!error_.empty()) return;
    types(op);
    for (ValueId result : op.results) define(result);
    if (op.kind == OpKind::Constant && op.constant.rank() == 0 && op.constant.elem() == Elem::I64) {
      integers_[op.results[0]] = op.constant.as_int();
    }
  }

  void types(const Op& op) {
    if (op.kind == OpKind::Primitive && !op.primitive) return fail("an operation without record");
    if (op.kind == OpKind::Constant && !op.constant) return fail(op, "no constant");
    // Recursion: a callee still being built has no types yet.
    if (op.kind == OpKind::Call && op.callee.index < module_.size() &&
        !module_.defined(op.callee)) {
      return;
    }
    TypeResult inferred = result_types(module_, function_, op);
    if (const auto* error = std::get_if<TypeError>(&inferred)) return fail(op, error->message);
    results(op, std::get<std::vector<Type>>(inferred));
    if (op.kind == OpKind::Call) call(op);
    if (op.kind == OpKind::If) expect(op, op.args[0], scalar_type(Elem::Bool), "the condition");
    if (op.kind == OpKind::For) counted_loop(op);
    if (op.kind == OpKind::While) while_loop(op);
  }

  void results(const Op& op, std::vector<Type>& inferred) {
    if (inferred.size() != op.results.size()) return fail(op, "wrong number of results");
    for (size_t k = 0; k < inferred.size(); ++k) {
      if (op.results[k].index >= state_.size()) return define(op.results[k]);
      const Type& recorded = function_.type(op.results[k]);
      const bool stacked = op.kind == OpKind::For && k + 1 >= op.args.size();
      if (stacked && recorded.rank() > 0) inferred[k].dims[0] = stacked_size(op, recorded.dims[0]);
      if (!refines(inferred[k], recorded)) {
        fail(op,
             "the result is " + to_string(inferred[k]) + ", recorded as " + to_string(recorded));
      }
    }
  }

  /// A stacked size may be recorded when the count is a constant.
  int64_t stacked_size(const Op& op, int64_t recorded) {
    auto known = integers_.find(op.args[0]);
    return known == integers_.end() || recorded == kDynamic ? kDynamic : known->second;
  }

  void expect(const Op& op, ValueId value, const Type& type, const std::string& what) {
    if (!refines(function_.type(value), type)) {
      fail(op, what + " is " + to_string(function_.type(value)) + " where " + to_string(type) +
                   " is expected");
    }
  }

  void call(const Op& op) {
    const std::vector<Type> params = module_.get(op.callee).param_types();
    if (params.size() != op.args.size()) return fail(op, "wrong number of arguments");
    for (size_t k = 0; k < params.size(); ++k) {
      expect(op, op.args[k], params[k], "argument " + std::to_string(k));
    }
  }

  void carried(const Op& op, std::span<const ValueId> values, std::span<const ValueId> params) {
    for (size_t k = 0; k < params.size(); ++k) {
      expect(op, values[k], function_.type(params[k]), "carried value " + std::to_string(k));
    }
  }

  void counted_loop(const Op& op) {
    const Block& body = op.blocks[0];
    const auto params = std::span(body.params).subspan(1);
    expect(op, op.args[0], scalar_type(Elem::I64), "the count");
    expect(op, body.params[0], scalar_type(Elem::I64), "the loop variable");
    carried(op, std::span(op.args).subspan(1), params);
    carried(op, std::span(body.results).first(params.size()), params);
  }

  void while_loop(const Op& op) {
    expect(op, op.blocks[0].results[0], scalar_type(Elem::Bool), "the condition");
    carried(op, op.args, op.blocks[0].params);
    carried(op, op.args, op.blocks[1].params);
    carried(op, op.blocks[1].results, op.blocks[0].params);
    carried(op, op.blocks[1].results, op.blocks[1].params);
  }

  const Module& module_;
  const Function& function_;
  std::vector<State> state_;
  std::unordered_map<ValueId, int64_t> integers_;
  std::string error_;
  int nesting_ = 0;
};

}  // namespace

std::string verify(const Module& module, const Function& function) {
  return Verifier(module, function).run();
}

}  // namespace calc::core
