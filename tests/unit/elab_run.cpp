#include "tests/unit/elab_run.h"

#include <cmath>
#include <cstdio>

#include "lang/core/tools.h"
#include "lang/prim/prim.h"
#include "lang/syntax/parser.h"

namespace calc::test {

namespace {

std::string number(const rt::Array& array, int64_t at) {
  char text[64];
  switch (array.elem()) {
    case rt::Elem::Bool:
      return array.data<uint8_t>()[at] != 0 ? "true" : "false";
    case rt::Elem::I64:
      return std::to_string(array.data<int64_t>()[at]);
    case rt::Elem::F64:
      std::snprintf(text, sizeof text, "%.10g", array.data<double>()[at]);
      break;
    case rt::Elem::F32:
      std::snprintf(text, sizeof text, "%.6g", static_cast<double>(array.data<float>()[at]));
      break;
  }
  std::string result = text;
  return result.find_first_of(".eni") == std::string::npos ? result + ".0" : result;
}

std::string tensor_text(const rt::Array& array, size_t axis, int64_t& at) {
  if (axis == array.dims().size()) return number(array, at++);
  std::string text = "[";
  for (int64_t k = 0; k < array.dims()[axis]; ++k) {
    text += (k > 0 ? ", " : "") + tensor_text(array, axis + 1, at);
  }
  return text + "]";
}

std::string value_text(const elab::Value& value, const std::vector<rt::Array>& leaves,
                       size_t& next) {
  if (value.kind == elab::ValueKind::Tensor) {
    int64_t at = 0;
    return tensor_text(leaves[next++], 0, at);
  }
  if (elab::is_function(value)) return "function";
  if (value.kind == elab::ValueKind::String) {
    std::string text;
    for (const auto& piece : value.pieces) {
      text += piece.hole ? value_text(*piece.hole, leaves, next) : piece.text;
    }
    return text;
  }
  const bool is_record = value.kind == elab::ValueKind::Record;
  std::string text = is_record ? "{" : "(";
  for (size_t k = 0; k < value.items.size(); ++k) {
    if (k > 0) text += ", ";
    if (is_record) text += value.fields[k] + ": ";
    text += value_text(*value.items[k], leaves, next);
  }
  return text + (is_record ? "}" : ")");
}

bool install() {
  prim::install();
  return true;
}

}  // namespace

Run::Run() : differentiator_(module_), elaborator_(module_, differentiator_, *this) {
  static const bool installed = install();
  (void)installed;
  context_.print = [this](std::string_view text) { printed_ += text; };
}

std::string Run::printed() { return std::exchange(printed_, {}); }

const elab::Global* Run::find(std::string_view module, std::string_view name) const {
  if (!module.empty()) return nullptr;
  const auto at = globals_.find(name);
  return at == globals_.end() ? nullptr : &at->second;
}

std::vector<std::string> Run::names(std::string_view module) const {
  std::vector<std::string> result;
  if (!module.empty()) return result;
  for (const auto& entry : globals_) result.push_back(entry.first);
  return result;
}

std::string Run::error_text(const base::Diagnostic& diagnostic) {
  underlined = diagnostic.span.known() ? std::string(sources_.text(diagnostic.span)) : "";
  std::string text = diagnostic.message;
  if (!diagnostic.note.empty()) text += " [" + diagnostic.note + "]";
  if (!diagnostic.hint.empty()) text += " | " + diagnostic.hint;
  for (const base::Frame& frame : diagnostic.frames) text += " @ " + frame.function;
  return text;
}

std::string Run::operator()(std::string_view text) {
  const uint32_t source = sources_.add("test", std::string(text));
  const syntax::ParseResult parsed = syntax::parse(sources_, source);
  if (!parsed.errors.empty()) return "syntax: " + parsed.errors[0].message;
  std::string shown;
  try {
    for (const auto& stmt : parsed.program->stmts) {
      std::string one = execute(parsed.program, *stmt);
      if (!one.empty()) shown = std::move(one);
    }
  } catch (const base::DiagnosticError& error) {
    return error_text(error.diagnostic);
  } catch (const core::EvaluationError& error) {
    std::string failed = error.failure.message;
    if (!error.failure.hint.empty()) failed += " | " + error.failure.hint;
    const base::Span span =
        error.trace.empty() ? base::Span{} : module_.location(error.trace[0]).span;
    underlined = span.known() ? std::string(sources_.text(span)) : "";
    return failed;
  }
  return shown;
}

std::string Run::execute(const std::shared_ptr<const syntax::Program>& program,
                         const syntax::Stmt& stmt) {
  const size_t before = module_.size();
  const elab::Entry entry = elaborator_.statement(program, stmt, "");
  last_entry = entry.function;
  for (size_t k = before; k < module_.size(); ++k) {
    const core::FunctionId id{static_cast<uint32_t>(k)};
    if (!module_.defined(id)) continue;
    const std::string wrong = core::verify(module_, module_.get(id));
    if (!wrong.empty()) return "ill-formed: " + wrong + "\n" + core::print(module_, id);
  }
  std::vector<rt::Array> args;
  for (const auto& [module, name] : entry.inputs) {
    const elab::Global* global = find(module, name);
    args.insert(args.end(), global->leaves.begin(), global->leaves.end());
  }
  std::vector<rt::Array> results;
  if (entry.function.valid()) {
    results = core::evaluate(module_, entry.function, std::move(args), context_);
  }
  size_t next = 0;
  for (const auto& [name, tree] : entry.assigned) {
    elab::Global& global = globals_[name];
    const size_t count = elab::leaves_of(tree).size();
    const auto first = results.begin() + static_cast<std::ptrdiff_t>(next);
    global.tree = tree;
    global.leaves.assign(first, first + static_cast<std::ptrdiff_t>(count));
    ++global.version;
    next += count;
  }
  return entry.shown ? value_text(*entry.shown, results, next) : "";
}

std::string run(std::string_view text) { return Run()(text); }

}  // namespace calc::test
