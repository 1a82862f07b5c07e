#pragma once
// Core: the typed, first-order, functional IR that everything in calc becomes.
//
// A Function is a Block of operations in SSA form. An operation is a constant, a primitive (its
// record says everything about it, lang/core/primitive.h), a call, or one of the three control
// constructs, which carry blocks. A nested block may use the values of the blocks around it.
// There is no aliasing and no hidden state: effects (print, draw, check) happen in block order and
// are never removed or moved across one another.
//
//   if   args = [condition]        blocks = [then, else], no block parameters
//   for  args = [count, init…]     blocks = [body(i, carried…) -> (carried…, stacked…)]
//        results = [carried…, stacked…]; i runs 0..count (downwards with {reverse = true}); the
//        slot of a stacked output is i in either direction; carried types are loop invariant
//   while args = [init…]           blocks = [condition(carried…) -> bool, body(carried…) ->
//   carried…] call args = inputs of `callee`
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lang/base/source.h"
#include "lang/core/type.h"

namespace calc::core {

struct Primitive;

/// A value of one function: an index into Function::value_types.
struct ValueId {
  uint32_t index = UINT32_MAX;
  bool valid() const { return index != UINT32_MAX; }
  bool operator==(const ValueId&) const = default;
};
/// A function of a Module.
struct FunctionId {
  uint32_t index = UINT32_MAX;
  bool valid() const { return index != UINT32_MAX; }
  bool operator==(const FunctionId&) const = default;
};
/// An entry of Module::locations.
struct LocId {
  uint32_t index = 0;
  bool operator==(const LocId&) const = default;
};

using AttrValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>>;

/// Static attributes by name, kept sorted, so that equal sets compare equal.
class Attrs {
 public:
  Attrs() = default;
  Attrs(std::initializer_list<std::pair<std::string, AttrValue>> entries) {
    for (const auto& [name, value] : entries) set(name, value);
  }
  void set(std::string name, AttrValue value);
  const AttrValue* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// The value; a missing or differently typed attribute is a programmer's error.
  int64_t integer(std::string_view name) const;
  const std::vector<int64_t>& ints(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  /// False when absent.
  bool flag(std::string_view name) const;
  const std::vector<std::pair<std::string, AttrValue>>& entries() const { return entries_; }
  bool operator==(const Attrs&) const = default;

 private:
  std::vector<std::pair<std::string, AttrValue>> entries_;
};

enum class OpKind : uint8_t { Constant, Primitive, If, For, While, Call };

struct Op;

struct Block {
  std::vector<ValueId> params;
  std::vector<Op> ops;
  std::vector<ValueId> results;
};

struct Op {
  OpKind kind = OpKind::Primitive;
  const Primitive* primitive = nullptr;
  rt::Array constant;
  FunctionId callee;
  std::vector<ValueId> args;
  std::vector<ValueId> results;
  Attrs attrs;
  std::vector<Block> blocks;
  LocId loc;

  bool reverse() const { return attrs.flag("reverse"); }
};

struct Function {
  std::string name;
  /// Indexed by ValueId, over all nested blocks. A deque: a type stays where it is as values are
  /// added, so passes may hold on to it while they build.
  std::deque<Type> value_types;
  Block body;
  /// What a diagnostic calls it: "loss", "" for code the user did not name.
  std::string user_name;
  /// `checkpoint`: the linear part of its derivative starts from its inputs and runs it again.
  bool checkpoint = false;
  /// Its derivative by the `ruled` parameters, real ones, when one was given (`with_derivative`):
  /// (all parameters…, tangents of the ruled ones…) -> tangents of the real results…
  FunctionId rule;
  std::vector<bool> ruled;

  /// Calls of it stay calls: differentiation must find them.
  bool stays_whole() const { return checkpoint || rule.valid(); }
  const Type& type(ValueId value) const { return value_types[value.index]; }
  ValueId add_value(Type t) {
    value_types.push_back(std::move(t));
    return ValueId{static_cast<uint32_t>(value_types.size() - 1)};
  }
  std::vector<Type> param_types() const;
  std::vector<Type> result_types() const;
};

/// Where an operation comes from; `caller` is the call it was inlined through (index 0: none).
struct Location {
  base::Span span;
  std::string function;
  LocId caller;
};

/// All functions of a session. Functions never move; ids stay valid until `collect` takes those
/// that nobody needs any more, and gives their numbers out again.
class Module {
 public:
  Module() : locations_(1) {}
  FunctionId add(std::unique_ptr<Function> function);
  /// Reserves an id for a function that is still being built (recursion).
  FunctionId declare();
  void define(FunctionId id, std::unique_ptr<Function> function);
  bool defined(FunctionId id) const { return functions_[id.index] != nullptr; }
  Function& get(FunctionId id) { return *functions_[id.index]; }
  const Function& get(FunctionId id) const { return *functions_[id.index]; }
  size_t size() const { return functions_.size(); }
  void erase(FunctionId id) { functions_[id.index].reset(); }
  /// How many functions there are now, and how many were ever declared (for names).
  size_t count() const { return functions_.size() - free_.size(); }
  uint64_t serial() const { return serial_; }

  LocId add_location(Location location);
  const Location& location(LocId id) const { return locations_[id.index]; }
  size_t locations() const { return locations_.size(); }

  /// Frees the functions that `live` (by index) does not mark, and the locations that no operation
  /// of the others names. Returns the sources that the remaining locations lie in, by index.
  std::vector<bool> collect(const std::vector<bool>& live);

 private:
  std::vector<std::unique_ptr<Function>> functions_;
  std::vector<Location> locations_;
  /// Numbers to be given out again.
  std::vector<uint32_t> free_;
  std::vector<uint32_t> free_locations_;
  uint64_t serial_ = 0;
};

}  // namespace calc::core

template <>
struct std::hash<calc::core::ValueId> {
  size_t operator()(calc::core::ValueId v) const noexcept { return v.index; }
};
template <>
struct std::hash<calc::core::FunctionId> {
  size_t operator()(calc::core::FunctionId f) const noexcept { return f.index; }
};
