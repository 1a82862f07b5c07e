#pragma once
// A Core function under construction: walks syntax, keeps local names, emits operations.
//
// One class, a file a subject: frame.cpp (services), expressions.cpp, aggregates.cpp, calls.cpp,
// capture.cpp, opened.cpp, statements.cpp, exits.cpp, places.cpp, patterns.cpp, annotations.cpp,
// recursion.cpp, branch.cpp, loops.cpp, iteration.cpp, comprehension.cpp, join.cpp, checks.cpp.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lang/elaborate/emit.h"
#include "lang/elaborate/scope.h"
#include "lang/elaborate/state.h"

namespace calc::elab {

/// What a block or `if` is walked for: a value, a value if it has one, its effects alone, or the
/// result of the function, so that a `return` in it need only give its value.
enum class Want : uint8_t { Value, IfAny, Nothing, Result };

/// Whether control gets past what was walked, and if not, how it left: in one way or in several.
enum class Ended : uint8_t { No, Continue, Break, Return, Several };

/// What a loop walks over: how often, and the element at a position.
struct Iteration {
  core::ValueId count;
  /// The number of rounds when known without depending on anything.
  std::optional<int64_t> fixed;
  std::function<ValuePtr(core::ValueId)> element;
};

class Frame : public Emit {
 public:
  Frame(State& state, std::string name, std::string user_name);

  // -- Emit
  core::Builder& builder() override { return *builder_; }
  core::Module& module() override { return state_.module; }
  ad::Differentiator& differentiator() override { return state_.differentiator; }
  void at(base::Span span) override;
  ValuePtr call(const ValuePtr& function, CallArgs args) override;
  std::vector<ParamInfo> parameters(const ValuePtr& function) override;
  std::vector<ValuePtr> bind(const ValuePtr& function, const CallArgs& args) override;
  Specialised specialise(const ValuePtr& function, const std::vector<ValuePtr>& args,
                         base::Span span) override;
  ValuePtr opened(const ValuePtr& function, const std::vector<std::string>& names) override;
  ValuePtr library(std::string_view name) override;
  std::optional<Known> known(const ValuePtr& value) override;
  void reads_world(base::Span span) override;
  void writes_world() override;

  // -- for the elaborator: a whole function
  /// `assumed`: the id it gets, and what is assumed of it if it calls itself.
  std::unique_ptr<Variant> function(const Request& request, const Variant& assumed,
                                    bool with_known);
  Entry entry(const std::shared_ptr<const syntax::Program>& program, const syntax::Stmt& stmt,
              const std::string& in_module);
  /// A top-level name that this frame, which must be the top one, has given a new value; or null.
  ValuePtr rebound(std::string_view module_name, std::string_view name);

 private:
  struct UsedGlobal {
    GlobalUse use;
    /// With this function's parameters at the leaves; null when not defined.
    ValuePtr value;
  };
  struct KnownParam {
    /// Index into used_, or -1: an argument.
    int global = -1;
    size_t leaf = 0;
    Known known;
    bool consumed = false;
  };

  // -- frame.cpp
  ValuePtr global(const std::string& module_name, const std::string& name);
  ValuePtr import_global(UsedGlobal& used, const GlobalView& view, int index);
  Leaf parameter(const Leaf& like, bool keep_known, int global, size_t leaf);
  Specialised used(const Variant& variant, const ValuePtr& function,
                   const std::vector<ValuePtr>& args, base::Span span);
  void consume(core::ValueId id);
  void consume_global(const GlobalUse& use);
  std::vector<GlobalUse> uses() const;
  void finish(core::FunctionId id, const std::vector<ValuePtr>& results);
  ValuePtr as_assumed(const ValuePtr& result, const Variant& assumed, base::Span span);
  ValuePtr closure_body(const Request& request, const std::vector<ValuePtr>& args,
                        const ValuePtr& callee);
  ValuePtr exported(const ValuePtr& result);
  Scopes& scopes() { return around_->scopes; }

