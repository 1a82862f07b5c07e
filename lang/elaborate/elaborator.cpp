#include "lang/elaborate/elaborator.h"

#include "lang/elaborate/frame.h"

namespace calc::elab {

struct Elaborator::Impl : State {
  using State::State;
};

Elaborator::Elaborator(core::Module& module, ad::Differentiator& differentiator,
                       const Globals& globals)
    : impl_(std::make_unique<Impl>(module, differentiator, globals)) {}

Elaborator::~Elaborator() = default;

Entry Elaborator::statement(const std::shared_ptr<const syntax::Program>& program,
                            const syntax::Stmt& stmt, const std::string& in_module) {
  Frame frame(*impl_, "entry." + std::to_string(impl_->module.serial()), "");
  impl_->start_statement(&frame);
  struct Reset {
    State& state;
    ~Reset() { state.top = nullptr; }
  } reset{*impl_};
  return frame.entry(program, stmt, in_module);
}

Entry Elaborator::test(const std::shared_ptr<const syntax::Program>& program,
                       const syntax::Stmt& stmt, const std::string& in_module) {
  struct Reset {
    State& state;
    ~Reset() { state.testing = false; }
  } reset{*impl_};
  impl_->testing = true;
  return statement(program, stmt, in_module);
}

uint64_t Elaborator::statements() const { return impl_->statement; }

void Elaborator::collect(uint64_t since, Reach& reach) { impl_->collect(since, reach); }

Entry Frame::entry(const std::shared_ptr<const syntax::Program>& program, const syntax::Stmt& stmt,
                   const std::string& in_module) {
  own_.module = in_module;
  own_.program = program;
  own_.top = true;
  at(stmt.span);
  Entry entry;
  entry.shown = statement(stmt, Want::IfAny);
  if (entry.shown && entry.shown->kind == ValueKind::Unit) entry.shown = nullptr;

  std::vector<ValuePtr> results;
  for (const std::string& name : assigned_) {
    entry.assigned.emplace_back(name, own_.scopes.find_outermost(name)->value);
    results.push_back(entry.assigned.back().second);
  }
  if (entry.shown) results.push_back(entry.shown);
  for (const UsedGlobal& used : used_) {
    if (!used.value || leaves_of(used.value).empty()) continue;
    entry.inputs.emplace_back(used.use.module, used.use.name);
  }
  // A definition has nothing to run.
  if (function_->body.ops.empty() && entry.inputs.empty()) return entry;
  entry.function = state_.module.declare();
  finish(entry.function, results);
  return entry;
}

}  // namespace calc::elab
