// `with_derivative(f, df)` and `checkpoint(f)`: functions that tell differentiation how to treat
// them. Each call of one is a call of a Core function that carries what was said.
#include <algorithm>

#include "lang/elaborate/derivatives.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

bool holds_reals(const ValuePtr& value) {
  if (is_tensor(value)) return value->leaf.type.is_real();
  if (value->kind != ValueKind::Tuple && value->kind != ValueKind::Record) return false;
  return std::any_of(value->items.begin(), value->items.end(), holds_reals);
}

/// What a rule gets as the tangent of a parameter: its structure, a number that is no Real counting
/// as the Real it equals; `none` for what is no number.
ValuePtr tangent_like(const ValuePtr& value) {
  if (is_tensor(value)) {
    core::Type type = value->leaf.type;
    if (!type.is_real()) type.elem = Elem::F64;
    return tensor(ValueId{}, type);
  }
  if (value->kind != ValueKind::Tuple && value->kind != ValueKind::Record) return none();
  std::vector<ValuePtr> items;
  for (const ValuePtr& item : value->items) items.push_back(tangent_like(item));
  return value->kind == ValueKind::Tuple ? tuple(std::move(items))
                                         : record(value->fields, std::move(items));
}

/// The leaves of a parameter that its tangent has too, in order: those of tensors.
void mark_tensors(const ValuePtr& value, ad::Mask& mask) {
  if (is_tensor(value)) return mask.push_back(true);
  const bool aggregate = value->kind == ValueKind::Tuple || value->kind == ValueKind::Record;
  if (!aggregate) {
    mask.resize(mask.size() + leaves_of(value).size(), false);
    return;
  }
  for (const ValuePtr& item : value->items) mark_tensors(item, mask);
}

void require_numbers_in(const ValuePtr& value, const std::string& function, base::Span span) {
  const bool aggregate = value->kind == ValueKind::Tuple || value->kind == ValueKind::Record;
  if (is_tensor(value)) return;
  if (!aggregate) {
    base::fail(span, "`with_derivative` needs numbers, the value of `" + function + "` is " +
                         type_text(*value));
  }
  for (const ValuePtr& item : value->items) require_numbers_in(item, function, span);
}

[[noreturn]] void fail_arity(const ValuePtr& rule, size_t count, const ValuePtr& function,
                             size_t own, base::Span span) {
  base::fail(
      span,
      "`" + function_text(*rule) + "` takes " + std::to_string(count) +
          (count == 1 ? " parameter" : " parameters") + ": a derivative rule takes the " +
          std::to_string(own) + " of `" + function_text(*function) + "`, then a tangent for each",
      own == 1 ? "`with_derivative(f, (x, v) -> …)`" : "`with_derivative(f, (x, y, vx, vy) -> …)`");
}

/// One use of a function with a rule: both specialised to the arguments.
class Given {
 public:
  Given(Emit& emit, const Derived& derived, const CallArgs& args)
      : emit_(emit),
        rule_(derived.state),
        span_(args.span),
        args_(emit.bind(derived.function, args)),
        function_(narrowed(emit, derived.function, args_, args)) {
    for (ValuePtr& arg : args_) arg = as_tensor(emit, arg);
  }

  ValuePtr call() {
    value_ = emit_.specialise(function_, args_, span_);
    require_numbers_in(value_.result, function_text(*function_), span_);
    specialise_rule();
    match(value_.result, tangent_.result, "the value of `" + function_text(*function_) + "`");
    for (const ValuePtr& arg : args_) collect_leaves(arg, leaves_);
    const core::FunctionId code = make_function();
    std::vector<ValueId> inputs;
    for (const Leaf& leaf : leaves_) inputs.push_back(leaf.id);
    inputs.insert(inputs.end(), value_.extra.begin(), value_.extra.end());
    inputs.insert(inputs.end(), tangent_.extra.begin(), tangent_.extra.end());
    emit_.at(span_);
    return with_ids(emit_, value_.result, emit_.builder().call(code, std::move(inputs)));
  }

 private:
  /// Arguments that are absent (`none`) the rule knows nothing of.
  std::vector<ValuePtr> rule_arguments() const {
    std::vector<ValuePtr> present;
    for (const ValuePtr& arg : args_) {
      if (arg->kind != ValueKind::None) present.push_back(arg);
    }
    return present;
  }

