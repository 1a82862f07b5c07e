#include "lang/ad/transpose.h"

#include <algorithm>
#include <stdexcept>

#include "lang/opt/opt.h"

namespace calc::ad {

Transposer::Transposer(Engine& engine, const Function& source, const Activity& linear,
                       const Sizes& sizes)
    : engine_(engine),
      source_(source),
      linear_(linear),
      sizes_(sizes),
      coverage_(engine, source, linear),
      target_(std::make_unique<Function>()),
      builder_(engine.module(), *target_) {
  target_->name = source.name + ".transpose";
  target_->user_name = source.user_name;
}

Transposed Transposer::run(const Mask& accumulated, FunctionId id) {
  const Block& body = source_.body;
  for (ValueId param : body.params) {
    if (!linear_(param)) map_[param] = builder_.add_param(source_.type(param));
  }
  std::vector<ValueId> given;
  for (ValueId result : body.results) given.push_back(builder_.add_param(source_.type(result)));
  for (size_t k = 0; k < body.params.size(); ++k) {
    if (!accumulated[k]) continue;
    cotangents_[body.params[k]] = {builder_.add_param(source_.type(body.params[k])), {}};
  }
  copy_known(body);
  for (size_t k = 0; k < given.size(); ++k) add(body.results[k], {given[k], {}});
  backward(body);

  Transposed transposed;
  std::vector<ValueId> results;
  for (ValueId param : body.params) {
    std::optional<Cotangent> ct = find(param);
    transposed.cotangents.push_back(ct.has_value());
    if (ct) results.push_back(ct->value);
  }
  builder_.set_results(std::move(results));
  transposed.function = id;
  opt::dead_code(engine_.module(), *target_);
  engine_.define(id, std::move(target_));
  return transposed;
}

void Transposer::copy_known(const Block& block) {
  for (const Op& op : block.ops) {
    if (linear_.any(op.results)) continue;
    Op copy = core::clone(source_, op, builder_.function(), map_);
    builder_.adopt(std::move(copy));
  }
}

void Transposer::backward(const Block& block) {
  for (auto op = block.ops.rbegin(); op != block.ops.rend(); ++op) {
    if (!linear_.any(op->results)) continue;
    builder_.loc = op->loc;
    switch (op->kind) {
      case OpKind::Primitive:
        primitive(*op);
        break;
      case OpKind::If:
        branch(*op);
        break;
      case OpKind::For:
        counted_loop(*op);
        break;
      case OpKind::Call:
        call(*op);
        break;
      case OpKind::Constant:
      case OpKind::While:
        throw std::logic_error("not linear: a while");
    }
  }
}

// ---- primitives --------------------------------------------------------------------------------

void Transposer::primitive(const Op& op) {
  std::vector<MaybeValue> given;
  ValueId mask;
  bool any = false;
  for (ValueId result : op.results) {
    std::optional<Cotangent> ct = find(result);
    given.push_back(ct ? MaybeValue(ct->value) : std::nullopt);
    if (!ct) continue;
    any = true;
    mask = ct->mask;
    cotangents_.erase(result);
  }
  if (!any) return;
  if (op.results.size() > 1) mask = {};
  if (is_tie(op)) return add(op.args[0], {*given[0], mask});
  if (linear_(op.args[0]) && add_to_part(op, {*given[0], mask})) return;
  apply_rule(op, given, mask);
}

void Transposer::apply_rule(const Op& op, std::span<const MaybeValue> cotangents, ValueId mask) {
  const auto* rule = std::get_if<core::TransposeRule>(&op.primitive->transpose.rule);
  if (!rule) throw std::logic_error("not linear: " + std::string(op.primitive->name));
  const std::vector<MaybeValue> results = (*rule)(*this, op, linear_.mask(op.args), cotangents);
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k] && linear_(op.args[k])) add(op.args[k], masked(op, k, *results[k], mask));
  }
}

bool Transposer::add_to_part(const Op& op, const Cotangent& ct) {
  const std::string_view name = op.primitive->name;
  if (name != "index" && name != "take" && name != "slice") return false;
  const ValueId whole = op.args[0];
  std::optional<Cotangent> before = find(whole);
  std::vector<ValueId> args = {before ? before->value : zeros(whole), ct.value};
  const size_t places = name == "slice" ? 2 : op.args.size();
  for (size_t k = 1; k < places; ++k) args.push_back(known(op.args[k]));
  core::Attrs attrs;
  for (const char* key : {"axes", "axis", "step"}) {
    if (const auto* value = op.attrs.find(key)) attrs.set(key, *value);
  }
  ValueId sum = builder_.op(std::string(name) + "_add", std::move(args), std::move(attrs));
  ValueId mask;
  if (coverage_.partial(whole)) {
    if (!before || before->mask.valid()) mask = grown_mask(op, mask_of(whole), ct.mask);
  } else if (ct.mask.valid() && (!before || before->mask.valid())) {
    mask = part_mask(op, ct.mask);
    if (before) mask = either(mask, before->mask);
  }
  cotangents_[whole] = {sum, mask};
  return true;
}

// ---- cotangents --------------------------------------------------------------------------------

void Transposer::add(ValueId value, Cotangent ct) {
  if (!linear_(value)) return;
  ct.value = fitted(builder_, ct.value, type_of(value));
  auto [at, is_new] = cotangents_.try_emplace(value, ct);
  if (is_new) return;
  const Cotangent before = at->second;
  cotangents_[value] = {builder_.add(before.value, ct.value), either(before.mask, ct.mask)};
}

