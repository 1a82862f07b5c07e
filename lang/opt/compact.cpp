// Values numbered in order of appearance, without the gaps that passes leave: the evaluator and
// later stages keep tables by value.
#include "lang/opt/passes.h"

namespace calc::opt {

namespace {

class Compaction {
 public:
  explicit Compaction(core::Function& function)
      : function_(function), fresh_(function.value_types.size()) {}

  void run() {
    block(function_.body);
    function_.value_types = std::move(types_);
  }

 private:
  void block(core::Block& block) {
    define(block.params);
    for (core::Op& op : block.ops) {
      use(op.args);
      for (core::Block& nested : op.blocks) this->block(nested);
      define(op.results);
    }
    use(block.results);
  }
  void define(std::vector<core::ValueId>& values) {
    for (core::ValueId& value : values) {
      const core::ValueId fresh{static_cast<uint32_t>(types_.size())};
      types_.push_back(std::move(function_.value_types[value.index]));
      fresh_[value.index] = fresh;
      value = fresh;
    }
  }
  void use(std::vector<core::ValueId>& values) const {
    for (core::ValueId& value : values) value = fresh_[value.index];
  }

  core::Function& function_;
  std::vector<core::ValueId> fresh_;
  std::deque<core::Type> types_;
};

}  // namespace

void compact(core::Function& function) { Compaction(function).run(); }

}  // namespace calc::opt
