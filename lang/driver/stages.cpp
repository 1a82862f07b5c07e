// What a statement becomes, stage by stage: `--emit`, `:core`, `:llvm`, `:asm`.
#include "lang/driver/session_impl.h"
#include "lang/lower/lower.h"

namespace calc::driver {

const std::vector<Stage>& stages() {
  static const std::vector<Stage> table = {
      {"tokens", "the tokens of the text"},
      {"ast", "the syntax tree of the text"},
      {"core", "Core as elaborated and differentiated, with everything it calls"},
      {"opt", "Core after optimisation"},
      {"loops", "the loop nests it is lowered to"},
      {"llvm", "optimised LLVM IR"},
      {"asm", "assembly for this machine"},
  };
  return table;
}

std::string Session::Impl::stage_text(std::string_view stage, core::FunctionId function) {
  if (stage == "core") return core::print_all(module, function);
  optimize(function);
  if (stage == "opt") return core::print_all(module, function);
  const core::Function& f = module.get(function);
  const loop::Program program =
      lower::lower(module, function, std::vector<bool>(f.body.params.size(), false));
  if (stage == "llvm") return runner.jit().llvm_text(program);
  if (stage == "asm") return runner.jit().assembly(program);
  std::string text;
  for (const loop::Function& part : program.functions) text += loop::print(part);
  return text;
}

/// Of every specialisation of a function there is.
std::string Session::Impl::function_stage(std::string_view stage, const elab::Value& value,
                                          base::Span span) {
  const std::string name = value.closure ? value.closure->name : std::string();
  std::string text;
  for (uint32_t k = 0; k < module.size() && !name.empty(); ++k) {
    const core::FunctionId id{k};
    if (module.defined(id) && module.get(id).user_name == name) text += stage_text(stage, id);
  }
  if (text.empty()) {
    base::fail(span, "this function has no code yet",
               "code is made for arguments of known types: show a call of it instead");
  }
  return text;
}

Outcome Session::emit(std::string_view stage, std::string name, std::string text) {
  return impl_->each_statement(
      std::move(name), std::move(text), [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
        if (stage == "tokens" || stage == "ast") {
          if (&stmt != program->stmts.front().get()) return;
          return impl_->options.out(stage == "ast"
                                        ? syntax::dump(*program)
                                        : syntax::dump_tokens(impl_->sources, program->source));
        }
        if (stmt.kind != syntax::StmtKind::Expr) return impl_->statement(program, stmt, "", true);
        const elab::Entry entry = impl_->elaborator.statement(program, stmt, "");
        if (entry.shown && elab::is_function(*entry.shown)) {
          impl_->options.out(impl_->function_stage(stage, *entry.shown, stmt.span));
        } else if (entry.function.valid()) {
          impl_->options.out(impl_->stage_text(stage, entry.function));
        }
      });
}

}  // namespace calc::driver
