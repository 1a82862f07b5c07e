#pragma once
// Cuts a function in two: the part that depends on known parameters only, and the part that is
// linear in the others, which gets residuals from the first.
//
// Applied to a jvp it gives linearize. Both halves use the value ids of the whole: a residual has
// one id on both sides, where it is defined in the known half and a parameter, an element of a
// stack or a repeated operation in the linear one.
#include "lang/ad/activity.h"
#include "lang/ad/residuals.h"

namespace calc::ad {

class Splitter {
 public:
  /// `whole` has explicit sizes (sizes.h).
  Splitter(Engine& engine, const Function& whole, const Activity& linear);
  Split run(const Mask& results, const Cut& cut);

 private:
  /// A block under division.
  struct Halves {
    Block known;
    Block linear;
    /// Known values that the linear half uses.
    ValueSet needed;
    /// After `choose`: what the known half hands over, in the order of its last results.
    Residuals residuals;
  };
  /// `results`: which results of the block belong to the linear half.
  Halves cut(const Block& block, const Mask& results);
  void operation(const Op& op, Halves& halves, int scope);
  /// Decides on residuals; the repeated operations go before the linear ones.
  void choose(Halves& halves, int scope);

  // -- constructs
  void counted_loop(const Op& op, Halves& halves, int scope);
  void while_loop(const Op& op, Halves& halves, int scope);
  void branch(const Op& op, Halves& halves, int scope);
  void call(const Op& op, Halves& halves, int scope);

  class Packing;
  /// The known half of a loop in the making (linearize_store.cpp).
  struct KnownLoop;
  KnownLoop known_loop(const Op& op, Block body, int scope);
  void finish_known(KnownLoop& loop, Halves& halves);
  ValueId add_carry(KnownLoop& loop, ValueId init, const Type& type, ValueId* result);
  /// Hands a value of each iteration over as an array with a slot an iteration.
  ValueId stack(KnownLoop& loop, ValueId value);
  /// Makes a value of the known body available in the linear one.
  void hand_over(KnownLoop& loop, ValueId value, ValueId i, Block& linear, ValueSet& needed);
  void hand_over_ragged(KnownLoop& loop, ValueId value, ValueId i, std::vector<Op>& reads,
                        ValueSet& needed);
  ValueId trip_count(KnownLoop& loop);
  ValueId filled_part(KnownLoop& loop, ValueId store, ValueId count, const Type& type);

  /// The linear `for` of a loop: `op` without its known carries.
  Op linear_loop(const Op& op, Halves& halves, Halves& body, ValueId count, ValueId i);
  /// Finds the carries of a loop that are stores of tangents.
  void note_stores(const Op& op);
  ValueId store_init(const Op& op, size_t carry, Halves& halves);
  Op written_in_place(const Op& push) const;
  bool only_grows(const Op& op) const;
  Op known_growth(const Op& op) const;
  ValueId push(KnownLoop& loop, ValueId buffer, ValueId entry, ValueId n);

  Block known_part(const Block& block) const;
  std::vector<ValueId> merge_slots(std::vector<Halves>& branches);

  ValueId fresh(Type type, int scope);
  /// Appends an operation with one fresh result.
  ValueId emit(std::vector<Op>& ops, int scope, Type type, std::string_view primitive,
               std::vector<ValueId> args, core::Attrs attrs = {});
  ValueId constant(std::vector<Op>& ops, int scope, rt::Array value);
  ValueId filler(std::vector<Op>& ops, int scope, const Type& type);
  std::vector<ValueId> known_of(std::span<const ValueId> values, std::span<const ValueId> by) const;
  std::vector<ValueId> linear_of(std::span<const ValueId> values,
                                 std::span<const ValueId> by) const;
  int64_t constant_value(ValueId value) const;
  ValueId element_count(std::vector<Op>& ops, int scope, const Type& type,
                        const std::vector<ValueId>& sizes);
  void define(FunctionId id, Block body, const char* suffix);
  /// The residuals in two arrays (linearize_packed.cpp).
  std::vector<ValueId> pack(Halves& halves);

  Engine& engine_;
  /// The values of the whole, and the new ones.
  Function work_;
  const Activity& linear_;
  Scopes scopes_;
  /// Values of branches and the slots they are handed over in.
  ValueMap alias_;
  /// The writes into linear stores, by result: where they write.
  ValueMap pushes_;
  /// Linear stores with room made in them, and the carried values they are.
  ValueMap grown_;
};

/// The operation that writes `result` at a carried position of the carried store `param`; or null.
const Op* store_of(const Block& body, ValueId param, ValueId result);

}  // namespace calc::ad
