#pragma once
// The tools on Core that every stage uses: text, checking, evaluation, walking.
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lang/core/ir.h"
#include "lang/core/primitive.h"

namespace calc::core {

/// Textual Core, which `read` accepts.
std::string print(const Module& module, FunctionId function);
/// Everything reachable from a function, callees first.
std::string print_all(const Module& module, FunctionId function);
/// Reads functions (callees first); the last one is returned. Throws std::runtime_error with a
/// line.
FunctionId read(Module& module, std::string_view text);

/// What the results of an operation are: the record's type rule, or what the blocks say. The
/// stacked sizes of a `for` are left dynamic.
TypeResult result_types(const Module& module, const Function& function, const Op& op);

/// "" when well formed: definitions before uses, types by the type rules, block arities, callees.
std::string verify(const Module& module, const Function& function);

/// Where a failure happened and through which calls, innermost first.
struct EvaluationError {
  rt::Failure failure;
  std::vector<LocId> trace;
};
/// The reference semantics. Throws EvaluationError, rt::Interrupted.
std::vector<rt::Array> evaluate(const Module& module, FunctionId function,
                                std::vector<rt::Array> args, rt::Context& context);
/// The same, but when it throws, `args` holds again the arguments that no operation consumed.
std::vector<rt::Array> evaluate_lent(const Module& module, FunctionId function,
                                     std::vector<rt::Array>& args, rt::Context& context);

/// Calls `visit` for each operation, nested ones included, outer first.
void for_each_op(const Block& block, const std::function<void(const Op&)>& visit);
/// Marks (by index) the functions that marked ones call.
void mark_calls(const Module& module, std::vector<bool>& live);
/// Values of enclosing blocks that `op`'s nested blocks use, each once, in order of first use.
std::vector<ValueId> free_values(const Op& op);
/// What a primitive operation does besides computing: the record's effect, `None` where these types
/// cannot fail or the operation was proven not to (attribute `proven`, opt/prove.cpp).
Effect effect_of(const Function& function, const Op& op);
/// Does it, or anything in its blocks or callees, have an effect (Fails or State)? A `while`
/// has one: it may never end.
bool has_effect(const Module& module, const Function& function, const Op& op);

using ValueMap = std::unordered_map<ValueId, ValueId>;
/// A copy of `op` for `target`: arguments and free values renamed through `map` (absent: same id),
/// fresh ids for results and everything inside, entered into `map`.
Op clone(const Function& source, const Op& op, Function& target, ValueMap& map);
/// Clones a block's operations through a builder; the parameters must be in `map` already. Returns
/// the renamed results.
std::vector<ValueId> inline_block(class Builder& builder, const Function& source,
                                  const Block& block, ValueMap& map);

}  // namespace calc::core
