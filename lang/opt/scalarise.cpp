// Small arrays broken into scalars: a 2-vector that a loop carries lives in registers.
//
//   f(stack a b, stack c d)           = stack f(a, c) f(b, d)
//   reduce_sum (stack a b)            = 0 + a + b
//   for … (v = x) { … yield w }       = for … (v₀ = x[0], v₁ = x[1]) { v = stack v₀ v₁ … yield
//   w[0], w[1] }
//
// The walk knows the elements of values (row-major) and computes with those. The arrays are still
// made (`stack`) where they were; the ones nobody needs any more are dead code.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "lang/core/builder.h"
#include "lang/core/tools.h"
#include "lang/opt/passes.h"
#include "lang/opt/small_arrays.h"

namespace calc::opt {

namespace {

using core::Block;
using core::Builder;
using core::Dims;
using core::Function;
using core::Module;
using core::Op;
using core::OpKind;
using core::Type;
using core::ValueId;
using Elements = std::vector<ValueId>;
using Ints = std::vector<int64_t>;

/// New operations in one run of the pass; what is larger is better left in loops.
constexpr size_t kBudget = 20'000;

/// Calls `visit` with each index tuple of a shape, in row-major order.
template <typename Visit>
void for_each_index(const Dims& dims, Visit visit) {
  Ints at(dims.size(), 0);
  const int64_t count = Type{core::Elem::Bool, dims}.count();
  for (int64_t k = 0; k < count; ++k) {
    visit(at);
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++at[axis] < dims[axis]) break;
      at[axis] = 0;
    }
  }
}

size_t offset(const Dims& dims, const Ints& at) {
  int64_t out = 0;
  for (size_t axis = 0; axis < dims.size(); ++axis) out = out * dims[axis] + at[axis];
  return static_cast<size_t>(out);
}

class Scalariser {
 public:
  Scalariser(Module& module, Function& function)
      : module_(module), function_(function), arrays_(function) {}

  bool run() {
    block(function_.body, {});
    return changed_;
  }

 private:
  // -- elements

  bool is_known(ValueId value) const { return elements_.contains(value); }
  bool any_known(const Op& op) const {
    return std::any_of(op.args.begin(), op.args.end(), [&](ValueId arg) { return is_known(arg); });
  }

  /// The elements of a scalar or a small array, read where they are not known.
  Elements elements(Builder& builder, ValueId value) {
    const Type type = builder.type(value);
    if (type.is_scalar()) return {value};
    auto known = elements_.find(value);
    if (known != elements_.end()) return known->second;
    auto spread = spread_.find(value);
    if (spread != spread_.end()) {
      return Elements(static_cast<size_t>(type.count()), spread->second);
    }
    Elements out;
    Ints axes(type.dims.size());
    std::iota(axes.begin(), axes.end(), int64_t{0});
    for_each_index(type.dims, [&](const Ints& at) {
      std::vector<ValueId> args{value};
      for (int64_t index : at) args.push_back(builder.integer(index));
      out.push_back(builder.op("index", std::move(args), {{"axes", axes}}));
    });
    return out;
  }

  /// Operations that make `value`, of a small shape, from its elements.
  void make(Builder& builder, ValueId value, const Elements& elements) {
    const Type type = builder.type(value);
    ValueId stacked = value;
    if (type.rank() != 1) {
      stacked = function_.add_value({type.elem, {static_cast<int64_t>(elements.size())}});
    }
    adopt(builder, "stack", elements, {}, stacked);
    if (type.rank() != 1) adopt(builder, "reshape", {stacked}, {{"dims", type.dims}}, value);
  }
  void adopt(Builder& builder, std::string_view name, std::vector<ValueId> args, core::Attrs attrs,
             ValueId result) {
    Op op;
    op.primitive = &core::registry().get(name);
    op.args = std::move(args);
    op.attrs = std::move(attrs);
    op.results = {result};
    op.loc = builder.loc;
    builder.adopt(std::move(op));
  }

