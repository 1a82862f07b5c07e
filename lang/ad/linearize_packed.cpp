// The residuals of a recursive function. See Note [Packed residuals].
#include "lang/ad/linearize.h"

namespace calc::ad {

namespace {

const Type kInteger = core::scalar_type(core::Elem::I64);
const Type kReals{core::Elem::F64, {core::kDynamic}};
const Type kIntegers{core::Elem::I64, {core::kDynamic}};

Type flat(core::Elem elem, int64_t size) { return {elem, {size}}; }

core::Attrs elem_attr(core::Elem elem) {
  return {{"elem", core::to_string(core::scalar_type(elem))}};
}

}  // namespace

/// Both arrays: the scalars, then the elements of the arrays; among the integer scalars first the
/// sizes of all arrays that are not known beforehand.
class Splitter::Packing {
 public:
  Packing(Splitter& splitter, Halves& halves) : splitter_(splitter), halves_(halves) {}

  std::vector<ValueId> run() {
    sort();
    const ValueId reals = joined(reals_, kReals);
    const ValueId integers = joined(integers_, kIntegers);
    const std::vector<ValueId> packed = {splitter_.fresh(kReals, 0), splitter_.fresh(kIntegers, 0)};
    take_apart(packed[0], packed[1]);
    std::vector<Op>& linear = halves_.linear.ops;
    reads_.insert(reads_.end(), std::make_move_iterator(linear.begin()),
                  std::make_move_iterator(linear.end()));
    linear = std::move(reads_);
    halves_.residuals.kept = packed;
    return {reals, integers};
  }

 private:
  struct Group {
    core::Elem elem;
    std::vector<ValueId> scalars;
    std::vector<ValueId> arrays;
  };

  const Type& type(ValueId value) const { return splitter_.work_.type(value); }
  Group& group_of(const Type& type) { return type.is_real() ? reals_ : integers_; }

  void sort() {
    std::vector<Op>& ops = halves_.known.ops;
    for (ValueId value : halves_.residuals.kept) {
      for (int64_t axis = 0; axis < type(value).rank(); ++axis) {
        if (type(value).dims[static_cast<size_t>(axis)] != core::kDynamic) continue;
        integers_.scalars.push_back(
            splitter_.emit(ops, 0, kInteger, "dim", {value}, {{"axis", axis}}));
      }
    }
    sizes_ = integers_.scalars.size();
    for (ValueId value : halves_.residuals.kept) {
      Group& group = group_of(type(value));
      (type(value).is_scalar() ? group.scalars : group.arrays).push_back(value);
    }
  }

  ValueId converted(std::vector<Op>& ops, ValueId value, core::Elem elem) {
    if (type(value).elem == elem) return value;
    return splitter_.emit(ops, 0, Type{elem, type(value).dims}, "convert", {value},
                          elem_attr(elem));
  }

  ValueId joined(const Group& group, const Type& whole) {
    std::vector<Op>& ops = halves_.known.ops;
    std::vector<ValueId> parts;
    if (!group.scalars.empty()) {
      std::vector<ValueId> scalars;
      for (ValueId value : group.scalars) scalars.push_back(converted(ops, value, group.elem));
      const auto count = static_cast<int64_t>(scalars.size());
      parts.push_back(splitter_.emit(ops, 0, flat(group.elem, count), "stack", std::move(scalars)));
    }
    for (ValueId value : group.arrays) parts.push_back(laid_flat(value, group.elem));
    if (parts.empty()) return splitter_.filler(ops, 0, flat(group.elem, 0));
    if (parts.size() == 1) return parts[0];
    return splitter_.emit(ops, 0, whole, "concat", std::move(parts), {{"axis", int64_t{0}}});
  }

  ValueId laid_flat(ValueId value, core::Elem elem) {
    std::vector<Op>& ops = halves_.known.ops;
    const ValueId array = converted(ops, value, elem);
    const Type from = type(array);
    if (from.rank() == 1) return array;
    Type to = flat(elem, from.count());
    std::vector<ValueId> args = {array};
    if (!from.is_static()) {
      std::vector<ValueId> sizes;
      for (int64_t axis = 0; axis < from.rank(); ++axis) {
        if (from.dims[static_cast<size_t>(axis)] != core::kDynamic) continue;
        sizes.push_back(splitter_.emit(ops, 0, kInteger, "dim", {array}, {{"axis", axis}}));
      }
      args.push_back(splitter_.element_count(ops, 0, from, sizes));
    }
    return splitter_.emit(ops, 0, to, "reshape", std::move(args), {{"dims", to.dims}});
  }

