// What is differentiated, where, and the Core function it is done on.
#include <algorithm>

#include "lang/elaborate/derivatives.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

std::string Point::function_name() const { return "`" + function_text(*function) + "`"; }

std::vector<Leaf> Point::selected_leaves() const {
  std::vector<Leaf> leaves;
  for (size_t k : selected) collect_leaves(args[k], leaves);
  return leaves;
}

// ---- which parameters --------------------------------------------------------------------------

namespace {

bool is_scalar_number(const ValuePtr& value) {
  return is_number(value) && value->leaf.type.is_scalar();
}

/// Does it hold reals (outside functions and texts)?
bool holds_reals(const ValuePtr& value) {
  if (is_tensor(value)) return value->leaf.type.is_real();
  if (value->kind != ValueKind::Tuple && value->kind != ValueKind::Record) return false;
  return std::any_of(value->items.begin(), value->items.end(), holds_reals);
}

std::string parameter_list(const Point& point) {
  std::string text;
  for (const ParamInfo& param : point.params) {
    text += (text.empty() ? "`" : ", `") + (param.name.empty() ? "_" : param.name) + "`";
  }
  return text;
}

void select_named(Point& point, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto found = std::find_if(point.params.begin(), point.params.end(),
                                    [&](const ParamInfo& param) { return param.name == name; });
    if (found == point.params.end()) {
      base::fail(point.span, point.function_name() + " has no parameter `" + name + "`",
                 "its parameters are " + parameter_list(point));
    }
    const auto k = static_cast<size_t>(found - point.params.begin());
    if (std::find(point.selected.begin(), point.selected.end(), k) != point.selected.end()) {
      base::fail(point.span, "`" + name + "` is named twice",
                 "`partial[" + name + ", " + name + "](f)` is a second derivative");
    }
    point.selected.push_back(k);
  }
}

bool holds_numbers(const ValuePtr& value) {
  if (value->kind == ValueKind::Range) return true;
  if (is_tensor(value)) return is_number(value);
  if (value->kind != ValueKind::Tuple && value->kind != ValueKind::Record) return false;
  return std::any_of(value->items.begin(), value->items.end(), holds_numbers);
}

/// Which parameters the call gives; the others have their defaults.
std::vector<size_t> given_parameters(const std::vector<ParamInfo>& params, size_t count,
                                     const CallArgs& args) {
  std::vector<size_t> given;
  for (size_t k = 0; k < count; ++k) {
    const bool named = std::any_of(args.named.begin(), args.named.end(), [&](const auto& arg) {
      return k < params.size() && arg.first == params[k].name;
    });
    if (k < args.positional.size() || named) given.push_back(k);
  }
  return given;
}

/// What is differentiated without a subscript: of the given parameters all, if there is one or all
/// are scalars, else those that hold reals, or numbers if none does.
std::vector<size_t> default_selection(const std::vector<ValuePtr>& args,
                                      const std::vector<size_t>& given) {
  const auto those = [&](auto holds) {
    std::vector<size_t> found;
    for (size_t k : given) {
      if (holds(args[k])) found.push_back(k);
    }
    return found;
  };
  if (given.size() == 1 || those(is_scalar_number).size() == given.size()) return given;
  const std::vector<size_t> reals = those(holds_reals);
  return reals.empty() ? those(holds_numbers) : reals;
}

void select_parameters(Point& point, const std::vector<std::string>& subscript,
                       const CallArgs& args) {
  if (!subscript.empty()) {
    select_named(point, subscript);
  } else {
    point.selected =
        default_selection(point.args, given_parameters(point.params, point.args.size(), args));
  }
  if (point.selected.empty()) {
    base::fail(point.span,
               "`" + point.op + "` finds nothing to differentiate: no parameter of " +
                   point.function_name() + " holds reals",
               point.params.empty()
                   ? ""
                   : "name one: `" + point.op + "[" + point.params[0].name + "](f)`");
  }
  point.several_scalars = point.selected.size() > 1 &&
                          std::all_of(point.selected.begin(), point.selected.end(),
                                      [&](size_t k) { return is_scalar_number(point.args[k]); });
}

// ---- making them real --------------------------------------------------------------------------

std::string place_text(const std::string& param, const std::string& path) {
  return path.empty() ? "`" + param + "`" : "`" + param + path + "`";
}

/// A copy with every Int leaf taken as Real; any leaf that is no number is an error.
ValuePtr differentiable(Emit& emit, const Point& point, const ValuePtr& value,
                        const std::string& param, const std::string& path) {
  const ValuePtr flat = as_tensor(emit, value);
  if (is_number(flat)) return as_real(emit, flat, point.span);
  if (flat->kind == ValueKind::Tuple || flat->kind == ValueKind::Record) {
    std::vector<ValuePtr> items;
    for (size_t k = 0; k < flat->items.size(); ++k) {
      const std::string step =
          flat->kind == ValueKind::Record ? "." + flat->fields[k] : "[" + std::to_string(k) + "]";
      items.push_back(differentiable(emit, point, flat->items[k], param, path + step));
    }
    return flat->kind == ValueKind::Tuple ? tuple(std::move(items))
                                          : record(flat->fields, std::move(items));
  }
  base::fail(point.span,
             "`" + point.op + "` differentiates by numbers, " +
                 place_text(param.empty() ? "_" : param, path) + " is " + type_text(*flat),
             point.params.size() > 1
                 ? "a subscript names what to differentiate by: `" + point.op + "[x](f)`"
                 : "");
}