  // -- the walk

  /// `arrays`: values to make first from their elements, the block's new parameters.
  void block(Block& block, const std::vector<ValueId>& arrays) {
    std::vector<Op> ops = std::move(block.ops);
    block.ops.clear();
    Builder builder(module_, function_, block);
    for (ValueId array : arrays) make(builder, array, elements_.at(array));
    for (Op& op : ops) {
      builder.loc = op.loc;
      visit(builder, std::move(op));
    }
  }

  void visit(Builder& builder, Op op) {
    if (op.kind == OpKind::For) return loop(builder, std::move(op), 1);
    if (op.kind == OpKind::While) return loop(builder, std::move(op), 0);
    if (op.kind == OpKind::If) return branch(builder, std::move(op));
    const size_t before = function_.value_types.size();
    Elements result;
    if (spent_ < kBudget) result = computed(builder, op);
    spent_ += function_.value_types.size() - before;
    if (result.empty()) return builder.adopt(std::move(op));
    changed_ = true;
    const ValueId value = op.results[0];
    if (builder.type(value).is_scalar()) return adopt(builder, "copy", result, {}, value);
    make(builder, value, result);
    elements_[value] = std::move(result);
  }

  /// The elements of an operation's result, computed from those of its arguments; none when it is
  /// better left as it is (what only arranges elements is noted and left).
  Elements computed(Builder& builder, const Op& op) {
    switch (element_form(function_, arrays_, op)) {
      case ElementForm::None:
        return {};
      case ElementForm::Elementwise:
        return any_known(op) ? elementwise(builder, op) : Elements();
      case ElementForm::Reduction:
        return any_known(op) ? reduced(builder, op) : Elements();
      case ElementForm::Product:
        return any_known(op) ? product(builder, op) : Elements();
      case ElementForm::Arrangement:
        return arranged(builder, op);
    }
    return {};
  }

  // -- control

  /// Values with those at `first` + k replaced by `parts` where split[k] says so.
  template <typename Parts>
  static std::vector<ValueId> expanded(const std::vector<ValueId>& values, size_t first,
                                       const std::vector<bool>& split, Parts parts) {
    std::vector<ValueId> out;
    for (size_t k = 0; k < values.size(); ++k) {
      if (k >= first && k - first < split.size() && split[k - first]) {
        const Elements some = parts(values[k]);
        out.insert(out.end(), some.begin(), some.end());
      } else {
        out.push_back(values[k]);
      }
    }
    return out;
  }

  /// New scalars, known from now on as the elements of a value.
  Elements fresh(ValueId value) {
    const Type type = function_.type(value);
    Elements out;
    for (int64_t k = 0; k < type.count(); ++k) {
      out.push_back(function_.add_value(core::scalar_type(type.elem)));
    }
    elements_[value] = out;
    return out;
  }

  /// Emits an operation whose results split[k] become scalars, and makes the arrays again.
  void finish(Builder& builder, Op op, const std::vector<bool>& split) {
    std::vector<ValueId> arrays;
    op.results = expanded(op.results, 0, split, [&](ValueId value) {
      arrays.push_back(value);
      return fresh(value);
    });
    builder.adopt(std::move(op));
    for (ValueId array : arrays) make(builder, array, elements_.at(array));
    changed_ = changed_ || !arrays.empty();
  }

  void give_elements(Block& block, const std::vector<bool>& split, core::LocId loc) {
    Builder inside(module_, function_, block);
    inside.loc = loc;
    block.results =
        expanded(block.results, 0, split, [&](ValueId value) { return elements(inside, value); });
  }

