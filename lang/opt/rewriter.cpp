#include "lang/opt/rewriter.h"

#include <algorithm>
#include <stdexcept>

#include "lang/opt/opt.h"
#include "lang/opt/rules.h"

namespace calc::opt {

namespace {

/// Results larger than this are not computed while compiling.
constexpr int64_t kFoldedElements = 4096;
/// Arrays all of one number stay spread scalars when they are larger.
constexpr int64_t kSpreadElements = 64;
/// Rules that emit rules that emit …: each step shrinks the program, this only guards the stack.
constexpr int kMaxChain = 64;

struct IllTyped : std::logic_error {
  using std::logic_error::logic_error;
};

}  // namespace

Rewriter::Rewriter(core::Module& module, core::Function& function)
    : module_(module),
      function_(function),
      effects_(module, function),
      info_(function.value_types.size()) {
  count_uses(function.body);
}

bool Rewriter::run() {
  rebuild(function_.body);
  return changed_;
}

// ---- values ------------------------------------------------------------------------------------

void Rewriter::count_uses(const Block& block) {
  for (const Op& op : block.ops) {
    for (ValueId arg : op.args) ++info_[arg.index].uses;
    for (const Block& nested : op.blocks) count_uses(nested);
  }
  for (ValueId result : block.results) ++info_[result.index].uses;
}

Rewriter::Info& Rewriter::info(ValueId value) {
  if (value.index >= info_.size()) info_.resize(function_.value_types.size());
  return info_[value.index];
}

ValueId Rewriter::current(ValueId value) {
  ValueId last = value;
  while (info_[last.index].renamed.valid()) last = info_[last.index].renamed;
  // Shortens the path for whoever asks next.
  while (value != last) value = std::exchange(info_[value.index].renamed, last);
  return last;
}

void Rewriter::rename(std::vector<ValueId>& values) {
  for (ValueId& value : values) value = current(value);
}

void Rewriter::replace(ValueId old, ValueId by) {
  info_[old.index].renamed = by;
  info_[by.index].uses += info_[old.index].uses;
  changed_ = true;
}

bool Rewriter::may_replace(ValueId old, ValueId by) const {
  return refines(function_.type(by), function_.type(old));
}

const Op* Rewriter::definition(ValueId value, std::string_view primitive) const {
  const Op* op = definition(value);
  return op && op->kind == OpKind::Primitive && op->primitive->name == primitive ? op : nullptr;
}

std::optional<ValueId> Rewriter::loop_count(ValueId value) const {
  const ValueId count = info_[value.index].count;
  return count.valid() ? std::optional(count) : std::nullopt;
}

std::optional<ValueId> Rewriter::shape_source(ValueId value) const {
  const ValueId source = info_[value.index].shape_source;
  return source.valid() ? std::optional(source) : std::nullopt;
}

const rt::Array* Rewriter::constant_of(ValueId value) const {
  const Op* op = definition(value);
  return op && op->kind == OpKind::Constant ? &op->constant : nullptr;
}

std::optional<int64_t> Rewriter::integer_of(ValueId value) const {
  const rt::Array* array = constant_of(value);
  if (!array || array->rank() != 0 || array->elem() != Elem::I64) return std::nullopt;
  return array->as_int();
}

// ---- emitting ----------------------------------------------------------------------------------

ValueId Rewriter::emit(std::string_view primitive, std::vector<ValueId> args, Attrs attrs) {
  return emit(core::registry().get(primitive), std::move(args), std::move(attrs));
}

ValueId Rewriter::emit(const Primitive& primitive, std::vector<ValueId> args, Attrs attrs) {
  Op op;
  op.primitive = &primitive;
  op.args = std::move(args);
  op.attrs = std::move(attrs);
  op.loc = loc_;
  core::TypeResult types = result_types(module_, function_, op);
  if (const auto* error = std::get_if<core::TypeError>(&types)) {
    throw IllTyped("an ill-typed " + std::string(primitive.name) + ": " + error->message);
  }
  op.results = {function_.add_value(std::get<std::vector<Type>>(std::move(types))[0])};
  info(op.results[0]);
  const ValueId result = op.results[0];
  if (++emitting_ < kMaxChain) {
    if (auto simpler = simplified(op)) {
      --emitting_;
      return *simpler;
    }
  }
  --emitting_;
  append(std::move(op));
  return result;
}

ValueId Rewriter::constant(rt::Array value) {
  Op op;
  op.kind = OpKind::Constant;
  op.loc = loc_;
  op.results = {function_.add_value(core::type_of(value))};
  op.constant = std::move(value);
  const ValueId result = op.results[0];
  info(result);
  append(std::move(op));
  return result;
}

// ---- the walk ----------------------------------------------------------------------------------

void Rewriter::rebuild(Block& block) {
  scopes_.emplace_back();
  for (ValueId param : block.params) info_[param.index].depth = scopes_.size();
  splice(block);
  Scope scope = std::move(scopes_.back());
  scopes_.pop_back();
  block.ops.assign(std::make_move_iterator(scope.begin()), std::make_move_iterator(scope.end()));
  for (const Op& op : block.ops) define(op);
}

/// Operations keep their address until their block is closed, and a closed block's theirs.
void Rewriter::define(const Op& op) {
  for (ValueId result : op.results) info_[result.index].definition = &op;
}

/// Visits a block's operations in the scope that is open; its results become final.
void Rewriter::splice(Block& block) {
  std::vector<Op> ops = std::move(block.ops);
  for (Op& op : ops) {
    visit(std::move(op));
    if (scopes_.size() == 1 && fails_here()) {
      changed_ = true;
      abandon(block);
      break;
    }
  }
  rename(block.results);
}

void Rewriter::visit(Op op) {
  rename(op.args);
  loc_ = op.loc;
  switch (op.kind) {
    case OpKind::If:
      return visit_if(std::move(op));
    case OpKind::For:
      return visit_for(std::move(op));
    case OpKind::While:
      return visit_while(std::move(op));
    case OpKind::Primitive:
      break;
    case OpKind::Call:
      refine(op);
      [[fallthrough]];
    case OpKind::Constant:
      return append(std::move(op));
  }
  if (is_vacuous(op)) {
    changed_ = true;
    return;
  }
  if (auto error = type_error(op)) return fail_instead(op, *error);
  if (op.results.size() == 1) {
    auto simpler = simplified(op);
    if (simpler && may_replace(op.results[0], *simpler)) return replace(op.results[0], *simpler);
  }
  refine(op);
  append(std::move(op));
}

void Rewriter::append(Op op) {
  Scope& scope = scopes_.back();
  scope.push_back(std::move(op));
  const Op& stored = scope.back();
  define(stored);
  for (ValueId result : stored.results) info_[result.index].depth = scopes_.size();
  if (emitting_ > 0) {
    for (ValueId arg : stored.args) ++info_[arg.index].uses;
  }
}

/// Scalars cannot come to disagree.
std::optional<core::TypeError> Rewriter::type_error(const Op& op) const {
  const bool scalars = std::all_of(op.args.begin(), op.args.end(),
                                   [&](ValueId arg) { return type(arg).is_scalar(); });
  if (scalars) return std::nullopt;
  core::TypeResult types = result_types(module_, function_, op);
  auto* error = std::get_if<core::TypeError>(&types);
  return error ? std::optional(std::move(*error)) : std::nullopt;
}

/// A rule that runs into sizes that do not agree declines: the operation fails when it runs.
std::optional<ValueId> Rewriter::simplified(const Op& op) {
  try {
    return by_rules(op);
  } catch (const IllTyped&) {
    return std::nullopt;
  }
}

std::optional<ValueId> Rewriter::by_rules(const Op& op) {
  for (Rule rule : rules().of(*op.primitive)) {
    if (auto value = rule(*this, op)) return value;
  }
  if (auto value = folded(op)) return value;
  if (std::holds_alternative<core::ElementwiseLowering>(op.primitive->lowering)) {
    return pull_broadcast(*this, op);
  }
  return std::nullopt;
}

/// A constant, or a small array that a constant is spread to.
std::optional<rt::Array> Rewriter::known_array(ValueId value) const {
  if (const rt::Array* array = constant_of(value)) return *array;
  const rt::Array* spread = splat(*this, value);
  if (!spread || !type(value).is_static() || type(value).count() > kSpreadElements) {
    return std::nullopt;
  }
  const Op& op = *definition(value);
  std::vector<rt::Array> args{*spread};
  std::vector<rt::Array> results(1);
  rt::Context context;
  if (op.args.size() > 1) return std::nullopt;
  op.primitive->evaluate(context, args, op.attrs, results);
  return std::move(results[0]);
}

/// f(constants…) = the constant that the record's `evaluate` gives, unless it fails or is large.
std::optional<ValueId> Rewriter::folded(const Op& op) {
  const Type& result = type(op.results[0]);
  const bool spreads = op.primitive->name == "broadcast" || op.primitive->name == "iota";
  if (op.primitive->effect == core::Effect::State || !result.is_static() ||
      result.count() > kFoldedElements || (spreads && !result.is_scalar())) {
    return std::nullopt;
  }
  std::vector<rt::Array> args;
  for (ValueId arg : op.args) {
    auto array = known_array(arg);
    if (!array) return std::nullopt;
    args.push_back(std::move(*array));
  }
  rt::Context context;
  std::vector<rt::Array> results(1);
  try {
    op.primitive->evaluate(context, args, op.attrs, results);
  } catch (const rt::Failure&) {
    // It fails when, and if, it runs.
    return std::nullopt;
  } catch (const std::logic_error&) {
    // Out of range after a check that fails: it never runs.
    return std::nullopt;
  }
  return constant(std::move(results[0]));
}

/// Arguments may have become better known than when the results' types were recorded.
void Rewriter::refine(const Op& op) {
  for (ValueId result : op.results) {
    if (type(result).is_static()) continue;
    core::TypeResult types = result_types(module_, function_, op);
    auto* inferred = std::get_if<std::vector<Type>>(&types);
    if (!inferred) return;
    for (size_t k = 0; k < op.results.size(); ++k) refine(op.results[k], (*inferred)[k].dims);
    return;
  }
}

void Rewriter::refine(ValueId value, const Dims& inferred) {
  Dims& recorded = function_.value_types[value.index].dims;
  for (size_t axis = 0; axis < recorded.size(); ++axis) {
    if (recorded[axis] != core::kDynamic || inferred[axis] == core::kDynamic) continue;
    recorded[axis] = inferred[axis];
    changed_ = true;
  }
}

/// check(true) = nothing
bool Rewriter::is_vacuous(const Op& op) const {
  if (op.primitive->name != "check") return false;
  const rt::Array* condition = constant_of(op.args[0]);
  return condition && condition->as_bool();
}

bool simplify(core::Module& module, core::Function& function) {
  return Rewriter(module, function).run();
}

}  // namespace calc::opt
