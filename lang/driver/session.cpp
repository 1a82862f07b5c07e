#include "lang/driver/session.h"

#include <algorithm>

#include "lang/ad/ad.h"
#include "lang/core/tools.h"
#include "lang/driver/display.h"
#include "lang/driver/names.h"
#include "lang/driver/run.h"
#include "lang/driver/tier.h"
#include "lang/elaborate/elaborator.h"
#include "lang/lower/lower.h"
#include "lang/opt/opt.h"
#include "lang/prim/prim.h"
#include "lang/syntax/parser.h"

#include "stdlib/embedded.h"

namespace calc::driver {

using ProgramPtr = std::shared_ptr<const syntax::Program>;

const std::vector<Stage>& stages() {
  static const std::vector<Stage> table = {
      {"ast", "the syntax tree of the text"},
      {"core", "Core as elaborated and differentiated, with everything it calls"},
      {"opt", "Core after optimisation"},
      {"loops", "the loop nests it is lowered to"},
      {"llvm", "optimised LLVM IR"},
      {"asm", "assembly for this machine"},
  };
  return table;
}

struct Session::Impl {
  Options options;
  base::Sources sources;
  core::Module module;
  Names names;
  ad::Differentiator differentiator{module};
  elab::Elaborator elaborator{module, differentiator, names};
  Runner runner;
  rt::Context context;

  explicit Impl(Options o) : options(std::move(o)), runner(module, options.tier) {
    prim::install();
    context.print = options.out;
    for (const stdlib::Module& m : stdlib::modules()) load(m);
  }

  void load(const stdlib::Module& library) {
    const std::string name(library.name);
    const uint32_t source = sources.add("<" + name + ">", std::string(library.text));
    syntax::ParseResult parsed = syntax::parse(sources, source);
    if (!parsed.errors.empty()) throw base::DiagnosticError{parsed.errors.front()};
    for (const auto& stmt : parsed.program->stmts) statement(parsed.program, *stmt, name);
  }

  // -- one statement

  void statement(const ProgramPtr& program, const syntax::Stmt& stmt, const std::string& in) {
    const elab::Entry entry = elaborator.statement(program, stmt, in);
    std::vector<rt::Array> results;
    if (entry.function.valid()) {
      opt::optimize(module, entry.function, options.verify);
      results = execute(entry, in);
    }
    commit(entry, std::move(results), in, stmt.silent);
  }

  std::vector<rt::Array> execute(const elab::Entry& entry, const std::string& in) {
    const core::Function& f = module.get(entry.function);
    std::vector<bool> donated = safe_to_donate(module, f);
    std::vector<rt::Array> args;
    for (const auto& [owner, name] : entry.inputs) {
      const elab::Global* global = names.find(owner, name);
      const bool dies = owner == in && std::any_of(entry.assigned.begin(), entry.assigned.end(),
                                                   [&](const auto& a) { return a.first == name; });
      for (const rt::Array& leaf : global->leaves) {
        if (!dies) donated[args.size()] = false;
        args.push_back(leaf);
      }
    }
    give_up(entry, in, donated);
    return runner.run(entry.function, std::move(args), donated, context);
  }

  /// The session lets go of the arrays it donates: they die in the statement, which cannot fail any
  /// more once it writes into them.
  void give_up(const elab::Entry& entry, const std::string& in, const std::vector<bool>& donated) {
    size_t k = 0;
    for (const auto& [owner, name] : entry.inputs) {
      elab::Global* own = owner == in ? names.own(owner, name) : nullptr;
      const size_t count = names.find(owner, name)->leaves.size();
      for (size_t leaf = 0; leaf < count; ++leaf, ++k) {
        if (donated[k] && own != nullptr) own->leaves[leaf] = rt::Array();
      }
    }
  }

  void commit(const elab::Entry& entry, std::vector<rt::Array> results, const std::string& in,
              bool silent) {
    size_t at = 0;
    for (const auto& [name, tree] : entry.assigned) {
      auto [value, leaves] = take(tree, results, at);
      names.set(in, name, std::move(value), std::move(leaves));
    }
    if (!entry.shown || silent || entry.shown->kind == elab::ValueKind::Unit) return;
    auto [value, leaves] = take(entry.shown, results, at);
    options.out(display(*value, leaves) + "\n");
  }

