// (function, argument structure) -> one Core function: what was made before is found again, and a
// function that calls itself with other sizes or known values is made for all of them.
#include <algorithm>

#include "lang/elaborate/frame.h"
#include "lang/elaborate/making.h"

namespace calc::elab {

namespace {

/// Specialisations of one function to known values; then one for all values is made.
constexpr size_t kMaxForKnown = 16;

std::string structure_of(const Request& request) {
  std::string key = structure_key(*request.callee, false);
  for (const ValuePtr& arg : request.args) key += '/' + structure_key(*arg, false);
  return key;
}

std::string known_text(const Request& request) {
  std::string text;
  const std::vector<Leaf> leaves = leaves_of(request);
  for (size_t k = 0; k < leaves.size(); ++k) {
    if (!specialises(leaves[k])) continue;
    const Known& known = *leaves[k].known;
    text += (known.kind == Known::Kind::Bool ? '?' : '#') + std::to_string(k) + '=' +
            std::to_string(known.integer);
  }
  return text;
}

void require_sizes(const Request& request) {
  bool oversized = is_oversized(request.callee);
  for (const ValuePtr& arg : request.args) oversized = oversized || is_oversized(arg);
  if (oversized) base::fail(request.span, "what is passed here has too many parts");
}

bool same_code(const Value& a, const Value& b) {
  return a.closure && b.closure && a.closure->body == b.closure->body;
}

/// What a function is asked for, in a more general form.
struct General {
  ValuePtr callee;
  std::vector<ValuePtr> args;
};

General with_leaves_of(const Request& request, const std::vector<Leaf>& leaves) {
  General general;
  size_t next = 0;
  auto rebuilt = [&](const ValuePtr& value) {
    const size_t count = leaves_of(value).size();
    const std::vector<Leaf> own(leaves.begin() + static_cast<std::ptrdiff_t>(next),
                                leaves.begin() + static_cast<std::ptrdiff_t>(next + count));
    next += count;
    return with_leaves(value, own);
  };
  for (const ValuePtr& arg : request.args) general.args.push_back(rebuilt(arg));
  general.callee = rebuilt(request.callee);
  return general;
}

/// The request with the sizes and known values that it shares with what the function is being made
/// for already.
General joined(const Request& request, const Variant& above) {
  std::vector<Leaf> leaves = leaves_of(request);
  const std::vector<Leaf> others = leaves_of(Request{above.callee, above.args, {}, {}});
  for (size_t k = 0; k < leaves.size(); ++k) {
    leaves[k].type = core::join(leaves[k].type, others[k].type);
    const bool same =
        leaves[k].known && others[k].known && same_known(*leaves[k].known, *others[k].known);
    if (!same) leaves[k].known.reset();
  }
  return with_leaves_of(request, leaves);
}

}  // namespace

std::vector<Leaf> leaves_of(const Request& request) {
  std::vector<Leaf> leaves;
  for (const ValuePtr& arg : request.args) collect_leaves(arg, leaves);
  collect_leaves(request.callee, leaves);
  return leaves;
}

std::string shapeless_key(const Request& request) {
  std::vector<Leaf> leaves = leaves_of(request);
  for (Leaf& leaf : leaves) {
    std::fill(leaf.type.dims.begin(), leaf.type.dims.end(), core::kDynamic);
  }
  const General general = with_leaves_of(request, leaves);
  return structure_of(Request{general.callee, general.args, {}, {}});
}

State::Key::Key(const Request& request)
    : structure(structure_of(request)), full(structure + known_text(request)) {}

const Variant* State::made_before(const Request& request, const std::string& structure,
                                  size_t& made_for_known) const {
  const auto found = memo_.find(structure);
  if (found == memo_.end()) return nullptr;
  const std::vector<Leaf> leaves = leaves_of(request);
  for (const auto& variant : found->second) {
    if (valid(*variant, leaves)) {
      variant->used = statement;
      return variant.get();
    }
    if (!variant->consumed.empty()) ++made_for_known;
  }
  return nullptr;
}

/// The innermost function in the making that the request is for, whatever the sizes and known
/// values.
const State::Making* State::ancestor_of(const std::string& shapeless) const {
  const auto above = std::find_if(active_.rbegin(), active_.rend(), [&](const Making* making) {
    return making->shapeless == shapeless;
  });
  return above == active_.rend() ? nullptr : *above;
}

const Variant& State::specialise(const Request& request) {
  require_sizes(request);
  const bool may_recur = std::any_of(active_.begin(), active_.end(), [&](const Making* making) {
    return same_code(*making->assumed->callee, *request.callee);
  });
  if (!may_recur) return specialise_exactly(request);
  const std::string shapeless = shapeless_key(request);
  const Making* above = ancestor_of(shapeless);
  if (above == nullptr || narrow_.count(shapeless) != 0) return specialise_exactly(request);
  const General general = joined(request, *above->assumed);
  try {
    return specialise_exactly(Request{general.callee, general.args, request.span, request.spans});
  } catch (const base::DiagnosticError& error) {
    // Some code only exists for known values and sizes (an axis, a position in a tuple).
    const base::DiagnosticError first = error;
    narrow_.insert(shapeless);
    try {
      return specialise_exactly(request);
    } catch (const TooDeep&) {
      throw first;
    }
  }
}

const Variant& State::specialise_exactly(const Request& request) {
  Key key(request);
  size_t made_for_known = 0;
  if (const Variant* found = made_before(request, key.structure, made_for_known)) return *found;
  if (auto at = makings_.find(key.full); at != makings_.end()) {
    Making& making = *at->second;
    if (making.open || making.fresh) {
      making.asked = making.asked || making.open;
      active_.back()->lowest = std::min(active_.back()->lowest, making.lowest);
      return *making.assumed;
    }
  }
  return make(request, std::move(key), made_for_known < kMaxForKnown);
}

std::unique_ptr<Variant> State::build_variant(const Request& request, const Variant& assumed,
                                              bool for_known) {
  if (for_known) return build(request, assumed, true);
  try {
    return build(request, assumed, false);
  } catch (const base::DiagnosticError&) {
    // As above.
    return build(request, assumed, true);
  }
}

std::unique_ptr<Variant> State::build(const Request& request, const Variant& assumed,
                                      bool with_known) {
  const Value& callee = *request.callee;
  const std::string user_name = callee.closure ? display_name(callee) : std::string();
  const bool named = callee.closure && !callee.closure->name.empty();
  const std::string name = named ? user_name : "lambda";
  Frame frame(*this, name + "." + std::to_string(assumed.function.index), user_name);
  return frame.function(request, assumed, with_known);
}

}  // namespace calc::elab
