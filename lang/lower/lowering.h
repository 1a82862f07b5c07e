#pragma once
// Lowers one Core function: walks the plan of each block and writes statements.
//
// Every value is bound once: a scalar to an expression (a variable or a literal), a stored array to
// a buffer. Virtual arrays are not bound; `pull` gives their elements (Frame: where, and what is
// already computed there).
//
// Updates in place. A block may be written when its handle is owned and its reference count is 1,
// and when the value it holds is dead: every item that reads it has been written, and the block of
// code runs at most once for each time the value is bound (`Scope`). `unique_` tracks what is known
// of reference counts; where nothing is known, a Unique statement makes sure.
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/lower/facts.h"
#include "lang/lower/plan.h"
#include "lang/lower/writer.h"

namespace calc::lower {

/// Which element of a value: one index an axis, or its row-major position.
struct Index {
  bool linear = false;
  std::vector<ExprId> at;
  bool operator<(const Index& other) const;
};

/// Where elements are computed: inside `sinks.size() - 1` loops. What depends on outer loops only
/// is computed in their lists.
struct Frame {
  /// Statements at each depth, outermost first.
  std::vector<Stmts*> sinks;
  std::unordered_map<uint32_t, int> var_depths;
  std::unordered_map<uint32_t, int> expr_depths;
  std::map<std::pair<uint32_t, Index>, ExprId> memo;
  /// How each buffer was read: only at `identity` (axes of size 1 left out), or elsewhere too.
  std::vector<ExprId> identity;
  std::map<uint32_t, bool> read_elsewhere;
  int depth() const { return static_cast<int>(sinks.size()) - 1; }
};

/// Loops under construction: `lists[d]` runs before loop d (d of them around it), `after[d]`
/// behind.
struct Nest {
  std::vector<ExprId> extents;
  std::vector<VarId> vars;
  std::vector<Stmts> lists, after;
  std::vector<bool> parallel, down;
  std::vector<std::vector<VarId>> reductions;
};

/// What a block under translation may give up.
struct Scope {
  std::unordered_map<ValueId, int> remaining;
  std::unordered_set<ValueId> consumable;
};

/// Where stacked outputs go.
struct Slots {
  std::vector<BufId> buffers;
  ExprId index;
  /// Sizes known only inside the body: the buffer is allocated there.
  std::vector<bool> late;
  ExprId count;
  size_t first = SIZE_MAX;
};

class FunctionLowering {
 public:
  FunctionLowering(const core::Module& module, const core::Function& function, core::FunctionId id,
                   const std::vector<bool>& donated);
  loop::Function run();

 private:
  struct Root;

  // -- function and blocks (lower.cpp)
  void add_params(const std::vector<bool>& donated);
  void block(const Block& block, Scope scope, const Slots* slots);
  void release_dead(const Step& step);
  void single(const Op& op);
  void scalar_op(const Op& op);
  ExprId scalar_value(const Op& op);

  // -- values (values.cpp)
  void bind_scalar(ValueId value, ExprId expr);
  void bind_buffer(ValueId value, BufId buf, bool unique);
  ExprId scalar(ValueId value) const { return exprs_[value.index]; }
  BufId buffer(ValueId value);
  bool bound(ValueId value) const { return bufs_[value.index].index != UINT32_MAX; }
  bool dies(ValueId value) const;
  bool owned(BufId buf) const;
  bool unique(BufId buf) const { return buf.index < unique_.size() && unique_[buf.index]; }
  void set_unique(BufId buf, bool is);
  /// A buffer of its own that holds `value`, for writing: the value's own when it dies.
  BufId writable(ValueId value, LocId loc);
  BufId copy(ValueId value, LocId loc);
  /// `to` gets the block of `value`: moved when it dies, else shared.
  void give(BufId to, ValueId value, LocId loc);
  void share(BufId to, ValueId value, LocId loc);
  BufId fresh(ValueId value);
  void alloc(BufId buf, ValueId like, LocId loc);
  ExprId extent(ValueId value, int axis);
  /// Not valid when it depends on what is not computed yet.
  ExprId try_extent(ValueId value, int axis);
  ExprId extent_of(const Op& op, ValueId value, int axis);
  std::vector<ExprId> extents(ValueId value);
  ExprId count_of(const std::vector<ExprId>& sizes);