  void specialise_rule() {
    std::vector<ValuePtr> all = rule_arguments();
    own_ = all.size();
    const size_t count = emit_.parameters(rule_).size();
    const auto reals = static_cast<size_t>(std::count_if(all.begin(), all.end(), holds_reals));
    takes_all_ = count == 2 * own_;
    if (!takes_all_ && count != own_ + reals) fail_arity(rule_, count, function_, own_, span_);
    for (size_t k = 0; k < own_; ++k) {
      if (takes_all_ || holds_reals(all[k])) all.push_back(tangent_like(all[k]));
    }
    tangent_ = emit_.specialise(rule_, all, span_);
  }

  /// The rule's value must be shaped as the function's.
  void match(const ValuePtr& value, const ValuePtr& tangent, const std::string& what) const {
    bool fits = is_tensor(value) == is_tensor(tangent);
    if (fits && is_tensor(value)) {
      const core::Type& wanted = value->leaf.type;
      fits = is_number(tangent) && core::compatible(wanted, {wanted.elem, tangent->leaf.type.dims});
    } else if (fits) {
      fits = value->kind == tangent->kind && value->items.size() == tangent->items.size() &&
             value->fields == tangent->fields;
    }
    if (!fits) {
      base::fail(span_,
                 "shapes do not fit: " + what + " is " + type_text(*value) + ", `" +
                     function_text(*rule_) + "` gives " + type_text(*tangent),
                 "a derivative rule gives a tangent of the shape of the value");
    }
    for (size_t k = 0; !is_tensor(value) && k < value->items.size(); ++k) {
      const std::string inner = value->kind == ValueKind::Record
                                    ? what + "'s field `" + value->fields[k] + "`"
                                    : what + "'s entry " + std::to_string(k);
      match(value->items[k], tangent->items[k], inner);
    }
  }

  std::vector<ValueId> add_params(core::Builder& b) const {
    std::vector<ValueId> params;
    for (const Leaf& leaf : leaves_) params.push_back(b.add_param(leaf.type));
    for (ValueId id : value_.extra) params.push_back(b.add_param(emit_.builder().type(id)));
    for (ValueId id : tangent_.extra) params.push_back(b.add_param(emit_.builder().type(id)));
    return params;
  }

  core::FunctionId make_function() {
    auto made = std::make_unique<core::Function>();
    made->name = emit_.module().get(value_.function).name + ".given";
    made->user_name = emit_.module().get(value_.function).user_name;
    core::Builder b(emit_.module(), *made);
    std::vector<ValueId> args = add_params(b);
    args.resize(leaves_.size() + value_.extra.size());
    b.set_results(b.call(value_.function, std::move(args)));
    ad::Mask ruled;
    for (const ValuePtr& arg : args_) mark_tensors(arg, ruled);
    for (size_t k = 0; k < leaves_.size(); ++k) ruled[k] = ruled[k] && leaves_[k].type.is_real();
    ruled.resize(made->body.params.size(), false);
    const core::FunctionId rule = make_rule(ruled);
    const core::FunctionId id = emit_.module().add(std::move(made));
    const auto wrong = emit_.differentiator().give_rule(id, rule, ruled);
    if (wrong) fail_nonlinear(*wrong);
    return id;
  }

  /// (the function's parameters…, tangents of the ruled ones…) -> tangents of the real results…
  core::FunctionId make_rule(const ad::Mask& ruled) {
    auto made = std::make_unique<core::Function>();
    made->name = emit_.module().get(tangent_.function).name + ".rule";
    core::Builder b(emit_.module(), *made);
    const std::vector<ValueId> params = add_params(b);
    std::vector<ValueId> args(params.begin(),
                              params.begin() + static_cast<ptrdiff_t>(leaves_.size()));
    std::vector<ValueId> tangents(params.size());
    for (size_t k = 0; k < ruled.size(); ++k) {
      if (ruled[k]) tangents[k] = tied(b, b.add_param(b.type(params[k])), params[k]);
    }
    size_t leaf = 0;
    for (const ValuePtr& arg : args_) append_tangents(b, arg, params, tangents, leaf, args);
    args.insert(args.end(), params.end() - static_cast<ptrdiff_t>(tangent_.extra.size()),
                params.end());
    std::vector<ValueId> found = b.call(tangent_.function, std::move(args));
    std::vector<ValueId> results;
    const std::vector<Leaf> values = leaves_of(value_.result);
    for (size_t k = 0; k < values.size(); ++k) {
      if (values[k].type.is_real()) results.push_back(b.convert(found[k], values[k].type.elem));
    }
    b.set_results(std::move(results));
    return emit_.module().add(std::move(made));
  }