/// The first differentiated parameter that was given as an Int.
std::string int_parameter(const Point& point) {
  for (size_t k : point.selected) {
    for (const Leaf& leaf : leaves_of(point.args[k])) {
      if (!leaf.type.is_real()) return point.params[k].name;
    }
  }
  return {};
}

/// A differentiated Int that is needed as a count or index: the error says so.
[[noreturn]] void explain_int(base::DiagnosticError error, const Point& point,
                              const std::string& param) {
  if (error.diagnostic.message.find("must be an Int") != std::string::npos) {
    error.diagnostic.hint = "`" + param + "` is differentiated, so it is taken as the Real it " +
                            "equals; a subscript names what to differentiate by: `" + point.op +
                            "[x](f)`";
  }
  throw error;
}

// ---- the function ------------------------------------------------------------------------------

void require_differentiable_result(const Point& point, const ValuePtr& value) {
  if (value->kind == ValueKind::Tuple || value->kind == ValueKind::Record) {
    for (const ValuePtr& item : value->items) require_differentiable_result(point, item);
    if (!value->items.empty()) return;
  }
  if (is_number(value)) return;
  base::fail(point.span,
             "`" + point.op + "` needs numbers, the value of " + point.function_name() + " is " +
                 type_text(*point.result),
             value->kind == ValueKind::Unit ? "the last expression of a block is its value" : "");
}

/// The function with its Int results taken as Reals.
void make_results_real(Emit& emit, Point& point) {
  std::vector<Leaf> leaves = leaves_of(point.result);
  const auto is_real = [](const Leaf& leaf) { return leaf.type.is_real(); };
  if (std::all_of(leaves.begin(), leaves.end(), is_real)) return;
  auto wrapper = std::make_unique<core::Function>();
  wrapper->name = emit.module().get(point.code).name + ".real";
  wrapper->user_name = emit.module().get(point.code).user_name;
  core::Builder b(emit.module(), *wrapper);
  std::vector<ValueId> params;
  for (const core::Type& type : emit.module().get(point.code).param_types()) {
    params.push_back(b.add_param(type));
  }
  std::vector<ValueId> results = b.call(point.code, params);
  for (size_t k = 0; k < results.size(); ++k) {
    if (!is_real(leaves[k])) results[k] = b.convert(results[k], Elem::F64);
    leaves[k] = Leaf{ValueId{}, b.type(results[k]), std::nullopt, false};
  }
  b.set_results(results);
  point.code = emit.module().add(std::move(wrapper));
  point.result = with_leaves(point.result, leaves);
}

void specialise(Emit& emit, Point& point) {
  const std::string int_param = int_parameter(point);
  for (size_t k : point.selected) {
    point.args[k] = differentiable(emit, point, point.args[k], point.params[k].name, "");
  }
  Specialised code;
  try {
    code = emit.specialise(point.function, point.args, point.span);
  } catch (const base::DiagnosticError& error) {
    if (int_param.empty()) throw;
    explain_int(error, point, int_param);
  }
  point.code = code.function;
  point.result = code.result;
  require_differentiable_result(point, point.result);
  make_results_real(emit, point);
  for (size_t k = 0; k < point.args.size(); ++k) {
    const bool active =
        std::find(point.selected.begin(), point.selected.end(), k) != point.selected.end();
    for (const Leaf& leaf : leaves_of(point.args[k])) {
      point.inputs.push_back(leaf.id);
      point.active.push_back(active);
    }
  }
  for (ValueId id : code.extra) {
    point.inputs.push_back(id);
    point.active.push_back(false);
  }
}

}  // namespace

ValuePtr narrowed(Emit& emit, const ValuePtr& function, const std::vector<ValuePtr>& bound,
                  const CallArgs& args) {
  if (function->kind != ValueKind::Derived) return function;
  Derived parts = *function->derived;
  if (parts.what == "∘") {
    parts.state = narrowed(emit, parts.state, bound, args);
    return derived(std::move(parts));
  }
  const std::vector<ParamInfo> params = emit.parameters(function);
  const std::vector<size_t> given = given_parameters(params, bound.size(), args);
  if (!parts.function || given.size() == bound.size()) return function;
  parts.function = narrowed(emit, parts.function, bound, args);
  const bool selects = parts.what != "vmap" && parts.what != "checkpoint" &&
                       parts.what != "with_derivative" && parts.subscript.empty();
  for (size_t k : selects ? default_selection(bound, given) : std::vector<size_t>{}) {
    if (k >= params.size() || params[k].name.empty()) return function;
    parts.subscript.push_back(params[k].name);
  }
  return derived(std::move(parts));
}