  // -- the linear half reads them back

  ValueId integer(int64_t value) { return splitter_.constant(reads_, 0, rt::Array::of(value)); }

  /// Defines `value`, kept by the known half, as `made`, of type `from`.
  void define(ValueId value, std::string_view primitive, std::vector<ValueId> args,
              core::Attrs attrs, const Type& from) {
    Op op;
    op.primitive = &core::registry().get(primitive);
    op.args = std::move(args);
    op.attrs = std::move(attrs);
    const bool same = from.elem == type(value).elem;
    op.results = {same ? value : splitter_.fresh(from, 0)};
    const ValueId made = op.results[0];
    reads_.push_back(std::move(op));
    if (same) return;
    Op back;
    back.primitive = &core::registry().get("convert");
    back.args = {made};
    back.attrs = elem_attr(type(value).elem);
    back.results = {value};
    reads_.push_back(std::move(back));
  }

  void take_apart(ValueId reals, ValueId integers) {
    const core::Attrs first{{"axes", std::vector<int64_t>{0}}};
    std::vector<ValueId> sizes;
    for (size_t k = 0; k < sizes_; ++k) {
      sizes.push_back(splitter_.emit(reads_, 0, kInteger, "index",
                                     {integers, integer(static_cast<int64_t>(k))}, first));
    }
    for (const Group* group : {&reals_, &integers_}) {
      const ValueId from = group == &reals_ ? reals : integers;
      for (size_t k = group == &reals_ ? 0 : sizes_; k < group->scalars.size(); ++k) {
        define(group->scalars[k], "index", {from, integer(static_cast<int64_t>(k))}, first,
               core::scalar_type(group->elem));
      }
    }
    ValueId next_real = integer(static_cast<int64_t>(reals_.scalars.size()));
    ValueId next_integer = integer(static_cast<int64_t>(integers_.scalars.size()));
    size_t next_size = 0;
    for (ValueId value : halves_.residuals.kept) {
      if (type(value).is_scalar()) continue;
      std::vector<ValueId> own;
      for (int64_t size : type(value).dims) {
        if (size == core::kDynamic) own.push_back(sizes[next_size++]);
      }
      const bool real = type(value).is_real();
      read_array(value, real ? reals : integers, real ? next_real : next_integer, own);
    }
  }

  /// `start` moves on to what follows.
  void read_array(ValueId value, ValueId from, ValueId& start, const std::vector<ValueId>& sizes) {
    const Type to = type(value);
    const core::Elem elem = type(from).elem;
    const ValueId count = splitter_.element_count(reads_, 0, to, sizes);
    core::Attrs attrs{{"axis", int64_t{0}}, {"step", int64_t{1}}, {"size", to.count()}};
    const Type part = flat(elem, to.count());
    if (to.rank() == 1) {
      define(value, "slice", {from, start, count}, std::move(attrs), part);
    } else {
      const ValueId elements =
          splitter_.emit(reads_, 0, part, "slice", {from, start, count}, std::move(attrs));
      std::vector<ValueId> args = {elements};
      args.insert(args.end(), sizes.begin(), sizes.end());
      define(value, "reshape", std::move(args), {{"dims", to.dims}}, Type{elem, to.dims});
    }
    start = splitter_.emit(reads_, 0, kInteger, "add", {start, count});
  }

  Splitter& splitter_;
  Halves& halves_;
  Group reals_{core::Elem::F64, {}, {}};
  Group integers_{core::Elem::I64, {}, {}};
  size_t sizes_ = 0;
  std::vector<Op> reads_;
};

/// Returns the two arrays in the known half; in the linear one they are the residuals.
std::vector<ValueId> Splitter::pack(Halves& halves) { return Packing(*this, halves).run(); }

}  // namespace calc::ad

// Note [Packed residuals]
//
// What the linear half of a recursive function needs includes what the linear halves of the calls
// in it need, to a depth known only when it has run. So the known half of such a function always
// hands over two arrays, one of reals and one of integers (Bools among them): its own residuals and
// the arrays of the calls, one after another, with the sizes at the front of the integers. The
// linear half slices them apart again and gives each call its part. To the code around a call its
// two arrays are residuals like any other: a branch puts them into slots, a loop lays those of its
// rounds flat into a store. And as all of this is ordinary Core (stack, concat, slice, reshape), it
// is differentiated and transposed by the rules there are, at every order.
