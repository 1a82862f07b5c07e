// ORC: one LLVM module and one resource tracker a program, so that dropping a Compiled frees its
// code. Symbols of the runtime are absolute: nothing is looked up in the process.
#include "lang/codegen/jit.h"

#include <chrono>
#include <stdexcept>

#include "lang/codegen/emitter.h"
#include "runtime/math.h"

#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

namespace calc::codegen {
namespace {

namespace orc = llvm::orc;

/// Straight-line code: what mem2reg and CSE give is all there is to gain (measured).
constexpr const char* kScalarPipeline = "function(sroa,early-cse,simplifycfg)";
constexpr const char* kLoopPipeline =
    "function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg,loop-mssa(loop-rotate,"
    "licm),instcombine<no-verify-fixpoint>,"
    "simplifycfg,loop(indvars),gvn,loop-vectorize,slp-vectorizer,early-cse,instcombine<no-verify-"
    "fixpoint>,"
    "loop-mssa(licm),simplifycfg)";

template <typename T>
T must(llvm::Expected<T> value) {
  if (!value) throw std::logic_error("jit: " + llvm::toString(value.takeError()));
  return std::move(*value);
}
void must(llvm::Error error) {
  if (error) throw std::logic_error("jit: " + llvm::toString(std::move(error)));
}

orc::JITTargetMachineBuilder host_target() {
  auto builder = must(orc::JITTargetMachineBuilder::detectHost());
  builder.setCodeGenOptLevel(llvm::CodeGenOptLevel::Less);
  llvm::TargetOptions& options = builder.getOptions();
  // No contraction: a * b + c rounds twice, as the evaluator does.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return builder;
}

bool has_loops(const loop::Stmts& list) {
  for (const loop::Stmt& s : list) {
    if (s.kind == loop::StmtKind::For || s.kind == loop::StmtKind::While) return true;
    if (has_loops(s.body) || has_loops(s.orelse)) return true;
  }
  return false;
}

/// A module with everything its code refers to.
struct Unit {
  std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module;
  std::vector<std::unique_ptr<OpaqueSite>> sites;
  std::vector<rt::Array> constants;
  std::string entry;
};

class Code : public Compiled {
 public:
  Code(orc::ResourceTrackerSP tracker, Unit unit, Entry address, double ms)
      : tracker_(std::move(tracker)),
        sites_(std::move(unit.sites)),
        constants_(std::move(unit.constants)),
        entry_(address),
        ms_(ms) {}
  ~Code() override {
    if (auto error = tracker_->remove()) llvm::consumeError(std::move(error));
  }
  Entry entry() const override { return entry_; }
  double compile_ms() const override { return ms_; }

 private:
  orc::ResourceTrackerSP tracker_;
  std::vector<std::unique_ptr<OpaqueSite>> sites_;
  std::vector<rt::Array> constants_;
  Entry entry_;
  double ms_;
};

}  // namespace

struct Jit::Impl {
  std::unique_ptr<orc::LLJIT> lljit;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::string cpu, features;
  uint64_t programs = 0;

  /// Starting LLVM costs milliseconds: only a program that is compiled pays them.
  void start() {
    if (lljit) return;
    // A serial sum of independent terms: the terms in vectors, the sum in the order written.
    const char* flags[] = {"calc", "-force-ordered-reductions=true"};
    llvm::cl::ParseCommandLineOptions(2, flags);
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    auto target = host_target();
    machine = must(target.createTargetMachine());
    cpu = target.getCPU();
    features = target.getFeatures().getString();
    lljit = must(orc::LLJITBuilder().setJITTargetMachineBuilder(target).create());
    define_symbols();
  }

  void define_symbols() {
    orc::SymbolMap symbols;
    auto define = [&](std::string_view name, void* address) {
      symbols[lljit->mangleAndIntern(llvm::StringRef(name.data(), name.size()))] = {
          orc::ExecutorAddr::fromPtr(address), llvm::JITSymbolFlags::Exported};
    };
    for (const auto& [name, address] : support_symbols()) define(name, address);
    for (const rt::ScalarFunction& f : rt::all_functions()) {
      define(f.f64_symbol, f.f64);
      define(f.f32_symbol, f.f32);
      for (const auto& v : f.f64_vectors) define(v.symbol, v.address);
      for (const auto& v : f.f32_vectors) define(v.symbol, v.address);
    }
    for (const char* name : {"memcpy", "memset", "memmove"}) {
      void* address = name[3] == 'c'   ? reinterpret_cast<void*>(&std::memcpy)
                      : name[3] == 's' ? reinterpret_cast<void*>(&std::memset)
                                       : reinterpret_cast<void*>(&std::memmove);
      define(name, address);
    }
    must(lljit->getMainJITDylib().define(orc::absoluteSymbols(std::move(symbols))));
  }

