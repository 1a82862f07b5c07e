// Who reads each virtual value, and in how many places. See Note [What is virtual] in plan.cpp.
#include <algorithm>

#include "lang/lower/planner.h"

namespace calc::lower {

namespace {

/// Computing an element again costs no more than storing and loading it.
constexpr int cheap = 3;

/// Axis k of the operand is axis k of the result: an outer loop, whose work is hoisted.
bool keeps_outer_axes(const Op& broadcast) {
  const auto& axes = broadcast.attrs.ints("axes");
  for (size_t k = 0; k < axes.size(); ++k) {
    if (axes[k] != static_cast<int64_t>(k)) return false;
  }
  return true;
}

}  // namespace

/// Stores what is read in many places; false when nothing had to be.
bool Planner::mark_shared(bool last_round) {
  contexts_.clear();
  bool changed = false;
  for (Node& node : nodes_) {
    node.reader = no_reader;
    node.covered = false;
  }
  for (size_t k = nodes_.size(); k-- > 0;) {
    Node& node = nodes_[k];
    if (!node.live) continue;
    if (!is_virtual(node)) {
      const size_t own = node.group >= 0 ? static_cast<size_t>(node.group) : groups_.size() + k;
      spread(node, static_cast<int>(own));
      continue;
    }
    if (node.reader == no_reader) continue;
    const bool costly =
        node.role == Role::Compute && node.reader == many_readers && node.cost > cheap;
    const int reader = node.reader;
    if (costly && (!node.covered || last_round)) {
      node.required = true;
      changed = true;
    }
    node.covered = node.covered || costly;
    spread(node, reader);
  }
  return changed;
}

void Planner::read(ValueId value, int context, bool covered) {
  Node* node = node_of(value);
  if (node == nullptr || !facts_.is_array(value)) return;
  node->reader = node->reader == no_reader || node->reader == context ? context : many_readers;
  node->covered = node->covered || covered;
}

/// The place that reads through the view `node`.
int Planner::derived(int context, size_t node) {
  if (context == many_readers) return many_readers;
  const int fresh = static_cast<int>(groups_.size() + nodes_.size() + contexts_.size());
  return contexts_.emplace(std::pair{context, node}, fresh).first->second;
}

void Planner::spread(const Node& node, int context) {
  if (node.op == nullptr) return read(node.value, context, false);
  const Op& op = *node.op;
  if (node.role == Role::Whole) return;
  const bool covered = node.covered;
  const int through = derived(context, static_cast<size_t>(&node - nodes_.data()));
  const std::optional<Structural> form = structural(op);
  if (form == Structural::Take) {
    read(op.args[0], many_readers, covered);
    return read(op.args[1], through, covered);
  }
  if (is_dot(op)) {
    const bool vectors = facts_.space(op).size() == 1;
    const bool rows = dot_form(facts_, op, 0).rhs_free.empty();
    read(op.args[0], vectors ? context : rows ? through : many_readers, covered);
    return read(op.args[1], vectors ? context : many_readers, covered);
  }
  int to = through;
  if (!form || form == Structural::Copy || moves_unit_axes(facts_, op)) to = context;
  if (form == Structural::Broadcast && !keeps_outer_axes(op)) to = many_readers;
  for (ValueId arg : op.args) read(arg, to, covered);
}

}  // namespace calc::lower