  /// A tangent has the sizes of its parameter: that is how reverse mode knows them.
  static ValueId tied(core::Builder& b, ValueId tangent, ValueId param) {
    std::vector<ValueId> args{tangent};
    for (ValueId size : b.dynamic_sizes(param)) args.push_back(size);
    if (args.size() == 1) return tangent;
    const core::Dims dims = b.type(tangent).dims;
    return b.op("reshape", std::move(args), {{"dims", dims}, {"sized", true}});
  }

  /// The tangents of one parameter that the rule takes: zeros for numbers that are no Reals.
  void append_tangents(core::Builder& b, const ValuePtr& arg, const std::vector<ValueId>& params,
                       const std::vector<ValueId>& tangents, size_t& leaf,
                       std::vector<ValueId>& out) const {
    ad::Mask tensors;
    mark_tensors(arg, tensors);
    const bool taken = takes_all_ || holds_reals(arg);
    for (bool is_tensor_leaf : tensors) {
      const size_t k = leaf++;
      if (!taken || !is_tensor_leaf) continue;
      if (tangents[k].valid()) {
        out.push_back(tangents[k]);
      } else {
        const core::Type type{Elem::F64, b.type(params[k]).dims};
        out.push_back(b.zeros(type, b.dynamic_sizes(params[k])));
      }
    }
  }

  [[noreturn]] void fail_nonlinear(const ad::Nonlinearity& wrong) const {
    std::string names;
    const std::vector<ParamInfo> params = emit_.parameters(rule_);
    for (size_t k = own_; k < params.size(); ++k) {
      names +=
          (names.empty() ? "`" : ", `") + (params[k].name.empty() ? "_" : params[k].name) + "`";
    }
    const base::Span place = emit_.module().location(wrong.place).span;
    base::Diagnostic d;
    d.message = "`" + function_text(*rule_) + "` is not linear in " + names + ": " + wrong.reason;
    d.span = place.known() ? place : rule_->closure ? rule_->closure->body->span : span_;
    d.hint = "a derivative rule gives the tangent of the value: a sum of terms, each with one " +
             std::string("tangent as a factor");
    d.frames.push_back({"with_derivative", span_});
    throw base::DiagnosticError{std::move(d)};
  }

  Emit& emit_;
  ValuePtr rule_;
  base::Span span_;
  std::vector<ValuePtr> args_;
  ValuePtr function_;
  std::vector<Leaf> leaves_;
  /// How many parameters of the rule come before its tangents.
  size_t own_ = 0;
  bool takes_all_ = false;
  Specialised value_;
  Specialised tangent_;
};

}  // namespace

ValuePtr with_derivative(Emit& emit, const ValuePtr& function, const ValuePtr& rule,
                         base::Span span) {
  const std::vector<ParamInfo> own = emit.parameters(function);
  const auto required = static_cast<size_t>(std::count_if(
      own.begin(), own.end(), [](const ParamInfo& param) { return !param.optional; }));
  const size_t count = emit.parameters(rule).size();
  if (count <= required || count > 2 * own.size()) {
    fail_arity(rule, count, function, own.size(), span);
  }
  Derived parts;
  parts.what = "with_derivative";
  parts.function = function;
  parts.state = rule;
  return derived(std::move(parts));
}

ValuePtr given_call(Emit& emit, const Derived& derived, const CallArgs& args) {
  return Given(emit, derived, args).call();
}

ValuePtr checkpoint_call(Emit& emit, const Derived& derived, const CallArgs& args) {
  const std::vector<ValuePtr> bound = emit.bind(derived.function, args);
  const ValuePtr function = narrowed(emit, derived.function, bound, args);
  const Specialised code = emit.specialise(function, bound, args.span);
  std::vector<ValueId> inputs;
  for (const ValuePtr& arg : bound) {
    for (ValueId id : leaf_ids(arg)) inputs.push_back(id);
  }
  inputs.insert(inputs.end(), code.extra.begin(), code.extra.end());
  emit.at(args.span);
  const core::FunctionId again = emit.differentiator().checkpointed(code.function);
  return with_ids(emit, code.result, emit.builder().call(again, std::move(inputs)));
}

}  // namespace calc::elab