  // -- elements (pull.cpp)
  ExprId pull(Frame& frame, ValueId value, Index index);
  ExprId compute(Frame& frame, const Op& op, const Index& index);
  ExprId element(Frame& frame, BufId buf, const Index& index);
  ExprId pull_view(Frame& frame, const Op& op, Structural form, const Index& index);
  ExprId pull_reshaped(Frame& frame, const Op& op, const Index& index);
  ExprId pull_taken(Frame& frame, const Op& op, const Index& index);
  ExprId pull_product(Frame& frame, const Op& op, const Index& space);
  ExprId from_zero(const Op& op, ExprId term);
  ExprId product_term(const Op& op, ScalarOp step, ExprId a, ExprId b);
  ExprId pull_only(Frame& frame, const Op& op, const Index& index);
  ExprId class_test(const Op& op, ExprId x);
  ExprId elementwise_expr(const Op& op, std::vector<ExprId> args);
  ExprId keep(Frame& frame, ExprId e, bool shared);
  int depth(Frame& frame, ExprId e);
  Index spread(ValueId value, const Index& index);
  ExprId linear(const std::vector<ExprId>& at, const std::vector<ExprId>& sizes);
  std::vector<ExprId> delinear(ExprId at, const std::vector<ExprId>& sizes);
  bool takes_linear(ValueId value, std::unordered_map<uint32_t, bool>& known);
  std::vector<ExprId> with_indices(const Op& op, size_t first, const std::vector<ExprId>& rest);

  // -- nests (nest.cpp, reduce.cpp)
  Nest open_nest(std::vector<ExprId> extents);
  Frame frame_in(Nest& nest);
  /// Writes the loops into the open list.
  void close_nest(Nest nest);
  void nest(const Step& step, const Slots* slots);
  bool reduces(const Op& op) const;
  std::vector<ExprId> nest_extents(const Item& item);
  bool is_flat(const Step& step);
  Root make_root(const Item& item, const Slots* slots);
  void store_roots(std::vector<Root>& roots, Nest& nest, Frame& frame, const Step& step,
                   const Slots* slots);
  void bind_root(const Root& root);
  std::optional<ValueId> reusable(const Root& root, const Frame& frame, const Step& step,
                                  const std::set<uint32_t>& taken);
  void start_reduction(Root& root, Nest& nest, const Index& index,
                       const std::vector<size_t>& order);
  void accumulate_in(Root& root, Nest& nest, ExprId x);
  bool is_reduced(const Op& op, size_t axis, size_t rank);
  void accumulate(Root& root, Nest& nest, Frame& frame, const Index& index);
  void accumulate_position(Root& root, Nest& nest, ExprId x);
  ExprId combine(const Root& root, ExprId accumulator, ExprId x);
  ExprId initial(const Root& root);
  void fill(BufId buf, ValueId like, ExprId value);
  std::vector<size_t> loop_order(const Item& item, const std::vector<ExprId>& sizes);
  Index item_index(const Item& item, const Nest& nest, bool flat);

  // -- operations with loops of their own (pieces.cpp)
  void pieces(const Op& op);
  void piece(BufId to, ValueId from, const std::vector<ExprId>& prefix, int axis, ExprId offset);
  void cumulative(const Op& op);
  void update(const Op& op);
  std::vector<ExprId> update_place(const Op& op, Frame& frame, const std::vector<ExprId>& at);
  void update_element(const Op& op, BufId to, std::vector<ExprId> place, ExprId v);

  // -- whole operations and control (control.cpp, loops.cpp)
  void whole(const Op& op);
  void opaque(const Op& op);
  void call(const Op& op);
  std::vector<loop::Operand> operands(std::span<const ValueId> values);
  std::vector<loop::Operand> new_results(const Op& op, bool fresh_blocks);
  void branch(const Op& op);
  struct Side;
  Side side(const Block& block, std::span<const ValueId> dying);
  void give_result(Side& side, size_t k, const loop::Operand& to);
  bool stays(const Side& then, const Side& other, size_t k);
  void for_op(const Op& op);
  void while_op(const Op& op);
  struct Carried;
  std::vector<Carried> enter(const Op& op, std::span<const ValueId> init,
                             std::span<const ValueId> params, const Block& body);
  Carried enter_array(ValueId init, ValueId param, bool alone, bool written, LocId loc);
  void bind_params(const std::vector<Carried>& carried, std::span<const ValueId> params);
  void step(const std::vector<Carried>& carried, std::span<const ValueId> params,
            std::span<const ValueId> results, LocId loc);
  void step_arrays(const std::vector<Carried>& carried, std::span<const ValueId> params,
                   std::span<const ValueId> results, LocId loc);
  void require_unique(const Carried& carried, LocId loc);
  void leave(const Op& op, const std::vector<Carried>& carried);
  Scope loop_scope(const std::vector<Carried>& carried, std::span<const ValueId> params);
  Slots stacked(const Op& op, size_t first, ExprId count, ExprId index);
  void alloc_slot(const Slots& slots, size_t slot, ValueId value, LocId loc);
  bool is_parallel(const Op& op) const;
  void release_temporaries(const Op& op, size_t first);
  bool may_write(const Block& block, ValueId value) const;

  const core::Module& module_;
  const core::Function& core_;
  Facts facts_;
  loop::Function function_;
  Writer writer_;
  std::vector<ExprId> exprs_;
  std::vector<BufId> bufs_;
  std::vector<bool> unique_;
  Scope scope_;
  int loop_depth_ = 0;
  LocId loc_;
};

}  // namespace calc::lower