  // -- expressions.cpp
  ValuePtr expr(const syntax::Expr& e, Want want = Want::Value);
  ValuePtr compound(const syntax::Expr& e, Want want);
  ValuePtr literal(core::ValueId id, std::optional<Known> known);
  ValuePtr string_literal(const syntax::StringLit& e);
  ValuePtr name(const syntax::Name& e);
  ValuePtr look_up(const std::string& text, base::Span span);
  ValuePtr binary_expr(const syntax::Binary& e);
  ValuePtr logical(const syntax::Binary& e);
  ValuePtr comparison(const syntax::Compare& e);
  ValuePtr field(const syntax::Field& e);
  void check_library(const syntax::Field& e);
  ValuePtr field_of(const ValuePtr& base, const std::string& name, base::Span span);
  ValuePtr module_member(const std::string& module, const std::string& name, base::Span span);
  [[noreturn]] void undefined(const std::string& name, base::Span span);
  ValuePtr tuple_expr(const syntax::Tuple& e);
  ValuePtr array_expr(const syntax::ArrayLit& e);
  ValuePtr record_expr(const syntax::Record& e);
  ValuePtr range_expr(const syntax::Range& e);
  ValuePtr index_expr(const syntax::Index& e);
  std::vector<IndexItem> index_items(const syntax::Index& e);
  ValuePtr with_subscript(const ValuePtr& op, const syntax::Index& e);
  /// The position in a tuple or record that a constant index names.
  size_t constant_index(const Value& base, const std::vector<IndexItem>& items, base::Span span);
  ValuePtr tuple_slice(const Value& base, const IndexItem& slice);

  // -- calls.cpp, capture.cpp
  ValuePtr call_expr(const syntax::Call& e);
  CallArgs call_args(const syntax::Call& e);
  void spread(CallArgs& args, const ValuePtr& value, base::Span span);
  Specialised specialise_at(const ValuePtr& function, const std::vector<ValuePtr>& args,
                            base::Span span, std::vector<base::Span> spans);
  ValuePtr call_closure(const ValuePtr& function, const CallArgs& args);
  std::vector<ValuePtr> bind_params(const ValuePtr& function, const CallArgs& args);
  void adapt_literals(const Closure& closure, std::vector<ValuePtr>& bound, base::Span span);
  void fill_defaults(const ValuePtr& function, std::vector<ValuePtr>& bound, base::Span span);
  static Surroundings surroundings_of(const ValuePtr& function);
  bool at_top_level() const;
  ValuePtr lambda(const syntax::Lambda& e, std::string given_name);
  ValuePtr definition(const syntax::FuncDef& s);
  void capture(Closure& closure);
  void check_definition(const ValuePtr& function);

  // -- opened.cpp
  ValuePtr opened_zero(const ValuePtr& function, const std::string& name,
                       const std::vector<ValuePtr>& args, base::Span span);
  ValuePtr opened_here(const std::string& name, const ValuePtr& value, base::Span span);

  // -- statements.cpp, places.cpp, patterns.cpp
  ValuePtr block(const syntax::Block& e, Want want);
  using Statements = std::span<const syntax::StmtPtr>;
  ValuePtr statements(Statements list, Want want);
  ValuePtr statement(const syntax::Stmt& s, Want want);
  void test_stmt(const syntax::Test& s);
  void assign_stmt(const syntax::Assign& s, const ValuePtr& value);
  ValuePtr assigned_value(const syntax::Assign& s);
  void assign(const std::string& name, ValuePtr value, base::Span span);
  void bind_pattern(const syntax::Pattern& pattern, const ValuePtr& value, bool fresh);
  void bind_items(const syntax::Pattern& pattern, const ValuePtr& value, bool fresh);
  void bind_fields(const syntax::Pattern& pattern, const ValuePtr& value, bool fresh);
  using Update = std::function<ValuePtr(const ValuePtr&)>;
  void update_place(const syntax::Expr& place, const Update& update);
  void assign_place(const syntax::Assign& s, const ValuePtr& value);
  void update_index(const syntax::Index& place, const Update& update);
  void set_index(const syntax::Assign& s, const ValuePtr& value);

  // -- exits.cpp
  /// What comes after something that may have left: the rest of its statement, of its block.
  struct Rest {
    const syntax::Stmt* of = nullptr;
    std::function<void()> first;
    Statements list;
    Want want = Want::Nothing;
    Want last() const { return list.empty() && !first ? want : Want::Nothing; }
  };
  ValuePtr with_exits(const syntax::Stmt& s, Statements rest, Want want);
  ValuePtr return_stmt(const syntax::Return& s, Want want);
  ValuePtr leave_by(std::string_view flag, Ended how);
  /// The flags of the exits taken so far, or as they were when nothing was.
  std::vector<ValuePtr> exits();
  ValuePtr go_on(const Rest& rest, const ValuePtr& value);
  ValuePtr follow(const std::vector<ValuePtr>& before, const Rest& rest, const ValuePtr& value);
  void rest_names(const Rest& rest, Names& names);
  core::ValueId none_of(const std::vector<ValuePtr>& flags);
  ValuePtr if_then(const syntax::If& e, const Rest& rest);
  ValuePtr if_side(const syntax::ExprPtr& side, bool has_else, const std::vector<ValuePtr>& before,
                   const Rest& rest);
  void note_result(base::Span span, const ValuePtr& value);
  [[noreturn]] void returns_differ(base::Span span, const ValuePtr& a, const ValuePtr& b);

