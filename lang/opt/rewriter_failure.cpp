// Operations that are certain to fail.
//
// When sizes become known (a call inlined, a count folded), two of them may turn out not to agree,
// and the operation that would have failed when it ran can no longer be typed. It is still only
// wrong if it runs: in its place comes check(false) with the message it would have given, and zeros
// for its results, which nobody sees.
#include <algorithm>

#include "lang/opt/rewriter.h"

namespace calc::opt {

namespace {

/// Larger arguments are not made only to be told what is wrong with them.
constexpr int64_t kProbedElements = 1 << 16;

bool has_braces(const std::string& text) { return text.find_first_of("{}") != std::string::npos; }

}  // namespace

/// What running the operation on zeros of the arguments' sizes says; the type rule's words when
/// that is not possible.
rt::Failure Rewriter::failure_of(const Op& op, const core::TypeError& error) const {
  rt::Failure failure{error.message, error.hint};
  std::vector<rt::Array> args;
  for (ValueId arg : op.args) {
    const Type& t = type(arg);
    if (!t.is_static() || t.count() > kProbedElements) return failure;
    const rt::Array* known = constant_of(arg);
    args.push_back(known ? *known : rt::Array::zeros(t.elem, t.dims));
  }
  rt::Context context;
  std::vector<rt::Array> results(op.results.size());
  if (op.primitive->effect == core::Effect::State) return failure;
  try {
    op.primitive->evaluate(context, args, op.attrs, results);
  } catch (rt::Failure& raised) {
    failure = std::move(raised);
  }
  return failure;
}

void Rewriter::fail_instead(const Op& op, const core::TypeError& error) {
  rt::Failure failure = failure_of(op, error);
  // Braces are holes in a check's message.
  if (has_braces(failure.message)) failure.message = "the shapes do not fit";
  Op check;
  check.primitive = &core::registry().get("check");
  check.args = {constant(rt::Array::of(false))};
  check.attrs = {{"message", failure.message}, {"hint", failure.hint}};
  check.loc = op.loc;
  append(std::move(check));
  for (ValueId result : op.results) replace(result, unseen(type(result)));
  changed_ = true;
}

/// Some value of a type: zeros, none along axes of unknown size.
ValueId Rewriter::unseen(Type missing) {
  for (int64_t& size : missing.dims) size = std::max<int64_t>(size, 0);
  const ValueId zero = constant(rt::Array::zeros(missing.elem, {}));
  if (missing.is_scalar()) return zero;
  return emit("broadcast", {zero}, {{"dims", missing.dims}, {"axes", std::vector<int64_t>{}}});
}

/// The last operation is check(false): nothing after it runs.
bool Rewriter::fails_here() const {
  const Scope& scope = scopes_.back();
  if (scope.empty() || scope.back().kind != OpKind::Primitive) return false;
  const Op& op = scope.back();
  if (op.primitive->name != "check") return false;
  const rt::Array* condition = constant_of(op.args[0]);
  return condition && !condition->as_bool();
}

/// Results that would have been computed after a certain failure.
void Rewriter::abandon(Block& block) {
  rename(block.results);
  for (ValueId& result : block.results) {
    if (info_[result.index].depth == 0) result = unseen(type(result));
  }
}

}  // namespace calc::opt
