#include "lang/ad/residuals.h"

#include <algorithm>
#include <array>
#include <limits>
#include <queue>

namespace calc::ad {

Scopes::Scopes(const Function& function) { block(function.body, false); }

void Scopes::block(const Block& block, bool in_loop) {
  const int scope = static_cast<int>(in_loop_.size());
  in_loop_.push_back(in_loop);
  blocks_[&block] = scope;
  for (ValueId param : block.params) values_[param] = {scope, nullptr, false, 0};
  for (const Op& op : block.ops) {
    const bool loop = op.kind == OpKind::For || op.kind == OpKind::While;
    for (const Block& nested : op.blocks) this->block(nested, in_loop || loop);
    if (op.kind == OpKind::For) values_[op.blocks[0].params[0]].index = true;
    if (op.kind == OpKind::While) mark_counter(op);
    const size_t order = values_.size();
    for (ValueId result : op.results) values_[result] = {scope, &op, false, order};
  }
}

/// A carried value that starts at 0 and grows by 1 is the number of the iteration.
void Scopes::mark_counter(const Op& op) {
  const Block& body = op.blocks[1];
  auto is_constant = [&](ValueId value, int64_t expected) {
    const Op* made = definition(value);
    return made && made->kind == OpKind::Constant && made->constant.rank() == 0 &&
           made->constant.elem() == core::Elem::I64 && made->constant.as_int() == expected;
  };
  for (size_t k = 0; k < body.params.size(); ++k) {
    if (!is_constant(op.args[k], 0)) continue;
    const Op* next = definition(body.results[k]);
    if (!next || next->kind != OpKind::Primitive || next->primitive->name != "add") continue;
    const auto [a, b] = std::pair(next->args[0], next->args[1]);
    const bool counts =
        (a == body.params[k] && is_constant(b, 1)) || (b == body.params[k] && is_constant(a, 1));
    if (counts) values_[body.params[k]].index = true;
  }
}

namespace {

constexpr int64_t kInfinite = std::numeric_limits<int64_t>::max() / 4;
/// More operations than this are not repeated for one value.
constexpr int kMostRepeated = 64;
/// Of them, operations that the known half needs as well; the first limit within the budget counts.
constexpr std::array<int, 4> kLimits = {kMostRepeated, 8, 2, 0};

template <size_t n>
bool one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Costs less to make than to read back.
bool is_trivial(const Op& op) {
  static constexpr std::array<std::string_view, 3> kTrivial = {"iota", "dim", "broadcast"};
  if (op.kind == OpKind::Constant) return op.constant.size() <= 16;
  return op.kind == OpKind::Primitive && one_of(op.primitive->name, kTrivial);
}

/// Elementwise and index operations: no more work than the primal block's own.
bool is_cheap(const Op& op) {
  static constexpr std::array<std::string_view, 12> kCheap = {
      "iota", "dim",   "broadcast", "reshape", "transpose", "reverse",
      "take", "slice", "index",     "copy",    "stack",     "check_index"};
  if (is_trivial(op) || op.kind == OpKind::Constant) return true;
  if (op.kind != OpKind::Primitive || op.results.size() != 1) return false;
  return one_of(op.primitive->name, kCheap) ||
         std::holds_alternative<core::ElementwiseLowering>(op.primitive->lowering);
}

int64_t bytes(const Type& type) {
  int64_t total = static_cast<int64_t>(rt::elem_size(type.elem));
  for (int64_t size : type.dims) {
    total *= size == core::kDynamic ? kAssumedSize : std::max<int64_t>(size, 1);
    if (total > (int64_t{1} << 40)) return int64_t{1} << 40;
  }
  return total;
}

/// Maximum flow by shortest augmenting paths.
class Flow {
 public:
  int add_node() {
    edges_.emplace_back();
    return static_cast<int>(edges_.size()) - 1;
  }
  void add_edge(int from, int to, int64_t capacity) {
    edges_[index(from)].push_back({to, capacity, edges_[index(to)].size()});
    edges_[index(to)].push_back({from, 0, edges_[index(from)].size() - 1});
  }
  void run(int source, int sink) {
    while (augment(source, sink)) {
    }
  }
  /// The nodes from which the sink can still be reached.
  std::vector<bool> side_of(int sink) const {
    std::vector<bool> side(edges_.size());
    std::vector<int> pending = {sink};
    side[index(sink)] = true;
    while (!pending.empty()) {
      const int node = pending.back();
      pending.pop_back();
      for (const Edge& edge : edges_[index(node)]) {
        const Edge& towards = edges_[index(edge.to)][edge.back];
        if (towards.capacity <= 0 || side[index(edge.to)]) continue;
        side[index(edge.to)] = true;
        pending.push_back(edge.to);
      }
    }
    return side;
  }

