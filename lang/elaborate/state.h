#pragma once
// What all frames of an elaborator share: the module, the session's names, and the memo of
// specialisations.
//
// A function is elaborated once for each structure of its arguments. Integers and Bools known at
// the call are offered to the body; those it reads to shape its code (`Emit::known`) become part of
// what the specialisation is good for, as do the structures of the top-level names it saw: so a
// redefined helper takes effect in its users.
//
// A function that asks for itself while it is made gets what is assumed of it so far, at first
// nothing; it is made again until what comes out is what was assumed. See Note [Recursion] in
// recursion.cpp.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lang/elaborate/elaborator.h"

namespace calc::elab {

class Frame;
struct Reach;

/// Leaf `leaf` of a list had this value, and the code depends on it.
struct Consumed {
  size_t leaf = 0;
  Known known;
};

/// A top-level name that a function saw, itself or through its callees.
struct GlobalUse {
  std::string module;
  std::string name;
  bool defined = false;
  /// Of the tree; with the version, what it was like.
  std::string key;
  uint64_t version = 0;
  /// Keeps the syntax alive whose addresses stand in the key.
  ValuePtr tree;
  std::vector<Consumed> consumed;
};

/// One Core function for a (function, argument structure).
struct Variant {
  core::FunctionId function;
  /// Null while nothing is known of what a recursive function returns.
  ValuePtr result;
  std::vector<Consumed> consumed;
  std::vector<GlobalUse> uses;
  /// Made from files as they were: good for the statement it was made in.
  bool reads_world = false;
  bool writes_world = false;
  /// The statements it was made in and last used in.
  uint64_t made = 0;
  uint64_t used = 0;
  /// Keep the syntax alive whose addresses stand in the key.
  ValuePtr callee;
  std::vector<ValuePtr> args;
  /// Made, and in no need of being made again.
  bool finished = false;
};

/// Thrown where a call is walked of which nothing is known yet, since it is being made: what
/// follows is not reached in this round.
struct Unreached {};

struct GlobalView {
  /// Null when not defined.
  ValuePtr tree;
  /// Null also when the statement being elaborated has given the name a new value.
  const Global* global = nullptr;
};

/// A function to be specialised: what is called, with what, from where.
struct Request {
  const ValuePtr& callee;
  const std::vector<ValuePtr>& args;
  base::Span span;
  /// Of the arguments; may be empty.
  std::vector<base::Span> spans;
};

class State {
 public:
  State(core::Module& m, ad::Differentiator& d, const Globals& g);
  ~State();

  core::Module& module;
  ad::Differentiator& differentiator;
  const Globals& globals;
  /// The frame of the statement being elaborated.
  Frame* top = nullptr;
  /// `test` blocks are walked.
  bool testing = false;
  /// The statement writes files, as far as it has been walked.
  bool written = false;
  /// Counts the statements.
  uint64_t statement = 0;

  GlobalView view(std::string_view module_name, std::string_view name) const;
  /// `result` is null, or `finished` false, only when asked from inside the function itself.
  const Variant& specialise(const Request& request);
  /// Fails when the machine's stack is nearly used up by nested syntax and calls.
  void check_stack(base::Span span) const;
  void start_statement(Frame* frame);
  /// Drops the specialisations that were not used since the statement `since`, and marks what the
  /// others need.
  void collect(uint64_t since, Reach& reach);

 private:
  /// A specialisation in the making (recursion.cpp).
  struct Making;
  struct Key;

  const Variant* made_before(const Request& request, const std::string& structure,
                             size_t& made_for_known) const;
  const Variant& specialise_exactly(const Request& request);
  const Variant& make(const Request& request, Key key, bool for_known);
  void make_until_settled(Making& making, const Request& request, bool for_known);
  void promise(const Making& making);
  void settle(Making& making, std::unique_ptr<Variant> variant, base::Span span);
  const Variant& leave(Making& making, const Request& request);
  void abandon(size_t index);
  void discard(const Making& making);
  const Making* ancestor_of(const std::string& shapeless) const;
  std::unique_ptr<Variant> build(const Request& request, const Variant& assumed, bool with_known);
  std::unique_ptr<Variant> build_variant(const Request& request, const Variant& assumed,
                                         bool for_known);
  bool valid(const Variant& variant, const std::vector<Leaf>& leaves) const;
  bool valid(const GlobalUse& use) const;

  std::map<std::string, std::vector<std::unique_ptr<Variant>>> memo_;
  /// The functions being made, outermost first, and those made with the help of assumptions about
  /// one of them.
  std::vector<Making*> active_;
  std::map<std::string, std::unique_ptr<Making>> makings_;
  /// Structures, sizes left out, that have to be specialised to every size and known value.
  std::set<std::string> narrow_;
  /// Counts what was found out about recursive functions.
  size_t changes_ = 0;
  const char* stack_base_ = nullptr;
};

/// Int and Bool values that a call may specialise on.
bool specialises(const Leaf& leaf);
bool same_known(const Known& a, const Known& b);
/// What errors call a function: its name, or `x -> …`.
std::string display_name(const Value& function);
/// The value of a scalar Int or Bool array.
std::optional<Known> known_value(const rt::Array& array);

}  // namespace calc::elab