  void loop(Builder& builder, Op op, size_t first) {
    const std::vector<bool> split = split_carried(op, first);
    op.args =
        expanded(op.args, first, split, [&](ValueId value) { return elements(builder, value); });
    for (Block& nested : op.blocks) {
      std::vector<ValueId> arrays;
      nested.params = expanded(nested.params, first, split, [&](ValueId value) {
        arrays.push_back(value);
        return fresh(value);
      });
      block(nested, arrays);
    }
    give_elements(op.blocks.back(), split, op.loc);
    finish(builder, std::move(op), split);
  }

  std::vector<bool> split_carried(const Op& op, size_t first) const {
    std::vector<bool> split(op.args.size() - first);
    for (size_t k = 0; k < split.size() && spent_ < kBudget; ++k) {
      bool by_element = false;
      bool as_whole = false;
      for (const Block& nested : op.blocks) {
        by_element = by_element || arrays_.used_by_element(nested.params[k + first]);
        as_whole = as_whole || arrays_.used_as_whole(nested.params[k + first]);
      }
      const Type& type = function_.type(op.blocks.back().params[k + first]);
      split[k] = by_element && !as_whole && is_small_array(type) &&
                 function_.type(op.args[k + first]) == type;
    }
    return split;
  }

  void branch(Builder& builder, Op op) {
    for (Block& nested : op.blocks) block(nested, {});
    std::vector<bool> split(op.results.size());
    for (size_t k = 0; k < split.size() && spent_ < kBudget; ++k) {
      const bool known = is_known(op.blocks[0].results[k]) || is_known(op.blocks[1].results[k]);
      split[k] = known && is_small_array(function_.type(op.results[k]));
    }
    for (Block& nested : op.blocks) give_elements(nested, split, op.loc);
    finish(builder, std::move(op), split);
  }

  // -- computing with elements

  Elements elementwise(Builder& builder, const Op& op) {
    std::vector<Elements> args;
    for (ValueId arg : op.args) args.push_back(elements(builder, arg));
    Elements out;
    for (size_t k = 0; k < args[0].size(); ++k) {
      std::vector<ValueId> entries;
      for (const Elements& arg : args) entries.push_back(arg[k]);
      out.push_back(builder.op(*op.primitive, std::move(entries), op.attrs));
    }
    return out;
  }

  /// Notes where the elements of the result come from, when all of them are known. Only a single
  /// element and an update are worth new operations.
  Elements arranged(Builder& builder, const Op& op) {
    const std::string_view name = op.primitive->name;
    const Type type = builder.type(op.results[0]);
    if (name == "broadcast" && builder.type(op.args[0]).is_scalar()) {
      spread_[op.results[0]] = op.args[0];
      return {};
    }
    const bool joins = name == "stack" || name == "concat";
    const bool updates = name == "index_set" || name == "index_add";
    const size_t arrays = joins ? op.args.size() : updates ? 2 : 1;
    for (size_t k = 0; k < arrays; ++k) {
      const bool cheap = updates && spread_.contains(op.args[k]);
      if (!builder.type(op.args[k]).is_scalar() && !is_known(op.args[k]) && !cheap) return {};
    }
    Elements out = updates ? updated(builder, op)
                   : joins ? joined(builder, op)
                           : picked(builder, op);
    if (type.is_scalar() || updates) return out;
    elements_[op.results[0]] = std::move(out);
    return {};
  }

  /// stack and concat: the arguments' elements, one argument after another along the axis.
  Elements joined(Builder& builder, const Op& op) {
    const bool stacks = op.primitive->name == "stack";
    const size_t axis = stacks ? 0 : static_cast<size_t>(op.attrs.integer("axis"));
    const Dims dims = builder.type(op.results[0]).dims;
    Elements out(static_cast<size_t>(builder.type(op.results[0]).count()));
    int64_t start = 0;
    for (ValueId arg : op.args) {
      const Elements entries = elements(builder, arg);
      const Dims from = builder.type(arg).dims;
      for_each_index(from, [&](Ints at) {
        const ValueId entry = entries[offset(from, at)];
        if (stacks) at.insert(at.begin(), 0);
        at[axis] += start;
        out[offset(dims, at)] = entry;
      });
      start += stacks ? 1 : from[axis];
    }
    return out;
  }

