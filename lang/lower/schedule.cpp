// Levels and nests: where each item of a block stands. See plan.h.
#include <algorithm>

#include "lang/lower/planner.h"

namespace calc::lower {

namespace {

/// More roots than this in one nest would fight for registers and memory streams.
constexpr size_t max_roots = 16;

void merge(std::vector<int>& into, const std::vector<int>& from) {
  for (int id : from) {
    if (std::ranges::find(into, id) == into.end()) into.push_back(id);
  }
}

/// Reads its array operands at the index it is computed at.
bool is_aligned(const Facts& facts, const Op& op) {
  return elementwise(op) != nullptr || reduction(op) != nullptr || is_cumulative(op) ||
         structural(op) == Structural::Copy || moves_unit_axes(facts, op);
}

}  // namespace

bool Planner::is_nest(const Node& node) const {
  if (node.role == Role::Nest) return true;
  return node.required && (node.role == Role::View || node.role == Role::Compute);
}

void Planner::schedule() {
  groups_.clear();
  reader_levels_.clear();
  state_level_ = fails_level_ = check_level_ = nest_fails_level_ = checked_level_ = 0;
  for (size_t k = 0; k < nodes_.size(); ++k) {
    Node& node = nodes_[k];
    node.group = -1;
    node.level = node.ready = 0;
    node.soft.clear();
    if (!node.live || node.role == Role::Constant) continue;
    if (is_virtual(node)) {
      gather(node, node.ready, node.soft);
    } else if (is_nest(node)) {
      place_nest(k);
    } else {
      place_single(k);
    }
  }
}

/// `hard`: the level at which everything is there; `soft`: nests whose results are read at the same
/// index only.
void Planner::gather(const Node& node, int& hard, std::vector<int>& soft) const {
  auto use = [&](ValueId value, bool aligned) {
    const Node* from = node_of(value);
    if (from == nullptr) return;
    hard = std::max(hard, from->ready);
    if (aligned && facts_.is_array(value)) return merge(soft, from->soft);
    for (int id : from->soft) {
      hard = std::max(hard, groups_[static_cast<size_t>(id)].level + 1);
    }
  };
  const bool aligned = node.op == nullptr || is_aligned(facts_, *node.op);
  for (ValueId value : node.uses) use(value, aligned);
}

/// Effects keep their order; nothing reads an array before the checks that come before it.
int Planner::order_after_effects(const Node& node) const {
  int level = 0;
  if (node.checked) level = state_level_;
  if (node.effect_state) {
    level = std::max({state_level_, fails_level_, nest_fails_level_, checked_level_});
  }
  if (node.effect_fails) level = std::max(state_level_, fails_level_);
  if (node.role != Role::Scalar || !node.arrays.empty()) {
    level = std::max(level, check_level_);
  }
  return level;
}

void Planner::note_effects(const Node& node, int level) {
  if (node.checked) checked_level_ = std::max(checked_level_, level);
  if (node.effect_state) state_level_ = std::max(state_level_, level);
  if (!node.effect_fails) return;
  if (node.group >= 0) {
    nest_fails_level_ = std::max(nest_fails_level_, level + 1);
    return;
  }
  fails_level_ = std::max(fails_level_, level);
  if (node.op->results.empty()) check_level_ = std::max(check_level_, level);
}

void Planner::note_reads(const Node& node, int level) {
  for (ValueId value : node.arrays) {
    for (ValueId leaf : facts_.leaves(value)) {
      int& known = reader_levels_[leaf];
      known = std::max(known, node.group >= 0 ? level + 1 : level);
    }
  }
}

/// Axes of size 1 need no loop.
std::vector<Size> Planner::space(const Node& node) const {
  std::vector<Size> all = node.op == nullptr ? facts_.sizes(node.value) : facts_.space(*node.op);
  std::erase_if(all, [](const Size& size) { return size.constant == 1; });
  return all;
}

/// Products have an order of loops of their own.
bool Planner::alone(const Node& node) const {
  return node.op != nullptr && node.role == Role::Nest && is_dot(*node.op) &&
         facts_.space(*node.op).size() > 1;
}

bool Planner::fits(const Group& group, int id, int hard, const std::vector<int>& soft) const {
  if (group.level < hard || group.alone || group.nodes.size() >= max_roots) return false;
  return std::ranges::all_of(soft, [&](int other) {
    return other == id || groups_[static_cast<size_t>(other)].level < group.level;
  });
}

void Planner::place_nest(size_t k) {
  Node& node = nodes_[k];
  int hard = order_after_effects(node);
  std::vector<int> soft;
  gather(node, hard, soft);
  const std::vector<Size> over = space(node);
  const bool single = alone(node);
  for (size_t g = 0; g < groups_.size() && !single && node.group < 0; ++g) {
    if (fits(groups_[g], static_cast<int>(g), hard, soft) && groups_[g].space == over) {
      node.group = static_cast<int>(g);
    }
  }
  if (node.group < 0) {
    for (int id : soft) hard = std::max(hard, groups_[static_cast<size_t>(id)].level + 1);
    node.group = static_cast<int>(groups_.size());
    groups_.push_back({hard, over, single, {}});
  }
  Group& group = groups_[static_cast<size_t>(node.group)];
  group.nodes.push_back(k);
  node.level = group.level;
  const bool stored_whole =
      node.op != nullptr && (reduction(*node.op) != nullptr || is_dot(*node.op));
  if (stored_whole && !(node.required && node.role != Role::Nest)) {
    node.ready = group.level + 1;
  } else {
    node.soft = {node.group};
  }
  note_effects(node, node.level);
  note_reads(node, node.level);
}

void Planner::place_single(size_t k) {
  Node& node = nodes_[k];
  int hard = order_after_effects(node);
  std::vector<int> soft;
  gather(node, hard, soft);
  for (int id : soft) hard = std::max(hard, groups_[static_cast<size_t>(id)].level + 1);
  if (node.role != Role::Scalar) {
    // What it may update in place is read before.
    for (ValueId value : node.arrays) {
      auto known = reader_levels_.find(value);
      if (known != reader_levels_.end()) hard = std::max(hard, known->second);
    }
  }
  node.level = node.ready = hard;
  note_effects(node, hard);
  note_reads(node, hard);
}

}  // namespace calc::lower