  /// The tree with leaves of the types that the arrays turned out to have.
  static std::pair<elab::ValuePtr, std::vector<rt::Array>> take(const elab::ValuePtr& tree,
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

  // -- whole texts

  template <typename Each>
  Outcome each_statement(std::string name, std::string text, Each each) {
    context.interrupt.store(0);
    runner.reset_clock();
    const uint32_t source = sources.add(std::move(name), std::move(text));
    syntax::ParseResult parsed = syntax::parse(sources, source);
    Outcome outcome;
    outcome.incomplete = parsed.incomplete;
    outcome.errors = std::move(parsed.errors);
    if (!outcome.errors.empty() || outcome.incomplete) return outcome;
    for (const auto& stmt : parsed.program->stmts) {
      guarded(outcome, *stmt, [&] { each(parsed.program, *stmt); });
      if (!outcome.ok()) break;
      if (options.after_statement) options.after_statement(stmt->span);
    }
    return outcome;
  }

  template <typename Body>
  void guarded(Outcome& outcome, const syntax::Stmt& stmt, Body body) {
    try {
      body();
    } catch (base::DiagnosticError& error) {
      outcome.errors.push_back(std::move(error.diagnostic));
    } catch (const core::EvaluationError& error) {
      outcome.errors.push_back(explain(error, stmt));
    } catch (const rt::Failure& failure) {
      outcome.errors.push_back(diagnostic(failure, stmt.span));
    } catch (const rt::Interrupted&) {
      outcome.interrupted = true;
    } catch (const std::bad_alloc&) {
      outcome.errors.push_back(diagnostic({"out of memory", ""}, stmt.span));
    } catch (const std::exception& error) {
      outcome.errors.push_back(
          diagnostic({std::string("calc itself failed here: ") + error.what(),
                      "this is a bug in calc, please report it with the program that shows it"},
                     stmt.span));
    }
  }

  static base::Diagnostic diagnostic(const rt::Failure& failure, base::Span span) {
    base::Diagnostic d;
    d.message = failure.message;
    d.hint = failure.hint;
    d.span = span;
    return d;
  }

  /// The location of the failing operation, then the calls it stands in, inlined or not.
  base::Diagnostic explain(const core::EvaluationError& error, const syntax::Stmt& stmt) {
    base::Diagnostic d = diagnostic(error.failure, stmt.span);
    bool first = true;
    std::string function;
    for (core::LocId start : error.trace) {
      for (core::LocId id = start; id.index != 0; id = module.location(id).caller) {
        const core::Location& at = module.location(id);
        if (first && at.span.known()) {
          d.span = at.span;
          first = false;
        } else if (!function.empty()) {
          d.frames.push_back({function, at.span});
        }
        function = at.function;
      }
    }
    return d;
  }

  std::string stage_text(std::string_view stage, const elab::Entry& entry) {
    if (stage == "core") return core::print_all(module, entry.function);
    opt::optimize(module, entry.function, options.verify);
    if (stage == "opt") return core::print_all(module, entry.function);
    const core::Function& f = module.get(entry.function);
    const loop::Program program =
        lower::lower(module, entry.function, std::vector<bool>(f.body.params.size(), false));
    if (stage == "llvm") return runner.jit().llvm_text(program);
    if (stage == "asm") return runner.jit().assembly(program);
    std::string text;
    for (const loop::Function& function : program.functions) text += loop::print(function);
    return text;
  }
};

Session::Session(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Session::~Session() = default;

const base::Sources& Session::sources() const { return impl_->sources; }

Outcome Session::run(std::string name, std::string text) {
  return impl_->each_statement(std::move(name), std::move(text),
                               [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
                                 impl_->statement(program, stmt, "");
                               });
}

Outcome Session::emit(std::string_view stage, std::string name, std::string text) {
  return impl_->each_statement(
      std::move(name), std::move(text), [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
        if (stage == "ast") {
          if (&stmt == program->stmts.front().get()) impl_->options.out(syntax::dump(*program));
          return;
        }
        if (stmt.kind != syntax::StmtKind::Expr) return impl_->statement(program, stmt, "");
        const elab::Entry entry = impl_->elaborator.statement(program, stmt, "");
        if (entry.function.valid()) impl_->options.out(impl_->stage_text(stage, entry));
      });
}

Outcome Session::type_of(std::string text) {
  return impl_->each_statement(
      "<type>", std::move(text), [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
        const elab::Entry entry = impl_->elaborator.statement(program, stmt, "");
        if (entry.shown) impl_->options.out(elab::type_text(*entry.shown) + "\n");
      });
}

void Session::interrupt() noexcept { impl_->context.interrupt.store(1); }

std::vector<std::pair<std::string, std::string>> Session::variables() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, global] : impl_->names.of("")) {
    all.emplace_back(name, display(*global.tree, global.leaves));
  }
  return all;
}

std::vector<std::string> Session::names() const {
  std::vector<std::string> all = impl_->names.names("");
  for (const elab::Builtin* builtin : elab::all_builtins()) all.emplace_back(builtin->name);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string Session::documentation(std::string_view name) const {
  if (const elab::Global* global = impl_->names.find("", name)) {
    const elab::ValuePtr& tree = global->tree;
    if (tree->kind != elab::ValueKind::Closure) return "";
    return elab::function_text(*tree) + "\n" + tree->closure->documentation;
  }
  if (const elab::Builtin* builtin = elab::find_builtin(name)) {
    return std::string(name) + "(" + std::string(builtin->signature) + ")\n" +
           std::string(builtin->documentation);
  }
  return "";
}

double Session::compile_ms() const { return impl_->runner.compile_ms(); }
double Session::run_ms() const { return impl_->runner.run_ms(); }

}  // namespace calc::driver
