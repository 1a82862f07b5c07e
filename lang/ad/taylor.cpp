#include "lang/ad/taylor.h"

#include <algorithm>

#include "lang/ad/derivatives.h"

namespace calc::ad {

Taylor::Taylor(Engine& engine, const Function& source, const Mask& active, size_t order)
    : engine_(engine),
      source_(source),
      order_(order),
      active_params_(active),
      active_(engine, source, active),
      target_(std::make_unique<Function>()),
      builder_(engine.module(), *target_) {
  target_->name = source.name + ".taylor";
  target_->user_name = source.user_name;
  target_->checkpoint = source.checkpoint;
  for (ValueId param : source.body.params) map_[param] = builder_.add_param(source.type(param));
}

Expanded Taylor::run(FunctionId id) {
  for (size_t k = 0; k < active_params_.size(); ++k) {
    if (!active_params_[k]) continue;
    const ValueId param = source_.body.params[k];
    Coefficients& own = coefficients_[param];
    for (size_t j = 0; j < order_; ++j) own.push_back(builder_.add_param(source_.type(param)));
  }
  block(source_.body);
  Expanded expanded;
  expanded.results = active_.mask(source_.body.results);
  Values results = mapped(source_.body.results);
  append(results, source_.body.results, expanded.results);
  builder_.set_results(std::move(results));
  expanded.function = id;
  engine_.define(id, std::move(target_));
  return expanded;
}

FunctionId Taylor::run_from_variable() {
  for (size_t k = 0; k < active_params_.size(); ++k) {
    if (!active_params_[k] || order_ == 0) continue;
    const ValueId param = source_.body.params[k];
    Coefficients& own = coefficients_[param];
    own.resize(order_);
    own[0] = builder_.constant(rt::Array::of(1.0).converted(source_.type(param).elem));
  }
  block(source_.body);
  Values results;
  for (ValueId result : source_.body.results) {
    results.push_back(mapped(result));
    for (size_t k = 0; k < order_; ++k) results.push_back(coefficient_or_zeros(result, k));
  }
  builder_.set_results(std::move(results));
  return engine_.define(std::move(target_));
}

void Taylor::block(const Block& block) {
  for (const Op& op : block.ops) operation(op);
}

void Taylor::operation(const Op& op) {
  builder_.loc = op.loc;
  if (order_ == 0 || !active_.any(op.results)) return copy(op);
  switch (op.kind) {
    case OpKind::Constant:
      return copy(op);
    case OpKind::Primitive:
      return primitive(op);
    case OpKind::If:
      return branch(op);
    case OpKind::For:
    case OpKind::While:
      return loop(op);
    case OpKind::Call:
      return engine_.module().get(op.callee).rule.valid() ? call_given(op) : call(op);
  }
}

void Taylor::copy(const Op& op) {
  Op cloned = core::clone(source_, op, builder_.function(), map_);
  builder_.adopt(std::move(cloned));
}

// ---- primitives --------------------------------------------------------------------------------

void Taylor::primitive(const Op& op) {
  const bool running = op.primitive->name == "cumprod";
  if (running || op.primitive->name == "reduce_prod") return product(op, running);
  SeriesArena arena(engine_, builder_);
  std::vector<Series*> args;
  for (ValueId arg : op.args) {
    const Coefficients* own = coefficients(arg);
    args.push_back(arena.given(mapped(arg), own != nullptr ? *own : Coefficients()));
  }
  // Equal operands are one series.
  for (size_t k = 0; k < args.size(); ++k) {
    args[k] = args[static_cast<size_t>(std::find(op.args.begin(), op.args.end(), op.args[k]) -
                                       op.args.begin())];
  }
  std::vector<Type> types;
  for (ValueId result : op.results) types.push_back(source_.type(result));
  const std::vector<Series*> results = arena.results(op, args, types);
  for (size_t k = 0; k < results.size(); ++k) map_[op.results[k]] = results[k]->value();
  for (size_t k = 0; k < results.size(); ++k) {
    if (!active_(op.results[k])) continue;
    Coefficients found;
    for (size_t j = 1; j <= order_; ++j) {
      const MaybeValue c = results[k]->at(j);
      found.push_back(c ? MaybeValue(fitted(builder_, *c, types[k])) : std::nullopt);
    }
    coefficients_[op.results[k]] = std::move(found);
  }
}

/// The axes in front, as one, so that a loop can index it; the others follow in their order.
ValueId Taylor::axes_in_front(ValueId x, const std::vector<int64_t>& axes) {
  std::vector<int64_t> perm = axes;
  for (int64_t k = 0; k < builder_.type(x).rank(); ++k) {
    if (std::find(axes.begin(), axes.end(), k) == axes.end()) perm.push_back(k);
  }
  const ValueId ordered = builder_.transpose(x, perm);
  if (axes.size() == 1) return ordered;
  const Type type = builder_.type(ordered);
  const auto merged = static_cast<std::ptrdiff_t>(axes.size());
  const int64_t count = Type{type.elem, {type.dims.begin(), type.dims.begin() + merged}}.count();
  ValueId total = builder_.integer(1);
  for (int k = 0; k < merged; ++k) total = builder_.mul(total, builder_.dim(ordered, k));
  core::Dims dims(type.dims.begin() + merged, type.dims.end());
  Values sizes;
  if (count == core::kDynamic) sizes.push_back(total);
  for (size_t k = 0; k < dims.size(); ++k) {
    if (dims[k] != core::kDynamic) continue;
    sizes.push_back(builder_.dim(ordered, static_cast<int>(k + axes.size())));
  }
  dims.insert(dims.begin(), count);
  return builder_.reshape(ordered, std::move(dims), std::move(sizes));
}

/// y_i = y_{i-1} x_i along the first axis, as a loop in which each step is a product of series.
/// Coefficients 0…n of the last y, then those of all of them.
Taylor::Values Taylor::products(const Values& factors, bool from_end) {
  Type row = builder_.type(factors[0]);
  Values sizes = builder_.dynamic_sizes(factors[0]);
  if (row.dims[0] == core::kDynamic) sizes.erase(sizes.begin());
  row.dims.erase(row.dims.begin());
  const ValueId one = builder_.constant(rt::Array::of(1.0).converted(row.elem));
  Values init{builder_.broadcast(one, row.dims, {}, sizes)};
  for (size_t k = 1; k <= order_; ++k) init.push_back(builder_.zeros(row, sizes));
  std::vector<Type> types{core::scalar_type(core::Elem::I64)};
  types.resize(order_ + 2, row);
  const ValueId count = builder_.dim(factors[0], 0);
  const Values in = builder_.open_block(types);
  Values next;
  for (size_t k = 0; k <= order_; ++k) {
    MaybeValue sum;
    for (size_t j = 0; j <= k; ++j) {
      const ValueId factor =
          builder_.op("index", {factors[k - j], in[0]}, {{"axes", std::vector<int64_t>{0}}});
      const ValueId term = builder_.mul(in[j + 1], factor);
      sum = sum ? builder_.add(*sum, term) : term;
    }
    next.push_back(fitted(builder_, *sum, row));
  }
  Values results = next;
  results.insert(results.end(), next.begin(), next.end());
  Block body = builder_.close_block(std::move(results));
  return builder_.emit_for(count, std::move(init), std::move(body), from_end);
}

/// `cumprod`, and `reduce_prod`, which is the last of the running products.
void Taylor::product(const Op& op, bool running) {
  copy(op);
  const std::vector<int64_t> axes =
      running ? std::vector<int64_t>{op.attrs.integer("axis")} : op.attrs.ints("axes");
  if (!running && axes.empty()) {
    coefficients_[op.results[0]] = *coefficients(op.args[0]);
    return;
  }
  Values factors{axes_in_front(mapped(op.args[0]), axes)};
  for (size_t k = 0; k < order_; ++k) {
    factors.push_back(axes_in_front(coefficient_or_zeros(op.args[0], k), axes));
  }
  const Values out = products(factors, op.attrs.flag("reverse"));
  std::vector<int64_t> back;
  for (int64_t k = 1; running && k <= axes[0]; ++k) back.push_back(k);
  if (running) back.push_back(0);
  for (int64_t k = std::ssize(back); running && k < builder_.type(factors[0]).rank(); ++k) {
    back.push_back(k);
  }
  Coefficients& found = coefficients_[op.results[0]];
  for (size_t k = 1; k <= order_; ++k) {
    const ValueId c = running ? builder_.transpose(out[order_ + 1 + k], back) : out[k];
    found.push_back(fitted(builder_, c, source_.type(op.results[0])));
  }
}

// ---- constructs --------------------------------------------------------------------------------

/// Values of a construct's results: the primal ones, then the coefficients of the active ones.
void Taylor::enter_results(std::span<const ValueId> results, const Mask& active,
                           std::span<const ValueId> values) {
  size_t next = results.size();
  for (size_t k = 0; k < results.size(); ++k) map_[results[k]] = values[k];
  for (size_t k = 0; k < results.size(); ++k) {
    if (!active[k]) continue;
    Coefficients& own = coefficients_[results[k]];
    own.clear();
    for (size_t j = 0; j < order_; ++j) own.push_back(values[next++]);
  }
}

void Taylor::branch(const Op& op) {
  const Mask active = active_.mask(op.results);
  Op both = op;
  both.args = {mapped(op.args[0])};
  both.blocks.clear();
  for (const Block& side : op.blocks) {
    builder_.open_block({});
    block(side);
    Values results = mapped(side.results);
    append(results, side.results, active);
    both.blocks.push_back(builder_.close_block(std::move(results)));
  }
  builder_.loc = op.loc;
  const auto types =
      std::get<std::vector<Type>>(core::result_types(engine_.module(), builder_.function(), both));
  enter_results(op.results, active, builder_.append(std::move(both), types));
}

/// Opens a loop's block: its parameters, then coefficients of the active ones.
Taylor::Values Taylor::open_body(std::span<const ValueId> params, size_t leading) {
  const Mask active = active_.mask({params.begin(), params.end()});
  std::vector<Type> types;
  for (ValueId param : params) types.push_back(source_.type(param));
  for (size_t k = leading; k < params.size(); ++k) {
    if (active[k]) types.resize(types.size() + order_, source_.type(params[k]));
  }
  Values opened = builder_.open_block(types);
  enter_results(params, active, opened);
  return opened;
}

void Taylor::loop(const Op& op) {
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  const Block& body = op.blocks.back();
  const auto carried = std::span(body.params).subspan(skip);
  const size_t count = carried.size();
  const Mask active = active_.mask({carried.begin(), carried.end()});
  const auto stacked = std::span(op.results).subspan(count);
  const Mask stacked_active = active_.mask({stacked.begin(), stacked.end()});
  const auto given = std::span(op.args).subspan(skip);
  Values init = mapped(given);
  append(init, given, active);

  Block tested;
  if (skip == 0) {
    open_body(op.blocks[0].params, 0);
    for (const Op& inner : op.blocks[0].ops) copy(inner);
    tested = builder_.close_block({mapped(op.blocks[0].results[0])});
  }
  open_body(body.params, skip);
  block(body);
  const auto made = std::span(body.results);
  Values results = mapped(made.first(count));
  append(results, made.first(count), active);
  const size_t carries = results.size();
  for (ValueId value : made.subspan(count)) results.push_back(mapped(value));
  append(results, made.subspan(count), stacked_active);
  Block built = builder_.close_block(std::move(results));
  builder_.loc = op.loc;
  const Values out =
      skip == 1
          ? builder_.emit_for(mapped(op.args[0]), std::move(init), std::move(built), op.reverse())
          : builder_.emit_while(std::move(init), std::move(tested), std::move(built));
  const auto all = std::span(out);
  enter_results(std::span(op.results).first(count), active, all.first(carries));
  enter_results(stacked, stacked_active, all.subspan(carries));
}

void Taylor::call(const Op& op) {
  const Mask active = active_.mask(op.args);
  const Expanded& callee = engine_.expand(op.callee, active, order_);
  Values args = mapped(op.args);
  append(args, op.args, active);
  builder_.loc = op.loc;
  enter_results(op.results, callee.results, builder_.call(callee.function, std::move(args)));
}

/// A function with a rule: z' = rule(x, x'), whose series needs no coefficient of z.
void Taylor::call_given(const Op& op) {
  Mask active = active_.mask(op.args);
  const Forward& forward = engine_.forward(op.callee, active);
  const Mask has_rate = forward.tangents;
  const size_t rates = static_cast<size_t>(std::count(has_rate.begin(), has_rate.end(), true));
  Mask chosen(op.results.size(), false);
  chosen.resize(op.results.size() + rates, true);
  const FunctionId rate = engine_.restrict_results(forward.function, chosen);
  const Values args = rate_arguments(op, active);
  active.resize(active.size() + static_cast<size_t>(std::count(active.begin(), active.end(), true)),
                true);
  const Expanded& expanded = engine_.expand(rate, active, order_ - 1);
  copy(op);
  const Values found = builder_.call(expanded.function, args);
  size_t result = 0;
  size_t next = rates;
  for (size_t k = 0; k < op.results.size(); ++k) {
    if (!has_rate[k]) continue;
    Coefficients& own = coefficients_[op.results[k]];
    own.assign(order_, std::nullopt);
    own[0] = found[result];
    if (!expanded.results[result++]) continue;
    for (size_t j = 1; j < order_; ++j) {
      own[j] = scaled(builder_, found[next++], 1.0 / static_cast<double>(j + 1));
    }
  }
}

/// The inputs of x' = …: x and x', then the further coefficients of both.
Taylor::Values Taylor::rate_arguments(const Op& op, const Mask& active) {
  Values args = mapped(op.args);
  for (size_t k = 0; k < active.size(); ++k) {
    if (active[k]) args.push_back(coefficient_or_zeros(op.args[k], 0));
  }
  for (size_t k = 0; k < active.size(); ++k) {
    for (size_t j = 0; active[k] && j + 1 < order_; ++j) {
      args.push_back(coefficient_or_zeros(op.args[k], j));
    }
  }
  for (size_t k = 0; k < active.size(); ++k) {
    for (size_t j = 1; active[k] && j < order_; ++j) {
      const ValueId c = coefficient_or_zeros(op.args[k], j);
      args.push_back(scaled(builder_, c, static_cast<double>(j + 1)));
    }
  }
  return args;
}

// ---- values ------------------------------------------------------------------------------------

Taylor::Values Taylor::mapped(std::span<const ValueId> values) const {
  Values out;
  for (ValueId value : values) out.push_back(map_.at(value));
  return out;
}

const Taylor::Coefficients* Taylor::coefficients(ValueId value) const {
  auto at = coefficients_.find(value);
  return at == coefficients_.end() ? nullptr : &at->second;
}

ValueId Taylor::coefficient_or_zeros(ValueId value, size_t k) {
  const Coefficients* own = coefficients(value);
  if (own != nullptr && (*own)[k]) return *(*own)[k];
  return zeros_like(builder_, mapped(value));
}

void Taylor::append(Values& out, std::span<const ValueId> values, const Mask& active) {
  for (size_t k = 0; k < values.size(); ++k) {
    for (size_t j = 0; active[k] && j < order_; ++j) {
      out.push_back(coefficient_or_zeros(values[k], j));
    }
  }
}

FunctionId make_taylor(Engine& engine, FunctionId id, const Mask& active, size_t order) {
  engine.optimize(id);
  return Taylor(engine, engine.module().get(id), active, order).run_from_variable();
}

Expanded make_expanded(Engine& engine, const Function& function, const Mask& active, size_t order,
                       FunctionId id) {
  return Taylor(engine, function, active, order).run(id);
}

}  // namespace calc::ad