Point point_at(Emit& emit, const Operator& op, const ValuePtr& function, const CallArgs& args) {
  emit.at(args.span);
  Point point;
  point.op = op.name;
  point.span = args.span;
  point.function = function;
  point.params = emit.parameters(function);
  point.args = emit.bind(function, args);
  point.params.resize(std::max(point.params.size(), point.args.size()));
  select_parameters(point, op.subscript, args);
  point.function = narrowed(emit, function, point.args, args);
  specialise(emit, point);
  return point;
}

CallArgs unpacked(Emit& emit, const Operator& op, const ValuePtr& function, const ValuePtr& x,
                  base::Span span) {
  const std::vector<ParamInfo> params = emit.parameters(function);
  const auto required = std::count_if(params.begin(), params.end(),
                                      [](const ParamInfo& param) { return !param.optional; });
  if (params.size() == 1 || required == 1) return CallArgs{{x}, {}, span, {span}};
  if (x->kind != ValueKind::Tuple) {
    base::fail(span,
               "`" + op.name + "` of a function of several parameters takes their values as " +
                   "a tuple, this is " + type_text(*x),
               "`" + op.name + "(f, (x, y), …)`");
  }
  return CallArgs{x->items, {}, span, {}};
}

void require_scalar_result(const Point& point) {
  const ValuePtr& value = point.result;
  if (is_tensor(value) && value->leaf.type.is_scalar()) return;
  base::fail(point.span,
             "`" + point.op +
                 "` needs a function whose value is one number, the value "
                 "of " +
                 point.function_name() + " is " + type_text(*value),
             is_tensor(value) ? "`jacobian` differentiates a tensor"
                              : "`jvp` and `vjp` differentiate tuples and records");
}

void require_tensor_result(const Point& point) {
  if (is_tensor(point.result)) return;
  base::fail(point.span,
             "`" + point.op + "` needs a function whose value is a tensor, the value of " +
                 point.function_name() + " is " + type_text(*point.result),
             "`jvp` and `vjp` differentiate tuples and records");
}

// ---- tangents ----------------------------------------------------------------------------------

void match_leaves(Emit& emit, const ValuePtr& like, const ValuePtr& given, const std::string& what,
                  base::Span span, std::vector<ValueId>& leaves) {
  const ValuePtr value = as_tensor(emit, given);
  const auto differs = [&] {
    base::fail(span, "shapes do not fit: " + what + " must be " + type_text(*like) + ", this is " +
                         type_text(*value));
  };
  if (is_tensor(like)) {
    if (!is_number(value)) differs();
    const core::Type wanted = like->leaf.type;
    if (!core::compatible(wanted, {wanted.elem, value->leaf.type.dims})) differs();
    ValueId id = converted(emit, value->leaf, wanted.elem);
    Sizes sizes = sizes_of(emit, id);
    for (size_t axis = 0; axis < sizes.size(); ++axis) {
      if (wanted.dims[axis] != core::kDynamic) sizes[axis] = known_size(wanted.dims[axis]);
    }
    leaves.push_back(refine(emit, id, sizes));
    return;
  }
  if (like->kind != value->kind || like->items.size() != value->items.size() ||
      like->fields != value->fields) {
    differs();
  }
  for (size_t k = 0; k < like->items.size(); ++k) {
    const std::string inner = like->kind == ValueKind::Record
                                  ? what + "'s field `" + like->fields[k] + "`"
                                  : what + "'s entry " + std::to_string(k);
    match_leaves(emit, like->items[k], value->items[k], inner, span, leaves);
  }
}

std::vector<ValueId> tangent_leaves(Emit& emit, const Point& point, const ValuePtr& tangent,
                                    base::Span span) {
  std::vector<ValueId> leaves;
  const auto name = [&](size_t k) { return "the direction of `" + point.params[k].name + "`"; };
  if (point.selected.size() == 1) {
    const size_t k = point.selected[0];
    match_leaves(emit, point.args[k], tangent, name(k), span, leaves);
    return leaves;
  }
  const auto count = static_cast<int64_t>(point.selected.size());
  std::vector<ValuePtr> parts;
  if (tangent->kind == ValueKind::Tuple) parts = tangent->items;
  const bool is_vector = is_tensor(tangent) && tangent->leaf.type.dims == core::Dims{count};
  if (point.several_scalars && is_vector) {
    for (int64_t k = 0; k < count; ++k) {
      parts.push_back(element(emit, tangent, emit.builder().integer(k)));
    }
  }
  if (parts.size() != point.selected.size()) {
    base::fail(span, "the direction must be a tuple of " + std::to_string(count) +
                         ", one for each differentiated parameter, this is " + type_text(*tangent));
  }
  for (size_t k = 0; k < parts.size(); ++k) {
    match_leaves(emit, point.args[point.selected[k]], parts[k], name(point.selected[k]), span,
                 leaves);
  }
  return leaves;
}

}  // namespace calc::elab