std::optional<Cotangent> Transposer::find(ValueId value) const {
  auto at = cotangents_.find(value);
  if (at == cotangents_.end()) return std::nullopt;
  return at->second;
}

ValueId Transposer::take_or_zeros(ValueId value) {
  auto at = cotangents_.find(value);
  if (at == cotangents_.end()) return zeros(value);
  ValueId found = at->second.value;
  cotangents_.erase(at);
  return found;
}

std::vector<ValueId> Transposer::sizes(ValueId original) {
  if (type(original).is_static()) return {};
  if (!linear_(original)) return builder_.dynamic_sizes(known(original));
  std::optional<std::vector<ValueId>> found = sizes_.of(original);
  if (!found) throw std::logic_error("the sizes of a linear value are not known");
  std::vector<ValueId> out;
  for (ValueId size : *found) out.push_back(known(size));
  return out;
}

bool Transposer::sizes_known(ValueId original) const {
  return type_of(original).is_static() || !linear_(original) || sizes_.of(original);
}

ValueId Transposer::zeros(ValueId original) {
  std::vector<ValueId> dynamic = sizes(original);
  return builder_.zeros(type(original), dynamic);
}

ValueId Transposer::zeros_like(ValueId value) {
  std::vector<ValueId> dynamic = builder_.dynamic_sizes(value);
  const Type like = builder_.type(value);
  return builder_.zeros(like, dynamic);
}

std::vector<ValueId> Transposer::captured_by(const Op& op) const {
  std::vector<ValueId> captured;
  for (ValueId value : core::free_values(op)) {
    if (linear_(value)) captured.push_back(value);
  }
  return captured;
}

// ---- the pass ----------------------------------------------------------------------------------

namespace {

/// A construct with known and linear results, which must be split first.
bool has_mixed(const Block& block, const Activity& linear) {
  for (const Op& op : block.ops) {
    if (op.kind == OpKind::Constant || op.kind == OpKind::Primitive) continue;
    if (!linear.any(op.results)) continue;
    if (op.kind == OpKind::While) return true;
    for (ValueId result : op.results) {
      if (!linear(result)) return true;
    }
    for (const Block& nested : op.blocks) {
      if (has_mixed(nested, linear)) return true;
    }
  }
  return false;
}

/// The known half runs as it is; the linear half is transposed.
Transposed transpose_halves(Engine& engine, const Function& function, const Mask& linear,
                            const Mask& accumulated, FunctionId id) {
  const Split split = make_split(
      engine, function, Cut{linear, {}, engine.module().declare(), engine.module().declare()});
  Mask residuals(static_cast<size_t>(split.residuals), false);
  Mask marked = residuals;
  Mask with_accumulator = residuals;
  for (size_t k = 0; k < linear.size(); ++k) {
    if (!linear[k]) continue;
    marked.push_back(true);
    with_accumulator.push_back(accumulated[k]);
  }
  const auto linear_results =
      static_cast<size_t>(std::count(split.results.begin(), split.results.end(), true));
  const Transposed& inner =
      engine.transpose(split.linear, marked, Mask(linear_results, true), with_accumulator);

  auto target = std::make_unique<Function>();
  target->name = function.name + ".transpose";
  Builder builder(engine.module(), *target);
  ValueMap map;
  std::vector<ValueId> args;
  const Function& known = engine.module().get(split.known);
  for (ValueId param : known.body.params) map[param] = builder.add_param(known.type(param));
  for (size_t k = 0; k < split.results.size(); ++k) {
    ValueId ct = builder.add_param(function.type(function.body.results[k]));
    if (split.results[k]) args.push_back(ct);
  }
  for (size_t k = 0; k < accumulated.size(); ++k) {
    if (accumulated[k]) args.push_back(builder.add_param(function.type(function.body.params[k])));
  }
  std::vector<ValueId> results = core::inline_block(builder, known, known.body, map);
  args.insert(args.begin(), results.end() - split.residuals, results.end());
  builder.set_results(builder.call(inner.function, std::move(args)));

  Transposed out;
  size_t next = residuals.size();
  for (bool is_linear : linear) out.cotangents.push_back(is_linear && inner.cotangents[next++]);
  out.function = id;
  engine.define(id, std::move(target));
  return out;
}

}  // namespace

Transposed make_transpose(Engine& engine, const Function& function, const Mask& linear,
                          const Mask& accumulated, FunctionId id) {
  Function source = function;
  trim_calls(engine, source);
  {
    const Activity before(engine, source, linear);
    if (has_mixed(source.body, before)) {
      return transpose_halves(engine, source, linear, accumulated, id);
    }
  }
  const Activity before(engine, source, linear);
  const Sizes sizes(source, before);
  const Activity activity(engine, source, linear);
  return Transposer(engine, source, activity, sizes).run(accumulated, id);
}

}  // namespace calc::ad

// Note [Accumulators]
//
// y = x[i] transposes to "zeros with ȳ at i", added to the cotangent of x. Made literally that is a
// fresh buffer for each read, and a loop of n reads takes n^2 steps. So the operations that read a
// part of an array add to that part of the cotangent that is there already (index_add, take_add,
// slice_add), in place because nobody else holds it: inside a loop the cotangents of captured
// values are carried, inside a branch they start from the ones outside, and a callee gets them as
// parameters.
