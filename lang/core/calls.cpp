#include "lang/core/calls.h"

#include <algorithm>
#include <unordered_map>

#include "lang/core/tools.h"

namespace calc::core {

std::vector<FunctionId> callees(const Function& function) {
  std::vector<FunctionId> found;
  std::unordered_set<FunctionId> seen;
  for_each_op(function.body, [&](const Op& op) {
    if (op.kind == OpKind::Call && seen.insert(op.callee).second) found.push_back(op.callee);
  });
  return found;
}

namespace {

/// Strongly connected components (Tarjan 1972), with a stack of its own.
class Components {
 public:
  explicit Components(const Module& module) : module_(module) {}

  std::unordered_set<FunctionId> run(FunctionId from) {
    enter(from);
    while (!path_.empty()) step();
    return std::move(recursive_);
  }

 private:
  struct Visit {
    FunctionId id;
    std::vector<FunctionId> callees;
    size_t next = 0;
  };
  struct Number {
    size_t own = 0;
    size_t lowest = 0;
    bool open = true;
  };

  void enter(FunctionId id) {
    numbers_[id] = {numbers_.size(), numbers_.size(), true};
    pending_.push_back(id);
    Visit visit{id, {}, 0};
    if (module_.defined(id)) visit.callees = callees(module_.get(id));
    path_.push_back(std::move(visit));
  }

  void step() {
    Visit& visit = path_.back();
    if (visit.next == visit.callees.size()) return leave();
    const FunctionId caller = visit.id;
    const FunctionId callee = visit.callees[visit.next++];
    auto known = numbers_.find(callee);
    if (known == numbers_.end()) return enter(callee);
    if (callee == caller) recursive_.insert(callee);
    if (known->second.open) lower(caller, known->second.own);
  }

  void leave() {
    const FunctionId id = path_.back().id;
    path_.pop_back();
    const Number number = numbers_[id];
    if (!path_.empty()) lower(path_.back().id, number.lowest);
    if (number.lowest != number.own) return;
    const bool circle = !(pending_.back() == id);
    FunctionId member;
    do {
      member = pending_.back();
      pending_.pop_back();
      numbers_[member].open = false;
      if (circle) recursive_.insert(member);
    } while (!(member == id));
  }

  void lower(FunctionId id, size_t to) {
    Number& number = numbers_[id];
    number.lowest = std::min(number.lowest, to);
  }

  const Module& module_;
  std::vector<Visit> path_;
  /// Not yet assigned to a component.
  std::vector<FunctionId> pending_;
  std::unordered_map<FunctionId, Number> numbers_;
  std::unordered_set<FunctionId> recursive_;
};

}  // namespace

std::unordered_set<FunctionId> recursive_functions(const Module& module, FunctionId from) {
  return Components(module).run(from);
}

}  // namespace calc::core