 private:
  struct Edge {
    int to;
    int64_t capacity;
    size_t back;
  };
  static size_t index(int node) { return static_cast<size_t>(node); }

  bool augment(int source, int sink) {
    std::vector<std::pair<int, size_t>> from(edges_.size(), {-1, 0});
    std::queue<int> pending;
    pending.push(source);
    while (!pending.empty() && from[index(sink)].first < 0) {
      const int node = pending.front();
      pending.pop();
      for (size_t k = 0; k < edges_[index(node)].size(); ++k) {
        const Edge& edge = edges_[index(node)][k];
        if (edge.capacity <= 0 || edge.to == source || from[index(edge.to)].first >= 0) continue;
        from[index(edge.to)] = {node, k};
        pending.push(edge.to);
      }
    }
    if (from[index(sink)].first < 0) return false;
    push(source, sink, from);
    return true;
  }

  void push(int source, int sink, const std::vector<std::pair<int, size_t>>& from) {
    int64_t amount = kInfinite;
    for (int node = sink; node != source; node = from[index(node)].first) {
      amount = std::min(amount, edge_into(node, from).capacity);
    }
    for (int node = sink; node != source; node = from[index(node)].first) {
      Edge& edge = edge_into(node, from);
      edge.capacity -= amount;
      edges_[index(edge.to)][edge.back].capacity += amount;
    }
  }
  Edge& edge_into(int node, const std::vector<std::pair<int, size_t>>& from) {
    const auto [previous, k] = from[index(node)];
    return edges_[index(previous)][k];
  }

  std::vector<std::vector<Edge>> edges_;
};

class Chooser {
 public:
  Chooser(const Function& function, const Scopes& scopes, int scope, const Repetition& repetition,
          int limit)
      : function_(function),
        scopes_(scopes),
        scope_(scope),
        repetition_(repetition),
        limit_(limit) {
    source_ = flow_.add_node();
    sink_ = flow_.add_node();
  }

  Residuals run(const std::vector<ValueId>& needed) {
    visit_all(needed);
    for (ValueId value : needed) {
      if (!is_forced(value)) flow_.add_edge(out(nodes_.at(value)), sink_, kInfinite);
    }
    flow_.run(source_, sink_);
    side_ = flow_.side_of(sink_);
    collect_all(needed);
    std::sort(result_.recomputed.begin(), result_.recomputed.end(), [&](const Op* a, const Op* b) {
      return scopes_.order(a->results[0]) < scopes_.order(b->results[0]);
    });
    return result_;
  }

  /// Arithmetic that both halves do.
  int64_t repeated() const {
    int64_t total = 0;
    for (const Op* op : result_.recomputed) total += repeated(*op);
    return total;
  }

 private:
  int64_t repeated(const Op& op) const {
    return repetition_.live(op.results[0]) ? arithmetic(function_, op) : 0;
  }

  struct Node {
    /// The node that enters; the one that leaves is the next.
    int in;
    /// Operations needed to make the value from what is free, at most.
    int work;
    /// Those among them that are repeated arithmetic.
    int repeated;
  };
  static int out(const Node& node) { return node.in + 1; }

  bool is_local(ValueId value) const { return scopes_.of(value) == scope_; }
  /// The linear half has it anyway: loop indices, and what stands outside all loops and branches.
  bool is_free(ValueId value) const {
    return scopes_.is_index(value) || (scope_ != 0 && scopes_.of(value) == 0);
  }

  bool may_recompute(ValueId value) const {
    const Op* op = scopes_.definition(value);
    if (!op) return false;
    if (scopes_.in_loop(scopes_.of(value))) return is_cheap(*op);
    if (scope_ != 0 && function_.type(value).rank() > 0) return is_cheap(*op);
    return is_trivial(*op);
  }

  /// A value outside the block is kept, if at all, less often.
  int64_t capacity(ValueId value) const {
    const int64_t size = bytes(function_.type(value));
    return is_local(value) ? 8 * size : size;
  }

  /// Used, and known to the primal run only: kept whatever else is, and free for the rest.
  bool is_forced(ValueId value) const { return forced_.contains(value); }