  // -- annotations.cpp
  /// What a size variable stands for, and the parameter that said so.
  struct DeclaredSize {
    ValuePtr value;
    std::string from;
  };
  using Sizes = std::map<std::string, DeclaredSize>;
  ValuePtr annotated(const syntax::TypeExpr& type, const ValuePtr& value, const std::string& what,
                     base::Span span, Sizes& sizes);
  ValuePtr annotated_tensor(const syntax::TypeExpr& type, const ValuePtr& value,
                            const std::string& what, base::Span span, Sizes& sizes);
  ValuePtr declared_size(const syntax::DimExpr& dim, const Sizes& sizes);
  void check_size(const syntax::TypeExpr& type, int axis, const ValuePtr& value,
                  const std::string& what, base::Span span, Sizes& sizes);
  void check_definition_sizes(const ValuePtr& function, const std::vector<ValuePtr>& args,
                              bool open);

  // -- recursion.cpp
  /// Walks into a block of its own, which is left open-ended: no results. False when the end is not
  /// reached, for a call of which nothing is known yet; then the block means nothing.
  bool walk_block(std::span<const core::Type> params, core::Block& block,
                  const std::function<void(std::span<const core::ValueId>)>& walk);

  // -- branch.cpp
  /// A branch on a run-time condition; `names` may be changed by either side.
  ValuePtr branch(core::ValueId condition, base::Span span, const Names& names, Want want,
                  const std::function<ValuePtr()>& then_side,
                  const std::function<ValuePtr()>& else_side);
  struct Side;
  ValuePtr joined_name(const std::string& name, Side& a, Side& b, size_t k, base::Span span);
  Side branch_side(const std::vector<std::string>& names, const std::vector<ValuePtr>& before,
                   const std::function<ValuePtr()>& walk);
  ValuePtr only_side(const Side& side, const std::vector<std::string>& names);
  /// Names of the list that have a value here, and those values.
  std::vector<std::string> existing(const Names& names, std::vector<ValuePtr>& values);
  ValuePtr current(const std::string& name);
  void restore(const std::string& name, const ValuePtr& value);
  /// Sets a block's results: the trees coerced to the targets, by operations at the block's end.
  std::vector<ValuePtr> rebuilt(const std::vector<ValuePtr>& trees,
                                std::span<const core::ValueId> ids);
  void close_with(core::Block& block, const std::vector<ValuePtr>& trees,
                  const std::vector<ValuePtr>& targets, base::Span span);

  // -- loops.cpp, iteration.cpp, comprehension.cpp
  void for_stmt(const syntax::For& s);
  void while_stmt(const syntax::While& s);
  struct Carried;
  Carried carried(const Names& names);
  ValuePtr no_round(const Carried& loop, bool stack);
  void enter_loop(base::Span span);
  void leave_loop();
  void enter(const Carried& carried, std::span<const core::ValueId> params);
  std::vector<ValuePtr> leave(Carried& carried);
  bool settled(Carried& carried, const std::vector<ValuePtr>& after, base::Span span);
  std::vector<core::ValueId> emit_leaving_for(const Carried& loop, const Iteration& iteration,
                                              core::Block block, std::vector<core::ValueId> init);
  std::vector<core::ValueId> emit_leaving_while(const Carried& loop, core::Block test,
                                                core::Block block, std::vector<core::ValueId> init);
  void finish_loop(const Carried& loop, std::span<const core::ValueId> ids);
  void unrolled_loop(const syntax::For& s, const std::vector<ValuePtr>& items, size_t k);
  std::vector<core::ValueId> initial(const Carried& carried, base::Span span);
  Iteration iterate(const ValuePtr& iterable, base::Span span, bool shape);
  Iteration iterate_range(const ValuePtr& range, bool shape);
  Iteration iterate_zip(const ValuePtr& zip, base::Span span, bool shape);
  std::optional<std::vector<ValuePtr>> unrolled(const ValuePtr& iterable, base::Span span);
  /// Runs `body` for each element; the names it may change are carried. With `stack`, the values of
  /// the body stacked along a new first axis.
  ValuePtr counted_loop(const Iteration& iteration, base::Span span, const Names& names, bool stack,
                        const std::function<ValuePtr(const ValuePtr&)>& body);
  size_t check_rows(core::Block& block, std::vector<core::ValueId>& init);
  ValuePtr comprehension(const syntax::Comprehension& e);
  ValuePtr clause(const syntax::Comprehension& e, size_t k);
  ValuePtr comprehension_body(const syntax::Comprehension& e);
  ValuePtr filtered(const syntax::Comprehension& e);
  ValuePtr filtered_items(const syntax::Comprehension& e, const std::vector<ValuePtr>& items);
  ValuePtr scoped(const syntax::Pattern& pattern, const ValuePtr& item,
                  const std::function<ValuePtr()>& walk);

