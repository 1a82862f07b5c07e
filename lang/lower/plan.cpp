// Which arrays must be stored, whatever the schedule says.
#include "lang/lower/plan.h"

#include <algorithm>
#include <tuple>

#include "lang/lower/planner.h"

namespace calc::lower {

namespace {

/// Bounds on what one nest computes for one element.
constexpr int max_depth = 64;
constexpr size_t max_leaves = 24;
constexpr int max_cost = 1 << 20;
constexpr int rounds = 12;

int scalar_cost(core::ScalarOp op) {
  switch (op) {
    case core::ScalarOp::Call:
      return 20;
    case core::ScalarOp::PowInt:
    case core::ScalarOp::FloorDiv:
    case core::ScalarOp::Mod:
      return 6;
    case core::ScalarOp::Div:
    case core::ScalarOp::Sqrt:
      return 4;
    default:
      return 1;
  }
}

int own_cost(const Op& op, Role role) {
  if (role != Role::Compute) return 0;
  const auto* scalar = elementwise(op);
  return scalar == nullptr ? 2 : scalar_cost(scalar->op);
}

bool is_update_like(Role role, const Op& op) {
  return role == Role::Update || op.kind == OpKind::For || op.kind == OpKind::While;
}

}  // namespace

Planner::Planner(const core::Module& module, Facts& facts, const Block& block, size_t first_slot)
    : module_(module), facts_(facts), block_(block), first_slot_(first_slot) {}

Plan Planner::run() {
  add_nodes();
  find_live();
  require_by_use();
  measure();
  require_before_updates();
  for (int round = 0; round < rounds; ++round) {
    measure();
    schedule();
    if (!mark_shared(round + 2 >= rounds)) break;
  }
  return result();
}

// ---- nodes

Planner::Node* Planner::node_of(ValueId value) {
  auto at = positions_.find(value);
  return at == positions_.end() ? nullptr : &nodes_[at->second];
}
const Planner::Node* Planner::node_of(ValueId value) const {
  auto at = positions_.find(value);
  return at == positions_.end() ? nullptr : &nodes_[at->second];
}

void Planner::add_slot(size_t slot) {
  Node node;
  node.slot = slot;
  node.value = block_.results[slot];
  node.role = Role::Nest;
  find_reads(node);
  nodes_.push_back(std::move(node));
}

/// The operations in order; a stacked output is stored as soon as its value is defined, so that it
/// does not stand in the way of updates.
void Planner::add_nodes() {
  std::unordered_multimap<ValueId, size_t> slots;
  std::unordered_map<ValueId, bool> local;
  for (const Op& op : block_.ops) {
    for (ValueId result : op.results) local[result] = true;
  }
  for (size_t k = first_slot_; k < block_.results.size(); ++k) {
    const ValueId value = block_.results[k];
    if (!facts_.is_array(value)) continue;
    if (local.contains(value)) {
      slots.emplace(value, k);
    } else {
      add_slot(k);
    }
  }
  for (const Op& op : block_.ops) {
    Node node;
    node.op = &op;
    node.role = facts_.role(op);
    if (!op.results.empty()) node.value = op.results[0];
    if (op.kind == OpKind::Primitive) {
      const core::Effect effect = core::effect_of(facts_.function(), op);
      node.effect_state = effect == core::Effect::State;
      node.checked = effect == core::Effect::Fails && node.role == Role::Scalar;
      node.effect_fails =
          effect == core::Effect::Fails && (!node.checked || op.primitive->may_fail == nullptr);
    } else if (op.kind != OpKind::Constant) {
      node.effect_state = core::has_effect(module_, facts_.function(), op);
    }
    for (ValueId result : op.results) positions_[result] = nodes_.size();
    find_reads(node);
    nodes_.push_back(std::move(node));
    for (ValueId result : op.results) {
      auto [first, last] = slots.equal_range(result);
      for (auto it = first; it != last; ++it) add_slot(it->second);
    }
  }
}

void Planner::find_reads(Node& node) const {
  if (node.op == nullptr) {
    node.uses = {node.value};
  } else if (is_dot(*node.op) && node.role == Role::Whole) {
    // A transpose of an enclosing block that is stored is used as it is.
    int fold = 0;
    for (int k = 0; k < 2; ++k) {
      const ValueId arg = node.op->args[static_cast<size_t>(k)];
      if (positions_.contains(arg) || facts_.is_virtual(arg)) fold |= 1 << k;
    }
    facts_.set_fold(*node.op, fold);
    const DotForm form = dot_form(facts_, *node.op, fold);
    node.uses = {form.a, form.b};
  } else {
    node.uses = node.op->args;
    if (!node.op->blocks.empty()) {
      const std::vector<ValueId> free = core::free_values(*node.op);
      node.uses.insert(node.uses.end(), free.begin(), free.end());
    }
  }
  std::ranges::copy_if(node.uses, std::back_inserter(node.arrays),
                       [&](ValueId value) { return facts_.is_array(value); });
}

void Planner::find_live() {
  std::unordered_map<ValueId, bool> used;
  for (ValueId result : block_.results) used[result] = true;
  for (size_t k = nodes_.size(); k-- > 0;) {
    Node& node = nodes_[k];
    if (node.op == nullptr) {
      node.live = true;
      continue;
    }
    node.live = node.effect_state || node.effect_fails || node.checked;
    for (ValueId result : node.op->results) node.live = node.live || used.contains(result);
    if (!node.live) continue;
    for (ValueId value : node.uses) used[value] = true;
  }
}

// ---- what must be stored

void Planner::require(ValueId value) {
  if (Node* node = node_of(value)) node->required = true;
}

/// Inside loops and branches only views of stored arrays are computed again.
void Planner::require_from_nested(ValueId value, bool needs_buffer) {
  for (;;) {
    Node* node = node_of(value);
    if (node == nullptr || !facts_.is_array(value)) return;
    if (needs_buffer || node->role != Role::View || node->op->args.empty()) break;
    value = node->op->args[0];
  }
  require(value);
}

void Planner::visit_nested(const Op& op) {
  for (const Block& block : op.blocks) {
    for (const Op& nested : block.ops) {
      const bool kernel = is_dot(nested) && facts_.role(nested) == Role::Whole;
      const DotForm form = kernel ? dot_form(facts_, nested, 3) : DotForm{};
      for (size_t k = 0; k < nested.args.size(); ++k) {
        const ValueId value = !kernel ? nested.args[k] : k == 0 ? form.a : form.b;
        require_from_nested(value, facts_.needs_buffer(nested, k));
      }
      visit_nested(nested);
    }
    // What a block gives lies in buffers; a stacked output is read element by element.
    const size_t stored = op.kind == OpKind::For ? op.args.size() - 1 : block.results.size();
    for (size_t k = 0; k < block.results.size(); ++k) {
      require_from_nested(block.results[k], k < stored);
    }
  }
}

void Planner::require_by_use() {
  for (size_t k = 0; k < nodes_.size(); ++k) {
    Node& node = nodes_[k];
    if (!node.live || node.op == nullptr) continue;
    for (ValueId value : node.arrays) {
      if (Node* read = node_of(value)) read->last_use = k;
    }
    if (is_dot(*node.op) && node.role == Role::Whole) {
      for (ValueId value : node.arrays) require(value);
      continue;
    }
    for (size_t arg = 0; arg < node.op->args.size(); ++arg) {
      if (facts_.needs_buffer(*node.op, arg)) require(node.op->args[arg]);
    }
    visit_nested(*node.op);
  }
  for (size_t k = 0; k < block_.results.size() && k < first_slot_; ++k) {
    require(block_.results[k]);
    if (Node* node = node_of(block_.results[k])) node->last_use = nodes_.size();
  }
}

/// Depth, cost and leaves of virtual values; what grows too large is stored.
void Planner::measure() {
  for (Node& node : nodes_) {
    if (node.op == nullptr || !node.value.valid() || !facts_.is_array(node.value)) continue;
    node.depth = 0;
    node.cost = own_cost(*node.op, node.role);
    std::vector<ValueId> leaves;
    if (is_virtual(node)) {
      for (ValueId arg : node.op->args) {
        if (!facts_.is_array(arg)) continue;
        if (const Node* operand = node_of(arg); operand != nullptr && is_virtual(*operand)) {
          node.depth = std::max(node.depth, operand->depth + 1);
          node.cost = std::min(node.cost + operand->cost, max_cost);
        }
        const auto& more = facts_.leaves(arg);
        std::vector<ValueId> both;
        std::ranges::set_union(leaves, more, std::back_inserter(both), {}, &ValueId::index,
                               &ValueId::index);
        leaves = std::move(both);
      }
      if (node.depth > max_depth || leaves.size() > max_leaves) node.required = true;
    }
    facts_.set_virtual(node.value, is_virtual(node));
    if (!is_virtual(node)) leaves = {node.value};
    facts_.set_leaves(node.value, std::move(leaves));
  }
}

/// A virtual value that is read after an array it is computed from was updated is stored before: a
/// part is cheaper to keep than the whole array. So is a new part that reads the array elsewhere.
void Planner::require_before_updates() {
  std::unordered_multimap<ValueId, size_t> readers;
  for (size_t k = 0; k < nodes_.size(); ++k) {
    Node& node = nodes_[k];
    if (!node.live || node.op == nullptr) continue;
    if (is_virtual(node)) {
      for (ValueId leaf : facts_.leaves(node.value)) readers.emplace(leaf, k);
    }
    if (!is_update_like(node.role, *node.op)) continue;
    const size_t first = node.role == Role::Update ? 0 : node.op->kind == OpKind::For ? 1 : 0;
    const size_t end = node.role == Role::Update ? 1 : node.op->args.size();
    for (size_t arg = first; arg < end; ++arg) {
      auto [from, to] = readers.equal_range(node.op->args[arg]);
      for (auto it = from; it != to; ++it) {
        if (nodes_[it->second].last_use > k) nodes_[it->second].required = true;
      }
    }
    if (node.role != Role::Update) continue;
    for (size_t arg = 1; arg < node.op->args.size(); ++arg) {
      if (reads_elsewhere(facts_, *node.op, arg)) require(node.op->args[arg]);
    }
  }
}

// ---- result

Item Planner::item(const Node& node) const {
  Item item{node.op, node.slot, node.value, {}};
  for (ValueId value : node.arrays) {
    for (ValueId leaf : facts_.leaves(value)) {
      if (std::ranges::find(item.reads, leaf) == item.reads.end()) item.reads.push_back(leaf);
    }
  }
  return item;
}

Plan Planner::result() const {
  struct Entry {
    int level;
    bool nest;
    size_t order;
  };
  std::vector<Entry> entries;
  for (size_t k = 0; k < nodes_.size(); ++k) {
    const Node& node = nodes_[k];
    if (!node.live || is_virtual(node) || node.group >= 0 || node.role == Role::Constant) continue;
    entries.push_back({node.level, false, k});
  }
  for (size_t k = 0; k < groups_.size(); ++k) entries.push_back({groups_[k].level, true, k});
  std::ranges::sort(entries, {},
                    [](const Entry& e) { return std::tuple(e.level, e.nest, e.order); });
  Plan plan;
  for (const Entry& entry : entries) {
    Step step{entry.nest, {}};
    if (entry.nest) {
      for (size_t k : groups_[entry.order].nodes) step.items.push_back(item(nodes_[k]));
    } else {
      step.items.push_back(item(nodes_[entry.order]));
    }
    plan.steps.push_back(std::move(step));
  }
  for (size_t k = 0; k < block_.results.size() && k < first_slot_; ++k) {
    if (facts_.is_array(block_.results[k])) plan.exit_reads.push_back(block_.results[k]);
  }
  return plan;
}

Plan plan_block(const core::Module& module, Facts& facts, const Block& block, size_t first_slot) {
  return Planner(module, facts, block, first_slot).run();
}

// Note [What is virtual]
// ~~~~~~~~~~~~~~~~~~~~~~
// An elementwise operation or a view (broadcast, transpose, slice, …) is virtual unless
//   - somebody needs its block: a result of the block, a carried value, an operand of a call or of
//   a
//     primitive that runs through `evaluate`, the array an update changes;
//   - it is read in a nested block, where it would be computed again and again (views of stored
//     arrays are fine there);
//   - it is read in several places and is not cheap. Places are told apart by `reader`: the nest,
//     and the views passed on the way; the same array read twice at the same index of one nest is
//     one place. An operand of a broadcast that repeats it is read in many places.
// The last rule depends on which nests are fused, and fusion on what is stored. So: assume that
// everything is virtual, schedule, store the outermost values read in many places, repeat.

}  // namespace calc::lower
