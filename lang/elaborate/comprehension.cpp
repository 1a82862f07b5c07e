// `[body for a in u, b in v]`: a loop a variable, each stacking the values of the next inside. With
// a condition one axis, as long as there are elements that it lets through.
#include "lang/elaborate/frame.h"

namespace calc::elab {

ValuePtr Frame::comprehension(const syntax::Comprehension& e) {
  return e.condition ? filtered(e) : clause(e, 0);
}

ValuePtr Frame::clause(const syntax::Comprehension& e, size_t k) {
  const syntax::Comprehension::Clause& clause_k = e.clauses[k];
  const ValuePtr iterable = expr(*clause_k.iterable);
  auto inside = [&] { return k + 1 < e.clauses.size() ? clause(e, k + 1) : comprehension_body(e); };
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

namespace {

/// Later variables run fastest; the element is the tuple of theirs.
Iteration product(Emit& emit, const std::vector<Iteration>& parts) {
  core::Builder& b = emit.builder();
  Iteration all = parts[0];
  for (size_t k = 1; k < parts.size(); ++k) {
    all.count = b.mul(all.count, parts[k].count);
    all.fixed.reset();
  }
  all.element = [&emit, parts](core::ValueId i) {
    core::Builder& build = emit.builder();
    std::vector<ValuePtr> items(parts.size());
    for (size_t k = parts.size(); k-- > 1;) {
      items[k] = parts[k].element(build.op("mod", {i, parts[k].count}));
      i = build.op("floordiv", {i, parts[k].count});
    }
    items[0] = parts[0].element(i);
    return tuple(std::move(items));
  };
  return all;
}

void require_independent(const syntax::Comprehension& e) {
  Names earlier;
  for (const auto& clause : e.clauses) {
    Names used;
    mentioned_names(*clause.iterable, used);
    for (const std::string& name : used) {
      if (!earlier.contains(name)) continue;
      base::fail(clause.iterable->span,
                 "with a condition, what is walked over does not depend on an earlier variable, "
                 "and this depends on `" +
                     name + "`",
                 "walk over all and add to the condition, or `append` in nested `for` loops");
    }
    pattern_names(clause.pattern, earlier);
  }
}

}  // namespace

ValuePtr Frame::comprehension_body(const syntax::Comprehension& e) {
  const ValuePtr value = expr(*e.body);
  if (value->kind == ValueKind::Tensor) return value;
  base::fail(
      e.body->span,
      "a comprehension builds a tensor out of numbers or tensors, and this is " + type_text(*value),
      "`map` over a tuple gives a tuple");
}

/// First a mask, then the body for the elements it lets through: the size is known at run time.
/// Several variables give one axis, as nested loops that append would.
ValuePtr Frame::filtered(const syntax::Comprehension& e) {
  require_independent(e);
  std::vector<Iteration> parts;
  for (const auto& clause : e.clauses) {
    const ValuePtr iterable = expr(*clause.iterable);
    if (const auto items = unrolled(iterable, clause.iterable->span)) {
      if (e.clauses.size() == 1) return filtered_items(e, *items);
      base::fail(clause.iterable->span,
                 "with a condition and several variables, no tuple is walked over",
                 "a tensor is: `[a, b]`");
    }
    at(e.span);
    parts.push_back(iterate(iterable, clause.iterable->span, true));
  }
  const Iteration all = product(*this, parts);
  auto bound = [&](const ValuePtr& items, const std::function<ValuePtr()>& walk) {
    scopes().push();
    for (size_t k = 0; k < e.clauses.size(); ++k) {
      bind_pattern(e.clauses[k].pattern, items->items[k], true);
    }
    ValuePtr value = walk();
    scopes().pop();
    return value;
  };
  Names names;
  assigned_names(*e.condition, names);
  const ValuePtr mask = counted_loop(all, e.span, names, true, [&](const ValuePtr& items) {
    return bound(items, [&]() -> ValuePtr {
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
  return counted_loop(some, e.span, body_names, true, [&](const ValuePtr& items) {
    return bound(items, [&] { return comprehension_body(e); });
  });
}

/// Over a tuple: each element adds a row or none.
ValuePtr Frame::filtered_items(const syntax::Comprehension& e, const std::vector<ValuePtr>& items) {
  std::vector<ArrayItem> rows;
  Names names;
  assigned_names(*e.body, names);
  auto row = [&]() -> ValuePtr {
    const ValuePtr one = array_literal(*this, {{comprehension_body(e), false, e.span}}, e.span);
    core::Type open = one->leaf.type;
    open.dims[0] = core::kDynamic;
    return coerce(*this, one, tensor({}, open), e.span);
  };
  for (const ValuePtr& item : items) {
    scoped(e.clauses[0].pattern, item, [&]() -> ValuePtr {
      const ValuePtr holds = expr(*e.condition);
      const core::ValueId id = condition(*this, holds, e.condition->span);
      if (const auto decided = known(holds)) {
        if (decided->integer != 0) rows.push_back({comprehension_body(e), false, e.span});
      } else {
        rows.push_back({branch(id, e.span, names, Want::Value, row, never), true, e.span});
      }
      return nullptr;
    });
  }
  at(e.span);
  return array_literal(*this, rows, e.span);
}

}  // namespace calc::elab
