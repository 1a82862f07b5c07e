#include "lang/ad/jvp.h"

#include <stdexcept>

#include "lang/prim/prim.h"

namespace calc::ad {

Jvp::Jvp(Engine& engine, const Function& source, const Mask& active)
    : engine_(engine),
      source_(source),
      active_(engine, source, active),
      poles_(source),
      target_(std::make_unique<Function>()),
      builder_(engine.module(), *target_) {
  target_->name = source.name + ".jvp";
  target_->user_name = source.user_name;
  target_->checkpoint = source.checkpoint;
  for (ValueId param : source.body.params) map_[param] = builder_.add_param(source.type(param));
  std::vector<std::pair<ValueId, ValueId>> entered;
  for (size_t k = 0; k < active.size(); ++k) {
    ValueId param = source.body.params[k];
    if (active_(param)) entered.emplace_back(param, builder_.add_param(source.type(param)));
  }
  for (auto [param, value] : entered) tangents_[param] = tied_to(value, mapped(param));
}

Forward Jvp::run(FunctionId id) {
  block(source_.body);
  std::vector<ValueId> results = mapped(source_.body.results);
  Forward forward;
  forward.tangents = active_.mask(source_.body.results);
  append_tangents(results, source_.body.results, forward.tangents);
  builder_.set_results(std::move(results));
  forward.function = id;
  engine_.define(id, std::move(target_));
  return forward;
}

void Jvp::block(const Block& block) {
  for (const Op& op : block.ops) operation(op);
}

void Jvp::operation(const Op& op) {
  builder_.loc = op.loc;
  if (!active_.any(op.results)) return copy(op);
  switch (op.kind) {
    case OpKind::Constant:
      return copy(op);
    case OpKind::Primitive:
      return primitive(op);
    case OpKind::If:
      return branch(op);
    case OpKind::For:
      return counted_loop(op);
    case OpKind::While:
      return while_loop(op);
    case OpKind::Call:
      return call(op);
  }
}

void Jvp::copy(const Op& op) {
  Op cloned = core::clone(source_, op, builder_.function(), map_);
  builder_.adopt(std::move(cloned));
}

// ---- primitives --------------------------------------------------------------------------------

void Jvp::primitive(const Op& op) {
  std::vector<ValueId> in = mapped(op.args);
  copy(op);
  std::vector<ValueId> out = mapped(op.results);
  std::vector<MaybeValue> found = tangents(op, in, out);
  for (size_t k = 0; k < found.size() && k < op.results.size(); ++k) {
    if (!found[k] || !active_(op.results[k])) continue;
    tangents_[op.results[k]] = fitted(builder_, *found[k], source_.type(op.results[k]));
  }
}

std::vector<MaybeValue> Jvp::tangents(const Op& op, std::span<const ValueId> in,
                                      std::span<const ValueId> out) {
  std::vector<MaybeValue> given;
  bool any = false;
  for (ValueId arg : op.args) {
    given.push_back(tangent(arg));
    any = any || given.back();
  }
  if (!any) return {};
  const auto& rule = op.primitive->derivative.rule;
  if (const auto* partials = std::get_if<core::Partials>(&rule)) {
    return elementwise(*partials, op, in, out, given);
  }
  if (std::holds_alternative<core::LinearOp>(rule)) return linear_op(op, in, given);
  if (std::holds_alternative<core::Multilinear>(rule)) return multilinear(op, in, given);
  if (const auto* linear = std::get_if<core::LinearRule>(&rule)) {
    return (*linear)(*this, op, in, out, given);
  }
  return {};
}

std::vector<MaybeValue> Jvp::elementwise(const core::Partials& partials, const Op& op,
                                         std::span<const ValueId> in, std::span<const ValueId> out,
                                         std::span<const MaybeValue> tangents) {
  std::vector<std::string_view> names = op.primitive->params;
  names.push_back("result");
  std::vector<ValueId> values(in.begin(), in.end());
  values.push_back(out[0]);
  MaybeValue sum;
  for (size_t k = 0; k < in.size(); ++k) {
    if (!tangents[k] || k >= partials.texts.size()) continue;
    const std::string_view text = partials.texts[k];
    MaybeValue term;
    if (text == "1") {
      term = tangents[k];
    } else if (text == "-1") {
      term = builder_.neg(*tangents[k]);
    } else if (op.primitive->name == "div" && k == 0) {
      // t/y rounds once, t*(1/y) twice; and a linear division stays one under differentiation.
      core::Attrs attrs;
      if (poles_.singular(op)) attrs.set("singular", true);
      term = builder_.op("div", {*tangents[0], in[1]}, std::move(attrs));
    } else if (text != "0") {
      ValueId partial = prim::build_text(builder_, text, names, values);
      term = times(partial, out[0], *tangents[k], poles_.singular(op));
    }
    if (term) sum = sum ? builder_.add(*sum, *term) : *term;
  }
  return {sum};
}

MaybeValue Jvp::times(ValueId partial, ValueId like, ValueId tangent, bool singular) {
  if (builder_.type(partial).rank() != builder_.type(like).rank()) {
    partial = builder_.fill_like(partial, like);
  }
  core::Attrs attrs;
  if (singular) attrs.set("singular", true);
  return builder_.op("mul", {partial, tangent}, std::move(attrs));
}

/// A sum with a zero tangent is the other tangent; elsewhere a zero is made where one is needed.
std::vector<MaybeValue> Jvp::linear_op(const Op& op, std::span<const ValueId> in,
                                       std::span<const MaybeValue> tangents) {
  const std::string_view name = op.primitive->name;
  if (name == "add" && !(tangents[0] && tangents[1])) {
    return {tangents[0] ? tangents[0] : tangents[1]};
  }
  if (name == "sub" && !tangents[1]) return {tangents[0]};
  if (name == "sub" && !tangents[0]) return {builder_.neg(*tangents[1])};
  std::vector<ValueId> args;
  for (size_t k = 0; k < in.size(); ++k) {
    const bool real = builder_.type(in[k]).is_real();
    args.push_back(tangents[k] ? *tangents[k] : real ? zeros_like(in[k]) : in[k]);
  }
  core::Attrs attrs;
  for (const auto& [key, value] : op.attrs.entries()) {
    // What was a tie at a lower order is a reshape at this one.
    if (key != "sized") attrs.set(key, value);
  }
  std::vector<ValueId> results = builder_.emit(*op.primitive, std::move(args), std::move(attrs));
  return {results.begin(), results.end()};
}

std::vector<MaybeValue> Jvp::multilinear(const Op& op, std::span<const ValueId> in,
                                         std::span<const MaybeValue> tangents) {
  MaybeValue sum;
  for (size_t k = 0; k < in.size(); ++k) {
    if (!tangents[k]) continue;
    std::vector<ValueId> args(in.begin(), in.end());
    args[k] = *tangents[k];
    core::Attrs attrs = op.attrs;
    if (op.primitive->name == "mul" && poles_(op.args[1 - k])) attrs.set("singular", true);
    ValueId term = builder_.op(*op.primitive, std::move(args), std::move(attrs));
    sum = sum ? builder_.add(*sum, term) : term;
  }
  return {sum};
}

// ---- values ------------------------------------------------------------------------------------

std::vector<ValueId> Jvp::mapped(std::span<const ValueId> values) const {
  std::vector<ValueId> out;
  for (ValueId value : values) out.push_back(map_.at(value));
  return out;
}

MaybeValue Jvp::tangent(ValueId value) const {
  auto at = tangents_.find(value);
  if (at == tangents_.end()) return std::nullopt;
  return at->second;
}

ValueId Jvp::zeros_like(ValueId value) {
  std::vector<ValueId> sizes = builder_.dynamic_sizes(value);
  const Type type = builder_.type(value);
  return builder_.zeros(type, sizes);
}

ValueId Jvp::tangent_or_zeros(ValueId value) {
  MaybeValue found = tangent(value);
  return found ? *found : zeros_like(mapped(value));
}

void Jvp::append_tangents(std::vector<ValueId>& out, std::span<const ValueId> values,
                          const Mask& active) {
  for (size_t k = 0; k < values.size(); ++k) {
    if (active[k]) out.push_back(tangent_or_zeros(values[k]));
  }
}

std::vector<ValueId> Jvp::sizes_of(ValueId primal, const Type& type) {
  std::vector<ValueId> sizes;
  for (int axis = 0; axis < type.rank(); ++axis) {
    if (type.dims[static_cast<size_t>(axis)] == core::kDynamic) {
      sizes.push_back(builder_.dim(primal, axis));
    }
  }
  return sizes;
}

ValueId Jvp::tied_to(ValueId tangent, ValueId primal) {
  const Type type = builder_.type(tangent);
  return type.is_static() ? tangent : tied_to(tangent, sizes_of(primal, type));
}

ValueId Jvp::tied_to(ValueId tangent, const std::vector<ValueId>& sizes) {
  std::vector<ValueId> args = {tangent};
  args.insert(args.end(), sizes.begin(), sizes.end());
  const Type type = builder_.type(tangent);
  return builder_.op("reshape", std::move(args), {{"dims", type.dims}, {"sized", true}});
}

Forward make_forward(Engine& engine, const Function& function, const Mask& active, FunctionId id) {
  return Jvp(engine, function, active).run(id);
}

}  // namespace calc::ad

// Note [One block]
//
// The rules of the records are written for two builders, a primal and a linear one. Here both are
// the same: forward mode needs no residuals, and the cut into two blocks is made afterwards, on the
// result (linearize.cpp). So a construct's derivative is written once, in forward form, and the
// transpose need not know the source language at all.
