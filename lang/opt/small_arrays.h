#pragma once
// Arrays of a few elements whose shape is constant: which of them are worth breaking into scalars.
//
// A carried value of a loop is, when the body computes with its elements (elementwise, in
// reductions and small products, by constant indices) and nothing there needs it as a whole: a
// call, or an index known only at run time. One walk over the function finds out for all values.
#include <unordered_map>
#include <vector>

#include "lang/core/primitive.h"

namespace calc::opt {

inline constexpr int64_t kSmallArray = 16;

/// Of rank 1 and more, every size a constant, and 1 to 16 elements.
bool is_small_array(const core::Type& type);

class SmallArrays {
 public:
  explicit SmallArrays(const core::Function& function);

  bool used_by_element(core::ValueId value) const { return uses_[value.index].by_element; }
  bool used_as_whole(core::ValueId value) const { return uses_[value.index].as_whole; }
  /// The constant that a value is, or null.
  const rt::Array* constant(core::ValueId value) const {
    auto at = constants_.find(value);
    return at == constants_.end() ? nullptr : &at->second;
  }
  std::optional<int64_t> integer(core::ValueId value) const;
  /// All operands from `first` on are constants.
  bool known_from(const core::Op& op, size_t first) const;

 private:
  struct Uses {
    bool by_element = false;
    bool as_whole = false;
  };
  void walk(const core::Block& block);
  void note(const core::Op& op);
  void note_loop(const core::Op& op);

  const core::Function& function_;
  std::vector<Uses> uses_;
  std::unordered_map<core::ValueId, rt::Array> constants_;
};

/// What scalarise.cpp can do with an operation on the elements of its small arguments.
enum class ElementForm {
  None,
  /// Elements are computed with.
  Elementwise,
  Reduction,
  Product,
  /// Elements are only chosen or arranged.
  Arrangement
};
ElementForm element_form(const core::Function& function, const SmallArrays& arrays,
                         const core::Op& op);

}  // namespace calc::opt
