#include "lang/driver/session.h"

#include "lang/driver/display.h"
#include "lang/driver/session_impl.h"
#include "lang/prim/prim.h"

namespace calc::driver {

Session::Impl::Impl(Options o)
    : options(std::move(o)), runner(module, options.tier), library(options.search_path) {
  prim::install();
  context.print = options.out;
  load_embedded(kPrelude);
  load_embedded("data");
  std::vector<elab::ValuePtr> arguments;
  for (const std::string& text : options.arguments) arguments.push_back(elab::string(text));
  names.set(std::string(kPrelude), "args", elab::tuple(std::move(arguments)), {});
}

Session::Session(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Session::~Session() = default;

const base::Sources& Session::sources() const { return impl_->sources; }

Outcome Session::run(std::string name, std::string text) {
  return impl_->each_statement(std::move(name), std::move(text),
                               [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
                                 impl_->statement(program, stmt, "", true);
                               });
}

Outcome Session::enter(std::string name, std::string text) {
  return impl_->transaction(false, [&] {
    return impl_->each_statement(std::move(name), std::move(text),
                                 [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
                                   const bool last = &stmt == program->stmts.back().get();
                                   impl_->statement(program, stmt, "", last);
                                 });
  });
}

bool Session::incomplete(std::string_view text) const {
  base::Sources sources;
  const uint32_t source = sources.add("<entry>", std::string(text));
  return syntax::parse(sources, source).incomplete;
}

Outcome Session::type_of(std::string text) {
  return impl_->each_statement(
      "<type>", std::move(text), [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
        const elab::Entry entry = impl_->elaborator.statement(program, stmt, "");
        if (entry.shown) impl_->options.out(elab::type_text(*entry.shown) + "\n");
      });
}

void Session::set_digits(int digits) { impl_->digits = digits; }

void Session::interrupt() noexcept { impl_->context.interrupt.store(1); }

std::vector<std::pair<std::string, std::string>> Session::variables() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, global] : impl_->names.of("")) {
    std::string text = display(impl_->sources, *global.tree, global.leaves, impl_->digits);
    if (text.find('\n') != std::string::npos) text = elab::type_text(*global.tree);
    all.emplace_back(name, std::move(text));
  }
  return all;
}

double Session::compile_ms() const { return impl_->runner.compile_ms(); }
double Session::run_ms() const { return impl_->runner.run_ms(); }

}  // namespace calc::driver
