// Functions that call themselves. See Note [Recursion].
#include <algorithm>

#include "lang/base/frames.h"
#include "lang/elaborate/frame.h"
#include "lang/elaborate/making.h"

namespace calc::elab {

namespace {

/// Calls inside calls while elaborating.
constexpr size_t kMaxDepth = 200;
/// What a result or a carried size may still become is a short chain; names add a round each.
constexpr size_t kMaxRounds = 50;

std::unique_ptr<Variant> first_assumption(const Request& request, core::FunctionId id) {
  auto assumed = std::make_unique<Variant>();
  assumed->function = id;
  assumed->callee = request.callee;
  assumed->args = request.args;
  const Closure* closure = request.callee->closure.get();
  if (closure == nullptr || closure->result == nullptr || !*closure->result) return assumed;
  if (const auto type = fixed_type(**closure->result)) assumed->result = tensor({}, *type);
  return assumed;
}

bool same(const std::vector<Consumed>& a, const std::vector<Consumed>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.leaf == y.leaf && same_known(x.known, y.known);
  });
}

bool same(const std::vector<GlobalUse>& a, const std::vector<GlobalUse>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.module == y.module && x.name == y.name && same(x.consumed, y.consumed);
  });
}

[[noreturn]] void too_deep(const Request& request, size_t same_function) {
  TooDeep error;
  error.diagnostic.span = request.span;
  error.diagnostic.message = "calls are nested more than " + std::to_string(kMaxDepth) + " deep";
  if (same_function > kMaxDepth / 4) {
    error.diagnostic.message = "`" + display_name(*request.callee) +
                               "` calls itself with ever new types of arguments, or known values";
    error.diagnostic.hint = "a recursive function takes arguments of one structure";
  }
  throw error;
}

[[noreturn]] void never_returns(const Value& callee, base::Span span) {
  base::fail(callee.closure ? callee.closure->span : span,
             "`" + display_name(callee) + "` never returns: it calls itself on every path",
             "add a case that ends the recursion, or the type of the result: `-> Real`");
}

}  // namespace

State::State(core::Module& m, ad::Differentiator& d, const Globals& g)
    : module(m), differentiator(d), globals(g) {}

State::~State() = default;

void State::start_statement(Frame* frame) {
  char here = 0;
  stack_base_ = &here;
  top = frame;
  written = false;
  ++statement;
  active_.clear();
  makings_.clear();
  narrow_.clear();
}

const Variant& State::make(const Request& request, Key key, bool for_known) {
  if (active_.size() >= kMaxDepth) {
    const auto same_function =
        std::count_if(active_.begin(), active_.end(), [&](const Making* making) {
          const auto& closure = making->assumed->callee->closure;
          return closure && request.callee->closure &&
                 closure->body == request.callee->closure->body;
        });
    too_deep(request, static_cast<size_t>(same_function));
  }
  std::unique_ptr<Making>& slot = makings_[key.full];
  if (!slot) {
    slot = std::make_unique<Making>(Making{std::move(key), shapeless_key(request),
                                           first_assumption(request, module.declare())});
  }
  Making& making = *slot;
  making.index = making.lowest = active_.size();
  making.open = true;
  active_.push_back(&making);
  try {
    make_until_settled(making, request, for_known);
    return leave(making, request);
  } catch (base::DiagnosticError& error) {
    const bool named = request.callee->closure != nullptr;
    abandon(making.index);
    if (named) {
      base::add_frame(error.diagnostic.frames, {display_name(*request.callee), request.span});
    }
    throw;
  } catch (...) {
    abandon(making.index);
    throw;
  }
}

/// Whatever the function at `index` and those inside it assumed is forgotten.
void State::abandon(size_t index) {
  active_.resize(index);
  std::erase_if(makings_, [&](const auto& entry) {
    const Making& making = *entry.second;
    const bool inside = making.open ? making.index >= index : making.lowest >= index;
    if (inside) discard(making);
    return inside;
  });
}

/// What stands for the function until it is collected.
void State::discard(const Making& making) {
  module.define(making.assumed->function, std::make_unique<core::Function>());
}

void State::make_until_settled(Making& making, const Request& request, bool for_known) {
  for (size_t round = 0;; ++round) {
    const size_t before = changes_;
    for (auto& [key, other] : makings_) {
      if (!other->open && other->lowest >= making.index) other->fresh = false;
    }
    promise(making);
    settle(making, build_variant(request, *making.assumed, for_known), request.span);
    if (making.lowest < making.index || !making.asked || changes_ == before) return;
    if (round > kMaxRounds) {
      base::fail(request.span, "the type of what `" + display_name(*request.callee) +
                                   "` returns grows with every call");
    }
  }
}

/// What is assumed of the function stands in the module, so that it can be called.
void State::promise(const Making& making) {
  if (!making.assumed->result) return;
  auto function = std::make_unique<core::Function>();
  function->name = "promised." + std::to_string(making.assumed->function.index);
  for (const Leaf& leaf : leaves_of(making.assumed->result)) {
    function->body.results.push_back(function->add_value(leaf.type));
  }
  module.define(making.assumed->function, std::move(function));
}

