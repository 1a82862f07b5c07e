// The constructs in forward mode: whatever carries a value carries its tangent beside it.
#include <algorithm>

#include "lang/ad/jvp.h"
#include "lang/ad/linearize.h"
#include "lang/ad/sizes.h"

namespace calc::ad {

/// Enters the results of a construct: primal values, then the tangents of the active ones.
void Jvp::finish(std::span<const ValueId> results, std::span<const ValueId> primal,
                 std::span<const ValueId> active, std::span<const ValueId> tangents) {
  for (size_t k = 0; k < results.size(); ++k) map_[results[k]] = primal[k];
  for (size_t k = 0; k < active.size(); ++k) {
    const bool store = stores_.contains(active[k]);
    tangents_[active[k]] = store ? tangents[k] : tied_to(tangents[k], mapped(active[k]));
  }
}

namespace {

std::vector<ValueId> chosen(std::span<const ValueId> values, const Mask& mask) {
  std::vector<ValueId> out;
  for (size_t k = 0; k < values.size(); ++k) {
    if (mask[k]) out.push_back(values[k]);
  }
  return out;
}

}  // namespace

void Jvp::branch(const Op& op) {
  const Mask active = active_.mask(op.results);
  std::vector<Block> branches;
  for (const Block& source : op.blocks) {
    builder_.open_block({});
    block(source);
    std::vector<ValueId> results = mapped(source.results);
    append_tangents(results, source.results, active);
    branches.push_back(builder_.close_block(std::move(results)));
  }
  Op both = op;
  both.args = {mapped(op.args[0])};
  both.blocks = std::move(branches);
  const auto types =
      std::get<std::vector<Type>>(core::result_types(engine_.module(), builder_.function(), both));
  std::vector<ValueId> results = builder_.append(std::move(both), types);
  // The room that a branch makes in a store is not tied either: see note_sizes.
  if (op.attrs.flag("store")) stores_.insert(op.results.begin(), op.results.end());
  const auto all = std::span(results);
  const size_t count = op.results.size();
  finish(op.results, all.first(count), chosen(op.results, active), all.subspan(count));
}

std::vector<ValueId> Jvp::initial(std::span<const ValueId> init, const Mask& active) {
  std::vector<ValueId> values = mapped(init);
  append_tangents(values, init, active);
  return values;
}

void Jvp::open_body(std::span<const ValueId> leading, std::span<const ValueId> carried,
                    const Mask& active) {
  std::vector<Type> types;
  for (ValueId param : leading) types.push_back(source_.type(param));
  for (ValueId param : carried) types.push_back(source_.type(param));
  const std::vector<ValueId> with_tangent = chosen(carried, active);
  for (ValueId param : with_tangent) types.push_back(source_.type(param));
  const std::vector<ValueId> params = builder_.open_block(types);
  size_t next = 0;
  for (ValueId param : leading) map_[param] = params[next++];
  for (ValueId param : carried) map_[param] = params[next++];
  for (ValueId param : with_tangent) {
    ValueId entered = params[next++];
    if (stores_.contains(param)) {
      tangents_[param] = entered;
    } else if (auto fixed = fixed_sizes_.find(param); fixed != fixed_sizes_.end()) {
      tangents_[param] = tied_to(entered, fixed->second);
    } else {
      tangents_[param] = tied_to(entered, mapped(param));
    }
  }
}

/// A carried value that keeps its sizes is tied to those of the initial one. A store of tangents
/// grows on its own; its sizes are the linear half's affair (linearize_store.cpp).
void Jvp::note_sizes(const Op& op) {
  const size_t skip = op.kind == OpKind::For ? 1 : 0;
  const Block& body = op.blocks.back();
  for (size_t k = skip; k < op.args.size(); ++k) {
    ValueId param = body.params[k];
    ValueId result = body.results[k - skip];
    if (source_.type(param).is_static() || !active_(param)) continue;
    if (store_of(body, param, result)) {
      stores_.insert({param, op.results[k - skip]});
    } else if (keeps_sizes(body, param, result)) {
      fixed_sizes_[param] = sizes_of(mapped(op.args[k]), source_.type(param));
    }
  }
}

void Jvp::counted_loop(const Op& op) {
  note_sizes(op);
  const Block& body = op.blocks[0];
  const auto leading = std::span(body.params).first(1);
  const auto carried = std::span(body.params).subspan(1);
  const size_t count = carried.size();
  const Mask active = active_.mask({carried.begin(), carried.end()});
  const auto stacked_sources = std::span(body.results).subspan(count);
  const auto stacked_results = std::span(op.results).subspan(count);
  const Mask stacked = active_.mask({stacked_results.begin(), stacked_results.end()});

  std::vector<ValueId> init = initial(std::span(op.args).subspan(1), active);
  open_body(leading, carried, active);
  block(body);
  std::vector<ValueId> results = mapped(std::span(body.results).first(count));
  append_tangents(results, std::span(body.results).first(count), active);
  const size_t carries = results.size();
  for (ValueId value : stacked_sources) results.push_back(mapped(value));
  append_tangents(results, stacked_sources, stacked);
  Block built = builder_.close_block(std::move(results));
  builder_.loc = op.loc;
  std::vector<ValueId> out =
      builder_.emit_for(mapped(op.args[0]), std::move(init), std::move(built), op.reverse());

  const auto all = std::span(out);
  const auto carried_results = std::span(op.results).first(count);
  finish(carried_results, all.first(count), chosen(carried_results, active), all.subspan(count));
  const auto rest = all.subspan(carries);
  finish(stacked_results, rest.first(stacked_results.size()), chosen(stacked_results, stacked),
         rest.subspan(stacked_results.size()));
}

void Jvp::while_loop(const Op& op) {
  note_sizes(op);
  const Block& condition = op.blocks[0];
  const Block& body = op.blocks[1];
  const Mask active = active_.mask(body.params);
  std::vector<ValueId> init = initial(op.args, active);

  open_body({}, condition.params, active);
  for (const Op& inner : condition.ops) copy(inner);
  Block tested = builder_.close_block({mapped(condition.results[0])});

  open_body({}, body.params, active);
  block(body);
  std::vector<ValueId> results = mapped(body.results);
  append_tangents(results, body.results, active);
  Block built = builder_.close_block(std::move(results));
  builder_.loc = op.loc;
  std::vector<ValueId> out =
      builder_.emit_while(std::move(init), std::move(tested), std::move(built));
  const auto all = std::span(out);
  const size_t count = op.results.size();
  finish(op.results, all.first(count), chosen(op.results, active), all.subspan(count));
}

void Jvp::call(const Op& op) {
  const Mask active = active_.mask(op.args);
  const Forward& callee = engine_.forward(op.callee, active);
  std::vector<ValueId> args = initial(op.args, active);
  builder_.loc = op.loc;
  std::vector<ValueId> results = builder_.call(callee.function, std::move(args));
  const auto all = std::span(results);
  const size_t count = op.results.size();
  finish(op.results, all.first(count), chosen(op.results, callee.tangents), all.subspan(count));
}

}  // namespace calc::ad

// Note [Carried tangents]
//
// A carried value is active when its initial value is, or when some iteration makes it so; the
// fixed point of activity.cpp decides before anything is built, so a carry that becomes active only
// in its second iteration enters the first with a tangent of zeros. The condition of a `while` does
// not depend on tangents: its block gets them as parameters only because the construct passes the
// same carried values to both blocks.
