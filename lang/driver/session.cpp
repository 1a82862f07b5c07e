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
  int digits = 0;

  explicit Impl(Options o) : options(std::move(o)), runner(module, options.tier) {
    prim::install();
    context.print = options.out;
    for (const stdlib::Module& m : stdlib::modules()) load(m);
    std::vector<elab::ValuePtr> arguments;
    for (const std::string& text : options.arguments) arguments.push_back(elab::string(text));
    names.set(std::string(kPrelude), "args", elab::tuple(std::move(arguments)), {});
  }

  void load(const stdlib::Module& library) {
    const std::string name(library.name);
    const uint32_t source = sources.add("<" + name + ">", std::string(library.text));
    syntax::ParseResult parsed = syntax::parse(sources, source);
    if (!parsed.errors.empty()) throw base::DiagnosticError{parsed.errors.front()};
    for (const auto& stmt : parsed.program->stmts) statement(parsed.program, *stmt, name, true);
  }

  // -- one statement

  /// `last`: no statement after it can make the whole text fail.
  void statement(const ProgramPtr& program, const syntax::Stmt& stmt, const std::string& in,
                 bool last) {
    const elab::Entry entry = elaborator.statement(program, stmt, in);
    std::vector<rt::Array> results;
    if (entry.function.valid()) {
      opt::optimize(module, entry.function, options.verify);
      results = execute(entry, in, last);
    }
    commit(entry, std::move(results), in, stmt.silent);
  }

  std::vector<rt::Array> execute(const elab::Entry& entry, const std::string& in, bool last) {
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
        args.push_back(place != nullptr ? std::move(*place)
                                        : names.find(owner, name)->leaves[leaf]);
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

  void commit(const elab::Entry& entry, std::vector<rt::Array> results, const std::string& in,
              bool silent) {
    size_t at = 0;
    for (const auto& [name, tree] : entry.assigned) {
      auto [value, leaves] = take(tree, results, at);
      names.set(in, name, std::move(value), std::move(leaves));
    }
    if (!entry.shown || silent || entry.shown->kind == elab::ValueKind::Unit) return;
    auto [value, leaves] = take(entry.shown, results, at);
    options.out(display(sources, *value, leaves, digits) + "\n");
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

  /// A byte order mark and the carriage returns of other systems mean nothing.
  static std::string normalised(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (text.find('\r') == std::string::npos) return text;
    std::string lines;
    for (size_t at = 0; at < text.size(); ++at) {
      const bool ends_line = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
      if (!ends_line) lines += text[at];
    }
    return lines;
  }

  template <typename Each>
  Outcome each_statement(std::string name, std::string text, Each each) {
    context.interrupt.store(0);
    runner.reset_clock();
    const uint32_t source = sources.add(std::move(name), normalised(std::move(text)));
    syntax::ParseResult parsed = syntax::parse(sources, source);
    Outcome outcome;
    outcome.incomplete = parsed.incomplete;
    outcome.errors = std::move(parsed.errors);
    if (!outcome.errors.empty() || outcome.incomplete) return outcome;
    for (const auto& stmt : parsed.program->stmts) {
      guarded(outcome, *stmt, [&] {
        context.poll();
        each(parsed.program, *stmt);
      });
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

  std::string stage_text(std::string_view stage, core::FunctionId function) {
    if (stage == "core") return core::print_all(module, function);
    opt::optimize(module, function, options.verify);
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
  std::string function_stage(std::string_view stage, const elab::Value& value, base::Span span) {
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
};

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
  const rt::Random random = impl_->context.random;
  impl_->names.remember();
  Outcome outcome = impl_->each_statement(std::move(name), std::move(text),
                                          [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
                                            const bool last = &stmt == program->stmts.back().get();
                                            impl_->statement(program, stmt, "", last);
                                          });
  if (outcome.ok()) {
    impl_->names.keep();
  } else {
    impl_->names.take_back();
    impl_->context.random = random;
  }
  return outcome;
}

bool Session::incomplete(std::string_view text) const {
  base::Sources sources;
  const uint32_t source = sources.add("<entry>", std::string(text));
  return syntax::parse(sources, source).incomplete;
}

Outcome Session::emit(std::string_view stage, std::string name, std::string text) {
  return impl_->each_statement(
      std::move(name), std::move(text), [&](const ProgramPtr& program, const syntax::Stmt& stmt) {
        if (stage == "ast") {
          if (&stmt == program->stmts.front().get()) impl_->options.out(syntax::dump(*program));
          return;
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
    return signature(impl_->sources, *tree) + "\n" + tree->closure->documentation;
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
