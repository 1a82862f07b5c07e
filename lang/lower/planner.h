#pragma once
// The planner's working state; see plan.h.
#include <map>
#include <unordered_map>

#include "lang/core/tools.h"
#include "lang/lower/plan.h"

namespace calc::lower {

class Planner {
 public:
  Planner(const core::Module& module, Facts& facts, const Block& block, size_t first_slot);
  Plan run();

 private:
  static constexpr int no_reader = -1;
  static constexpr int many_readers = -2;

  /// An operation of the block, or the storing of a stacked array result.
  struct Node {
    const Op* op = nullptr;
    size_t slot = 0;
    ValueId value;
    Role role = Role::Whole;
    /// What it reads: all values, and the arrays among them.
    std::vector<ValueId> uses, arrays;
    bool effect_state = false;
    bool effect_fails = false;
    /// Checked scalar arithmetic: fails neither before nor after what happens before it.
    bool checked = false;
    bool live = false;
    /// Must be stored.
    bool required = false;
    int depth = 0;
    int cost = 0;
    /// The last node that names the value.
    size_t last_use = 0;
    // -- schedule
    int level = 0;
    /// Index into groups_; -1 outside nests.
    int group = -1;
    // -- availability of the value
    int ready = 0;
    std::vector<int> soft;
    // -- who reads it
    int reader = no_reader;
    bool covered = false;
  };
  struct Group {
    int level = 0;
    std::vector<Size> space;
    bool alone = false;
    std::vector<size_t> nodes;
  };

  // -- what must be stored (plan.cpp)
  void add_nodes();
  void add_slot(size_t slot);
  void find_live();
  void require_by_use();
  void require_from_nested(ValueId value, bool needs_buffer);
  void visit_nested(const Op& op);
  void require(ValueId value);
  void measure();
  void require_before_updates();

  // -- schedule (schedule.cpp)
  void schedule();
  void place_virtual(Node& node);
  void place_nest(size_t k);
  void place_single(size_t k);
  void gather(const Node& node, int& hard, std::vector<int>& soft) const;
  int order_after_effects(const Node& node) const;
  void note_effects(const Node& node, int level);
  void note_reads(const Node& node, int level);
  std::vector<Size> space(const Node& node) const;
  bool alone(const Node& node) const;
  bool fits(const Group& group, int id, int hard, const std::vector<int>& soft) const;

  // -- who reads what (readers.cpp)
  bool mark_shared(bool last_round);
  void spread(const Node& node, int context);
  void read(ValueId value, int context, bool covered);
  int derived(int context, size_t node);

  Plan result() const;
  Item item(const Node& node) const;

  bool is_nest(const Node& node) const;
  bool is_virtual(const Node& node) const {
    return (node.role == Role::View || node.role == Role::Compute) && !node.required;
  }
  /// The node that defines a value in this block, or null.
  Node* node_of(ValueId value);
  const Node* node_of(ValueId value) const;
  void find_reads(Node& node) const;

  const core::Module& module_;
  Facts& facts_;
  const Block& block_;
  size_t first_slot_;
  std::vector<Node> nodes_;
  std::unordered_map<ValueId, size_t> positions_;
  std::vector<Group> groups_;
  /// Levels that order effects, see order_after_effects.
  int state_level_ = 0;
  int fails_level_ = 0;
  int check_level_ = 0;
  int nest_fails_level_ = 0;
  int checked_level_ = 0;
  std::unordered_map<ValueId, int> reader_levels_;
  std::map<std::pair<int, size_t>, int> contexts_;
};

}  // namespace calc::lower