/// Compares what came out with what was assumed, and assumes that.
void State::settle(Making& making, std::unique_ptr<Variant> variant, base::Span span) {
  Variant& assumed = *making.assumed;
  const ValuePtr before = assumed.result;
  if (variant->result && before) {
    const ValuePtr joined = join_trees(before, variant->result);
    if (!joined) {
      base::fail(span, "`" + display_name(*assumed.callee) + "` returns " + type_text(*before) +
                           " on one path and " + type_text(*variant->result) + " on another");
    }
    variant->result = joined;
  }
  if (!variant->result) variant->result = before;
  if (variant->result && making.asked) variant->result = forgotten(variant->result, true);
  if (variant->result && is_oversized(variant->result)) {
    base::fail(span, "what `" + display_name(*assumed.callee) + "` returns has too many parts");
  }
  const bool same_world =
      assumed.reads_world == variant->reads_world && assumed.writes_world == variant->writes_world;
  const bool same_result =
      before == variant->result ||
      (before && structure_key(*before, false) == structure_key(*variant->result, false));
  const bool settled = same_world && same_result && same(assumed.consumed, variant->consumed) &&
                       same(assumed.uses, variant->uses);
  if (!settled) ++changes_;
  assumed.result = std::move(variant->result);
  assumed.consumed = std::move(variant->consumed);
  assumed.uses = std::move(variant->uses);
  assumed.reads_world = variant->reads_world;
  assumed.writes_world = variant->writes_world;
}

/// The function is made. With the outermost of a circle all of it is.
const Variant& State::leave(Making& making, const Request& request) {
  Variant& made = *making.assumed;
  active_.pop_back();
  making.open = false;
  making.fresh = true;
  if (making.lowest < making.index) {
    active_.back()->lowest = std::min(active_.back()->lowest, making.lowest);
    return made;
  }
  if (!made.result) never_returns(*made.callee, request.span);
  const size_t index = making.index;
  for (auto& [key, other] : makings_) {
    if (other->open || other->lowest < index || !other->fresh) continue;
    if (!other->assumed->result) never_returns(*other->assumed->callee, request.span);
  }
  std::erase_if(makings_, [&](auto& entry) {
    Making& other = *entry.second;
    if (other.open || other.lowest < index) return false;
    if (other.fresh) {
      other.assumed->finished = true;
      other.assumed->made = other.assumed->used = statement;
      memo_[other.key.structure].push_back(std::move(other.assumed));
    } else {
      discard(other);
    }
    return true;
  });
  return made;
}

// ---- what is not reached -----------------------------------------------------------------------

bool Frame::walk_block(std::span<const core::Type> params, core::Block& block,
                       const std::function<void(std::span<const core::ValueId>)>& walk) {
  // A first parameter that no other block has marks the block.
  std::vector<core::Type> marked(params.begin(), params.end());
  marked.insert(marked.begin(), core::scalar_type(core::Elem::I64));
  const std::vector<core::ValueId> entered = builder_->open_block(marked);
  core::Builder* const builder = builder_;
  Surroundings* const around = around_;
  const size_t depth = scopes().depth();
  const int nesting = nesting_;
  const int loops = loops_;
  bool reached = true;
  try {
    walk(std::span(entered).subspan(1));
    block = builder_->close_block({});
  } catch (const Unreached&) {
    reached = false;
    builder_ = builder;
    around_ = around;
    while (scopes().depth() > depth) scopes().pop();
    nesting_ = nesting;
    loops_ = loops;
    do {
      block = builder_->close_block({});
    } while (block.params.empty() || !(block.params[0] == entered[0]));
  }
  block.params.erase(block.params.begin());
  return reached;
}

}  // namespace calc::elab

// Note [Recursion]
// ~~~~~~~~~~~~~~~~
// The result type of a recursive function is a least fixed point. While `f` is made, a call of `f`
// gets what is assumed of it: at first nothing. Then what follows the call is not reached
// (`Unreached`): a branch that calls does not decide the type, the others do; a loop whose body
// calls runs no round. When the walk is over, what came out (the type of the result, the top-level
// names used, the known values consumed) is assumed, and the function is made again, until both
// are the same. Types only grow (nothing, Int, Real; sizes to unknown), so this ends.
//
// Of several functions that call each other the first one asked for, the head, decides: when a
// round through all of them changed no assumption, all are right. Until then those made on the way
// are kept aside (`makings_`), and made again in the next round of their head. Which head a
// function belongs to is the lowest index of what it asked for, as in Tarjan's algorithm.
//
// A function that asks for itself with other sizes or other known values (fact(n - 1) when n is
// known to be 5, total(x[1:])) would be made without end. So such a request is answered by a more
// general specialisation, to what both have in common; that one calls itself properly. Where the
// general form makes no sense (it indexes a tuple by its counter), the exact one is made after all,
// up to a bound.
