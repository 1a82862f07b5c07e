// One statement: elaborated, optimised, run, and what it assigns kept.
#include <algorithm>

#include "lang/core/calls.h"
#include "lang/driver/display.h"
#include "lang/driver/session_impl.h"
#include "lang/driver/tier.h"
#include "lang/opt/opt.h"

namespace calc::driver {

void Session::Impl::statement(const ProgramPtr& program, const syntax::Stmt& stmt,
                              const std::string& in, bool last) {
  if (stmt.kind == syntax::StmtKind::Import) {
    return import(static_cast<const syntax::Import&>(stmt), in);
  }
  carry_out(elaborator.statement(program, stmt, in), in, last, stmt.silent);
}

void Session::Impl::carry_out(const elab::Entry& entry, const std::string& in, bool last,
                              bool silent) {
  std::vector<rt::Array> results;
  if (entry.function.valid()) {
    optimize(entry.function);
    results = execute(entry, in, last);
  }
  commit(entry, results, in, silent);
}

void Session::Impl::optimize(core::FunctionId entry) {
  opt::optimize(module, entry, options.verify);
  std::vector<core::FunctionId> pending = core::callees(module.get(entry));
  while (!pending.empty()) {
    const core::FunctionId id = pending.back();
    pending.pop_back();
    if (!optimized.insert(id).second) continue;
    opt::optimize(module, id, options.verify);
    for (core::FunctionId callee : core::callees(module.get(id))) pending.push_back(callee);
  }
}

std::vector<rt::Array> Session::Impl::execute(const elab::Entry& entry, const std::string& in,
                                              bool last) {
  const std::vector<bool> donated = safe_to_donate(module, module.get(entry.function));
  std::vector<rt::Array> args;
  // Where a donated argument stands in the session, which lets go of it for the statement.
  std::vector<rt::Array*> places;
  for (const auto& [owner, name] : entry.inputs) {
    const bool assigned = std::any_of(entry.assigned.begin(), entry.assigned.end(),
                                      [&](const auto& a) { return a.first == name; });
    const bool dies = owner == in && assigned && (last || names.replaceable(owner, name));
    elab::Global* own = dies ? names.own(owner, name) : nullptr;
    const size_t count = names.find(owner, name)->leaves.size();
    for (size_t leaf = 0; leaf < count; ++leaf) {
      rt::Array* place = own != nullptr && donated[args.size()] ? &own->leaves[leaf] : nullptr;
      args.push_back(place != nullptr ? std::move(*place) : names.find(owner, name)->leaves[leaf]);
      places.push_back(place);
    }
  }
  const rt::Random random = context.random;
  try {
    return runner.run(entry.function, args, context);
  } catch (...) {
    for (size_t k = 0; k < args.size(); ++k) {
      if (places[k] != nullptr) *places[k] = std::move(args[k]);
    }
    context.random = random;
    throw;
  }
}

namespace {

/// The tree with leaves of the types that the arrays turned out to have.
std::pair<elab::ValuePtr, std::vector<rt::Array>> take(const elab::ValuePtr& tree,
                                                       const std::vector<rt::Array>& all,
                                                       size_t& at) {
  std::vector<elab::Leaf> leaves = elab::leaves_of(tree);
  std::vector<rt::Array> arrays;
  for (elab::Leaf& leaf : leaves) {
    arrays.push_back(all[at]);
    leaf.id = core::ValueId{static_cast<uint32_t>(arrays.size() - 1)};
    leaf.type = core::type_of(all[at]);
    leaf.known.reset();
    leaf.literal = false;
    ++at;
  }
  return {elab::with_leaves(tree, leaves), std::move(arrays)};
}

}  // namespace

void Session::Impl::commit(const elab::Entry& entry, const std::vector<rt::Array>& results,
                           const std::string& in, bool silent) {
  size_t at = 0;
  for (const auto& [name, tree] : entry.assigned) {
    auto [value, leaves] = take(tree, results, at);
    names.set(in, name, std::move(value), std::move(leaves));
  }
  if (!entry.shown || silent || entry.shown->kind == elab::ValueKind::Unit) return;
  auto [value, leaves] = take(entry.shown, results, at);
  options.out(display(sources, *value, leaves, digits) + "\n");
}

}  // namespace calc::driver