  const std::vector<ValueId>& arguments(ValueId value) const {
    static const std::vector<ValueId> kNone;
    const bool stop = is_free(value) || is_forced(value) || !may_recompute(value);
    return stop ? kNone : scopes_.definition(value)->args;
  }

  /// Makes the nodes of the values and of what they can be computed from, arguments first. An
  /// explicit stack: chains of operations are as long as the program.
  void visit_all(const std::vector<ValueId>& needed) {
    for (ValueId value : needed) {
      if (!is_free(value) && !may_recompute(value)) forced_.insert(value);
    }
    std::vector<ValueId> pending = needed;
    while (!pending.empty()) {
      const ValueId value = pending.back();
      if (nodes_.contains(value)) {
        pending.pop_back();
        continue;
      }
      const size_t before = pending.size();
      for (ValueId arg : arguments(value)) {
        if (!nodes_.contains(arg)) pending.push_back(arg);
      }
      if (pending.size() > before) continue;
      make_node(value);
      pending.pop_back();
    }
  }

  void make_node(ValueId value) {
    Node node{flow_.add_node(), 0, 0};
    flow_.add_node();
    if (!is_free(value) && !is_forced(value)) {
      const bool again = may_recompute(value);
      node.work = 1;
      if (again && repeated(*scopes_.definition(value)) > 0) node.repeated = 1;
      for (ValueId arg : arguments(value)) {
        node.work += nodes_.at(arg).work;
        node.repeated += nodes_.at(arg).repeated;
      }
      if (!again || node.work > kMostRepeated || node.repeated > limit_) {
        node.work = 0;
        node.repeated = 0;
        flow_.add_edge(source_, node.in, kInfinite);
      } else {
        for (ValueId arg : arguments(value)) {
          flow_.add_edge(out(nodes_.at(arg)), node.in, kInfinite);
        }
      }
      flow_.add_edge(node.in, out(node), capacity(value));
    }
    nodes_[value] = node;
  }

  bool is_cut(ValueId value) const {
    const Node& node = nodes_.at(value);
    return is_forced(value) ||
           (!side_[static_cast<size_t>(node.in)] && side_[static_cast<size_t>(out(node))]);
  }

  void collect_all(const std::vector<ValueId>& needed) {
    std::unordered_set<ValueId> seen;
    std::vector<ValueId> pending(needed.rbegin(), needed.rend());
    while (!pending.empty()) {
      const ValueId value = pending.back();
      pending.pop_back();
      if (!seen.insert(value).second) continue;
      if (!is_local(value)) {
        result_.outer.push_back(value);
      } else if (is_free(value)) {
        continue;
      } else if (is_cut(value)) {
        result_.kept.push_back(value);
      } else {
        const Op* op = scopes_.definition(value);
        result_.recomputed.push_back(op);
        pending.insert(pending.end(), op->args.rbegin(), op->args.rend());
      }
    }
  }

  const Function& function_;
  const Scopes& scopes_;
  const int scope_;
  const Repetition& repetition_;
  const int limit_;
  Flow flow_;
  int source_;
  int sink_;
  std::unordered_map<ValueId, Node> nodes_;
  std::unordered_set<ValueId> forced_;
  std::vector<bool> side_;
  Residuals result_;
};

}  // namespace

Residuals choose_residuals(const Function& function, const Scopes& scopes, int scope,
                           const std::vector<ValueId>& needed, const Repetition& repetition) {
  Residuals found;
  for (int limit : kLimits) {
    Chooser chooser(function, scopes, scope, repetition, limit);
    found = chooser.run(needed);
    if (chooser.repeated() <= repetition.budget()) break;
  }
  return found;
}

}  // namespace calc::ad

// Note [Minimum cut]
//
// A graph with two nodes a value, joined by an edge whose capacity is the memory it takes to keep
// the value; an edge from each argument to the value where the operation may be repeated; from the
// source to a value that only the primal run knows; from a value that the linear block uses to the
// sink. A cut of finite capacity separates what only the primal run knows from what is used: the
// values whose inner edge is cut are kept, those behind the cut are computed again. Of all minimum
// cuts the one nearest to the sink repeats least. A value that follows from free ones alone has no
// path from the source and is never cut: that is how `cos x[i]` is not stacked when x is an input.
//
// The graph reaches into the enclosing blocks, but only up to the function's own: otherwise reading
// A[i] of an array that an outer loop updates would look free, and the whole of A would be kept for
// every outer iteration. A value of an enclosing block that is cut, or stands before the cut, is
// asked for there, where the same choice is made again.