  Unit emit(const loop::Program& program) {
    start();
    Unit unit;
    unit.module = std::make_unique<llvm::Module>("calc", *unit.context);
    unit.module->setDataLayout(lljit->getDataLayout());
    unit.module->setTargetTriple(machine->getTargetTriple().str());
    ModuleEmitter emitter{*unit.module, "p" + std::to_string(programs++) + "_",
                          cpu,          features,
                          unit.sites,   unit.constants,
                          {},           {}};
    for (const loop::Function& f : program.functions) emitter.functions[f.core.index] = &f;
    for (const loop::Function& f : program.functions) FunctionEmitter(emitter, f).emit();
    emitter.finish();
    unit.entry = emitter.entry(program.functions.back())->getName().str();
    std::string complaint;
    llvm::raw_string_ostream stream(complaint);
    if (llvm::verifyModule(*unit.module, &stream)) {
      throw std::logic_error("jit: LLVM's verifier objects: " + complaint);
    }
    optimize(*unit.module, program);
    return unit;
  }

  void optimize(llvm::Module& module, const loop::Program& program) {
    bool loops = false;
    for (const loop::Function& f : program.functions) loops = loops || has_loops(f.body);
    llvm::LoopAnalysisManager loop_analyses;
    llvm::FunctionAnalysisManager function_analyses;
    llvm::CGSCCAnalysisManager cgscc_analyses;
    llvm::ModuleAnalysisManager module_analyses;
    llvm::PassBuilder passes(machine.get());
    passes.registerModuleAnalyses(module_analyses);
    passes.registerCGSCCAnalyses(cgscc_analyses);
    passes.registerFunctionAnalyses(function_analyses);
    passes.registerLoopAnalyses(loop_analyses);
    passes.crossRegisterProxies(loop_analyses, function_analyses, cgscc_analyses, module_analyses);
    llvm::ModulePassManager pipeline;
    must(passes.parsePassPipeline(pipeline, loops ? kLoopPipeline : kScalarPipeline));
    pipeline.run(module, module_analyses);
    // The vectoriser has run: nothing needs the vector functions it did not call.
    if (auto* used = module.getGlobalVariable("llvm.compiler.used")) used->eraseFromParent();
  }
};

Jit::Jit() : impl_(std::make_unique<Impl>()) {}
Jit::~Jit() = default;

std::unique_ptr<Compiled> Jit::compile(const loop::Program& program) {
  const auto begin = std::chrono::steady_clock::now();
  Unit unit = impl_->emit(program);
  auto tracker = impl_->lljit->getMainJITDylib().createResourceTracker();
  must(impl_->lljit->addIRModule(
      tracker, orc::ThreadSafeModule(std::move(unit.module), std::move(unit.context))));
  const auto address = must(impl_->lljit->lookup(unit.entry));
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
  const auto entry = address.toPtr<Compiled::Entry>();
  return std::make_unique<Code>(std::move(tracker), std::move(unit), entry, spent.count());
}

std::string Jit::llvm_text(const loop::Program& program) {
  Unit unit = impl_->emit(program);
  std::string text;
  llvm::raw_string_ostream stream(text);
  unit.module->print(stream, nullptr);
  return text;
}

std::string Jit::assembly(const loop::Program& program) {
  Unit unit = impl_->emit(program);
  llvm::SmallVector<char, 0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  llvm::legacy::PassManager passes;
  if (impl_->machine->addPassesToEmitFile(passes, stream, nullptr,
                                          llvm::CodeGenFileType::AssemblyFile)) {
    throw std::logic_error("jit: no assembly printer");
  }
  passes.run(*unit.module);
  return {buffer.begin(), buffer.end()};
}

}  // namespace calc::codegen
