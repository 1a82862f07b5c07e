// Functions over things that loops walk: one Core loop for tensors, ranges and zips, one call an
// item for tuples.
#include "lang/elaborate/derivatives.h"

namespace calc::elab {

using core::ValueId;

namespace {

/// What is walked: how many elements and how to get one.
struct Walk {
  Size count;
  std::function<ValuePtr(ValueId)> element;
};

Walk walk_of(Emit& emit, const ValuePtr& value, const BuiltinArgs& args, base::Span span) {
  if (value->kind == ValueKind::Zip) {
    std::vector<Walk> parts;
    for (const ValuePtr& item : value->items) parts.push_back(walk_of(emit, item, args, span));
    for (const Walk& part : parts) {
      check_sizes(emit, parts[0].count, part.count, "`zip` walks values of one length");
    }
    return {parts[0].count, [parts](ValueId i) {
              std::vector<ValuePtr> items;
              for (const Walk& part : parts) items.push_back(part.element(i));
              return tuple(std::move(items));
            }};
  }
  const ValuePtr values = as_tensor(emit, value);
  elab::length(emit, values, span);
  return {sizes_of(emit, values->leaf.id)[0],
          [&emit, values](ValueId i) { return element(emit, values, i); }};
}

/// What a loop carries and stacks.
struct Scanned {
  ValuePtr last;
  ValuePtr all;
};

/// acc = body(acc, i) for each i, every acc stacked; the carried type grows until it is stable.
Scanned carried_loop(Emit& emit, const BuiltinArgs& args, const Size& count, ValuePtr init,
                     const std::function<ValuePtr(const ValuePtr&, ValueId)>& body) {
  core::Builder& b = emit.builder();
  require_numbers(init, args.name(), args.whole());
  const ValueId n = size_value(emit, count);
  while (true) {
    std::vector<core::Type> params{core::scalar_type(core::Elem::I64)};
    for (const Leaf& leaf : leaves_of(init)) params.push_back(leaf.type);
    const std::vector<ValueId> inputs = b.open_block(params);
    const ValuePtr acc = with_ids(emit, init, std::span(inputs).subspan(1));
    const ValuePtr next = body(acc, inputs[0]);
    const ValuePtr joined = join_types(acc, next);
    if (!joined) {
      base::fail(args.whole(), "the function given to " + args.name() +
                                   " must return the type it " + "takes, " + type_text(*acc) +
                                   ", it returns " + type_text(*next));
    }
    if (structure_key(*joined, false) == structure_key(*acc, false)) {
      std::vector<ValueId> results = leaf_ids(coerce(emit, next, joined, args.whole()));
      const size_t carried = results.size();
      for (size_t k = 0; k < carried; ++k) results.push_back(results[k]);
      core::Block block = b.close_block(std::move(results));
      const std::vector<ValueId> outputs = b.emit_for(n, leaf_ids(init), std::move(block));
      const std::span<const ValueId> all(outputs);
      return {with_ids(emit, init, all.first(carried)), with_ids(emit, init, all.subspan(carried))};
    }
    b.close_block({});
    init = coerce(emit, init, joined, args.whole());
  }
}

ValuePtr call(Emit& emit, const BuiltinArgs& args, const ValuePtr& function,
              std::vector<ValuePtr> values) {
  emit.at(args.whole());
  return emit.call(function, CallArgs{std::move(values), {}, args.whole(), {}});
}

// ---- map, filter -------------------------------------------------------------------------------

ValuePtr map_over(Emit& emit, const BuiltinArgs& args, const ValuePtr& xs) {
  const ValuePtr& f = args[0];
  if (xs->kind == ValueKind::Tuple) {
    std::vector<ValuePtr> items;
    for (const ValuePtr& item : xs->items) items.push_back(call(emit, args, f, {item}));
    return tuple(std::move(items));
  }
  const Walk walk = walk_of(emit, xs, args, args.span(1));
  return stacked_loop(emit, args.name(), args.whole(), walk.count,
                      [&](ValueId i) { return call(emit, args, f, {walk.element(i)}); });
}

ValuePtr map(Emit& emit, const Builtin& self, const CallArgs& given) {
  const BuiltinArgs args(self, given);
  args.function(0);
  return map_over(emit, args, args[1]);
}

ValuePtr filter_tuple(Emit& emit, const BuiltinArgs& args) {
  std::vector<ValuePtr> kept;
  for (const ValuePtr& item : args[1]->items) {
    const ValuePtr keep = call(emit, args, args[0], {item});
    const std::optional<Known> known = is_tensor(keep) ? emit.known(keep) : std::nullopt;
    if (!known || known->kind != Known::Kind::Bool) {
      base::fail(args.whole(), "which items of a tuple stay must be known before the program runs",
                 "`filter` of a vector chooses at run time");
    }
    if (known->integer != 0) kept.push_back(item);
  }
  return tuple(std::move(kept));
}

ValuePtr filter(Emit& emit, const Builtin& self, const CallArgs& given) {
  const BuiltinArgs args(self, given);
  args.function(0);
  if (args[1]->kind == ValueKind::Tuple) return filter_tuple(emit, args);
  const ValuePtr xs = as_tensor(emit, args[1]);
  const ValuePtr mask = map_over(emit, args, xs);
  if (!is_tensor(mask) || mask->leaf.type.elem != core::Elem::Bool || mask->leaf.type.rank() != 1) {
    base::fail(args.span(0), "the function given to `filter` must return a Bool");
  }
  return index(emit, xs, {IndexItem{mask, nullptr, nullptr, nullptr, args.span(1)}}, args.whole());
}

// ---- reduce, scan, iterate ---------------------------------------------------------------------

ValuePtr reduce_or_scan(Emit& emit, const Builtin& self, const CallArgs& given) {
  const BuiltinArgs args(self, given);
  const bool every = self.name == "scan";
  const ValuePtr& f = args.function(0);
  ValuePtr acc = as_tensor(emit, args[1]);
  if (args[2]->kind == ValueKind::Tuple) {
    std::vector<ValuePtr> partial;
    for (const ValuePtr& item : args[2]->items) {
      acc = call(emit, args, f, {acc, item});
      partial.push_back(acc);
    }
    return every ? tuple(std::move(partial)) : acc;
  }
  const Walk walk = walk_of(emit, args[2], args, args.span(2));
  const Scanned scanned =
      carried_loop(emit, args, walk.count, acc, [&](const ValuePtr& value, ValueId i) {
        return call(emit, args, f, {value, walk.element(i)});
      });
  return every ? scanned.all : scanned.last;
}

ValuePtr iterate(Emit& emit, const Builtin& self, const CallArgs& given) {
  const BuiltinArgs args(self, given);
  const ValuePtr& f = args.function(0);
  const Size n = size_from(emit, args[2], args.span(2));
  const ValuePtr start = as_tensor(emit, args[1]);
  const Scanned scanned = carried_loop(emit, args, n, start, [&](const ValuePtr& value, ValueId) {
    return call(emit, args, f, {value});
  });
  core::Builder& b = emit.builder();
  const ValuePtr first = coerce(emit, start, scanned.last, args.whole());
  std::vector<ValueId> joined;
  const std::vector<ValueId> heads = leaf_ids(first);
  const std::vector<ValueId> tails = leaf_ids(scanned.all);
  for (size_t k = 0; k < heads.size(); ++k) {
    Sizes sizes = sizes_of(emit, heads[k]);
    sizes.insert(sizes.begin(), known_size(1));
    joined.push_back(
        b.op("concat", {reshape(emit, heads[k], sizes), tails[k]}, {{"axis", int64_t{0}}}));
  }
  return with_ids(emit, first, joined);
}

ValuePtr compose_all(Emit&, const Builtin& self, const CallArgs& given) {
  const BuiltinArgs args(self, given);
  if (args.rest().empty()) base::fail(args.whole(), "`compose` needs at least one function");
  for (size_t k = 0; k < args.rest().size(); ++k) {
    if (!is_function(*args.rest()[k])) {
      base::fail(args.rest_span(k),
                 "`compose` needs functions, this is " + type_text(*args.rest()[k]));
    }
  }
  ValuePtr composed = args.rest().back();
  for (size_t k = args.rest().size() - 1; k-- > 0;) composed = compose(args.rest()[k], composed);
  return composed;
}

const Builtin kTable[] = {
    {"map", "f, xs",
     "`f` of every element of a tensor, range or tuple.\n\n    map(x -> x^2, [1, 2, 3])    # => "
     "[1, "
     "4, 9]",
     map},
    {"filter", "p, xs",
     "The elements for which `p` is true.\n\n    filter(x -> x > 1, [1, 2, 3])    # => [2, 3]",
     filter},
    {"reduce", "f, init, xs",
     "`f(… f(f(init, x0), x1) …, xn)`.\n\n    reduce((a, x) -> 10*a + x, 0, [1, 2, 3])    # => 123",
     reduce_or_scan},
    {"scan", "f, init, xs",
     "Every partial result of `reduce`.\n\n    scan((a, x) -> a + x, 0, [1, 2, 3])    # => [1, 3, "
     "6]",
     reduce_or_scan},
    {"iterate", "f, x, n",
     "x, f(x), f(f(x)) …: n + 1 values.\n\n    iterate(x -> 2*x, 1, 4)    # => [1, 2, 4, 8, 16]",
     iterate},
    {"compose", "...fs",
     "`f ∘ g ∘ …`, the last applied first.\n\n    compose(sqrt, abs)(-4)    # => "
     "2.0",
     compose_all},
};

}  // namespace

std::span<const Builtin> functional_builtins() { return kTable; }

}  // namespace calc::elab
