#include "lang/ad/poles.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace calc::ad {

namespace {

template <size_t n>
bool one_of(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_positive(const rt::Array& array) {
  for (int64_t k = 0; k < array.size(); ++k) {
    const double value = array.elem() == core::Elem::F64   ? array.data<double>()[k]
                         : array.elem() == core::Elem::I64 ? double(array.data<int64_t>()[k])
                                                           : 0.0;
    if (!std::isfinite(value) || value <= 0.0) return false;
  }
  return true;
}

}  // namespace

Poles::Poles(const Function& function)
    : function_(function),
      marked_(function.value_types.size()),
      positive_(function.value_types.size()) {
  size_t before;
  do {
    before = marks_;
    block(function.body);
  } while (marks_ != before);
}

bool Poles::any(const std::vector<ValueId>& values) const {
  return std::any_of(values.begin(), values.end(), [&](ValueId value) { return (*this)(value); });
}

/// A divisor or exponent that is a positive constant makes none.
bool Poles::makes_poles(const Op& op) const {
  static constexpr std::array<std::string_view, 5> kOverflowing = {"exp", "expm1", "sinh", "cosh",
                                                                   "gamma"};
  static constexpr std::array<std::string_view, 4> kBySecond = {"div", "mod", "floordiv", "powi"};
  const std::string_view name = op.primitive->name;
  if (one_of(name, kBySecond)) return !positive_[op.args[1].index];
  const auto* partials = std::get_if<core::Partials>(&op.primitive->derivative.rule);
  return (partials && partials->singular) || one_of(name, kOverflowing);
}

bool Poles::singular(const Op& op) const {
  return makes_poles(op) || any(op.args) || any(op.results);
}

void Poles::note_constant(const Op& op) {
  static constexpr std::array<std::string_view, 4> kSame = {"broadcast", "reshape", "convert",
                                                            "copy"};
  if (op.kind == OpKind::Constant) {
    positive_[op.results[0].index] = is_positive(op.constant);
  } else if (one_of(op.primitive->name, kSame)) {
    positive_[op.results[0].index] = positive_[op.args[0].index];
  }
}

void Poles::mark(ValueId value) {
  if (marked_[value.index] || !function_.type(value).is_real()) return;
  marked_[value.index] = true;
  ++marks_;
}

void Poles::carry(std::span<const ValueId> from, std::span<const ValueId> to) {
  for (size_t k = 0; k < to.size(); ++k) {
    if (marked_[from[k].index]) mark(to[k]);
  }
}

void Poles::block(const Block& block) {
  for (const Op& op : block.ops) operation(op);
}

void Poles::operation(const Op& op) {
  switch (op.kind) {
    case OpKind::Constant:
      return note_constant(op);
    case OpKind::Primitive:
      note_constant(op);
      if (!any(op.args) && !makes_poles(op)) return;
      [[fallthrough]];
    case OpKind::Call:
      for (ValueId result : op.results) mark(result);
      return;
    case OpKind::If:
      for (const Block& branch : op.blocks) {
        block(branch);
        carry(branch.results, op.results);
      }
      return;
    case OpKind::For:
    case OpKind::While: {
      const size_t leading = op.kind == OpKind::For ? 1 : 0;
      const Block& body = op.blocks.back();
      const auto params = std::span(body.params).subspan(leading);
      carry(std::span(op.args).subspan(leading), params);
      block(body);
      carry(body.results, params);
      carry(params, std::span(op.results).first(params.size()));
      carry(body.results, op.results);
      return;
    }
  }
}

}  // namespace calc::ad
