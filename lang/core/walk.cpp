#include <unordered_set>

#include "lang/core/builder.h"
#include "lang/core/tools.h"

namespace calc::core {

void for_each_op(const Block& block, const std::function<void(const Op&)>& visit) {
  for (const Op& op : block.ops) {
    visit(op);
    for (const Block& nested : op.blocks) for_each_op(nested, visit);
  }
}

void mark_calls(const Module& module, std::vector<bool>& live) {
  std::vector<uint32_t> pending;
  for (uint32_t k = 0; k < live.size(); ++k) {
    if (live[k]) pending.push_back(k);
  }
  while (!pending.empty()) {
    const FunctionId id{pending.back()};
    pending.pop_back();
    if (!module.defined(id)) continue;
    const auto reach = [&](FunctionId found) {
      if (live[found.index]) return;
      live[found.index] = true;
      pending.push_back(found.index);
    };
    for_each_op(module.get(id).body, [&](const Op& op) {
      if (op.kind == OpKind::Call) reach(op.callee);
    });
    if (module.get(id).rule.valid()) reach(module.get(id).rule);
  }
}

namespace {

class FreeValues {
 public:
  void visit(const Block& block) {
    for (ValueId param : block.params) bound_.insert(param);
    for (const Op& op : block.ops) {
      for (ValueId arg : op.args) use(arg);
      for (const Block& nested : op.blocks) visit(nested);
      for (ValueId result : op.results) bound_.insert(result);
    }
    for (ValueId result : block.results) use(result);
  }
  std::vector<ValueId> take() { return std::move(free_); }

 private:
  // SSA: a value used before it is bound inside can only come from outside.
  void use(ValueId value) {
    if (!bound_.contains(value) && seen_.insert(value).second) free_.push_back(value);
  }
  std::unordered_set<ValueId> bound_;
  std::unordered_set<ValueId> seen_;
  std::vector<ValueId> free_;
};

/// Searches an operation and every function it reaches. Not ending is no effect: a loop or a
/// recursion whose results nobody uses may go.
class EffectSearch {
 public:
  explicit EffectSearch(const Module& module) : module_(module) {}

  bool found_in(const Function& function, const Op& op) {
    if (op.kind == OpKind::Primitive) return effect_of(function, op) != Effect::None;
    if (op.kind == OpKind::While) return true;
    if (op.kind == OpKind::Call) {
      if (!module_.defined(op.callee)) return true;
      const Function& callee = module_.get(op.callee);
      return visited_.insert(op.callee).second && found_in(callee, callee.body);
    }
    for (const Block& block : op.blocks) {
      if (found_in(function, block)) return true;
    }
    return false;
  }

 private:
  bool found_in(const Function& function, const Block& block) {
    for (const Op& op : block.ops) {
      if (found_in(function, op)) return true;
    }
    return false;
  }

  const Module& module_;
  std::unordered_set<FunctionId> visited_;
};

ValueId renamed(const ValueMap& map, ValueId value) {
  auto at = map.find(value);
  return at == map.end() ? value : at->second;
}

void rename(const ValueMap& map, std::vector<ValueId>& values) {
  for (ValueId& value : values) value = renamed(map, value);
}

}  // namespace

std::vector<ValueId> free_values(const Op& op) {
  FreeValues search;
  for (const Block& block : op.blocks) search.visit(block);
  return search.take();
}

Effect effect_of(const Function& function, const Op& op) {
  const Primitive& primitive = *op.primitive;
  if (primitive.effect != Effect::Fails) return primitive.effect;
  if (op.attrs.flag("proven")) return Effect::None;
  if (primitive.may_fail == nullptr) return Effect::Fails;
  std::vector<Type> types;
  for (ValueId arg : op.args) types.push_back(function.type(arg));
  return primitive.may_fail(types, op.attrs) ? Effect::Fails : Effect::None;
}

bool has_effect(const Module& module, const Function& function, const Op& op) {
  return EffectSearch(module).found_in(function, op);
}

Op clone(const Function& source, const Op& op, Function& target, ValueMap& map) {
  auto define = [&](std::vector<ValueId>& values) {
    for (ValueId& value : values) {
      // A copy first: `source` and `target` may be one function.
      Type type = source.type(value);
      ValueId fresh = target.add_value(std::move(type));
      map[value] = fresh;
      value = fresh;
    }
  };
  Op copy = op;
  rename(map, copy.args);
  for (Block& block : copy.blocks) {
    define(block.params);
    for (Op& nested : block.ops) nested = clone(source, nested, target, map);
    rename(map, block.results);
  }
  define(copy.results);
  return copy;
}

std::vector<ValueId> inline_block(Builder& builder, const Function& source, const Block& block,
                                  ValueMap& map) {
  for (const Op& op : block.ops) {
    Op copy = clone(source, op, builder.function(), map);
    builder.adopt(std::move(copy));
  }
  std::vector<ValueId> results = block.results;
  rename(map, results);
  return results;
}

}  // namespace calc::core
