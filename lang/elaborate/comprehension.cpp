// `[body for a in u, b in v if c]`: a loop a variable, each stacking the values of the next inside.
#include "lang/elaborate/frame.h"

namespace calc::elab {

ValuePtr Frame::comprehension(const syntax::Comprehension& e) {
  if (!e.condition) return clause(e, 0);
  if (e.clauses.size() > 1) {
    base::fail(e.condition->span,
               "a condition goes with one variable: with several the result would have rows of "
               "different lengths",
               "select with `where`, or filter afterwards");
  }
  return filtered(e);
}

ValuePtr Frame::clause(const syntax::Comprehension& e, size_t k) {
  const syntax::Comprehension::Clause& clause_k = e.clauses[k];
  const ValuePtr iterable = expr(*clause_k.iterable);
  auto inside = [&]() -> ValuePtr {
    const ValuePtr value = k + 1 < e.clauses.size() ? clause(e, k + 1) : expr(*e.body);
    if (value->kind == ValueKind::Tensor) return value;
    base::fail(e.body->span,
               "a comprehension builds a tensor out of numbers or tensors, and this is " +
                   type_text(*value),
               "`map` over a tuple gives a tuple");
  };
  auto element_value = [&](const ValuePtr& item) -> ValuePtr {
    return scoped(clause_k.pattern, item, inside);
  };
  if (const auto items = unrolled(iterable, clause_k.iterable->span)) {
    std::vector<ArrayItem> values;
    for (const ValuePtr& item : *items) values.push_back({element_value(item), false, e.span});
    at(e.span);
    return array_literal(*this, values, e.span);
  }
  Names names;
  assigned_names(*e.body, names);
  at(e.span);
  const Iteration iteration = iterate(iterable, clause_k.iterable->span, true);
  return counted_loop(iteration, e.span, names, true, element_value);
}

/// First a mask, then the body for the elements it lets through: the size is known at run time.
ValuePtr Frame::filtered(const syntax::Comprehension& e) {
  const syntax::Comprehension::Clause& clause_0 = e.clauses[0];
  const ValuePtr iterable = expr(*clause_0.iterable);
  if (unrolled(iterable, clause_0.iterable->span)) {
    base::fail(e.condition->span, "a condition does not go with a tuple", "use `filter`");
  }
  const Iteration all = iterate(iterable, clause_0.iterable->span, true);
  Names names;
  assigned_names(*e.condition, names);
  const ValuePtr mask = counted_loop(all, e.span, names, true, [&](const ValuePtr& item) {
    return scoped(clause_0.pattern, item, [&]() -> ValuePtr {
      const core::ValueId id = condition(*this, expr(*e.condition), e.condition->span);
      return tensor(id, builder_->type(id));
    });
  });
  at(e.span);
  const core::ValueId chosen = builder_->op("nonzero", {mask->leaf.id});
  Iteration some;
  some.count = builder_->dim(chosen, 0);
  some.element = [&](core::ValueId i) {
    return all.element(builder_->op("index", {chosen, i}, {{"axes", std::vector<int64_t>{0}}}));
  };
  Names body_names;
  assigned_names(*e.body, body_names);
  return counted_loop(some, e.span, body_names, true, [&](const ValuePtr& item) {
    return scoped(clause_0.pattern, item, [&]() -> ValuePtr {
      const ValuePtr value = expr(*e.body);
      if (value->kind == ValueKind::Tensor) return value;
      base::fail(e.body->span, "a comprehension builds a tensor, and this is " + type_text(*value));
    });
  });
}

}  // namespace calc::elab