  /// Each element of the result is the element of the argument at `source` of its place.
  Elements picked(Builder& builder, const Op& op) {
    const Elements entries = elements(builder, op.args[0]);
    if (op.primitive->name == "reshape" || op.primitive->name == "copy") return entries;
    const Dims from = builder.type(op.args[0]).dims;
    Elements out;
    for_each_index(builder.type(op.results[0]).dims, [&](const Ints& at) {
      const Ints source = source_of(op, from, at);
      const bool inside = std::equal(source.begin(), source.end(), from.begin(), from.end(),
                                     [](int64_t k, int64_t n) { return 0 <= k && k < n; });
      if (inside) out.push_back(entries[offset(from, source)]);
    });
    // An index that is out of range, in code that never runs.
    if (out.size() != static_cast<size_t>(builder.type(op.results[0]).count())) return {};
    return out;
  }

  Ints source_of(const Op& op, const Dims& from, const Ints& at) const {
    const std::string_view name = op.primitive->name;
    Ints source(from.size());
    if (name == "broadcast") {
      const Ints& axes = op.attrs.ints("axes");
      for (size_t k = 0; k < axes.size(); ++k) source[k] = at[static_cast<size_t>(axes[k])];
    } else if (name == "transpose") {
      const Ints& perm = op.attrs.ints("perm");
      for (size_t k = 0; k < perm.size(); ++k) source[static_cast<size_t>(perm[k])] = at[k];
    } else if (name == "reverse") {
      source = at;
      for (int64_t axis : op.attrs.ints("axes")) {
        const auto k = static_cast<size_t>(axis);
        source[k] = from[k] - 1 - at[k];
      }
    } else if (name == "slice") {
      const auto axis = static_cast<size_t>(op.attrs.integer("axis"));
      source = at;
      source[axis] = *arrays_.integer(op.args[1]) + at[axis] * op.attrs.integer("step");
    } else {
      place_index(op, 1, source, at);
    }
    return source;
  }

  /// index and index_set: constants at {axes}, the rest of the place at the other axes.
  void place_index(const Op& op, size_t first, Ints& place, const Ints& rest) const {
    const Ints& axes = op.attrs.ints("axes");
    size_t next = 0;
    for (size_t axis = 0; axis < place.size(); ++axis) {
      auto at = std::find(axes.begin(), axes.end(), axis);
      place[axis] = at == axes.end()
                        ? rest[next++]
                        : *arrays_.integer(op.args[first + static_cast<size_t>(at - axes.begin())]);
    }
  }

  Elements updated(Builder& builder, const Op& op) {
    Elements out = elements(builder, op.args[0]);
    const Elements entries = elements(builder, op.args[1]);
    const Dims dims = builder.type(op.args[0]).dims;
    const Dims from = builder.type(op.args[1]).dims;
    const bool adds = op.primitive->name == "index_add";
    bool inside = true;
    for_each_index(from, [&](const Ints& rest) {
      Ints place(dims.size());
      place_index(op, 2, place, rest);
      for (size_t k = 0; k < place.size(); ++k)
        inside = inside && 0 <= place[k] && place[k] < dims[k];
      if (!inside) return;
      ValueId& target = out[offset(dims, place)];
      const ValueId entry = entries[offset(from, rest)];
      target = adds ? builder.add(target, entry) : entry;
    });
    return inside ? out : Elements();
  }

  // -- reductions and products, in the order the records take