  // -- join.cpp
  /// Converts to a joined type, functions included.
  ValuePtr coerce_tree(const ValuePtr& value, const ValuePtr& target, base::Span span);
  ValuePtr coerce_choice(const ValuePtr& value, const ValuePtr& target, base::Span span);
  ValuePtr placeholder(const ValuePtr& type);
  ValuePtr call_choice(const ValuePtr& function, const CallArgs& args);
  ValuePtr choose(const ValuePtr& choice, size_t k, const CallArgs& args);

  // -- checks.cpp
  void assert_stmt(const syntax::Assert& s);
  void require(const syntax::Assert& s, core::ValueId holds, const std::string& message,
               std::vector<core::ValueId> values);
  std::string message_text(const syntax::Expr& message, std::vector<core::ValueId>& values);
  void fail_unless(core::ValueId holds, const std::function<void()>& build);
  void add_sides(const syntax::Compare& e, const ValuePtr& a, const ValuePtr& b, bool has_message,
                 std::string& text, std::vector<core::ValueId>& values);
  void emit_check(core::ValueId condition, std::string message, std::string hint,
                  std::vector<core::ValueId> values);

  State& state_;
  std::unique_ptr<core::Function> function_;
  core::Builder root_builder_;
  core::Builder* builder_;
  std::map<std::pair<uint32_t, uint32_t>, core::LocId> locations_;
  /// Of the function itself; `around_` points elsewhere while a default value is walked.
  Surroundings own_;
  Surroundings* around_ = &own_;
  /// What is added to the values of names that a subscript opened, and the name that is observed.
  std::map<std::string, ValuePtr, std::less<>> opened_;
  std::string observed_;
  ValuePtr observed_value_;
  /// Branches and loops around the code being walked.
  int nesting_ = 0;
  int loops_ = 0;
  /// Of what was walked last.
  Ended ended_ = Ended::No;
  /// The results that the function may have, for the error when they do not join.
  std::vector<std::pair<base::Span, ValuePtr>> results_;
  bool reads_world_ = false;
  bool writes_world_ = false;
  /// In order of first use, which is the order of their parameters.
  std::vector<UsedGlobal> used_;
  std::unordered_map<core::ValueId, KnownParam> known_params_;
  /// Top frame: names assigned, in order.
  std::vector<std::string> assigned_;
};

/// Fails for a name that no type has.
void check_annotation(const syntax::TypeExpr& type);
void check_annotations(const std::vector<syntax::Param>& params);
/// `Real` and the like; nothing for what is not a tensor.
std::optional<core::Elem> annotated_elem(const syntax::TypeExpr& type);
/// Sizes and types that the annotation fixes; nothing when it leaves something open.
std::optional<core::Type> fixed_type(const syntax::TypeExpr& annotation);
/// The joined type of two trees, functions and strings included (as choices); null when none.
ValuePtr join_trees(const ValuePtr& a, const ValuePtr& b);
/// The same tree with other ids at the leaves; types and nothing else kept from `types`.
ValuePtr with_ids(const ValuePtr& tree, std::span<const core::ValueId> ids,
                  const core::Function& function);
/// Literal marks taken off, and with `known` known values too.
ValuePtr forgotten(const ValuePtr& tree, bool known);
std::vector<core::ValueId> ids_of(const ValuePtr& tree);

}  // namespace calc::elab
