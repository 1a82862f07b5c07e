// Equations of truth values, choices and conversions.
#include "lang/opt/rules.h"

namespace calc::opt {

namespace {

using Result = std::optional<ValueId>;

std::optional<bool> truth(const Rewriter& r, ValueId value) {
  const rt::Array* array = splat(r, value);
  if (!array || array->elem() != Elem::Bool) return std::nullopt;
  return array->as_bool();
}

/// true and p = p; false and p = false; p and p = p
Result and_known(Rewriter& r, const Op& op) {
  if (op.args[0] == op.args[1]) return op.args[0];
  for (size_t k : {0, 1}) {
    auto known = truth(r, op.args[k]);
    if (known && has_sizes_of(r, op.args[k], op.args[1 - k])) return op.args[*known ? 1 - k : k];
  }
  return std::nullopt;
}

/// false or p = p; true or p = true; p or p = p
Result or_known(Rewriter& r, const Op& op) {
  if (op.args[0] == op.args[1]) return op.args[0];
  for (size_t k : {0, 1}) {
    auto known = truth(r, op.args[k]);
    if (known && has_sizes_of(r, op.args[k], op.args[1 - k])) return op.args[*known ? k : 1 - k];
  }
  return std::nullopt;
}

/// not not p = p
Result not_not(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "not");
  return inner ? Result(inner->args[0]) : std::nullopt;
}

bool same_sizes(const Rewriter& r, ValueId a, ValueId b) {
  return r.type(a).is_static() && r.type(a).dims == r.type(b).dims;
}

/// select(true, a, b) = a; select(false, a, b) = b; select(c, a, a) = a
Result select_known(Rewriter& r, const Op& op) {
  if (!same_sizes(r, op.args[1], op.args[2])) return std::nullopt;
  if (auto known = truth(r, op.args[0])) return op.args[*known ? 1 : 2];
  return op.args[1] == op.args[2] ? Result(op.args[1]) : std::nullopt;
}

/// select(not c, a, b) = select(c, b, a)
Result select_not(Rewriter& r, const Op& op) {
  const Op* inner = r.definition(op.args[0], "not");
  if (!inner) return std::nullopt;
  return r.emit("select", {inner->args[0], op.args[2], op.args[1]});
}

/// select(c, true, false) = c
Result select_of_truths(Rewriter& r, const Op& op) {
  if (!same_sizes(r, op.args[1], op.args[2])) return std::nullopt;
  auto a = truth(r, op.args[1]);
  auto b = truth(r, op.args[2]);
  if (a && b && *a && !*b) return op.args[0];
  return std::nullopt;
}

/// n = n, n <= n, n >= n are true; n != n, n < n, n > n are false; for integers and truth values
template <bool truth>
Result compare_same(Rewriter& r, const Op& op) {
  if (op.args[0] != op.args[1] || r.type(op.args[0]).is_real()) return std::nullopt;
  return spread(r, r.constant(rt::Array::of(truth)), op.args[0]);
}

bool holds_all_of(Elem wide, Elem narrow) {
  switch (narrow) {
    case Elem::Bool:
      return true;
    case Elem::I64:
      return false;
    case Elem::F32:
      return wide == Elem::F64;
    case Elem::F64:
      return false;
  }
  return false;
}

/// convert<E>(x) = x when x has elements E already;
/// convert<E>(convert<F>(x)) = convert<E>(x) when F holds every value of x
Result convert_chain(Rewriter& r, const Op& op) {
  const Elem to = r.type(op.results[0]).elem;
  const Elem between = r.type(op.args[0]).elem;
  if (to == between) return op.args[0];
  const Op* inner = r.definition(op.args[0], "convert");
  if (!inner) return std::nullopt;
  const ValueId x = inner->args[0];
  if (!holds_all_of(between, r.type(x).elem)) return std::nullopt;
  return r.type(x).elem == to ? x : r.emit("convert", {x}, op.attrs);
}

}  // namespace

void add_logic_rules(RuleTable& table) {
  table.add("and", and_known);
  table.add("or", or_known);
  table.add("not", not_not);
  for (Rule rule : {select_known, select_not, select_of_truths}) table.add("select", rule);
  for (const char* name : {"eq", "le", "ge"}) table.add(name, compare_same<true>);
  for (const char* name : {"ne", "lt", "gt"}) table.add(name, compare_same<false>);
  table.add("convert", convert_chain);
}

}  // namespace calc::opt