  Elements reduced(Builder& builder, const Op& op) {
    const Type from = builder.type(op.args[0]);
    const Type to = builder.type(op.results[0]);
    const Ints& axes = op.attrs.ints("axes");
    if (axes.empty()) return {};
    const Elements entries = elements(builder, op.args[0]);
    std::vector<Elements> groups(static_cast<size_t>(to.count()));
    for_each_index(from.dims, [&](const Ints& at) {
      Ints kept;
      for (size_t axis = 0; axis < at.size(); ++axis) {
        const bool gone = std::find(axes.begin(), axes.end(), axis) != axes.end();
        if (!gone) kept.push_back(at[axis]);
      }
      groups[offset(to.dims, kept)].push_back(entries[offset(from.dims, at)]);
    });
    const std::string_view step = op.primitive->name == "reduce_sum" ? "add" : "mul";
    Elements out;
    for (const Elements& group : groups) out.push_back(folded(builder, step, group, from.elem));
    return out;
  }

  ValueId folded(Builder& builder, std::string_view step, const Elements& group, core::Elem elem) {
    ValueId total = group[0];
    // A sum begins with 0, which shows when all terms are -0.
    if (step == "add") total = builder.add(builder.zeros({elem, {}}), total);
    for (size_t k = 1; k < group.size(); ++k) total = builder.op(step, {total, group[k]});
    return total;
  }

  Elements product(Builder& builder, const Op& op) {
    const Type a_type = builder.type(op.args[0]);
    const Type b_type = builder.type(op.args[1]);
    const Elements a = elements(builder, op.args[0]);
    const Elements b = elements(builder, op.args[1]);
    const Ints& a_sum = op.attrs.ints("lhs_contract");
    const Ints& b_sum = op.attrs.ints("rhs_contract");
    const Ints& a_batch = op.attrs.ints("lhs_batch");
    const Ints& b_batch = op.attrs.ints("rhs_batch");
    const Ints a_free = others(a_type, a_batch, a_sum);
    const Ints b_free = others(b_type, b_batch, b_sum);
    Dims summed;
    for (int64_t axis : a_sum) summed.push_back(a_type.dims[static_cast<size_t>(axis)]);
    Elements out;
    for_each_index(builder.type(op.results[0]).dims, [&](const Ints& at) {
      Ints a_at(a_type.dims.size());
      Ints b_at(b_type.dims.size());
      size_t next = 0;
      for (size_t k = 0; k < a_batch.size(); ++k, ++next) {
        a_at[static_cast<size_t>(a_batch[k])] = b_at[static_cast<size_t>(b_batch[k])] = at[next];
      }
      for (int64_t axis : a_free) a_at[static_cast<size_t>(axis)] = at[next++];
      for (int64_t axis : b_free) b_at[static_cast<size_t>(axis)] = at[next++];
      ValueId total;
      for_each_index(summed, [&](const Ints& term) {
        for (size_t k = 0; k < term.size(); ++k) {
          a_at[static_cast<size_t>(a_sum[k])] = b_at[static_cast<size_t>(b_sum[k])] = term[k];
        }
        const ValueId factor =
            builder.mul(a[offset(a_type.dims, a_at)], b[offset(b_type.dims, b_at)]);
        total = total.valid() ? builder.add(total, factor) : factor;
      });
      out.push_back(total.valid() ? total : builder.zeros({a_type.elem, {}}));
    });
    return out;
  }

  static Ints others(const Type& type, const Ints& batch, const Ints& summed) {
    Ints out;
    for (int64_t axis = 0; axis < type.rank(); ++axis) {
      const bool taken = std::count(batch.begin(), batch.end(), axis) > 0 ||
                         std::count(summed.begin(), summed.end(), axis) > 0;
      if (!taken) out.push_back(axis);
    }
    return out;
  }

  Module& module_;
  Function& function_;
  SmallArrays arrays_;
  std::unordered_map<ValueId, Elements> elements_;
  /// Broadcasts of scalars: their elements are known, but they are cheap as they are.
  std::unordered_map<ValueId, ValueId> spread_;
  size_t spent_ = 0;
  bool changed_ = false;
};

}  // namespace

bool scalarise(core::Module& module, core::Function& function) {
  return Scalariser(module, function).run();
}

}  // namespace calc::opt
