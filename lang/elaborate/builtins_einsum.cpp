// `einsum("ij,jk->ik", A, B)`: operands join pairwise from the left; a label that nothing later
// needs is contracted as soon as it can be, so that each step is one `dot_general`.
#include <algorithm>

#include "lang/elaborate/builtins.h"

namespace calc::elab {

using core::Elem;
using core::ValueId;

namespace {

/// A tensor whose axes bear labels.
struct Labelled {
  ValueId id;
  std::string labels;
};

struct Spec {
  std::vector<std::string> inputs;
  std::string output;
};

bool is_label(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool contains(const std::string& labels, char label) {
  return labels.find(label) != std::string::npos;
}
std::string quoted(char label) { return "`" + std::string(1, label) + "`"; }

/// Without `->` the result has the labels that occur once, in alphabetical order, as in NumPy.
std::string implicit_output(const std::vector<std::string>& inputs) {
  std::string all;
  for (const std::string& labels : inputs) all += labels;
  std::sort(all.begin(), all.end());
  std::string once;
  for (char label : all) {
    if (std::count(all.begin(), all.end(), label) == 1) once += label;
  }
  return once;
}

Spec parse_spec(const std::string& text, const BuiltinArgs& args) {
  const auto wrong = [&](const std::string& why) {
    base::fail(args.span(0), why, "a pattern looks like `\"ij,jk->ik\"`");
  };
  std::string compact;
  for (char c : text) {
    if (c != ' ') compact += c;
  }
  const size_t arrow = compact.find("->");
  Spec spec;
  spec.inputs.emplace_back();
  for (char c : compact.substr(0, arrow)) {
    if (c == ',') {
      spec.inputs.emplace_back();
    } else if (is_label(c)) {
      spec.inputs.back() += c;
    } else {
      wrong("`einsum` labels axes by letters, not by " + quoted(c));
    }
  }
  if (arrow == std::string::npos) {
    spec.output = implicit_output(spec.inputs);
    return spec;
  }
  for (char c : compact.substr(arrow + 2)) {
    const bool known = std::any_of(spec.inputs.begin(), spec.inputs.end(),
                                   [&](const std::string& labels) { return contains(labels, c); });
    if (!known) wrong("the result of `einsum` has " + quoted(c) + ", which no operand has");
    if (contains(spec.output, c)) wrong("the result of `einsum` has " + quoted(c) + " twice");
    spec.output += c;
  }
  return spec;
}

ValueId permuted(Emit& emit, const Labelled& a, const std::string& order) {
  std::vector<int64_t> perm;
  for (char label : order) perm.push_back(static_cast<int64_t>(a.labels.find(label)));
  return emit.builder().transpose(a.id, std::move(perm));
}

/// A label that one operand bears twice: the diagonal of those two axes, as a last axis.
Labelled diagonal(Emit& emit, const Labelled& a, size_t first, size_t second) {
  core::Builder& b = emit.builder();
  Labelled result{a.id, {}};
  std::vector<int64_t> perm;
  for (size_t k = 0; k < a.labels.size(); ++k) {
    if (k == first || k == second) continue;
    perm.push_back(static_cast<int64_t>(k));
    result.labels += a.labels[k];
  }
  perm.push_back(static_cast<int64_t>(first));
  perm.push_back(static_cast<int64_t>(second));
  result.id = b.transpose(a.id, std::move(perm));
  Sizes sizes = sizes_of(emit, result.id);
  const Size n = sizes.back();
  check_sizes(emit, sizes[sizes.size() - 2], n, "`einsum` needs equal sizes");
  sizes.pop_back();
  sizes.back() = count_of(emit, {n, n});
  const ValueId stride = b.add(size_value(emit, n), b.integer(1));
  const ValueId at = b.mul(iota(emit, n), fill(emit, stride, {n}));
  result.id = b.op("take", {reshape(emit, result.id, sizes), at},
                   {{"axis", static_cast<int64_t>(sizes.size()) - 1}});
  result.labels += a.labels[first];
  return result;
}

Labelled without_repeats(Emit& emit, Labelled a) {
  for (size_t k = 0; k < a.labels.size(); ++k) {
    const size_t again = a.labels.find(a.labels[k], k + 1);
    if (again == std::string::npos) continue;
    return without_repeats(emit, diagonal(emit, a, k, again));
  }
  return a;
}

/// Sums the labels away that `needed` does not have.
Labelled summed(Emit& emit, const Labelled& a, const std::string& needed) {
  Labelled result{a.id, {}};
  std::vector<int64_t> axes;
  for (size_t k = 0; k < a.labels.size(); ++k) {
    if (contains(needed, a.labels[k])) {
      result.labels += a.labels[k];
    } else {
      axes.push_back(static_cast<int64_t>(k));
    }
  }
  result.id = emit.builder().reduce_sum(a.id, std::move(axes));
  return result;
}

/// One label, one size: told when the types know better, checked when only the values do.
void agree(Emit& emit, Labelled& a, Labelled& b, const BuiltinArgs& args) {
  Sizes left = sizes_of(emit, a.id);
  Sizes right = sizes_of(emit, b.id);
  for (size_t k = 0; k < left.size(); ++k) {
    const size_t at = b.labels.find(a.labels[k]);
    if (at == std::string::npos) continue;
    Size& mine = left[k];
    Size& other = right[at];
    if (mine.is_static() && other.is_static() && !mine.is(other.constant)) {
      base::fail(args.whole(), "shapes do not fit: " + quoted(a.labels[k]) + " of `einsum` has " +
                                   "size " + std::to_string(mine.constant) + " and size " +
                                   std::to_string(other.constant));
    }
    check_sizes(emit, mine, other, "`einsum` needs equal sizes");
    (mine.is_static() ? other : mine) = mine.is_static() ? mine : other;
  }
  a.id = refine(emit, a.id, left);
  b.id = refine(emit, b.id, right);
}

/// The product of two operands, keeping the labels that `needed` has.
Labelled joined(Emit& emit, Labelled a, Labelled b, const std::string& needed,
                const BuiltinArgs& args) {
  agree(emit, a, b, args);
  a = summed(emit, a, needed + b.labels);
  b = summed(emit, b, needed + a.labels);
  std::vector<int64_t> batch_a, batch_b, contract_a, contract_b;
  std::string batch, free_a, free_b;
  for (size_t k = 0; k < a.labels.size(); ++k) {
    const size_t at = b.labels.find(a.labels[k]);
    if (at == std::string::npos) {
      free_a += a.labels[k];
      continue;
    }
    const bool kept = contains(needed, a.labels[k]);
    (kept ? batch_a : contract_a).push_back(static_cast<int64_t>(k));
    (kept ? batch_b : contract_b).push_back(static_cast<int64_t>(at));
    if (kept) batch += a.labels[k];
  }
  for (char label : b.labels) {
    if (!contains(a.labels, label)) free_b += label;
  }
  const ValueId id = emit.builder().op("dot_general", {a.id, b.id},
                                       {{"lhs_contract", contract_a},
                                        {"rhs_contract", contract_b},
                                        {"lhs_batch", batch_a},
                                        {"rhs_batch", batch_b}});
  return {id, batch + free_a + free_b};
}

std::vector<Labelled> operands(Emit& emit, const Spec& spec, const BuiltinArgs& args) {
  if (args.rest().size() != spec.inputs.size()) {
    base::fail(args.whole(), "the pattern of `einsum` names " + std::to_string(spec.inputs.size()) +
                                 " operands, " + std::to_string(args.rest().size()) +
                                 (args.rest().size() == 1 ? " is given" : " are given"));
  }
  Leaf common;
  std::vector<Leaf> leaves;
  for (size_t k = 0; k < spec.inputs.size(); ++k) {
    const ValuePtr value = as_tensor(emit, args.rest()[k]);
    require_tensor(value, "`einsum`", args.rest_span(k));
    leaves.push_back(value->leaf);
    if (value->leaf.type.dims.size() != spec.inputs[k].size()) {
      base::fail(args.rest_span(k), "`" + spec.inputs[k] + "` labels " +
                                        std::to_string(spec.inputs[k].size()) + " axes, this is " +
                                        type_text(*value));
    }
    if (k == 0) common = value->leaf;
    common.type.elem = meet(common, value->leaf);
  }
  const Elem elem = std::max(common.type.elem, Elem::I64);
  std::vector<Labelled> result;
  for (size_t k = 0; k < leaves.size(); ++k) {
    result.push_back(without_repeats(emit, {converted(emit, leaves[k], elem), spec.inputs[k]}));
  }
  return result;
}

ValuePtr einsum(Emit& emit, const Builtin& self, const CallArgs& call) {
  const BuiltinArgs args(self, call);
  const ValuePtr& pattern = args[0];
  const bool plain =
      pattern->kind == ValueKind::String && pattern->pieces.size() == 1 && !pattern->pieces[0].hole;
  if (!plain) {
    base::fail(args.span(0), "the pattern of `einsum` must be a plain text",
               "a pattern looks like `\"ij,jk->ik\"`");
  }
  const Spec spec = parse_spec(pattern->pieces[0].text, args);
  const std::vector<Labelled> parts = operands(emit, spec, args);
  Labelled result = parts[0];
  for (size_t k = 1; k < parts.size(); ++k) {
    std::string needed = spec.output;
    for (size_t later = k + 1; later < parts.size(); ++later) needed += parts[later].labels;
    result = joined(emit, result, parts[k], needed, args);
  }
  result = summed(emit, result, spec.output);
  return wrap(emit, permuted(emit, result, spec.output));
}

const Builtin kTable[] = {
    {"einsum", "pattern, ...tensors",
     "Products and sums over labelled axes, as in NumPy.\n\n    einsum(\"ij,j->i\", [[1, 2], [3, "
     "4]], [1, 1])    # => [3, 7]",
     einsum},
};

}  // namespace

std::span<const Builtin> einsum_builtins() { return kTable; }

}  // namespace calc::elab
