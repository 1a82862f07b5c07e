#include "lang/elaborate/builtins.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "lang/elaborate/builtins_text.h"
#include "lang/elaborate/constants.h"

namespace calc::elab {

// ---- the table ---------------------------------------------------------------------------------

namespace {

using Table = std::map<std::string_view, const Builtin*>;

const Table& table() {
  static const Table entries = [] {
    Table made;
    for (std::span<const Builtin> family :
         {elementwise_builtins(), reduction_builtins(), shape_builtins(), making_builtins(),
          joining_builtins(), linear_algebra_builtins(), einsum_builtins(), tree_builtins(),
          functional_builtins(), text_builtins(), file_builtins(), string_builtins(),
          operator_builtins()}) {
      for (const Builtin& entry : family) made.emplace(entry.name, &entry);
    }
    return made;
  }();
  return entries;
}

}  // namespace

const Builtin* find_builtin(std::string_view name) {
  const auto entry = table().find(name);
  return entry == table().end() ? nullptr : entry->second;
}

std::vector<const Builtin*> all_builtins() {
  std::vector<const Builtin*> all;
  for (const auto& [name, entry] : table()) all.push_back(entry);
  return all;
}

namespace {

ValuePtr real_constant(Emit& emit, double value) {
  return tensor(Leaf{emit.builder().real(value), core::scalar_type(core::Elem::F64),
                     Known{Known::Kind::Real, 0, value}, true});
}

}  // namespace

std::span<const std::string_view> constant_names() {
  static constexpr std::string_view kNames[] = {"pi", "e", "tau", "inf", "nan", "none", "data"};
  return kNames;
}

ValuePtr find_constant(Emit& emit, std::string_view name) {
  if (name == "pi") return real_constant(emit, std::numbers::pi);
  if (name == "e") return real_constant(emit, std::numbers::e);
  if (name == "tau") return real_constant(emit, 2 * std::numbers::pi);
  if (name == "inf") return real_constant(emit, std::numeric_limits<double>::infinity());
  if (name == "nan") return real_constant(emit, std::numeric_limits<double>::quiet_NaN());
  if (name == "none") return none();
  if (name == "data") return module_value("data");
  return nullptr;
}

// ---- signatures --------------------------------------------------------------------------------

std::vector<BuiltinParam> signature_params(std::string_view signature) {
  std::vector<BuiltinParam> params;
  while (!signature.empty()) {
    const size_t comma = std::min(signature.find(", "), signature.size());
    std::string_view part = signature.substr(0, comma);
    signature.remove_prefix(std::min(comma + 2, signature.size()));
    BuiltinParam param;
    if (part.starts_with("...")) {
      param.variadic = param.optional = true;
      part.remove_prefix(3);
    }
    const size_t equals = part.find(" = ");
    if (equals != std::string_view::npos) param.optional = true;
    param.name = part.substr(0, equals);
    params.push_back(param);
  }
  return params;
}

std::vector<ParamInfo> builtin_parameters(const Builtin& builtin) {
  std::vector<ParamInfo> infos;
  for (const BuiltinParam& param : signature_params(builtin.signature)) {
    infos.push_back({std::string(param.name), param.optional});
  }
  return infos;
}

std::vector<ValuePtr> bind_builtin(const Builtin& builtin, const CallArgs& args) {
  const BuiltinArgs bound(builtin, args);
  const std::vector<BuiltinParam> params = signature_params(builtin.signature);
  if (!bound.rest().empty()) return bound.rest();
  std::vector<ValuePtr> values;
  for (size_t k = 0; k < params.size(); ++k) {
    if (params[k].variadic) continue;
    values.push_back(bound.has(k) ? bound[k] : none());
  }
  return values;
}

// ---- arguments ---------------------------------------------------------------------------------

namespace {

std::string signature_hint(const Builtin& self) {
  return "its signature is `" + std::string(self.name) + "(" + std::string(self.signature) + ")`";
}

[[noreturn]] void no_parameter(const Builtin& self, const std::vector<BuiltinParam>& params,
                               const std::string& name, base::Span span) {
  std::vector<std::string> names;
  for (const BuiltinParam& param : params) names.emplace_back(param.name);
  const std::string near = base::nearest(name, names);
  base::fail(
      span, "`" + std::string(self.name) + "` has no parameter `" + name + "`",
      near.empty() ? signature_hint(self) : "did you mean `" + near + "`? " + signature_hint(self));
}

std::string counted(size_t n) { return std::to_string(n) + (n == 1 ? " argument" : " arguments"); }

}  // namespace

BuiltinArgs::BuiltinArgs(const Builtin& self, const CallArgs& args)
    : self_(self), whole_(args.span), params_(signature_params(self.signature)) {
  values_.resize(params_.size());
  spans_.resize(params_.size());
  size_t next = 0;
  for (size_t k = 0; k < args.positional.size(); ++k) {
    const base::Span span = k < args.spans.size() ? args.spans[k] : base::Span{};
    if (next < params_.size() && params_[next].variadic) {
      rest_.push_back(args.positional[k]);
      rest_spans_.push_back(span);
      continue;
    }
    if (next == params_.size()) {
      base::fail(span.known() ? span : whole_,
                 name() + " takes " + (params_.empty() ? "no arguments" : counted(params_.size())) +
                     ", " + std::to_string(args.positional.size()) + " are given",
                 signature_hint(self));
    }
    give(next++, args.positional[k], span);
  }
  for (size_t n = 0; n < args.named.size(); ++n) {
    const auto& [param, value] = args.named[n];
    const base::Span span = args.span_of_named(n);
    const auto found = std::find_if(params_.begin(), params_.end(), [&](const BuiltinParam& p) {
      return p.name == param && !p.variadic;
    });
    if (found == params_.end()) no_parameter(self, params_, param, span);
    const auto k = static_cast<size_t>(found - params_.begin());
    if (values_[k]) {
      base::fail(span, name() + " is given `" + param + "` twice", signature_hint(self));
    }
    give(k, value, span);
  }
  for (size_t k = 0; k < params_.size(); ++k) {
    if (values_[k] || params_[k].optional) continue;
    base::fail(whole_, name() + " needs `" + std::string(params_[k].name) + "`",
               signature_hint(self));
  }
}

void BuiltinArgs::give(size_t k, ValuePtr value, base::Span span) {
  values_[k] = std::move(value);
  spans_[k] = span;
}

Leaf BuiltinArgs::tensor(Emit& emit, size_t k) const {
  const ValuePtr value = as_tensor(emit, values_[k]);
  require_tensor(value, name(), span(k));
  return value->leaf;
}

core::ValueId BuiltinArgs::real(Emit& emit, size_t k) const {
  const Leaf leaf = tensor(emit, k);
  return converted(emit, leaf, real_elem(leaf));
}

int64_t BuiltinArgs::integer(Emit& emit, size_t k, int64_t otherwise) const {
  if (!has(k)) return otherwise;
  const std::string role = "`" + std::string(params_[k].name) + "`";
  elab::integer(emit, values_[k], span(k), role);
  const std::optional<int64_t> known = known_int(emit, values_[k]);
  if (!known)
    base::fail(span(k), role + " of " + name() + " must be known before the program runs");
  return *known;
}

bool BuiltinArgs::flag(Emit& emit, size_t k, bool otherwise) const {
  if (!has(k)) return otherwise;
  const std::string role = "`" + std::string(params_[k].name) + "`";
  const std::optional<Known> known =
      is_tensor(values_[k]) ? emit.known(values_[k]) : std::optional<Known>();
  if (!known || known->kind != Known::Kind::Bool) {
    base::fail(span(k), role + " of " + name() + " must be `true` or `false`");
  }
  return known->integer != 0;
}

int64_t BuiltinArgs::wrapped_axis(Emit& emit, const ValuePtr& value, int rank,
                                  base::Span at) const {
  elab::integer(emit, value, at, "an axis");
  const std::optional<int64_t> axis = known_int(emit, value);
  if (!axis) base::fail(at, "the axis of " + name() + " must be known before the program runs");
  const int64_t wrapped = *axis < 0 ? *axis + rank : *axis;
  if (wrapped < 0 || wrapped >= rank) {
    base::fail(at, "axis " + std::to_string(*axis) + " does not exist: the argument of " + name() +
                       " has " + std::to_string(rank) + (rank == 1 ? " axis" : " axes"));
  }
  return wrapped;
}

int64_t BuiltinArgs::axis(Emit& emit, size_t k, int rank, int64_t otherwise) const {
  return has(k) ? wrapped_axis(emit, values_[k], rank, span(k)) : otherwise;
}

std::vector<int64_t> BuiltinArgs::axes(Emit& emit, size_t k, int rank) const {
  std::vector<int64_t> result;
  if (!has(k)) {
    for (int axis = 0; axis < rank; ++axis) result.push_back(axis);
    return result;
  }
  if (values_[k]->kind == ValueKind::Tuple) {
    for (const ValuePtr& item : values_[k]->items) {
      result.push_back(wrapped_axis(emit, item, rank, span(k)));
    }
  } else {
    result.push_back(wrapped_axis(emit, values_[k], rank, span(k)));
  }
  std::sort(result.begin(), result.end());
  if (std::adjacent_find(result.begin(), result.end()) != result.end()) {
    base::fail(span(k), "an axis of " + name() + " is named twice");
  }
  return result;
}

const ValuePtr& BuiltinArgs::function(size_t k) const {
  if (!is_function(*values_[k])) {
    base::fail(span(k), name() + " needs a function, this is " + type_text(*values_[k]),
               is_tensor(values_[k]) ? "`x -> …` makes a function of an expression" : "");
  }
  return values_[k];
}

BinarySpans all_spans(base::Span span) { return {span, span, span, span}; }

}  // namespace calc::elab
